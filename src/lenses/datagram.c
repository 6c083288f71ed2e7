/* SPDX-License-Identifier: MIT */
#include "lenses/datagram.h"

#include "ground/load.h"
#include "lenses/gre.h"
#include "lenses/type.h"

enum {
    PORT_L2TP = 1701,
    PORT_GTP_U = 2152,
    PORT_TEREDO = 3544,
    PORT_GRE = 4754,
    PORT_VXLAN = 4789,
    PORT_VXLAN_GPE = 4790,
    PORT_GENEVE = 6081,
    PORT_MPLS = 6635,
    PORT_VXLAN_OLD = 8472, /* Linux's before there was a number */
    PORT_LEAST = PORT_L2TP,
    PORT_MOST = PORT_VXLAN_OLD
};

enum { EXTENSIONS_MAX = 8 }; /* of GTP-U: the standard defines 11 kinds, senders use one or two */

/* Takes `bytes` bytes of a claimed header. Cut off by the capture: nobody knows; not there at all:
 * no tunnel. */
static const uint8_t *take(weir_view *view, uint32_t bytes, int *cause)
{
    int is_there = weir_view_wire(view) >= bytes;
    *cause = is_there ? WEIR_IGNORED_TRUNCATED_HEADER : WEIR_IGNORED_NOT_TCP;
    return weir_view_take(view, bytes);
}

static int found(weir_inner *inner, weir_tunnel kind, uint32_t type)
{
    inner->kind = kind;
    inner->type = type;
    return WEIR_DECODED;
}

static int numbered(weir_inner *inner, weir_tunnel kind, uint32_t type, const uint8_t *vni)
{
    inner->number = weir_load_be32(vni) >> 8;
    inner->numbered = 1;
    return found(inner, kind, type);
}

/* ──── VXLAN ──── */

/* Bit 08: there is a VNI; bit 80: there is a group policy (of 00, without that bit). */
static int vxlan(weir_view *view, weir_inner *inner)
{
    int cause;
    const uint8_t *header = take(view, 8, &cause);
    if (header == NULL) return cause;
    uint32_t flags = weir_load_be32(header);
    if (flags != 0x08000000 && header[0] != 0x88) return WEIR_IGNORED_NOT_TCP;
    if (header[7] != 0) return WEIR_IGNORED_NOT_TCP;
    return numbered(inner, WEIR_TUNNEL_VXLAN, WEIR_TYPE_ETHERNET, header + 4);
}

static uint32_t gpe_type(uint32_t protocol)
{
    static const uint32_t types[] = {WEIR_TYPE_UNKNOWN,  WEIR_TYPE_IPV4,    WEIR_TYPE_IPV6,
                                     WEIR_TYPE_ETHERNET, WEIR_TYPE_UNKNOWN, WEIR_TYPE_MPLS};
    return protocol < sizeof types / sizeof *types ? types[protocol] : WEIR_TYPE_UNKNOWN;
}

/* Version 0, VNI and next protocol given, no operations (OAM) message. */
static int vxlan_gpe(weir_view *view, weir_inner *inner)
{
    int cause;
    const uint8_t *header = take(view, 8, &cause);
    if (header == NULL) return cause;
    if (header[0] != 0x0c || header[1] != 0 || header[2] != 0) return WEIR_IGNORED_NOT_TCP;
    return numbered(inner, WEIR_TUNNEL_VXLAN, gpe_type(header[3]), header + 4);
}

/* ──── GENEVE ──── */

static int geneve(weir_view *view, weir_inner *inner)
{
    int cause;
    const uint8_t *header = take(view, 8, &cause);
    if (header == NULL) return cause;
    if (header[0] >> 6 != 0 || (header[1] & 0xbf) != 0 || header[7] != 0)
        return WEIR_IGNORED_NOT_TCP;
    if (take(view, (header[0] & 0x3fu) * 4, &cause) == NULL) return cause;
    return numbered(inner, WEIR_TUNNEL_GENEVE, weir_load_be16(header + 2), header + 4);
}

/* ──── GTP-U ──── */

/* Steps over extension headers: length in words, content, kind of the next or 0. */
static int gtp_extensions(weir_view *view, uint32_t kind)
{
    int cause = WEIR_DECODED;
    for (int count = 0; kind != 0; count++) {
        if (count == EXTENSIONS_MAX) return WEIR_IGNORED_NOT_TCP;
        const uint8_t *header = take(view, 4, &cause);
        if (header == NULL) return cause;
        if (header[0] == 0) return WEIR_IGNORED_NOT_TCP;
        uint32_t rest = (header[0] - 1u) * 4;
        if (take(view, rest, &cause) == NULL) return cause;
        kind = header[rest + 3];
    }
    return WEIR_DECODED;
}

/* User data of version 1. The length counts from the TEID's end, and is 0 where there is nothing or
 * (offload) more than it can say; inside is IP, as a rule. */
static int gtp(weir_view *view, weir_inner *inner)
{
    int cause;
    const uint8_t *header = take(view, 8, &cause);
    if (header == NULL) return cause;
    if ((header[0] & 0xf8) != 0x30 || header[1] != 0xff) return WEIR_IGNORED_NOT_TCP;
    uint32_t bytes = weir_load_be16(header + 2);
    if (bytes == 0 && weir_view_wire(view) <= UINT16_MAX) return WEIR_IGNORED_NOT_TCP;
    if (bytes > weir_view_wire(view)) return WEIR_IGNORED_NOT_TCP;
    if (bytes != 0) weir_view_clamp(view, bytes);
    if (header[0] & 0x07) {
        const uint8_t *optional = take(view, 4, &cause);
        if (optional == NULL) return cause;
        cause = gtp_extensions(view, header[0] & 0x04 ? optional[3] : 0);
        if (cause != WEIR_DECODED) return cause;
    }
    return found(inner, WEIR_TUNNEL_GTP, WEIR_TYPE_IP);
}

/* ──── Teredo ──── */

/* 00 01: client id, authentication, nonce, confirmation; then 00 00: where the packet came from. */
static int teredo_indications(weir_view *view)
{
    int cause;
    const uint8_t *header = take(view, 4, &cause);
    if (header == NULL) return cause;
    if (weir_load_be16(header) == 0x0001) {
        if (take(view, (uint32_t)header[2] + header[3] + 9, &cause) == NULL) return cause;
        header = take(view, 4, &cause);
        if (header == NULL) return cause;
    }
    if (weir_load_be16(header) == 0x0000) return take(view, 4, &cause) ? WEIR_DECODED : cause;
    view->data = header; /* they were optional */
    return WEIR_DECODED;
}

static int teredo(weir_view *view, weir_inner *inner)
{
    int cause = teredo_indications(view);
    if (cause != WEIR_DECODED) return cause;
    weir_view ipv6 = *view;
    const uint8_t *header = take(&ipv6, 40, &cause);
    if (header == NULL) return cause;
    if (header[0] >> 4 != 6 || weir_load_be16(header + 4) > weir_view_wire(&ipv6))
        return WEIR_IGNORED_NOT_TCP;
    return found(inner, WEIR_TUNNEL_TEREDO, WEIR_TYPE_IPV6);
}

/* ──── L2TP ──── */

enum {
    L2TP_CONTROL = 0x8000,
    L2TP_LENGTH = 0x4000,
    L2TP_SEQUENCE = 0x0800,
    L2TP_OFFSET = 0x0200,
    L2TP_RESERVED = 0x34f0, /* bits that must be 0 */
    L2TP_VERSION = 0x000f
};

/* Moves behind the padding that an offset field tells of. */
static int l2tp_offset(weir_view *view)
{
    int cause;
    const uint8_t *offset = take(view, 2, &cause);
    if (offset == NULL) return cause;
    return take(view, weir_load_be16(offset), &cause) != NULL ? WEIR_DECODED : cause;
}

static int l2tp(weir_view *view, weir_inner *inner)
{
    int cause;
    uint32_t all = weir_view_wire(view);
    const uint8_t *header = take(view, 2, &cause);
    if (header == NULL) return cause;
    uint32_t flags = weir_load_be16(header);
    if ((flags & L2TP_VERSION) != 2 || (flags & (L2TP_CONTROL | L2TP_RESERVED)))
        return WEIR_IGNORED_NOT_TCP;

    uint32_t rest = 4u + (flags & L2TP_LENGTH ? 2u : 0u) + (flags & L2TP_SEQUENCE ? 4u : 0u);
    if (take(view, rest, &cause) == NULL) return cause;
    if (flags & L2TP_LENGTH) {
        uint32_t bytes = weir_load_be16(header + 2);
        if (bytes < 2 + rest || bytes > all) return WEIR_IGNORED_NOT_TCP;
        weir_view_clamp(view, bytes - 2 - rest);
    }
    cause = flags & L2TP_OFFSET ? l2tp_offset(view) : WEIR_DECODED;
    return cause == WEIR_DECODED ? found(inner, WEIR_TUNNEL_L2TP, WEIR_TYPE_PPP) : cause;
}

/* ──── UDP ──── */

/* By the port of the destination. */
static int towards(weir_view *view, weir_inner *inner, uint32_t port)
{
    switch (port) {
    case PORT_VXLAN:
    case PORT_VXLAN_OLD:
        return vxlan(view, inner);
    case PORT_VXLAN_GPE:
        return vxlan_gpe(view, inner);
    case PORT_GENEVE:
        return geneve(view, inner);
    case PORT_MPLS:
        return found(inner, WEIR_TUNNEL_MPLS, WEIR_TYPE_MPLS);
    case PORT_GRE:
        return weir_gre_open(view, inner);
    default:
        return WEIR_IGNORED_NOT_TCP;
    }
}

/* By the port of either end. */
static int between(weir_view *view, weir_inner *inner, uint32_t port)
{
    switch (port) {
    case PORT_L2TP:
        return l2tp(view, inner);
    case PORT_GTP_U:
        return gtp(view, inner);
    case PORT_TEREDO:
        return teredo(view, inner);
    default:
        return WEIR_IGNORED_NOT_TCP;
    }
}

/* Most datagrams have neither port among these: a well-known one, and one that was drawn. */
static inline int is_in_range(uint32_t port)
{
    return port - PORT_LEAST <= PORT_MOST - PORT_LEAST;
}

static int is_between(uint32_t port)
{
    return port == PORT_L2TP || port == PORT_GTP_U || port == PORT_TEREDO;
}

int weir_datagram_open(weir_view *view, weir_inner *inner)
{
    const uint8_t *header = weir_view_take(view, 8);
    if (header == NULL) return weir_view_refusal(view, 8);
    uint32_t source = weir_load_be16(header);
    uint32_t destination = weir_load_be16(header + 2);
    if (!is_in_range(destination) && !is_in_range(source)) return WEIR_IGNORED_NOT_TCP;
    uint32_t bytes = weir_load_be16(header + 4);
    if (bytes != 0 && bytes < 8) return WEIR_IGNORED_NOT_TCP;
    if (bytes != 0) weir_view_clamp(view, bytes - 8);
    if (is_between(destination)) return between(view, inner, destination);
    if (is_between(source)) return between(view, inner, source);
    return towards(view, inner, destination);
}
