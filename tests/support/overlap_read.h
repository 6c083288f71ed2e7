/* SPDX-License-Identifier: MIT */
/*
 * Overlap cases (support/overlap_cases.h) as a direction of a connection, read through the engine.
 */
#ifndef WEIR_TEST_OVERLAP_READ_H
#define WEIR_TEST_OVERLAP_READ_H

#include "support/overlap_cases.h"

/* When the byte before all others comes: last, so that all is held until then; at the beginning; or
 * there is none, and the first byte of the chunks is the next one expected. */
typedef enum overlap_scenario {
    OVERLAP_START_LAST,
    OVERLAP_START_FIRST,
    OVERLAP_NO_START
} overlap_scenario;

/* What the engine delivers of it up to the first hole, the start left out. `unit`: how many bytes a
 * letter stands for. */
void overlap_read(const overlap_case *c, weir_overlap policy, overlap_scenario scenario,
                  uint32_t unit, char letters[OVERLAP_BYTES]);

#endif
