/* SPDX-License-Identifier: MIT */
/*
 * A witness to made traffic (bench/traffic.h): callbacks that verify every byte that an engine delivers or offers late
 * against what the stream must have at that offset, and count what came of honest and of hostile connections.
 */
#ifndef WEIR_TESTS_WITNESS_H
#define WEIR_TESTS_WITNESS_H

#include "weir/weir.h"

typedef struct witness_count {
    uint64_t connections, delivered, missing, late;
    uint64_t holes[WEIR_HOLE_CAUSE_COUNT];
    uint64_t closed[WEIR_CLOSE_CAUSE_COUNT];
    uint64_t
        torn; /* connections with a hole, or taken up midstream: their bytes are not verified */
} witness_count;

typedef struct witness {
    witness_count honest, hostile;
    uint64_t wrong;  /* spans with wrong bytes, or of no known connection */
    uint64_t broken; /* events that do not begin where the last ended */
    uint64_t first_wrong_id;
} witness;

/* `user` is the witness, zeroed. */
void witness_callbacks(weir_callbacks *callbacks);

#endif
