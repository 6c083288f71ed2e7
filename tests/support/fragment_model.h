/* SPDX-License-Identifier: MIT */
/*
 * The room of fragments beside its model: for each IP packet, arrays with an entry for each byte.
 * Slow, and obviously right.
 *
 *      offset    0                                              65535
 *      have      1 1 1 1 1 0 0 0 1 1 1 1 1 . . .    captured, and kept
 *      sent      1 1 1 1 1 1 1 1 1 1 1 1 1 . . .    of some piece, as it was on the wire
 *      bytes     their values
 *
 * A packet is whole when all before its end was sent. Every piece is given to both, and all that can
 * be seen is compared: the answer, the whole packet, every counter; weir_fragments_check runs after
 * each. When the room is refused memory, the model is told who pays. A difference prints the
 * script's name and seed and ends the program: it is never compiled out.
 */
#ifndef WEIR_TEST_FRAGMENT_MODEL_H
#define WEIR_TEST_FRAGMENT_MODEL_H

#include "rooms/core.h"

#define FRAGMENT_MODEL_DATAGRAMS 4096u

typedef struct fragment_model_piece {
    uint32_t begin, end; /* as sent */
} fragment_model_piece;

typedef struct fragment_model_parcel {
    weir_fragment of; /* a piece of it, for its key */
    uint64_t since_ns;
    weir_parcel_state state;
    int cause;
    uint32_t waiting; /* pieces */
    uint32_t end, reach;
    uint8_t protocol, stale, depth, overlapped, cut;
    uint8_t *have, *sent, *bytes; /* `room` long */
    uint32_t room;
    fragment_model_piece *pieces;
    uint32_t piece_count;
} fragment_model_parcel;

typedef struct fragment_model {
    const char *script; /* printed with the seed if something is wrong */
    uint64_t seed, step;
    weir_core core;
    weir_decoding how;
    /* In the order of their deadlines, whatever their state; two orders in one. */
    fragment_model_parcel *all[FRAGMENT_MODEL_DATAGRAMS];
    uint32_t count;
    weir_stats stats;            /* as they are to be */
    uint32_t patience;           /* so many may pay for a piece, then it is given up */
    uint64_t whole_bytes, joins; /* what came of it */
    uint64_t refusals, payments; /* and how often memory was short */
    uint8_t whole[65536];        /* of the last one foreseen */
} fragment_model;

/* A room on the stock; its own settings may be changed before the first piece. */
void fragment_model_open(fragment_model *model, weir_stock *stock, const char *script,
                         uint64_t seed);

/* Drops all that waits. */
void fragment_model_close(fragment_model *model);

/* Gives a piece to both. Returns the answer of both: WHOLE, WAITS, or a weir_ignored. */
int fragment_model_take(fragment_model *model, const weir_fragment *piece);

/* Moves the clock and does at most `most` things that are due. */
void fragment_model_advance(fragment_model *model, uint64_t ns, uint32_t most);

/* ── beside a whole engine (tests/support/model.h), which decides who pays ── */

/* A model that only foresees. */
void fragment_model_begin(fragment_model *model, const char *script, uint64_t seed);
void fragment_model_end(fragment_model *model);

/* Takes over the engine's settings, and what it has dropped since; the time is what it will be. With
 * `doubted` it will also turn out that the piece before came then. */
void fragment_model_follow(fragment_model *model, const weir_core *core, uint64_t now_ns,
                           int doubted);

/* What the engine will answer to this piece if its packet is not dropped for it, and the packet that
 * it completes: its bytes are the model's until the next call. */
int fragment_model_foresee(fragment_model *model, const weir_decoding *how,
                           const weir_fragment *piece, weir_fragment *whole);

#endif
