/* SPDX-License-Identifier: MIT */
/* The pool's life: refusals of the platform, engines that come and go, the limit, reports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/pools.h"

#define KIB ((uint64_t)1024)
#define MIB ((uint64_t)1 << 20)

/* ── the platform says no ── */

static void a_platform_that_fails_leaves_no_pool(void **state)
{
    bench b;
    (void)state;
    bench_config(&b, 4096, 65536, 8 * MIB, 0);
    b.arena.refuse_reserve = 1;
    assert_int_equal(weir_pool_create(&b.config, &b.pool), WEIR_ERR_MEMORY);
    b.arena.refuse_reserve = 0;
    b.arena.misalign = 1;
    assert_int_equal(weir_pool_create(&b.config, &b.pool), WEIR_ERR_ARGUMENT);
    b.arena.misalign = 0;
    b.arena.refuse_commit = 1;
    assert_int_equal(weir_pool_create(&b.config, &b.pool), WEIR_ERR_MEMORY);
    assert_null(b.pool);
    assert_int_equal(b.arena.reserves, 2);
    assert_int_equal(b.arena.releases, 2);
    assert_false(b.arena.broken);
}

static int same_memory(const weir_memory *a, const weir_memory *b)
{
    weir_memory left = *a, right = *b;
    left.refused = right.refused = 0;
    return memcmp(&left, &right, sizeof left) == 0;
}

static void try_to_admit(bench *b)
{
    weir_stock *stock;
    void *room;
    weir_memory before = bench_memory(b);
    int error = weir_pool_admit(b->pool, &stock, &room);
    weir_memory now = bench_memory(b);
    bench_check(b);
    if (!error)
        b->stocks[b->engines++] = stock;
    else
        assert_true(same_memory(&before, &now));
}

/* Takes, every seventh page with the floor for a connection; puts every third back at once. */
static weir_page try_to_take(bench *b, uint32_t i)
{
    weir_stock *stock = b->stocks[i % b->engines];
    weir_page_use use = i % 7 ? WEIR_USE_HOLD : WEIR_USE_CONN;
    weir_memory before = bench_memory(b);
    weir_page page = i % 7 ? weir_stock_take(stock, use) : weir_stock_take_floor(stock, use);
    weir_memory now = bench_memory(b);
    if (!page) assert_true(same_memory(&before, &now));
    if (i % 100 == 0) bench_check(b);
    if (i % 500 == 499) (void)weir_pool_warm(stock);
    if (!page || i % 3) return page;
    weir_stock_put(stock, page, use);
    return 0;
}

/* One life of a pool with the n-th commit refused, and all after it if `after`. Each refused step
 * leaves the report as it was, and in the end nothing is held. Returns 0 when n is more commits than
 * a life has. */
static int a_life_with_refusal(uint32_t page, uint64_t unit, uint64_t nth, int after)
{
    static weir_page held[2000];
    bench b;
    bench_config(&b, page, unit, 16 * MIB, 32 * MIB);
    b.arena.refuse_commit = nth;
    b.arena.refuse_commits_after = after;
    if (weir_pool_create(&b.config, &b.pool) != WEIR_OK) return nth == 1;
    for (int engine = 0; engine < 3; engine++)
        try_to_admit(&b);
    uint32_t takes = b.engines > 0 ? 2000 : 0;
    for (uint32_t i = 0; i < takes; i++)
        held[i] = try_to_take(&b, i);
    bench_check(&b);
    for (uint32_t i = 0; i < takes; i++) {
        if (!held[i]) continue;
        weir_stock_put(b.stocks[i % b.engines], held[i], i % 7 ? WEIR_USE_HOLD : WEIR_USE_CONN);
    }
    uint64_t commits = b.arena.commits;
    bench_close(&b);
    return commits >= nth;
}

static void every_commit_can_be_refused_in_turn(void **state)
{
    static const uint64_t units[] = {4096, 65536};
    (void)state;
    for (uint32_t page = 1024; page <= 4096; page *= 4) {
        for (size_t u = 0; u < 2; u++) {
            for (int after = 0; after <= 1; after++) {
                uint64_t nth = 1;
                while (a_life_with_refusal(page, units[u], nth, after))
                    nth++;
                assert_true(nth > 5);
            }
        }
    }
}

/* ── engines come and go ── */

static void a_new_pool_costs_its_fixed_part(void **state)
{
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 64 * MIB, 0);
    assert_string_equal(bench_line(&b), "used 0 warm 0 due 0 excess 0 units 2");
    bench_close(&b);
    /* A ceiling of 128 MiB: 66 ppm of it, and the header. */
    bench_open(&b, 4096, 4096, 64 * MIB, 128 * MIB);
    assert_string_equal(bench_line(&b), "used 0 warm 0 due 0 excess 0 units 3");
    bench_close(&b);
}

static void an_engine_costs_its_room_and_its_floor(void **state)
{
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 64 * MIB, 0);
    weir_stock *stock = bench_admit(&b);
    /* 2 fixed, 3 room, 16 pages, 1 unit of descriptors */
    assert_string_equal(bench_line(&b), "used 16 warm 0 due 0 excess 0 units 22");
    assert_int_equal(stock->count, WEIR_FLOOR_PAGES);
    assert_int_equal(bench_memory(&b).engines, 1);
    assert_int_equal(bench_memory(&b).used_bytes, 5 * 4096 + 16 * (4096 + 32));
    bench_dismiss(&b, stock);
    assert_string_equal(bench_line(&b), "used 0 warm 16 due 0 excess 0 units 19");
    assert_int_equal(weir_pool_trim(b.pool), 17 * 4096);
    assert_string_equal(bench_line(&b), "used 0 warm 0 due 0 excess 0 units 2");
    bench_close(&b);
}

/* Rooms are not multiples of a unit: neighbours share one, and it goes with the last of them. */
static void neighbours_share_units(void **state)
{
    static const uint64_t units[] = {4096, 16384, 65536};
    bench b;
    (void)state;
    for (size_t u = 0; u < 3; u++) {
        bench_open(&b, 4096, units[u], 64 * MIB, 0);
        weir_stock *stocks[16];
        for (int i = 0; i < 16; i++)
            stocks[i] = bench_admit(&b);
        for (int i = 0; i < 16; i++) {
            bench_dismiss(&b, stocks[i * 7 % 16]);
            bench_check(&b);
        }
        assert_int_equal(b.pool->rooms.set, 0);
        bench_close(&b);
    }
}

static void engines_beyond_the_most_are_refused(void **state)
{
    bench b;
    weir_stock *stock;
    void *room;
    (void)state;
    bench_config(&b, 1024, 4096, 64 * MIB, 0);
    b.config.max_engines = 256;
    bench_create(&b);
    for (int i = 0; i < 256; i++)
        bench_admit(&b);
    assert_int_equal(weir_pool_admit(b.pool, &stock, &room), WEIR_ERR_ENGINES);
    bench_check(&b);
    bench_dismiss(&b, b.stocks[100]);
    bench_admit(&b);
    bench_close(&b);
}

/* A floor is promised: an engine that cannot have one does not come. */
static void an_engine_without_a_floor_does_not_come(void **state)
{
    static weir_page pages[20000];
    bench b;
    weir_stock *second;
    void *room;
    (void)state;
    bench_open(&b, 4096, 4096, 8 * MIB, 0);
    weir_stock *stock = bench_admit(&b);
    uint32_t count = bench_take_all(stock, pages, 20000);
    weir_memory before = bench_memory(&b);
    uint32_t freed = 0;
    while (weir_pool_admit(b.pool, &second, &room) == WEIR_ERR_MEMORY) {
        weir_memory now = bench_memory(&b);
        assert_int_equal(now.used_bytes, before.used_bytes);
        bench_put(stock, &pages[--count], 1);
        weir_stock_return(stock);
        before = bench_memory(&b);
        freed++;
    }
    bench_check(&b);
    /* 16 pages and 3 units of room; one unit was unused at the limit. */
    assert_int_equal(freed, 18);
    b.stocks[b.engines++] = second;
    bench_check(&b);
    bench_put(stock, pages, count);
    bench_close(&b);
}

static void a_pool_with_engines_is_busy(void **state)
{
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 8 * MIB, 0);
    weir_stock *stock = bench_admit(&b);
    assert_int_equal(weir_pool_destroy(b.pool), WEIR_ERR_BUSY);
    bench_dismiss(&b, stock);
    bench_close(&b);
    assert_int_equal(weir_pool_destroy(NULL), WEIR_OK);
}

/* ── the limit ── */

static void a_limit_outside_of_its_range_is_refused(void **state)
{
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 8 * MIB, 16 * MIB);
    assert_int_equal(weir_pool_set_limit(b.pool, 16 * MIB + 1), WEIR_ERR_LIMIT_TOO_LARGE);
    assert_int_equal(weir_pool_set_limit(b.pool, 0), WEIR_ERR_LIMIT_TOO_SMALL);
    assert_int_equal(weir_pool_set_limit(NULL, 8 * MIB), WEIR_ERR_ARGUMENT);
    assert_int_equal(weir_pool_limit(b.pool), 8 * MIB);
    assert_int_equal(weir_pool_set_limit(b.pool, 16 * MIB), WEIR_OK);
    assert_int_equal(weir_pool_limit(b.pool), 16 * MIB);
    uint64_t smallest = weir_pool_smallest_limit(&b.config);
    for (int i = 0; i < 4; i++)
        bench_admit(&b);
    assert_int_equal(weir_pool_set_limit(b.pool, smallest), WEIR_ERR_LIMIT_TOO_SMALL);
    bench_dismiss(&b, b.stocks[3]);
    bench_dismiss(&b, b.stocks[2]);
    bench_dismiss(&b, b.stocks[1]);
    assert_int_equal(weir_pool_set_limit(b.pool, smallest), WEIR_OK);
    bench_close(&b);
}

static void a_lowered_limit_takes_free_memory_at_once(void **state)
{
    weir_page pages[1500];
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 8 * MIB, 0);
    weir_stock *stock = bench_admit(&b);
    bench_take(stock, pages, 1500);
    bench_put(stock, pages, 1500);
    assert_int_equal(weir_pool_set_limit(b.pool, 1 * MIB), WEIR_OK);
    assert_int_equal(weir_pool_excess(b.pool), 0);
    assert_true(bench_memory(&b).committed_bytes <= 1 * MIB);
    assert_true(bench_memory(&b).committed_bytes > 1 * MIB - 3 * 4096);
    assert_int_equal(atomic_load(&stock->asks), 0);
    bench_close(&b);
}

/* What is in use stays; each page put back then goes to the system until the limit holds. */
static void a_lowered_limit_is_met_as_pages_come_back(void **state)
{
    weir_page pages[1500];
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 8 * MIB, 0);
    weir_stock *stock = bench_admit(&b);
    bench_take(stock, pages, 1500);
    assert_int_equal(weir_pool_set_limit(b.pool, 1 * MIB), WEIR_OK);
    uint64_t excess = weir_pool_excess(b.pool);
    assert_true(excess > 5000000);
    assert_int_equal(atomic_load(&stock->asks), WEIR_ASK_STOCK);
    assert_int_equal(bench_memory(&b).silent_engines, 1);
    atomic_store(&stock->asks, 0);
    weir_stock_return(stock);
    assert_int_equal(stock->count, WEIR_FLOOR_PAGES);
    assert_int_equal(weir_stock_take(stock, WEIR_USE_HOLD), 0); /* no cold page, no warm one */
    uint32_t put = 0;
    for (; weir_pool_excess(b.pool) > 0; put++) {
        uint64_t before = bench_memory(&b).committed_bytes;
        weir_stock_put(stock, pages[put], WEIR_USE_HOLD);
        assert_true(bench_memory(&b).committed_bytes < before);
        if (put % 50 == 0) bench_check(&b);
    }
    assert_true(put < excess / 4096 + 2);
    assert_true(bench_memory(&b).committed_bytes <= 1 * MIB);
    bench_put(stock, pages + put, 1500 - put);
    bench_take(stock, pages, 100);
    bench_put(stock, pages, 100);
    bench_close(&b);
}

static void a_raised_limit_ends_the_excess(void **state)
{
    weir_page pages[1500];
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 8 * MIB, 0);
    weir_stock *stock = bench_admit(&b);
    bench_take(stock, pages, 1000);
    assert_int_equal(weir_pool_set_limit(b.pool, 1 * MIB), WEIR_OK);
    assert_int_equal(weir_pool_set_limit(b.pool, 2 * MIB), WEIR_OK);
    assert_true(weir_pool_excess(b.pool) > 0);
    assert_int_equal(weir_pool_set_limit(b.pool, 9 * MIB), WEIR_ERR_LIMIT_TOO_LARGE);
    assert_int_equal(weir_pool_set_limit(b.pool, 1), WEIR_ERR_LIMIT_TOO_SMALL);
    assert_int_equal(weir_pool_limit(b.pool), 2 * MIB);
    assert_int_equal(weir_pool_set_limit(b.pool, 8 * MIB), WEIR_OK);
    assert_int_equal(weir_pool_excess(b.pool), 0);
    bench_take(stock, pages + 1000, 500);
    bench_put(stock, pages, 1500);
    bench_close(&b);
}

static void the_limit_goes_down_step_by_step(void **state)
{
    static weir_page pages[8000];
    bench b;
    (void)state;
    bench_open(&b, 1024, 4096, 8 * MIB, 0);
    weir_stock *stock = bench_admit(&b);
    uint32_t count = bench_take_all(stock, pages, 8000);
    for (uint64_t limit = 8 * MIB; limit >= 512 * KIB; limit -= 256 * KIB) {
        assert_int_equal(weir_pool_set_limit(b.pool, limit), WEIR_OK);
        weir_stock_return(stock);
        while (weir_pool_excess(b.pool) > 0)
            weir_stock_put(stock, pages[--count], WEIR_USE_HOLD);
        assert_true(bench_memory(&b).committed_bytes <= limit);
        bench_check(&b);
    }
    bench_put(stock, pages, count);
    bench_close(&b);
}

/* ── counters ── */

static void counters_are_summed_over_the_living_and_the_gone(void **state)
{
    weir_stats sum = {.struct_size = sizeof sum};
    weir_stats a = {.packets = 1, .partial_connections = 10, .connections_open = 5};
    weir_stats c = {.packets = 100, .payload_bytes = 7};
    bench b;
    (void)state;
    a.holes[WEIR_HOLE_FLUSH] = 3;
    bench_open(&b, 4096, 4096, 8 * MIB, 0);
    weir_stock *first = bench_admit(&b), *second = bench_admit(&b), *third = bench_admit(&b);
    weir_pool_publish_stats(first, &a);
    weir_pool_publish_stats(second, &c);
    weir_pool_dismiss(third, &c);
    b.engines--;
    assert_int_equal(weir_pool_stats(b.pool, &sum), WEIR_OK);
    assert_int_equal(sum.packets, 201);
    assert_int_equal(sum.payload_bytes, 14);
    assert_int_equal(sum.partial_connections, 10);
    assert_int_equal(sum.holes[WEIR_HOLE_FLUSH], 3);
    assert_int_equal(sum.connections_open, 5);
    sum.struct_size = 0;
    assert_int_equal(weir_pool_stats(b.pool, &sum), WEIR_ERR_STRUCT_SIZE);
    assert_int_equal(weir_pool_stats(b.pool, NULL), WEIR_ERR_ARGUMENT);
    bench_close(&b);
}

static void hold_since(weir_stock *stock, uint64_t now, uint64_t since)
{
    atomic_store(&stock->clock_ns, now);
    atomic_store(&stock->oldest_since_ns, since);
}

/* Clocks of engines have nothing to do with each other. */
static void the_oldest_hole_is_by_each_engines_own_clock(void **state)
{
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 8 * MIB, 0);
    weir_stock *a = bench_admit(&b), *c = bench_admit(&b), *d = bench_admit(&b);
    assert_null(weir_pool_oldest_holder(b.pool));
    assert_int_equal(weir_pool_ask_oldest(a), 0);
    hold_since(a, 5 * WEIR_SECOND, 4 * WEIR_SECOND);
    hold_since(c, 1700000000 * WEIR_SECOND, 1699999998 * WEIR_SECOND);
    hold_since(d, 0, 7); /* it has just begun */
    assert_ptr_equal(weir_pool_oldest_holder(b.pool), c);
    assert_int_equal(weir_pool_ask_oldest(c), 0);
    assert_int_equal(atomic_load(&c->asks), 0);
    assert_int_equal(weir_pool_ask_oldest(a), 1);
    assert_int_equal(atomic_load(&c->asks), WEIR_ASK_GIVE_UP);
    assert_int_equal(bench_memory(&b).silent_engines, 1);
    hold_since(c, 1700000000 * WEIR_SECOND, WEIR_NEVER);
    hold_since(a, 5 * WEIR_SECOND, WEIR_NEVER);
    assert_ptr_equal(weir_pool_oldest_holder(b.pool), d);
    hold_since(d, 8, 7);
    assert_ptr_equal(weir_pool_oldest_holder(b.pool), d);
    bench_close(&b);
}

/* Whose first to pay is worth more may hold it longer. */
static void an_age_is_halved_as_its_engine_says(void **state)
{
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 8 * MIB, 0);
    weir_stock *a = bench_admit(&b), *c = bench_admit(&b);
    weir_pool_publish_holder(a, 100 * WEIR_SECOND, 92 * WEIR_SECOND, 3); /* 8 s count as one */
    weir_pool_publish_holder(c, 50 * WEIR_SECOND, 48 * WEIR_SECOND, 0);
    assert_ptr_equal(weir_pool_oldest_holder(b.pool), c);
    assert_int_equal(weir_pool_ask_oldest(a), 1);
    assert_int_equal(atomic_load(&c->asks), WEIR_ASK_GIVE_UP);
    weir_pool_publish_holder(c, 50 * WEIR_SECOND, 48 * WEIR_SECOND, 2);
    assert_ptr_equal(weir_pool_oldest_holder(b.pool), a);
    assert_int_equal(weir_pool_ask_oldest(a), 0);
    weir_pool_publish_holder(a, 100 * WEIR_SECOND, WEIR_NEVER, 0);
    assert_ptr_equal(weir_pool_oldest_holder(b.pool), c);
    bench_close(&b);
}

static void shares_follow_the_limit(void **state)
{
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 8 * MIB, 16 * MIB);
    assert_int_equal(weir_pool_frag_share(b.pool), 8 * MIB / 100 * 5);
    assert_int_equal(weir_pool_set_limit(b.pool, 16 * MIB), WEIR_OK);
    assert_int_equal(weir_pool_frag_share(b.pool), 16 * MIB / 100 * 5);
    assert_int_equal(b.pool->slack, 64);
    assert_int_equal(weir_pool_set_limit(b.pool, 1 * MIB), WEIR_OK);
    assert_int_equal(b.pool->slack, 16);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_platform_that_fails_leaves_no_pool),
        cmocka_unit_test(every_commit_can_be_refused_in_turn),
        cmocka_unit_test(a_new_pool_costs_its_fixed_part),
        cmocka_unit_test(an_engine_costs_its_room_and_its_floor),
        cmocka_unit_test(neighbours_share_units),
        cmocka_unit_test(engines_beyond_the_most_are_refused),
        cmocka_unit_test(an_engine_without_a_floor_does_not_come),
        cmocka_unit_test(a_pool_with_engines_is_busy),
        cmocka_unit_test(a_limit_outside_of_its_range_is_refused),
        cmocka_unit_test(a_lowered_limit_takes_free_memory_at_once),
        cmocka_unit_test(a_lowered_limit_is_met_as_pages_come_back),
        cmocka_unit_test(a_raised_limit_ends_the_excess),
        cmocka_unit_test(the_limit_goes_down_step_by_step),
        cmocka_unit_test(counters_are_summed_over_the_living_and_the_gone),
        cmocka_unit_test(the_oldest_hole_is_by_each_engines_own_clock),
        cmocka_unit_test(an_age_is_halved_as_its_engine_says),
        cmocka_unit_test(shares_follow_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
