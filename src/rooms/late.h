/* SPDX-License-Identifier: MIT */
/*
 * Late bytes: those of holes that were given up, which come after all.
 *
 *      next ─────────────────────────────┐
 *      … delivered │ hole │ delivered │ hole │      below next, inside a remembered hole: late
 *                                                   below next, elsewhere: duplicate
 *
 * The last four holes of a side are remembered, minus what has come of them, so that a byte is late
 * once and a duplicate from then on. One that comes in pieces takes the places of older ones, and of
 * the oldest only the larger part is remembered. Cost: O(1), 72 bytes for a side that ever had a
 * hole.
 */
#ifndef WEIR_LATE_H
#define WEIR_LATE_H

#include "rooms/way.h"

#define WEIR_LATE_HOLES 4u

typedef struct weir_late_hole {
    uint64_t begin, end; /* none: they are equal */
} weir_late_hole;

typedef struct weir_late {
    weir_slot owner; /* the tally */
    uint32_t side;
    weir_late_hole holes[WEIR_LATE_HOLES]; /* the newest first */
} weir_late;

/* Remembers the hole [begin, end), for the oldest one if need be. Without memory it does not: its
 * bytes will count as duplicate. */
void weir_late_note(const weir_way *way, uint64_t begin, uint64_t end);

/* Tells late bytes of a piece that lies below next from duplicates: counts both, offers the late
 * ones to the user. */
void weir_late_sort(const weir_way *way, const weir_piece *piece);

/* For the tally that owns them: gives them back; says that it moved to slot `tally`. */
void weir_late_free(weir_core *core, weir_slot tally, uint32_t side);
void weir_late_owner_moved(weir_core *core, weir_slot tally);

/* Verifies that the side's late holes are its own, and lie before next. 1 if so. */
int weir_late_check(const weir_way *way);

#endif
