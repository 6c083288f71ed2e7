/* SPDX-License-Identifier: MIT */
#include "rooms/admit.h"

#include "rooms/ack.h"
#include "rooms/bits.h"
#include "rooms/edge.h"
#include "rooms/far.h"
#include "rooms/fin.h"
#include "rooms/tally.h"
#include "rooms/urgent.h"

#define KEEPALIVE_NS WEIR_SECOND /* no sender probes more often */

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
    uint32_t end = weir_bits_first(segment) + 1;
    int known = weir_way_has(way, WEIR_SIDE_ACKED) && end == side->acked;
    int ahead = weir_way_has(way, WEIR_SIDE_AHEAD) && end == side->ahead;
    if (segment->wire_bytes != 1 || !(known || ahead)) return 0;
    return weir_way_offset(way, end) <= (int64_t)side->next || repeated || was_silent(way, segment);
}

/* Nothing is outside while the base settles: what is held may lie anywhere. */
static int outside_window(const weir_way *way, uint32_t seq)
{
    return way->core->config.validate_window && !weir_way_has(way, WEIR_SIDE_SETTLING) &&
           weir_edge_excludes(way, seq);
}

/* 1 if it is too far away to be of this stream, by all that is known. */
static int refused(const weir_way *way, uint32_t seq, uint32_t bytes)
{
    int far = weir_far_is(way, weir_way_offset(way, seq));
    if (!far && !outside_window(way, seq)) return 0;
    if (!weir_far_goes_on(way, seq) || weir_way_fin_acked(way)) {
        weir_far_note(way, seq, seq + bytes);
        return 1;
    }
    if (far)
        weir_ack_rejoin(way, seq);
    else
        weir_edge_reopen(way, seq + bytes);
    return 0;
}

int weir_admit_payload(const weir_way *way, const weir_segment *segment, int repeated,
                       weir_piece *piece)
{
    uint32_t bytes = segment->payload_bytes;
    int keepalive = is_keepalive(way, segment, repeated);
    if (keepalive || refused(way, weir_bits_first(segment), segment->wire_bytes)) {
        weir_tally_discard(way, keepalive ? WEIR_DISCARDED_KEEPALIVE : WEIR_DISCARDED_WINDOW,
                           bytes);
        return 0;
    }
    int64_t offset = weir_way_offset(way, weir_bits_first(segment));
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
    if (weir_way_has(way, WEIR_SIDE_FIN)) weir_fin_limit(way, piece, repeated);
    piece->segment_begin = piece->begin;
    piece->segment_end = piece->end;
    if (piece->begin == piece->end) return piece->cut != 0;
    if (segment->flags & WEIR_TCP_URG && way->core->config.urgent != WEIR_URGENT_INLINE)
        weir_urgent_note(way, segment);
    return 1;
}
