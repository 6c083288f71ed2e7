/* SPDX-License-Identifier: MIT */
/*
 * Where new bytes go: the piece meets nothing that is held.
 *
 *      between two pages    ┌─────┐       ┌─────┐   1 to the left one, if it fits
 *                           │left │   ▲   │right│   2 to the right one, if it fits
 *                           └─────┘   │   └─────┘   3 what the left one has room for, if not little
 *                                   piece           4 to a page of its own
 *
 *      inside a page        ┌───────────┐   if it does not fit, the page is split: at half of what
 *                           │     ▲     │   is in use; or where the piece belongs, if half a page
 *                           └─────┼─────┘   is too small for it, or a run of pieces goes on there
 *                               piece       (so pages are left full). Then as between two pages
 *
 * No choice lets two neighbours fit into one page that did not before, but a split with those
 * beside it: these are joined. The first three need no page, the fourth one, a split one more.
 */
#ifndef WEIR_GAP_H
#define WEIR_GAP_H

#include "hold/put.h"

/* Takes bytes up to `end`, where a record or the piece ends or a record begins: all of them, or
 * as many as go to one place. Taken: some; otherwise nothing has changed. */
weir_hold_refusal weir_gap_fill(weir_put *put, uint64_t end);

#endif
