/* SPDX-License-Identifier: MIT */
/*
 * Counters that one thread writes and any thread may read: weir_pool_stats adds up those of engines
 * at work.
 *
 * Each is one word, stored whole; between two words a reader may see one of them moved and not the
 * other. Cost: that of a plain addition.
 */
#ifndef WEIR_COUNT_H
#define WEIR_COUNT_H

#include <stdatomic.h>
#include <stdint.h>

static inline void weir_count(uint64_t *counter, uint64_t by)
{
    _Atomic uint64_t *word = (_Atomic uint64_t *)counter;
    uint64_t before = atomic_load_explicit(word, memory_order_relaxed);
    atomic_store_explicit(word, before + by, memory_order_relaxed);
}

static inline void weir_discount(uint64_t *counter, uint64_t by)
{
    weir_count(counter, UINT64_C(0) - by);
}

#endif
