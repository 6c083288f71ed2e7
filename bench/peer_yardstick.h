/* SPDX-License-Identifier: MIT */
/*
 * Yardstick: what was delivered of each direction, as bytes and a digest, to be compared with what another delivered.
 *
 *      records ──> (tuple: bytes, FNV-1a) ──┐
 *      records ──> (tuple: bytes, FNV-1a) ──┴─> equal, of how many
 *
 * For captures of unknown content, where nobody knows what is right: weir is the yardstick. Holes do not count, only
 * the bytes that were delivered, in the order they were.
 */
#ifndef WEIR_BENCH_PEER_YARDSTICK_H
#define WEIR_BENCH_PEER_YARDSTICK_H

#include <stddef.h>
#include <stdint.h>

#include "peers/record.h"

typedef struct yardstick yardstick;

typedef struct yardstick_match {
    uint64_t streams; /* directions with bytes, of the first */
    uint64_t equal;   /* of them, the same in the second */
    uint64_t bytes, other_bytes;
    uint64_t only_other; /* directions that only the second has */
} yardstick_match;

/* NULL: no memory. */
yardstick *yardstick_new(void);
void yardstick_free(yardstick *y);

/* A record and its first bytes, or (NULL) further bytes of the last one. */
void yardstick_take(yardstick *y, const peer_record *record, const uint8_t *data, size_t bytes);

/* Directions with bytes. */
uint64_t yardstick_streams(const yardstick *y);

yardstick_match yardstick_compare(const yardstick *y, const yardstick *other);

#endif
