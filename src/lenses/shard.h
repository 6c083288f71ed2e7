/* SPDX-License-Identifier: MIT */
/*
 * Whose a segment is, where several engines share a capture (SHARDS in weir.h, which has the hash).
 *
 *      segment ──> hash of both ends, the same both ways ──> % shard_count ──> shard_index, or other
 *
 * A sum of the ends' hashes, because a sum does not ask which end comes first. Each end is hashed
 * before it is added: a plain sum or exclusive or of addresses and ports would put clients that
 * count up, 10.0.0.1:4001 and 10.0.0.2:4000, together; and without a last mix the even port numbers
 * that Linux prefers would leave half of the shards idle.
 *
 * Asked only of engines that are one of several. Cost: 10 ns, IPv6 22 (least of 9 runs of
 * 10 million, each waiting for the one before).
 */
#ifndef WEIR_SHARD_H
#define WEIR_SHARD_H

#include "weir/weir.h"

/* 1 if the engine is one of several, and the segment another's. */
static inline int weir_shard_is_other(const weir_engine_config *config, const weir_segment *segment)
{
    return config->shard_count > 1 &&
           weir_shard_hash(segment) % config->shard_count != config->shard_index;
}

#endif
