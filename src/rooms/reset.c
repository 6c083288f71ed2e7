/* SPDX-License-Identifier: MIT */
#include "rooms/reset.h"

#include "rooms/bits.h"
#include "rooms/connection.h"
#include "rooms/edge.h"
#include "rooms/far.h"
#include "rooms/hole.h"

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
    if (!weir_way_has(&back, WEIR_SIDE_SYN) || !weir_bits_has(segment, WEIR_TCP_ACK)) return 0;
    int64_t offset = weir_way_offset(&back, segment->ack);
    return offset >= 0 && offset <= (int64_t)weir_hole_seen_end(&back);
}

static int in_window(const weir_way *way, const weir_segment *segment)
{
    weir_way back = weir_way_back(way);
    if (!weir_way_has(way, WEIR_SIDE_BASED)) return 1;
    int64_t ahead = weir_way_offset(way, segment->seq) - (int64_t)way->side->next;
    int64_t window =
        weir_way_has(&back, WEIR_SIDE_SEEN) ? (int64_t)weir_edge_window(&back) : WEIR_FAR_BYTES;
    return ahead >= 0 && ahead < window;
}

int weir_reset_take(const weir_way *way, const weir_segment *segment)
{
    weir_record *record = way->record;
    int foreign = weir_bits_foreign(record, segment);
    if (!foreign && reset_proves(way, segment)) return 1;
    weir_count(&way->core->stats.resets_doubted, 1);
    if (!foreign && in_window(way, segment) && record->state < WEIR_STATE_LINGER) {
        record->cause = WEIR_CLOSE_RST;
        record->last_ns = way->core->now_ns;
        weir_connection_become(way->core, way->slot, WEIR_STATE_LINGER);
    }
    return 0;
}
