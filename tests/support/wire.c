/* SPDX-License-Identifier: MIT */
#include "support/wire.h"

#include <string.h>

static uint8_t *put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

static uint8_t *put32(uint8_t *at, uint32_t value)
{
    return put16(put16(at, value >> 16), value);
}

static uint8_t *put_options(uint8_t *at, const weir_segment *segment)
{
    if (segment->options & WEIR_OPTION_SCALE) {
        memcpy(at, (const uint8_t[]){1, 3, 3, segment->window_scale}, 4);
        at += 4;
    }
    if (segment->options & WEIR_OPTION_TIMESTAMP) {
        memcpy(at, (const uint8_t[]){1, 1, 8, 10}, 4);
        at = put32(put32(at + 4, segment->ts_value), segment->ts_echo);
    }
    if (segment->options & WEIR_OPTION_MD5) { /* RFC 2385: kind 19, 18 bytes */
        memset(at, 0, 20);
        memcpy(at, (const uint8_t[]){1, 1, 19, 18}, 4);
        at += 20;
    }
    return at;
}

/* Returns where the payload goes. */
static uint8_t *put_tcp(uint8_t *at, const weir_segment *segment)
{
    uint8_t *end = put_options(at + 20, segment);
    put16(put16(at, segment->source_port), segment->destination_port);
    put32(put32(at + 4, segment->seq), segment->ack);
    put16(at + 12, (uint32_t)(end - at) / 4 << 12 | segment->flags);
    put16(put16(put16(at + 14, segment->window), 0), segment->urgent);
    return end;
}

/* Both return where TCP goes. The length is known only when TCP's header stands. */
static uint8_t *put_ipv4(uint8_t *at, const weir_segment *segment)
{
    memset(at, 0, 20);
    at[0] = 0x45;
    put16(at + 4, segment->ip_id);
    at[8] = 64;
    at[9] = 6;
    memcpy(at + 12, segment->source, 4);
    memcpy(at + 16, segment->destination, 4);
    return at + 20;
}

static uint8_t *put_ipv6(uint8_t *at, const weir_segment *segment)
{
    put32(at, UINT32_C(6) << 28);
    at[6] = 6;
    at[7] = 64;
    memcpy(at + 8, segment->source, 16);
    memcpy(at + 24, segment->destination, 16);
    return at + 40;
}

weir_packet wire_packet(const weir_segment *segment, uint8_t *frame)
{
    int ipv6 = segment->family == 6;
    memset(frame, 0x02, 12);
    put16(frame + 12, ipv6 ? 0x86dd : 0x0800);
    uint8_t *ip = frame + 14;
    uint8_t *tcp = ipv6 ? put_ipv6(ip, segment) : put_ipv4(ip, segment);
    uint8_t *payload = put_tcp(tcp, segment);
    if (ipv6)
        put16(ip + 4, (uint32_t)(payload - tcp) + segment->wire_bytes);
    else
        put16(ip + 2, (uint32_t)(payload - ip) + segment->wire_bytes);
    if (segment->payload_bytes) memcpy(payload, segment->payload, segment->payload_bytes);
    uint32_t headers = (uint32_t)(payload - frame);
    return (weir_packet){.data = frame,
                         .time_ns = segment->time_ns,
                         .captured_bytes = headers + segment->payload_bytes,
                         .wire_bytes = headers + segment->wire_bytes,
                         .tag = segment->tag};
}
