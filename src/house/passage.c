/* SPDX-License-Identifier: MIT */
#include "house/passage.h"

#include "house/pressure.h"
#include "rooms/ack.h"
#include "rooms/admit.h"
#include "rooms/connection.h"
#include "rooms/control.h"
#include "rooms/direction.h"
#include "rooms/edge.h"
#include "rooms/fin.h"
#include "rooms/paws.h"
#include "rooms/reset.h"
#include "rooms/syn.h"
#include "rooms/tally.h"
#include "rooms/twice.h"
#include "rooms/usual.h"

static uint8_t verdict_of(uint32_t events)
{
    if (events & WEIR_DID_DELIVER) return WEIR_PACKET_DELIVERED;
    if (events & WEIR_DID_HOLD) return WEIR_PACKET_HELD;
    if (events & WEIR_DID_REPEAT) return WEIR_PACKET_DUPLICATE;
    return events & WEIR_DID_DISCARD ? WEIR_PACKET_DISCARDED : WEIR_PACKET_CONTROL;
}

/* What is due for this connection is applied before it is touched: its record may be too old. */
static weir_slot forget_if_due(weir_core *core, weir_slot slot)
{
    if (!slot || weir_connection_deadline(core, slot) > core->now_ns) return slot;
    weir_connection_remove(core, slot, weir_connection_expiry(core, slot), WEIR_HOLE_CLOSE);
    return 0;
}

/* The record that the segment belongs to, opened if need be. `slot`: that of its key, or 0. 0 if
 * there is none; *cause says why. */
static weir_slot keep_or_open(weir_engine *engine, weir_slot slot, const weir_key *key,
                              const weir_segment *segment, int *cause)
{
    weir_core *core = &engine->core;
    int confirmed = 0;
    slot = forget_if_due(core, slot);
    if (slot) {
        weir_way way = weir_way_of(core, slot, key->sender);
        const weir_tally *tally = weir_tally_have(&way);
        int common = way.record->state != WEIR_STATE_TOMBSTONE && !(tally && tally->candidate);
        if (WEIR_LIKELY(common && !(segment->flags & WEIR_TCP_SYN))) return slot;
        if (!weir_syn_supersedes(&way, segment)) return slot;
        confirmed = weir_syn_confirms(&way, segment);
        int lingers = way.record->state == WEIR_STATE_LINGER; /* it had ended: it says why */
        weir_connection_remove(core, slot,
                               lingers ? weir_connection_expiry(core, slot) : WEIR_CLOSE_REPLACED,
                               WEIR_HOLE_CLOSE);
    }
    *cause = WEIR_IGNORED_NO_CONNECTION;
    if (!weir_syn_opens(&core->config, segment)) return 0;
    *cause = WEIR_IGNORED_NO_MEMORY;
    slot = weir_pressure_open(engine, key, segment);
    if (!slot) return 0;
    weir_way way = weir_way_of(core, slot, key->sender);
    if (confirmed && !(segment->flags & WEIR_TCP_SYN)) weir_syn_confirmed(&way, segment);
    weir_connection_announce(core, slot);
    return slot;
}

static void take_payload(weir_engine *engine, const weir_way *way, const weir_segment *segment,
                         int repeated)
{
    weir_piece piece;
    if (weir_way_over(way)) {
        weir_tally_discard(way, WEIR_DISCARDED_CLOSED, segment->payload_bytes);
        return;
    }
    if (!segment->wire_bytes) return;
    if (!weir_admit_payload(way, segment, repeated, &piece)) return;
    if (piece.begin > way->side->next &&
        !(way->side->flags & (WEIR_SIDE_IGNORED | WEIR_SIDE_SETTLING)))
        weir_tally_out_of_order(way);
    weir_pressure_take(engine, way, &piece);
}

/* The packet in hand is the connection's last. */
static void close_with(const weir_way *way, weir_close_cause cause)
{
    way->record->last_ns = way->core->now_ns;
    weir_connection_close(way->core, way->slot, cause, WEIR_HOLE_CLOSE);
}

/* A reset closes, or not; its payload is no stream data (RFC 9293, section 3.10.7). */
static void take_reset(const weir_way *way, const weir_segment *segment)
{
    weir_tally_discard(way, WEIR_DISCARDED_RST, segment->payload_bytes);
    uint32_t events = way->core->segment_events;
    if (weir_reset_take(way, segment)) close_with(way, WEIR_CLOSE_RST);
    way->core->segment_events = events; /* what had waited went out: not this packet's */
}

static void take_control(const weir_way *way, const weir_segment *segment)
{
    weir_way back = weir_way_back(way);
    uint8_t flags = segment->flags; /* a host looks for RST first: then a SYN is none */
    if ((flags & (WEIR_TCP_SYN | WEIR_TCP_RST)) == WEIR_TCP_SYN) weir_syn_take(way, segment);
    if (flags & WEIR_TCP_ACK) weir_ack_take(&back, segment->ack);
}

static void offer_window(const weir_way *way, const weir_segment *segment)
{
    weir_way back = weir_way_back(way);
    weir_edge_offered(&back, segment);
}

/* A SYN that is only a candidate brings no bytes of this connection. */
static int is_candidate(const weir_way *way, const weir_segment *segment)
{
    if (!(segment->flags & WEIR_TCP_SYN)) return 0;
    if (!weir_way_has(way, WEIR_SIDE_BASED)) return 1; /* it was not believed */
    return way->side->base != segment->seq + 1 && !weir_way_has(way, WEIR_SIDE_SETTLING);
}

/* The segment's bytes are dealt with. `fresh`: what it repeats is a retransmission. */
static void conclude(const weir_way *way, uint64_t before, int fresh)
{
    weir_core *core = way->core;
    weir_count(&core->stats.retransmitted_segments,
               fresh && (core->segment_events & WEIR_DID_REPEAT) != 0);
    if (weir_control_after(way, before)) close_with(way, WEIR_CLOSE_FIN);
    weir_connection_touch(core, way->record, way->slot);
}

static void take_live(weir_engine *engine, const weir_way *way, const weir_segment *segment,
                      int repeated)
{
    uint64_t before = way->side->next;
    weir_way_set(way, WEIR_SIDE_SEEN);
    if (WEIR_UNLIKELY(way->core->config.paws) &&
        !(segment->flags & (WEIR_TCP_SYN | WEIR_TCP_RST)) && weir_paws_refuses(way, segment)) {
        weir_tally_discard(way, WEIR_DISCARDED_PAWS, segment->payload_bytes);
        return;
    }
    way->side->window = segment->window;
    if (!repeated) take_control(way, segment);
    engine->core.segment_events = 0; /* what an ACK settled went out: not this packet's */
    if (segment->flags & WEIR_TCP_RST) {
        take_reset(way, segment);
        return;
    }
    if (is_candidate(way, segment)) {
        weir_tally_discard(way, WEIR_DISCARDED_CANDIDATE, segment->payload_bytes);
        return;
    }
    if (WEIR_UNLIKELY(way->core->config.validate_window) && segment->flags & WEIR_TCP_ACK)
        offer_window(way, segment);
    if (!weir_way_has(way, WEIR_SIDE_BASED) &&
        (segment->wire_bytes || segment->flags & WEIR_TCP_FIN))
        weir_syn_missed(way, segment);
    if (segment->flags & WEIR_TCP_FIN && !repeated) weir_fin_take(way, segment);
    take_payload(engine, way, segment, repeated);
    conclude(way, before, !repeated && !(segment->flags & WEIR_TCP_SYN)); /* counted as SYNs */
}

/* Closed in on_open: by its SYN's number what still comes of it is told from another connection. */
static void note_syn(const weir_way *way, const weir_segment *segment)
{
    if (segment->flags & WEIR_TCP_SYN && !weir_way_has(way, WEIR_SIDE_BASED))
        weir_syn_take(way, segment);
}

/* Any segment, through all rooms. */
static uint8_t take_any(weir_engine *engine, weir_slot slot, const weir_segment *segment,
                        const weir_key *key)
{
    weir_core *core = &engine->core;
    int cause = 0;
    slot = keep_or_open(engine, slot, key, segment, &cause);
    if (!slot) {
        weir_count(&core->stats.ignored_packets[cause], 1);
        return (uint8_t)(WEIR_PACKET_IGNORED + cause);
    }
    core->segment_events = 0;
    core->touched = slot;
    weir_count(&core->stats.payload_bytes, segment->payload_bytes);
    weir_way way = weir_way_of(core, slot, key->sender);
    int repeated = weir_twice_is(&way, segment);
    weir_count(&core->stats.duplicate_packets, repeated != 0);
    if (!weir_way_over(&way)) {
        take_live(engine, &way, segment, repeated);
    } else {
        if (way.record->state == WEIR_STATE_DOOMED) note_syn(&way, segment);
        weir_tally_discard(&way, WEIR_DISCARDED_CLOSED, segment->payload_bytes);
    }
    return verdict_of(core->segment_events);
}

/* What is usual of a segment but for its bytes, which wait or meet what does. */
static uint8_t take_piece(weir_engine *engine, const weir_way *way, weir_piece *piece)
{
    uint64_t before = way->side->next;
    way->core->segment_events = 0; /* what its ACK did is not its own */
    if (piece->begin < piece->end) weir_pressure_take(engine, way, piece);
    conclude(way, before, 1);
    return verdict_of(way->core->segment_events);
}

uint8_t weir_passage_take(weir_engine *engine, const weir_segment *segment, const weir_key *key,
                          const weir_found *found)
{
    weir_core *core = &engine->core;
    core->segment_events = 0;
    core->touched = 0;
    if (WEIR_UNLIKELY(!found->slot)) return take_any(engine, 0, segment, key);
    weir_record *record = found->record;
    weir_way way = {core, record, &record->side[key->sender], found->slot, key->sender};
    weir_piece piece;
    weir_usual usual = weir_usual_take(&way, segment, &piece);
    if (WEIR_UNLIKELY(usual == WEIR_USUAL_NOT)) return take_any(engine, way.slot, segment, key);
    if (WEIR_UNLIKELY(usual == WEIR_USUAL_PIECE)) return take_piece(engine, &way, &piece);
    return usual == WEIR_USUAL_DATA ? WEIR_PACKET_DELIVERED : WEIR_PACKET_CONTROL;
}
