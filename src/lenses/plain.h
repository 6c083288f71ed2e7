/* SPDX-License-Identifier: MIT */
/*
 * The plain lens: Ethernet, IP and TCP with nothing in between, as most packets are.
 *
 *      | 14 | 20, or 40 of IPv6 | 20, options | payload | padding |
 *
 * Reads such a packet with one comparison a layer. All that it says is what the other lenses say of
 * the same packet; of all others it says nothing. Cost: 85 instructions, a third of theirs. A call
 * would be 24 more.
 */
#ifndef WEIR_PLAIN_H
#define WEIR_PLAIN_H

#include "ground/ground.h"
#include "ground/load.h"
#include "lenses/network.h"
#include "lenses/segment.h"
#include "lenses/type.h"

/* Fills *segment and returns 1 if the packet is plain and was captured whole; else 0, and *segment
 * means nothing. The checksum is not looked at. */
static inline int weir_plain_read(const weir_packet *packet, weir_segment *segment);

/* ──── bodies ──── */

enum {
    WEIR_PLAIN_ETHERNET_BYTES = 14,
    WEIR_PLAIN_IPV4_BYTES = 20,
    WEIR_PLAIN_IPV6_BYTES = 40,
    WEIR_PLAIN_TCP_BYTES = 20,
    WEIR_PLAIN_STAMPED_BYTES = 32, /* of TCP's header with time stamps */
    WEIR_PLAIN_VERSION_AND_WORDS = 0x45,
    WEIR_PLAIN_FRAGMENT_BITS = 0x3fff
};

/* `left` bytes of TCP at p, header and all. */
static inline int weir_plain_tcp(const uint8_t *p, uint32_t left, weir_segment *segment)
{
    uint32_t header = (p[12] >> 4) * 4u;
    segment->options = 0;
    segment->ts_value = segment->ts_echo = 0;
    if (header < WEIR_PLAIN_TCP_BYTES || header > left) return 0;
    if (header == WEIR_PLAIN_STAMPED_BYTES &&
        weir_load_be32(p + WEIR_PLAIN_TCP_BYTES) == WEIR_SEGMENT_STAMPED) {
        segment->options = WEIR_OPTION_TIMESTAMP;
        segment->ts_value = weir_load_be32(p + 24);
        segment->ts_echo = weir_load_be32(p + 28);
    } else if (header > WEIR_PLAIN_TCP_BYTES) {
        weir_segment_options(p + WEIR_PLAIN_TCP_BYTES, header - WEIR_PLAIN_TCP_BYTES, segment);
    }
    segment->payload = p + header;
    segment->payload_bytes = segment->wire_bytes = left - header;
    weir_segment_fixed(p, segment);
    return 1;
}

/* What no plain packet has. */
static inline void weir_plain_clear(const weir_packet *packet, weir_segment *segment)
{
    segment->time_ns = packet->time_ns;
    segment->tag = packet->tag;
    segment->window_scale = 0;
    segment->vlan = segment->tunnel = 0;
    segment->mss = segment->reserved[0] = segment->reserved[1] = segment->reserved[2] = 0;
}

/* Returns how many bytes of TCP there are, header and all; 0 if it is not plain. */
static inline uint32_t weir_plain_ipv4(const uint8_t *ip, uint32_t captured, weir_segment *segment)
{
    uint32_t bytes = weir_load_be16(ip + 2);
    if (ip[0] != WEIR_PLAIN_VERSION_AND_WORDS || ip[9] != WEIR_PROTOCOL_TCP) return 0;
    if (weir_load_be16(ip + 6) & WEIR_PLAIN_FRAGMENT_BITS) return 0;
    if (bytes > captured || bytes < WEIR_PLAIN_IPV4_BYTES + WEIR_PLAIN_TCP_BYTES) return 0;
    memset(segment->source, 0, sizeof segment->source);
    memset(segment->destination, 0, sizeof segment->destination);
    memcpy(segment->source, ip + 12, 4);
    memcpy(segment->destination, ip + 16, 4);
    segment->family = 4;
    segment->ip_id = weir_load_be16(ip + 4);
    return bytes - WEIR_PLAIN_IPV4_BYTES;
}

static inline uint32_t weir_plain_ipv6(const uint8_t *ip, uint32_t captured, weir_segment *segment)
{
    if (captured < WEIR_PLAIN_IPV6_BYTES + WEIR_PLAIN_TCP_BYTES) return 0;
    uint32_t bytes = weir_load_be16(ip + 4);
    if (ip[0] >> 4 != 6 || ip[6] != WEIR_PROTOCOL_TCP) return 0;
    if (bytes > captured - WEIR_PLAIN_IPV6_BYTES || bytes < WEIR_PLAIN_TCP_BYTES) return 0;
    memcpy(segment->source, ip + 8, 16);
    memcpy(segment->destination, ip + 24, 16);
    segment->family = 6;
    segment->ip_id = 0;
    return bytes;
}

static inline int weir_plain_read(const weir_packet *packet, weir_segment *segment)
{
    if (packet->captured_bytes <
        WEIR_PLAIN_ETHERNET_BYTES + WEIR_PLAIN_IPV4_BYTES + WEIR_PLAIN_TCP_BYTES)
        return 0;
    const uint8_t *ip = packet->data + WEIR_PLAIN_ETHERNET_BYTES;
    uint32_t captured = packet->captured_bytes - WEIR_PLAIN_ETHERNET_BYTES,
             header = WEIR_PLAIN_IPV4_BYTES, left = 0;
    uint32_t type = weir_load_be16(packet->data + 12);
    if (WEIR_LIKELY(type == WEIR_TYPE_IPV4)) {
        left = weir_plain_ipv4(ip, captured, segment);
    } else if (type == WEIR_TYPE_IPV6) {
        left = weir_plain_ipv6(ip, captured, segment);
        header = WEIR_PLAIN_IPV6_BYTES;
    }
    if (!left) return 0;
    weir_plain_clear(packet, segment);
    return weir_plain_tcp(ip + header, left, segment);
}

#endif
