/* SPDX-License-Identifier: MIT */
#include "support/pieces.h"

#include <stdlib.h>
#include <string.h>

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

void pieces_of(pieces *p, const weir_segment *segment, uint32_t id)
{
    uint8_t *frame = malloc(PIECES_MOST + WIRE_HEADER_BYTES); /* threads may be at it */
    if (!frame) abort();
    weir_packet packet = wire_packet(segment, frame);
    uint32_t headers = 14 + (segment->family == 4 ? 20 : 40);
    p->segment = *segment;
    p->id = id;
    p->protocol = 6;
    p->bytes = packet.captured_bytes - headers;
    memcpy(p->payload, frame + headers, p->bytes);
    free(frame);
}

/* Both return where the payload goes. */
static uint8_t *put_ipv4(const pieces *p, const piece *what, uint8_t *at)
{
    memset(at, 0, 20);
    at[0] = 0x45;
    put16(at + 2, 20 + what->bytes);
    put16(at + 4, p->id);
    put16(at + 6, what->offset / 8 | (what->more ? 0x2000u : 0));
    at[8] = 64;
    at[9] = p->protocol;
    memcpy(at + 12, p->segment.source, 4);
    memcpy(at + 16, p->segment.destination, 4);
    return at + 20;
}

static uint8_t *put_ipv6(const pieces *p, const piece *what, uint8_t *at)
{
    memset(at, 0, 48);
    at[0] = 0x60;
    put16(at + 4, 8 + what->bytes);
    at[6] = 44;
    at[7] = 64;
    memcpy(at + 8, p->segment.source, 16);
    memcpy(at + 24, p->segment.destination, 16);
    at[40] = p->protocol;
    put16(at + 42, what->offset | what->more);
    put16(at + 44, p->id >> 16);
    put16(at + 46, p->id & 0xffff);
    return at + 48;
}

weir_packet pieces_cut(const pieces *p, const piece *what, uint8_t *frame)
{
    int ipv6 = p->segment.family == 6;
    memset(frame, 0x02, 12);
    put16(frame + 12, ipv6 ? 0x86dd : 0x0800);
    uint8_t *to = ipv6 ? put_ipv6(p, what, frame + 14) : put_ipv4(p, what, frame + 14);
    memcpy(to, what->data ? what->data : p->payload + what->offset, what->bytes);
    uint32_t wire = (uint32_t)(to - frame) + what->bytes;
    return (weir_packet){.data = frame,
                         .time_ns = what->time_ns,
                         .captured_bytes = wire - what->cut,
                         .wire_bytes = wire,
                         .tag = what->tag};
}
