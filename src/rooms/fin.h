/* SPDX-License-Identifier: MIT */
/*
 * Where a stream ends: a FIN counts at its sequence position, and is tentative until acknowledged.
 *
 *      ─── next ─── ─ ─ ─ ─ ─ fin │ beyond: after_fin
 *                                 └─ it was none (counted): an ACK beyond fin + 1, the second
 *                                    segment beyond it, another FIN elsewhere, or what was held
 *                                    before it came passes over it
 *
 *      acknowledged: nothing disproves it any more. Holes end there, what is held beyond is dropped
 *
 *      a side has ENDED  <=>  next has reached fin;  next <= fin once it is acknowledged
 *      a connection closes when both have and both ends are acknowledged, else by silence
 *
 * Not taken: a FIN below next (old, or forged); one of a SYN (RFC 9293 queues it, Linux drops the
 * whole segment: a host that takes it sends it again); one further than 2^30.
 * The first of two segments beyond a forged FIN is lost unless it is sent again: it cannot wait, as
 * nothing can wait at next; delivering it would let one forged byte undo a true end.
 *
 * Cost: O(1), and what waited for the end.
 */
#ifndef WEIR_FIN_H
#define WEIR_FIN_H

#include "rooms/way.h"

/* A FIN announces the side's end. */
WEIR_COLD void weir_fin_take(const weir_way *way, const weir_segment *segment);

/* It was none. */
WEIR_COLD void weir_fin_cancel(const weir_way *way);

/* A side with a FIN has moved: if it passed an end that nobody had acknowledged, that was none. */
WEIR_COLD void weir_fin_passed(const weir_way *way);

/* The end was acknowledged: what is held beyond it is not of the stream. */
WEIR_COLD void weir_fin_confirmed(const weir_way *way);

/* Takes from a piece of a side with a FIN what is beyond the end. `repeated`: this very packet came
 * just before. */
WEIR_COLD void weir_fin_limit(const weir_way *way, weir_piece *piece, int repeated);

/* The side has ended. 1 if both directions have, beyond doubt: the connection is to be closed.
 * Without that, silence may have to close it. */
WEIR_COLD int weir_fin_closes(const weir_way *way, const weir_way *back);

#endif
