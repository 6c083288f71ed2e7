/* SPDX-License-Identifier: MIT */
/*
 * Pieces: a segment's IP packet, sent in fragments.
 *
 *      segment ── pieces_of ──> TCP header and payload, in a row ── pieces_cut ──> Ethernet, IP, a part of it
 */
#ifndef WEIR_TESTS_PIECES_H
#define WEIR_TESTS_PIECES_H

#include "support/wire.h"

#define PIECES_MOST        65536u
#define PIECES_FRAME_BYTES (PIECES_MOST + 80u)

typedef struct pieces {
    weir_segment segment;
    uint32_t id;
    uint8_t protocol;
    uint32_t bytes; /* of TCP header and payload */
    uint8_t payload[PIECES_MOST];
} pieces;

/* What pieces_cut is to make. */
typedef struct piece {
    uint32_t offset, bytes;
    uint8_t more;        /* 1: not the last */
    uint32_t cut;        /* bytes at its end that are not captured */
    const uint8_t *data; /* NULL: those of the packet at this offset */
    uint32_t tag;
    uint64_t time_ns;
} piece;

void pieces_of(pieces *p, const weir_segment *segment, uint32_t id);

/* Writes a frame of PIECES_FRAME_BYTES at most, and describes it. */
weir_packet pieces_cut(const pieces *p, const piece *what, uint8_t *frame);

#endif
