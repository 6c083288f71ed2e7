/* SPDX-License-Identifier: MIT */
/*
 * Record: what a peer says of a stream, on its stdout, when it is asked to show its bytes (--check).
 *
 *      | record: whose, what was skipped before | bytes ... | record | bytes ... |
 *
 * Records of one direction come in the order of its stream; those of different ones as they may.
 * The numbers are as the machine has them: both ends of the pipe are on one.
 *
 * What the judge may take for granted: that a peer which knows of missing bytes says so in
 * `skipped`. A peer that does not tell them apart says 0 and its bytes speak for themselves.
 */
#ifndef WEIR_BENCH_PEERS_RECORD_H
#define WEIR_BENCH_PEERS_RECORD_H

#include <stdint.h>

/* The peer knows that bytes are missing before these, but not how many; also where a stream is
 * taken up in the middle. */
#define PEER_SKIPPED_UNKNOWN INT64_C(-1)

typedef struct peer_record {
    uint8_t family; /* 4 or 6 */
    uint8_t reserved;
    uint16_t src_port; /* of the sender of the bytes */
    uint16_t dst_port;
    uint16_t reserved2;
    uint32_t bytes; /* that follow the record; may be 0 */
    uint32_t reserved3;
    int64_t skipped; /* missing before them */
    uint8_t src[16]; /* network order; IPv4 uses the first 4 bytes */
    uint8_t dst[16];
} peer_record;

#endif
