/* SPDX-License-Identifier: MIT */
/*
 * The life of a hole: from the first byte seen behind it to its end by evidence, by time or by
 * need.
 *
 *      next        front end = first byte held, or the FIN if nothing is held, or if that is
 *                  acknowledged and nearer
 *      ─┼── hole ──┼═══ held ═══┼── hole ──┼═ held ═┼
 *       only the front hole can be given up; then the next one is the front
 *
 *      since      its age runs from here: the capture of the first byte behind it, or the last time
 *                 that its front moved
 *      evidence   the receiver has all before this offset: it acknowledged it, so nobody will send it
 *                 again
 *      mark, due  holes that end at or before mark go at due: evidence + grace (acked_hole_ns)
 *      proven     the receiver acknowledged exactly the front, after the bytes behind: it misses them
 *                 too, and a retransmission will come: five times the timeout
 *
 *      a side has a block  <=>  it misses something or its base settles
 *      block in core->waiting or core->proven (by since), in core->holders (by worth),
 *            and in core->due or core->settling if pending
 *
 * This room keeps times and queues. What is delivered when a hole goes is rooms/direction.h's.
 * Cost: O(1) for everything.
 */
#ifndef WEIR_HOLE_H
#define WEIR_HOLE_H

#include "rooms/way.h"

#define WEIR_PROVEN_FACTOR 5u /* times config.hole_timeout_ns */

/* weir_block.queue */
enum { WEIR_AGE_WAITING, WEIR_AGE_PROVEN };

/* What began to wait at `was_ns`, by a clock that stood still, did so now. */
WEIR_COLD void weir_hole_restamp(const weir_way *way, uint64_t was_ns);

/* The side's block, made if need be: its age runs from now. NULL if refused (with `floor`, the
 * engine's floor may be used). */
weir_block *weir_hole_need(const weir_way *way, int floor);

/* Gives the block back. What it held must have been taken out. A base that settles is fixed where
 * it is. */
void weir_hole_free(const weir_way *way);

/* Where the front hole ends; `next` if nothing is missing. */
uint64_t weir_hole_front_end(const weir_way *way);

/* Highest offset seen, one past it: held, delivered, or the FIN's. */
uint64_t weir_hole_seen_end(const weir_way *way);

/* The front moved: its clock starts again, evidence is looked at anew; the block goes if nothing is
 * missing any more. */
void weir_hole_moved(const weir_way *way);

/* The receiver acknowledged up to `offset`, not beyond what was seen. */
void weir_hole_acked(const weir_way *way, uint64_t offset);

/* What is held began, or begins earlier now: what its holder is worth is looked at anew; if the
 * front hole is covered by evidence now, its grace begins. */
void weir_hole_review(const weir_way *way);

/* A midstream base settles from now on. */
WEIR_COLD void weir_hole_settle_later(const weir_way *way);

/* It has settled. */
WEIR_COLD void weir_hole_settled(const weir_way *way);

/* The block of a due grace goes on: for what is acknowledged but not marked yet, or not at all.
 * Returns the mark up to which front holes go now. */
WEIR_COLD uint64_t weir_hole_take_mark(const weir_way *way);

/* The timeout of a waiting block passed: if the receiver asked for the bytes it waits on (returns
 * 1). */
WEIR_COLD int weir_hole_wait_longer(const weir_way *way);

/* The block that goes first when memory is short, 0 if there is none: a base that settles, which
 * costs no byte; else, by its front hole, of those at the head of the queues of holders, one for
 * each worth, the one of the largest age by worth (rooms/worth.h). A queue is in the order in which
 * they came to that worth, but who has held longer than its head goes before that: so who pays, and
 * is worth less with each hole, pays on until a page is free. What counts is how long it has held
 * something without a break: the age of its front hole begins anew whenever that is given up, and
 * would let who holds much behind many holes pass for young. */
weir_slot weir_hole_payer(const weir_core *core);

/* Verifies the rules above for one block. 1 if they hold. */
WEIR_COLD int weir_hole_check(const weir_way *way);

#endif
