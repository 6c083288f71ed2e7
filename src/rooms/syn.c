/* SPDX-License-Identifier: MIT */
#include "rooms/syn.h"

#include "rooms/ack.h"
#include "rooms/bits.h"
#include "rooms/direction.h"
#include "rooms/edge.h"
#include "rooms/hole.h"
#include "rooms/paws.h"
#include "rooms/tally.h"

#define BASE_BIAS      (UINT32_C(1) << 20) /* room below the first byte seen while a base settles */
#define LATE_SYN_BYTES 65536
#define SILENT_NS      WEIR_SECOND /* after this a SYN on a live tuple is believed at once */

int weir_syn_opens(const weir_engine_config *config, const weir_segment *segment)
{
    if (segment->flags & WEIR_TCP_RST) return 0;
    if (segment->flags & WEIR_TCP_SYN) return 1;
    return segment->wire_bytes && config->midstream;
}

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
int weir_syn_confirms(const weir_way *way, const weir_segment *segment)
{
    if (weir_bits_has(segment, WEIR_TCP_SYN | WEIR_TCP_ACK)) {
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
    return weir_bits_has(segment, WEIR_TCP_SYN | WEIR_TCP_ACK) &&
           weir_way_has(&back, WEIR_SIDE_SYN) && segment->ack == back.side->base;
}

/* A SYN was answered twice, with different numbers (fast open behind several servers does this):
 * the side begins anew with the answer that was taken up, if the other one brought no bytes. */
static int take_other_answer(const weir_way *way)
{
    weir_tally *tally = weir_tally_have(way);
    WEIR_ASSERT(tally);
    if (!tally->candidate_answers || way->side->next || way->side->block) return 0;
    tally->candidate = 0;
    way->side->base = tally->candidate_isn + 1;
    weir_way_clear(way, WEIR_SIDE_ACKED | WEIR_SIDE_AHEAD | WEIR_SIDE_FIN | WEIR_SIDE_FIN_PAST |
                            WEIR_SIDE_ENDED);
    return 1;
}

void weir_syn_answer_acked(const weir_way *way, uint32_t ack)
{
    const weir_tally *other = candidate_of(way, way->s);
    if (other && ack == other->candidate_isn + 1) take_other_answer(way);
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
               weir_syn_opens(&way->core->config, segment);
    if (way->record->cause != WEIR_CLOSE_RST || !segment->payload_bytes) return 0;
    if (!weir_syn_opens(&way->core->config, segment)) return 0;
    if (!weir_way_has(way, WEIR_SIDE_BASED)) return 1;
    return weir_way_offset(way, segment->seq + segment->payload_bytes) > (int64_t)way->side->next;
}

int weir_syn_supersedes(const weir_way *way, const weir_segment *segment)
{
    if (segment->flags & WEIR_TCP_RST) return 0;
    if (way->record->state == WEIR_STATE_TOMBSTONE) return tombstone_superseded(way, segment);
    if (weir_syn_confirms(way, segment))
        return !candidate_of(way, way->s) || !take_other_answer(way);
    if (!(segment->flags & WEIR_TCP_SYN) || !weir_way_has(way, WEIR_SIDE_BASED)) return 0;
    if (same_syn(way, segment) || own_late_syn(way, segment)) return 0;
    if (weir_bits_foreign(way->record, segment)) return 0;
    return !answers_same_syn(way, segment) && old_is_done(way);
}

static void set_base(const weir_way *way, uint32_t seq, uint32_t flags)
{
    way->side->base = seq;
    way->side->next = 0;
    weir_way_set(way, WEIR_SIDE_BASED | flags);
    weir_ack_doubt_early(way);
}

static void note_scale(const weir_way *way, const weir_segment *segment)
{
    uint32_t scale = segment->options & WEIR_OPTION_SCALE ? segment->window_scale : 0;
    weir_way_clear(way, WEIR_SIDE_SCALE_MASK);
    weir_way_set(way, scale > WEIR_SCALE_MOST ? WEIR_SCALE_MOST : scale);
}

/* A SYN+ACK is not believed if it acknowledges nothing that the other side sent. */
static int answers_other_side(const weir_way *back, const weir_segment *segment)
{
    if (!weir_bits_has(segment, WEIR_TCP_ACK) || !weir_way_has(back, WEIR_SIDE_SYN)) return 1;
    int64_t offset = weir_way_offset(back, segment->ack);
    return offset >= 0 && offset <= (int64_t)weir_hole_seen_end(back) + 1;
}

void weir_syn_drop(const weir_way *way)
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
    weir_syn_drop(way);
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

void weir_syn_take(const weir_way *way, const weir_segment *segment)
{
    weir_way back = weir_way_back(way);
    if (!weir_way_has(way, WEIR_SIDE_BASED)) {
        if (!answers_other_side(&back, segment) || weir_bits_foreign(way->record, segment)) return;
        set_base(way, segment->seq + 1, WEIR_SIDE_SYN);
        note_scale(way, segment);
        if (way->core->config.paws) weir_paws_begin(way, segment);
        if (weir_bits_has(segment, WEIR_TCP_ACK) && !weir_way_has(&back, WEIR_SIDE_BASED))
            set_base(&back, segment->ack, WEIR_SIDE_SYN);
    } else if (same_syn(way, segment)) {
        weir_count(&way->core->stats.retransmitted_segments, 1);
    } else if (own_late_syn(way, segment)) {
        adopt_late(way, segment);
    } else {
        note_candidate(way, segment);
    }
}

void weir_syn_confirmed(const weir_way *way, const weir_segment *segment)
{
    way->record->flags &= (uint8_t)~WEIR_RECORD_MIDSTREAM;
    set_base(way, segment->seq, WEIR_SIDE_SYN);
}

void weir_syn_missed(const weir_way *way, const weir_segment *segment)
{
    weir_side *side = way->side;
    int known =
        weir_way_has(way, WEIR_SIDE_ACKED) && weir_seq_ahead(segment->seq, side->acked) >= 0;
    set_base(way, segment->seq, 0);
    weir_edge_forget(way); /* if this is beyond it, it was too short */
    if (known || !segment->payload_bytes || weir_way_has(way, WEIR_SIDE_IGNORED)) return;
    if (!weir_hole_need(way, 0)) return;
    side->base = segment->seq - BASE_BIAS;
    side->next = BASE_BIAS;
    weir_hole_settle_later(way);
}
