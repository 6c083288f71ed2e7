/* SPDX-License-Identifier: MIT */
#include "traffic_random.h"

uint64_t traffic_random_next(traffic_random *random)
{
    random->state += 0x9e3779b97f4a7c15u;
    return traffic_mix(random->state);
}

uint32_t traffic_random_below(traffic_random *random, uint32_t bound)
{
    return (uint32_t)(((traffic_random_next(random) >> 32) * bound) >> 32);
}

traffic_order traffic_order_of(uint64_t count, uint64_t key)
{
    traffic_order order = {.count = count, .key = traffic_mix(key), .fold = 1};
    while (order.mask + 1 < count)
        order.mask = 2 * order.mask + 1;
    for (uint64_t m = order.mask; m > 3; m >>= 2)
        order.fold++;
    return order;
}

/* Each line is one to one modulo the power of two, so the whole is. */
static uint64_t scatter(const traffic_order *order, uint64_t x)
{
    x = (x * (order->key | 1) + (order->key >> 40)) & order->mask;
    x ^= x >> order->fold;
    x = (x * 0x9e3779b97f4a7c15u + (order->key >> 20)) & order->mask;
    x ^= x >> order->fold;
    x = (x * ((order->key >> 32) | 1) + order->key) & order->mask;
    return x ^ (x >> order->fold);
}

uint64_t traffic_order_at(const traffic_order *order, uint64_t place)
{
    do
        place = scatter(order, place);
    while (place >= order->count);
    return place;
}

bool traffic_sample_draw(traffic_sample *sample, traffic_random *random)
{
    if (sample->period == 0) return false;
    if (sample->at == 0) sample->hit = traffic_random_below(random, sample->period);
    bool hit = sample->at == sample->hit;
    sample->at = (sample->at + 1) % sample->period;
    return hit;
}
