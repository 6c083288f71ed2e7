/* SPDX-License-Identifier: MIT */
#include "lenses/shard.h"

#include "ground/load.h"

#define PROTOCOL 6u

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
    x = (x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ x >> 33;
}

static uint64_t end_hash(const uint8_t *address, int words, uint64_t port)
{
    uint64_t hash = port;
    for (int i = 0; i < words; i++)
        hash = mix((hash << 32 | hash >> 32) ^ weir_load_be32(address + 4 * i));
    return hash;
}

uint32_t weir_shard_hash(const weir_segment *segment)
{
    const int words = segment->family == 6 ? 4 : 1;
    const uint64_t ends = end_hash(segment->source, words, segment->source_port) +
                          end_hash(segment->destination, words, segment->destination_port);
    return (uint32_t)(mix(ends + PROTOCOL) >> 32);
}
