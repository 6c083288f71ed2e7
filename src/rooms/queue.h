/* SPDX-License-Identifier: MIT */
/*
 * Queues of records, blocks or tails, linked through them by slot: first in, first due.
 *
 *      head ⇄ … ⇄ tail      each queue has one constant delay: its order is that of its deadlines
 *                           (but of holders, recent and kept, who have none:
 *                           rooms/hole.h, recent.h, keep.h)
 *
 * All timeouts of weir are such queues: the delay of each is fixed when the engine is created, so
 * no wheel and no heap is needed. Cost: O(1) for everything.
 */
#ifndef WEIR_QUEUE_H
#define WEIR_QUEUE_H

#include <stddef.h>

#include "stores/slots.h"

/* What is queued has these for each queue that it may be in; 0: none. */
typedef struct weir_links {
    weir_slot prev, next;
} weir_links;

typedef struct weir_queue {
    weir_slot head, tail;
    uint32_t count;
    uint32_t links; /* where they are in what is queued */
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
