/* SPDX-License-Identifier: MIT */
#include "rooms/fin.h"

#include "rooms/bits.h"
#include "rooms/connection.h"
#include "rooms/direction.h"
#include "rooms/edge.h"
#include "rooms/far.h"
#include "rooms/hole.h"
#include "rooms/tally.h"

void weir_fin_cancel(const weir_way *way)
{
    weir_way_clear(way, WEIR_SIDE_FIN | WEIR_SIDE_FIN_PAST | WEIR_SIDE_ENDED);
    weir_count(&way->core->stats.fins_cancelled, 1);
    const weir_block *block = weir_way_block(way);
    if (block && !block->hold.records) weir_hole_free(way);
}

void weir_fin_passed(const weir_way *way)
{
    if (weir_way_offset(way, way->side->fin) < (int64_t)way->side->next) weir_fin_cancel(way);
}

void weir_fin_confirmed(const weir_way *way)
{
    if (way->side->next >= weir_way_end(way) && !weir_way_has(way, WEIR_SIDE_SETTLING))
        weir_direction_drop(way, WEIR_DISCARDED_AFTER_FIN);
}

void weir_fin_take(const weir_way *way, const weir_segment *segment)
{
    if (segment->flags & WEIR_TCP_SYN) return;
    uint32_t fin = weir_bits_first(segment) + segment->wire_bytes;
    int64_t offset = weir_way_offset(way, fin);
    if (offset < (int64_t)way->side->next || offset - (int64_t)way->side->next > WEIR_FAR_BYTES)
        return;
    if (way->core->config.validate_window && weir_edge_excludes(way, fin)) return;
    if (weir_way_has(way, WEIR_SIDE_FIN)) {
        if (fin == way->side->fin || weir_way_fin_acked(way)) return;
        weir_fin_cancel(way);
    }
    way->side->fin = fin;
    weir_way_set(way, WEIR_SIDE_FIN);
    const weir_block *block = weir_way_block(way);
    if (block && block->hold.records && (int64_t)block->hold.end > offset)
        weir_way_set(way, WEIR_SIDE_FIN_PAST);
    if ((uint64_t)offset > way->side->next && !weir_way_over(way)) weir_hole_need(way, 0);
    weir_direction_release(way);
}

/* Bytes beyond the announced end: the second such segment disproves it, unless the receiver
 * confirmed it. */
void weir_fin_limit(const weir_way *way, weir_piece *piece, int repeated)
{
    int64_t fin = weir_way_offset(way, way->side->fin);
    if ((int64_t)(piece->end + piece->cut) <= fin) return;
    if (!weir_way_fin_acked(way)) {
        if (weir_way_has(way, WEIR_SIDE_FIN_PAST) && !repeated) {
            weir_fin_cancel(way);
            return;
        }
        weir_way_set(way, WEIR_SIDE_FIN_PAST);
    }
    uint64_t last = weir_max64((uint64_t)(fin < 0 ? 0 : fin), piece->begin);
    uint64_t end = weir_min64(piece->end, last);
    weir_tally_discard(way, WEIR_DISCARDED_AFTER_FIN, piece->end - end);
    piece->end = end;
    piece->cut = (uint32_t)weir_min64(piece->cut, last - end);
}

/* Silence will close it: both ended but unconfirmed, or one ended and the other was never seen. */
static void linger_if_ended(const weir_way *way, const weir_way *back)
{
    weir_record *record = way->record;
    if (record->state >= WEIR_STATE_LINGER) return;
    if (!weir_way_has(back, WEIR_SIDE_ENDED) && weir_way_has(back, WEIR_SIDE_SEEN)) return;
    record->cause = WEIR_CLOSE_FIN;
    record->last_ns = way->core->now_ns;
    weir_connection_become(way->core, way->slot, WEIR_STATE_LINGER);
}

/* 1 if both directions have ended beyond doubt; without that, silence may have to close it. */
int weir_fin_closes(const weir_way *way, const weir_way *back)
{
    if (weir_way_has(back, WEIR_SIDE_ENDED) && weir_way_fin_acked(way) && weir_way_fin_acked(back))
        return 1;
    linger_if_ended(way, back);
    return 0;
}
