/* SPDX-License-Identifier: MIT */
#include "rooms/queue.h"

#include "rooms/record.h"

/* No branch: a flood of SYNs asks five times a packet. */
static inline weir_links *links_of(const weir_queue *queue, weir_slot slot)
{
    const weir_slots *slots = queue->slots + (slot >= WEIR_SLOT_IPV6);
    uint8_t *queued = weir_slots_at(slots, slot & ~WEIR_SLOT_IPV6);
    return (weir_links *)(void *)(queued + queue->links);
}

void weir_queue_init(weir_queue *queue, const weir_slots *slots, size_t links)
{
    *queue = (weir_queue){.slots = slots, .links = (uint32_t)links};
}

/* Where it is kept who comes behind `slot`, and who before; 0 is the queue itself. */
static inline weir_slot *behind(weir_queue *queue, weir_slot slot)
{
    return slot ? &links_of(queue, slot)->next : &queue->head;
}

static inline weir_slot *before(weir_queue *queue, weir_slot slot)
{
    return slot ? &links_of(queue, slot)->prev : &queue->tail;
}

static inline void put_between(weir_queue *queue, weir_slot slot, weir_slot prev, weir_slot next)
{
    *links_of(queue, slot) = (weir_links){prev, next};
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
    weir_links *own = links_of(queue, slot);
    *behind(queue, own->prev) = own->next;
    *before(queue, own->next) = own->prev;
    *own = (weir_links){0, 0};
    queue->count--;
}

void weir_queue_moved(weir_queue *queue, weir_slot slot)
{
    const weir_links *own = links_of(queue, slot);
    *behind(queue, own->prev) = *before(queue, own->next) = slot;
}

weir_slot weir_queue_next(const weir_queue *queue, weir_slot slot)
{
    return links_of(queue, slot)->next;
}

int weir_queue_check(const weir_queue *queue)
{
    uint32_t count = 0;
    weir_slot last = 0;
    for (weir_slot slot = queue->head; slot; slot = weir_queue_next(queue, slot)) {
        if (links_of(queue, slot)->prev != last || ++count > queue->count) return 0;
        last = slot;
    }
    return last == queue->tail && count == queue->count;
}
