/* SPDX-License-Identifier: MIT */
/*
 * Stores that refuse when told: the real ones of stores/slots.h and stores/pool.h behind a gate that counts. To be
 * included by one file of a program: it defines what the library would, and so the linker leaves that there.
 *
 *      REFUSE_PAGE      weir_stock_take, weir_stock_take_floor: leaves, records' pages, table, fragments
 *      REFUSE_RECORD    weir_slots_take: connections, blocks, tallies, late holes, whatever else is kept in slots
 *      REFUSE_SCRATCH   weir_stock_scratch
 *
 * A refusal is what it always is: no page, no record, counted by the pool. Whether a page would have been there, the
 * rooms cannot know.
 */
#ifndef WEIR_TEST_REFUSALS_H
#define WEIR_TEST_REFUSALS_H

#include "stores/pool_state.h"

typedef enum refusal_point {
    REFUSE_PAGE,
    REFUSE_RECORD,
    REFUSE_SCRATCH,
    REFUSAL_POINTS,
    REFUSE_NOTHING = REFUSAL_POINTS
} refusal_point;

/* The real stores under other names. Records come first by their own, so that their pages go through the gate too. */
/* NOLINTBEGIN(bugprone-suspicious-include) */
#define weir_slots_take real_slots_take
#include "../../src/stores/slots.c"
#undef weir_slots_take
#define weir_stock_take       real_stock_take
#define weir_stock_take_floor real_stock_take_floor
#define weir_stock_scratch    real_stock_scratch
weir_page real_stock_take(weir_stock *stock, weir_page_use use);
weir_page real_stock_take_floor(weir_stock *stock, weir_page_use use);
uint8_t *real_stock_scratch(weir_stock *stock, uint32_t bytes);
#include "../../src/stores/pool_scratch.c"
#include "../../src/stores/pool_stock.c"
#undef weir_stock_take
#undef weir_stock_take_floor
#undef weir_stock_scratch
/* NOLINTEND(bugprone-suspicious-include) */

static struct {
    uint64_t calls[REFUSAL_POINTS];
    uint64_t nth, lasting, done;
    refusal_point point;
} gate = {.point = REFUSE_NOTHING};

/* Begins to count anew, and refuses calls [nth, nth + lasting) of that point, from 1; none with nth 0. */
static void refusals_begin(refusal_point point, uint64_t nth, uint64_t lasting)
{
    memset(&gate, 0, sizeof gate);
    gate.point = point;
    gate.nth = nth;
    gate.lasting = lasting;
}

/* Calls since then; and how many of them were refused here. */
static uint64_t refusals_calls(refusal_point point)
{
    return gate.calls[point];
}

static uint64_t refusals_done(void)
{
    return gate.done;
}

static int passes(weir_stock *stock, refusal_point point)
{
    uint64_t call = ++gate.calls[point];
    if (point != gate.point || !gate.nth || call < gate.nth || call - gate.nth >= gate.lasting)
        return 1;
    gate.done++;
    atomic_fetch_add_explicit(&stock->pool->refused, 1, memory_order_relaxed);
    return 0;
}

weir_page weir_stock_take(weir_stock *stock, weir_page_use use)
{
    return passes(stock, REFUSE_PAGE) ? real_stock_take(stock, use) : 0;
}

weir_page weir_stock_take_floor(weir_stock *stock, weir_page_use use)
{
    return passes(stock, REFUSE_PAGE) ? real_stock_take_floor(stock, use) : 0;
}

uint8_t *weir_stock_scratch(weir_stock *stock, uint32_t bytes)
{
    return passes(stock, REFUSE_SCRATCH) ? real_stock_scratch(stock, bytes) : NULL;
}

weir_slot weir_slots_take(weir_slots *slots, int floor);

weir_slot weir_slots_take(weir_slots *slots, int floor)
{
    return passes(slots->stock, REFUSE_RECORD) ? real_slots_take(slots, floor) : 0;
}

#endif
