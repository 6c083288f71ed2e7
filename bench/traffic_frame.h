/* SPDX-License-Identifier: MIT */
/*
 * Frames: a segment's facts become an Ethernet frame.
 *
 *      | Ethernet 14 | IPv4 20 or IPv6 40 | TCP 20 | options 0..20 | payload | padding to 60 |
 *
 * Lengths and checksums are right, with one exception that hosts make too: an `offloaded` segment,
 * as a host captures what it hands to its network card, has IP length 0 and in place of the TCP
 * checksum the sum of the pseudo header. The payload is made and summed in one pass.
 */
#ifndef WEIR_BENCH_TRAFFIC_FRAME_H
#define WEIR_BENCH_TRAFFIC_FRAME_H

#include "traffic.h"

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_PSH = 8, TCP_ACK = 16 };

typedef enum {
    OPTIONS_NONE,
    OPTIONS_STAMP, /* time stamps, or none if the connection has none */
    OPTIONS_SYN    /* MSS, window scale, SACK permitted, and time stamps likewise */
} traffic_options;

typedef struct {
    uint64_t time_ns;
    uint64_t connection;
    uint64_t offset; /* stream offset of the payload */
    uint32_t sequence;
    uint32_t acknowledgement; /* 0 without TCP_ACK */
    uint32_t payload_bytes;
    uint16_t ip_id;
    uint16_t window;
    uint8_t window_scale; /* said in OPTIONS_SYN */
    uint8_t flags;
    traffic_direction direction;
    traffic_options options;
    bool offloaded;
} traffic_segment;

/* Bytes of the segment's frame, without preamble and check sequence. */
uint32_t traffic_frame_bytes(const traffic_segment *segment);

/* Builds the frame; out has room for TRAFFIC_FRAME_MAX bytes. Returns traffic_frame_bytes. */
uint32_t traffic_frame_build(const traffic_segment *segment, uint8_t *out);

#endif
