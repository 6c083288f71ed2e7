/* SPDX-License-Identifier: MIT */
/*
 * Stores that refuse when told: the real ones of stores/slots.h and stores/pool.h behind a gate that counts. A program
 * that calls these gets them instead of the library's.
 *
 *      REFUSE_PAGE      weir_stock_take, weir_stock_take_floor: leaves, records' pages, table, fragments
 *      REFUSE_RECORD    weir_slots_take: connections, blocks, tallies, late holes, whatever else is kept in slots
 *      REFUSE_SCRATCH   weir_stock_scratch
 *
 * A refusal is what it always is: no page, no record, counted by the pool. Whether a page would have been there, the
 * rooms cannot know.
 */
#ifndef WEIR_TEST_FAKE_REFUSALS_H
#define WEIR_TEST_FAKE_REFUSALS_H

#include <stdint.h>

typedef enum refusal_point {
    REFUSE_PAGE,
    REFUSE_RECORD,
    REFUSE_SCRATCH,
    REFUSAL_POINTS,
    REFUSE_NOTHING = REFUSAL_POINTS
} refusal_point;

/* Begins to count anew, and refuses calls [nth, nth + lasting) of that point, from 1; none with nth 0. */
void fake_refusals_begin(refusal_point point, uint64_t nth, uint64_t lasting);

/* Calls since then; and how many of them were refused here. */
uint64_t fake_refusals_calls(refusal_point point);
uint64_t fake_refusals_done(void);

#endif
