/* SPDX-License-Identifier: MIT */
#include "hold/contest.h"

#include "hold/receiver.h"

/* ── TRIMMED ── */

/* Where the segment of a record began. Of those that the queue cuts, none loses its begin. */
static uint64_t block_begin(const weir_put *put, const weir_leaf_slot *slot)
{
    return weir_leaves_offset(put->hold, slot) - slot->left;
}

static const weir_leaf_slot *slot_at(const weir_put *put, weir_cursor at)
{
    weir_leaf leaf = weir_put_open(put, at.page);
    return weir_leaf_slot_at(&leaf, at.index);
}

/* What is left of a segment from the record *at on; *at becomes the first record that is not of it,
 * or begins behind the piece. */
static weir_extent block_at(const weir_put *put, weir_cursor *at)
{
    const weir_leaf_slot *slot = slot_at(put, *at);
    uint64_t begin = weir_leaves_offset(put->hold, slot);
    weir_extent block = {block_begin(put, slot), begin + weir_leaf_length(slot)};
    while (block.end <= put->piece->end) {
        *at = weir_leaves_next(put->context, *at);
        if (!at->page) break;
        slot = slot_at(put, *at);
        begin = weir_leaves_offset(put->hold, slot);
        if (begin != block.end || block_begin(put, slot) != block.begin) break;
        block.end = begin + weir_leaf_length(slot);
    }
    return block;
}

/* Where the piece is cut off. */
static uint64_t cut_off(const weir_put *put, weir_cursor at)
{
    weir_extent fresh = {put->piece->segment_begin, put->piece->end};
    while (at.page && weir_leaves_offset(put->hold, slot_at(put, at)) < fresh.end) {
        weir_extent block = block_at(put, &at);
        if (!weir_overlap_wins(put->context->overlap, fresh, block)) return block.begin;
    }
    return fresh.end;
}

/* Offset 0 is a usual one; where this one is, a place cannot be noted. */
#define PLACE_KEY UINT32_C(0x5a5a5a5a)

/* Where nothing is left of a block, by hold->books: none if that is behind us. */
static uint64_t empty_place(const weir_put *put)
{
    uint32_t beyond =
        (put->hold->books ^ PLACE_KEY) - weir_leaves_short(put->hold, put->hold->begin);
    return put->hold->books && beyond < UINT32_MAX / 2 ? put->hold->begin + beyond : UINT64_MAX;
}

/* A block that began at `place` is cut down to nothing. */
static void note_empty(weir_put *put, uint64_t place)
{
    put->books = weir_leaves_short(put->hold, weir_min64(place, empty_place(put))) ^ PLACE_KEY;
}

static void judge_trimmed(weir_put *put)
{
    const weir_piece *piece = put->piece;
    weir_cursor at = put->at, behind = at;
    uint64_t begin = piece->segment_begin, empty = empty_place(put);
    put->from = 0;
    put->to = piece->end;
    int before = begin < empty || (begin == empty && put->hold->begin < empty);
    put->books = before && piece->end > empty ? 0 : put->hold->books;
    if (!at.page || weir_leaves_offset(put->hold, slot_at(put, at)) >= piece->end) return;
    weir_extent block = block_at(put, &behind);
    int first = at.page == put->hold->head && at.index == 0 && block.begin != empty;
    int inside = block.begin < begin || (first && block.begin == begin);
    if (!inside || block.end < piece->end) put->to = cut_off(put, inside ? behind : at);
    if (put->to < empty) put->books = put->hold->books;
    if (put->to == begin || (inside && block.begin == begin && block.end < put->to))
        note_empty(put, begin);
    if (inside && block.end >= put->to) put->to = 0;
}

/* ── QUEUE ── */

static weir_extent segment_of(const weir_put *put, uint64_t end)
{
    return (weir_extent){weir_min64(put->piece->segment_begin, put->piece->begin), end};
}

static void judge_queue(weir_put *put)
{
    weir_extent segment = segment_of(put, put->piece->end);
    put->from = weir_receiver_wins_from(put->hold, put->context, segment);
    put->to = UINT64_MAX;
}

static weir_hold_refusal prepare_queue(weir_put *put)
{
    weir_extent segment = segment_of(put, put->piece->end);
    switch (weir_receiver_needs(put->hold, put->context, segment, put->records_most)) {
    case WEIR_RECEIVER_NOTHING:
        return WEIR_HOLD_TAKEN;
    case WEIR_RECEIVER_PAGE:
        put->spare = weir_put_take(put);
        return put->spare ? WEIR_HOLD_TAKEN : WEIR_HOLD_PAGE;
    default:
        return WEIR_HOLD_RECORDS;
    }
}

/* ── all ── */

static void judge(weir_put *put)
{
    put->edges = weir_overlap_edges(put->context->overlap);
    put->held = (weir_extent){put->hold->begin, put->hold->end};
    if (put->edges == WEIR_EDGES_QUEUE) judge_queue(put);
    if (put->edges == WEIR_EDGES_TRIMMED) judge_trimmed(put);
}

weir_hold_refusal weir_contest_open(weir_put *put)
{
    if (put->piece->begin == put->piece->end) return WEIR_HOLD_TAKEN;
    judge(put);
    return put->edges == WEIR_EDGES_QUEUE ? prepare_queue(put) : WEIR_HOLD_TAKEN;
}

void weir_contest_open_next(weir_put *put)
{
    judge(put);
    if (put->edges == WEIR_EDGES_RUN || put->edges == WEIR_EDGES_QUEUE) put->from = 0;
}

int weir_contest_won_by_edges(const weir_put *put, const weir_leaf_slot *slot)
{
    uint64_t begin = weir_leaves_offset(put->hold, slot);
    weir_extent stored = {begin - slot->left, begin + weir_leaf_length(slot) + slot->right};
    weir_extent fresh = {put->piece->segment_begin, weir_put_segment_end(put->piece)};
    return weir_overlap_wins(put->context->overlap, fresh, stored);
}

uint64_t weir_contest_alike(const weir_put *put, uint64_t length)
{
    uint64_t reached = put->result.reached;
    if (put->edges == WEIR_EDGES_SENT) return length;
    if (reached < put->from) return weir_min64(length, put->from - reached);
    return reached < put->to ? weir_min64(length, put->to - reached) : length;
}

void weir_contest_close(weir_put *put)
{
    if (put->result.reached == put->piece->begin) return;
    if (put->edges == WEIR_EDGES_TRIMMED) put->hold->books = put->books;
    if (put->edges != WEIR_EDGES_QUEUE) return;
    put->spare = weir_receiver_note(put->hold, put->context, segment_of(put, put->result.reached),
                                    put->held, put->spare);
}
