/* SPDX-License-Identifier: MIT */
#include "rooms/ack.h"

#include "rooms/direction.h"
#include "rooms/edge.h"
#include "rooms/far.h"
#include "rooms/fin.h"
#include "rooms/hole.h"
#include "rooms/syn.h"
#include "rooms/tally.h"

#define STALE_BYTES                                                                                \
    (INT32_C(1) << 29) /* and what next moves by until this is looked at is less than 2^31 */

/* The highest ACK that may be believed: all that was seen, and a FIN that the capture lost. */
static int64_t believable_end(const weir_way *way)
{
    return (int64_t)weir_hole_seen_end(way) + !weir_way_has(way, WEIR_SIDE_FIN);
}

static void believe_ack(const weir_way *way, uint32_t ack)
{
    weir_side *side = way->side;
    int based = weir_way_has(way, WEIR_SIDE_BASED);
    int64_t offset = based ? weir_way_offset(way, ack) : -1;
    if (based && offset < 0) return;
    if (!weir_way_has(way, WEIR_SIDE_ACKED) || weir_seq_ahead(side->acked, ack) > 0) {
        side->acked = ack;
        weir_way_set(way, WEIR_SIDE_ACKED);
    }
    if (offset >= 0) weir_hole_acked(way, (uint64_t)offset);
    if (weir_way_has(way, WEIR_SIDE_FIN)) weir_fin_confirmed(way);
}

/* Beyond all that was seen: captured ahead of its data, or forged. The nearest one is kept. */
static void keep_ahead(const weir_way *way, uint32_t ack, int64_t offset)
{
    weir_side *side = way->side;
    if (offset - (int64_t)side->next > WEIR_FAR_BYTES) return;
    if (weir_way_has(way, WEIR_SIDE_FIN) && !weir_way_fin_acked(way)) weir_fin_cancel(way);
    if (weir_way_has(way, WEIR_SIDE_AHEAD) && weir_way_offset(way, side->ahead) <= offset) return;
    side->ahead = ack;
    weir_way_set(way, WEIR_SIDE_AHEAD);
}

/* One that came before the base was known is believed no further than any other. */
void weir_ack_doubt_early(const weir_way *way)
{
    if (!weir_way_has(way, WEIR_SIDE_ACKED)) return;
    int64_t offset = weir_way_offset(way, way->side->acked);
    if (offset >= 0 && offset <= believable_end(way)) return;
    weir_way_clear(way, WEIR_SIDE_ACKED);
    if (offset >= 0) keep_ahead(way, way->side->acked, offset);
}

/* The capture lost more than anybody waits for: the stream goes on at `seq`. */
void weir_ack_rejoin(const weir_way *way, uint32_t seq)
{
    weir_far_forget(way);
    weir_edge_forget(way);
    if (weir_way_has(way, WEIR_SIDE_FIN)) weir_fin_cancel(way);
    weir_way_clear(way, WEIR_SIDE_ACKED | WEIR_SIDE_AHEAD);
    weir_direction_rejoin(way, seq);
}

void weir_ack_take(const weir_way *way, uint32_t ack)
{
    if (!weir_way_has(way, WEIR_SIDE_BASED)) {
        believe_ack(way, ack);
        return;
    }
    if (way->record->tally) weir_syn_answer_acked(way, ack);
    uint32_t end;
    if (weir_far_acknowledged(way, ack, &end) && !weir_way_fin_acked(way))
        weir_ack_rejoin(way, end);
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
void weir_ack_review(const weir_way *way)
{
    if (!weir_way_has(way, WEIR_SIDE_AHEAD | WEIR_SIDE_BASED)) return;
    if (weir_way_offset(way, way->side->ahead) > believable_end(way)) return;
    weir_way_clear(way, WEIR_SIDE_AHEAD);
    believe_ack(way, way->side->ahead);
}

void weir_ack_age(const weir_way *way)
{
    if (!weir_way_has(way, WEIR_SIDE_ACKED | WEIR_SIDE_BASED)) return;
    uint32_t next = weir_seq_of(way->side->base, way->side->next);
    if (weir_seq_ahead(way->side->acked, next) > STALE_BYTES) weir_way_clear(way, WEIR_SIDE_ACKED);
}
