/* SPDX-License-Identifier: MIT */
/*
 * Flow: one connection as its two hosts see it, and the packets they make of that.
 *
 *      acked[d] <= sent[d]        per direction d, in stream bytes: 0 is the byte after the SYN
 *
 * Data and acknowledgements come as the line wills; opening, closing and the whole life of a short
 * connection are scripts, where each packet answers the one before:
 *
 *      SYN  SYN_ACK  OPEN_ACK  |  REQUEST  RESPONSE  |  FIN  FIN_ACK  LAST_ACK
 *
 * 56 bytes each. The numbers that a host would store but that follow from the seed are not stored.
 */
#ifndef WEIR_BENCH_TRAFFIC_FLOW_H
#define WEIR_BENCH_TRAFFIC_FLOW_H

#include "traffic_frame.h"

typedef enum {
    STEP_SYN,
    STEP_SYN_ACK,
    STEP_OPEN_ACK,
    STEP_REQUEST,
    STEP_RESPONSE,
    STEP_FIN,
    STEP_FIN_ACK,
    STEP_LAST_ACK,
    STEP_ACK, /* not of the script: an acknowledgement on its own */
    STEP_FAR  /* nor this: the segment that an attacker sends once its connection is open */
} traffic_step;

typedef struct {
    uint64_t sent[2];
    uint64_t acked[2];    /* as the acknowledgements on the line say */
    uint64_t lost_end[2]; /* the tap's: end of the last segment that it lost */
    uint16_t ip_id[2];
    uint8_t unacked[2]; /* segments received since the last acknowledgement */
} traffic_flow;

enum { TRAFFIC_REQUEST_BYTES = 64, TRAFFIC_RESPONSE_BYTES = 200 };

/* A connection before its SYN. */
traffic_flow traffic_flow_new(uint64_t seed, uint64_t connection);

/* A segment with an acknowledgement of `edge` bytes of the other direction, and no payload yet. */
traffic_segment traffic_flow_segment(traffic_flow *flow, uint64_t seed, uint64_t connection,
                                     traffic_direction direction, uint64_t offset, uint64_t edge);

/* The packet of a step from SYN to LAST_ACK. Acknowledges all that the other side has sent; payload
 * moves `sent`. */
traffic_segment traffic_flow_script(traffic_flow *flow, uint64_t seed, uint64_t connection,
                                    traffic_step step);

#endif
