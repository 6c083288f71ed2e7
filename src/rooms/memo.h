/* SPDX-License-Identifier: MIT */
/*
 * What the checks that are off by default remember of a connection: urgent bytes that are taken out
 * (rooms/urgent.h), time stamps (rooms/paws.h), windows (rooms/edge.h).
 *
 *      record ── tally ── memo      only where such a setting is on, and from the first segment on
 *                                   that it is about
 *
 * Without memory for it the check is not made: what it would have taken out stays in.
 * Cost: 120 bytes, and the tally's, for a connection that has one. O(1).
 */
#ifndef WEIR_MEMO_H
#define WEIR_MEMO_H

#include "rooms/tally.h"

#define WEIR_MEMO_URGENT 8u /* urgent bytes ahead that a side remembers */

/* weir_memo.known, shifted by side */
enum { WEIR_MEMO_STAMP = 1, WEIR_MEMO_EDGE = 4 };

typedef struct weir_memo {
    weir_slot owner;    /* the tally */
    uint8_t urgents[2]; /* how many of the following */
    uint8_t known;      /* WEIR_MEMO_*: which of the others are valid */
    uint8_t reserved;
    uint32_t urgent[2][WEIR_MEMO_URGENT]; /* sequence numbers, the nearest first */
    uint32_t stamp[2];                    /* time stamp of the last segment that counted for it */
    uint32_t edge[2];                     /* sequence number of the right edge of the window */
    uint64_t stamp_ns[2];                 /* when that was captured */
    uint64_t taken[2];                    /* urgent bytes taken out of the stream so far */
} weir_memo;

/* The connection's memo, made if need be; NULL if refused. Valid until one is given back. */
WEIR_COLD weir_memo *weir_memo_need(const weir_way *way);

/* The same, NULL if it has none. */
static inline weir_memo *weir_memo_have(const weir_way *way)
{
    const weir_tally *tally = weir_tally_have(way);
    return tally && tally->memo ? weir_slots_at(&way->core->memos, tally->memo) : NULL;
}

/* Urgent bytes of the side that were taken out of its stream. */
static inline uint64_t weir_memo_taken(const weir_way *way)
{
    const weir_memo *memo = weir_memo_have(way);
    return memo ? memo->taken[way->s] : 0;
}

/* For the tally that owns it: gives it back; says that the tally moved to slot `tally`. */
WEIR_COLD void weir_memo_free(weir_core *core, weir_slot tally);
WEIR_COLD void weir_memo_owner_moved(weir_core *core, weir_slot tally);

/* Verifies that the memo is its tally's, and the side's urgent bytes are counted and flagged. 1 if
 * so. */
int weir_memo_check(const weir_way *way);

#endif
