/* SPDX-License-Identifier: MIT */
/*
 * Records of one size, dense in pool pages.
 *
 *      page 7: [r r r r r r]   page 12: [r r r r r r]   page 3 (tail): [r r r . . .]
 *                                                       ▲ taken from and given back at this end
 *
 *      pages = ceil(records / records per page), always
 *
 * Giving one back moves the last record into its place, so that no page is ever half empty but the
 * tail, and memory follows the number of records down as well as up. The owner is told which record
 * moved and mends what points to it. Cost: O(1), one copy a put: 5 ns for take and put of 124 bytes
 * (as in stores/pool.h).
 *
 * A record is named by a 32-bit reference: page * 128 + slot; 0 is none.
 */
#ifndef WEIR_SLOTS_H
#define WEIR_SLOTS_H

#include "stores/pool.h"

typedef uint32_t weir_slot;

#define WEIR_SLOTS_PER_PAGE_MAX 128u

typedef struct weir_slots {
    weir_stock *stock;
    uint8_t *base;       /* of all pages, as the stock has it: a record is two loads away */
    uint32_t page_shift; /* of the stock too */
    uint32_t size;       /* bytes of a record, a multiple of 4 */
    uint32_t per_page;   /* records in a page */
    uint32_t count;      /* records in all */
    uint32_t in_tail;    /* records in the tail page */
    weir_page tail;      /* its descriptor holds the page before it */
    weir_page_use use;
} weir_slots;

void weir_slots_init(weir_slots *slots, weir_stock *stock, uint32_t size, weir_page_use use);

/* A zeroed record, or 0 if a page was needed and refused. With `floor`, the engine's floor may be
 * used. */
weir_slot weir_slots_take(weir_slots *slots, int floor);

/* 1 if the next one needs a page. */
static inline int weir_slots_full(const weir_slots *slots);

/* Makes the record another one, zeroed: as if it were given back and taken again, but none moves. */
void weir_slots_renew(weir_slots *slots, weir_slot slot);

/* Gives a record back. Returns the reference that the record now at `slot` had before, or 0 if none
 * moved. */
weir_slot weir_slots_put(weir_slots *slots, weir_slot slot);

/* Verifies the equation above and the chain of pages. 1 if they hold. */
WEIR_COLD int weir_slots_check(const weir_slots *slots);

/* ──── bodies ──── */

static inline int weir_slots_full(const weir_slots *slots)
{
    return slots->tail == 0 || slots->in_tail == slots->per_page;
}

/* The record's address, valid until the next weir_slots_put. */
static inline void *weir_slots_at(const weir_slots *slots, weir_slot slot)
{
    uint64_t page = slot / WEIR_SLOTS_PER_PAGE_MAX;
    return slots->base + (page << slots->page_shift) +
           (uint64_t)(slot % WEIR_SLOTS_PER_PAGE_MAX) * slots->size;
}

#endif
