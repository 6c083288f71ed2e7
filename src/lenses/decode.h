/* SPDX-License-Identifier: MIT */
/*
 * From a captured packet to the facts of its TCP segment: link, then network, then TCP.
 *
 *      captured bytes ── link.c ──> where the network header is
 *                     ── network.c ──> where the TCP header is
 *                     ── segment.c ──> weir_segment
 *
 * Keeps no state. Reads only bytes that were captured; believes no length beyond what encloses it.
 * Every outcome but a segment is one of the causes of weir_ignored. Of a segment always holds:
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

/* Fills *segment from one packet; unless the answer is WEIR_DECODED or WEIR_IGNORED_CHECKSUM, what
 * it holds means nothing. segment->payload points into packet->data. The wire length of a packet is
 * wire_bytes or captured_bytes, whichever is more.
 * `checksum` decides whether the TCP checksum is computed; if it was and does not fit,
 * *bad_checksum is 1, else 0. A segment that the capture cut is not judged. With WEIR_CHECKSUM_ON a
 * bad one is answered with WEIR_IGNORED_CHECKSUM. A link type that is not supported gives
 * WEIR_IGNORED_NOT_IP. */
int weir_decode_packet(int link_type, const weir_packet *packet, weir_checksum checksum,
                       weir_segment *segment, int *bad_checksum);

#endif
