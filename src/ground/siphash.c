/* SPDX-License-Identifier: MIT */
#include "ground/siphash.h"

static weir_siphash_state absorb_all(const weir_siphash_key *key, const uint64_t *input,
                                     size_t words)
{
    weir_siphash_state s = weir_siphash_begin(key);
    for (size_t i = 0; i < words; i++)
        weir_siphash_absorb(&s, input[i]);
    return s;
}

uint64_t weir_siphash_words(const weir_siphash_key *key, const uint64_t *input, size_t words)
{
    weir_siphash_state s = absorb_all(key, input, words);
    return weir_siphash_end(&s, words * 8, 0);
}

uint64_t weir_siphash_tail(const weir_siphash_key *key, const uint64_t *input, size_t words,
                           uint64_t tail)
{
    weir_siphash_state s = absorb_all(key, input, words);
    return weir_siphash_end(&s, words * 8 + WEIR_SIPHASH_TAIL, tail);
}
