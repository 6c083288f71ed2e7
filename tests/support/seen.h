/* SPDX-License-Identifier: MIT */
/*
 * What a live capture saw, beside what clients and server know that they sent.
 *
 * `weir cat --gaps zero --jsonl --holes` gives all that is needed: each stream's bytes at their
 * offsets, and where it says that bytes are missing. Then every byte of a stream is either the one
 * that was sent there, or in a hole that was told; anything else is a splice, a wrong byte, or a
 * loss in silence.
 */
#ifndef WEIR_TESTS_SEEN_H
#define WEIR_TESTS_SEEN_H

#include "exchange.h"

typedef struct seen {
    size_t streams;
    size_t whole; /* of them: all that was sent, and no hole */
    uint64_t delivered_bytes;
    uint64_t missing_bytes;
    uint64_t holes;
} seen;

/* Compares the streams in `folder` and the lines in `jsonl` with the exchanges. Fails the test if a
 * byte is neither right nor in a hole, or a stream is nobody's. */
seen seen_compare(const char *folder, const char *jsonl, const exchange *e, size_t count);

#endif
