/* SPDX-License-Identifier: MIT */
/*
 * From a captured packet to the facts of its TCP segment: link, then network, then TCP.
 *
 *      captured bytes ── link.c ──> where the network header is  <──┐
 *                     ── network.c ──> where its payload is         │ not TCP
 *                                                       ── tunnel.c ┘
 *                     ── segment.c ──> weir_segment
 *
 * Tunnels are opened down to the innermost IP packet, in a loop that ends: each turn is one tunnel
 * deeper. Keeps no state. Reads only bytes that were captured; believes no length beyond what
 * encloses it. Every outcome but a segment is one of the causes of weir_ignored. Of a segment
 * always holds:
 *
 *      payload .. payload + payload_bytes   lies inside the captured bytes
 *      payload_bytes <= wire_bytes <= WEIR_SEGMENT_MAX_BYTES
 *
 * and a packet cut shorter gives the same segment with less payload, or truncated_header.
 */
#ifndef WEIR_DECODE_H
#define WEIR_DECODE_H

#include <stdint.h>

#include "weir/weir.h"

/* What weir_decode_packet answers when there is a segment; other values are a weir_ignored. */
#define WEIR_DECODED (-1)

/* The most that a segment has on the wire. No window is larger (RFC 7323), so no receiver takes
 * more at once; only where a capture file lies about a packet's length is there more. */
#define WEIR_SEGMENT_MAX_BYTES (UINT32_C(1) << 30)

/* So many tunnels in one another are opened; what is deeper is counted as `tunnel`. */
#define WEIR_TUNNELS_DEEPEST 4

/* How packets are to be read. */
typedef struct weir_decoding {
    weir_checksum checksum; /* whether that of TCP is computed, and what a wrong one means */
    uint32_t tunnels;       /* which are opened: bits 1 << weir_tunnel */
} weir_decoding;

/* A piece of an IP packet, or, once its pieces are joined, all of the packet's payload. */
typedef struct weir_fragment {
    const uint8_t *data; /* captured payload, borrowed from the packet */
    uint64_t time_ns;    /* of the packet, as is its tag */
    uint32_t bytes;      /* at data */
    uint32_t missing;    /* bytes behind them that the capture cut off */
    uint32_t offset;     /* of data in the payload of the whole */
    uint32_t id;         /* identification: 16 bits for IPv4, 32 for IPv6 */
    uint32_t vlan;       /* as in weir_segment */
    uint32_t tunnel;     /* as in weir_segment */
    uint32_t tag;
    uint8_t more;          /* 1: it is not the last */
    uint8_t family;        /* 4 or 6 */
    uint8_t protocol;      /* of the payload; that of an IPv6 packet is what its first piece says */
    uint8_t stale;         /* as weir_network.destination_stale */
    uint8_t depth;         /* how many tunnels it is in */
    uint8_t addresses[32]; /* source, then destination: 4 bytes each, or 16 */
} weir_fragment;

/* Further packets in a captured one: those of an aggregate of 802.11 that are not decoded yet. */
typedef struct weir_rest {
    const uint8_t *data; /* borrowed from the packet; NULL if there is no more */
    uint32_t bytes;      /* at data */
    uint32_t missing;    /* behind them, not captured */
    uint32_t decoded;    /* packets of the aggregate that were */
} weir_rest;

/* So many packets of an aggregate are decoded; all behind them count as one, not_ip. The largest
 * aggregate (11,454 bytes, VHT) holds so many segments of 140 bytes. */
#define WEIR_AGGREGATE_MOST 64

/* What a packet was decoded to. */
typedef struct weir_decoded {
    weir_segment segment;   /* where the answer is WEIR_DECODED or WEIR_IGNORED_CHECKSUM */
    weir_fragment fragment; /* where it is WEIR_IGNORED_FRAGMENT */
    int bad_checksum;       /* always: 1 if the checksum was computed and does not fit, else 0 */
    uint32_t depth;         /* where segment or fragment are: how many tunnels it is in */
    weir_rest rest;         /* always */
} weir_decoded;

/* Decodes one packet; parts of *decoded that the answer does not speak of mean nothing.
 * segment.payload and fragment.data point into packet->data. The wire length of a packet is
 * wire_bytes or captured_bytes, whichever is more. A segment that the capture cut has no checksum
 * to judge. With WEIR_CHECKSUM_ON a bad one is answered with WEIR_IGNORED_CHECKSUM. A link type
 * that is not supported gives WEIR_IGNORED_NOT_IP. */
int weir_decode_packet(const weir_decoding *how, int link_type, const weir_packet *packet,
                       weir_decoded *decoded);

/* Goes on with *rest, as it was answered for this packet, not empty: decodes the next packet of it.
 * Answers as weir_decode_packet does. */
int weir_decode_rest(const weir_decoding *how, const weir_packet *packet, const weir_rest *rest,
                     weir_decoded *decoded);

/* Goes on with an IP packet whose pieces were joined: `whole` has offset 0, no more, and all bytes
 * that were captured of it, from the first on; vlan, tunnel and depth as its first piece. Answers
 * as weir_decode_packet does: it may be a tunnel, with a piece of another packet inside. Leaves
 * decoded->rest as it is. */
int weir_decode_joined(const weir_decoding *how, const weir_fragment *whole, weir_decoded *decoded);

#endif
