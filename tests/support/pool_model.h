/* SPDX-License-Identifier: MIT */
/*
 * The pool as stores/pool.h tells it, in the plainest way: a letter for each page, sums by counting
 * them.
 *
 *      'c' cold   'w' warm   'u' used   '-' page 0
 *
 * It needs no platform, refuses for the limit only, and predicts the very number of each page.
 */
#ifndef WEIR_TEST_POOL_MODEL_H
#define WEIR_TEST_POOL_MODEL_H

#include "stores/pool_state.h"

#define MODEL_PAGES  16384u
#define MODEL_STOCKS 3u

typedef struct model_stock {
    int present;
    uint32_t count, most, low;
    uint64_t epoch, epoch_ns;
    weir_page pages[WEIR_FLOOR_PAGES + 2 * WEIR_STOCK_PAGES];
} model_stock;

typedef struct model {
    uint64_t page_bytes, group_bytes, unit_bytes, limit;
    uint64_t outside; /* fixed part and rooms: the caller's to say */
    uint32_t conn_percent, pages, in_group, groups, in_cover, covers;
    uint32_t engines, stock_most, conn_most, conn_most_floor, conn;
    uint32_t low, due, slack;
    uint64_t epoch, returned;
    char state[MODEL_PAGES];
    char described[MODEL_PAGES];
    model_stock stocks[MODEL_STOCKS];
} model;

/* A model of a pool that was just created. */
void model_init(model *m, const weir_pool *pool);

uint32_t model_count(const model *m, char letter);
uint64_t model_committed(const model *m);
uint64_t model_excess(const model *m);

/* The calls of stores/pool.h. */
int model_admit(model *m, uint32_t s, uint64_t room_bytes);
void model_dismiss(model *m, uint32_t s, uint64_t room_bytes);
weir_page model_take(model *m, uint32_t s, weir_page_use use, int floor);
void model_put(model *m, uint32_t s, weir_page page, weir_page_use use);
void model_return(model *m, uint32_t s);
int model_tick(model *m, uint32_t s, uint64_t now_ns);
int model_warm(model *m);
uint64_t model_trim(model *m);
void model_set_limit(model *m, uint64_t limit);

#endif
