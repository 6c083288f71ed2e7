/* SPDX-License-Identifier: MIT */
#include "rooms/control.h"

#include "rooms/connection.h"
#include "rooms/direction.h"
#include "rooms/far.h"
#include "rooms/hole.h"
#include "rooms/tally.h"

#define BASE_BIAS      (UINT32_C(1) << 20) /* room below the first byte seen while a base settles */
#define LATE_SYN_BYTES 65536
#define SILENT_NS      WEIR_SECOND /* after this a SYN on a live tuple is believed at once */
#define KEEPALIVE_NS   WEIR_SECOND /* no sender probes more often */
#define REPEATED_MS    10u
#define GAP_MORE       15u /* ms between two prints that cannot both be recent */
#define SCALE_UNKNOWN  15u
#define SCALE_MOST     14u /* RFC 7323, section 2.3 */

static uint32_t data_seq(const weir_segment *segment)
{
    return segment->seq + ((segment->flags & WEIR_TCP_SYN) != 0);
}

static int has(const weir_segment *segment, uint8_t flags)
{
    return (segment->flags & flags) == flags;
}

int weir_control_opens(const weir_engine_config *config, const weir_segment *segment)
{
    if (segment->flags & WEIR_TCP_RST) return 0;
    if (segment->flags & WEIR_TCP_SYN) return 1;
    return segment->wire_bytes && config->midstream;
}

/* ── SYN ── */

/* The SYN of a direction that was taken up midstream moments ago. */
static int own_late_syn(const weir_way *way, const weir_segment *segment)
{
    if (weir_way_has(way, WEIR_SIDE_SYN)) return 0;
    int64_t first = weir_way_offset(way, segment->seq + 1);
    if (weir_way_has(way, WEIR_SIDE_SETTLING)) {
        uint64_t lowest = weir_way_block(way)->hold.begin;
        return first >= 0 && (uint64_t)first <= lowest &&
               lowest - (uint64_t)first <= LATE_SYN_BYTES;
    }
    if (first == 0) return 1;
    uint64_t grace = way->core->config.acked_hole_ns;
    if (grace == WEIR_NEVER) grace = WEIR_GRACE_BASE_NS;
    return first < 0 && first >= -LATE_SYN_BYTES &&
           way->core->now_ns - way->record->start_ns <= grace;
}

static int same_syn(const weir_way *way, const weir_segment *segment)
{
    return weir_way_has(way, WEIR_SIDE_SYN) && way->side->base == segment->seq + 1;
}

static const weir_tally *candidate_of(const weir_way *way, uint32_t s)
{
    const weir_tally *tally = weir_tally_have(way);
    return tally && tally->candidate == 1 + s ? tally : NULL;
}

/* A SYN+ACK that acknowledges a candidate's SYN, or data where a candidate's stream begins. */
int weir_control_confirms(const weir_way *way, const weir_segment *segment)
{
    if (has(segment, WEIR_TCP_SYN | WEIR_TCP_ACK)) {
        const weir_tally *other = candidate_of(way, way->s ^ 1);
        if (other && segment->ack == other->candidate_isn + 1) return 1;
    }
    const weir_tally *own = candidate_of(way, way->s);
    return own && !(segment->flags & WEIR_TCP_SYN) && segment->payload_bytes &&
           segment->seq == own->candidate_isn + 1;
}

/* A SYN+ACK to the SYN that began this connection. */
static int answers_same_syn(const weir_way *way, const weir_segment *segment)
{
    weir_way back = weir_way_back(way);
    return has(segment, WEIR_TCP_SYN | WEIR_TCP_ACK) && weir_way_has(&back, WEIR_SIDE_SYN) &&
           segment->ack == back.side->base;
}

/* A SYN was answered twice, with different numbers (fast open behind several servers does this):
 * the side begins anew with the answer that was taken up, if the other one brought no bytes. */
static int take_other_answer(const weir_way *way)
{
    weir_tally *tally = weir_tally_have(way);
    if (!tally->candidate_answers || way->side->next || way->side->block) return 0;
    tally->candidate = 0;
    way->side->base = tally->candidate_isn + 1;
    weir_way_clear(way, WEIR_SIDE_ACKED | WEIR_SIDE_AHEAD | WEIR_SIDE_FIN | WEIR_SIDE_FIN_PAST |
                            WEIR_SIDE_ENDED);
    return 1;
}

static int old_is_done(const weir_way *way)
{
    const weir_record *record = way->record;
    if (record->state == WEIR_STATE_LINGER) return 1;
    if (record->side[0].flags & record->side[1].flags & WEIR_SIDE_ENDED) return 1;
    return way->core->now_ns - record->last_ns >= SILENT_NS;
}

static int tombstone_superseded(const weir_way *way, const weir_segment *segment)
{
    if (segment->flags & WEIR_TCP_SYN)
        return !same_syn(way, segment) && !answers_same_syn(way, segment) &&
               weir_control_opens(&way->core->config, segment);
    if (way->record->cause != WEIR_CLOSE_RST || !segment->payload_bytes) return 0;
    if (!weir_control_opens(&way->core->config, segment)) return 0;
    if (!weir_way_has(way, WEIR_SIDE_BASED)) return 1;
    return weir_way_offset(way, segment->seq + segment->payload_bytes) > (int64_t)way->side->next;
}

int weir_control_supersedes(const weir_way *way, const weir_segment *segment)
{
    if (segment->flags & WEIR_TCP_RST) return 0;
    if (way->record->state == WEIR_STATE_TOMBSTONE) return tombstone_superseded(way, segment);
    if (weir_control_confirms(way, segment))
        return !candidate_of(way, way->s) || !take_other_answer(way);
    if (!(segment->flags & WEIR_TCP_SYN) || !weir_way_has(way, WEIR_SIDE_BASED)) return 0;
    if (same_syn(way, segment) || own_late_syn(way, segment)) return 0;
    return !answers_same_syn(way, segment) && old_is_done(way);
}

static void doubt_early_ack(const weir_way *way);

static void set_base(const weir_way *way, uint32_t seq, uint32_t flags)
{
    way->side->base = seq;
    way->side->next = 0;
    weir_way_set(way, WEIR_SIDE_BASED | flags);
    doubt_early_ack(way);
}

static void note_scale(const weir_way *way, const weir_segment *segment)
{
    uint32_t scale = segment->options & WEIR_OPTION_SCALE ? segment->window_scale : 0;
    weir_way_clear(way, WEIR_SIDE_SCALE_MASK);
    weir_way_set(way, scale > SCALE_MOST ? SCALE_MOST : scale);
}

/* A SYN+ACK is not believed if it acknowledges nothing that the other side sent. */
static int answers_other_side(const weir_way *back, const weir_segment *segment)
{
    if (!has(segment, WEIR_TCP_ACK) || !weir_way_has(back, WEIR_SIDE_SYN)) return 1;
    int64_t offset = weir_way_offset(back, segment->ack);
    return offset >= 0 && offset <= (int64_t)weir_hole_seen_end(back) + 1;
}

static void drop_candidate(const weir_way *way)
{
    weir_tally *tally = weir_tally_have(way);
    if (!tally || !tally->candidate) return;
    tally->candidate = 0;
    weir_count(&way->core->stats.candidates_dropped, 1);
}

static void note_candidate(const weir_way *way, const weir_segment *segment)
{
    const weir_tally *old = candidate_of(way, way->s);
    if (old && old->candidate_isn == segment->seq) return;
    drop_candidate(way);
    weir_tally *tally = weir_tally_need(way);
    if (!tally) return;
    tally->candidate = (uint8_t)(1 + way->s);
    tally->candidate_isn = segment->seq;
    tally->candidate_answers = (uint8_t)answers_same_syn(way, segment);
}

/* The late SYN of a direction taken up midstream: the base is certain now. */
static void adopt_late(const weir_way *way, const weir_segment *segment)
{
    if (weir_way_has(way, WEIR_SIDE_SETTLING))
        weir_direction_settle(way, (uint64_t)weir_way_offset(way, segment->seq + 1));
    if (way->side->base == segment->seq + 1) weir_way_set(way, WEIR_SIDE_SYN);
    note_scale(way, segment);
}

void weir_control_syn(const weir_way *way, const weir_segment *segment)
{
    weir_way back = weir_way_back(way);
    if (!weir_way_has(way, WEIR_SIDE_BASED)) {
        if (!answers_other_side(&back, segment)) return;
        set_base(way, segment->seq + 1, WEIR_SIDE_SYN);
        note_scale(way, segment);
        if (has(segment, WEIR_TCP_ACK) && !weir_way_has(&back, WEIR_SIDE_BASED))
            set_base(&back, segment->ack, WEIR_SIDE_SYN);
    } else if (same_syn(way, segment)) {
        weir_count(&way->core->stats.retransmitted_segments, 1);
    } else if (own_late_syn(way, segment)) {
        adopt_late(way, segment);
    } else {
        note_candidate(way, segment);
    }
}

void weir_control_confirmed(const weir_way *way, const weir_segment *segment)
{
    way->record->flags &= (uint8_t)~WEIR_RECORD_MIDSTREAM;
    set_base(way, segment->seq, WEIR_SIDE_SYN);
}

/* ── ACK ── */

/* The highest ACK that may be believed: all that was seen, and a FIN that the capture lost. */
static int64_t believable_end(const weir_way *way)
{
    return (int64_t)weir_hole_seen_end(way) + !weir_way_has(way, WEIR_SIDE_FIN);
}

static int fin_acknowledged(const weir_way *way)
{
    return weir_way_has(way, WEIR_SIDE_FIN | WEIR_SIDE_ACKED) &&
           weir_seq_ahead(way->side->fin, way->side->acked) > 0;
}

static void cancel_fin(const weir_way *way)
{
    weir_way_clear(way, WEIR_SIDE_FIN | WEIR_SIDE_FIN_PAST | WEIR_SIDE_ENDED);
    weir_count(&way->core->stats.fins_cancelled, 1);
    const weir_block *block = weir_way_block(way);
    if (block && !block->hold.records) weir_hole_free(way);
}

static void believe_ack(const weir_way *way, uint32_t ack)
{
    weir_side *side = way->side;
    if (!weir_way_has(way, WEIR_SIDE_ACKED) || weir_seq_ahead(side->acked, ack) > 0) {
        side->acked = ack;
        weir_way_set(way, WEIR_SIDE_ACKED);
    }
    int64_t offset = weir_way_has(way, WEIR_SIDE_BASED) ? weir_way_offset(way, ack) : -1;
    if (offset >= 0) weir_hole_acked(way, (uint64_t)offset);
}

/* Beyond all that was seen: captured ahead of its data, or forged. The nearest one is kept. */
static void keep_ahead(const weir_way *way, uint32_t ack, int64_t offset)
{
    weir_side *side = way->side;
    if (offset - (int64_t)side->next > WEIR_FAR_BYTES) return;
    if (weir_way_has(way, WEIR_SIDE_FIN) && !fin_acknowledged(way)) cancel_fin(way);
    if (weir_way_has(way, WEIR_SIDE_AHEAD) && weir_way_offset(way, side->ahead) <= offset) return;
    side->ahead = ack;
    weir_way_set(way, WEIR_SIDE_AHEAD);
}

/* One that came before the base was known is believed no further than any other. */
static void doubt_early_ack(const weir_way *way)
{
    if (!weir_way_has(way, WEIR_SIDE_ACKED)) return;
    int64_t offset = weir_way_offset(way, way->side->acked);
    if (offset <= believable_end(way)) return;
    weir_way_clear(way, WEIR_SIDE_ACKED);
    keep_ahead(way, way->side->acked, offset);
}

/* The capture lost more than anybody waits for: the stream goes on at `seq`. */
static void rejoin(const weir_way *way, uint32_t seq)
{
    weir_far_forget(way);
    if (weir_way_has(way, WEIR_SIDE_FIN)) cancel_fin(way);
    weir_way_clear(way, WEIR_SIDE_ACKED | WEIR_SIDE_AHEAD);
    weir_direction_rejoin(way, seq);
}

void weir_control_acknowledged(const weir_way *way, uint32_t ack)
{
    if (!weir_way_has(way, WEIR_SIDE_BASED)) {
        believe_ack(way, ack);
        return;
    }
    const weir_tally *other = candidate_of(way, way->s);
    if (other && ack == other->candidate_isn + 1) take_other_answer(way);
    uint32_t end;
    if (weir_far_acknowledged(way, ack, &end) && !fin_acknowledged(way)) rejoin(way, end);
    int64_t offset = weir_way_offset(way, ack);
    if (weir_way_has(way, WEIR_SIDE_SETTLING)) {
        uint64_t lowest = weir_way_block(way)->hold.begin;
        if (offset >= (int64_t)lowest) weir_direction_settle(way, lowest);
        offset = weir_way_offset(way, ack);
    }
    if (offset > believable_end(way))
        keep_ahead(way, ack, offset);
    else
        believe_ack(way, ack);
}

/* Data may have reached the ACK that was kept aside. */
static void review_ahead(const weir_way *way)
{
    if (!weir_way_has(way, WEIR_SIDE_AHEAD | WEIR_SIDE_BASED)) return;
    if (weir_way_offset(way, way->side->ahead) > believable_end(way)) return;
    weir_way_clear(way, WEIR_SIDE_AHEAD);
    believe_ack(way, way->side->ahead);
}

/* ── base, payload, FIN ── */

void weir_control_base(const weir_way *way, const weir_segment *segment)
{
    weir_side *side = way->side;
    if (weir_way_has(way, WEIR_SIDE_BASED)) return;
    int known =
        weir_way_has(way, WEIR_SIDE_ACKED) && weir_seq_ahead(segment->seq, side->acked) >= 0;
    set_base(way, segment->seq, 0);
    if (known || !segment->payload_bytes || weir_way_has(way, WEIR_SIDE_IGNORED)) return;
    if (!weir_hole_need(way, 0)) return;
    side->base = segment->seq - BASE_BIAS;
    side->next = BASE_BIAS;
    weir_hole_settle_later(way);
}

void weir_control_fin(const weir_way *way, const weir_segment *segment)
{
    uint32_t fin = data_seq(segment) + segment->wire_bytes;
    int64_t offset = weir_way_offset(way, fin);
    if (offset < (int64_t)way->side->next || offset - (int64_t)way->side->next > WEIR_FAR_BYTES)
        return;
    if (weir_way_has(way, WEIR_SIDE_FIN)) {
        if (fin == way->side->fin || fin_acknowledged(way)) return;
        cancel_fin(way);
    }
    way->side->fin = fin;
    weir_way_set(way, WEIR_SIDE_FIN);
    if ((uint64_t)offset > way->side->next && !weir_way_over(way)) weir_hole_need(way, 0);
    weir_direction_release(way);
}

/* Bytes beyond the announced end: the second such segment disproves it, unless the receiver
 * confirmed it. */
static void limit_to_fin(const weir_way *way, weir_piece *piece, int repeated)
{
    if (!weir_way_has(way, WEIR_SIDE_FIN)) return;
    int64_t fin = weir_way_offset(way, way->side->fin);
    if ((int64_t)piece->end <= fin) return;
    if (!fin_acknowledged(way)) {
        if (weir_way_has(way, WEIR_SIDE_FIN_PAST) && !repeated) {
            cancel_fin(way);
            return;
        }
        weir_way_set(way, WEIR_SIDE_FIN_PAST);
    }
    uint64_t end = weir_max64((uint64_t)(fin < 0 ? 0 : fin), piece->begin);
    weir_tally_discard(way, WEIR_DISCARDED_AFTER_FIN, piece->end - end);
    piece->end = end;
    piece->cut = 0;
}

/* No packet of the connection for as long as no sender waits less between probes. The stamp of this
 * one may still be doubted: then the clock does not know it. */
static int was_silent(const weir_way *way, const weir_segment *segment)
{
    uint64_t now_ns = weir_max64(way->core->now_ns, segment->time_ns);
    return now_ns - way->record->last_ns >= KEEPALIVE_NS;
}

/* One byte that ends where the receiver's knowledge does is a probe, not data, even inside a hole.
 * Beyond what was delivered it may be data all the same, at taps that show an ACK first: but not
 * after a silence, before which nobody probes; and the same packet twice is the same twice. */
static int is_keepalive(const weir_way *way, const weir_segment *segment, int repeated)
{
    const weir_side *side = way->side;
    uint32_t end = data_seq(segment) + 1;
    int known = weir_way_has(way, WEIR_SIDE_ACKED) && end == side->acked;
    int ahead = weir_way_has(way, WEIR_SIDE_AHEAD) && end == side->ahead;
    if (segment->wire_bytes != 1 || !(known || ahead)) return 0;
    return weir_way_offset(way, end) <= (int64_t)side->next || repeated || was_silent(way, segment);
}

/* 1 if it is too far away to be of this stream, by all that is known. */
static int refused_far(const weir_way *way, uint32_t seq, uint32_t bytes)
{
    if (!weir_far_is(way, weir_way_offset(way, seq))) return 0;
    if (weir_far_goes_on(way, seq) && !fin_acknowledged(way)) {
        rejoin(way, seq);
        return 0;
    }
    weir_far_note(way, seq + bytes);
    return 1;
}

int weir_control_payload(const weir_way *way, const weir_segment *segment, int repeated,
                         weir_piece *piece)
{
    uint32_t bytes = segment->payload_bytes;
    int keepalive = is_keepalive(way, segment, repeated);
    if (keepalive || refused_far(way, data_seq(segment), segment->wire_bytes)) {
        weir_tally_discard(way, keepalive ? WEIR_DISCARDED_KEEPALIVE : WEIR_DISCARDED_WINDOW,
                           bytes);
        return 0;
    }
    int64_t offset = weir_way_offset(way, data_seq(segment));
    uint32_t before = offset >= 0 ? 0 : (uint32_t)(-offset < bytes ? -offset : bytes);
    weir_tally_discard(way, WEIR_DISCARDED_BEFORE_BASE, before);
    if (offset < 0 && before == bytes) return 0;
    *piece = (weir_piece){.data = segment->payload + before,
                          .begin = (uint64_t)(offset + before),
                          .end = (uint64_t)(offset + bytes),
                          .time_ns = segment->time_ns,
                          .tag = segment->tag,
                          .base = way->side->base,
                          .cut = segment->wire_bytes - bytes};
    limit_to_fin(way, piece, repeated);
    piece->segment_begin = piece->begin;
    piece->segment_end = piece->end;
    return piece->begin < piece->end || piece->cut;
}

/* ── RST ── */

/* RFC 5961, section 3.2, for one who does not know what the receiver expects: the number proves
 * something if it is what weir expects, the end of all that was seen, or what the peer
 * acknowledged. */
static int reset_proves(const weir_way *way, const weir_segment *segment)
{
    const weir_side *side = way->side;
    if (weir_way_has(way, WEIR_SIDE_ACKED) && segment->seq == side->acked) return 1;
    if (weir_way_has(way, WEIR_SIDE_BASED)) {
        int64_t offset = weir_way_offset(way, segment->seq);
        const weir_block *block = weir_way_block(way);
        if (block && block->hold.records && offset == (int64_t)block->hold.end) return 1;
        if (weir_way_has(way, WEIR_SIDE_SETTLING))
            return 0; /* `next` is no number of the stream's yet */
        return offset == (int64_t)side->next || offset == (int64_t)weir_hole_seen_end(way);
    }
    weir_way back =
        weir_way_back(way); /* SYN-SENT: it must acknowledge the SYN, and may its data */
    if (!weir_way_has(&back, WEIR_SIDE_SYN) || !has(segment, WEIR_TCP_ACK)) return 0;
    int64_t offset = weir_way_offset(&back, segment->ack);
    return offset >= 0 && offset <= (int64_t)weir_hole_seen_end(&back);
}

static int in_window(const weir_way *way, const weir_segment *segment)
{
    weir_way back = weir_way_back(way);
    if (!weir_way_has(way, WEIR_SIDE_BASED)) return 1;
    int64_t ahead = weir_way_offset(way, segment->seq) - (int64_t)way->side->next;
    uint32_t scale = back.side->flags & WEIR_SIDE_SCALE_MASK;
    if (scale == SCALE_UNKNOWN) scale = SCALE_MOST;
    int64_t window =
        weir_way_has(&back, WEIR_SIDE_SEEN) ? (int64_t)back.side->window << scale : WEIR_FAR_BYTES;
    return ahead >= 0 && ahead < window;
}

int weir_control_reset(const weir_way *way, const weir_segment *segment)
{
    weir_record *record = way->record;
    if (reset_proves(way, segment)) return 1;
    weir_count(&way->core->stats.resets_doubted, 1);
    if (in_window(way, segment) && record->state < WEIR_STATE_LINGER) {
        record->cause = WEIR_CLOSE_RST;
        record->last_ns = way->core->now_ns;
        weir_connection_become(way->core, way->slot, WEIR_STATE_LINGER);
    }
    return 0;
}

/* ── afterwards ── */

static int all_ended(const weir_way *way, const weir_way *back)
{
    return weir_way_has(way, WEIR_SIDE_ENDED) && weir_way_has(back, WEIR_SIDE_ENDED);
}

/* Silence will close it: both ended but unconfirmed, or one ended and the other was never seen. */
static void linger_if_ended(const weir_way *way, const weir_way *back)
{
    weir_record *record = way->record;
    if (record->state >= WEIR_STATE_LINGER || !weir_way_has(way, WEIR_SIDE_ENDED)) return;
    if (!all_ended(way, back) && weir_way_has(back, WEIR_SIDE_SEEN)) return;
    record->cause = WEIR_CLOSE_FIN;
    record->last_ns = way->core->now_ns;
    weir_connection_become(way->core, way->slot, WEIR_STATE_LINGER);
}

/* 1 if both directions have ended beyond doubt; without that, silence may have to close it. */
static int closed_by_fins(const weir_way *way, const weir_way *back)
{
    if (all_ended(way, back) && fin_acknowledged(way) && fin_acknowledged(back)) return 1;
    linger_if_ended(way, back);
    return 0;
}

static int handshake_done(const weir_way *way, const weir_way *back)
{
    uint32_t flags = WEIR_SIDE_SYN | WEIR_SIDE_ACKED;
    return (weir_way_has(way, flags) && weir_way_has(back, flags)) ||
           way->record->flags & WEIR_RECORD_HEARD;
}

int weir_control_after(const weir_way *way, uint64_t before)
{
    weir_core *core = way->core;
    weir_record *record = way->record;
    weir_way back = weir_way_back(way);
    review_ahead(way);
    if (weir_way_over(way)) return 0;
    int advanced = core->segment_events & WEIR_DID_DELIVER ||
                   (way->side->next > before && !weir_way_has(way, WEIR_SIDE_SETTLING));
    if (advanced) drop_candidate(way);
    if (advanced || core->segment_events & WEIR_DID_HOLD) {
        if (record->state == WEIR_STATE_LINGER)
            weir_connection_become(core, way->slot, WEIR_STATE_OPEN);
    }
    if (record->state == WEIR_STATE_HALF_OPEN && handshake_done(way, &back))
        weir_connection_become(core, way->slot, WEIR_STATE_OPEN);
    return closed_by_fins(way, &back);
}

void weir_control_gave_up(const weir_way *way)
{
    weir_way back = weir_way_back(way);
    if (!weir_way_over(way) && closed_by_fins(way, &back))
        weir_connection_close(way->core, way->slot, WEIR_CLOSE_FIN, WEIR_HOLE_CLOSE);
}

/* ── the same packet twice ── */

static uint32_t print_of(const weir_segment *segment)
{
    uint64_t mix = ((uint64_t)segment->seq << 32 | segment->ack) * UINT64_C(0x9e3779b97f4a7c15);
    mix ^= (uint64_t)segment->wire_bytes << 40 ^ (uint64_t)segment->flags << 32 ^
           (uint64_t)segment->window << 16 ^ segment->ip_id;
    mix = (mix ^ mix >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    mix = (mix ^ segment->ts_value ^ mix >> 32) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(mix >> 32) | 1u; /* 0 is none */
}

int weir_control_repeated(const weir_way *way, const weir_segment *segment)
{
    weir_record *record = way->record;
    uint32_t *prints = way->side->prints, print = print_of(segment), shift = 4 * way->s;
    uint16_t now_ms = (uint16_t)(way->core->now_ns / WEIR_MILLISECOND);
    uint32_t since_ms = (uint16_t)(now_ms - record->print_ms[way->s]);
    uint32_t gap_ms = record->print_gap >> shift & GAP_MORE;
    int recent = way->core->now_ns - record->last_ns <= REPEATED_MS * WEIR_MILLISECOND;
    if (recent && prints[0] == print && since_ms <= REPEATED_MS) return 1;
    if (recent && prints[1] == print && since_ms + gap_ms <= REPEATED_MS) return 1;
    gap_ms = recent && since_ms < GAP_MORE ? since_ms : GAP_MORE;
    record->print_gap = (uint8_t)((record->print_gap & ~(GAP_MORE << shift)) | gap_ms << shift);
    record->print_ms[way->s] = now_ms;
    prints[1] = prints[0];
    prints[0] = print;
    return 0;
}
