/* SPDX-License-Identifier: MIT */
/*
 * The network lens: IPv4 and IPv6 headers, with options and extension headers.
 *
 *      | IP header | options, extensions | payload ...             | padding |
 *      |<─────────── IP length, clamped to the frame ─────────────>|
 *
 * The IP length tells data from padding. 0 is what offload leaves there for packets that do not fit
 * the field or are not cut to size yet; then the frame's length counts (IPv6: or the jumbo option,
 * RFC 2675). Cost: one header read in order; the number of extension headers is bounded.
 */
#ifndef WEIR_NETWORK_H
#define WEIR_NETWORK_H

#include <stdint.h>

#include "lenses/link.h"

typedef struct weir_network {
    const uint8_t *addresses;  /* source, then destination: 4 bytes each, or 16 */
    uint32_t id;               /* IPv4: identification; IPv6: of a fragment, else 0 */
    uint32_t fragment_offset;  /* of a fragment: where its payload belongs, in bytes */
    uint8_t more_fragments;    /* of a fragment: 1 if it is not the last */
    uint8_t family;            /* 4 or 6 */
    uint8_t protocol;          /* of the payload */
    uint8_t destination_stale; /* 1: a routing header holds the final destination (checksum) */
} weir_network;

/* IP protocols with a meaning beyond this lens. */
enum { WEIR_PROTOCOL_TCP = 6 };

/* Fills *network from an IP packet of the family announced (4 or 6), and moves *view to its
 * payload, clamped to the IP length. Answers WEIR_DECODED, whatever the protocol; or
 * WEIR_IGNORED_FRAGMENT, with *network and *view set all the same; or WEIR_IGNORED_MALFORMED or
 * _TRUNCATED_HEADER, then both mean nothing. */
int weir_network_read(weir_view *view, uint32_t family, weir_network *network);

/* The same from the payload on, for an IP packet whose pieces were joined: *network is what they
 * said of it. */
int weir_network_joined(weir_view *view, weir_network *network);

#endif
