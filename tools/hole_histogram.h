/* SPDX-License-Identifier: MIT */
/*
 * Hole histogram: how long holes waited, and how many bytes were held behind them when they were
 * given up, in fixed buckets.
 *
 *      waited   <= 1 ms, 2, 5, 10, 20, 40, 100, 200, 500 ms, 1, 2, 5, 10 s, more
 *      held     <= 0 bytes, 1 KiB, 4, 16, 64, 256 KiB, 1 MiB, 4, 16, 64 MiB, more
 *
 * The bounds stand around what ends a hole by default: 20 ms after an acknowledgement (and 40 ms,
 * the longest that can take), 2 s, 10 s where the receiver asks for the bytes; 8 MiB held.
 *
 * One for each engine: its thread adds, any thread may take what was counted so far. Cost: some
 * twenty comparisons a hole, no lock.
 */
#ifndef WEIR_TOOLS_HOLE_HISTOGRAM_H
#define WEIR_TOOLS_HOLE_HISTOGRAM_H

#include <stdatomic.h>

#include "weir/weir.h"

enum { HOLE_WAITED_BUCKETS = 14, HOLE_HELD_BUCKETS = 11 };

/* The last value that each bucket takes; of the last one UINT64_MAX. */
extern const uint64_t hole_waited_most_ns[HOLE_WAITED_BUCKETS];
extern const uint64_t hole_held_most_bytes[HOLE_HELD_BUCKETS];

/* All zero is empty. */
typedef struct hole_histogram {
    _Atomic uint64_t waited[HOLE_WAITED_BUCKETS];
    _Atomic uint64_t held[HOLE_HELD_BUCKETS];
    _Atomic uint64_t waited_ns; /* sums */
    _Atomic uint64_t held_bytes;
} hole_histogram;

/* What was counted, as plain numbers. */
typedef struct hole_counts {
    uint64_t waited[HOLE_WAITED_BUCKETS];
    uint64_t held[HOLE_HELD_BUCKETS];
    uint64_t waited_ns;
    uint64_t held_bytes;
} hole_counts;

/* By the engine's thread alone. */
void hole_histogram_add(hole_histogram *h, const weir_hole *hole);

/* Adds what was counted so far to *sum. */
void hole_histogram_take(const hole_histogram *h, hole_counts *sum);

#endif
