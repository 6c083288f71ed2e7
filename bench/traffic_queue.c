/* SPDX-License-Identifier: MIT */
#include "traffic_queue.h"

#include <assert.h>
#include <stdlib.h>

bool traffic_queue_open(traffic_queue *queue, uint32_t capacity)
{
    *queue =
        (traffic_queue){.events = malloc(capacity * sizeof(traffic_event)), .capacity = capacity};
    return queue->events != NULL;
}

void traffic_queue_close(traffic_queue *queue)
{
    free(queue->events);
    queue->events = NULL;
}

void traffic_queue_put(traffic_queue *queue, const traffic_event *event)
{
    assert(!traffic_queue_full(queue));
    queue->events[(queue->head + queue->count++) & (queue->capacity - 1)] = *event;
}

traffic_event traffic_queue_take(traffic_queue *queue)
{
    assert(queue->count != 0);
    traffic_event event = queue->events[queue->head];
    queue->head = (queue->head + 1) & (queue->capacity - 1);
    queue->count--;
    return event;
}
