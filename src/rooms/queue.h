/* SPDX-License-Identifier: MIT */
/*
 * Queues of records or blocks, linked through them by slot: first in, first due.
 *
 *      head ⇄ … ⇄ tail      each queue has one constant delay: its order is that of its deadlines
 *                           (but of holders, who have none: see weir_hole_payer)
 *
 * All timeouts of weir are such queues: the delay of each is fixed when the engine is created, so
 * no wheel and no heap is needed. Cost: O(1) for everything.
 */
#ifndef WEIR_QUEUE_H
#define WEIR_QUEUE_H

#include <stddef.h>

#include "stores/slots.h"

typedef struct weir_queue {
    weir_slot head, tail;
    uint32_t count;
    uint32_t links; /* where in what is queued: the slot before it, then the slot behind it */
    const weir_slots *slots;
} weir_queue;

/* Of what is in `slots`, or in slots[1] if the top bit of its slot is set (records of IPv6). */
void weir_queue_init(weir_queue *queue, const weir_slots *slots, size_t links);
void weir_queue_append(weir_queue *queue, weir_slot slot);
void weir_queue_prepend(weir_queue *queue, weir_slot slot);
void weir_queue_remove(weir_queue *queue, weir_slot slot);

/* What is queued is at `slot` now, links included: mends its neighbours. */
void weir_queue_moved(weir_queue *queue, weir_slot slot);

/* The one behind `slot`, 0 at the end. */
weir_slot weir_queue_next(const weir_queue *queue, weir_slot slot);

/* Verifies links both ways and the count. 1 if they hold. */
WEIR_COLD int weir_queue_check(const weir_queue *queue);

#endif
