/* SPDX-License-Identifier: MIT */
#include "rooms/direction.h"

#include "rooms/dispute.h"
#include "rooms/events.h"
#include "rooms/fin.h"
#include "rooms/hole.h"
#include "rooms/keep.h"
#include "rooms/late.h"
#include "rooms/recent.h"
#include "rooms/tally.h"
#include "rooms/urgent.h"

/* What goes to the user in one call: from the packet, then from the hold. */
typedef struct {
    weir_span spans[WEIR_SPANS_AT_ONCE];
    uint32_t count;
    uint32_t cut;    /* bytes that the capture cut off behind the last span */
    uint64_t end;    /* one past the last byte */
    uint64_t limit;  /* beyond which nothing goes out */
    uint64_t held;   /* bytes of it that come from the hold */
    uint32_t urgent; /* 1: it is one byte, to be taken out */
} delivery;

static uint64_t conn_held(const weir_way *way)
{
    weir_way back = weir_way_back(way);
    const weir_block *own = weir_way_block(way), *other = weir_way_block(&back);
    return (own ? own->hold.bytes : 0) + (other ? other->hold.bytes : 0);
}

static void advance_piece(weir_piece *piece, uint64_t to)
{
    if (to == piece->begin) return; /* also of a piece of no bytes, which may have no data */
    piece->data += to - piece->begin;
    piece->begin = to;
}

void weir_direction_drop(const weir_way *way, weir_discarded cause)
{
    weir_block *block = weir_way_block(way);
    if (!block) return;
    uint64_t bytes = block->hold.bytes;
    if (block->hold.records) weir_hold_cut(&block->hold, &way->core->hold, block->hold.end);
    weir_discount(&way->core->stats.held_bytes, bytes);
    weir_tally_discard(way, cause, bytes);
    weir_hole_free(way);
}

/* From here on offsets are passed over. What is held lies beyond the stop. */
static void ignore_to(const weir_way *way, uint64_t end)
{
    if (end <= way->side->next) return;
    weir_count(&way->core->stats.ignored_bytes, end - way->side->next);
    way->side->next = end;
}

void weir_direction_apply_stop(const weir_way *way)
{
    if (!weir_way_has(way, WEIR_SIDE_STOP)) return;
    if (way->side->flags & (WEIR_SIDE_IGNORED | WEIR_SIDE_SETTLING)) return;
    if (way->side->next < weir_tally_stop(way)) return;
    const weir_block *block = weir_way_block(way);
    uint64_t end = block && block->hold.records ? block->hold.end : way->side->next;
    weir_direction_drop(way, WEIR_DISCARDED_IGNORED);
    weir_way_set(way, WEIR_SIDE_IGNORED);
    weir_keep_drop(way);
    ignore_to(way, end);
}

/* 1 while bytes of this direction are wanted. */
static int wanted(const weir_way *way)
{
    return !weir_way_over(way) && !weir_way_has(way, WEIR_SIDE_IGNORED);
}

/* ── in order ── */

static void add_packet_span(delivery *out, const weir_piece *piece, uint64_t end)
{
    out->spans[out->count++] = (weir_span){.data = piece->data,
                                           .offset = piece->begin,
                                           .time_ns = piece->time_ns,
                                           .length = (uint32_t)(end - piece->begin),
                                           .tag = piece->tag};
    out->end = end;
}

/* The piece's bytes up to what is held, then its encounter with the first record. Returns how many
 * records may follow. */
static uint32_t add_piece(const weir_way *way, weir_piece *piece, delivery *out)
{
    weir_block *block = weir_way_block(way);
    uint64_t end =
        block && block->hold.records ? weir_min64(block->hold.begin, piece->end) : piece->end;
    end = weir_min64(end, out->limit);
    if (end > piece->begin) {
        add_packet_span(out, piece, end);
        advance_piece(piece, end);
    }
    if (piece->begin == out->limit) return 0;
    if (out->count && piece->begin < piece->end && weir_dispute_told(way))
        return 0; /* first that */
    if (piece->begin == piece->end) {
        out->cut = piece->cut;
        return WEIR_SPANS_AT_ONCE;
    }
    if (WEIR_UNLIKELY(weir_dispute_told(way))) {
        advance_piece(piece, weir_dispute_meet(way, piece).reached);
        weir_direction_apply_stop(way);
        if (!wanted(way)) return 0;
    } else {
        weir_hold_result met = weir_hold_meet(&block->hold, &way->core->hold, piece, NULL);
        weir_tally_duplicate(way, met.duplicate);
        weir_tally_conflict(way, met.conflict);
        advance_piece(piece, met.reached);
    }
    return piece->begin < piece->end ? 1 : WEIR_SPANS_AT_ONCE;
}

/* Leaves out what lies beyond `stop`; returns how many spans are left. */
static uint32_t spans_before(delivery *out, uint64_t stop)
{
    uint32_t count = out->count;
    while (count && out->spans[count - 1].offset >= stop)
        count--;
    if (count && out->spans[count - 1].offset + out->spans[count - 1].length > stop)
        out->spans[count - 1].length = (uint32_t)(stop - out->spans[count - 1].offset);
    return count;
}

static void add_held(const weir_way *way, delivery *out, uint32_t most)
{
    const weir_block *block = weir_way_block(way);
    if (!block || !block->hold.records || block->hold.begin != out->end || !most) return;
    if (most > WEIR_SPANS_AT_ONCE - out->count) most = WEIR_SPANS_AT_ONCE - out->count;
    weir_span *first = &out->spans[out->count];
    uint32_t count = weir_hold_peek(&block->hold, &way->core->hold, first, most, &out->cut);
    const weir_span *last = &first[count - 1];
    uint64_t end = last->offset + last->length;
    out->count += count;
    if (end > out->limit) {
        out->count = spans_before(out, end = out->limit);
        out->cut = 0;
    }
    out->held = end - out->end;
    out->end = end;
}

/* What is next is one byte, and urgent. */
WEIR_COLD static void commit_urgent(const weir_way *way, delivery *out)
{
    weir_core *core = way->core;
    weir_discount(&core->stats.held_bytes, out->held);
    weir_urgent_take(way, &out->spans[0]);
    weir_block *block = weir_way_block(way);
    if (out->held) weir_hold_cut(&block->hold, &core->hold, out->end);
    weir_direction_apply_stop(way);
    weir_keep_lose(way); /* what comes next does not continue it */
}

/* Counts, moves on, tells the user, forgets what was held of it: in this order. */
static void commit(const weir_way *way, delivery *out)
{
    weir_core *core = way->core;
    uint64_t from = way->side->next;
    uint64_t stop = weir_max64(weir_tally_stop(way), from);
    uint64_t wanted = weir_min64(out->end, stop);
    uint32_t count = out->end > stop ? spans_before(out, stop) : out->count;
    weir_discount(&core->stats.held_bytes, out->held);
    weir_count(&core->stats.delivered_bytes, wanted - from);
    weir_tally_discard(way, WEIR_DISCARDED_IGNORED, out->end - wanted);
    weir_count(&core->stats.ignored_bytes, out->end - wanted);
    way->side->next = out->end;
    if (WEIR_UNLIKELY(way->side->flags & WEIR_SIDE_FIN)) weir_fin_passed(way);
    if (count) {
        core->segment_events |= WEIR_DID_DELIVER;
        way->record->flags |= WEIR_RECORD_HEARD;
        weir_events_data(way, out->spans, count);
        if (WEIR_UNLIKELY(weir_recent_wanted(way)) && !weir_way_over(way))
            weir_recent_add(way, out->spans, count);
    }
    weir_block *block = weir_way_block(way);
    if (out->held) weir_hold_cut(&block->hold, &core->hold, out->end);
    weir_direction_apply_stop(way);
}

static void give_up_to(const weir_way *way, uint64_t end, weir_hole_cause cause);

/* The capture cut bytes off behind `next`: how long the hole is, is known at once. */
static void skip_cut(const weir_way *way, uint32_t cut)
{
    const weir_block *block = weir_way_block(way);
    uint64_t end = weir_min64(way->side->next + cut, weir_way_end(way));
    if (block && block->hold.records) end = weir_min64(end, block->hold.begin);
    if (cut && end > way->side->next && wanted(way)) give_up_to(way, end, WEIR_HOLE_TRUNCATED);
}

static void note_end(const weir_way *way)
{
    if (!weir_way_has(way, WEIR_SIDE_FIN) || weir_way_has(way, WEIR_SIDE_ENDED)) return;
    if (weir_way_offset(way, way->side->fin) <= (int64_t)way->side->next)
        weir_way_set(way, WEIR_SIDE_ENDED);
}

/* The stream has reached its end, and that was acknowledged: what is beyond is not of it. */
WEIR_COLD static void drop_beyond(const weir_way *way, weir_piece *piece)
{
    if (piece->begin < piece->end) { /* else it may be none at all */
        weir_tally_discard(way, WEIR_DISCARDED_AFTER_FIN, piece->end - piece->begin);
        advance_piece(piece, piece->end);
    }
    weir_direction_drop(way, WEIR_DISCARDED_AFTER_FIN);
}

/* How far one delivery may go: to the end, to an urgent byte, or to behind that; and to the piece,
 * if what it shares with the hold is settled but did not go out in one. */
WEIR_COLD static void set_limit(const weir_way *way, const weir_piece *piece, delivery *out)
{
    out->limit = weir_way_end(way);
    if (piece->begin > out->end && piece->begin < piece->end)
        out->limit = weir_min64(out->limit, piece->begin);
    if (!weir_way_has(way, WEIR_SIDE_URGENT) || out->limit <= out->end) return;
    uint64_t urgent = weir_urgent_next(way);
    out->urgent = urgent == out->end;
    out->limit = weir_min64(out->limit, urgent + out->urgent);
}

/* The piece begins at next (or is empty): out with it, and with all that then is next. */
static void deliver(const weir_way *way, weir_piece *piece)
{
    uint64_t before = way->side->next;
    while (wanted(way)) {
        delivery out;
        out.count = out.cut = 0;
        out.held = 0;
        out.end = way->side->next;
        out.limit = UINT64_MAX;
        out.urgent = 0;
        if (way->side->flags & (WEIR_SIDE_FIN | WEIR_SIDE_URGENT) || piece->begin > out.end)
            set_limit(way, piece, &out);
        if (out.end >= out.limit) {
            drop_beyond(way, piece);
            break;
        }
        uint32_t most = WEIR_SPANS_AT_ONCE;
        if (piece->begin < piece->end && piece->begin == out.end)
            most = add_piece(way, piece, &out);
        add_held(way, &out, most);
        if (!out.count) break;
        if (out.urgent)
            commit_urgent(way, &out);
        else
            commit(way, &out);
        if (out.cut && piece->begin == piece->end) skip_cut(way, out.cut);
    }
    if (wanted(way) && way->side->next != before) weir_hole_moved(way);
    note_end(way);
}

void weir_direction_release(const weir_way *way)
{
    weir_piece none = {.begin = 0, .end = 0};
    if (!weir_way_has(way, WEIR_SIDE_SETTLING)) deliver(way, &none);
}

/* ── holes ── */

static void emit_hole(const weir_way *way, uint64_t end, weir_hole_cause cause)
{
    weir_core *core = way->core;
    const weir_block *block = weir_way_block(way);
    weir_hole hole = {.offset = way->side->next, .length = end - way->side->next, .cause = cause};
    if (block) {
        if (cause != WEIR_HOLE_TRUNCATED) hole.waited_ns = core->now_ns - block->since_ns;
        hole.held_bytes = block->hold.bytes;
    }
    weir_tally_hole(way, cause, hole.length);
    weir_late_note(way, hole.offset, end);
    way->side->next = end;
    if (WEIR_UNLIKELY(way->side->flags & WEIR_SIDE_FIN)) weir_fin_passed(way);
    weir_events_hole(way, &hole);
}

/* Gives up [next, end), or what of it is wanted. */
static void give_up_to(const weir_way *way, uint64_t end, weir_hole_cause cause)
{
    emit_hole(way, weir_min64(end, weir_tally_stop(way)), cause);
    weir_direction_apply_stop(way);
}

static weir_discarded unwanted_cause(const weir_way *way)
{
    return weir_way_has(way, WEIR_SIDE_IGNORED) ? WEIR_DISCARDED_IGNORED : WEIR_DISCARDED_CLOSED;
}

static void drop_unwanted(const weir_way *way)
{
    weir_direction_drop(way, unwanted_cause(way));
}

/* What the receiver has acknowledged was sent, however far ahead it is. */
static int implausible(const weir_way *way, uint64_t end, weir_hole_cause cause)
{
    const weir_block *block = weir_way_block(way);
    if (cause != WEIR_HOLE_CONN_CAP && cause != WEIR_HOLE_POOL_CAP) return 0;
    return block->moved && end > block->evidence && end - way->side->next > WEIR_IMPLAUSIBLE_BYTES;
}

/* 1 if what is held is next: it goes out at once, and then the front has moved. */
static int is_next(const weir_block *block, uint64_t next)
{
    return block && block->hold.records && block->hold.begin == next;
}

void weir_direction_give_up(const weir_way *way, weir_hole_cause cause)
{
    if (!way->side->block) return;
    if (!wanted(way)) {
        drop_unwanted(way);
        return;
    }
    if (weir_way_has(way, WEIR_SIDE_SETTLING)) {
        weir_direction_settle(way, weir_way_block(way)->hold.begin);
        return;
    }
    uint64_t end = weir_hole_front_end(way);
    if (implausible(way, end, cause)) {
        weir_direction_drop(way, WEIR_DISCARDED_IMPLAUSIBLE);
        return;
    }
    give_up_to(way, end, cause);
    if (wanted(way) && !is_next(weir_way_block(way), way->side->next)) weir_hole_moved(way);
    weir_direction_release(way);
}

void weir_direction_make_way(const weir_way *way, const weir_piece *piece, weir_hole_cause cause)
{
    int settling = weir_way_has(way, WEIR_SIDE_SETTLING);
    if (!wanted(way) || !way->side->block || piece->begin >= weir_hole_front_end(way) ||
        (!settling && implausible(way, piece->begin, cause))) {
        weir_direction_give_up(way, cause);
    } else if (settling) {
        weir_direction_settle(way, piece->begin);
    } else {
        give_up_to(way, piece->begin, cause);
        if (wanted(way)) weir_hole_moved(way);
    }
}

void weir_direction_grace_due(const weir_way *way)
{
    if (weir_way_has(way, WEIR_SIDE_SETTLING)) {
        weir_direction_settle(way, weir_way_block(way)->hold.begin);
        return;
    }
    uint64_t mark = weir_hole_take_mark(way);
    while (way->side->block && wanted(way) && weir_hole_front_end(way) <= mark)
        weir_direction_give_up(way, WEIR_HOLE_ACKED);
    weir_hole_review(way);
}

void weir_direction_finish(const weir_way *way, weir_hole_cause cause)
{
    while (way->side->block)
        weir_direction_give_up(way, cause);
}

void weir_direction_rejoin(const weir_way *way, uint32_t seq)
{
    weir_direction_finish(way, WEIR_HOLE_ACKED);
    const weir_side *side = way->side;
    uint64_t end = side->next + (uint32_t)(seq - weir_seq_of(side->base, side->next));
    if (end > side->next && wanted(way))
        give_up_to(way, end, WEIR_HOLE_ACKED);
    else if (weir_way_has(way, WEIR_SIDE_IGNORED))
        ignore_to(way, end);
}

void weir_direction_settle(const weir_way *way, uint64_t base)
{
    weir_block *block = weir_way_block(way);
    weir_hole_settled(way);
    way->side->base += (uint32_t)base;
    weir_hold_rebase(&block->hold, &way->core->hold, base);
    way->side->next = 0;
    weir_direction_apply_stop(way);
    weir_direction_release(way);
}

/* ── ahead of its time ── */

/* The older of the connection's front holes goes, so that this piece may be held. */
static void pay_conn_cap(const weir_way *way, const weir_piece *piece)
{
    weir_way back = weir_way_back(way);
    const weir_block *own = weir_way_block(way), *other = weir_way_block(&back);
    int back_pays = other && (!own || other->since_ns < own->since_ns);
    if (back_pays)
        weir_direction_give_up(&back, WEIR_HOLE_CONN_CAP);
    else
        weir_direction_make_way(way, piece, WEIR_HOLE_CONN_CAP);
}

static weir_hold_result put_piece(const weir_way *way, const weir_piece *piece,
                                  const weir_hold_room *room)
{
    if (WEIR_UNLIKELY(weir_dispute_told(way))) return weir_dispute_put(way, piece, room);
    weir_block *block = weir_way_block(way);
    weir_hold_result result = weir_hold_put(&block->hold, &way->core->hold, piece, room);
    weir_tally_held(way, result.held, block->hold.bytes);
    weir_tally_duplicate(way, result.duplicate);
    weir_tally_conflict(way, result.conflict);
    return result;
}

/* Holds what it can of a piece beyond next. Returns 0 if a page is needed and refused. */
static int hold_piece(const weir_way *way, weir_piece *piece, int floor)
{
    const weir_engine_config *config = &way->core->config;
    weir_block *block = weir_hole_need(way, floor);
    if (!block) return 0;
    uint64_t held = conn_held(way);
    weir_hold_room room = {.bytes =
                               config->conn_held_bytes > held ? config->conn_held_bytes - held : 0,
                           .records = config->conn_records > block->hold.records
                                          ? config->conn_records - block->hold.records
                                          : 0,
                           .floor = floor};
    int first = block->hold.records == 0;
    uint64_t begin = first ? UINT64_MAX : block->hold.begin;
    weir_hold_result result = put_piece(way, piece, &room);
    advance_piece(piece, result.reached);
    if (WEIR_UNLIKELY(weir_dispute_told(way))) weir_direction_apply_stop(way);
    block = weir_way_block(way);
    if (!block) return 1; /* nothing more is wanted */
    if (!block->hold.records && weir_hole_front_end(way) == way->side->next)
        weir_hole_free(way);
    else if (block->hold.begin < begin)
        weir_hole_review(way); /* the front hole is shorter now: evidence may cover it */
    if (result.refusal == WEIR_HOLD_BYTES || result.refusal == WEIR_HOLD_RECORDS)
        pay_conn_cap(way, piece);
    return result.refusal != WEIR_HOLD_PAGE;
}

static void take_old(const weir_way *way, weir_piece *piece)
{
    weir_piece old = *piece;
    old.end = weir_min64(piece->end, way->side->next);
    advance_piece(piece, old.end);
    if (WEIR_UNLIKELY(weir_recent_wanted(way))) weir_recent_compare(way, &old);
    weir_late_sort(way, &old);
    weir_direction_apply_stop(way);
}

/* Nobody wants it: counted, and passed over. */
static void take_unwanted(const weir_way *way, weir_piece *piece)
{
    weir_tally_discard(way, unwanted_cause(way), piece->end - piece->begin);
    if (weir_way_has(way, WEIR_SIDE_IGNORED)) ignore_to(way, piece->end + piece->cut);
    advance_piece(piece, piece->end);
    note_end(way);
    if (weir_way_has(way, WEIR_SIDE_IGNORED)) weir_hole_moved(way); /* the FIN was missing */
}

/* The base settled while this piece was in hand: its offsets count from the new one. */
static void follow_base(const weir_way *way, weir_piece *piece)
{
    uint32_t shift = way->side->base - piece->base;
    if (!shift) return;
    uint64_t before = piece->begin < shift ? weir_min64(piece->end, shift) : piece->begin;
    weir_tally_discard(way, WEIR_DISCARDED_BEFORE_BASE, before - piece->begin);
    advance_piece(piece, before);
    int empty = piece->begin == piece->end;
    piece->begin = empty ? 0 : piece->begin - shift;
    piece->end = empty ? 0 : piece->end - shift;
    piece->segment_begin -= weir_min64(piece->segment_begin, shift);
    piece->segment_end -= weir_min64(piece->segment_end, shift);
    piece->base = way->side->base;
}

/* A segment of which the capture kept no payload at all. */
static void take_cut(const weir_way *way, const weir_piece *piece)
{
    if (piece->begin != way->side->next || weir_way_has(way, WEIR_SIDE_SETTLING)) return;
    skip_cut(way, piece->cut);
    weir_direction_release(way);
    if (wanted(way)) weir_hole_moved(way);
}

int weir_direction_take(const weir_way *way, weir_piece *piece, int floor)
{
    if (piece->begin == piece->end) take_cut(way, piece);
    while (piece->begin < piece->end) {
        follow_base(way, piece);
        if (!wanted(way))
            take_unwanted(way, piece);
        else if (piece->begin < way->side->next && !weir_way_has(way, WEIR_SIDE_SETTLING))
            take_old(way, piece);
        else if (piece->begin == way->side->next && !weir_way_has(way, WEIR_SIDE_SETTLING))
            deliver(way, piece);
        else if (!hold_piece(way, piece, floor))
            return 0;
    }
    return 1;
}

void weir_direction_jump(const weir_way *way, weir_piece *piece)
{
    for (;;) {
        follow_base(way, piece);
        if (!wanted(way) || way->side->next >= piece->begin) break;
        if (!way->side->block)
            give_up_to(way, piece->begin, WEIR_HOLE_POOL_CAP);
        else
            weir_direction_make_way(way, piece, WEIR_HOLE_POOL_CAP);
        if (weir_direction_take(way, piece, 1)) return; /* what went may have left a page */
    }
    weir_direction_take(way, piece, 1);
}
