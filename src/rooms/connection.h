/* SPDX-License-Identifier: MIT */
/*
 * A connection as a whole: opened, aged, closed, forgotten.
 *
 *      half open ──> open <──> linger ──> tombstone ──> (record given back)
 *          └──────────┴────────────┴──────────┘ doomed: closed by the user, on the way out
 *
 *      each state is a queue, and open one for each worth (rooms/worth.h), ordered by last_ns;
 *      the heads are the first to go, by time or by need
 *
 * A packet that moves its connection to the end writes two records that nobody had in a cache. So
 * open ones are ordered only to a grain of 0.5 to 67 ms by worth. Those that brought bytes stay
 * where they are for 2^32 ns (4 s, or an eighth of idle_ns), but are marked active; who is marked
 * and was active in that time goes to the end when somebody has to go (a second chance). So a
 * connection is never closed before it was idle for idle_ns, and at most two such times later.
 *
 *      idle_ns <= idle when closed for it < idle_ns + min(2 x 2^32 ns, idle_ns / 4)
 *
 * With 300,000 connections that talk in random order a packet took 280 ns, and takes 215 (`weir-bench
 * run --gen many --scale 0.3 --mem 600MiB --batch 32`, talking).
 *
 * Giving a record back moves another into its place: nobody may have a record in hand then. So
 * records go only at the beginning of a packet, or when time passes. Cost: O(1) for everything.
 */
#ifndef WEIR_CONNECTION_H
#define WEIR_CONNECTION_H

#include "rooms/way.h"

#define WEIR_NEWBORN_SHARE 8u /* one in so many records is for connections that prove nothing yet */

/* log2 of the ns within which the order of queues does not matter: to who goes first, and to when
 * an idle connection is closed. */
#define WEIR_GRAIN      19u
#define WEIR_GRAIN_IDLE 32u

#define WEIR_SECOND_CHANCES 4u /* at once; a packet marks one connection */

/* A record of this key, in the table. 0 if no memory for it is left. `floor`: may use the floor. */
weir_slot weir_connection_open(weir_core *core, const weir_key *key, const weir_segment *segment,
                               int floor);

/* The same where another one goes for it, in whose place it then is: no record moves. 0, and nothing
 * changed, if it is of the other family. */
weir_slot weir_connection_replace(weir_core *core, weir_slot victim, const weir_key *key,
                                  const weir_segment *segment);

/* Tells on_open of it, once, and does what the user answers. */
void weir_connection_announce(weir_core *core, weir_slot slot);

/* Moves it to another state's queue; last_ns stays. */
void weir_connection_become(weir_core *core, weir_slot slot, uint8_t state);

/* A packet of it counted: it is active. */
static inline void weir_connection_touch(weir_core *core, weir_record *record, weir_slot slot);

/* Its last packet, seen at `was_ns` by a clock that stood still, happened now. */
WEIR_COLD void weir_connection_restamp(weir_core *core, weir_slot slot, uint64_t was_ns);

/* Ends it: gives up its holes with this cause, delivers, tells on_close. A tombstone remains. */
void weir_connection_close(weir_core *core, weir_slot slot, weir_close_cause cause,
                           weir_hole_cause holes);

/* Closes it if it is not closed yet, and gives the record back. */
void weir_connection_remove(weir_core *core, weir_slot slot, weir_close_cause cause,
                            weir_hole_cause holes);

/* When it will be forgotten if nothing comes. */
uint64_t weir_connection_deadline(const weir_core *core, weir_slot slot);

/* What its time is up as: the cause to close it with. */
weir_close_cause weir_connection_expiry(const weir_core *core, weir_slot slot);

/* The one to evict first. 0 if there is none.
 *      tombstones
 *      those that prove nothing yet (half-open, or worth 0), while they are more than one in
 *      WEIR_NEWBORN_SHARE: so no flood of them touches a connection that lives, and no flood of
 *      others keeps new ones out
 *      lingering
 *      the open one with the largest idle time by worth */
weir_slot weir_connection_victim(weir_core *core);

/* The queue that a record is in, by its state and what it was worth. */
weir_queue *weir_connection_queue(weir_core *core, const weir_record *record);

/* Verifies one connection. 1 if all rules of rooms/record.h and rooms/hole.h hold for it. */
WEIR_COLD int weir_connection_check(weir_core *core, weir_slot slot);

/* ──── bodies ──── */

/* Who misses the beginning of its stream proves nothing by having spoken: it costs more memory than
 * it has brought bytes. */
static inline uint32_t weir_connection_worth(const weir_record *record)
{
    uint32_t worth = weir_worth_of(record);
    return worth <= 2 && (record->side[0].block || record->side[1].block) ? 0 : worth;
}

/* The order within this time does not matter, so a packet need not move its connection in the
 * queue: the less a connection is worth, the less, since it goes sooner. */
static inline uint32_t weir_connection_grain(const weir_core *core, uint32_t worth)
{
    return weir_min32(WEIR_GRAIN + worth, core->grain_most);
}

static inline void weir_connection_touch(weir_core *core, weir_record *record, weir_slot slot)
{
    uint64_t since = record->last_ns ^ core->now_ns;
    if (record->state >= WEIR_STATE_LINGER) return;
    record->last_ns = core->now_ns;
    uint32_t worth = weir_connection_worth(record);
    if (WEIR_LIKELY(record->state == WEIR_STATE_OPEN && worth == record->worth)) {
        if (!(since >> weir_connection_grain(core, worth))) return;
        if (worth >= WEIR_WORTH_PAID && !(since >> core->grain_idle)) {
            record->flags |= WEIR_RECORD_ACTIVE;
            return;
        }
    } else if (record->state == WEIR_STATE_HALF_OPEN && !since) {
        return; /* it came or was moved at this very time: nobody behind it has waited longer */
    }
    weir_connection_become(core, slot, record->state);
}

#endif
