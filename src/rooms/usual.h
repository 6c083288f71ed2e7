/* SPDX-License-Identifier: MIT */
/*
 * The usual segment: the next data, or a bare ACK, where nothing is missing.
 *
 *      connection        open, not due, no end in sight, no candidate, nothing refused as far
 *      both directions   nothing held, no base that settles, no stop
 *      flags             ACK, perhaps PSH; nothing that changes the connection
 *      sequence          next; a bare ACK's may be any
 *      acknowledgement   not before the base, not beyond what was seen
 *
 * That is what nearly every packet is (for hosts: Jacobson, "4BSD header prediction", 1990). All
 * that the rooms would do with one, of what they do in their order, is here in one place: the ACK
 * is noted, next moves on, the user is told. What is not exactly this goes through the rooms.
 *
 * Where only bytes are missing the way is half as short: all that is not about the bytes is done
 * here, as for the usual segment, and the bytes, at next or beyond it and whole, go to
 * rooms/direction.h at once.
 *
 * Cost: 180 instructions and the callback; 280 where bytes are missing, beside what holds them.
 */
#ifndef WEIR_USUAL_H
#define WEIR_USUAL_H

#include "rooms/ack.h"
#include "rooms/connection.h"
#include "rooms/direction.h"
#include "rooms/events.h"
#include "rooms/tally.h"
#include "rooms/twice.h"

/* What became of a segment. */
typedef enum weir_usual {
    WEIR_USUAL_NOT,  /* nothing: it is not usual, or a repeated packet (rooms/twice.h) */
    WEIR_USUAL_ACK,  /* it is, and brought no bytes */
    WEIR_USUAL_DATA, /* it is, and its bytes were delivered */
    WEIR_USUAL_PIECE /* it is but for its bytes: *piece, if it has any, is to be taken */
} weir_usual;

/* Takes a segment if it is usual. */
static inline weir_usual weir_usual_take(const weir_way *way, const weir_segment *segment,
                                         weir_piece *piece);

/* The same where bytes are missing. */
WEIR_APART weir_usual weir_usual_take_waiting(const weir_way *way, const weir_segment *segment,
                                              weir_piece *piece);

/* ──── bodies ──── */

enum {
    WEIR_USUAL_CHANGES = WEIR_TCP_SYN | WEIR_TCP_FIN | WEIR_TCP_RST | WEIR_TCP_URG,
    WEIR_USUAL_SENDER = WEIR_SIDE_SETTLING | WEIR_SIDE_AHEAD | WEIR_SIDE_FIN | WEIR_SIDE_FIN_PAST |
                        WEIR_SIDE_ENDED | WEIR_SIDE_STOP | WEIR_SIDE_IGNORED | WEIR_SIDE_URGENT,
    WEIR_USUAL_RECEIVER = WEIR_SIDE_SETTLING | WEIR_SIDE_FIN
};

/* Nothing changes the connection, and none of its settings wants more of a segment than this room
 * does. */
static inline int weir_usual_is_quiet(const weir_way *way, const weir_segment *segment)
{
    const weir_record *record = way->record;
    if ((segment->flags & (WEIR_USUAL_CHANGES | WEIR_TCP_ACK)) != WEIR_TCP_ACK) return 0;
    if (way->side->flags & WEIR_USUAL_SENDER ||
        record->side[way->s ^ 1].flags & WEIR_USUAL_RECEIVER)
        return 0;
    if (record->state != WEIR_STATE_OPEN || !way->core->unchecked) return 0;
    if (way->core->now_ns - record->last_ns >= way->core->young_ns) return 0;
    if (WEIR_LIKELY(!record->tally)) return 1;
    const weir_tally *tally = weir_tally_at(way->core, record->tally);
    return !(tally->candidate | tally->far);
}

/* `back` is the side whose bytes it acknowledges; if they were not seen there is nothing to compare
 * with. */
static inline int weir_usual_has_ack(const weir_side *back, uint32_t ack)
{
    if (!(back->flags & WEIR_SIDE_BASED)) return 1;
    int64_t ahead = weir_seq_ahead(weir_seq_of(back->base, back->next), ack);
    return ahead <= 1 && (int64_t)back->next + ahead >= 0;
}

/* One byte may be a keepalive. */
static inline int weir_usual_is_next(const weir_side *side, const weir_segment *segment)
{
    if (!segment->wire_bytes) return 1;
    return side->flags & WEIR_SIDE_BASED && segment->wire_bytes > 1 &&
           segment->payload_bytes == segment->wire_bytes &&
           segment->seq == weir_seq_of(side->base, side->next);
}

/* 1 if nothing is missing. */
static inline int weir_usual_is(const weir_way *way, const weir_segment *segment)
{
    const weir_side *side = way->side, *back = &way->record->side[way->s ^ 1];
    return !(side->block | back->block) && weir_usual_has_ack(back, segment->ack) &&
           weir_usual_is_next(side, segment);
}

static inline void weir_usual_note(const weir_way *way, const weir_segment *segment)
{
    way->core->touched = way->slot;
    way->side->flags |= WEIR_SIDE_SEEN;
    way->side->window = segment->window;
    weir_count(&way->core->stats.payload_bytes, segment->payload_bytes);
}

static inline void weir_usual_note_ack(weir_side *back, uint32_t ack)
{
    if (back->flags & WEIR_SIDE_ACKED && weir_seq_ahead(back->acked, ack) <= 0) return;
    back->acked = ack;
    back->flags |= WEIR_SIDE_ACKED;
}

static inline void weir_usual_deliver(const weir_way *way, const weir_segment *segment)
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

static inline weir_usual weir_usual_take(const weir_way *way, const weir_segment *segment,
                                         weir_piece *piece)
{
    if (WEIR_UNLIKELY(!weir_usual_is_quiet(way, segment))) return WEIR_USUAL_NOT;
    if (WEIR_UNLIKELY(!weir_usual_is(way, segment)))
        return weir_usual_take_waiting(way, segment, piece);
    if (WEIR_UNLIKELY(weir_twice_seen(way, segment))) return WEIR_USUAL_NOT;
    weir_usual_note(way, segment);
    weir_usual_note_ack(&way->record->side[way->s ^ 1], segment->ack);
    if (segment->payload_bytes) weir_usual_deliver(way, segment);
    weir_connection_touch(way->core, way->record, way->slot);
    return segment->payload_bytes ? WEIR_USUAL_DATA : WEIR_USUAL_ACK;
}

#endif
