/* SPDX-License-Identifier: MIT */
/*
 * A tape: one cell for each byte of a direction that ever arrived, at its place. Memory only where something is.
 *
 *      place    … -2  -1   0   1   2   3   4 …        0 is the first sequence number seen
 *      cell         .   .   H   H   O   O   .         empty, held, out, late
 *
 * Slow and simple, for models of the engine: blocks of cells in a sorted array.
 */
#ifndef WEIR_TESTS_TAPE_H
#define WEIR_TESTS_TAPE_H

#include <stddef.h>
#include <stdint.h>

#define TAPE_BLOCK_CELLS 1024
#define TAPE_MORE        2

typedef enum tape_state {
    TAPE_EMPTY, /* never arrived, or what arrived was discarded */
    TAPE_HELD,  /* arrived */
    TAPE_OUT,   /* delivered */
    TAPE_LATE   /* offered after its hole was given up */
} tape_state;

typedef struct tape_cell {
    uint32_t packet; /* the last packet that wrote here */
    uint8_t state;
    uint8_t value;
    uint8_t was; /* state and value before that packet */
    uint8_t was_value;
    /* where the model does not know who wins: other values that it may have, and how many they
     * were before that packet; more than TAPE_MORE: it may be anything */
    uint8_t more[TAPE_MORE];
    uint8_t more_count, was_more;
} tape_cell;

typedef struct tape_block {
    int64_t number; /* of its first cell, divided by TAPE_BLOCK_CELLS */
    tape_cell cells[TAPE_BLOCK_CELLS];
} tape_block;

typedef struct tape {
    tape_block **blocks; /* sorted by number */
    size_t count, room;
} tape;

/* The cell at a place, made if need be. */
tape_cell *tape_at(tape *t, int64_t place);

/* The same, NULL if nothing ever was near there. */
tape_cell *tape_have(const tape *t, int64_t place);

/* 1 if a byte of a cell may have this value. */
int tape_may_be(const tape_cell *cell, uint8_t value);

/* The first place in [from, end) whose cell is in that state; `end` if there is none. */
int64_t tape_find(const tape *t, int64_t from, int64_t end, tape_state state);

void tape_free(tape *t);

#endif
