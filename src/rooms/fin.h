/* SPDX-License-Identifier: MIT */
/*
 * Where a stream ends: a FIN counts at its sequence position, and is tentative until acknowledged.
 *
 *      ─── next ─── ─ ─ ─ ─ ─ fin │ beyond: after_fin
 *                                 └─ an ACK beyond fin + 1, or the second segment beyond it: it
 *                                    was none (counted); not if the receiver has acknowledged it
 *
 *      a side has ENDED  <=>  next has reached fin;  a connection closes when both have and both
 *      ends are acknowledged, else by silence
 *
 * Cost: O(1), and what waited for the end.
 */
#ifndef WEIR_FIN_H
#define WEIR_FIN_H

#include "rooms/way.h"

/* A FIN announces the side's end. */
void weir_fin_take(const weir_way *way, const weir_segment *segment);

/* 1 if the receiver has acknowledged it. */
int weir_fin_acknowledged(const weir_way *way);

/* It was none. */
void weir_fin_cancel(const weir_way *way);

/* Takes from a piece what is beyond the end. `repeated`: this very packet came just before. */
void weir_fin_limit(const weir_way *way, weir_piece *piece, int repeated);

/* 1 if both directions have ended beyond doubt: the connection is to be closed. Without that,
 * silence may have to close it. */
int weir_fin_closes(const weir_way *way, const weir_way *back);

#endif
