/* SPDX-License-Identifier: MIT */
#include "evidence.h"

#include <stdio.h>
#include <string.h>

enum { BLOCK_SECTION = 0x0a0d0d0a, BLOCK_INTERFACE = 1, BLOCK_PACKET = 6, LINKS_MOST = 64 };

static FILE *file;
static int links[LINKS_MOST];
static uint32_t link_count;
static long packets;

static void put(const uint32_t *words, size_t count)
{
    uint8_t bytes[4];
    for (size_t i = 0; i < count; i++) {
        for (int b = 0; b < 4; b++)
            bytes[b] = (uint8_t)(words[i] >> (8 * b));
        (void)fwrite(bytes, sizeof bytes, 1, file);
    }
}

int evidence_open(const char *path)
{
    static const uint32_t section[] = {
        BLOCK_SECTION, 28, 0x1a2b3c4d, 1, UINT32_MAX, UINT32_MAX, 28,
    };
    file = fopen(path, "wb");
    if (!file) return -1;
    link_count = 0;
    packets = 0;
    put(section, sizeof section / sizeof section[0]);
    return 0;
}

/* The number of the interface with that link type; a new one counts nanoseconds (if_tsresol 9). */
static uint32_t interface_of(int link_type)
{
    uint32_t n = 0;
    while (n < link_count && links[n] != link_type)
        n++;
    if (n < link_count || n == LINKS_MOST) return n;
    const uint32_t block[] = {
        BLOCK_INTERFACE, 32, (uint32_t)link_type, 0, 1u << 16 | 9, 9, 0, 32,
    };
    put(block, sizeof block / sizeof block[0]);
    links[link_count++] = link_type;
    return n;
}

void evidence_packet(int link_type, const weir_packet *packet)
{
    static const uint8_t padding[4];
    if (!file || link_type < 0 || link_type > 0xffff) return;
    uint32_t interface = interface_of(link_type), captured = packet->captured_bytes;
    if (interface == LINKS_MOST) return;
    uint32_t pad = -captured & 3, size = 32 + captured + pad;
    const uint32_t head[] = {
        BLOCK_PACKET,
        size,
        interface,
        (uint32_t)(packet->time_ns >> 32),
        (uint32_t)packet->time_ns,
        captured,
        packet->wire_bytes > captured ? packet->wire_bytes : captured,
    };
    put(head, sizeof head / sizeof head[0]);
    if (captured) (void)fwrite(packet->data, captured, 1, file);
    (void)fwrite(padding, pad, 1, file);
    put(&size, 1);
    (void)fflush(file);
    packets++;
}

long evidence_close(void)
{
    int bad = ferror(file);
    bad |= fclose(file);
    file = NULL;
    return bad ? -1 : packets;
}
