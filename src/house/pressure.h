/* SPDX-License-Identifier: MIT */
/*
 * Who pays when memory is short.
 *
 *      first of all      windows of delivered bytes (rooms/recent.h), that of the side which was silent
 *                        longest first; then bytes that users keep (rooms/keep.h) beyond their
 *                        share; of this engine, or of the one that is asked
 *      held bytes        the front hole of who has held longest, by what its connection is worth
 *                        (rooms/worth.h), of all engines. If that is another's, it is asked and
 *                        reads it at its next call; meanwhile the asker lives on its floor. Only
 *                        when that is spent one of its own goes; with none left, bytes that users
 *                        keep; then the piece in hand goes out past the hole before it
 *      a record          beyond the share of connections one is evicted (rooms/connection.h);
 *                        below it a hole pays as above, and if that is another engine's, the floor
 *                        serves first
 *      a fragment        beyond the share of fragments: the engine's packets that wait for pieces,
 *                        oldest first; below it as for held bytes, then those; with none left, its
 *                        own packet is dropped
 *      a lowered limit   packets that wait for pieces and connections, each beyond their share of
 *                        it; then holes, another engine's asked first; then any connection, until
 *                        the limit holds. An engine that was asked WEIR_PATIENCE_CALLS times in
 *                        vain is taken for silent
 *
 * The newcomer must not pay for the hoarder, nor the busy connection for a million that have
 * brought nothing. Who has held longest guarantees every holder pool pages / page demand seconds,
 * times its worth. `make honest` compares: ARCHITECTURE.md has the table, and what the rules that
 * lost came to.
 *
 * What pays may be a page of 200 records, each behind a hole of its own: so holes go until there is
 * a page, or the user was told of WEIR_TOLD_FOR_PAGE spans and holes; then the floor serves. Cost:
 * that much, or WEIR_PAYERS_AT_ONCE connections, a packet; for a lowered limit WEIR_SHRINK_AT_ONCE,
 * as each may be a call to the system.
 */
#ifndef WEIR_PRESSURE_H
#define WEIR_PRESSURE_H

#include "house/engine_state.h"
#include "rooms/way.h"

#define WEIR_PAYERS_AT_ONCE    32u
#define WEIR_FRAGMENTS_AT_ONCE 16u /* packets that wait for pieces, for each of these */
#define WEIR_SHRINK_AT_ONCE    32u /* for a lowered limit: connections, or a third as many holes */
#define WEIR_SHRINK_HOLE       3u
#define WEIR_TOLD_FOR_PAGE     512u /* spans and holes: of 200 records in a page, each behind a hole */
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

/* Tells the other engines what time it is here and who would pay first: at the end of a call, and
 * before another is asked. */
void weir_pressure_publish(weir_engine *engine);

/* Tells the user when the pool's use passes the watermark. */
void weir_pressure_watch(weir_engine *engine);

#endif
