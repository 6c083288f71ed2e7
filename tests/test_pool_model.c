/* SPDX-License-Identifier: MIT */
/*
 * The pool beside its slow model (support/pool_model.h), step by step: the same pages, the same
 * verdicts, the same bytes, for seeded random loads over page sizes and units.
 *
 *      test_pool_model [seed [steps]]
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/pool_model.h"
#include "support/pools.h"

#define MIB ((uint64_t)1 << 20)

static uint64_t seed = 7;
static uint32_t steps = 2500;

typedef struct holding {
    weir_page page;
    weir_page_use use;
} holding;

typedef struct pair {
    bench b;
    model m;
    weir_stock *stocks[MODEL_STOCKS];
    uint64_t rooms[MODEL_STOCKS];
    uint64_t clocks[MODEL_STOCKS];
    holding held[MODEL_STOCKS][MODEL_PAGES];
    uint32_t holds[MODEL_STOCKS];
    uint64_t random, min_limit, ceiling;
    int tide; /* more is taken than put, or less; turns now and then */
    uint32_t step;
} pair;

static uint32_t draw(pair *p, uint32_t below)
{
    p->random ^= p->random << 13;
    p->random ^= p->random >> 7;
    p->random ^= p->random << 17;
    return (uint32_t)(p->random >> 16) % below;
}

#define SAME(p, real, wanted)                                                                      \
    do {                                                                                           \
        unsigned long long is_ = (unsigned long long)(real);                                       \
        unsigned long long want_ = (unsigned long long)(wanted);                                   \
        if (is_ != want_)                                                                          \
            fail_msg("seed %llu step %u: %s is %llu, the model says %llu (%s)",                    \
                     (unsigned long long)seed, (p)->step, #real, is_, want_, bench_line(&(p)->b)); \
    } while (0)

/* ── the same state? ── */

static void compare_stock(pair *p, uint32_t s)
{
    const weir_stock *stock = p->stocks[s];
    const model_stock *want = &p->m.stocks[s];
    SAME(p, stock->count, want->count);
    SAME(p, stock->most, want->most);
    SAME(p, stock->low, want->low);
    for (uint32_t i = 0; i < want->count; i++)
        SAME(p, stock->pages[i], want->pages[i]);
}

static void compare_numbers(pair *p)
{
    const weir_pool *pool = p->b.pool;
    SAME(p, pool->ledger.committed_bytes, model_committed(&p->m));
    SAME(p, weir_pool_excess(pool), model_excess(&p->m));
    SAME(p, pool->ledger.returned_bytes, p->m.returned);
    SAME(p, pool->conn_pages, p->m.conn);
    SAME(p, weir_pages_used(&pool->pages), model_count(&p->m, 'u'));
    SAME(p, pool->pages.warm.set, model_count(&p->m, 'w'));
    SAME(p, pool->pages.low, p->m.low);
    SAME(p, pool->due, p->m.due);
}

static void compare_pages(pair *p)
{
    const weir_pages *pages = &p->b.pool->pages;
    for (uint32_t page = 1; page < p->m.pages; page++) {
        int cold = weir_bitmap_has(&pages->cold, page >> pages->plan.group_shift);
        int letter = weir_bitmap_has(&pages->warm, page) ? 'w' : cold ? 'c' : 'u';
        SAME(p, letter, p->m.state[page]);
    }
    bench_check(&p->b);
}

/* ── steps ── */

static void admit(pair *p, uint32_t s)
{
    weir_pool *pool = p->b.pool;
    uint64_t outside = pool->outside_bytes, room = 6 * p->m.group_bytes + 16 * p->m.page_bytes;
    if (p->m.limit < model_committed(&p->m) + room) return;
    p->stocks[s] = bench_admit(&p->b);
    p->rooms[s] = pool->outside_bytes - outside;
    assert_true(model_admit(&p->m, s, p->rooms[s]));
}

static void take(pair *p, uint32_t s)
{
    weir_page_use use = draw(p, 4) ? WEIR_USE_HOLD : WEIR_USE_CONN;
    int floor = draw(p, 5) == 0;
    for (uint32_t count = 1 + draw(p, p->tide ? 120 : 20); count > 0; count--) {
        weir_page page =
            floor ? weir_stock_take_floor(p->stocks[s], use) : weir_stock_take(p->stocks[s], use);
        SAME(p, page, model_take(&p->m, s, use, floor));
        if (!page) return;
        memset(weir_page_address(p->stocks[s], page), 1, weir_page_bytes(p->stocks[s]));
        p->held[s][p->holds[s]++] = (holding){page, use};
    }
}

static void put(pair *p, uint32_t s, uint32_t count)
{
    for (; count > 0 && p->holds[s] > 0; count--) {
        uint32_t at = draw(p, p->holds[s]);
        holding held = p->held[s][at];
        p->held[s][at] = p->held[s][--p->holds[s]];
        weir_stock_put(p->stocks[s], held.page, held.use);
        model_put(&p->m, s, held.page, held.use);
    }
}

static void dismiss(pair *p, uint32_t s)
{
    put(p, s, MODEL_PAGES);
    uint64_t outside = p->b.pool->outside_bytes;
    bench_dismiss(&p->b, p->stocks[s]);
    model_dismiss(&p->m, s, outside - p->b.pool->outside_bytes);
    p->stocks[s] = NULL;
}

static void tick(pair *p, uint32_t s)
{
    p->clocks[s] += draw(p, 2) ? draw(p, 5000000) : draw(p, 90000000);
    int more = weir_pool_tick_due(p->stocks[s], p->clocks[s]);
    SAME(p, more, model_tick(&p->m, s, p->clocks[s]));
}

static void change_limit(pair *p)
{
    uint64_t limit = p->min_limit + draw(p, (uint32_t)(p->ceiling - p->min_limit + 1));
    assert_int_equal(weir_pool_set_limit(p->b.pool, limit), WEIR_OK);
    model_set_limit(&p->m, limit);
}

static void rare_step(pair *p, uint32_t s)
{
    switch (draw(p, 8)) {
    case 0:
        SAME(p, weir_pool_trim(p->b.pool), model_trim(&p->m));
        break;
    case 1:
    case 2:
        change_limit(p);
        break;
    case 3:
        if (p->b.engines > 1) dismiss(p, s);
        break;
    case 4:
        p->tide = !p->tide;
        break;
    case 5:
        SAME(p, weir_pool_warm(p->stocks[s]), model_warm(&p->m));
        break;
    default:
        weir_stock_return(p->stocks[s]);
        model_return(&p->m, s);
    }
}

static void one_step(pair *p)
{
    uint32_t s = draw(p, MODEL_STOCKS);
    if (!p->stocks[s]) {
        if (draw(p, 10) == 0 || p->b.engines == 0) admit(p, s);
        return;
    }
    uint32_t kind = draw(p, 20);
    if (kind < 7)
        take(p, s);
    else if (kind < 14)
        put(p, s, 1 + draw(p, p->tide ? 20 : 120));
    else if (kind < 18)
        tick(p, s);
    else
        rare_step(p, s);
    if (p->stocks[s]) compare_stock(p, s);
    compare_numbers(p);
    if (p->step % 32 == 0) compare_pages(p);
}

static void a_load(uint32_t page_bytes, uint64_t unit_bytes, uint64_t ceiling)
{
    pair *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->random = seed * UINT64_C(0x9e3779b97f4a7c15) + page_bytes + unit_bytes;
    bench_config(&p->b, page_bytes, unit_bytes, ceiling, ceiling);
    p->b.config.max_engines = MODEL_STOCKS;
    bench_create(&p->b);
    p->ceiling = ceiling;
    p->min_limit = weir_plan_need(&p->b.pool->pages.plan, &p->b.config, MODEL_STOCKS);
    assert_true(p->min_limit < ceiling);
    model_init(&p->m, p->b.pool);
    for (uint32_t s = 0; s < MODEL_STOCKS; s++)
        p->clocks[s] = s * 1000000000 * WEIR_SECOND;
    for (p->step = 0; p->step < steps; p->step++)
        one_step(p);
    compare_pages(p);
    for (uint32_t s = 0; s < MODEL_STOCKS; s++)
        if (p->stocks[s]) dismiss(p, s);
    compare_pages(p);
    assert_true(p->b.pool->ledger.peak_bytes <= ceiling);
    bench_close(&p->b);
    free(p);
}

#define LOAD(page, unit, ceiling)                                                                  \
    static void pages_of_##page##_in_units_of_##unit(void **state)                                 \
    {                                                                                              \
        (void)state;                                                                               \
        a_load(page, unit, ceiling);                                                               \
    }

LOAD(1024, 4096, 2 * MIB)
LOAD(2048, 4096, 3 * MIB)
LOAD(4096, 4096, 5 * MIB)
LOAD(16384, 4096, 12 * MIB)
LOAD(1024, 65536, 4 * MIB)
LOAD(2048, 65536, 5 * MIB)
LOAD(4096, 65536, 6 * MIB)
LOAD(16384, 65536, 12 * MIB)
LOAD(4096, 2097152, 40 * MIB)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_of_1024_in_units_of_4096),
        cmocka_unit_test(pages_of_2048_in_units_of_4096),
        cmocka_unit_test(pages_of_4096_in_units_of_4096),
        cmocka_unit_test(pages_of_16384_in_units_of_4096),
        cmocka_unit_test(pages_of_1024_in_units_of_65536),
        cmocka_unit_test(pages_of_2048_in_units_of_65536),
        cmocka_unit_test(pages_of_4096_in_units_of_65536),
        cmocka_unit_test(pages_of_16384_in_units_of_65536),
        cmocka_unit_test(pages_of_4096_in_units_of_2097152),
    };
    if (argc > 1) seed = strtoull(argv[1], NULL, 0);
    if (argc > 2) steps = (uint32_t)strtoul(argv[2], NULL, 0);
    printf("seed %llu\n", (unsigned long long)seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
