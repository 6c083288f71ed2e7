/* SPDX-License-Identifier: MIT */
/*
 * Tap: what the capture makes of the packets on the line: which it loses, and what time it gives to
 * the others. Hosts know nothing of it; what it loses is acknowledged all the same.
 *
 * Only data segments are lost but in an episode, and that comes in the middle of the talk:
 * handshakes are always whole.
 */
#ifndef WEIR_BENCH_TRAFFIC_TAP_H
#define WEIR_BENCH_TRAFFIC_TAP_H

#include "traffic_flow.h"
#include "traffic_random.h"
#include "traffic_scenario.h"

typedef struct {
    uint32_t traits;
    traffic_random random;
    traffic_sample lose;
    uint64_t segments;    /* honest data segments seen on the line */
    uint64_t expected;    /* of them, in the whole run */
    uint64_t blind_until; /* ns: the end of the episode */
    uint64_t stamped;     /* packets that were given a time */
    traffic_totals *truth;
} traffic_tap;

void traffic_tap_open(traffic_tap *tap, const traffic_scenario *scenario, uint64_t seed,
                      traffic_totals *truth);

/* Whether the capture holds this packet. flow is the one it belongs to, NULL of a hostile one. */
bool traffic_tap_sees(traffic_tap *tap, const traffic_segment *segment, traffic_flow *flow);

/* The time that the capture gives to a packet of `time_ns`. */
uint64_t traffic_tap_stamp(traffic_tap *tap, uint64_t time_ns);

#endif
