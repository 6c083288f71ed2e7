/* SPDX-License-Identifier: MIT */
#include "film.h"

#include "traffic.h"

enum { ETHERNET = 1, NS_PER_US = 1000 };

static int is_big(film_kind kind)
{
    return kind == FILM_BIG || kind == FILM_BLOCKS_BIG;
}

static void put(sow *s, film_kind kind, uint32_t value, uint32_t bytes)
{
    if (is_big(kind)) {
        sow_number(s, value, bytes);
        return;
    }
    for (uint32_t i = 0; i < bytes; i++)
        sow_number(s, value >> (8 * i), 1);
}

static void put_words(sow *s, film_kind kind, const uint32_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put(s, kind, words[i], 4);
}

#define PUT(s, kind, ...)                                                                          \
    put_words(s, kind, (const uint32_t[]){__VA_ARGS__},                                            \
              sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void classic_begin(sow *s, film_kind kind, uint32_t snap_bytes)
{
    static const uint32_t magic[] = {0xa1b2c3d4, 0xa1b23c4d, 0xa1b2c3d4, 0xa1b2cd34};
    PUT(s, kind, magic[kind]);
    put(s, kind, 2, 2);
    put(s, kind, 4, 2);
    PUT(s, kind, 0, 0, snap_bytes, ETHERNET);
}

static void classic_packet(sow *s, film_kind kind, const traffic_packet *packet, uint32_t bytes)
{
    uint64_t unit = kind == FILM_NANO ? 1 : NS_PER_US;
    uint32_t rest = (uint32_t)(packet->time_ns % 1000000000 / unit);
    PUT(s, kind, (uint32_t)(packet->time_ns / 1000000000), rest, bytes, packet->wire_bytes);
    if (kind == FILM_MODIFIED) PUT(s, kind, 2, 0);
    sow_bytes(s, packet->data, bytes);
}

static void blocks_begin(sow *s, film_kind kind, uint32_t snap_bytes)
{
    PUT(s, kind, 0x0a0d0d0a, 28, 0x1a2b3c4d);
    put(s, kind, 1, 2);
    put(s, kind, 0, 2);
    PUT(s, kind, UINT32_MAX, UINT32_MAX, 28);
    PUT(s, kind, 1, 32); /* an interface with if_tsresol */
    put(s, kind, ETHERNET, 2);
    put(s, kind, 0, 2);
    PUT(s, kind, snap_bytes);
    put(s, kind, 9, 2);
    put(s, kind, 1, 2);
    sow_number(s, UINT64_C(0x0900000000000000), 8);
    PUT(s, kind, 32);
    PUT(s, kind, 5, 16, 0, 16); /* a block to pass over */
}

static void blocks_packet(sow *s, film_kind kind, const traffic_packet *packet, uint32_t bytes)
{
    uint32_t pad = -bytes & 3, size = 32 + bytes + pad;
    PUT(s, kind, 6, size, 0, (uint32_t)(packet->time_ns >> 32), (uint32_t)packet->time_ns, bytes,
        packet->wire_bytes);
    sow_bytes(s, packet->data, bytes);
    sow_number(s, 0, pad);
    PUT(s, kind, size);
}

/* It has no captured length of its own: that is the smaller of the snapshot's and the packet's. */
static void simple_packet(sow *s, film_kind kind, const traffic_packet *packet, uint32_t bytes)
{
    uint32_t pad = -bytes & 3, size = 16 + bytes + pad;
    PUT(s, kind, 3, size, packet->wire_bytes);
    sow_bytes(s, packet->data, bytes);
    sow_number(s, 0, pad);
    PUT(s, kind, size);
}

void film(sow *s, film_kind kind, const char *scenario, uint32_t packets, uint32_t snap_bytes)
{
    traffic *t = traffic_open(scenario, 1, 0.0005);
    traffic_packet packet;
    if (kind < FILM_BLOCKS)
        classic_begin(s, kind, snap_bytes);
    else
        blocks_begin(s, kind, snap_bytes);
    for (uint32_t i = 0; t && i < packets && traffic_next(t, &packet); i++) {
        uint32_t bytes = packet.captured_bytes < snap_bytes ? packet.captured_bytes : snap_bytes;
        if (kind < FILM_BLOCKS)
            classic_packet(s, kind, &packet, bytes);
        else if (kind == FILM_BLOCKS_BIG && i % 5 == 4)
            simple_packet(s, kind, &packet, bytes);
        else
            blocks_packet(s, kind, &packet, bytes);
    }
    traffic_close(t);
}
