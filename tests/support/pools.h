/* SPDX-License-Identifier: MIT */
/*
 * A pool on an arena, with engines' accounts, for tests of the pool and of what lives in its pages.
 *
 *      bench b;
 *      bench_open(&b, 4096, 4096, limit, ceiling);     page, unit; ceiling 0: the limit
 *      weir_stock *stock = bench_admit(&b);
 *      ...
 *      bench_close(&b);        dismisses who is left; fails unless the arena got everything back
 *
 * bench_line says all that matters in one line, in pages and units:
 *      used 16 warm 0 due 0 excess 0 units 21
 */
#ifndef WEIR_TEST_POOLS_H
#define WEIR_TEST_POOLS_H

#include "stores/pool_state.h"
#include "support/arena.h"

#define BENCH_ENGINES 256u

typedef struct bench {
    test_arena arena;
    weir_pool_config config;
    weir_pool *pool;
    weir_stock *stocks[BENCH_ENGINES];
    uint32_t engines;
    char line[160];
} bench;

/* The configuration that bench_open uses: to be changed before bench_create. */
void bench_config(bench *b, uint32_t page_bytes, uint64_t unit_bytes, uint64_t limit,
                  uint64_t ceiling);
void bench_create(bench *b);

void bench_open(bench *b, uint32_t page_bytes, uint64_t unit_bytes, uint64_t limit,
                uint64_t ceiling);
void bench_close(bench *b);

/* Lets the pool go as it is, pages out and engines in. */
void bench_abandon(bench *b);

weir_stock *bench_admit(bench *b);
void bench_dismiss(bench *b, weir_stock *stock);

const char *bench_line(bench *b);
weir_memory bench_memory(const bench *b);

/* Verifies the pool and all stocks; the line goes to the failure's message. */
void bench_check(bench *b);

/* Takes `count` pages for holes and writes to each; fails if one is refused. */
void bench_take(weir_stock *stock, weir_page *pages, uint32_t count);
void bench_put(weir_stock *stock, const weir_page *pages, uint32_t count);

/* Takes until refused; returns how many. */
uint32_t bench_take_all(weir_stock *stock, weir_page *pages, uint32_t most);

#endif
