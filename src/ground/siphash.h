/* SPDX-License-Identifier: MIT */
/*
 * SipHash-1-3: a keyed hash for short inputs (Aumasson, Bernstein, "SipHash: a fast short-input
 * PRF", 2012; one compression and three finalization rounds). Who does not know the key cannot make
 * inputs collide. Cost: about 20 cycles and 1.5 a byte.
 */
#ifndef WEIR_SIPHASH_H
#define WEIR_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

typedef struct weir_siphash_key {
    uint64_t k0, k1;
} weir_siphash_key;

/* The hash of `words` 64-bit words. Inputs of different length never share a prefix state. */
uint64_t weir_siphash_words(const weir_siphash_key *key, const uint64_t *input, size_t words);

#endif
