/* SPDX-License-Identifier: MIT */
/*
 * An engine beside its model: slow, obviously right, and never compiled out.
 *
 *      segment ──┬──> engine ── callbacks ──┐
 *                └──> model: a cell for each byte of each direction (tape.h) <──┘ compared
 *
 * The model does not predict when a hole is given up or a connection evicted. It verifies that what happens is
 * consistent with what was fed, and permissible:
 *      - each event of a direction begins where the last one ended; every byte delivered is the one that the policy
 *        chooses among its copies; none is delivered twice; a span's packet did carry its bytes
 *      - a hole covers bytes that never arrived, or that a counted cause discarded, and ends where something is;
 *        its cause has its reason (an ACK, the time, a cap, a cut, a close)
 *      - late bytes lie in holes and are offered once
 *      - a connection opens once, closes once, and nothing comes after
 *      - counters: the sums of weir_stats, of each connection, and what both say of held bytes, after every call
 *      - weir_engine_check, and the pool's memory below its limit, after every call
 * It must know the sequence number of offset 0; it asks the engine (white box) and verifies that a SYN, an
 * answer to one or a segment gave it.
 *
 * A difference prints the name, the seed and the packet's number, and ends the program.
 */
#ifndef WEIR_TESTS_MODEL_H
#define WEIR_TESTS_MODEL_H

#include "support/fragment_model.h"
#include "support/journal.h"
#include "support/model_side.h"
#include "weir/weir.h"

typedef struct model_conn model_conn;
typedef struct model_tuple model_tuple;

typedef enum model_event {
    MODEL_OPEN,
    MODEL_DATA,
    MODEL_HOLE,
    MODEL_LATE,
    MODEL_URGENT,
    MODEL_UNKEPT,
    MODEL_CONFLICT,
    MODEL_CLOSE,
    MODEL_WATERMARK
} model_event;

typedef struct model {
    const char *name; /* printed with the seed if something is wrong */
    uint64_t seed;
    weir_pool *pool;
    weir_engine *engine;
    weir_engine_config config;
    journal journal;
    uint64_t packet; /* the number of the last one, which is its tag; from 1 */
    uint64_t clock_ns;
    uint32_t deep;    /* all is verified after so many calls (1), the packet's connection always */
    uint32_t shared;  /* 1: other threads use the pool */
    uint32_t lowered; /* 1: the limit was changed: holes and connections may go for it */

    /* Called in each callback; what it returns is on_open's verdict. May be NULL. */
    weir_verdict (*act)(struct model *m, weir_conn *conn, model_event event);
    void *user;

    /* Below: the model's own. */
    fragment_model *fragments; /* what pieces of IP packets come to */
    model_tuple **tuples;
    size_t tuple_count, tuple_room;
    uint64_t last_id, open;
    uint64_t taken; /* urgent bytes */
    uint64_t told;  /* bytes that differ, in on_conflict of this call: with some that wait, … */
    uint64_t told_delivered; /* … with some that are delivered */
    uint64_t delivered, missing, late, holes[WEIR_HOLE_CAUSE_COUNT], closed[WEIR_CLOSE_CAUSE_COUNT];
    uint64_t calls, committed, used;
    weir_stats before; /* this call … */
    uint64_t refused;  /* … and pages refused before */
    weir_segment hand;
    const weir_segment *segment;   /* the one in hand, NULL: none */
    int joined;                    /* it came in pieces */
    model_tuple *tuple;            /* its */
    uint32_t sender;               /* its side of the tuple */
    const model_side *side, *back; /* what it sends and acknowledges; NULL: of no connection */
    int ending;                    /* inside a flush, or the end of the engine */
    int above;                     /* the watermark */
    int doomed;                    /* the user closed something since the last advance */
    int implausible;               /* in this call some that waited was dropped as that */
    uint64_t beyond;               /* … and so many bytes that waited beyond an end */
    model_conn *must_close;        /* a hole was given up for its end */
    uint64_t id;                   /* of the last connection that something happened to */
    model_arrival arrival;
    const weir_span *given; /* in on_data: what it was given, … */
    size_t given_count;
    const model_side *given_side; /* … whose that is, … */
    uint64_t keep_bytes;          /* … and how much of it the user wants to see again */
} model;

/* Makes an engine on the pool, with the model's callbacks. `name` must outlive it. Ends the program if the engine
 * refuses. */
void model_open(model *m, weir_pool *pool, const weir_engine_config *config, const char *name,
                uint64_t seed);

/* Destroys the engine and verifies its last words. */
void model_close(model *m);

/* The engine's calls; the number of the packet becomes its tag. Of an aggregate of 802.11 each segment goes by a call
 * of its own. */
uint8_t model_feed(model *m, const weir_segment *segment);
uint8_t model_packet(model *m, int link_type, const weir_packet *packet);
int model_advance(model *m, uint64_t now_ns);
void model_flush(model *m);

/* Verifies everything now. */
void model_check(model *m);

/* What the user may do with a connection, in `act` or between calls. */
int model_stop(model *m, weir_conn *conn, weir_direction direction, uint64_t bytes);
int model_end(model *m, weir_conn *conn);

/* The open connection that was opened as the n-th (modulo their number), lent; NULL if there is none. */
weir_conn *model_find(model *m, uint64_t n);

#endif
