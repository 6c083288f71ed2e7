/* SPDX-License-Identifier: MIT */
/* Families of IP packets in pieces: frames, IPv6 behind Ethernet, as they were captured. */
#include <string.h>

#include "adversary_family.h"

enum { ETHERNET_BYTES = 14, HEADER_BYTES = 40, FRAGMENT_BYTES = 8, FRONT_BYTES = 62 };
enum { TCP = 6, UDP = 17, FRAGMENT = 44 };
enum { EIGHTS = 8190 }; /* pieces of 8 bytes that the longest packet has */

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* Bytes [offset, offset + bytes) of packet `id`; `more` follows. Of TCP the header is one without options. */
static void send_piece(adversary *a, adversary_step *step, uint32_t id, uint32_t protocol,
                       uint32_t offset, uint32_t bytes, int more)
{
    uint8_t *ip = a->frame + ETHERNET_BYTES, *front = ip + HEADER_BYTES;
    memset(a->frame, 2, ETHERNET_BYTES);
    put16(a->frame + 12, 0x86dd);
    memset(ip, 0, HEADER_BYTES + FRAGMENT_BYTES);
    ip[0] = 0x60;
    put16(ip + 4, FRAGMENT_BYTES + bytes);
    ip[6] = FRAGMENT;
    ip[8] = ip[24] = 0xfd;
    ip[23] = 1;
    ip[39] = 2;
    front[0] = (uint8_t)protocol;
    put16(front + 2, offset | (more != 0));
    put16(front + 4, id >> 16);
    put16(front + 6, id & 0xffff);
    memset(front + FRAGMENT_BYTES, 0, bytes);
    if (offset == 0 && bytes > 13) front[FRAGMENT_BYTES + 12] = 0x50;
    step->act = ADVERSARY_PACKET;
    step->packet = (weir_packet){.data = a->frame,
                                 .time_ns = a->now_ns,
                                 .captured_bytes = FRONT_BYTES + bytes,
                                 .wire_bytes = FRONT_BYTES + bytes};
}

/* No number comes twice: scattered, so that they are no order. */
static uint32_t number(uint64_t i)
{
    return (uint32_t)i * 2654435761u;
}

static void numbers(adversary *a, uint64_t i, adversary_step *step)
{
    send_piece(a, step, number(i), TCP, 24, 8, 1);
}

static void large_numbers(adversary *a, uint64_t i, adversary_step *step)
{
    send_piece(a, step, number(i), TCP, 24, 1232, 1);
}

static void same_piece(adversary *a, uint64_t i, adversary_step *step)
{
    (void)i;
    send_piece(a, step, 1, TCP, 24, 8, 1);
}

static void overlapping(adversary *a, uint64_t i, adversary_step *step)
{
    send_piece(a, step, number(i / 2), TCP, i % 2 ? 16 : 8, 16, 1);
}

static void at_random(adversary *a, uint64_t i, adversary_step *step)
{
    uint32_t at = 1 + (uint32_t)adversary_draw(a, i, EIGHTS - 1);
    send_piece(a, step, number(i / EIGHTS), TCP, at * 8, 8, 1);
}

static void from_the_back(adversary *a, uint64_t i, adversary_step *step)
{
    uint32_t at = EIGHTS - 1 - (uint32_t)(i % (EIGHTS - 1));
    send_piece(a, step, number(i / (EIGHTS - 1)), TCP, at * 8, 8, 1);
}

static void comb(adversary *a, uint64_t i, adversary_step *step)
{
    uint32_t at = 1 + (uint32_t)(i % (EIGHTS / 2 - 1)) * 2;
    send_piece(a, step, number(i / (EIGHTS / 2 - 1)), TCP, at * 8, 8, 1);
}

static void pairs(adversary *a, uint64_t i, adversary_step *step)
{
    if (i % 2)
        send_piece(a, step, number(i / 2), TCP, 0, 24, 1);
    else
        send_piece(a, step, number(i / 2), TCP, 24, 8, 0);
}

/* The whole packet in pieces of 8 bytes, at every other place and then at the others, its first last. */
static void eights(adversary *a, uint64_t i, adversary_step *step)
{
    uint32_t rest = EIGHTS - 3, k = (uint32_t)(i % (rest + 1));
    uint32_t at = k < (rest + 1) / 2 ? 2 * k : 2 * (k - (rest + 1) / 2) + 1;
    if (k == rest)
        send_piece(a, step, number(i / (rest + 1)), TCP, 0, 24, 1);
    else
        send_piece(a, step, number(i / (rest + 1)), TCP, 24 + at * 8, 8, at + 1 < rest);
}

static void datagrams(adversary *a, uint64_t i, adversary_step *step)
{
    send_piece(a, step, number(i / 2), UDP, i % 2 ? 1232 : 0, 1232, i % 2 == 0);
}

/* clang-format off */
const adversary_family adversary_fragment_families[] = {
    {.name = "fragment-numbers", .text = "8 bytes of an IP packet each, of which no more comes", .make = numbers},
    {.name = "fragment-large", .text = "1,232 bytes each, of which no more comes", .make = large_numbers},
    {.name = "fragment-same", .text = "one piece again and again", .make = same_piece},
    {.name = "fragment-overlap", .text = "two pieces of each packet, which overlap", .make = overlapping},
    {.name = "fragment-random", .text = "pieces of 8 bytes at random places of the longest packet", .make = at_random},
    {.name = "fragment-reversed", .text = "from its back", .make = from_the_back},
    {.name = "fragment-comb", .text = "at every other place", .make = comb},
    {.name = "fragment-pairs", .text = "packets of two pieces, joined", .make = pairs},
    {.name = "fragment-eights", .text = "the longest packets in pieces of 8 bytes, joined", .make = eights},
    {.name = "fragment-udp", .text = "UDP in two pieces", .make = datagrams},
};
/* clang-format on */
const size_t adversary_fragment_count =
    sizeof adversary_fragment_families / sizeof *adversary_fragment_families;
