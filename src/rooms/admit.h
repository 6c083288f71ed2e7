/* SPDX-License-Identifier: MIT */
/*
 * Which bytes of a segment are of the stream.
 *
 *      | before the base | the stream's | beyond its FIN |      a keepalive's, or too far: none
 *
 * What is left out is counted by cause, so that
 *
 *      payload = discarded here + piece
 *
 * Cost: O(1).
 */
#ifndef WEIR_ADMIT_H
#define WEIR_ADMIT_H

#include "rooms/way.h"

/* Fills *piece and returns 1 if there is something to be taken; else all is counted and 0.
 * `repeated`: this very packet came just before. */
int weir_admit_payload(const weir_way *way, const weir_segment *segment, int repeated,
                       weir_piece *piece);

#endif
