/* SPDX-License-Identifier: MIT */
/*
 * Chaos: segments of some connections as no sane network would bring them, from a seed.
 *
 * Connections open, talk both ways, end and begin anew on the same ports; segments are lost, late, repeated in other
 * pieces, with other bytes; numbers wrap; SYNs, FINs, resets, keepalives and ACKs are right, stale or made up; the
 * capture cuts segments; time creeps, jumps, and sometimes goes back. Nothing is drawn but from the seed.
 */
#ifndef WEIR_TESTS_CHAOS_H
#define WEIR_TESTS_CHAOS_H

#include <stddef.h>

#include "weir/weir.h"

typedef struct chaos_style {
    uint32_t connections; /* at a time, at most 64 */
    uint32_t most_bytes;  /* of a segment */
    uint32_t loss; /* of 256 data segments, how many never come; then: come late, come again */
    uint32_t late;
    uint32_t again;
    uint32_t
        acks; /* of 256 segments, how many are ACKs alone; none: data acknowledges nothing either */
    uint32_t noise;  /* of 256 segments, how many are control noise */
    uint32_t far;    /* of 256 data segments, before how many the stream leaps 1 to 64 MiB */
    uint32_t other;  /* of 256 repeated segments, how many have other bytes */
    uint32_t cut;    /* of 256 data segments, how many were not captured whole */
    uint32_t urgent; /* of 256 segments with payload, how many have an urgent byte */
    uint32_t jumps;  /* of 4096 segments, how many come after a jump in time */
} chaos_style;

typedef struct chaos {
    weir_segment *segments; /* tagged from 1 */
    size_t count;
    uint8_t **payloads;
    size_t payload_count, payload_room;
} chaos;

/* Some of everything; small segments; many holes that nobody acknowledges. */
extern const chaos_style chaos_all, chaos_small, chaos_holes;

void chaos_make(chaos *c, const chaos_style *style, uint64_t seed, size_t count);
void chaos_free(chaos *c);

/* SplitMix64: the next number of a sequence, and one below `bound`. */
uint64_t chaos_random(uint64_t *state);
uint32_t chaos_below(uint64_t *state, uint32_t bound);

#endif
