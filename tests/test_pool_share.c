/* SPDX-License-Identifier: MIT */
/* The pool: the share of fragments, and memory in a row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/pools.h"

#define MIB (UINT64_C(1) << 20)

static weir_page pages[20000];

static uint32_t take_all(weir_stock *stock, uint32_t from)
{
    uint32_t count = from;
    while ((pages[count] = weir_stock_take(stock, WEIR_USE_FRAG)) != 0)
        count++;
    return count - from;
}

static void put_all(weir_stock *stock, uint32_t from, uint32_t count)
{
    while (count > 0)
        weir_stock_put(stock, pages[from + --count], WEIR_USE_FRAG);
}

/* ── the share ── */

static void fragments_stop_at_their_share(void **state)
{
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 8 * MIB, 0);
    weir_stock *stock = bench_admit(&b);
    uint32_t share = (uint32_t)(weir_pool_frag_share(b.pool) / 4096);
    assert_int_equal(share, 8 * MIB / 100 * 5 / 4096);
    assert_false(weir_stock_frag_share_reached(stock));
    assert_int_equal(take_all(stock, 0), share);
    assert_true(weir_stock_frag_share_reached(stock));
    assert_int_equal(bench_memory(&b).frag_bytes, (uint64_t)share * 4096);
    assert_int_equal(weir_stock_take_floor(stock, WEIR_USE_FRAG), 0); /* the floor is not theirs */
    bench_take(stock, pages + share, 500);                            /* others go on */
    bench_put(stock, pages + share, 500);
    bench_check(&b);
    put_all(stock, 0, share);
    assert_int_equal(bench_memory(&b).frag_bytes, 0);
    bench_close(&b);
}

/* Two engines: one takes its own part and all that is common, the other still has its part; what is
 * put of the common part either may take. */
static void a_hoarder_leaves_each_its_part(void **state)
{
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 8 * MIB, 0);
    weir_stock *hoarder = bench_admit(&b), *other = bench_admit(&b);
    uint32_t share = (uint32_t)(weir_pool_frag_share(b.pool) / 4096), own = share / 4;
    uint32_t first = take_all(hoarder, 0);
    assert_int_equal(first, share - own);
    assert_false(weir_stock_frag_share_reached(other));
    uint32_t second = take_all(other, first);
    assert_int_equal(second, own);
    weir_stock_put(hoarder, pages[--first], WEIR_USE_FRAG);
    assert_false(weir_stock_frag_share_reached(other));
    pages[first] = weir_stock_take(hoarder, WEIR_USE_FRAG);
    assert_int_not_equal(pages[first++], 0);
    put_all(other, first, second);
    assert_int_equal(take_all(hoarder, first), 0); /* that is not for it */
    put_all(hoarder, 0, first);
    assert_int_equal(b.pool->frag_common, 0);
    bench_check(&b);
    bench_close(&b);
}

/* An engine that comes later has its part as soon as the one before wants more than it may have now. */
static void a_newcomer_gets_its_part(void **state)
{
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 8 * MIB, 0);
    weir_stock *hoarder = bench_admit(&b);
    uint32_t share = (uint32_t)(weir_pool_frag_share(b.pool) / 4096), own = share / 4;
    uint32_t count = take_all(hoarder, 0);
    assert_int_equal(count, share);
    weir_stock *other = bench_admit(&b);
    assert_int_equal(weir_stock_take(other, WEIR_USE_FRAG), 0);
    while (weir_stock_frag_share_reached(hoarder))
        weir_stock_put(hoarder, pages[--count], WEIR_USE_FRAG);
    assert_int_equal(count, share - own - 1);
    assert_int_equal(take_all(other, count), own + 1);
    put_all(other, count, own + 1);
    put_all(hoarder, 0, count);
    assert_int_equal(b.pool->frag_common, 0);
    bench_check(&b);
    bench_close(&b);
}

static void a_refused_page_is_not_charged(void **state)
{
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 4 * MIB, 0);
    weir_stock *stock = bench_admit(&b);
    uint32_t count = bench_take_all(stock, pages, 20000);
    assert_int_equal(weir_stock_take(stock, WEIR_USE_FRAG), 0);
    assert_false(weir_stock_frag_short(stock)); /* it is the pool that is */
    assert_int_equal(bench_memory(&b).frag_bytes, 0);
    bench_put(stock, pages, count);
    bench_close(&b);
}

static void a_lowered_limit_lowers_the_share(void **state)
{
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 8 * MIB, 0);
    weir_stock *stock = bench_admit(&b);
    uint32_t count = take_all(stock, 0), half = (uint32_t)(4 * MIB / 100 * 5 / 4096);
    assert_int_equal(weir_pool_set_limit(b.pool, 4 * MIB), WEIR_OK);
    while (count > half) {
        assert_true(weir_stock_frag_share_reached(stock));
        weir_stock_put(stock, pages[--count], WEIR_USE_FRAG);
    }
    weir_stock_put(stock, pages[--count], WEIR_USE_FRAG);
    assert_int_equal(take_all(stock, count), 1);
    put_all(stock, 0, count + 1);
    bench_close(&b);
}

/* ── scratch ── */

static void scratch_is_charged_as_it_grows(void **state)
{
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 8 * MIB, 0);
    weir_stock *stock = bench_admit(&b), *other = bench_admit(&b);
    uint64_t base = bench_memory(&b).committed_bytes;
    uint8_t *at = weir_stock_scratch(stock, 1);
    assert_non_null(at);
    assert_int_equal((uintptr_t)at % 4096, 0);
    assert_int_equal(bench_memory(&b).committed_bytes, base + 4096);
    assert_ptr_equal(weir_stock_scratch(stock, 4096), at);
    assert_int_equal(bench_memory(&b).committed_bytes, base + 4096);
    assert_ptr_equal(weir_stock_scratch(stock, 65535), at);
    memset(at, 0x5a, 65535);
    assert_int_equal(bench_memory(&b).committed_bytes, base + 65536);
    assert_int_equal(bench_memory(&b).frag_bytes, 65536);
    uint8_t *second = weir_stock_scratch(other, 65536);
    memset(second, 0xa5, 65536);
    assert_int_equal(at[0], 0x5a);
    assert_int_equal(at[65534], 0x5a);
    assert_int_equal(bench_memory(&b).committed_bytes, base + 131072);
    bench_check(&b);
    weir_stock_scratch_return(stock);
    assert_int_equal(bench_memory(&b).committed_bytes, base + 65536);
    bench_dismiss(&b, other);
    assert_int_equal(bench_memory(&b).frag_bytes, 0);
    bench_close(&b);
}

static void scratch_goes_back_when_an_interval_did_not_need_it(void **state)
{
    bench b;
    uint64_t now = WEIR_SECOND;
    (void)state;
    bench_open(&b, 4096, 4096, 8 * MIB, 0);
    weir_stock *stock = bench_admit(&b);
    weir_pool_tick(stock, now);
    uint64_t base = bench_memory(&b).committed_bytes;
    for (int i = 0; i < 5; i++) {
        assert_non_null(weir_stock_scratch(stock, 10000));
        weir_pool_tick(stock, now += WEIR_POOL_INTERVAL_NS);
        assert_int_equal(bench_memory(&b).frag_bytes, 12288);
    }
    weir_pool_tick(stock, now += WEIR_POOL_INTERVAL_NS - 1);
    assert_int_equal(bench_memory(&b).frag_bytes, 12288);
    weir_pool_tick(stock, now += 1);
    assert_int_equal(bench_memory(&b).frag_bytes, 0);
    assert_int_equal(bench_memory(&b).committed_bytes, base);
    assert_non_null(weir_stock_scratch(stock, 10000));
    weir_stock_return(stock); /* as after a trim */
    assert_int_equal(bench_memory(&b).committed_bytes, base);
    bench_check(&b);
    bench_close(&b);
}

/* At the limit free pages go back to make place for it; where there is none it is refused. */
static void scratch_at_the_limit(void **state)
{
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 4 * MIB, 0);
    weir_stock *stock = bench_admit(&b);
    uint32_t count = bench_take_all(stock, pages, 20000);
    weir_memory before = bench_memory(&b);
    assert_null(weir_stock_scratch(stock, 65535));
    weir_memory after = bench_memory(&b);
    assert_int_equal(after.committed_bytes, before.committed_bytes);
    assert_int_equal(after.frag_bytes, 0);
    assert_int_equal(after.refused, before.refused + 1);
    bench_check(&b);
    bench_put(stock, pages + count - 20, 20);
    assert_non_null(weir_stock_scratch(stock, 65535));
    assert_true(bench_memory(&b).committed_bytes <= 4 * MIB);
    bench_check(&b);
    bench_put(stock, pages, count - 20);
    bench_close(&b);
}

/* What the platform does not take back stays charged, and is used again by the engine after. */
static void scratch_that_is_kept(void **state)
{
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 8 * MIB, 0);
    weir_stock *stock = bench_admit(&b);
    assert_non_null(weir_stock_scratch(stock, 20000));
    uint64_t with = bench_memory(&b).committed_bytes;
    b.arena.keep = 1;
    weir_stock_scratch_return(stock);
    b.arena.keep = 0;
    assert_int_equal(bench_memory(&b).committed_bytes, with);
    assert_int_equal(bench_memory(&b).not_returned_bytes, 20480);
    bench_check(&b);
    assert_non_null(weir_stock_scratch(stock, 24576));
    assert_int_equal(bench_memory(&b).committed_bytes, with + 4096);
    weir_stock_scratch_return(stock);
    assert_int_equal(bench_memory(&b).committed_bytes, with - 20480);
    bench_close(&b);
}

static void scratch_beyond_the_share(void **state)
{
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, MIB, 0);
    weir_stock *stock = bench_admit(&b);
    assert_null(weir_stock_scratch(stock, 65535)); /* 12 pages are the share */
    assert_true(weir_stock_frag_short(stock));
    assert_false(weir_stock_frag_share_reached(stock)); /* a page it would have had */
    assert_non_null(weir_stock_scratch(stock, 12 * 4096));
    assert_false(weir_stock_frag_short(stock));
    assert_true(weir_stock_frag_share_reached(stock));
    assert_null(weir_stock_scratch(stock, 12 * 4096 + 1));
    bench_check(&b);
    bench_close(&b);
}

/* Whatever the unit is, refused commits leave all as it was. */
static void scratch_that_the_platform_refuses(void **state)
{
    static const uint64_t units[] = {4096, 65536, 2 * MIB};
    (void)state;
    for (size_t u = 0; u < 3; u++) {
        bench b;
        bench_open(&b, 4096, units[u], 64 * MIB, 0);
        weir_stock *stock = bench_admit(&b);
        uint64_t base = bench_memory(&b).committed_bytes;
        b.arena.refuse_commit = b.arena.commits + 1;
        b.arena.refuse_commits_after = 1;
        assert_null(weir_stock_scratch(stock, 3000));
        assert_true(bench_memory(&b).committed_bytes <= base);
        assert_int_equal(bench_memory(&b).frag_bytes, 0);
        b.arena.refuse_commit = 0;
        b.arena.refuse_commits_after = 0;
        base = bench_memory(&b).committed_bytes;
        assert_non_null(weir_stock_scratch(stock, 3000));
        assert_int_equal(bench_memory(&b).committed_bytes, base + units[u]);
        bench_check(&b);
        bench_close(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fragments_stop_at_their_share),
        cmocka_unit_test(a_hoarder_leaves_each_its_part),
        cmocka_unit_test(a_newcomer_gets_its_part),
        cmocka_unit_test(a_refused_page_is_not_charged),
        cmocka_unit_test(a_lowered_limit_lowers_the_share),
        cmocka_unit_test(scratch_is_charged_as_it_grows),
        cmocka_unit_test(scratch_goes_back_when_an_interval_did_not_need_it),
        cmocka_unit_test(scratch_at_the_limit),
        cmocka_unit_test(scratch_that_is_kept),
        cmocka_unit_test(scratch_beyond_the_share),
        cmocka_unit_test(scratch_that_the_platform_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
