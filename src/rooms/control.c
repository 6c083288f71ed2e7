/* SPDX-License-Identifier: MIT */
#include "rooms/control.h"

#include "rooms/ack.h"
#include "rooms/connection.h"
#include "rooms/fin.h"
#include "rooms/syn.h"

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
    if (weir_way_has(way, WEIR_SIDE_AHEAD)) weir_ack_review(way);
    if (WEIR_UNLIKELY((before ^ way->side->next) >> 28)) weir_ack_age(way);
    if (weir_way_over(way)) return 0;
    int advanced = core->segment_events & WEIR_DID_DELIVER ||
                   (way->side->next > before && !weir_way_has(way, WEIR_SIDE_SETTLING));
    if (advanced && record->tally) weir_syn_drop(way);
    if (advanced || core->segment_events & WEIR_DID_HOLD) {
        if (record->state == WEIR_STATE_LINGER)
            weir_connection_become(core, way->slot, WEIR_STATE_OPEN);
    }
    if (record->state == WEIR_STATE_HALF_OPEN && handshake_done(way, &back))
        weir_connection_become(core, way->slot, WEIR_STATE_OPEN);
    return weir_way_has(way, WEIR_SIDE_ENDED) && weir_fin_closes(way, &back);
}

void weir_control_gave_up(const weir_way *way)
{
    weir_way back = weir_way_back(way);
    weir_ack_age(way);
    if (!weir_way_over(way) && weir_way_has(way, WEIR_SIDE_ENDED) && weir_fin_closes(way, &back))
        weir_connection_close(way->core, way->slot, WEIR_CLOSE_FIN, WEIR_HOLE_CLOSE);
}
