/* SPDX-License-Identifier: MIT */
/*
 * The model from inside: for model*.c.
 *
 *      model.c          what is fed, and its life
 *      model_events.c   what comes back
 *      model_verify.c   what must hold between calls
 *      model_side.c     one direction, byte by byte
 *      model_keep.c     what the user keeps
 *      model_refusal.c  what may be refused
 */
#ifndef WEIR_TESTS_MODEL_CONN_H
#define WEIR_TESTS_MODEL_CONN_H

#include "support/model.h"

/* Addresses and ports, and the connection that is open there now. */
struct model_tuple {
    weir_segment of;       /* side 0 is its sender */
    model_marks starts[2]; /* by side: numbers that may be the base of what it sends */
    model_marks syns[2];   /* of them, those that SYNs gave */
    model_conn *conn;
};

struct model_conn {
    model_tuple *tuple;
    weir_ref ref;
    uint32_t client;    /* the tuple's side */
    int closing;        /* the user closed it */
    int resets;         /* some came */
    int syn[2];         /* by direction: opened by this side's SYN */
    uint64_t active_ns; /* the last packet that was neither SYN nor RST */
    model_side side[2]; /* by direction */
};

/* What a side of the tuple sends is of this direction, and back. */
weir_direction model_direction(const model_conn *conn, uint32_t side);
uint32_t model_sender(const model_conn *conn, weir_direction direction);

/* The engine's own words. */
weir_conn_info model_info(const model *m, const weir_conn *conn);
weir_stats model_stats(const model *m);
uint64_t model_refused(const model *m); /* pages refused by the pool so far */

/* delivered + duplicate + discarded + held; and how many bytes this call has discarded so far. */
uint64_t model_sum(const weir_stats *stats);
uint64_t model_discarded(const model *m, const weir_stats *now, weir_discarded cause);

/* Finds out what of the bytes that waited was dropped in this call, as beyond the end of their stream. */
void model_take_ends(model *m, const weir_stats *now);

/* Which of the payload in hand has arrived, by what the engine has discarded of it so far. */
void model_take_segment(model *m, const weir_stats *now);

void model_callbacks(weir_callbacks *callbacks);

/* Offset 0 of a direction has this sequence number, the engine says: a segment must have given it. */
void model_fix_base(model *m, model_conn *conn, weir_direction direction, uint32_t base);

/* The engine is at `offset` of a direction: urgent bytes may have been dropped up to there. */
void model_pass(model *m, model_conn *own, const weir_conn *conn, weir_direction direction,
                uint64_t offset);

/* The segment in hand may have been refused without a trace in any counter. */
int model_may_be_refused(const model *m);

/* Each of these ends the program if something is wrong. */
void model_check_sums(const model *m, const weir_stats *now);
void model_check_totals(const model *m, const weir_stats *now);
void model_check_arrival(const model *m, const weir_stats *now);
void model_check_ends(model *m, const model_conn *own, const weir_conn_info *info);
void model_check_conn(model *m, model_conn *own, const weir_stats *now);
void model_check_conns(model *m, const weir_stats *now);

#endif
