/* SPDX-License-Identifier: MIT */
#include "traffic_frame.h"

#include "traffic_address.h"
#include "traffic_content.h"
#include "traffic_random.h"

#include <string.h>

enum { ETHERNET_BYTES = 14, IPV4_BYTES = 20, IPV6_BYTES = 40, TCP_BYTES = 20, FRAME_MIN = 60 };
enum { STAMP_BYTES = 12, SYN_BYTES = 20, SYN_BARE_BYTES = 12 };
enum { PROTOCOL_TCP = 6, HOP_LIMIT = 61, MSS_IPV4 = 1460, MSS_IPV6 = 1440 };

static uint8_t *put8(uint8_t *out, unsigned value)
{
    *out = (uint8_t)value;
    return out + 1;
}

static uint8_t *put16(uint8_t *out, uint32_t value)
{
    return put8(put8(out, value >> 8), value);
}

static uint8_t *put32(uint8_t *out, uint32_t value)
{
    return put16(put16(out, value >> 16), value);
}

static uint8_t *put_bytes(uint8_t *out, const void *bytes, size_t n)
{
    memcpy(out, bytes, n);
    return out + n;
}

/* ── Sums: of little-endian words, whose ones' complement sum is that of RFC 1071 with its bytes
 * swapped, so that the payload's sum needs no swapping. n is even. ── */

static uint64_t sum_of(const uint8_t *bytes, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i += 2)
        sum += bytes[i] | (uint32_t)bytes[i + 1] << 8;
    return sum;
}

static uint32_t folded(uint64_t sum)
{
    sum = (sum & 0xffffffffu) + (sum >> 32);
    sum = (sum & 0xffffffffu) + (sum >> 32);
    sum = (sum & 0xffffu) + (sum >> 16);
    sum = (sum & 0xffffu) + (sum >> 16);
    return (uint32_t)sum;
}

static void put_sum(uint8_t *out, uint32_t sum)
{
    out[0] = (uint8_t)sum;
    out[1] = (uint8_t)(sum >> 8);
}

/* A number below 2^32 as the words of a header would hold it. */
static uint64_t sum_of_number(uint32_t value)
{
    uint8_t bytes[4];
    put32(bytes, value);
    return sum_of(bytes, sizeof bytes);
}

/* ── Headers ── */

static uint32_t options_bytes(const traffic_segment *segment)
{
    bool stamped = traffic_is_stamped(segment->connection);
    switch (segment->options) {
    case OPTIONS_STAMP:
        return stamped ? STAMP_BYTES : 0;
    case OPTIONS_SYN:
        return stamped ? SYN_BYTES : SYN_BARE_BYTES;
    default:
        return 0;
    }
}

static uint32_t network_bytes(const traffic_segment *segment)
{
    return traffic_is_ipv6(segment->connection) ? IPV6_BYTES : IPV4_BYTES;
}

uint32_t traffic_frame_bytes(const traffic_segment *segment)
{
    uint32_t bytes = ETHERNET_BYTES + network_bytes(segment) + TCP_BYTES + options_bytes(segment) +
                     segment->payload_bytes;
    return bytes < FRAME_MIN ? FRAME_MIN : bytes;
}

static uint8_t *put_ethernet(uint8_t *out, const traffic_segment *segment)
{
    static const uint8_t hosts[2][6] = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}};
    out = put_bytes(out, hosts[segment->direction == TRAFFIC_C2S], 6);
    out = put_bytes(out, hosts[segment->direction == TRAFFIC_S2C], 6);
    return put16(out, traffic_is_ipv6(segment->connection) ? 0x86dd : 0x0800);
}

static uint8_t *put_ipv4(uint8_t *out, const traffic_segment *segment, const traffic_tuple *tuple,
                         uint32_t tcp_bytes)
{
    uint8_t *head = out;
    out = put16(out, 0x4500);
    out = put16(out, segment->offloaded ? 0 : IPV4_BYTES + tcp_bytes);
    out = put16(out, segment->ip_id);
    out = put16(out, 0x4000); /* do not fragment */
    out = put16(out, HOP_LIMIT << 8 | PROTOCOL_TCP);
    out = put16(out, 0);
    out = put_bytes(out, tuple->src, 4);
    out = put_bytes(out, tuple->dst, 4);
    put_sum(head + 10, ~folded(sum_of(head, IPV4_BYTES)));
    return out;
}

static uint8_t *put_ipv6(uint8_t *out, const traffic_segment *segment, const traffic_tuple *tuple,
                         uint32_t tcp_bytes)
{
    out = put32(out, 0x60000000);
    out = put16(out, segment->offloaded ? 0 : tcp_bytes);
    out = put16(out, PROTOCOL_TCP << 8 | HOP_LIMIT);
    out = put_bytes(out, tuple->src, 16);
    return put_bytes(out, tuple->dst, 16);
}

/* Each host counts milliseconds from a start of its own; it echoes what the other's clock showed
 * half a round trip before. */
static uint8_t *put_stamp(uint8_t *out, const traffic_segment *segment)
{
    uint64_t starts = traffic_mix(segment->connection);
    uint32_t start[2] = {(uint32_t)starts, (uint32_t)(starts >> 32)};
    bool upward = segment->direction == TRAFFIC_C2S;
    uint32_t now = (uint32_t)(segment->time_ns / 1000000);
    uint32_t then = (uint32_t)((segment->time_ns - 500000) / 1000000);
    out = put16(out, 0x080a);
    out = put32(out, start[!upward] + now);
    return put32(out, segment->flags & TCP_ACK ? start[upward] + then : 0);
}

static uint8_t *put_syn_options(uint8_t *out, const traffic_segment *segment)
{
    out = put16(out, 0x0204);
    out = put16(out, traffic_is_ipv6(segment->connection) ? MSS_IPV6 : MSS_IPV4);
    out = put16(out, 0x0402); /* SACK permitted */
    if (traffic_is_stamped(segment->connection))
        out = put_stamp(out, segment);
    else
        out = put16(out, 0x0101);
    return put32(out, 0x01030300u | segment->window_scale);
}

static uint8_t *put_options(uint8_t *out, const traffic_segment *segment)
{
    if (segment->options == OPTIONS_SYN) return put_syn_options(out, segment);
    if (options_bytes(segment) == 0) return out;
    return put_stamp(put16(out, 0x0101), segment);
}

/* The checksum stays 0. */
static uint8_t *put_tcp(uint8_t *out, const traffic_segment *segment, const traffic_tuple *tuple)
{
    uint32_t words = (TCP_BYTES + options_bytes(segment)) / 4;
    out = put16(out, tuple->src_port);
    out = put16(out, tuple->dst_port);
    out = put32(out, segment->sequence);
    out = put32(out, segment->acknowledgement);
    out = put16(out, words << 12 | segment->flags);
    out = put16(out, segment->window);
    out = put32(out, 0);
    return put_options(out, segment);
}

static uint64_t pseudo_sum(const traffic_tuple *tuple, uint32_t tcp_bytes)
{
    size_t n = tuple->family == 4 ? 4 : 16;
    return sum_of(tuple->src, n) + sum_of(tuple->dst, n) + sum_of_number(PROTOCOL_TCP) +
           sum_of_number(tcp_bytes);
}

uint32_t traffic_frame_build(const traffic_segment *segment, uint8_t *out)
{
    traffic_tuple tuple;
    traffic_tuple_of(segment->connection, segment->direction, &tuple);
    uint32_t header_bytes = TCP_BYTES + options_bytes(segment);
    uint32_t tcp_bytes = header_bytes + segment->payload_bytes;

    uint8_t *network = put_ethernet(out, segment);
    uint8_t *tcp = tuple.family == 4 ? put_ipv4(network, segment, &tuple, tcp_bytes)
                                     : put_ipv6(network, segment, &tuple, tcp_bytes);
    uint8_t *payload = put_tcp(tcp, segment, &tuple);
    uint64_t sum = traffic_content_summed(segment->connection, segment->direction, segment->offset,
                                          payload, segment->payload_bytes);
    if (segment->offloaded)
        put_sum(tcp + 16, folded(pseudo_sum(&tuple, 0)));
    else
        put_sum(tcp + 16, ~folded(pseudo_sum(&tuple, tcp_bytes) + sum_of(tcp, header_bytes) + sum));

    uint32_t bytes = traffic_frame_bytes(segment);
    uint32_t made = (uint32_t)(payload - out) + segment->payload_bytes;
    if (made < bytes) memset(out + made, 0, bytes - made);
    return bytes;
}
