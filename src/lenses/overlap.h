/* SPDX-License-Identifier: MIT */
/*
 * Who wins where two segments have the same byte: a table of nine cells for each policy.
 *
 *                              new segment ends
 *                           before  same   after     the stored one
 *      new       before       0       1      2
 *      segment   same         3       4      5       the stored one
 *      begins    after        6       7      8
 *
 *      a policy is nine bits: bit n is set where, in cell n, the new segment wins
 *
 * Both are taken with the extent they had when they came, not with what is left of them. Policies
 * that depend on it are known by their rows: those that are neither empty nor full.
 *
 * Keeps no state. Cost: a few comparisons.
 */
#ifndef WEIR_OVERLAP_H
#define WEIR_OVERLAP_H

#include "weir/weir.h"

/* Where a segment began and ended. */
typedef struct weir_extent {
    uint64_t begin, end;
} weir_extent;

/* The number of the cell. */
uint32_t weir_overlap_cell(weir_extent fresh, weir_extent stored);

/* 1 if the new segment wins, 0 if the stored one does. */
int weir_overlap_wins(weir_overlap policy, weir_extent fresh, weir_extent stored);

/* 1 if extents matter to the policy; 0 if one cell's answer is that of all. */
int weir_overlap_needs_extents(weir_overlap policy);

#endif
