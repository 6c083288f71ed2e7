/* SPDX-License-Identifier: MIT */
/*
 * Which bytes of a piece win against those that are held: the policy's edge rule, applied before
 * anything changes.
 *
 *      held      ▒▒▒▒▒▒▒▒▒▒▒      ▒▒▒▒▒         ▒▒▒▒▒▒▒▒
 *      piece           ├─────────────────────────────┤
 *                      held wins ├─ piece wins ─┤ held wins
 *                                from           to
 *
 *      NONE      first: nowhere; last: everywhere
 *      RUN       bsd: from the first byte that was not held. What touches is one block, so all held
 *                bytes from the begin of the piece to the first gap are of a block that begins
 *                before it, and all others of blocks that begin behind it.
 *                (FreeBSD, sys/netinet/tcp_reass.c, tcp_reass, 2018 and since: segments that touch
 *                are joined; the front of the new one is trimmed, then what it meets is replaced)
 *      QUEUE     linux: from the offset that hold/receiver.h gives
 *      TRIMMED   solaris: the piece replaces what it covers. Where it meets a block that ends behind
 *                it, it is cut off: `to`. The block that it begins in is cut off at the piece's
 *                begin if it ends before `to`; else the piece wins nothing. The first block held
 *                counts as such a one even if the piece begins with it; but not where a block was
 *                cut down to nothing, which then is the first: the lowest such place is noted in
 *                hold->books (of several the others are forgotten).
 *                (illumos, usr/src/uts/common/inet/tcp/tcp_input.c, tcp_reass and
 *                tcp_reass_elim_overlap, 2005 and since)
 *      SENT      old-linux: record by record, by the edges of the segments as they were sent
 *
 * A piece that is refused in the middle and put on later is judged anew, with the edges that its
 * segment had.
 *
 * Cost: NONE, RUN, SENT nothing; QUEUE O(log blocks); TRIMMED O(records met).
 */
#ifndef WEIR_CONTEST_H
#define WEIR_CONTEST_H

#include "hold/put.h"

/* Decides, for policies that look at edges (the others' `from` is as weir_put_begin set it).
 * Refuses where what has to be noted of the piece cannot be; nothing has changed then. */
weir_hold_refusal weir_contest_open(weir_put *put);

/* The same for a piece that is next in order: its first byte was not held, and it is not kept. */
void weir_contest_open_next(weir_put *put);

/* SENT: 1 if the piece wins against this record. */
int weir_contest_won_by_edges(const weir_put *put, const weir_leaf_slot *slot);

/* How many of the next `length` bytes have the same answer, at least 1. */
uint64_t weir_contest_alike(const weir_put *put, uint64_t length);

/* Notes what was taken of the piece. */
void weir_contest_close(weir_put *put);

/* 1 if the next byte of the piece wins against this record, which has it too. */
static inline int weir_contest_won(const weir_put *put, const weir_leaf_slot *slot)
{
    if (put->edges == WEIR_EDGES_SENT) return weir_contest_won_by_edges(put, slot);
    return put->result.reached >= put->from && put->result.reached < put->to;
}

#endif
