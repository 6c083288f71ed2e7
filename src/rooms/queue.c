/* SPDX-License-Identifier: MIT */
#include "rooms/queue.h"
#include "rooms/core.h"
#include "rooms/tail.h"

typedef struct {
    weir_slot *prev, *next;
} links;

static links links_of(weir_core *core, const weir_queue *queue, weir_slot slot)
{
    if (queue->kind == WEIR_QUEUE_RECORDS) {
        weir_record *record = weir_record_at(core, slot);
        return (links){&record->queue_prev, &record->queue_next};
    }
    if (queue->kind == WEIR_QUEUE_TAILS) {
        weir_tail *tail = weir_slots_at(&core->tails, slot);
        return (links){&tail->prev, &tail->next};
    }
    weir_block *block = weir_block_at(core, slot);
    if (queue->kind == WEIR_QUEUE_AGE) return (links){&block->age_prev, &block->age_next};
    if (queue->kind == WEIR_QUEUE_HOLDERS) return (links){&block->holder_prev, &block->holder_next};
    return (links){&block->due_prev, &block->due_next};
}

void weir_queue_init(weir_queue *queue, weir_queue_kind kind)
{
    *queue = (weir_queue){.kind = kind};
}

/* Puts it between two neighbours, 0 where there is none. */
static inline void put_between(weir_core *core, weir_queue *queue, weir_slot slot, weir_slot prev,
                               weir_slot next)
{
    links own = links_of(core, queue, slot);
    *own.prev = prev;
    *own.next = next;
    *(prev ? links_of(core, queue, prev).next : &queue->head) = slot;
    *(next ? links_of(core, queue, next).prev : &queue->tail) = slot;
    queue->count++;
}

void weir_queue_append(weir_core *core, weir_queue *queue, weir_slot slot)
{
    put_between(core, queue, slot, queue->tail, 0);
}

void weir_queue_prepend(weir_core *core, weir_queue *queue, weir_slot slot)
{
    put_between(core, queue, slot, 0, queue->head);
}

void weir_queue_remove(weir_core *core, weir_queue *queue, weir_slot slot)
{
    links own = links_of(core, queue, slot);
    if (*own.prev)
        *links_of(core, queue, *own.prev).next = *own.next;
    else
        queue->head = *own.next;
    if (*own.next)
        *links_of(core, queue, *own.next).prev = *own.prev;
    else
        queue->tail = *own.prev;
    *own.prev = *own.next = 0;
    queue->count--;
}

void weir_queue_moved(weir_core *core, weir_queue *queue, weir_slot from, weir_slot to)
{
    links own = links_of(core, queue, to);
    WEIR_ASSERT(from != to);
    (void)from;
    if (*own.prev)
        *links_of(core, queue, *own.prev).next = to;
    else
        queue->head = to;
    if (*own.next)
        *links_of(core, queue, *own.next).prev = to;
    else
        queue->tail = to;
}

weir_slot weir_queue_next(weir_core *core, const weir_queue *queue, weir_slot slot)
{
    return *links_of(core, queue, slot).next;
}

int weir_queue_check(weir_core *core, const weir_queue *queue)
{
    uint32_t count = 0;
    weir_slot before = 0;
    for (weir_slot slot = queue->head; slot; slot = *links_of(core, queue, slot).next) {
        if (*links_of(core, queue, slot).prev != before || ++count > queue->count) return 0;
        before = slot;
    }
    return before == queue->tail && count == queue->count;
}
