/* SPDX-License-Identifier: MIT */
/*
 * Bytes that are held already come again: the policy says who wins, record by record.
 *
 *      record   │aaaaaaaaaaaaaa│   the record wins: the piece's bytes are compared and counted
 *      piece         │bbbbb│       the piece wins: the record is divided at its edges, so that each
 *      after    │aaaa│bbbbb│aaa│   part keeps its own time, tag and edges; then its bytes are
 *                                  written over in place
 *
 * Loser's bytes count as duplicate where they equal the winner's, else as conflict. Dividing costs
 * a slot, and a page only if the page at hand has no room for one.
 */
#ifndef WEIR_CLASH_H
#define WEIR_CLASH_H

#include "hold/put.h"

/* Takes the bytes that the piece shares with the record put->at, which begins at or before
 * `reached`. Otherwise nothing has changed. */
weir_hold_refusal weir_clash_settle(weir_put *put);

/* The same for the first `length` bytes of the hold's first record (at most all of it), without
 * memory. */
void weir_clash_settle_first(weir_put *put, uint64_t length);

/* How many of these bytes differ: 0 is quick. */
uint64_t weir_clash_differing(const uint8_t *a, const uint8_t *b, uint64_t length);

#endif
