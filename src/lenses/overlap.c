/* SPDX-License-Identifier: MIT */
#include "lenses/overlap.h"

#define CELL(n)    (1u << (n))
#define BEFORE     (CELL(0) | CELL(1) | CELL(2))
#define CELLS_ALL  0x1ffu
#define CELLS_NONE 0u

typedef struct {
    uint16_t wins;
    uint16_t edges;
} row;

static const row rows[WEIR_OVERLAP_COUNT] = {
    [WEIR_OVERLAP_FIRST] = {CELLS_NONE, WEIR_EDGES_NONE},
    [WEIR_OVERLAP_LAST] = {CELLS_ALL, WEIR_EDGES_NONE},
    [WEIR_OVERLAP_LINUX] = {BEFORE | CELL(5), WEIR_EDGES_QUEUE},
    [WEIR_OVERLAP_BSD] = {BEFORE, WEIR_EDGES_RUN},
    [WEIR_OVERLAP_OLD_LINUX] = {BEFORE | CELL(4) | CELL(5), WEIR_EDGES_SENT},
    [WEIR_OVERLAP_SOLARIS] = {CELL(1) | CELL(2) | CELL(4) | CELL(5) | CELL(8), WEIR_EDGES_TRIMMED},
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
    return rows[policy].wins >> weir_overlap_cell(fresh, stored) & 1;
}

weir_edges weir_overlap_edges(weir_overlap policy)
{
    return (weir_edges)rows[policy].edges;
}
