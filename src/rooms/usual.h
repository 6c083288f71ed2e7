/* SPDX-License-Identifier: MIT */
/*
 * The usual segment: the next data, or a bare ACK, where nothing is missing.
 *
 *      connection        open, not due, no end in sight, no candidate, nothing refused as far
 *      both directions   nothing held, no base that settles, no stop
 *      flags             ACK, perhaps PSH; nothing that changes the connection
 *      sequence          next; a bare ACK's may be any
 *      acknowledgement   not before the base, not beyond what was seen
 *
 * That is what nearly every packet is (for hosts: Jacobson, "4BSD header prediction", 1990). All
 * that the rooms would do with one, of what they do in their order, is here in one place: the ACK
 * is noted, next moves on, the user is told. What is not exactly this goes through the rooms.
 *
 * Where only bytes are missing the way is half as short: all that is not about the bytes is done
 * here, as for the usual segment, and the bytes, at next or beyond it and whole, go to
 * rooms/direction.h at once.
 *
 * Cost: 200 instructions and the callback; 280 where bytes are missing, beside what holds them.
 */
#ifndef WEIR_USUAL_H
#define WEIR_USUAL_H

#include "rooms/way.h"

/* What became of a segment. */
typedef enum weir_usual {
    WEIR_USUAL_NOT,  /* nothing: it is not usual, or a repeated packet (rooms/twice.h) */
    WEIR_USUAL_ACK,  /* it is, and brought no bytes */
    WEIR_USUAL_DATA, /* it is, and its bytes were delivered */
    WEIR_USUAL_PIECE /* it is but for its bytes: *piece, if it has any, is to be taken */
} weir_usual;

/* Takes a segment if it is usual. */
weir_usual weir_usual_take(const weir_way *way, const weir_segment *segment, weir_piece *piece);

#endif
