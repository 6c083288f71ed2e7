/* SPDX-License-Identifier: MIT */
/*
 * The pages of a hold, in order and dense.
 *
 *      head ──> page ──> page ──> tail        a chain, and a treap over the same pages
 *
 *      two neighbours never fit into one page:  use(n) + use(n + 1) > page size
 *
 * That makes pages x size < 2 x use + size, where use = bytes + 20 a record: add up all pairs.
 * Inserting keeps it; what makes pages smaller (split, cut, drop) is followed by weir_leaves_mend,
 * which joins.
 *
 * Cost: find O(log pages + log slots); link and unlink O(log pages); split, join: at most a page's
 * contents.
 */
#ifndef WEIR_LEAVES_H
#define WEIR_LEAVES_H

#include "hold/hold.h"
#include "hold/treap.h"

/* A record: the index-th of the page. page 0: none, behind all. */
typedef struct weir_cursor {
    weir_page page;
    uint32_t index;
} weir_cursor;

/* The first record that ends beyond the offset. */
weir_cursor weir_leaves_find(const weir_hold *hold, const weir_hold_context *context,
                             uint64_t offset);

/* The record behind that one. */
weir_cursor weir_leaves_next(const weir_hold_context *context, weir_cursor at);

/* Links a page with its first record in it behind `previous` (0: as the head). hold->begin must
 * be no later. */
void weir_leaves_link(weir_hold *hold, const weir_hold_context *context, weir_page page,
                      weir_page previous);

/* Takes a page out and gives it back to the pool. */
void weir_leaves_unlink(weir_hold *hold, const weir_hold_context *context, weir_page page);

/* Moves the page's records from `index` on, not all, to the page `fresh`, which follows it then. */
void weir_leaves_split(weir_hold *hold, const weir_hold_context *context, weir_page page,
                       uint32_t index, weir_page fresh);

/* Gives back all pages before this one (0: all), and counts their records off. */
void weir_leaves_cut(weir_hold *hold, const weir_hold_context *context, weir_page page);

/* Joins neighbours that fit into one page, after the pages from `first` to `last` have changed
 * (neighbours of others have not come to fit). */
void weir_leaves_mend(weir_hold *hold, const weir_hold_context *context, weir_page first,
                      weir_page last);

/* Verifies chain, treap, density and each page against the hold's counts. 1 if all is well. */
WEIR_COLD int weir_leaves_check(const weir_hold *hold, const weir_hold_context *context);

/* ── offsets as slots have them ── */

static inline uint32_t weir_leaves_short(const weir_hold *hold, uint64_t offset)
{
    return (uint32_t)offset + hold->bias;
}

static inline uint64_t weir_leaves_offset(const weir_hold *hold, const weir_leaf_slot *slot)
{
    return hold->begin + (uint32_t)(slot->offset - weir_leaves_short(hold, hold->begin));
}

#endif
