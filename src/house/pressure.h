/* SPDX-License-Identifier: MIT */
/*
 * Who pays when memory is short.
 *
 *      a page for held bytes     the oldest front hole of all engines gives up. If it is another
 *      engine's, that engine
 *                                is asked, and reads it at its next call; meanwhile the asker lives
 *                                on its floor. Only when that is spent it gives up its own oldest,
 *                                and with none left, the piece in hand goes out past the hole
 *                                before it
 *      a record                  beyond the share of connections: tombstones, half-open, lingering,
 *      then the
 *                                least recently active go; below the share the oldest front hole
 *                                pays
 *      a lowered limit           own holes, oldest first, then connections, until it holds
 *
 * The newcomer must not pay for the hoarder: oldest first guarantees every hole pool pages / page
 * demand seconds. Cost: at most WEIR_PAYERS_AT_ONCE holes or connections a packet.
 */
#ifndef WEIR_PRESSURE_H
#define WEIR_PRESSURE_H

#include "house/engine_state.h"
#include "rooms/way.h"

#define WEIR_PAYERS_AT_ONCE 32u

/* Does what other engines and the pool ask for; to be called before a packet, with no record in
 * hand. */
void weir_pressure_listen(weir_engine *engine);

/* Takes a piece to its end, whatever memory there is. */
void weir_pressure_take(weir_engine *engine, const weir_way *way, weir_piece *piece);

/* Opens a connection, for which others may have to go. 0 if no memory can be had for it. No record
 * may be in hand. It is still to be announced. */
weir_slot weir_pressure_open(weir_engine *engine, const weir_key *key, const weir_segment *segment);

/* Tells the other engines about this one's oldest hole, and the user about the watermark. */
void weir_pressure_publish(weir_engine *engine);

#endif
