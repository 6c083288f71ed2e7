/* SPDX-License-Identifier: MIT */
/*
 * Who wins where two segments have the same byte: a table of nine cells for each policy, and a rule
 * that says which edges are looked at.
 *
 *                              new segment ends
 *                           before  same   after     the stored one
 *      new       before       0       1      2
 *      segment   same         3       4      5       the stored one
 *      begins    after        6       7      8
 *
 *      a policy is nine bits: bit n is set where, in cell n, the new segment wins
 *
 * The cells settle two segments. From three on a receiver's queue has trimmed, joined or dropped
 * what it keeps, and it is the extent of what it keeps that decides:
 *
 *      policy      new wins in    edges
 *      first       none           NONE     -
 *      last        all            NONE     -
 *      linux       0 1 2 5        QUEUE    of the block in the queue that the segment became part of
 *      bsd         0 1 2          RUN      of all bytes stored that touch each other
 *      old-linux   0 1 2 4 5      SENT     of the segments, as they were sent
 *      solaris     1 2 4 5 8      TRIMMED  of what the queue has left of the segments
 *
 * Each of the last four but old-linux gives one interval of the piece in which it wins
 * (hold/contest.h says how), so that no byte is asked about twice.
 *
 * Keeps no state. Cost: a few comparisons.
 */
#ifndef WEIR_OVERLAP_H
#define WEIR_OVERLAP_H

#include "weir/weir.h"

typedef enum weir_edges {
    WEIR_EDGES_NONE,
    WEIR_EDGES_SENT,
    WEIR_EDGES_RUN,
    WEIR_EDGES_TRIMMED,
    WEIR_EDGES_QUEUE
} weir_edges;

/* Where a segment began and ended. */
typedef struct weir_extent {
    uint64_t begin, end;
} weir_extent;

/* The number of the cell. */
uint32_t weir_overlap_cell(weir_extent fresh, weir_extent stored);

/* 1 if the new segment wins, 0 if the stored one does: two segments with these edges. */
int weir_overlap_wins(weir_overlap policy, weir_extent fresh, weir_extent stored);

/* Which edges these are. */
weir_edges weir_overlap_edges(weir_overlap policy);

/* 1 if none are: the order of arrival says it. */
static inline int weir_overlap_by_order(weir_overlap policy)
{
    return policy <= WEIR_OVERLAP_LAST;
}

#endif
