/* SPDX-License-Identifier: MIT */
#include "rooms/tally.h"
#include "rooms/late.h"
#include "rooms/memo.h"
#include "rooms/tail.h"

weir_tally *weir_tally_need(const weir_way *way)
{
    if (!way->record->tally) {
        way->record->tally = weir_slots_take(&way->core->tallies, 0);
        if (!way->record->tally) {
            way->record->flags |= WEIR_RECORD_PARTIAL;
            return NULL;
        }
        weir_tally_at(way->core, way->record->tally)->owner = way->slot;
    }
    return weir_tally_at(way->core, way->record->tally);
}

void weir_tally_free(const weir_way *way)
{
    if (!way->record->tally) return;
    weir_late_free(way->core, way->record->tally, 0);
    weir_late_free(way->core, way->record->tally, 1);
    weir_memo_free(way->core, way->record->tally);
    for (uint32_t place = 0; place < WEIR_TAIL_PLACES; place++)
        weir_tail_free(way->core, way->record->tally, place);
    weir_slot at = way->record->tally;
    weir_slot from = weir_slots_put(&way->core->tallies, at);
    way->record->tally = 0;
    const int in_it = WEIR_SIDE_STOP | WEIR_SIDE_URGENT;
    for (int i = 0; i < 2; i++)
        way->record->side[i].flags = (uint16_t)(way->record->side[i].flags & ~in_it);
    if (!from) return;
    weir_tally *moved = weir_tally_at(way->core, at);
    weir_record_at(way->core, moved->owner)->tally = at;
    weir_late_owner_moved(way->core, at);
    weir_memo_owner_moved(way->core, at);
    weir_tail_owner_moved(way->core, at);
}

void weir_tally_discard(const weir_way *way, weir_discarded cause, uint64_t bytes)
{
    if (!bytes) return;
    weir_count(&way->core->stats.discarded_bytes[cause], bytes);
    way->core->segment_events |= WEIR_DID_DISCARD;
    if (way->record->state == WEIR_STATE_TOMBSTONE) return; /* its line is written */
    weir_tally *tally = weir_tally_need(way);
    if (tally) tally->discarded[way->s] += bytes;
}

void weir_tally_duplicate(const weir_way *way, uint64_t bytes)
{
    if (!bytes) return;
    weir_count(&way->core->stats.duplicate_bytes, bytes);
    way->core->segment_events |= WEIR_DID_REPEAT;
    weir_tally *tally = weir_tally_need(way);
    if (tally) tally->duplicate[way->s] += bytes;
}

void weir_tally_conflict(const weir_way *way, uint64_t bytes)
{
    if (!bytes) return;
    weir_count(&way->core->stats.conflict_bytes, bytes);
    weir_tally_discard(way, WEIR_DISCARDED_CONFLICT, bytes);
    weir_tally *tally = weir_tally_need(way);
    if (tally) tally->conflict[way->s] += bytes;
}

void weir_tally_delivered_conflict(const weir_way *way, uint64_t bytes)
{
    weir_count(&way->core->stats.conflict_bytes, bytes);
    weir_tally *tally = weir_tally_need(way);
    if (tally) tally->conflict[way->s] += bytes;
}

void weir_tally_out_of_order(const weir_way *way)
{
    weir_count(&way->core->stats.out_of_order_segments, 1);
    weir_tally *tally = weir_tally_need(way);
    if (tally) tally->out_of_order[way->s]++;
}

void weir_tally_held(const weir_way *way, uint64_t bytes, uint64_t held)
{
    weir_stats *stats = &way->core->stats;
    if (!bytes) return;
    weir_count(&stats->held_bytes, bytes);
    if (stats->held_bytes > stats->held_peak_bytes)
        weir_count(&stats->held_peak_bytes, stats->held_bytes - stats->held_peak_bytes);
    way->core->segment_events |= WEIR_DID_HOLD;
    weir_tally *tally = weir_tally_need(way);
    if (tally && held > tally->held_peak[way->s]) tally->held_peak[way->s] = (uint32_t)held;
}

void weir_tally_hole(const weir_way *way, weir_hole_cause cause, uint64_t bytes)
{
    weir_count(&way->core->stats.holes[cause], 1);
    weir_count(&way->core->stats.missing_bytes, bytes);
    way->side->missing += bytes;
    weir_tally *tally = weir_tally_need(way);
    if (tally) tally->holes[way->s]++;
}

int weir_tally_check(const weir_way *way)
{
    const weir_tally *tally = weir_tally_have(way);
    if (!tally) return !weir_way_has(way, WEIR_SIDE_STOP) && !weir_way_has(way, WEIR_SIDE_URGENT);
    return tally->owner == way->slot && tally->candidate <= 2 && weir_late_check(way) &&
           weir_memo_check(way);
}
