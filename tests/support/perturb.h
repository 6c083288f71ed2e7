/* SPDX-License-Identifier: MIT */
/*
 * Perturb: the same conversation as another network would have brought it.
 *
 *      segments ──> numbers moved across the wrap ──> split ──> duplicated ──> displaced ──>
 *      segments
 *
 * What a receiver reads does not change, so what weir delivers may not either. So that this holds
 * for an observer too: payload moves later only, by at most 16 places, never past a pause of half a
 * second, past a SYN or RST of its connection, or where a direction without a SYN begins; and
 * stamps are drawn together so that 16 places are less than the time that weir waits at least.
 */
#ifndef WEIR_TESTS_PERTURB_H
#define WEIR_TESTS_PERTURB_H

#include <stddef.h>

#include "weir/weir.h"

/* Segments are tagged by direction, the two of a tuple as 2k and 2k + 1 (capture.h does). */
/* A changed copy of `count` segments, malloc'ed; *made is how many. The same seed makes the same
 * copy. Payload is shared. */
weir_segment *perturb(const weir_segment *segments, size_t count, uint64_t seed, size_t *made);

#endif
