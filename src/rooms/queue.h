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

#include "stores/slots.h"

struct weir_core;

/* Which links of what a queue runs through. */
typedef enum weir_queue_kind {
    WEIR_QUEUE_RECORDS,
    WEIR_QUEUE_AGE,
    WEIR_QUEUE_DUE,
    WEIR_QUEUE_HOLDERS,
    WEIR_QUEUE_TAILS
} weir_queue_kind;

typedef struct weir_queue {
    weir_slot head, tail;
    uint32_t count;
    weir_queue_kind kind;
} weir_queue;

void weir_queue_init(weir_queue *queue, weir_queue_kind kind);
void weir_queue_append(struct weir_core *core, weir_queue *queue, weir_slot slot);
void weir_queue_prepend(struct weir_core *core, weir_queue *queue, weir_slot slot);
void weir_queue_remove(struct weir_core *core, weir_queue *queue, weir_slot slot);

/* What was at `from` is at `to` now, links included: mends its neighbours. */
void weir_queue_moved(struct weir_core *core, weir_queue *queue, weir_slot from, weir_slot to);

/* The one behind `slot`, 0 at the end. */
weir_slot weir_queue_next(struct weir_core *core, const weir_queue *queue, weir_slot slot);

/* Verifies links both ways and the count. 1 if they hold. */
WEIR_COLD int weir_queue_check(struct weir_core *core, const weir_queue *queue);

#endif
