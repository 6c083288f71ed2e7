/* SPDX-License-Identifier: MIT */
/*
 * Random: what the traffic draws from its seed. The same on every machine.
 *
 *      mix      64 bits to 64 bits, one to one (the finalizer of splitmix64)
 *      random   a sequence: splitmix64
 *      order    a permutation of [0, count) without an array: x -> x * odd + key, folded, modulo
 *               the next power of two, again while that is not below count (less than twice on
 *               average)
 *      sample   one hit in each `period` draws, at a place of its own in each: exact rates even
 *               where there is little to draw from
 */
#ifndef WEIR_BENCH_TRAFFIC_RANDOM_H
#define WEIR_BENCH_TRAFFIC_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t state;
} traffic_random;

typedef struct {
    uint64_t count;
    uint64_t mask;
    uint64_t key;
    unsigned fold;
} traffic_order;

typedef struct {
    uint32_t period; /* 0: never a hit */
    uint32_t at;
    uint32_t hit;
} traffic_sample;

static inline uint64_t traffic_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* One number of two; for keys. */
static inline uint64_t traffic_mix2(uint64_t a, uint64_t b)
{
    return traffic_mix(traffic_mix(a + 0x9e3779b97f4a7c15u) ^ b);
}

uint64_t traffic_random_next(traffic_random *random);

/* A number in [0, bound); bound is not 0. */
uint32_t traffic_random_below(traffic_random *random, uint32_t bound);

/* The permutation that `key` names. count 0 is legal as long as nobody asks it. */
traffic_order traffic_order_of(uint64_t count, uint64_t key);

/* The element at `place` < count. */
uint64_t traffic_order_at(const traffic_order *order, uint64_t place);

/* Whether this draw is a hit. */
bool traffic_sample_draw(traffic_sample *sample, traffic_random *random);

#endif
