/* SPDX-License-Identifier: MIT */
/* Pages: which one is taken, what the floor and the shares keep, what the audit sees. */
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

static int compare_pages(const void *a, const void *b)
{
    return *(const weir_page *)a < *(const weir_page *)b ? -1 : 1;
}

/* ── taking ── */

static void the_lowest_page_is_taken_first(void **state)
{
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 16 * MIB, 0);
    weir_stock *stock = bench_admit(&b);
    bench_take(stock, pages, 1000);
    qsort(pages, 1000, sizeof pages[0], compare_pages);
    assert_true(pages[999] <= 1000 + stock->count);
    /* Every third comes back, and in the next interval the stock's own are exchanged for them. */
    for (uint32_t i = 0; i < 1000; i += 3)
        weir_stock_put(stock, pages[i], WEIR_USE_HOLD);
    weir_stock_return(stock);
    weir_pool_tick(stock, 0);
    weir_pool_tick(stock, INTERVAL);
    for (uint32_t i = 0; i < 300; i++) {
        weir_page page = weir_stock_take(stock, WEIR_USE_HOLD);
        assert_true(page <= pages[999]);
    }
    assert_int_equal(bench_memory(&b).refused, 0);
    bench_abandon(&b);
}

/* Whoever had the page before left nothing in its descriptor. */
static void a_descriptor_is_zero_when_its_page_is_given_out(void **state)
{
    static const uint8_t zero[WEIR_DESCRIPTOR_BYTES];
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 8 * MIB, 0);
    weir_stock *stock = bench_admit(&b);
    for (int round = 0; round < 3; round++) {
        bench_take(stock, pages, 500);
        for (uint32_t i = 0; i < 500; i++) {
            uint8_t *descriptor = weir_page_descriptor(stock, pages[i]);
            assert_int_equal((uintptr_t)descriptor % 32, 0);
            assert_memory_equal(descriptor, zero, sizeof zero);
            memset(descriptor, 0xff, sizeof zero);
        }
        bench_put(stock, pages, 500);
        if (round == 1) weir_pool_trim(b.pool);
    }
    bench_close(&b);
}

static void at_the_limit_a_warm_page_is_taken(void **state)
{
    static const uint64_t units[] = {4096, 65536};
    bench b;
    (void)state;
    for (size_t u = 0; u < 2; u++) {
        bench_open(&b, 4096, units[u], 4 * MIB, 64 * MIB);
        weir_stock *stock = bench_admit(&b);
        uint32_t count = bench_take_all(stock, pages, 20000);
        assert_true(bench_memory(&b).committed_bytes > 4 * MIB - 2 * units[u]);
        assert_int_equal(bench_memory(&b).refused, 1);
        for (uint32_t i = 0; i < count; i += 7) {
            weir_stock_put(stock, pages[i], WEIR_USE_HOLD);
            weir_stock_return(stock);
            pages[i] = weir_stock_take(stock, WEIR_USE_HOLD);
            assert_int_not_equal(pages[i], 0);
            assert_int_equal(weir_stock_take(stock, WEIR_USE_HOLD), 0);
        }
        assert_int_equal(bench_memory(&b).peak_bytes, bench_memory(&b).committed_bytes);
        bench_put(stock, pages, count);
        bench_close(&b);
    }
}

/* ── floor and shares ── */

static void the_floor_is_given_out_only_when_asked_for(void **state)
{
    weir_page floor[WEIR_FLOOR_PAGES];
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 4 * MIB, 0);
    weir_stock *stock = bench_admit(&b);
    uint32_t count = bench_take_all(stock, pages, 20000);
    assert_int_equal(stock->count, WEIR_FLOOR_PAGES);
    for (uint32_t i = 0; i < WEIR_FLOOR_PAGES; i++) {
        floor[i] = weir_stock_take_floor(stock, WEIR_USE_HOLD);
        assert_int_not_equal(floor[i], 0);
        assert_int_equal(weir_stock_take(stock, WEIR_USE_HOLD), 0);
    }
    assert_int_equal(weir_stock_take_floor(stock, WEIR_USE_HOLD), 0);
    /* What comes back fills the floor first. */
    for (uint32_t i = 0; i < WEIR_FLOOR_PAGES; i++) {
        assert_int_equal(weir_stock_take(stock, WEIR_USE_HOLD), 0);
        weir_stock_put(stock, floor[i], WEIR_USE_HOLD);
    }
    assert_int_equal(weir_stock_take(stock, WEIR_USE_HOLD), 0);
    bench_put(stock, &pages[--count], 1);
    assert_int_not_equal(weir_stock_take(stock, WEIR_USE_HOLD), 0);
    bench_abandon(&b);
}

/* One engine has taken everything: the other still has its floor. */
static void a_greedy_engine_cannot_take_anothers_floor(void **state)
{
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 4 * MIB, 0);
    weir_stock *greedy = bench_admit(&b), *modest = bench_admit(&b);
    uint32_t count = bench_take_all(greedy, pages, 20000);
    while ((pages[count] = weir_stock_take_floor(greedy, WEIR_USE_HOLD)) != 0)
        count++;
    assert_int_equal(weir_stock_take(modest, WEIR_USE_HOLD), 0);
    for (uint32_t i = 0; i < WEIR_FLOOR_PAGES; i++) {
        pages[count + i] = weir_stock_take_floor(modest, WEIR_USE_HOLD);
        assert_int_not_equal(pages[count + i], 0);
    }
    bench_put(modest, pages + count, WEIR_FLOOR_PAGES);
    bench_put(greedy, pages, count);
    bench_close(&b);
}

static void connections_stop_at_their_share(void **state)
{
    bench b;
    uint32_t count = 0;
    (void)state;
    bench_config(&b, 4096, 4096, 8 * MIB, 0);
    b.config.conn_share_percent = 25;
    bench_create(&b);
    weir_stock *a = bench_admit(&b), *c = bench_admit(&b);
    const uint32_t share = 8 * MIB / 4 / 4096;
    while ((pages[count] = weir_stock_take(count % 2 ? a : c, WEIR_USE_CONN)) != 0)
        count++;
    assert_int_equal(count, share);
    assert_true(weir_pool_conn_share_reached(b.pool));
    assert_int_equal(bench_memory(&b).conn_bytes, 8 * MIB / 4);
    /* The floors go beyond, holes may have the rest. */
    while ((pages[count] = weir_stock_take_floor(a, WEIR_USE_CONN)) != 0)
        count++;
    assert_int_equal(count, share + 2 * WEIR_FLOOR_PAGES);
    bench_take(a, pages + count, 500);
    bench_put(a, pages + count, 500);
    bench_check(&b);
    while (count > share - 1)
        weir_stock_put(a, pages[--count], WEIR_USE_CONN);
    assert_false(weir_pool_conn_share_reached(b.pool));
    while (count > 0)
        weir_stock_put(a, pages[--count], WEIR_USE_CONN);
    assert_int_equal(bench_memory(&b).conn_bytes, 0);
    bench_close(&b);
}

/* A page that the share would allow and the pool has not is not charged. */
static void a_refused_page_is_not_charged_to_the_share(void **state)
{
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 4 * MIB, 0);
    weir_stock *stock = bench_admit(&b);
    uint32_t count = bench_take_all(stock, pages, 20000);
    assert_int_equal(weir_stock_take(stock, WEIR_USE_CONN), 0);
    assert_int_equal(bench_memory(&b).conn_bytes, 0);
    assert_int_equal(bench_memory(&b).refused, 2);
    bench_put(stock, pages, count);
    bench_close(&b);
}

/* A stock is at most 64 pages and the floor, a sixty-fourth of the pool for all engines. */
static void stocks_are_small(void **state)
{
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 64 * MIB, 0);
    weir_stock *stock = bench_admit(&b);
    assert_int_equal(stock->most, 16 + 64);
    bench_take(stock, pages, 200);
    for (uint32_t i = 0; i < 200; i++) {
        weir_stock_put(stock, pages[i], WEIR_USE_HOLD);
        assert_true(stock->count <= 16 + 64);
    }
    for (uint32_t engines = 2; engines <= 16; engines++) {
        weir_stock *next = bench_admit(&b);
        assert_int_equal(next->most, 16 + (256 / engines < 64 ? 256 / engines : 64));
        assert_int_equal(stock->most, next->most);
    }
    assert_int_equal(weir_pool_set_limit(b.pool, 4 * MIB), WEIR_OK);
    assert_int_equal(stock->most, 16 + 1);
    bench_close(&b);
}

/* ── the audit ── */

static void the_check_sees_damage(void **state)
{
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 8 * MIB, 0);
    weir_stock *stock = bench_admit(&b);
    bench_take(stock, pages, 300);
    bench_put(stock, pages, 200);
    b.pool->ledger.committed_bytes += 4096;
    assert_false(weir_pool_check(b.pool));
    b.pool->ledger.committed_bytes -= 4096;
    b.pool->pages.live[1]++;
    assert_false(weir_pool_check(b.pool));
    b.pool->pages.live[1]--;
    b.pool->pages.used++;
    assert_false(weir_pool_check(b.pool));
    b.pool->pages.used--;
    weir_bitmap_set(&b.pool->pages.warm, pages[299]);
    assert_false(weir_pool_check(b.pool));
    weir_bitmap_clear(&b.pool->pages.warm, pages[299]);
    weir_page kept = stock->pages[0];
    stock->pages[0] = stock->pages[1];
    assert_false(weir_stock_check(stock));
    stock->pages[0] = b.pool->pages.plan.pages;
    assert_false(weir_stock_check(stock));
    stock->pages[0] = kept;
    bench_put(stock, pages + 200, 100);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lowest_page_is_taken_first),
        cmocka_unit_test(a_descriptor_is_zero_when_its_page_is_given_out),
        cmocka_unit_test(at_the_limit_a_warm_page_is_taken),
        cmocka_unit_test(the_floor_is_given_out_only_when_asked_for),
        cmocka_unit_test(a_greedy_engine_cannot_take_anothers_floor),
        cmocka_unit_test(connections_stop_at_their_share),
        cmocka_unit_test(a_refused_page_is_not_charged_to_the_share),
        cmocka_unit_test(stocks_are_small),
        cmocka_unit_test(the_check_sees_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
