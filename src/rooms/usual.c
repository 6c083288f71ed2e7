/* SPDX-License-Identifier: MIT */
#include "rooms/usual.h"

#include "rooms/ack.h"
#include "rooms/connection.h"
#include "rooms/direction.h"
#include "rooms/events.h"
#include "rooms/far.h"
#include "rooms/tally.h"
#include "rooms/twice.h"

enum {
    CHANGING = WEIR_TCP_SYN | WEIR_TCP_FIN | WEIR_TCP_RST | WEIR_TCP_URG,
    SENDER = WEIR_SIDE_SETTLING | WEIR_SIDE_AHEAD | WEIR_SIDE_FIN | WEIR_SIDE_FIN_PAST |
             WEIR_SIDE_ENDED | WEIR_SIDE_STOP | WEIR_SIDE_IGNORED | WEIR_SIDE_URGENT,
    RECEIVER = WEIR_SIDE_SETTLING | WEIR_SIDE_FIN
};

/* Nothing changes the connection, and none of its settings wants more of a segment than this room
 * does. */
static inline int is_quiet(const weir_way *way, const weir_segment *segment)
{
    const weir_record *record = way->record;
    if ((segment->flags & (CHANGING | WEIR_TCP_ACK)) != WEIR_TCP_ACK) return 0;
    if (way->side->flags & SENDER || record->side[way->s ^ 1].flags & RECEIVER) return 0;
    if (record->state != WEIR_STATE_OPEN || !way->core->unchecked) return 0;
    if (way->core->now_ns - record->last_ns >= way->core->young_ns) return 0;
    if (WEIR_LIKELY(!record->tally)) return 1;
    const weir_tally *tally = weir_tally_at(way->core, record->tally);
    return !(tally->candidate | tally->far);
}

/* `back` is the side whose bytes it acknowledges; if they were not seen there is nothing to compare
 * with. */
static inline int ack_is_usual(const weir_side *back, uint32_t ack)
{
    if (!(back->flags & WEIR_SIDE_BASED)) return 1;
    int64_t ahead = weir_seq_ahead(weir_seq_of(back->base, back->next), ack);
    return ahead <= 1 && (int64_t)back->next + ahead >= 0;
}

/* One byte may be a keepalive. */
static inline int payload_is_next(const weir_side *side, const weir_segment *segment)
{
    if (!segment->wire_bytes) return 1;
    return side->flags & WEIR_SIDE_BASED && segment->wire_bytes > 1 &&
           segment->payload_bytes == segment->wire_bytes &&
           segment->seq == weir_seq_of(side->base, side->next);
}

/* 1 if nothing is missing. */
static inline int is_usual(const weir_way *way, const weir_segment *segment)
{
    const weir_side *side = way->side, *back = &way->record->side[way->s ^ 1];
    return !(side->block | back->block) && ack_is_usual(back, segment->ack) &&
           payload_is_next(side, segment);
}

static inline void note_segment(const weir_way *way, const weir_segment *segment)
{
    way->core->touched = way->slot;
    way->side->flags |= WEIR_SIDE_SEEN;
    way->side->window = segment->window;
    weir_count(&way->core->stats.payload_bytes, segment->payload_bytes);
}

static inline void note_ack(weir_side *back, uint32_t ack)
{
    if (back->flags & WEIR_SIDE_ACKED && weir_seq_ahead(back->acked, ack) <= 0) return;
    back->acked = ack;
    back->flags |= WEIR_SIDE_ACKED;
}

static inline void deliver(const weir_way *way, const weir_segment *segment)
{
    uint64_t from = way->side->next, next = from + segment->payload_bytes;
    const weir_span span = {.data = segment->payload,
                            .offset = from,
                            .time_ns = segment->time_ns,
                            .length = segment->payload_bytes,
                            .tag = segment->tag};
    weir_count(&way->core->stats.delivered_bytes, segment->payload_bytes);
    way->side->next = next;
    way->core->segment_events = WEIR_DID_DELIVER;
    weir_events_data(way, &span, 1);
    if (WEIR_UNLIKELY(way->side->flags & WEIR_SIDE_STOP)) weir_direction_apply_stop(way);
    if (WEIR_UNLIKELY((from ^ next) >> 28)) weir_ack_age(way);
}

/* ── where something is missing ── */

/* Not before next, nor far beyond, whole, and no keepalive. */
static inline int payload_may_wait(const weir_side *side, const weir_segment *segment)
{
    uint32_t ahead = segment->seq - weir_seq_of(side->base, side->next);
    return side->flags & WEIR_SIDE_BASED && ahead <= WEIR_FAR_BYTES &&
           segment->payload_bytes == segment->wire_bytes &&
           (segment->wire_bytes > 1 || segment->seq + 1 != side->acked);
}

/* As rooms/admit.h would have it. */
static void cut_out(const weir_way *way, const weir_segment *segment, weir_piece *piece)
{
    const weir_side *side = way->side;
    uint32_t ahead = segment->seq - weir_seq_of(side->base, side->next);
    uint64_t begin = side->next + ahead, end = begin + segment->payload_bytes;
    *piece = (weir_piece){.data = segment->payload,
                          .begin = begin,
                          .end = end,
                          .segment_begin = begin,
                          .segment_end = end,
                          .time_ns = segment->time_ns,
                          .tag = segment->tag,
                          .base = side->base};
    if (ahead && begin < end) weir_tally_out_of_order(way);
}

WEIR_APART static weir_usual take_waiting(const weir_way *way, const weir_segment *segment,
                                          weir_piece *piece)
{
    weir_way back = weir_way_back(way);
    if (!back.side->block && !ack_is_usual(back.side, segment->ack)) return WEIR_USUAL_NOT;
    if (segment->wire_bytes && !payload_may_wait(way->side, segment)) return WEIR_USUAL_NOT;
    if (weir_twice_is(way, segment)) return WEIR_USUAL_NOT;
    note_segment(way, segment);
    if (back.side->block)
        weir_ack_take(&back, segment->ack);
    else
        note_ack(back.side, segment->ack);
    cut_out(way, segment, piece);
    return WEIR_USUAL_PIECE;
}

/* ── all ── */

weir_usual weir_usual_take(const weir_way *way, const weir_segment *segment, weir_piece *piece)
{
    if (WEIR_UNLIKELY(!is_quiet(way, segment))) return WEIR_USUAL_NOT;
    if (WEIR_UNLIKELY(!is_usual(way, segment))) return take_waiting(way, segment, piece);
    if (WEIR_UNLIKELY(weir_twice_seen(way, segment))) return WEIR_USUAL_NOT;
    note_segment(way, segment);
    note_ack(&way->record->side[way->s ^ 1], segment->ack);
    if (segment->payload_bytes) deliver(way, segment);
    weir_connection_touch(way->core, way->record, way->slot);
    return segment->payload_bytes ? WEIR_USUAL_DATA : WEIR_USUAL_ACK;
}
