/* SPDX-License-Identifier: MIT */
/*
 * The rare part of a connection: counters that most connections never need, taken at the first such
 * event. If it is refused the engine's totals stay exact and the record says that its own are not
 * (WEIR_RECORD_PARTIAL).
 *
 * Every counting function below moves the engine's counter and the connection's at once, so that
 * the two cannot differ: the equation of weir_stats holds because nothing else touches these
 * counters.
 */
#ifndef WEIR_TALLY_H
#define WEIR_TALLY_H

#include "rooms/way.h"

/* The connection's tally, made if need be; NULL if refused. Valid until a tally is given back. */
weir_tally *weir_tally_need(const weir_way *way);

/* The same, NULL if it has none. */
static inline weir_tally *weir_tally_have(const weir_way *way)
{
    return way->record->tally ? weir_tally_at(way->core, way->record->tally) : NULL;
}

/* Gives it back, with what it owns. */
void weir_tally_free(const weir_way *way);

/* Bytes that are not delivered, by cause; of a loser in an overlap; a segment ahead of its time. */
void weir_tally_discard(const weir_way *way, weir_discarded cause, uint64_t bytes);
void weir_tally_duplicate(const weir_way *way, uint64_t bytes);
void weir_tally_conflict(const weir_way *way, uint64_t bytes);

/* Bytes that differ from what was delivered; they are duplicates besides. */
void weir_tally_delivered_conflict(const weir_way *way, uint64_t bytes);

void weir_tally_out_of_order(const weir_way *way);

/* `bytes` more are held; the peak is noted. `held` is what the connection's side holds now. */
void weir_tally_held(const weir_way *way, uint64_t bytes, uint64_t held);

/* A hole of `bytes` was given up. */
void weir_tally_hole(const weir_way *way, weir_hole_cause cause, uint64_t bytes);

/* Verifies that the tally and what hangs on it are the connection's, and no flag wants what is not
 * there. 1 if so. */
int weir_tally_check(const weir_way *way);

/* From which offset on bytes are not wanted; UINT64_MAX: all are. */
static inline uint64_t weir_tally_stop(const weir_way *way)
{
    if (!(way->side->flags & (WEIR_SIDE_STOP | WEIR_SIDE_IGNORED))) return UINT64_MAX;
    return way->side->flags & WEIR_SIDE_STOP ? weir_tally_have(way)->stop[way->s] : 0;
}

#endif
