/* SPDX-License-Identifier: MIT */
/*
 * A stock of pages without a pool: the calls of stores/pool.h that rooms use, over one block of
 * memory, for tests of what lies above. A page is filled with rubbish when it is given out,
 * poisoned when it comes back; putting one back twice ends the program. Scratch is wanted and
 * refused as a page is. It can refuse.
 *
 * A program that calls fake_stock_open gets these instead of the pool's own.
 */
#ifndef WEIR_TEST_FAKE_STOCK_H
#define WEIR_TEST_FAKE_STOCK_H

#include "stores/pool.h"

/* `floor_pages` of them only for weir_stock_take_floor. */
weir_stock *fake_stock_open(uint32_t page_bytes, uint32_t pages, uint32_t floor_pages);
void fake_stock_close(weir_stock *stock);

/* Pages given out. */
uint32_t fake_stock_used(const weir_stock *stock);

/* The most that were ever given out at once since the last call. */
uint32_t fake_stock_peak(weir_stock *stock);

/* Changes how many pages there are, at most as many as at the start. */
void fake_stock_limit(weir_stock *stock, uint32_t pages);

/* Refuses the n-th page wanted from now on (1: the next), and all after it; 0: none. */
void fake_stock_refuse(weir_stock *stock, uint32_t nth);

/* How many pages were wanted so far. */
uint32_t fake_stock_wanted(const weir_stock *stock);

#endif
