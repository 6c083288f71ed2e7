/* SPDX-License-Identifier: MIT */
/*
 * Peer JSON: contests as a file for programs.
 *
 *      { "schema_version": 1, "context": { ... }, "peers": [ { "name": ..., "cpu_time": ... }, ... ] }
 *
 * Times are in ns a packet, as everywhere in the bench; what could not be had is null.
 */
#ifndef WEIR_BENCH_PEER_JSON_H
#define WEIR_BENCH_PEER_JSON_H

#include "peer_contest.h"

typedef struct peer_context {
    const char *capture; /* the scenario or the file */
    uint64_t seed;
    double scale;
    uint64_t capture_bytes;
    uint64_t mem_bytes, memory_limit_bytes, time_limit_ns;
    uint32_t repetitions;
} peer_context;

/* "-" is stdout. false: errno says why. */
bool peer_json_save(const char *path, const peer_context *context, const contest *c);

#endif
