/* SPDX-License-Identifier: MIT */
/* What goes back and when: intervals, low water, trim, a platform that keeps, warming. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/pools.h"

#define MIB      ((uint64_t)1 << 20)
#define INTERVAL WEIR_POOL_INTERVAL_NS

static weir_page pages[20000];

/* ── time ── */

/* Ticks as an engine would, every ms, until `end`; returns the number of runs it did. */
static uint32_t tick_until(weir_stock *stock, uint64_t *now, uint64_t end)
{
    uint64_t returned = stock->pool->ledger.returned_bytes;
    uint32_t runs = 0;
    for (; *now < end; *now += WEIR_MILLISECOND) {
        (void)weir_pool_tick(stock, *now);
        runs += stock->pool->ledger.returned_bytes != returned;
        returned = stock->pool->ledger.returned_bytes;
    }
    return runs;
}

static void what_stays_free_for_an_interval_goes_back_in_runs(void **state)
{
    uint64_t now = 1700000000 * WEIR_SECOND, start = now;
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 64 * MIB, 0);
    weir_stock *stock = bench_admit(&b);
    bench_take(stock, pages, 2000);
    tick_until(stock, &now, start + 10 * WEIR_MILLISECOND);
    bench_put(stock, pages, 2000);
    assert_int_equal(tick_until(stock, &now, start + INTERVAL), 0);
    assert_int_equal(tick_until(stock, &now, start + 2 * INTERVAL), 0); /* its low water was 0 */
    uint32_t warm = b.pool->pages.warm.set;
    uint32_t runs = tick_until(stock, &now, start + 4 * INTERVAL);
    assert_int_equal(b.pool->pages.warm.set, 64); /* the slack of 256 KiB */
    assert_true(runs >= (warm - 64) / 64 && runs <= (warm - 64) / 64 + 20);
    assert_int_equal(stock->count, WEIR_FLOOR_PAGES);
    assert_string_equal(bench_line(&b), "used 16 warm 64 due 0 excess 0 units 86");
    assert_int_equal(tick_until(stock, &now, start + 30 * INTERVAL), 0);
    bench_close(&b);
}

/* A load that takes and puts the same pages all the time pays nothing. */
static void a_sawtooth_gives_nothing_back(void **state)
{
    uint64_t now = 0;
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 64 * MIB, 0);
    weir_stock *stock = bench_admit(&b);
    for (int tooth = 0; tooth < 100; tooth++) {
        bench_take(stock, pages, 1500);
        tick_until(stock, &now, now + 20 * WEIR_MILLISECOND);
        bench_put(stock, pages, 1500);
        tick_until(stock, &now, now + 20 * WEIR_MILLISECOND);
    }
    assert_int_equal(bench_memory(&b).returned_bytes, 0);
    bench_close(&b);
}

static void a_stock_that_was_not_needed_goes_back(void **state)
{
    uint64_t now = 0;
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 64 * MIB, 0);
    weir_stock *stock = bench_admit(&b);
    tick_until(stock, &now, 10 * WEIR_MILLISECOND);
    bench_take(stock, pages, 60);
    bench_put(stock, pages, 60);
    assert_true(stock->count > 60);
    uint32_t count = stock->count;
    tick_until(stock, &now, INTERVAL + 1);
    assert_int_equal(stock->count, count); /* it was at the floor in this one */
    tick_until(stock, &now, 2 * INTERVAL + 1);
    assert_int_equal(stock->count, WEIR_FLOOR_PAGES);
    bench_check(&b);
    bench_close(&b);
}

/* The floors taken when the pool was full would hold its top up for good. */
static void a_stock_sinks_to_the_lowest_pages(void **state)
{
    uint64_t now = 0;
    bench b;
    (void)state;
    bench_open(&b, 4096, 2 * MIB, 64 * MIB, 0);
    weir_stock *first = bench_admit(&b);
    bench_take(first, pages, 10000);
    weir_stock *late = bench_admit(&b);
    bench_put(first, pages, 10000);
    assert_true(late->pages[0] > 9000);
    tick_until(late, &now, 2 * INTERVAL);
    for (uint32_t i = 0; i < late->count; i++)
        assert_true(late->pages[i] < 200);
    tick_until(first, &now, 6 * INTERVAL);
    assert_true(bench_memory(&b).committed_bytes <= 5 * 2 * MIB);
    bench_check(&b);
    bench_close(&b);
}

/* An engine that has not seen a whole interval does not end it; clocks may be years apart. */
static void an_interval_ends_by_the_clock_of_one_who_saw_it_whole(void **state)
{
    bench b;
    uint64_t years = 1700000000 * WEIR_SECOND;
    (void)state;
    bench_open(&b, 4096, 4096, 8 * MIB, 0);
    weir_stock *a = bench_admit(&b), *c = bench_admit(&b);
    assert_int_equal(b.pool->epoch, 1);
    weir_pool_tick(a, years); /* both see the first one begin */
    weir_pool_tick(c, 0);
    assert_int_equal(b.pool->epoch, 1);
    weir_pool_tick(c, INTERVAL - 1);
    assert_int_equal(b.pool->epoch, 1);
    weir_pool_tick(a, years + INTERVAL);
    assert_int_equal(b.pool->epoch, 2);
    weir_pool_tick(c, INTERVAL); /* has seen the first one, joins the second */
    assert_int_equal(b.pool->epoch, 2);
    weir_pool_tick(c, INTERVAL * 2 - 1);
    assert_int_equal(b.pool->epoch, 2);
    weir_pool_tick(c, INTERVAL * 2); /* a is silent: c alone keeps the time */
    assert_int_equal(b.pool->epoch, 3);
    weir_pool_tick(a, years * 2);
    assert_int_equal(b.pool->epoch, 3);
    weir_pool_tick(a, UINT64_MAX);
    assert_int_equal(b.pool->epoch, 4);
    weir_pool_tick(a, UINT64_MAX);
    bench_check(&b);
    bench_close(&b);
}

/* ── giving back ── */

static void trim_returns_all_and_asks_for_stocks(void **state)
{
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 64 * MIB, 0);
    weir_stock *stock = bench_admit(&b), *other = bench_admit(&b);
    bench_take(stock, pages, 3000);
    bench_put(stock, pages, 3000);
    uint32_t warm = b.pool->pages.warm.set;
    uint64_t covers = b.pool->pages.described.set;
    uint64_t bytes = weir_pool_trim(b.pool);
    covers -= b.pool->pages.described.set;
    assert_int_equal(b.pool->pages.warm.set, 0);
    assert_int_equal(bytes, (warm + covers) * 4096);
    assert_true(covers >= 20);
    assert_int_equal(atomic_load(&stock->asks), WEIR_ASK_STOCK);
    assert_int_equal(atomic_load(&other->asks), WEIR_ASK_STOCK);
    assert_int_equal(bench_memory(&b).silent_engines, 2);
    weir_stock_return(stock);
    assert_int_equal(stock->count, WEIR_FLOOR_PAGES);
    weir_pool_trim(b.pool);
    assert_int_equal(weir_pool_trim(b.pool), 0);
    assert_int_equal(weir_pool_trim(NULL), 0);
    bench_close(&b);
}

/* Half the pages of every unit free, or every second unit: what is whole goes, whatever its
 * neighbours hold. */
static void any_whole_unit_goes_back(void **state)
{
    static const struct {
        uint32_t page, in_unit;
        uint64_t unit;
    } kinds[] = {{1024, 4, 4096},   {2048, 2, 4096},   {4096, 1, 4096},  {16384, 1, 4096},
                 {1024, 64, 65536}, {4096, 16, 65536}, {16384, 4, 65536}};
    bench b;
    (void)state;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        bench_open(&b, kinds[k].page, kinds[k].unit, 64 * MIB, 0);
        weir_stock *stock = bench_admit(&b);
        uint32_t in_unit = kinds[k].in_unit, count = in_unit * 200;
        uint64_t now = 0, group = b.pool->pages.plan.group_bytes;
        bench_take(stock, pages, count);
        tick_until(stock, &now, WEIR_MILLISECOND);
        for (uint32_t i = 0; i < count; i++) { /* every second unit, but of half of these not all */
            uint32_t unit = pages[i] / in_unit;
            if (unit % 2 || (unit % 4 == 0 && pages[i] % in_unit == 0)) continue;
            weir_stock_put(stock, pages[i], WEIR_USE_HOLD);
            pages[i] = 0;
        }
        weir_stock_return(stock);
        b.pool->slack = 1 << 20; /* nothing goes but by trim */
        tick_until(stock, &now, INTERVAL + 1);
        uint64_t before = bench_memory(&b).committed_bytes, bytes = weir_pool_trim(b.pool);
        assert_int_equal(bench_memory(&b).committed_bytes, before - bytes);
        /* Every fourth of 200, less those that the stock's 16 are in, and what it had above its
         * floor. */
        assert_true(bytes / group >= 50 - 17 && bytes / group <= 50 + 64 / in_unit + 8);
        bench_check(&b);
        for (uint32_t i = 0; i < count; i++)
            if (pages[i]) weir_stock_put(stock, pages[i], WEIR_USE_HOLD);
        bench_close(&b);
    }
}

/* The pages stay warm, are used again, and one call does not ask twice. */
static void the_platform_keeps(uint32_t page_bytes, uint64_t unit_bytes)
{
    uint64_t now = 0;
    bench b;
    bench_open(&b, page_bytes, unit_bytes, 16 * MIB, 0);
    weir_stock *stock = bench_admit(&b);
    bench_take(stock, pages, 1000);
    bench_put(stock, pages, 1000);
    weir_stock_return(stock);
    uint32_t warm = b.pool->pages.warm.set;
    b.arena.keep = 1;
    uint64_t calls = b.arena.give_backs;
    assert_int_equal(weir_pool_trim(b.pool), 0);
    assert_int_equal(b.pool->pages.warm.set, warm);
    assert_true(bench_memory(&b).not_returned_bytes >= ((uint64_t)warm - 64) * page_bytes);
    assert_true(bench_memory(&b).not_returned_bytes <= (uint64_t)warm * page_bytes);
    assert_true(b.arena.give_backs - calls <= warm / 16 + 20);
    bench_check(&b);
    uint64_t low = weir_plan_need(&b.pool->pages.plan, &b.config, 1);
    assert_int_equal(weir_pool_set_limit(b.pool, low), WEIR_OK);
    assert_true(weir_pool_excess(b.pool) > 0);
    calls = b.arena.give_backs;
    tick_until(stock, &now, 1);
    assert_true(b.arena.give_backs - calls <= WEIR_RUN_PIECES);
    bench_take(stock, pages, 500);
    bench_put(stock, pages, 500);
    bench_check(&b);
    b.arena.keep = 0;
    tick_until(stock, &now, 2 * INTERVAL);
    assert_int_equal(weir_pool_excess(b.pool), 0);
    bench_close(&b);
}

static void memory_that_the_platform_keeps_stays_warm(void **state)
{
    (void)state;
    the_platform_keeps(4096, 4096);
    the_platform_keeps(1024, 4096);
    the_platform_keeps(4096, 65536);
    the_platform_keeps(16384, 4096);
}

/* And so with descriptors and rooms: kept, charged, and used again without a second charge. */
static void descriptors_and_rooms_that_are_kept_stay_charged(void **state)
{
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 16 * MIB, 0);
    weir_stock *stock = bench_admit(&b);
    uint64_t committed = bench_memory(&b).committed_bytes;
    b.arena.keep = 1;
    bench_dismiss(&b, stock);
    weir_pool_trim(b.pool);
    assert_int_equal(bench_memory(&b).committed_bytes, committed);
    bench_check(&b);
    stock = bench_admit(&b);
    assert_int_equal(bench_memory(&b).committed_bytes, committed);
    b.arena.keep = 0;
    bench_dismiss(&b, stock);
    weir_pool_trim(b.pool);
    assert_string_equal(bench_line(&b), "used 0 warm 0 due 0 excess 0 units 1");
    bench_check(&b);
    bench_close(&b);
}

/* ── warming ── */

static void warming_fills_the_slack_and_no_more(void **state)
{
    static const uint32_t sizes[] = {1024, 4096, 16384};
    static const uint64_t units[] = {4096, 65536};
    bench b;
    (void)state;
    for (size_t k = 0; k < 6; k++) {
        bench_open(&b, sizes[k % 3], units[k / 3], 16 * MIB, 0);
        weir_stock *stock = bench_admit(&b);
        int calls = 1;
        while (weir_pool_warm(stock))
            calls++;
        uint32_t warm = b.pool->pages.warm.set, slack = b.pool->slack;
        assert_true(warm >= slack && warm < slack + 64 + b.pool->pages.plan.group_bytes / 1024);
        assert_true(calls <= 5);
        uint64_t committed = bench_memory(&b).committed_bytes;
        assert_int_equal(weir_pool_warm(stock), 0);
        assert_int_equal(bench_memory(&b).committed_bytes, committed);
        /* Some pages of a larger unit are warm because it is, and were not touched. */
        uint64_t warmed = arena_resident(b.pool->pages.page_area.at, b.pool->pages.page_area.bytes);
        assert_true(warmed >= (uint64_t)slack * sizes[k % 3] / 2);
        bench_check(&b);
        bench_close(&b);
    }
}

static void warming_stops_at_the_limit(void **state)
{
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 4 * MIB, 0);
    weir_stock *stock = bench_admit(&b);
    uint32_t count = bench_take_all(stock, pages, 20000);
    assert_int_equal(weir_pool_warm(stock), 0);
    bench_put(stock, pages, 30);
    weir_stock_return(stock);
    assert_int_equal(weir_pool_warm(stock), 0);
    assert_true(bench_memory(&b).peak_bytes <= 4 * MIB);
    bench_check(&b);
    bench_put(stock, pages + 30, count - 30);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stays_free_for_an_interval_goes_back_in_runs),
        cmocka_unit_test(a_sawtooth_gives_nothing_back),
        cmocka_unit_test(a_stock_that_was_not_needed_goes_back),
        cmocka_unit_test(a_stock_sinks_to_the_lowest_pages),
        cmocka_unit_test(an_interval_ends_by_the_clock_of_one_who_saw_it_whole),
        cmocka_unit_test(trim_returns_all_and_asks_for_stocks),
        cmocka_unit_test(any_whole_unit_goes_back),
        cmocka_unit_test(memory_that_the_platform_keeps_stays_warm),
        cmocka_unit_test(descriptors_and_rooms_that_are_kept_stay_charged),
        cmocka_unit_test(warming_fills_the_slack_and_no_more),
        cmocka_unit_test(warming_stops_at_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
