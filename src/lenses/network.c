/* SPDX-License-Identifier: MIT */
#include "lenses/network.h"

#include "ground/load.h"

enum {
    PROTOCOL_HOP_BY_HOP = 0,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_AUTHENTICATION = 51,
    PROTOCOL_DESTINATION = 60,
    PROTOCOL_MOBILITY = 135,
    PROTOCOL_HIP = 139,
    PROTOCOL_SHIM6 = 140
};

enum {
    JUMBO_OPTION = 0xc204, /* its kind and length */
    EXTENSIONS_MAX = 9,    /* each kind once, destination options twice (RFC 8200) */
    OPTIONS_MAX = 8,       /* looked at for the jumbo length: senders put it first */
    FRAME_MIN_PAYLOAD = 46 /* Ethernet pads what is shorter */
};

/* The fragment header of IPv6. Offset 0 and no more: the packet is whole, whatever made its sender
 * put the header there (RFC 6946). */
static int fragment(weir_view *view, weir_network *network)
{
    const uint8_t *header = weir_view_take(view, 8);
    if (header == NULL) return weir_view_refusal(view, 8);
    uint32_t place = weir_load_be16(header + 2);
    network->protocol = header[0];
    if ((place & 0xfff9) == 0) return WEIR_DECODED;
    network->id = weir_load_be32(header + 4);
    network->fragment_offset = place & 0xfff8;
    network->more_fragments = place & 1;
    return WEIR_IGNORED_FRAGMENT;
}

/* Any other extension header; its length counts in units of `unit` bytes, of which `first` more. */
static int extension(weir_view *view, weir_network *network, uint32_t unit, uint32_t first)
{
    const uint8_t *header = weir_view_take(view, 8);
    if (header == NULL) return weir_view_refusal(view, 8);
    uint32_t rest = (header[1] + first) * unit - 8;
    if (weir_view_take(view, rest) == NULL) {
        return weir_view_refusal(view, rest);
    }
    if (network->protocol == PROTOCOL_ROUTING && header[3] != 0) network->destination_stale = 1;
    network->protocol = header[0];
    return WEIR_DECODED;
}

/* Steps over extension headers to the protocol behind them. */
static int extensions(weir_view *view, weir_network *network)
{
    for (int count = 0; count <= EXTENSIONS_MAX; count++) {
        int cause;
        switch (network->protocol) {
        case PROTOCOL_HOP_BY_HOP:
        case PROTOCOL_ROUTING:
        case PROTOCOL_DESTINATION:
        case PROTOCOL_MOBILITY:
        case PROTOCOL_HIP:
        case PROTOCOL_SHIM6:
            cause = extension(view, network, 8, 1);
            break;
        case PROTOCOL_AUTHENTICATION:
            cause = extension(view, network, 4, 2);
            break;
        case PROTOCOL_FRAGMENT:
            cause = fragment(view, network);
            break;
        default:
            return WEIR_DECODED;
        }
        if (cause != WEIR_DECODED) return cause;
    }
    return WEIR_IGNORED_MALFORMED;
}

static inline void begin(weir_network *network, uint8_t family, const uint8_t *addresses)
{
    network->addresses = addresses;
    network->id = 0;
    network->fragment_offset = 0;
    network->more_fragments = 0;
    network->family = family;
    network->destination_stale = 0;
}

/* What follows the first 20 bytes, by header length and total length. */
static inline int ipv4_payload(weir_view *view, uint32_t header_bytes, uint32_t total_bytes)
{
    if (header_bytes < 20) return WEIR_IGNORED_MALFORMED;
    if (WEIR_UNLIKELY(total_bytes == 0)) {
        /* Offload. It is used for large packets: in the smallest frames this could be padding. */
        if (weir_view_wire(view) + 20 <= FRAME_MIN_PAYLOAD) return WEIR_IGNORED_MALFORMED;
    } else {
        if (total_bytes < header_bytes) return WEIR_IGNORED_MALFORMED;
        weir_view_clamp(view, total_bytes - 20);
    }
    if (weir_view_take(view, header_bytes - 20) == NULL) {
        return weir_view_refusal(view, header_bytes - 20);
    }
    return WEIR_DECODED;
}

static inline int ipv4(weir_view *view, weir_network *network)
{
    const uint8_t *header = weir_view_take(view, 20);
    if (header == NULL) return weir_view_refusal(view, 20);
    if (header[0] >> 4 != 4) return WEIR_IGNORED_MALFORMED;

    int cause = ipv4_payload(view, (header[0] & 15u) * 4, weir_load_be16(header + 2));
    if (cause != WEIR_DECODED) return cause;

    uint32_t place = weir_load_be16(header + 6);
    begin(network, 4, header + 12);
    network->id = weir_load_be16(header + 4);
    network->protocol = header[9];
    if (WEIR_UNLIKELY((place & 0x3fff) != 0)) {
        network->fragment_offset = (place & 0x1fff) * 8;
        network->more_fragments = (place & 0x2000) != 0;
        return WEIR_IGNORED_FRAGMENT;
    }
    if (network->protocol == PROTOCOL_AUTHENTICATION) return extensions(view, network);
    return WEIR_DECODED;
}

/* Clamps to the jumbo length, if the hop-by-hop header that `view` begins with has one. Whether the
 * header is whole is not judged here. */
static void clamp_to_jumbo(weir_view *view)
{
    if (weir_view_captured(view) < 8) return;
    const uint8_t *header = view->data;
    uint32_t end = weir_min32(weir_view_captured(view), (header[1] + 1u) * 8);
    uint32_t at = 2;
    for (int count = 0; count < OPTIONS_MAX && at + 6 <= end; count++) {
        if (weir_load_be16(header + at) == JUMBO_OPTION) {
            weir_view_clamp(view, weir_load_be32(header + at + 2));
            return;
        }
        at += header[at] == 0 ? 1 : 2u + header[at + 1];
    }
}

static inline int ipv6(weir_view *view, weir_network *network)
{
    const uint8_t *header = weir_view_take(view, 40);
    if (header == NULL) return weir_view_refusal(view, 40);
    if (header[0] >> 4 != 6) return WEIR_IGNORED_MALFORMED;

    uint32_t payload_bytes = weir_load_be16(header + 4);
    begin(network, 6, header + 8);
    network->protocol = header[6];
    if (payload_bytes != 0) {
        weir_view_clamp(view, payload_bytes);
    } else if (network->protocol == PROTOCOL_HOP_BY_HOP) {
        clamp_to_jumbo(view);
    }
    return extensions(view, network);
}

int weir_network_read(weir_view *view, uint32_t family, weir_network *network)
{
    return family == 4 ? ipv4(view, network) : ipv6(view, network);
}

int weir_network_joined(weir_view *view, weir_network *network)
{
    if (network->family == 6 || network->protocol == PROTOCOL_AUTHENTICATION)
        return extensions(view, network);
    return WEIR_DECODED;
}
