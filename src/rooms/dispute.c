/* SPDX-License-Identifier: MIT */
#include "rooms/dispute.h"

#include "rooms/events.h"
#include "hold/put.h"
#include "rooms/tally.h"

static void tell(const weir_way *way, const weir_piece *piece, const weir_clash *clash)
{
    int won = clash->fresh_won;
    weir_conflict conflict = {.offset = clash->offset,
                              .kept = clash->kept,
                              .lost = clash->lost,
                              .kept_time_ns = won ? piece->time_ns : clash->stored_time_ns,
                              .lost_time_ns = won ? clash->stored_time_ns : piece->time_ns,
                              .kept_tag = won ? piece->tag : clash->stored_tag,
                              .lost_tag = won ? clash->stored_tag : piece->tag,
                              .length = clash->length,
                              .differing = clash->differing,
                              .kept_is_new = won != 0};
    weir_events_conflict(way, &conflict);
}

/* Counts what has been added to a result since. */
static void count(const weir_way *way, const weir_hold_result *now, weir_hold_result *counted)
{
    weir_tally_held(way, now->held - counted->held, weir_way_block(way)->hold.bytes);
    weir_tally_duplicate(way, now->duplicate - counted->duplicate);
    weir_tally_conflict(way, now->conflict - counted->conflict);
    *counted = *now;
}

/* The user closed the connection, or ended the direction, in a callback. */
static int unwanted(const weir_way *way)
{
    return weir_way_over(way) || way->side->next >= weir_tally_stop(way);
}

weir_hold_result weir_dispute_put(const weir_way *way, const weir_piece *piece,
                                  const weir_hold_room *room)
{
    weir_core *core = way->core;
    weir_hold_result counted = {0};
    weir_clash clash;
    weir_put put;
    weir_hold_put_begin(&put, &weir_way_block(way)->hold, &core->hold, piece, room, &clash);
    while (weir_hold_put_on(&put)) {
        count(way, &put.result, &counted);
        tell(way, piece, &clash);
        put.hold = &weir_way_block(way)->hold;
        if (unwanted(way)) break;
    }
    weir_hold_put_end(&put);
    count(way, &put.result, &counted);
    return put.result;
}

weir_hold_result weir_dispute_meet(const weir_way *way, const weir_piece *piece)
{
    weir_hold_result counted = {0};
    weir_clash clash;
    weir_hold *hold = &weir_way_block(way)->hold;
    weir_hold_result result = weir_hold_meet(hold, &way->core->hold, piece, &clash);
    count(way, &result, &counted);
    if (clash.length) tell(way, piece, &clash);
    return result;
}
