/* SPDX-License-Identifier: MIT */
#include "lenses/tunnel.h"

#include "lenses/datagram.h"
#include "lenses/gre.h"
#include "lenses/type.h"

enum {
    PROTOCOL_IPV4 = 4,
    PROTOCOL_UDP = 17,
    PROTOCOL_IPV6 = 41,
    PROTOCOL_GRE = 47,
    PROTOCOL_ETHERIP = 97,
    PROTOCOL_L2TP = 115,
    PROTOCOL_MPLS = 137
};

#define GOLDEN UINT32_C(0x9e3779b1) /* odd, bits without a pattern: 2^32 / golden ratio */

static int packet(weir_inner *inner, weir_tunnel kind, uint32_t type)
{
    inner->kind = kind;
    inner->type = type;
    return WEIR_DECODED;
}

/* RFC 3378: version 3, and 12 bits of 0. */
static int etherip(weir_view *view, weir_inner *inner)
{
    const uint8_t *header = weir_view_take(view, 2);
    if (header == NULL) return weir_view_refusal(view, 2);
    if (header[0] != 0x30 || header[1] != 0) return WEIR_IGNORED_MALFORMED;
    return packet(inner, WEIR_TUNNEL_ETHERIP, WEIR_TYPE_ETHERNET);
}

int weir_tunnel_open(weir_view *view, const weir_network *network, weir_inner *inner)
{
    int is4 = network->family == 4;
    inner->number = 0;
    inner->numbered = 0;
    switch (network->protocol) {
    case PROTOCOL_UDP:
        return weir_datagram_open(view, inner);
    case PROTOCOL_IPV4:
        return packet(inner, is4 ? WEIR_TUNNEL_IPIP : WEIR_TUNNEL_4IN6, WEIR_TYPE_IPV4);
    case PROTOCOL_IPV6:
        return packet(inner, is4 ? WEIR_TUNNEL_6IN4 : WEIR_TUNNEL_6IN6, WEIR_TYPE_IPV6);
    case PROTOCOL_GRE:
        return weir_gre_open(view, inner);
    case PROTOCOL_ETHERIP:
        return etherip(view, inner);
    case PROTOCOL_MPLS:
        return packet(inner, WEIR_TUNNEL_MPLS, WEIR_TYPE_MPLS);
    case PROTOCOL_L2TP: /* version 3: how long its cookie is only its ends know */
        return WEIR_IGNORED_TUNNEL;
    default:
        return WEIR_IGNORED_NOT_TCP;
    }
}

/* Never 0 for a tunnel with a number: 0 is none. No more than 32 bits can be told apart: a key of
 * GRE that is the kind alone meets that of key 0. */
uint32_t weir_tunnel_id(uint32_t outer, const weir_inner *inner)
{
    if (!inner->numbered) return outer;
    uint32_t kind = ((uint32_t)inner->kind + 1) << 24;
    uint32_t own = inner->number != kind ? inner->number ^ kind : kind;
    uint32_t mixed = (outer * GOLDEN) ^ (own + (outer >> 15));
    return mixed != 0 ? mixed : own;
}
