/* SPDX-License-Identifier: MIT */
/*
 * Who pays when memory is short.
 *
 *      held bytes        the oldest front hole of all engines is given up. Another engine's owner is
 *                        asked, and reads it at its next call; meanwhile the asker lives on its
 *                        floor. Only when that is spent its own oldest goes; with none left, the
 *                        piece in hand goes out past the hole before it
 *      a record          beyond the share of connections: tombstones, half-open, lingering, then
 *                        the least recently active are evicted; below it the oldest front hole pays,
 *                        and if that is another engine's, the floor serves first
 *      a fragment        beyond the share of fragments: the engine's packets that wait for pieces,
 *                        oldest first; below it as for held bytes, then those; with none left, its
 *                        own packet is dropped
 *      a lowered limit   packets that wait for pieces, while they are above their share; then the oldest front hole, another engine's asked first; then own connections,
 *                        until the limit holds. An engine that was asked WEIR_PATIENCE_CALLS times
 *                        in vain is taken for silent
 *
 * The newcomer must not pay for the hoarder: oldest first guarantees every hole pool pages / page
 * demand seconds. Cost: at most WEIR_PAYERS_AT_ONCE holes or connections a packet,
 * for a lowered limit WEIR_SHRINK_AT_ONCE.
 */
#ifndef WEIR_PRESSURE_H
#define WEIR_PRESSURE_H

#include "house/engine_state.h"
#include "rooms/way.h"

#define WEIR_PAYERS_AT_ONCE    32u
#define WEIR_FRAGMENTS_AT_ONCE 16u   /* packets that wait for pieces, for each of these */
#define WEIR_SHRINK_AT_ONCE    12u   /* for a lowered limit: each may be a call to the system */
#define WEIR_PATIENCE_CALLS    4096u /* for an engine that was asked, and may be silent */

/* Does what other engines and the pool ask for; to be called before a packet, with no record in
 * hand. */
void weir_pressure_listen(weir_engine *engine);

/* Takes a piece to its end, whatever memory there is. */
void weir_pressure_take(weir_engine *engine, const weir_way *way, weir_piece *piece);

/* Opens a connection, for which others may have to go. 0 if no memory can be had for it. No record
 * may be in hand. It is still to be announced. */
weir_slot weir_pressure_open(weir_engine *engine, const weir_key *key, const weir_segment *segment);

/* Takes a piece of an IP packet, for which others may have to go: weir_fragments_take without its
 * REFUSED. No record may be in hand. */
int weir_pressure_join(weir_engine *engine, const weir_decoding *how, const weir_fragment *piece,
                       weir_fragment *whole);

/* Tells the other engines about this one's oldest hole, and the user about the watermark. */
void weir_pressure_publish(weir_engine *engine);

#endif
