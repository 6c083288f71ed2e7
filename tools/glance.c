/* SPDX-License-Identifier: MIT */
#include "glance.h"

enum {
    ETHERNET = 1,
    RAW = 101,
    SLL = 113,
    RAW4 = 228,
    RAW6 = 229,
    SLL2 = 276,
    IPV6_FRAGMENT = 44,
    IPV6_BYTES = 40
};

/* 0 where nothing was captured. */
static uint32_t byte_at(const weir_packet *p, uint32_t at)
{
    return at < p->captured_bytes ? p->data[at] : 0;
}

static uint32_t pair_at(const weir_packet *p, uint32_t at)
{
    return byte_at(p, at) << 8 | byte_at(p, at + 1);
}

static bool is_tag(uint32_t type)
{
    return type == 0x8100 || type == 0x88a8 || type == 0x9100;
}

/* The IP header's place by its own first bits, also where a link says what it is. */
static bool is_later_piece(const weir_packet *p, uint32_t at)
{
    const uint32_t version = byte_at(p, at) >> 4;
    if (version == 4) return (pair_at(p, at + 6) & 0x1fff) != 0;
    return version == 6 && byte_at(p, at + 6) == IPV6_FRAGMENT &&
           (pair_at(p, at + IPV6_BYTES + 2) & 0xfff8) != 0;
}

glance glance_at(int link_type, const weir_packet *p)
{
    glance seen = {false, false};
    uint32_t type, at;
    switch (link_type) {
    case ETHERNET:
        type = pair_at(p, 12), at = 14;
        break;
    case SLL:
        type = pair_at(p, 14), at = 16;
        break;
    case SLL2:
        type = pair_at(p, 0), at = 20;
        break;
    case RAW:
    case RAW4:
    case RAW6:
        type = 0, at = 0;
        break;
    default:
        return seen;
    }
    for (; is_tag(type) && at < p->captured_bytes; at += 4) {
        seen.tagged = true;
        type = pair_at(p, at + 2);
    }
    seen.later_piece = is_later_piece(p, at);
    return seen;
}
