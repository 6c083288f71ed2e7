/* SPDX-License-Identifier: MIT */
#include "support/hold_model.h"

#include "lenses/overlap.h"
#include "hold/leaves.h"
#include "hold/put.h"
#include "hold/redblack.h"
#include "support/fake_stock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const weir_hold_room hold_model_all = {.bytes = UINT64_MAX, .records = UINT32_MAX, .floor = 0};

/* ── what must hold ── */

static void fail(const hold_model *model, const char *what, int line)
{
    const weir_hold *hold = &model->hold;
    fprintf(stderr,
            "hold_model.c:%d: %s; script %s, seed %" PRIu64 "; hold [%" PRIu64 ", %" PRIu64
            ") records %" PRIu32 " bytes %" PRIu64 " head %" PRIu32 " tail %" PRIu32
            " root %" PRIu32 "; model begin %" PRIu64 " bytes %" PRIu64 "; pages %" PRIu32 "\n",
            line, what, model->script ? model->script : "?", model->seed, hold->begin, hold->end,
            hold->records, hold->bytes, hold->head, hold->tail, hold->root, model->begin,
            model->held, fake_stock_used(model->stock));
    abort();
}

#define MUST(model, condition)                                                                     \
    do {                                                                                           \
        if (!(condition)) fail((model), #condition, __LINE__);                                     \
    } while (0)

static void *grown(void *block, uint64_t bytes)
{
    void *larger = realloc(block, bytes);
    if (!larger) {
        fprintf(stderr, "hold_model: no memory\n");
        exit(2);
    }
    return larger;
}

static hold_model_byte *byte_at(const hold_model *model, uint64_t offset)
{
    MUST(model, offset - model->base < model->window); /* base may have become negative */
    return &model->bytes[offset - model->base];
}

static uint32_t edge(uint64_t distance)
{
    return distance > 65535 ? 65535 : (uint32_t)distance;
}

/* ── coming and going ── */

void hold_model_open(hold_model *model, weir_stock *stock, weir_overlap overlap, uint64_t base,
                     uint64_t window)
{
    *model = (hold_model){.stock = stock, .base = base, .window = window};
    model->context = (weir_hold_context){
        .stock = stock, .key = {UINT64_C(0x0123456789abcdef), 42}, .overlap = overlap};
    model->exact = 1;
    queue_open(&model->queue, overlap);
    model->bytes = grown(NULL, window * sizeof *model->bytes);
    memset(model->bytes, 0, window * sizeof *model->bytes);
}

void hold_model_close(hold_model *model)
{
    if (model->held) hold_model_cut(model, model->hold.end);
    MUST(model, fake_stock_used(model->stock) == 0);
    queue_close(&model->queue);
    free(model->bytes);
    free(model->segments);
}

weir_piece hold_model_piece(hold_model *model, const uint8_t *data, uint64_t begin, uint64_t end,
                            uint32_t before, uint32_t behind, uint32_t cut, uint64_t time_ns)
{
    if (model->segment_count == model->segment_room) {
        model->segment_room = model->segment_room ? 2 * model->segment_room : 64;
        model->segments = grown(model->segments, model->segment_room * sizeof *model->segments);
    }
    weir_piece piece = {.data = data,
                        .begin = begin,
                        .end = end,
                        .segment_begin = begin - before,
                        .segment_end = end + behind,
                        .time_ns = time_ns,
                        .tag = model->segment_count,
                        .cut = cut};
    model->segments[model->segment_count++] = (hold_model_segment){
        piece.segment_begin, end + (behind > cut ? behind : cut), end, time_ns, cut};
    return piece;
}

/* ── comparing ── */

static void compare_label(const hold_model *model, const weir_leaf *leaf, uint32_t index)
{
    const weir_leaf_slot *slot = weir_leaf_slot_at(leaf, index);
    uint64_t begin = weir_leaves_offset(&model->hold, slot);
    uint64_t end = begin + weir_leaf_length(slot), time_ns = weir_leaf_time(leaf, index);
    MUST(model, slot->tag < model->segment_count);
    const hold_model_segment *segment = &model->segments[slot->tag];
    uint64_t error =
        time_ns < segment->time_ns ? segment->time_ns - time_ns : time_ns - segment->time_ns;
    MUST(model, error <= model->time_error_ns);
    MUST(model, (int64_t)(begin - segment->begin) >= 0); /* may have become negative */
    MUST(model, end <= segment->piece_end);
    MUST(model, slot->left == edge(begin - segment->begin));
    MUST(model, slot->right == edge(segment->end - end));
    MUST(model, weir_leaf_is_cut(slot) == (segment->cut > 0 && end == segment->piece_end));
}

/* One comparison for all bytes: a fuzzer that is told of each would be slow. */
static void compare_bytes(const hold_model *model, uint64_t begin, const uint8_t *data,
                          uint32_t length, uint32_t tag)
{
    const hold_model_byte *bytes = byte_at(model, begin);
    byte_at(model, begin + length - 1);
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < length; i++) {
        uint32_t other = bytes[i].segment ^ tag;
        wrong |= (bytes[i].held ^ 1u) | (uint32_t)(bytes[i].value ^ data[i]);
        wrong |= other & (bytes[i].loose - 1u);
    }
    MUST(model, wrong == 0);
}

static void compare_record(const hold_model *model, const weir_leaf *leaf, uint32_t index)
{
    const weir_leaf_slot *slot = weir_leaf_slot_at(leaf, index);
    compare_label(model, leaf, index);
    compare_bytes(model, weir_leaves_offset(&model->hold, slot), weir_leaf_data(leaf, slot),
                  weir_leaf_length(slot), slot->tag);
}

static int keeps_queue(const hold_model *model)
{
    return model->context.overlap == WEIR_OVERLAP_LINUX && model->hold.books;
}

/* Blocks in the queue of a Linux receiver, where more than one is kept. */
static uint32_t blocks_of(const hold_model *model)
{
    if (!keeps_queue(model)) return 0;
    return weir_redblack_open(model->stock, WEIR_USE_HOLD, model->hold.books, 0).head->nodes;
}

static void compare_cost(const hold_model *model)
{
    const weir_hold *hold = &model->hold;
    uint64_t page = weir_page_bytes(model->stock), use = hold->bytes + 20ull * hold->records;
    uint64_t blocks = blocks_of(model), pages = fake_stock_used(model->stock);
    uint64_t first = (page / 2 - 12) / 24, beyond = blocks > first ? blocks - first : 0;
    uint64_t queue = keeps_queue(model) ? 1 + (beyond + page / 24 - 1) / (page / 24) : 0;
    MUST(model, pages >= queue && (pages - queue) * page < 2 * use + page);
    MUST(model, pages - queue <= hold->bytes);
    MUST(model, blocks <= model->segment_count);
}

void hold_model_compare(hold_model *model)
{
    const weir_hold *hold = &model->hold;
    MUST(model, weir_hold_check(hold, &model->context));
    MUST(model, hold->bytes == model->held);
    MUST(model, (hold->records == 0) == (hold->bytes == 0));
    if (hold->records == 0) {
        MUST(model, fake_stock_used(model->stock) == 0);
        return;
    }
    MUST(model, hold->begin == model->begin);
    compare_cost(model);
    uint32_t records = 0;
    for (weir_cursor at = {hold->head, 0}; at.page; at = weir_leaves_next(&model->context, at)) {
        weir_leaf leaf = weir_leaf_open(model->stock, at.page);
        compare_record(model, &leaf, at.index);
        records++;
    }
    MUST(model, records == hold->records);
}

/* ── operations ── */

/* 1 if two segments settle it between themselves. */
static int settled_by_two(const hold_model *model)
{
    return model->context.overlap == WEIR_OVERLAP_FIRST ||
           model->context.overlap == WEIR_OVERLAP_LAST ||
           model->context.overlap == WEIR_OVERLAP_OLD_LINUX;
}

static int wins_against(const hold_model *model, const weir_piece *piece,
                        const hold_model_byte *byte)
{
    const hold_model_segment *old = &model->segments[byte->segment];
    const hold_model_segment *fresh = &model->segments[piece->tag];
    return weir_overlap_wins(model->context.overlap, (weir_extent){fresh->begin, fresh->end},
                             (weir_extent){old->begin, old->end});
}

/* For each byte of the piece, 1 if the receiver has it from the piece's segment. */
static void ask_queue(const hold_model *model, const weir_piece *piece, uint8_t *wins)
{
    queue_model after;
    memset(wins, 2, piece->end - piece->begin); /* 2: nobody has it yet */
    queue_copy(&after, &model->queue);
    queue_put(&after, piece->segment_begin, piece->end, piece->tag + 1);
    for (const queue_block *block = after.first; block; block = block->next) {
        uint64_t from = weir_max64(block->begin, piece->begin);
        for (uint64_t at = from; at < block->end && at < piece->end; at++)
            if (wins[at - piece->begin] == 2)
                wins[at - piece->begin] = block->owners[at - block->begin] == piece->tag + 1;
    }
    queue_close(&after);
}

/* For each byte of the piece, 1 if the hold has it from the piece's segment: by its tag, but where
 * records were absorbed that is no proof. */
static void ask_hold(const hold_model *model, const weir_piece *piece, uint8_t *wins)
{
    weir_cursor at = weir_leaves_find(&model->hold, &model->context, piece->begin);
    memset(wins, 0, piece->end - piece->begin);
    for (; at.page; at = weir_leaves_next(&model->context, at)) {
        weir_leaf leaf = weir_leaf_open(model->stock, at.page);
        const weir_leaf_slot *slot = weir_leaf_slot_at(&leaf, at.index);
        uint64_t begin = weir_leaves_offset(&model->hold, slot);
        uint64_t end = weir_min64(begin + weir_leaf_length(slot), piece->end);
        const uint8_t *data = weir_leaf_data(&leaf, slot);
        if (begin >= piece->end) break;
        for (uint64_t i = weir_max64(begin, piece->begin); i < end; i++)
            wins[i - piece->begin] =
                slot->tag == piece->tag && data[i - begin] == piece->data[i - piece->begin];
    }
}

/* For each byte of the piece, 1 if it wins. To be called after the hold has taken it. */
static void judge(const hold_model *model, const weir_piece *piece, uint8_t *wins)
{
    if (settled_by_two(model))
        for (uint64_t at = piece->begin; at < piece->end; at++)
            wins[at - piece->begin] = (uint8_t)wins_against(model, piece, byte_at(model, at));
    else if (model->exact)
        ask_queue(model, piece, wins);
    else
        ask_hold(model, piece, wins);
}

/* Takes the piece's bytes up to `reached` by the rules, and compares the counts. */
static void apply(hold_model *model, const weir_piece *piece, const weir_hold_result *result,
                  const uint8_t *wins, int loose)
{
    uint64_t held = 0, duplicate = 0, conflict = 0;
    for (uint64_t at = piece->begin; at < result->reached; at++) {
        hold_model_byte *byte = byte_at(model, at);
        uint8_t value = piece->data[at - piece->begin];
        held += !byte->held;
        duplicate += byte->held && byte->value == value;
        conflict += byte->held && byte->value != value;
        if (byte->held && !wins[at - piece->begin]) {
            byte->loose = (uint8_t)(byte->loose | loose);
            continue;
        }
        *byte = (hold_model_byte){.segment = piece->tag, .value = value, .held = 1};
    }
    if (held && (model->held == 0 || piece->begin < model->begin)) model->begin = piece->begin;
    model->held += held;
    MUST(model, result->held == held);
    MUST(model, result->duplicate == duplicate);
    MUST(model, result->conflict == conflict);
    MUST(model, result->reached - piece->begin == held + duplicate + conflict);
}

/* The byte that the hold has at an offset. */
static uint8_t held_byte(const hold_model *model, uint64_t offset)
{
    weir_cursor at = weir_leaves_find(&model->hold, &model->context, offset);
    weir_leaf leaf = weir_leaf_open(model->stock, at.page);
    const weir_leaf_slot *slot = weir_leaf_slot_at(&leaf, at.index);
    return weir_leaf_data(&leaf, slot)[offset - weir_leaves_offset(&model->hold, slot)];
}

/* What is told of a piece: its bytes and those of the model, which does not have the piece yet; the
 * winner is in the hold by now. */
static void compare_clash(const hold_model *model, const weir_piece *piece, const weir_clash *clash)
{
    uint32_t differing = 0;
    MUST(model, clash->offset >= piece->begin && clash->offset + clash->length <= piece->end);
    for (uint32_t i = 0; i < clash->length; i++) {
        uint8_t stored = byte_at(model, clash->offset + i)->value;
        uint8_t fresh = piece->data[clash->offset + i - piece->begin];
        MUST(model, byte_at(model, clash->offset + i)->held);
        MUST(model, clash->kept[i] == (clash->fresh_won ? fresh : stored));
        MUST(model, clash->lost[i] == (clash->fresh_won ? stored : fresh));
        MUST(model, clash->kept[i] == held_byte(model, clash->offset + i));
        differing += stored != fresh;
    }
    MUST(model, differing == clash->differing);
    MUST(model, clash->kept[0] != clash->lost[0]);
    MUST(model, clash->kept[clash->length - 1] != clash->lost[clash->length - 1]);
    MUST(model, clash->stored_tag < model->segment_count);
}

/* All that conflicts is told, once, in order. */
static weir_hold_result put_and_listen(hold_model *model, const weir_piece *piece,
                                       const weir_hold_room *room)
{
    weir_put put;
    weir_clash clash;
    uint64_t told = 0, end = piece->begin;
    if (!model->listens || piece->tag % 2)
        return weir_hold_put(&model->hold, &model->context, piece, room);
    weir_hold_put_begin(&put, &model->hold, &model->context, piece, room, &clash);
    while (weir_hold_put_on(&put)) {
        compare_clash(model, piece, &clash);
        MUST(model, clash.offset >= end && clash.offset + clash.length <= put.result.reached);
        end = clash.offset + clash.length;
        told += clash.differing;
        MUST(model, told == put.result.conflict);
    }
    weir_hold_put_end(&put);
    MUST(model, told == put.result.conflict);
    return put.result;
}

/* Records that the piece meets. */
static uint32_t met(const hold_model *model, const weir_piece *piece)
{
    uint32_t records = 0;
    weir_cursor at = weir_leaves_find(&model->hold, &model->context, piece->begin);
    for (; at.page; at = weir_leaves_next(&model->context, at)) {
        weir_leaf leaf = weir_leaf_open(model->stock, at.page);
        if (weir_leaves_offset(&model->hold, weir_leaf_slot_at(&leaf, at.index)) >= piece->end)
            break;
        records++;
    }
    return records;
}

static void compare_refusal(const hold_model *model, const weir_piece *piece,
                            const weir_hold_room *room, const weir_hold_result *result,
                            uint32_t records_before)
{
    uint64_t most = (uint64_t)records_before + room->records;
    MUST(model, result->held <= room->bytes);
    MUST(model, model->hold.records <= most || model->hold.records <= records_before);
    MUST(model, (result->refusal == WEIR_HOLD_TAKEN) == (result->reached == piece->end));
    if (result->refusal == WEIR_HOLD_BYTES) MUST(model, result->held == room->bytes);
    if (result->refusal == WEIR_HOLD_RECORDS)
        MUST(model, model->hold.records + 2ull > most || blocks_of(model) + 1ull >= most);
}

/* The queue learns of a piece that was taken, if it can know what the hold knows. */
static void tell_queue(hold_model *model, const weir_piece *piece, const weir_hold_result *result)
{
    if (settled_by_two(model) || result->reached == piece->begin) return;
    if (model->exact) queue_put(&model->queue, piece->begin, piece->end, piece->tag + 1);
    if (result->reached < piece->end) model->exact = 0;
}

weir_hold_result hold_model_put(hold_model *model, const weir_piece *piece,
                                const weir_hold_room *room)
{
    uint8_t *wins = grown(NULL, piece->end - piece->begin + 1);
    /* A piece that begins where delivery has come to is in order: no receiver queues it. */
    int in_order = model->gone && piece->begin <= model->gone;
    if (piece->segment_begin != piece->begin || in_order) model->exact = 0;
    int loose = met(model, piece) > WEIR_ABSORB_RECORDS;
    uint32_t records = model->hold.records, pages = fake_stock_used(model->stock);
    weir_hold before = model->hold;
    weir_hold_result result = put_and_listen(model, piece, room);
    MUST(model, result.reached >= piece->begin && result.reached <= piece->end);
    if (result.reached == piece->begin) {
        MUST(model, memcmp(&before, &model->hold, sizeof before) == 0);
        MUST(model, fake_stock_used(model->stock) == pages);
    }
    judge(model, piece, wins);
    apply(model, piece, &result, wins, loose);
    tell_queue(model, piece, &result);
    free(wins);
    compare_refusal(model, piece, room, &result, records);
    hold_model_compare(model);
    return result;
}

weir_hold_result hold_model_meet(hold_model *model, const weir_piece *piece)
{
    uint32_t used = fake_stock_used(model->stock);
    uint64_t held = model->hold.bytes;
    weir_leaf leaf = weir_leaf_open(model->stock, model->hold.head);
    uint64_t end = model->hold.begin + weir_leaf_length(weir_leaf_slot_at(&leaf, 0));
    int crowded = weir_leaf_room(&leaf) < 0;
    uint64_t expected = piece->end < end ? piece->end : end;
    weir_clash clash;
    weir_hold_result result = weir_hold_meet(&model->hold, &model->context, piece, &clash);
    if (clash.length) compare_clash(model, piece, &clash);
    MUST(model, (clash.length ? clash.differing : 0) == result.conflict);
    MUST(model, result.reached == expected && result.refusal == WEIR_HOLD_TAKEN);
    /* Without room for a slot, a record that was overwritten in part keeps its label. */
    hold_model_byte old = *byte_at(model, piece->begin);
    uint8_t *wins = grown(NULL, piece->end - piece->begin);
    judge(model, piece, wins);
    if (model->context.overlap == WEIR_OVERLAP_LINUX || model->context.overlap == WEIR_OVERLAP_BSD)
        memset(wins, 1, piece->end - piece->begin); /* it began before all that is held */
    model->exact = 0;
    apply(model, piece, &result, wins, 0);
    free(wins);
    if (crowded && result.reached < end)
        for (uint64_t at = piece->begin; at < result.reached; at++) {
            byte_at(model, at)->segment = old.segment;
            byte_at(model, at)->loose = old.loose;
        }
    MUST(model, fake_stock_used(model->stock) == used && model->hold.bytes == held);
    hold_model_compare(model);
    return result;
}

void hold_model_cut(hold_model *model, uint64_t offset)
{
    uint64_t forgotten = 0;
    if (model->held && offset > model->begin) {
        uint64_t end = model->hold.end < offset ? model->hold.end : offset;
        for (uint64_t at = model->begin; at < end; at++) {
            forgotten += byte_at(model, at)->held;
            byte_at(model, at)->held = 0;
        }
        model->held -= forgotten;
        while (model->held && !byte_at(model, model->begin)->held)
            model->begin++;
    }
    MUST(model, weir_hold_cut(&model->hold, &model->context, offset) == forgotten);
    queue_forget(&model->queue, offset);
    model->gone = model->gone > offset ? model->gone : offset;
    if (!model->held) {
        queue_close(&model->queue);
        model->exact = 1;
        model->gone = 0;
    }
    hold_model_compare(model);
}

void hold_model_rebase(hold_model *model, uint64_t base)
{
    weir_hold_rebase(&model->hold, &model->context, base);
    if (!model->held) return;
    model->exact = 0;
    model->base -= base;
    model->begin -= base;
    for (uint32_t i = 0; i < model->segment_count; i++) {
        model->segments[i].begin -= base;
        model->segments[i].end -= base;
        model->segments[i].piece_end -= base;
    }
    hold_model_compare(model);
}

void hold_model_peek(hold_model *model, uint32_t most)
{
    weir_span spans[64];
    uint32_t cut = 12345, room = most < 64 ? most : 64;
    uint32_t count = weir_hold_peek(&model->hold, &model->context, spans, room, &cut);
    uint64_t end = model->begin;
    MUST(model, (count == 0) == (model->held == 0 || room == 0));
    for (uint32_t i = 0; i < count; i++) {
        MUST(model, spans[i].offset == end && spans[i].length > 0);
        compare_bytes(model, end, spans[i].data, spans[i].length, spans[i].tag);
        end += spans[i].length;
    }
    if (count == 0) return;
    if (count < room) MUST(model, end == model->hold.end || !byte_at(model, end)->held);
    const hold_model_segment *last = &model->segments[spans[count - 1].tag];
    uint32_t expected = last->cut > 0 && last->piece_end == end ? edge(last->end - end) : 0;
    MUST(model, cut == expected);
}
