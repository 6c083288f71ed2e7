/* SPDX-License-Identifier: MIT */
/*
 * Queue: packets that will be on the line later, all of them after the same delay; so they come out
 * in the order in which they went in, and no heap is needed.
 *
 *      head .. head + count, modulo the capacity; times never fall from head to tail
 *
 * It has its ceiling at birth. Whoever may fill it asks traffic_queue_full first and waits.
 */
#ifndef WEIR_BENCH_TRAFFIC_QUEUE_H
#define WEIR_BENCH_TRAFFIC_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t time_ns;
    uint64_t connection;
    uint64_t edge;     /* an acknowledgement's: stream offset */
    uint8_t step;      /* which packet: the owner's meaning */
    uint8_t direction; /* of the packet that will be sent */
} traffic_event;

typedef struct {
    traffic_event *events;
    uint32_t capacity; /* a power of two */
    uint32_t head;
    uint32_t count;
} traffic_queue;

/* false: no memory. */
bool traffic_queue_open(traffic_queue *queue, uint32_t capacity);
void traffic_queue_close(traffic_queue *queue);

static inline bool traffic_queue_full(const traffic_queue *queue)
{
    return queue->count == queue->capacity;
}

/* When the first is due; UINT64_MAX if there is none. */
static inline uint64_t traffic_queue_due(const traffic_queue *queue)
{
    return queue->count == 0 ? UINT64_MAX : queue->events[queue->head].time_ns;
}

/* The queue is not full; event->time_ns is not before the last one's. */
void traffic_queue_put(traffic_queue *queue, const traffic_event *event);

/* The first one, taken out. The queue is not empty. */
traffic_event traffic_queue_take(traffic_queue *queue);

#endif
