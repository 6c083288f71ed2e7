/* SPDX-License-Identifier: MIT */
/*
 * SipHash-1-3: a keyed hash for short inputs (Aumasson, Bernstein, "SipHash: a fast short-input
 * PRF", 2012; one compression and three finalization rounds). Who does not know the key cannot make
 * inputs collide. Cost: 14 instructions a round, 4 rounds and one for each word.
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

/* The hash of some words and WEIR_SIPHASH_TAIL bytes behind them, which go into the block that has
 * the length anyhow: a round less than one word more. */
#define WEIR_SIPHASH_TAIL 5u
uint64_t weir_siphash_tail(const weir_siphash_key *key, const uint64_t *input, size_t words,
                           uint64_t tail);

/* The same for two words, inline. */
static inline uint64_t weir_siphash_pair(const weir_siphash_key *key, uint64_t first,
                                         uint64_t second, uint64_t tail);

/* ──── bodies ──── */

typedef struct weir_siphash_state {
    uint64_t v0, v1, v2, v3;
} weir_siphash_state;

static inline uint64_t weir_siphash_rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void weir_siphash_mix(weir_siphash_state *s)
{
    s->v0 += s->v1;
    s->v1 = weir_siphash_rotate(s->v1, 13) ^ s->v0;
    s->v0 = weir_siphash_rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = weir_siphash_rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = weir_siphash_rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = weir_siphash_rotate(s->v1, 17) ^ s->v2;
    s->v2 = weir_siphash_rotate(s->v2, 32);
}

static inline weir_siphash_state weir_siphash_begin(const weir_siphash_key *key)
{
    return (weir_siphash_state){
        .v0 = key->k0 ^ UINT64_C(0x736f6d6570736575),
        .v1 = key->k1 ^ UINT64_C(0x646f72616e646f6d),
        .v2 = key->k0 ^ UINT64_C(0x6c7967656e657261),
        .v3 = key->k1 ^ UINT64_C(0x7465646279746573),
    };
}

static inline void weir_siphash_absorb(weir_siphash_state *s, uint64_t word)
{
    s->v3 ^= word;
    weir_siphash_mix(s);
    s->v0 ^= word;
}

/* The last block: tail bytes below, the length of all on top. */
static inline uint64_t weir_siphash_end(weir_siphash_state *s, uint64_t bytes, uint64_t tail)
{
    weir_siphash_absorb(s, bytes << 56 | tail);
    s->v2 ^= 0xff;
    weir_siphash_mix(s);
    weir_siphash_mix(s);
    weir_siphash_mix(s);
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

static inline uint64_t weir_siphash_pair(const weir_siphash_key *key, uint64_t first,
                                         uint64_t second, uint64_t tail)
{
    weir_siphash_state s = weir_siphash_begin(key);
    weir_siphash_absorb(&s, first);
    weir_siphash_absorb(&s, second);
    return weir_siphash_end(&s, 16 + WEIR_SIPHASH_TAIL, tail);
}

#endif
