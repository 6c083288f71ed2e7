/* SPDX-License-Identifier: MIT */
/*
 * Bytes that come while others are held at the same place: put, counted, and told to the user where
 * they differ (on_conflict).
 *
 *      put or met ──> counted ──> told ──> is more wanted? ──> the rest
 *
 * The hold is changed up to a conflict, then the user is asked nothing but told, then it goes on:
 * what he does meanwhile (close, ignore, stop) is looked at before the next byte. Without
 * on_conflict, and while the base of a midstream direction settles (offsets are not final then),
 * nothing is told and nothing is paid for it.
 *
 * Cost: the hold's; with on_conflict also a copy of the bytes that lose, at most a page on the
 * stack, and nothing that differs is absorbed, so that a segment costs the records that it meets.
 */
#ifndef WEIR_DISPUTE_H
#define WEIR_DISPUTE_H

#include "rooms/way.h"

/* 1 if conflicts of this direction are told. */
static inline int weir_dispute_told(const weir_way *way)
{
    return way->core->callbacks.on_conflict && !weir_way_has(way, WEIR_SIDE_SETTLING);
}

/* weir_hold_put, where conflicts are told; counts. If the user wants no more it ends early, as if
 * taken. The block may have moved. */
weir_hold_result weir_dispute_put(const weir_way *way, const weir_piece *piece,
                                  const weir_hold_room *room);

/* weir_hold_meet, the same way. */
weir_hold_result weir_dispute_meet(const weir_way *way, const weir_piece *piece);

#endif
