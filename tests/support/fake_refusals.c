/* SPDX-License-Identifier: MIT */
#include "support/fake_refusals.h"

#include "stores/pool_state.h"

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

void fake_refusals_begin(refusal_point point, uint64_t nth, uint64_t lasting)
{
    memset(&gate, 0, sizeof gate);
    gate.point = point;
    gate.nth = nth;
    gate.lasting = lasting;
}

uint64_t fake_refusals_calls(refusal_point point)
{
    return gate.calls[point];
}

uint64_t fake_refusals_done(void)
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
