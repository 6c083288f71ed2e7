/* SPDX-License-Identifier: MIT */
/*
 * The usual segment: the next data, or a bare ACK, where nothing is missing.
 *
 *      connection        open, no end in sight, no candidate, nothing refused as far
 *      both directions   nothing held, no base that settles, no stop
 *      flags             ACK, perhaps PSH; nothing that changes the connection
 *      sequence          next; a bare ACK's may be any
 *      acknowledgement   not before the base, not beyond what was seen
 *
 * That is what nearly every packet is (for hosts: Jacobson, "4BSD header prediction", 1990). All
 * that the rooms would do with one, of what they do in their order, is here in one place: the ACK
 * is noted, next moves on, the user is told. What is not exactly this goes through the rooms.
 *
 * Cost: 60 instructions and the callback.
 */
#ifndef WEIR_USUAL_H
#define WEIR_USUAL_H

#include "rooms/way.h"

/* 1 if it is usual. `segment` is not a repeated packet, and its connection is not over. */
int weir_usual_is(const weir_way *way, const weir_segment *segment);

/* Takes one that is. */
void weir_usual_take(const weir_way *way, const weir_segment *segment);

#endif
