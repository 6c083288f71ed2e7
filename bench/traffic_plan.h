/* SPDX-License-Identifier: MIT */
/*
 * Plan: the order in which a connection sends the segments of one burst, and how far its receiver
 * has the stream without a hole after each.
 *
 *      in order   0 1 2 3 4          reorder   0 2 3 1 4 3          reversed   4 3 2 1 0
 *
 * Offsets and edges count from the start of the burst. Displacement stays within the burst, so at
 * its end there is no hole; `tiny` plans are the exception, whose holes stay for ever.
 */
#ifndef WEIR_BENCH_TRAFFIC_PLAN_H
#define WEIR_BENCH_TRAFFIC_PLAN_H

#include "traffic_random.h"
#include "traffic_scenario.h"

enum { TRAFFIC_PIECES_MAX = 128, TRAFFIC_TINY_HOLE_BYTES = 1000 };

typedef struct {
    uint32_t offset;
    uint32_t bytes;
    uint32_t edge;  /* the receiver's, once this piece has come */
    bool displaced; /* sent after one that follows it in the stream */
    bool repeated;  /* sent before */
} traffic_piece;

typedef struct {
    traffic_piece pieces[TRAFFIC_PIECES_MAX];
    uint32_t count;
} traffic_burst;

typedef struct {
    traffic_plan_kind kind;
    uint64_t segments; /* of a connection */
    uint64_t seed;
    traffic_random random;
    traffic_sample displace;
    traffic_sample repeat;
} traffic_planner;

void traffic_planner_open(traffic_planner *planner, const traffic_scenario *scenario,
                          uint64_t seed);

/* The burst of `count` segments, of segment_bytes each, from the connection's segment `first` on. A
 * tiny burst is one segment, a storm's one window: count is 1 for both. It is never above 32. */
void traffic_planner_burst(traffic_planner *planner, uint64_t connection, uint64_t first,
                           uint32_t count, uint32_t segment_bytes, traffic_burst *burst);

#endif
