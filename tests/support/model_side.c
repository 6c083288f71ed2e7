/* SPDX-License-Identifier: MIT */
#include "support/model_side.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/model.h"
#include "support/model_conn.h"

#define FARTHEST (INT64_C(1) << 62) /* beyond any place */

void model_fail(const model *m, const char *format, ...)
{
    va_list arguments;
    fprintf(stderr,
            "\nmodel: %s, seed %" PRIu64 ", packet %" PRIu64 ", call %" PRIu64
            ", connection %" PRIu64 ": ",
            m->name, m->seed, m->packet, m->calls, m->id);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    abort();
}

static void *must(void *memory)
{
    if (memory) return memory;
    fputs("model: no memory\n", stderr);
    abort();
}

/* ── what was fed ── */

void model_mark_add(model_marks *marks, uint32_t seq, uint64_t clock_ns)
{
    if (marks->count && marks->list[marks->count - 1].seq == seq) return;
    if (marks->count == marks->room) {
        marks->room = marks->room ? 2 * marks->room : 8;
        marks->list = must(realloc(marks->list, marks->room * sizeof(model_mark)));
    }
    marks->list[marks->count++] = (model_mark){.seq = seq, .clock_ns = clock_ns};
}

int model_mark_has(const model_marks *marks, uint32_t seq)
{
    for (size_t i = 0; i < marks->count; i++)
        if (marks->list[i].seq == seq) return 1;
    return 0;
}

int64_t model_place(const model_side *side, uint32_t seq)
{
    int64_t near = side->based ? side->base + (int64_t)side->next : 0;
    return near + (int32_t)(seq - side->anchor - (uint32_t)near);
}

int model_side_over(const model_side *side)
{
    return side->next >= side->stop;
}

static uint32_t data_seq(const weir_segment *segment)
{
    return segment->seq + ((segment->flags & WEIR_TCP_SYN) != 0);
}

static void set_anchor(model_side *side, uint32_t seq)
{
    if (side->anchored) return;
    side->anchor = seq;
    side->anchored = 1;
}

void model_source_add(model *m, model_side *side, const weir_segment *segment)
{
    if (side->source_count && side->sources[side->source_count - 1].packet == m->packet) return;
    if (side->source_count == side->source_room) {
        side->source_room = side->source_room ? 2 * side->source_room : 16;
        side->sources = must(realloc(side->sources, side->source_room * sizeof(model_source)));
    }
    side->sources[side->source_count++] = (model_source){.packet = m->packet,
                                                         .time_ns = segment->time_ns,
                                                         .seq = data_seq(segment),
                                                         .length = segment->payload_bytes,
                                                         .wire = segment->wire_bytes};
}

/* ── arrival ── */

/* first and last settle it by the order of arrival. What the other policies do is the business of
 * the hold's model (support/hold_model.h): here each value that came while the byte waited may be
 * the winner. */
static int knows_winner(const model *m)
{
    return m->config.overlap == WEIR_OVERLAP_FIRST || m->config.overlap == WEIR_OVERLAP_LAST;
}

/* A byte comes again that waits. */
static uint8_t compare(const model *m, const tape_cell *cell, uint8_t value)
{
    if (!tape_may_be(cell, value)) return MODEL_DIFFERENT;
    return knows_winner(m) || !cell->more_count ? MODEL_EQUAL : MODEL_UNSURE;
}

static void add_value(const model *m, tape_cell *cell, uint8_t value)
{
    if (cell->packet != (uint32_t)m->packet) cell->was_more = cell->more_count;
    cell->packet = (uint32_t)m->packet;
    cell->was = cell->state;
    cell->was_value = cell->value;
    if (cell->more_count < TAPE_MORE) cell->more[cell->more_count] = value;
    if (cell->more_count <= TAPE_MORE) cell->more_count++;
}

static void arrive_byte(model *m, model_side *side, uint32_t i, uint8_t value)
{
    model_arrival *a = &m->arrival;
    int64_t place = a->place + i;
    tape_cell *cell = tape_at(&side->bytes, place);
    uint8_t what = MODEL_FRESH;
    if (side->based && place < side->base + (int64_t)side->next)
        what = MODEL_PASSED;
    else if (cell->state == TAPE_HELD)
        what = compare(m, cell, value);
    else if (cell->state != TAPE_EMPTY)
        model_fail(m, "a byte beyond next is out already");
    a->what[i] = what;
    a->counts[what]++;
    if (what == MODEL_DIFFERENT && !knows_winner(m)) add_value(m, cell, value);
    if (what != MODEL_FRESH && !(what == MODEL_DIFFERENT && m->config.overlap == WEIR_OVERLAP_LAST))
        return;
    side->held += what == MODEL_FRESH;
    *cell = (tape_cell){.packet = (uint32_t)m->packet,
                        .state = TAPE_HELD,
                        .value = value,
                        .was = cell->state,
                        .was_value = cell->value};
}

/* It has not arrived after all: a cause discarded it. */
static void depart_byte(model *m, model_side *side, uint32_t i)
{
    model_arrival *a = &m->arrival;
    tape_cell *cell = tape_at(&side->bytes, a->place + i);
    uint8_t what = a->what[i];
    a->counts[what]--;
    a->what[i] = MODEL_OUTSIDE;
    if (cell->packet != (uint32_t)m->packet || what == MODEL_EQUAL || what == MODEL_UNSURE ||
        what == MODEL_PASSED)
        return;
    if (cell->state == TAPE_OUT) model_fail(m, "byte %" PRIu32 " is out, and discarded", i);
    if (cell->state != TAPE_HELD) return;
    side->held -= what == MODEL_FRESH;
    cell->more_count = cell->was_more;
    cell->state = cell->was;
    cell->value = cell->was_value;
}

/* A FIN was seen ahead of the bytes before it, or may have been. */
static int awaits_fin(const model_side *side)
{
    if (!side->based) return side->fins.count > 0;
    for (size_t i = 0; i < side->fins.count; i++)
        if (model_place(side, side->fins.list[i].seq) > side->base + (int64_t)side->next) return 1;
    return 0;
}

static void arrival_begin(model *m, model_side *side, const weir_segment *segment)
{
    model_arrival *a = &m->arrival;
    set_anchor(side, data_seq(segment));
    if (a->room < segment->payload_bytes) {
        a->room = segment->payload_bytes;
        a->what = must(realloc(a->what, a->room));
    }
    a->side = side;
    a->place = model_place(side, data_seq(segment));
    a->length = segment->payload_bytes;
    a->based = side->based;
    memset(a->what, MODEL_OUTSIDE, a->length);
    memset(a->counts, 0, sizeof a->counts);
    a->counts[MODEL_OUTSIDE] = a->length;
    model_source_add(m, side, segment);
}

void model_arrive(model *m, model_side *side, const weir_segment *segment, uint32_t begin,
                  uint32_t end)
{
    model_arrival *a = &m->arrival;
    if (!a->side) {
        if (begin == end) return;
        if (!side->held && !awaits_fin(side)) side->waits_ns = m->clock_ns;
        arrival_begin(m, side, segment);
        for (uint32_t i = begin; i < end; i++) {
            a->counts[MODEL_OUTSIDE]--;
            arrive_byte(m, side, i, segment->payload[i]);
        }
        if (a->place + end > side->top) side->top = a->place + end;
    } else {
        for (uint32_t i = a->begin; i < a->end; i++)
            if (i < begin || i >= end) depart_byte(m, side, i);
    }
    a->begin = begin;
    a->end = end;
}

static int in_hand(const model *m, const model_side *side, int64_t place)
{
    const model_arrival *a = &m->arrival;
    return a->side == side && place >= a->place + a->begin && place < a->place + a->end;
}

static void drop_byte(model_side *side, int64_t place)
{
    tape_at(&side->bytes, place)->state = TAPE_EMPTY;
    side->held--;
}

void model_side_drop(model *m, model_side *side, uint64_t left)
{
    for (int hand = 0; hand < 2 && side->held > left; hand++)
        for (int64_t at = -FARTHEST; side->held > left; at++) {
            at = tape_find(&side->bytes, at, FARTHEST, TAPE_HELD);
            if (at == FARTHEST) break;
            if (in_hand(m, side, at) == hand) drop_byte(side, at);
        }
}

/* A FIN there was acknowledged; what is in hand is not noted yet. */
static int ended_at(const model *m, const model_side *side, int64_t place)
{
    const weir_segment *s = m->segment;
    uint32_t seq = side->anchor + (uint32_t)place;
    int announced = s && s->flags & WEIR_TCP_FIN && data_seq(s) + s->wire_bytes == seq;
    if (!announced && !model_mark_has(&side->fins, seq)) return 0;
    if (s && s->flags & WEIR_TCP_ACK && model_place(side, s->ack) > place) return 1;
    for (size_t i = 0; i < side->acks.count; i++)
        if (model_place(side, side->acks.list[i].seq) > place) return 1;
    return 0;
}

uint64_t model_side_end(model *m, model_side *side, uint64_t top)
{
    int64_t end = side->base + (int64_t)top;
    uint64_t gone = 0;
    for (int64_t at = end; side->held; at++) {
        at = tape_find(&side->bytes, at, FARTHEST, TAPE_HELD);
        if (at == FARTHEST) break;
        if (in_hand(m, side, at) && tape_at(&side->bytes, at)->packet == (uint32_t)m->packet)
            continue;
        drop_byte(side, at);
        gone++;
    }
    if (gone && !ended_at(m, side, end))
        model_fail(m, "%" PRIu64 " bytes behind %" PRIu64 " are gone", gone, top);
    return gone;
}

/* ── events ── */

void model_side_base(model *m, model_side *side, uint32_t base_seq)
{
    if (side->based) return;
    set_anchor(side, base_seq);
    side->base = model_place(side, base_seq);
    side->based = 1;
    side->moved_at = m->packet;
    for (int64_t at = -FARTHEST; at < side->base; at++) {
        at = tape_find(&side->bytes, at, side->base, TAPE_HELD);
        if (at == side->base) break;
        if (!in_hand(m, side, at)) model_fail(m, "held bytes lie before the base");
        drop_byte(side, at);
    }
    if (side->top < side->base) side->top = side->base;
}

static const model_source *source_of(const model_side *side, uint64_t packet)
{
    size_t low = 0, high = side->source_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (side->sources[middle].packet < packet)
            low = middle + 1;
        else
            high = middle;
    }
    return low < side->source_count && side->sources[low].packet == packet ? &side->sources[low]
                                                                           : NULL;
}

/* Of stamps that are more than 52 days (2^52 ns) apart weir promises nothing. */
static int far_apart(const model_side *side)
{
    uint64_t least = UINT64_MAX, most = 0;
    for (size_t i = 0; i < side->source_count; i++) {
        uint64_t time_ns = side->sources[i].time_ns;
        if (time_ns < least) least = time_ns;
        if (time_ns > most) most = time_ns;
    }
    return most - least > UINT64_C(1) << 52;
}

/* The span's packet carried bytes of that place, and was captured at that time: the coarsest that weir promises of
 * other times is 1.1 ms. */
static void check_origin(const model *m, const model_side *side, const weir_span *span,
                         int64_t place)
{
    const model_source *source = source_of(side, span->tag);
    if (!source) model_fail(m, "span of packet %" PRIu32 ", which was none of its", span->tag);
    int64_t begin = model_place(side, source->seq);
    if (place < begin || place + span->length > begin + source->length)
        model_fail(m, "packet %" PRIu32 " has no bytes of %" PRIu64 "+%" PRIu32, span->tag,
                   span->offset, span->length);
    uint64_t apart = span->time_ns > source->time_ns ? span->time_ns - source->time_ns
                                                     : source->time_ns - span->time_ns;
    if (apart > 1200000 && !far_apart(side))
        model_fail(m, "time of %" PRIu64 " is %" PRIu64 " ns off", span->offset, apart);
}

static void check_offset(const model *m, const model_side *side, uint64_t offset, uint64_t length)
{
    if (offset != side->next)
        model_fail(m, "event at %" PRIu64 ", the last one ended at %" PRIu64, offset, side->next);
    if (!length) model_fail(m, "empty event at %" PRIu64, offset);
    if (offset + length > side->stop)
        model_fail(m, "event to %" PRIu64 " beyond the stop at %" PRIu64, offset + length,
                   side->stop);
}

/* Of a byte that the packet in hand has overwritten, what was there before may go out if a limit made it go first. */
static int may_be(const model *m, const tape_cell *cell, uint8_t value)
{
    if (tape_may_be(cell, value)) return 1;
    return cell->packet == (uint32_t)m->packet && cell->was == TAPE_HELD &&
           cell->was_value == value;
}

/* ── urgent bytes ── */

#define REMEMBERED 8 /* urgent bytes ahead: weir_urgent in weir.h */

static uint32_t urgent_seq(const weir_segment *s)
{
    return s->seq + (s->urgent ? s->urgent - 1u : 0u);
}

static int has_urgent(const weir_segment *s)
{
    return s && (s->flags & (WEIR_TCP_URG | WEIR_TCP_SYN)) == WEIR_TCP_URG;
}

/* A segment that arrived says so; the one in hand is not noted yet. */
static int is_urgent(const model *m, const model_side *side, int64_t place)
{
    if (m->config.urgent == WEIR_URGENT_INLINE) return 0;
    if (m->arrival.side == side && has_urgent(m->segment) &&
        model_place(side, urgent_seq(m->segment)) == place)
        return 1;
    for (size_t i = 0; i < side->urgents.count; i++)
        if ((int64_t)side->urgents.list[i].clock_ns == place) return 1;
    return 0;
}

void model_urgent_add(const model *m, model_side *side)
{
    const model_arrival *a = &m->arrival;
    if (!has_urgent(m->segment) || a->side != side || a->begin == a->end) return;
    uint32_t seq = urgent_seq(m->segment);
    model_mark_add(&side->urgents, seq, (uint64_t)model_place(side, seq));
    size_t ahead = 0;
    for (size_t i = 0; i < side->urgents.count; i++)
        ahead += !side->based ||
                 model_place(side, side->urgents.list[i].seq) >= side->base + (int64_t)side->next;
    side->crowded |= ahead > REMEMBERED;
}

/* Out of the stream. */
static void take_urgent(model *m, model_side *side, tape_cell *cell)
{
    cell->state = TAPE_OUT;
    side->held--;
    side->next++;
    side->taken++;
    m->taken++;
}

void model_side_pass(model *m, model_side *side, uint64_t offset)
{
    if (offset > side->stop) offset = side->stop;
    while (m->config.urgent == WEIR_URGENT_DROPPED && side->based && side->next < offset) {
        int64_t place = side->base + (int64_t)side->next;
        tape_cell *cell = tape_have(&side->bytes, place);
        if (!cell || cell->state != TAPE_HELD || !is_urgent(m, side, place)) break;
        take_urgent(m, side, cell);
    }
}

void model_side_urgent(model *m, model_side *side, const weir_span *span)
{
    int64_t place = side->base + (int64_t)span->offset;
    check_offset(m, side, span->offset, span->length);
    check_origin(m, side, span, place);
    tape_cell *cell = tape_have(&side->bytes, place);
    if (m->config.urgent != WEIR_URGENT_OUT_OF_BAND) model_fail(m, "on_urgent, and nobody asked");
    if (span->length != 1 || !cell || cell->state != TAPE_HELD || !may_be(m, cell, span->data[0]) ||
        !is_urgent(m, side, place))
        model_fail(m, "byte %" PRIu64 " is not urgent", span->offset);
    take_urgent(m, side, cell);
    side->waits_ns = m->clock_ns;
}

/* ── data ── */

/* What waited was dropped as implausible while a packet that has the same place was in hand: then its byte is the
 * first, and it came only once. */
static void come_anew(model *m, const model_side *side, int64_t place, uint8_t value)
{
    model_arrival *a = &m->arrival;
    tape_cell *cell = tape_have(&side->bytes, place);
    if (!m->implausible || !in_hand(m, side, place) || cell->packet == (uint32_t)m->packet) return;
    uint8_t *what = &a->what[place - a->place];
    if (*what != MODEL_EQUAL && *what != MODEL_DIFFERENT && *what != MODEL_UNSURE) return;
    if (m->segment->payload[place - a->place] != value || tape_may_be(cell, value)) return;
    a->counts[*what]--;
    a->counts[MODEL_FRESH]++;
    *what = MODEL_FRESH;
    *cell = (tape_cell){.packet = (uint32_t)m->packet, .state = TAPE_HELD, .value = value};
}

void model_side_data(model *m, model_side *side, const weir_span *span)
{
    int64_t place = side->base + (int64_t)span->offset;
    int sure = side->urgents.count && !side->crowded && !model_refused(m);
    model_side_pass(m, side, span->offset);
    check_offset(m, side, span->offset, span->length);
    check_origin(m, side, span, place);
    for (uint32_t i = 0; i < span->length; i++) {
        tape_cell *cell = tape_have(&side->bytes, place + i);
        if (!cell || cell->state != TAPE_HELD)
            model_fail(m, "byte %" PRIu64 " is out and never came", span->offset + i);
        come_anew(m, side, place + i, span->data[i]);
        if (!may_be(m, cell, span->data[i]))
            model_fail(m, "byte %" PRIu64 " is %02x, not %02x", span->offset + i, span->data[i],
                       cell->value);
        if (sure && is_urgent(m, side, place + i))
            model_fail(m, "byte %" PRIu64 " is urgent", span->offset + i);
        cell->state = TAPE_OUT;
        cell->value = span->data[i];
        cell->more_count = 0;
    }
    side->held -= span->length;
    side->waits_ns = m->clock_ns;
    side->next += span->length;
    side->data_end = side->next;
    side->delivered += span->length;
}

/* ── holes ── */

/* The packet in hand has other bytes than some that wait: one of them is kept. */
void model_side_conflict(const model *m, const model_side *side, const weir_conflict *conflict)
{
    const uint8_t *fresh = conflict->kept_is_new ? conflict->kept : conflict->lost;
    const uint8_t *stored = conflict->kept_is_new ? conflict->lost : conflict->kept;
    int64_t place = side->base + (int64_t)conflict->offset;
    uint32_t differing = 0;
    if (m->side != side || !m->segment) model_fail(m, "a conflict with no packet");
    for (uint32_t i = 0; i < conflict->length; i++) {
        int64_t at = place + i - m->arrival.place;
        const tape_cell *cell = tape_have(&side->bytes, place + i);
        if (!in_hand(m, side, place + i) || m->segment->payload[at] != fresh[i])
            model_fail(m, "byte %" PRIu64 " of a conflict is not the packet's",
                       conflict->offset + i);
        if (!cell ||
            (conflict->kept_is_delivered ? cell->state != TAPE_OUT || cell->value != stored[i]
                                         : cell->state != TAPE_HELD || !may_be(m, cell, stored[i])))
            model_fail(m, "byte %" PRIu64 " of a conflict never came", conflict->offset + i);
        differing += fresh[i] != stored[i];
    }
    uint32_t last = conflict->length - 1;
    if (differing != conflict->differing || fresh[0] == stored[0] || fresh[last] == stored[last])
        model_fail(m, "a conflict of %" PRIu32 " bytes", conflict->differing);
    if (conflict->kept_is_delivered) {
        if (conflict->kept_is_new || conflict->kept_tag || conflict->kept_time_ns ||
            conflict->offset + m->config.recent_bytes < side->data_end)
            model_fail(m, "a conflict with what is long delivered");
        return;
    }
    if (knows_winner(m) && conflict->kept_is_new != (m->config.overlap == WEIR_OVERLAP_LAST))
        model_fail(m, "the wrong one won");
    if (!source_of(side, conflict->kept_is_new ? conflict->lost_tag : conflict->kept_tag))
        model_fail(m, "a conflict with nobody's bytes");
}

/* The packet in hand goes on where a segment ended that was refused as too far, or says that the peer has that: the
 * stream is there now. */
static int rejoins(const model *m, const model_side *side)
{
    const weir_segment *s = m->segment;
    for (size_t i = 0; s && i < side->fars.count; i++) {
        int32_t beyond = (int32_t)(s->ack - side->fars.list[i].seq);
        if (m->side == side && data_seq(s) == side->fars.list[i].seq) return 1;
        if (m->back == side && s->flags & WEIR_TCP_ACK && beyond > -(1 << 20) && beyond <= 1 << 30)
            return 1;
    }
    return 0;
}

static int ends_at_something(const model *m, const model_side *side, int64_t place)
{
    const tape_cell *cell = tape_have(&side->bytes, place);
    uint32_t seq = side->anchor + (uint32_t)place;
    if (cell && cell->state == TAPE_HELD) return 1;
    if (rejoins(m, side) && model_mark_has(&side->fars, seq)) return 1;
    if (side->base + (int64_t)side->stop == place || model_mark_has(&side->fins, seq)) return 1;
    const weir_segment *s = m->segment; /* its FIN is not noted yet */
    return s && s->flags & WEIR_TCP_FIN && data_seq(s) + s->wire_bytes == seq;
}

/* One past all that was seen, a FIN included. */
static int64_t seen_end(const model_side *side)
{
    int64_t end = side->top;
    for (size_t i = 0; i < side->fins.count; i++) {
        int64_t fin = model_place(side, side->fins.list[i].seq);
        if (fin >= end) end = fin + 1;
    }
    return end;
}

/* An ACK at its end or beyond, not beyond all that was seen and a FIN, a grace ago. */
static int was_acked(const model *m, const model_side *side, int64_t end)
{
    for (size_t i = 0; i < side->acks.count; i++) {
        int64_t place = model_place(side, side->acks.list[i].seq);
        if (place >= end && place <= seen_end(side) + 1 &&
            m->clock_ns - side->acks.list[i].clock_ns >= m->config.acked_hole_ns)
            return 1;
    }
    return 0;
}

/* A segment of which the capture lost the end, and that end is the hole or begins with it. */
static int was_cut(const model *m, const model_side *side, int64_t begin, int64_t end)
{
    const weir_segment *s = m->segment;
    if (s && data_seq(s) + s->payload_bytes == side->anchor + (uint32_t)begin &&
        s->wire_bytes - s->payload_bytes >= end - begin)
        return 1;
    for (size_t i = 0; i < side->source_count; i++) {
        const model_source *source = &side->sources[i];
        int64_t place = model_place(side, source->seq);
        if (source->wire > source->length && place + source->length <= begin &&
            place + source->wire >= end)
            return 1;
    }
    return 0;
}

static void check_cause(const model *m, const model_side *side, const weir_hole *hole)
{
    int64_t begin = side->base + (int64_t)hole->offset, end = begin + (int64_t)hole->length;
    if (hole->cause == WEIR_HOLE_ACKED && !was_acked(m, side, end) && !rejoins(m, side))
        model_fail(m, "hole at %" PRIu64 "+%" PRIu64 " was not acknowledged", hole->offset,
                   hole->length);
    if (hole->cause == WEIR_HOLE_TIMEOUT && hole->waited_ns < m->config.hole_timeout_ns)
        model_fail(m, "hole at %" PRIu64 " waited %" PRIu64 " ns only", hole->offset,
                   hole->waited_ns);
    if (hole->cause == WEIR_HOLE_TRUNCATED) {
        if (!was_cut(m, side, begin, end))
            model_fail(m, "hole at %" PRIu64 "+%" PRIu64 " was not cut", hole->offset,
                       hole->length);
    } else if (!ends_at_something(m, side, end)) {
        model_fail(m, "hole at %" PRIu64 "+%" PRIu64 " ends at nothing", hole->offset,
                   hole->length);
    }
}

/* The stream is somewhere else now, and so is what is in hand. */
static void forget_arrival(model *m, model_side *side)
{
    model_arrival *a = &m->arrival;
    if (a->side != side) return;
    for (uint32_t i = a->begin; i < a->end; i++)
        depart_byte(m, side, i);
    a->side = NULL;
}

void model_side_hole(model *m, model_side *side, const weir_hole *hole)
{
    if (hole->cause == WEIR_HOLE_ACKED && rejoins(m, side)) {
        if (m->side == side) forget_arrival(m, side);
        side->offers.count = 0;
    }
    model_side_pass(m, side, hole->offset);
    check_offset(m, side, hole->offset, hole->length);
    check_cause(m, side, hole);
    int64_t begin = side->base + (int64_t)hole->offset, end = begin + (int64_t)hole->length;
    int64_t there = tape_find(&side->bytes, begin, end, TAPE_HELD);
    for (; m->implausible && there < end; there = tape_find(&side->bytes, begin, end, TAPE_HELD))
        drop_byte(side, there);
    if (there < end)
        model_fail(m, "hole at %" PRIu64 "+%" PRIu64 " (%s) covers byte %" PRId64 ", which came",
                   hole->offset, hole->length, weir_hole_cause_name((int)hole->cause),
                   there - side->base);
    uint64_t hand = m->arrival.side == side ? m->arrival.end - m->arrival.begin : 0;
    if (!m->implausible && (hole->held_bytes > side->held || hole->held_bytes + hand < side->held))
        model_fail(m, "hole at %" PRIu64 " says %" PRIu64 " held, not %" PRIu64, hole->offset,
                   hole->held_bytes, side->held);
    if (hole->waited_ns > m->clock_ns - side->waits_ns)
        model_fail(m, "hole at %" PRIu64 " says it waited %" PRIu64 " ns, not %" PRIu64,
                   hole->offset, hole->waited_ns, m->clock_ns - side->waits_ns);
    side->waits_ns = m->clock_ns;
    side->next += hole->length;
    side->missing += hole->length;
    side->last_hole[0] = begin;
    side->last_hole[1] = end;
    side->last_offers = 0;
    side->holes++;
    side->moved_at = m->packet;
    if (side->top < end) side->top = end;
}

/* Not copied, unless the segment was joined from pieces: then it lies where the engine joins. */
static int is_in_hand(const model *m, const weir_span *span, const uint8_t *payload)
{
    return m->joined ? memcmp(span->data, payload, span->length) == 0 : span->data == payload;
}

void model_side_late(model *m, model_side *side, const weir_span *span)
{
    const model_arrival *a = &m->arrival;
    int64_t place = side->base + (int64_t)span->offset;
    if (!side->based || !span->length || span->offset + span->length > side->next)
        model_fail(m, "late bytes %" PRIu64 "+%" PRIu32 " not below next", span->offset,
                   span->length);
    if (a->side != side || span->tag != (uint32_t)m->packet || place < a->place + a->begin ||
        place + span->length > a->place + a->end ||
        !is_in_hand(m, span, m->segment->payload + (place - a->place)))
        model_fail(m, "late bytes are not of the packet in hand");
    side->last_offers += place >= side->last_hole[0];
    for (uint32_t i = 0; i < span->length; i++) {
        tape_cell *cell = tape_at(&side->bytes, place + i);
        if (cell->state == TAPE_OUT) model_fail(m, "late byte was delivered before");
        if (cell->state == TAPE_LATE) model_fail(m, "late byte was offered before");
        cell->state = TAPE_LATE;
    }
}

/* The last hole is remembered, as long as it is not in many pieces: its bytes are late, not duplicate. */
void model_side_offered(const model *m, const model_side *side)
{
    const model_arrival *a = &m->arrival;
    if (side->moved_at == m->packet || side->last_offers > 2) return;
    for (uint32_t i = a->begin; i < a->end; i++) {
        int64_t place = a->place + i;
        if (place < side->last_hole[0] || place >= side->last_hole[1]) continue;
        const tape_cell *cell = tape_have(&side->bytes, place);
        if (!cell || (cell->state != TAPE_OUT && cell->state != TAPE_LATE))
            model_fail(m, "late byte %" PRId64 " was not offered", place - side->base);
    }
}

void model_side_free(model_side *side)
{
    tape_free(&side->bytes);
    free(side->acks.list);
    free(side->fins.list);
    free(side->urgents.list);
    free(side->offers.list);
    free(side->fars.list);
    free(side->sources);
}
