/* SPDX-License-Identifier: MIT */
/*
 * A piece on its way into a hold: what is taken so far, and what may still be had.
 *
 *      piece   ├──────── taken ────────┤reached ─ ─ ─ ─ ─ ─ ─┤
 *      hold       ▒▒▒▒▒   ▒▒        ▒▒▒▒▒▒      ▒▒▒
 *                                       ▲ at: the first record that ends beyond `reached`
 *
 *      held + duplicate + conflict = reached - piece.begin, between any two steps
 *
 * A step (hold/gap, clash, absorb) counts what it needs, reserves it, and only then changes
 * anything: pages reserved but not used go back at the end.
 */
#ifndef WEIR_PUT_H
#define WEIR_PUT_H

#include "lenses/overlap.h"
#include "hold/leaves.h"

#define WEIR_PUT_PAGES 2u /* most that one step needs */

typedef struct weir_put {
    weir_hold *hold;
    const weir_hold_context *context;
    const weir_piece *piece;
    weir_cursor at;
    uint64_t bytes_left;   /* that may be held besides */
    uint32_t records_most; /* that the hold may come to have */
    int floor;
    int piecemeal;     /* 1: nothing is absorbed, for want of a page */
    weir_clash *clash; /* where a clash is noted; NULL: nobody wants to know */
    uint64_t apart;    /* if somebody does: before this nothing is absorbed */
    weir_edges edges;
    uint64_t from, to; /* the piece wins in [from, to), but for WEIR_EDGES_SENT: hold/contest.h */
    weir_extent held;  /* what the hold's begin and end were at first */
    weir_page spare;   /* for hold/receiver.h; 0: none is needed */
    uint32_t books;    /* what hold->books is to become, for WEIR_EDGES_TRIMMED */
    uint32_t reserved;
    weir_page pages[WEIR_PUT_PAGES];
    weir_hold_result result;
} weir_put;

/* `at` is the first record that ends beyond the piece's begin. */
void weir_put_begin(weir_put *put, weir_hold *hold, const weir_hold_context *context,
                    const weir_piece *piece, const weir_hold_room *room, weir_cursor at);

/* Gives back what is reserved and was not needed. */
void weir_put_end(weir_put *put);

/* A page, 0 if none can be had. */
weir_page weir_put_take(weir_put *put);

/* Sees to it that `count` pages are reserved. 0 if they cannot be had. */
int weir_put_reserve(weir_put *put, uint32_t count);

/* One of the reserved pages. */
weir_page weir_put_page(weir_put *put);

/* Sets `at`, after pages have been split, joined or given back. */
void weir_put_locate(weir_put *put);

/* Bytes [begin, end) of a piece, as a record to be. */
static inline weir_leaf_entry weir_put_entry_of(const weir_hold *hold, const weir_piece *piece,
                                                uint64_t begin, uint64_t end);

/* The next `length` bytes of the piece, as a record to be. */
weir_leaf_entry weir_put_entry(const weir_put *put, uint64_t length);

/* So many bytes of the stream become a record of the hold, which is as wide as that now. To be
 * called before the record gets its place. */
static inline void weir_put_widen(weir_hold *hold, uint64_t begin, uint64_t end);

/* Counts the next `length` bytes as held, `fresh` of them new, in a record of their own. Widens
 * the hold. To be called before the record gets its place. */
void weir_put_count(weir_put *put, uint64_t length, uint64_t fresh);

/* ──── bodies ──── */

static inline weir_leaf weir_put_open(const weir_put *put, weir_page page)
{
    return weir_leaf_open(put->context->stock, page);
}

/* Where the piece's segment ended as it was sent. */
static inline uint64_t weir_put_segment_end(const weir_piece *piece)
{
    return weir_max64(piece->segment_end, piece->end + piece->cut);
}

static inline weir_leaf_entry weir_put_entry_of(const weir_hold *hold, const weir_piece *piece,
                                                uint64_t begin, uint64_t end)
{
    return (weir_leaf_entry){.data = piece->data + (begin - piece->begin),
                             .offset = weir_leaves_short(hold, begin),
                             .length = (uint32_t)(end - begin),
                             .time_ns = piece->time_ns,
                             .tag = piece->tag,
                             .left = weir_leaf_edge(begin - piece->segment_begin),
                             .right = weir_leaf_edge(weir_put_segment_end(piece) - end),
                             .cut = piece->cut > 0 && end == piece->end};
}

static inline void weir_put_widen(weir_hold *hold, uint64_t begin, uint64_t end)
{
    int first = hold->records++ == 0;
    hold->begin = first ? begin : weir_min64(hold->begin, begin);
    hold->end = first ? end : weir_max64(hold->end, end);
}

/* The bytes of the piece from `reached` on. */
static inline const uint8_t *weir_put_data(const weir_put *put)
{
    return put->piece->data + (put->result.reached - put->piece->begin);
}

#endif
