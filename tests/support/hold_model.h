/* SPDX-License-Identifier: MIT */
/*
 * A hold beside its model: an array with an entry for each byte of a window of the stream. Slow,
 * and obviously right.
 *
 *      offset   base                                                 base + window
 *      bytes    . . . . A A A B B B . . . . C C . . . . . . . . . . . .
 *                       each: value, and the segment that won it
 *
 * Who wins: for first, last and old-linux by the two segments alone. For the other policies a copy
 * of the receiver's queue (support/queue_model.h) is given the segment; who has the byte then has
 * it in the hold. That can be said as long as the queue knows all that the hold knows: not after a
 * piece was taken in part, met what is held without being followed by its delivery, or lies before
 * what was delivered. Until the hold is empty the model then accepts either winner, and everything
 * else is compared as before.
 *
 * Every operation is done on both, and all that can be seen is compared; weir_hold_check runs after
 * each. A difference prints the script's name and seed and ends the program: it is never compiled
 * out.
 */
#ifndef WEIR_TEST_HOLD_MODEL_H
#define WEIR_TEST_HOLD_MODEL_H

#include "hold/hold.h"
#include "support/queue_model.h"

typedef struct hold_model_segment {
    uint64_t begin, end; /* as sent, the bytes that were cut included */
    uint64_t piece_end;  /* as captured */
    uint64_t time_ns;
    uint32_t cut;
} hold_model_segment;

typedef struct hold_model_byte {
    uint32_t segment;
    uint8_t value;
    uint8_t held;
    uint8_t
        loose; /* absorbed, perhaps: any segment that had this byte may be named as its origin */
} hold_model_byte;

typedef struct hold_model {
    weir_hold hold;
    weir_hold_context context;
    weir_stock *stock;
    const char *script; /* printed with the seed if something is wrong */
    uint64_t seed;
    uint64_t base, window;
    uint64_t begin; /* the first byte held */
    uint64_t held;
    uint32_t segment_count, segment_room;
    uint64_t gone; /* offsets below were cut */
    int listens;   /* every other piece is put with somebody listening for clashes */
    int exact;     /* `queue` is what the receiver would have */
    queue_model queue;
    uint64_t time_error_ns; /* how far a time may be off: 0 while all are within 4 s */
    hold_model_byte *bytes;
    hold_model_segment *segments;
} hold_model;

/* The stock stays the caller's. */
void hold_model_open(hold_model *model, weir_stock *stock, weir_overlap overlap, uint64_t base,
                     uint64_t window);

/* Empties the hold; no page may be out then. */
void hold_model_close(hold_model *model);

/* A segment, and the piece of it that has these bytes: it had `before` more in front and
 * `behind` more at the end. */
weir_piece hold_model_piece(hold_model *model, const uint8_t *data, uint64_t begin, uint64_t end,
                            uint32_t before, uint32_t behind, uint32_t cut, uint64_t time_ns);

weir_hold_result hold_model_put(hold_model *model, const weir_piece *piece,
                                const weir_hold_room *room);
weir_hold_result hold_model_meet(hold_model *model, const weir_piece *piece);
void hold_model_cut(hold_model *model, uint64_t offset);
void hold_model_rebase(hold_model *model, uint64_t base);
void hold_model_peek(hold_model *model, uint32_t most);

/* Compares every byte, time, tag and edge held, and what it costs. */
void hold_model_compare(hold_model *model);

/* Room without limits. */
extern const weir_hold_room hold_model_all;

#endif
