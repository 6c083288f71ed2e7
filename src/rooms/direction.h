/* SPDX-License-Identifier: MIT */
/*
 * The bytes of one direction: in order out, ahead of their time into the hold, the rest counted.
 *
 *      piece ──┬─ below next ──────> late or duplicate
 *              ├─ at next ─────────> out, straight from the packet; then what it sets free
 *              └─ beyond next ─────> hold; a refusal is answered upwards, with the piece cut
 *                                    down to what is left
 *
 *      before and after:  side.next = delivered + missing + ignored
 *
 * In-order bytes need no memory and cannot be refused. Cost: the bytes, plus what they set free.
 */
#ifndef WEIR_DIRECTION_H
#define WEIR_DIRECTION_H

#include "rooms/way.h"

/* A hole this long whose front still moves is not believed when memory must be had from it. */
#define WEIR_IMPLAUSIBLE_BYTES (UINT64_C(1) << 20)

/*
 * Takes a piece (offsets of this direction), and moves piece->begin and data on as far as it came.
 * Returns 1 when all of it is dealt with; 0 when a page is needed for the rest and was refused:
 * make room and call again, or call weir_direction_jump. With `floor`, the engine's floor of pages
 * may be used.
 */
int weir_direction_take(const weir_way *way, weir_piece *piece, int floor);

/* Without memory: gives up all holes before the piece, and delivers it from the packet. */
WEIR_COLD void weir_direction_jump(const weir_way *way, weir_piece *piece);

/* Gives up the front hole and delivers what waited behind it; or, where it may not be believed,
 * drops what waits. A base that settles is settled instead. */
WEIR_COLD void weir_direction_give_up(const weir_way *way, weir_hole_cause cause);

/* As weir_direction_give_up, so that the piece may be taken: it has come, so no hole reaches into
 * it. */
WEIR_COLD void weir_direction_make_way(const weir_way *way, const weir_piece *piece,
                                       weir_hole_cause cause);

/* A grace is due: gives up the front holes that it is for. */
void weir_direction_grace_due(const weir_way *way);

/* The stream goes on at `seq`, far ahead: what is held goes out, and all else before it is given up
 * as acked. */
WEIR_COLD void weir_direction_rejoin(const weir_way *way, uint32_t seq);

/* Gives up all holes, one after the other. */
WEIR_COLD void weir_direction_finish(const weir_way *way, weir_hole_cause cause);

/* Fixes the base of a midstream direction at an offset, the lowest byte held or below, and
 * delivers. */
WEIR_COLD void weir_direction_settle(const weir_way *way, uint64_t base);

/* Forgets what is held, and counts it under this cause. */
WEIR_COLD void weir_direction_drop(const weir_way *way, weir_discarded cause);

/* Delivers what is next and held, and notes the end if next has reached it. */
void weir_direction_release(const weir_way *way);

/* Stops delivering at once if next has reached the offset from which on bytes are not wanted. */
void weir_direction_apply_stop(const weir_way *way);

#endif
