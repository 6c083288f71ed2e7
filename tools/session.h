/* SPDX-License-Identifier: MIT */
/*
 * Session: an engine, fed, ended, and checked.
 *
 *      session_open ──> session_feed ──> session_end ──> outcome ──> report, jsonl
 *      session_join ──> (live.h)     ──> session_end ──> outcome ──> session_add ──┘
 *
 * Files are read by one session on a pool of its own. A live capture has a session for each thread,
 * all of them on one pool, and adds up what they come to.
 *
 * What a connection says when it closes is added up in the tally: nothing is kept for each
 * connection.
 *
 * Callbacks get the session as their `user`; whose it is stands in session.user.
 */
#ifndef WEIR_TOOLS_SESSION_H
#define WEIR_TOOLS_SESSION_H

#include "capture_settings.h"
#include "feed.h"

/* What the totals of the library do not tell, for the report's advice. */
typedef struct session_tally {
    uint64_t silent;         /* connections without a byte in either direction */
    uint64_t both_ways;      /* of which both directions were seen, acknowledgements included */
    uint64_t one_way;        /* with bytes, and only one direction was seen */
    uint64_t one_way_tagged; /* of them with a VLAN id */
    uint64_t one_way_tunnel; /* of them with a tunnel's number */
    uint64_t midstream;      /* taken up without a SYN */
    uint64_t evicted_with_bytes;
    uint64_t unbalanced; /* directions whose equation does not hold: a fault of the library */
} session_tally;

/* Which of the sessions on one pool it is. */
typedef struct session_place {
    const char *interface; /* whose packets it gets; NULL: files */
    uint32_t number;       /* from 0 */
    uint32_t count;        /* of all */
} session_place;

typedef struct session {
    const options *options;
    void *user;
    session_place place;
    weir_pool *pool;
    bool owns_pool;
    weir_engine *engine;
    int stop; /* callbacks set an exit code here to end the feeding */
    feed_totals input;
    session_tally tally;
    hole_histogram holes; /* filled by on_hole, where somebody wants it */
} session;

/* All that a run came to. */
typedef struct session_outcome {
    weir_stats stats;
    weir_memory memory; /* committed_bytes: what was left after the end */
    feed_totals input;
    session_tally tally;
    uint64_t clock_ns; /* the engine's, after the last packet */
    bool live;
    capture_totals capture;               /* of a live one, … */
    const snapshot_interface *interfaces; /* … by interface, until live_close */
    size_t interface_count;
} session_outcome;

/* Makes the pool of the options, for so many engines. Returns EXIT_OK, or EXIT_USAGE when a line has
 * said which option is to change. */
int session_pool(const options *o, uint32_t engines, weir_pool **pool);

/* Makes pool and engine from the options; both must outlive it. Returns EXIT_OK, or EXIT_USAGE when
 * a line has said which option is to change. */
int session_open(session *s, const options *o, const weir_callbacks *callbacks, void *user);

/* The same with an engine on a pool that is there. */
int session_join(session *s, weir_pool *pool, const session_place *place, const options *o,
                 const weir_callbacks *callbacks, void *user);

/* A connection's number, unique among all sessions on the pool: the engine's own where there is
 * one. */
uint64_t session_id(const session *s, uint64_t id);

/* Adds a closing connection to the tally: to be called by on_close. */
void session_count(session *s, const weir_conn_info *info, weir_close_cause cause);

/* feed_all. */
int session_feed(session *s, upkeep *u);

/* Takes a snapshot of it, for the upkeep: a snapshot_source whose `user` is the session. */
void session_snapshot(void *user, snapshot *now);

/*
 * Ends all connections (callbacks are called), lets packet time pass until memory has gone back,
 * fills *outcome and checks that every byte is accounted for. Returns EXIT_OK, or EXIT_FAILED when
 * a line has said which equation does not hold.
 */
int session_end(session *s, session_outcome *outcome);

/* Adds what another session on the same pool came to; of the memory, which they share, the later
 * state. *sum begins as zeros. */
void session_add(session_outcome *sum, const session_outcome *one);

/* Frees what session_open made. Legal after its failure too. */
void session_close(session *s);

#endif
