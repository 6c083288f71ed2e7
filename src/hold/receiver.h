/* SPDX-License-Identifier: MIT */
/*
 * What a Linux receiver would have queued of the same segments: who wins is read off it.
 *
 *      blocks      ├──── a ────┤                     sorted by their begins; they may overlap
 *                     ├──── b ─────────┤             (the queue trims nothing); of two that have
 *                                ├── c ──────┤       a byte the one that begins first gives it
 *      segment N             ├──────────┤
 *
 *      N goes down the tree, and at each block on its way, if that begins before N or with it:
 *        N lies inside                 N is dropped: it wins nothing
 *        N begins with it, is longer   N takes its place
 *        N begins where it ends        N joins it: the block goes on to the end of N
 *      else N becomes a block; blocks behind it that it covers are dropped then, but not if it
 *      joined
 *
 *      N wins its bytes from the largest end of the blocks before the one that it became part of
 *
 * So the verdict is one offset, and the bytes need no label. Which blocks N meets depends on the
 * shape of the tree: of two blocks in question the higher one is met first. Hence the same tree
 * (hold/redblack.h), hence also blocks in it of which no byte is left to see.
 *
 * Reference: Linux, net/ipv4/tcp_input.c, tcp_data_queue_ofo and tcp_ofo_queue (2016, version 4.9,
 * and since), tcp_ooo_try_coalesce (2017). Measured on 6.18.
 *
 * The queue of a hold is no page while it is one block, [hold->begin, hold->end): the common case.
 * Offsets are told apart while a block begins less than 2^30 before hold->begin and all ends less
 * than 3 x 2^30 behind it.
 *
 * Cost: O(log blocks), and O(log blocks) for each block dropped; 24 bytes a block and two pages at
 * most.
 */
#ifndef WEIR_RECEIVER_H
#define WEIR_RECEIVER_H

#include "lenses/overlap.h"
#include "hold/hold.h"

/* From which offset on a segment would win, UINT64_MAX: nowhere. Changes nothing. */
uint64_t weir_receiver_wins_from(const weir_hold *hold, const weir_hold_context *context,
                                 weir_extent segment);

typedef enum weir_receiver_need {
    WEIR_RECEIVER_NOTHING,
    WEIR_RECEIVER_PAGE, /* weir_receiver_note wants a page for it */
    WEIR_RECEIVER_FULL  /* the hold has as many blocks as it may */
} weir_receiver_need;

/* What it takes to note a segment, or a part of it from its begin on, where the hold may have so
 * many blocks. */
weir_receiver_need weir_receiver_needs(const weir_hold *hold, const weir_hold_context *context,
                                       weir_extent segment, uint32_t blocks_most);

/* Notes that a segment came, of which the bytes are held now. `held` is what the hold's begin and
 * end were before (empty: nothing was held). Returns the page if it was not needed. */
weir_page weir_receiver_note(weir_hold *hold, const weir_hold_context *context, weir_extent segment,
                             weir_extent held, weir_page page);

/* Forgets the blocks that end at or before the offset. */
void weir_receiver_forget(weir_hold *hold, const weir_hold_context *context, uint64_t offset);

/* Forgets all. */
void weir_receiver_end(weir_hold *hold, const weir_hold_context *context);

/* Verifies the tree against the hold. 1 if all is well. */
WEIR_COLD int weir_receiver_check(const weir_hold *hold, const weir_hold_context *context);

#endif
