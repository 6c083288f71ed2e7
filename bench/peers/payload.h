/* SPDX-License-Identifier: MIT */
/*
 * Payload: the TCP segment in an Ethernet frame, by the least that has to be looked at.
 *
 *      | Ethernet 14 | IPv4 20.. or IPv6 40 | TCP 20.. | data, bytes |
 *
 * No tags, tunnels, extension headers or fragments: generated captures have none. It shares no code
 * with weir, because it is what the floor does, and what the judge of weir and the peers believes.
 */
#ifndef WEIR_BENCH_PEERS_PAYLOAD_H
#define WEIR_BENCH_PEERS_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct payload {
    const uint8_t *data;
    size_t bytes;
    const uint8_t *src, *dst; /* addresses, in the frame */
    uint32_t seq;
    uint16_t src_port, dst_port;
    uint8_t family; /* 4 or 6 */
    uint8_t flags;
} payload;

static inline uint32_t payload_number(const uint8_t *data, size_t bytes)
{
    uint32_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | data[i];
    return value;
}

/* Bytes of the IP packet behind its header, and where that ends; 0: no TCP. */
static inline size_t payload_of_ip(payload *found, const uint8_t *ip, size_t captured,
                                   size_t *header)
{
    size_t total;
    if (captured >= 20 && ip[0] >> 4 == 4 && ip[9] == 6) {
        *header = 4 * (size_t)(ip[0] & 15);
        total = payload_number(ip + 2, 2);
        found->family = 4, found->src = ip + 12, found->dst = ip + 16;
    } else if (captured >= 40 && ip[0] >> 4 == 6 && ip[6] == 6) {
        *header = 40;
        total = payload_number(ip + 4, 2);
        total += total ? 40 : 0;
        found->family = 6, found->src = ip + 8, found->dst = ip + 24;
    } else {
        return 0;
    }
    /* Segments that a card is to cut have a length of 0. */
    if (total == 0 || total > captured) total = captured;
    return total > *header ? total - *header : 0;
}

/* false: no TCP segment there. */
static inline bool payload_find(payload *found, const uint8_t *frame, size_t captured)
{
    size_t header;
    if (captured < 54) return false;
    const size_t segment = payload_of_ip(found, frame + 14, captured - 14, &header);
    if (segment < 20) return false;
    const uint8_t *tcp = frame + 14 + header;
    const size_t offset = 4 * (size_t)(tcp[12] >> 4);
    if (offset < 20 || offset > segment) return false;
    found->src_port = (uint16_t)payload_number(tcp, 2);
    found->dst_port = (uint16_t)payload_number(tcp + 2, 2);
    found->seq = payload_number(tcp + 4, 4);
    found->flags = tcp[13];
    found->data = tcp + offset;
    found->bytes = segment - offset;
    return true;
}

#endif
