/* SPDX-License-Identifier: MIT */
#include "hold/hold.h"

#include "hold/absorb.h"
#include "hold/clash.h"
#include "hold/contest.h"
#include "hold/gap.h"
#include "hold/receiver.h"

/* ── taking ── */

static weir_hold_refusal step(weir_put *put)
{
    uint64_t end = put->piece->end;
    if (!put->at.page) return weir_gap_fill(put, end);
    weir_leaf leaf = weir_put_open(put, put->at.page);
    uint64_t begin = weir_leaves_offset(put->hold, weir_leaf_slot_at(&leaf, put->at.index));
    if (begin >= end) return weir_gap_fill(put, end);
    if (weir_absorb_window(put)) return WEIR_HOLD_TAKEN;
    if (begin > put->result.reached) return weir_gap_fill(put, weir_min64(begin, end));
    return weir_clash_settle(put);
}

static inline void begin(weir_put *put, weir_hold *hold, const weir_hold_context *context,
                         const weir_piece *piece, const weir_hold_room *room, weir_cursor at)
{
    WEIR_ASSERT(hold->records == 0 ||
                weir_max64(piece->end, hold->end) - weir_min64(piece->begin, hold->begin) <=
                    UINT32_MAX);
    weir_put_begin(put, hold, context, piece, room, at);
    if (!weir_overlap_by_order(context->overlap)) put->result.refusal = weir_contest_open(put);
}

static inline int unfinished(const weir_put *put)
{
    return put->result.reached < put->piece->end && put->result.refusal == WEIR_HOLD_TAKEN;
}

static inline void end(weir_put *put)
{
    if (!weir_overlap_by_order(put->context->overlap)) weir_contest_close(put);
    weir_put_end(put);
}

/* The usual piece meets nothing, and the leaf beside its place has room for it: the same as
 * weir_gap_fill does, in one go. 0: it is another, and nothing has changed. */
static inline int put_beside(weir_hold *hold, const weir_hold_context *context,
                             const weir_piece *piece, const weir_hold_room *room, weir_cursor at)
{
    uint64_t length = piece->end - piece->begin;
    if (!hold->records || length == 0 || length > room->bytes || !room->records) return 0;
    weir_page page = at.page ? at.page : hold->tail;
    weir_leaf leaf = weir_leaf_open(context->stock, page);
    if (at.page && weir_leaves_offset(hold, weir_leaf_slot_at(&leaf, at.index)) < piece->end)
        return 0;
    if (!at.page) at.index = leaf.head->slots;
    if (at.page && at.index == 0 && leaf.head->previous) {
        weir_leaf left = weir_leaf_open(context->stock, leaf.head->previous);
        if ((int64_t)length <= weir_leaf_room(&left)) {
            leaf = left;
            at.index = left.head->slots;
        }
    }
    if ((int64_t)length > weir_leaf_room(&leaf)) return 0;
    weir_leaf_entry entry = weir_put_entry_of(hold, piece, piece->begin, piece->end);
    weir_put_widen(hold, piece->begin, piece->end);
    hold->bytes += length;
    weir_leaf_insert(&leaf, at.index, &entry);
    return 1;
}

weir_hold_result weir_hold_put(weir_hold *hold, const weir_hold_context *context,
                               const weir_piece *piece, const weir_hold_room *room)
{
    weir_put put;
    weir_cursor at = weir_leaves_find(hold, context, piece->begin);
    if (WEIR_LIKELY(weir_overlap_by_order(context->overlap) &&
                    put_beside(hold, context, piece, room, at)))
        return (weir_hold_result){.reached = piece->end, .held = piece->end - piece->begin};
    begin(&put, hold, context, piece, room, at);
    while (unfinished(&put))
        put.result.refusal = step(&put);
    end(&put);
    return put.result;
}

void weir_hold_put_begin(weir_put *put, weir_hold *hold, const weir_hold_context *context,
                         const weir_piece *piece, const weir_hold_room *room, weir_clash *clash)
{
    begin(put, hold, context, piece, room, weir_leaves_find(hold, context, piece->begin));
    put->clash = clash;
}

int weir_hold_put_on(weir_put *put)
{
    put->clash->length = 0;
    while (unfinished(put) && !put->clash->length)
        put->result.refusal = step(put);
    return put->clash->length > 0;
}

void weir_hold_put_end(weir_put *put)
{
    end(put);
}

weir_hold_result weir_hold_meet(weir_hold *hold, const weir_hold_context *context,
                                const weir_piece *piece, weir_clash *clash)
{
    const weir_hold_room none = {0};
    weir_put put;
    WEIR_ASSERT(hold->records > 0 && piece->begin == hold->begin);
    weir_put_begin(&put, hold, context, piece, &none, (weir_cursor){hold->head, 0});
    put.clash = clash;
    if (clash) clash->length = 0;
    if (!weir_overlap_by_order(context->overlap)) weir_contest_open_next(&put);
    weir_leaf leaf = weir_put_open(&put, hold->head);
    uint64_t length = weir_leaf_length(weir_leaf_slot_at(&leaf, 0));
    weir_clash_settle_first(&put, weir_min64(length, piece->end - piece->begin));
    return put.result;
}

/* ── giving ── */

static weir_span span_of(const weir_leaf *leaf, uint32_t index, uint64_t offset)
{
    const weir_leaf_slot *slot = weir_leaf_slot_at(leaf, index);
    return (weir_span){.data = weir_leaf_data(leaf, slot),
                       .offset = offset,
                       .time_ns = weir_leaf_time(leaf, index),
                       .length = weir_leaf_length(slot),
                       .tag = slot->tag};
}

uint32_t weir_hold_peek(const weir_hold *hold, const weir_hold_context *context, weir_span *spans,
                        uint32_t most, uint32_t *cut)
{
    uint64_t end = hold->begin;
    uint32_t count = 0;
    weir_leaf leaf;
    for (weir_page page = hold->head; page && count < most; page = leaf.head->next) {
        leaf = weir_leaf_open(context->stock, page);
        for (uint32_t i = 0; i < leaf.head->slots && count < most; i++) {
            const weir_leaf_slot *slot = weir_leaf_slot_at(&leaf, i);
            if (slot->offset != weir_leaves_short(hold, end)) return count;
            spans[count] = span_of(&leaf, i, end);
            end += spans[count++].length;
            *cut = weir_leaf_is_cut(slot) ? slot->right : 0;
        }
    }
    return count;
}

/* Leaves the head page its records from `index` on, and of that one what lies beyond the offset. */
static void cut_head(weir_hold *hold, const weir_hold_context *context, uint32_t index,
                     uint64_t offset)
{
    weir_leaf leaf = weir_leaf_open(context->stock, hold->head);
    if (index > 0) {
        hold->bytes -= weir_leaf_drop_first(&leaf, index);
        hold->records -= index;
    }
    const weir_leaf_slot *slot = weir_leaf_slot_at(&leaf, 0);
    uint64_t begin = weir_leaves_offset(hold, slot);
    if (begin < offset) {
        weir_leaf_trim(&leaf, (uint32_t)(offset - begin));
        hold->bytes -= offset - begin;
    }
    hold->begin = weir_leaves_offset(hold, slot);
}

/* The first record that ends beyond the offset: often it is the second. */
static weir_cursor find_kept(const weir_hold *hold, const weir_hold_context *context,
                             uint64_t offset)
{
    weir_leaf leaf = weir_leaf_open(context->stock, hold->head);
    if (hold->begin + weir_leaf_length(weir_leaf_slot_at(&leaf, 0)) == offset)
        return weir_leaves_next(context, (weir_cursor){hold->head, 0});
    return weir_leaves_find(hold, context, offset);
}

uint64_t weir_hold_cut(weir_hold *hold, const weir_hold_context *context, uint64_t offset)
{
    uint64_t before = hold->bytes;
    if (hold->records == 0 || offset <= hold->begin) return 0;
    weir_cursor at = find_kept(hold, context, offset);
    if (at.page != hold->head) weir_leaves_cut(hold, context, at.page);
    if (!at.page) {
        weir_receiver_end(hold, context);
        *hold = (weir_hold){0};
        return before;
    }
    cut_head(hold, context, at.index, offset);
    weir_leaves_mend(hold, context, hold->head, hold->head);
    weir_receiver_forget(hold, context, offset);
    return before - hold->bytes;
}

void weir_hold_rebase(weir_hold *hold, const weir_hold_context *context, uint64_t base)
{
    (void)context;
    if (hold->records == 0) return;
    WEIR_ASSERT(base <= hold->begin);
    hold->begin -= base;
    hold->end -= base;
    hold->bias += (uint32_t)base;
}

int weir_hold_check(const weir_hold *hold, const weir_hold_context *context)
{
    return weir_leaves_check(hold, context) && weir_receiver_check(hold, context);
}
