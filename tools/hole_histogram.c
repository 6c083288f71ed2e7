/* SPDX-License-Identifier: MIT */
#include "hole_histogram.h"

#define MS  WEIR_MILLISECOND
#define S   WEIR_SECOND
#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)

const uint64_t hole_waited_most_ns[HOLE_WAITED_BUCKETS] = {
    1 * MS,   2 * MS,   5 * MS, 10 * MS, 20 * MS, 40 * MS, 100 * MS,
    200 * MS, 500 * MS, 1 * S,  2 * S,   5 * S,   10 * S,  UINT64_MAX};

const uint64_t hole_held_most_bytes[HOLE_HELD_BUCKETS] = {0,        1 * KIB,   4 * KIB,   16 * KIB,
                                                          64 * KIB, 256 * KIB, 1 * MIB,   4 * MIB,
                                                          16 * MIB, 64 * MIB,  UINT64_MAX};

/* There is one writer: no need to keep the others off the cache line. */
static void bump(_Atomic uint64_t *count, uint64_t by)
{
    const uint64_t before = atomic_load_explicit(count, memory_order_relaxed);
    atomic_store_explicit(count, before + by, memory_order_relaxed);
}

static void put(_Atomic uint64_t *buckets, const uint64_t *most, uint64_t value)
{
    size_t i = 0;
    while (value > most[i])
        i++;
    bump(&buckets[i], 1);
}

void hole_histogram_add(hole_histogram *h, const weir_hole *hole)
{
    put(h->waited, hole_waited_most_ns, hole->waited_ns);
    put(h->held, hole_held_most_bytes, hole->held_bytes);
    bump(&h->waited_ns, hole->waited_ns);
    bump(&h->held_bytes, hole->held_bytes);
}

static uint64_t load(const _Atomic uint64_t *count)
{
    return atomic_load_explicit(count, memory_order_relaxed);
}

void hole_histogram_take(const hole_histogram *h, hole_counts *sum)
{
    for (size_t i = 0; i < HOLE_WAITED_BUCKETS; i++)
        sum->waited[i] += load(&h->waited[i]);
    for (size_t i = 0; i < HOLE_HELD_BUCKETS; i++)
        sum->held[i] += load(&h->held[i]);
    sum->waited_ns += load(&h->waited_ns);
    sum->held_bytes += load(&h->held_bytes);
}
