/* SPDX-License-Identifier: MIT */
#include "rooms/queue.h"

#include "rooms/record.h"

enum { BEFORE, BEHIND };

/* Two slots: the one before it and the one behind it. No branch: a flood of SYNs asks five times a
 * packet. */
static inline weir_slot *links_of(const weir_queue *queue, weir_slot slot)
{
    const weir_slots *slots = queue->slots + (slot >= WEIR_SLOT_IPV6);
    uint8_t *queued = weir_slots_at(slots, slot & ~WEIR_SLOT_IPV6);
    return (weir_slot *)(void *)(queued + queue->links);
}

void weir_queue_init(weir_queue *queue, const weir_slots *slots, size_t links)
{
    *queue = (weir_queue){.slots = slots, .links = (uint32_t)links};
}

/* Where it is kept who comes behind `slot`, and who before; 0 is the queue itself. */
static inline weir_slot *behind(weir_queue *queue, weir_slot slot)
{
    return slot ? &links_of(queue, slot)[BEHIND] : &queue->head;
}

static inline weir_slot *before(weir_queue *queue, weir_slot slot)
{
    return slot ? &links_of(queue, slot)[BEFORE] : &queue->tail;
}

static inline void put_between(weir_queue *queue, weir_slot slot, weir_slot prev, weir_slot next)
{
    weir_slot *own = links_of(queue, slot);
    own[BEFORE] = prev;
    own[BEHIND] = next;
    *behind(queue, prev) = *before(queue, next) = slot;
    queue->count++;
}

void weir_queue_append(weir_queue *queue, weir_slot slot)
{
    put_between(queue, slot, queue->tail, 0);
}

void weir_queue_prepend(weir_queue *queue, weir_slot slot)
{
    put_between(queue, slot, 0, queue->head);
}

void weir_queue_remove(weir_queue *queue, weir_slot slot)
{
    weir_slot *own = links_of(queue, slot);
    *behind(queue, own[BEFORE]) = own[BEHIND];
    *before(queue, own[BEHIND]) = own[BEFORE];
    own[BEFORE] = own[BEHIND] = 0;
    queue->count--;
}

void weir_queue_moved(weir_queue *queue, weir_slot slot)
{
    const weir_slot *own = links_of(queue, slot);
    *behind(queue, own[BEFORE]) = *before(queue, own[BEHIND]) = slot;
}

weir_slot weir_queue_next(const weir_queue *queue, weir_slot slot)
{
    return links_of(queue, slot)[BEHIND];
}

int weir_queue_check(const weir_queue *queue)
{
    uint32_t count = 0;
    weir_slot last = 0;
    for (weir_slot slot = queue->head; slot; slot = weir_queue_next(queue, slot)) {
        if (links_of(queue, slot)[BEFORE] != last || ++count > queue->count) return 0;
        last = slot;
    }
    return last == queue->tail && count == queue->count;
}
