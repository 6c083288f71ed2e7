/* SPDX-License-Identifier: MIT */
#include "rooms/usual.h"

#include "rooms/far.h"

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

weir_usual weir_usual_take_waiting(const weir_way *way, const weir_segment *segment,
                                   weir_piece *piece)
{
    weir_way back = weir_way_back(way);
    if (!back.side->block && !weir_usual_has_ack(back.side, segment->ack)) return WEIR_USUAL_NOT;
    if (segment->wire_bytes && !payload_may_wait(way->side, segment)) return WEIR_USUAL_NOT;
    if (weir_twice_is(way, segment)) return WEIR_USUAL_NOT;
    weir_usual_note(way, segment);
    if (back.side->block)
        weir_ack_take(&back, segment->ack);
    else
        weir_usual_note_ack(back.side, segment->ack);
    cut_out(way, segment, piece);
    return WEIR_USUAL_PIECE;
}
