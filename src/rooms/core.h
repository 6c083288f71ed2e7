/* SPDX-License-Identifier: MIT */
/*
 * What all connections of one engine share: memory, lists, time, settings, counters, callbacks.
 *
 *      engine ─ core ─┬─ slots: records (two sizes), tallies, lates, memos, blocks, tails
 *                     ├─ table: from addresses and ports to a record
 *                     ├─ queues of records by state, of blocks by age and by deadline
 *                     ├─ fragments: IP packets that lack pieces
 *                     └─ clock, config, stats, callbacks, handles lent to the user
 *
 * Every rooms/ function takes the core first. It lives in the engine's room of the pool.
 */
#ifndef WEIR_CORE_H
#define WEIR_CORE_H

#include "ground/count.h"
#include "ground/seq.h"
#include "rooms/fragments.h"
#include "rooms/queue.h"
#include "rooms/record.h"
#include "rooms/table.h"
#include "rooms/worth.h"

#define WEIR_HANDLES       16u
#define WEIR_GRACE_BASE_NS (10 * WEIR_MILLISECOND) /* how long a midstream base may settle */

/* What the user holds as a weir_conn: see weir_engine_find. */
struct weir_conn {
    struct weir_core *core;
    weir_slot slot;
};

typedef struct weir_core {
    weir_stock *stock;
    weir_slots records[2]; /* of IPv4, of IPv6 */
    weir_slots tallies, lates, memos, blocks, tails;
    weir_table table;
    weir_queue half_open, linger, tombstones, doomed; /* records, each by last_ns */
    weir_queue open[WEIR_WORTHS];                     /* the same, by worth */
    weir_queue holders[WEIR_WORTHS];                  /* blocks by worth: see weir_hole_payer */
    weir_queue waiting, proven; /* blocks by age; proven: the receiver asked for the bytes itself */
    weir_queue due;             /* blocks with a grace running, by deadline */
    weir_queue recent;          /* windows of delivered bytes, by when they were added to */
    weir_queue kept;            /* bytes that the user keeps, by when they were kept first */
    uint32_t kept_pages;        /* of these */
    uint32_t keep_asked;        /* this callback's user wants something kept, or nothing any more */
    uint64_t keep_bytes;        /* so many */
    const weir_span *given;     /* in on_data: what it was given; NULL in other callbacks */
    uint32_t given_count;
    weir_queue settling; /* blocks of sides whose base settles, by deadline */
    weir_hold_context hold;
    weir_fragments fragments;
    uint64_t now_ns;         /* the clock */
    uint64_t open_due_ns;    /* no open connection is idle for too long before */
    uint64_t quiet_until_ns; /* nothing at all is due before: see house/timeouts.h */
    uint64_t next_id;
    uint64_t young_ns;   /* no connection that was active within is due */
    uint32_t grain_most; /* log2 of the most that queues may be out of order by, in ns */
    uint32_t grain_idle; /* the same where only time is meant */
    uint32_t unchecked;  /* no setting wants more of a usual segment: see rooms/usual.h */
    weir_engine_config config;
    weir_callbacks callbacks;
    void *user;
    const weir_side *busy; /* whose callback runs; NULL: none, or a whole connection's */
    uint32_t in_callback;
    uint32_t lent;   /* handles in use */
    uint32_t relent; /* how many were lent a second time, the oldest first */
    struct weir_conn handles[WEIR_HANDLES];
    weir_slot touched;       /* the record that the last packet belonged to; 0: to none */
    uint32_t segment_events; /* what this packet did: WEIR_DID_*, for its verdict */
    uint32_t told;           /* spans, holes and closes the user was told of, mod 2^32 */
    weir_stats stats;
} weir_core;

/* core->segment_events */
enum { WEIR_DID_DELIVER = 1, WEIR_DID_HOLD = 2, WEIR_DID_REPEAT = 4, WEIR_DID_DISCARD = 8 };

static inline weir_record *weir_record_at(const weir_core *core, weir_slot slot)
{
    return slot & WEIR_SLOT_IPV6 ? weir_slots_at(&core->records[1], slot & ~WEIR_SLOT_IPV6)
                                 : weir_slots_at(&core->records[0], slot);
}

static inline weir_block *weir_block_at(const weir_core *core, weir_slot slot)
{
    return weir_slots_at(&core->blocks, slot);
}

static inline weir_tally *weir_tally_at(const weir_core *core, weir_slot slot)
{
    return weir_slots_at(&core->tallies, slot);
}

#endif
