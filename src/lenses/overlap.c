/* SPDX-License-Identifier: MIT */
#include "lenses/overlap.h"

#define CELLS_NONE UINT16_C(0x000)
#define CELLS_ALL  UINT16_C(0x1ff)

/* By policy, which cells the new segment wins. */
static const uint16_t wins[WEIR_OVERLAP_COUNT] = {
    [WEIR_OVERLAP_FIRST] = CELLS_NONE,
    [WEIR_OVERLAP_LAST] = CELLS_ALL,
};

/* 0: before, 1: the same, 2: after. */
static uint32_t relation(uint64_t fresh, uint64_t stored)
{
    return (uint32_t)(fresh >= stored) + (uint32_t)(fresh > stored);
}

uint32_t weir_overlap_cell(weir_extent fresh, weir_extent stored)
{
    return 3 * relation(fresh.begin, stored.begin) + relation(fresh.end, stored.end);
}

int weir_overlap_wins(weir_overlap policy, weir_extent fresh, weir_extent stored)
{
    return wins[policy] >> weir_overlap_cell(fresh, stored) & 1;
}

int weir_overlap_needs_extents(weir_overlap policy)
{
    return wins[policy] != CELLS_NONE && wins[policy] != CELLS_ALL;
}
