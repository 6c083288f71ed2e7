/* SPDX-License-Identifier: MIT */
/*
 * All ways in which two or three segments can lie to each other.
 *
 * Two intervals have one of 13 relations (Allen: Maintaining Knowledge about Temporal Intervals,
 * 1983); of three, 409 combinations are possible. They are found by trying all intervals between
 * six points, and kept where the combination is new.
 */
#ifndef WEIR_TEST_OVERLAP_CASES_H
#define WEIR_TEST_OVERLAP_CASES_H

#include "weir/weir.h"

enum { OVERLAP_PAIRS = 13, OVERLAP_TRIPLETS = 409, OVERLAP_CHUNKS = 16, OVERLAP_BYTES = 64 };

/* A segment: bytes [begin, end). Each byte of a case has a letter of its own. */
typedef struct overlap_chunk {
    uint64_t begin, end;
    char letters[OVERLAP_BYTES];
} overlap_chunk;

typedef struct overlap_case {
    uint32_t count;
    overlap_chunk chunks[OVERLAP_CHUNKS]; /* in the order they are sent */
} overlap_case;

/* Fills `cases` with the pairs, then the triplets. Returns how many there were, which should be
 * the sum of both. */
uint32_t overlap_cases(overlap_case cases[OVERLAP_PAIRS + OVERLAP_TRIPLETS]);

/* Adds a segment, with the next letters. */
void overlap_add(overlap_case *c, uint64_t begin, uint64_t end);

#endif
