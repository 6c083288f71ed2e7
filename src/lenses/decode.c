/* SPDX-License-Identifier: MIT */
#include "lenses/decode.h"

#include <string.h>

#include "lenses/link.h"
#include "lenses/network.h"
#include "lenses/segment.h"
#include "lenses/tunnel.h"
#include "lenses/type.h"

/* What was captured was sent, whatever wire_bytes says. */
static inline weir_view whole(const weir_packet *packet)
{
    uint32_t captured = packet->captured_bytes;
    weir_view view = {.data = packet->data, .end = packet->data + captured};
    if (packet->wire_bytes > captured) view.missing = packet->wire_bytes - captured;
    return view;
}

/* What is known of a packet on the way inwards. */
typedef struct weir_way {
    weir_link link;
    weir_network network;
    uint32_t tunnel; /* as in weir_segment */
    uint32_t depth;  /* tunnels opened */
} weir_way;

static void describe_fragment(const weir_view *view, const weir_way *way, weir_fragment *fragment)
{
    const weir_network *network = &way->network;
    *fragment = (weir_fragment){.data = view->data,
                                .bytes = weir_view_captured(view),
                                .missing = view->missing,
                                .offset = network->fragment_offset,
                                .id = network->id,
                                .vlan = way->link.vlan,
                                .tunnel = way->tunnel,
                                .more = network->more_fragments,
                                .family = network->family,
                                .protocol = network->protocol,
                                .stale = network->destination_stale,
                                .depth = (uint8_t)way->depth};
    memcpy(fragment->addresses, network->addresses, network->family == 4 ? 8 : 32);
}

/* Opens the tunnel that *view begins with, up to the payload of the IP packet in it. */
static int step_inwards(const weir_decoding *how, weir_view *view, weir_way *way)
{
    weir_inner inner;
    int cause = weir_tunnel_open(view, &way->network, &inner);
    if (cause != WEIR_DECODED) return cause;
    if (way->depth == WEIR_TUNNELS_DEEPEST) return WEIR_IGNORED_TUNNEL;
    if ((how->tunnels >> inner.kind & 1) == 0) return WEIR_IGNORED_TUNNEL;

    way->depth++;
    way->tunnel = weir_tunnel_id(way->tunnel, &inner);
    cause = weir_link_inner(inner.type, view, &way->link);
    if (cause != WEIR_DECODED) return cause;
    return weir_network_read(view, way->link.family, &way->network);
}

/* Goes on until there is TCP. Each turn is one tunnel deeper, so there are few. */
static int inwards(const weir_decoding *how, weir_view *view, weir_way *way)
{
    int cause;
    do {
        cause = step_inwards(how, view, way);
    } while (cause == WEIR_DECODED && way->network.protocol != WEIR_PROTOCOL_TCP);
    return cause;
}

static inline int read_segment(const weir_decoding *how, weir_view *view, const weir_way *way,
                               weir_decoded *decoded)
{
    const uint8_t *tcp = view->data;
    int cause = weir_segment_read(view, &way->network, &decoded->segment);
    if (cause != WEIR_DECODED) return cause;

    decoded->segment.vlan = way->link.vlan;
    decoded->segment.tunnel = way->tunnel;
    if (how->checksum == WEIR_CHECKSUM_OFF) return WEIR_DECODED;
    view->data = tcp;
    decoded->bad_checksum = !weir_segment_checksum_fits(view, &way->network);
    if (decoded->bad_checksum && how->checksum == WEIR_CHECKSUM_ON) return WEIR_IGNORED_CHECKSUM;
    return WEIR_DECODED;
}

/* `cause` is what the network lens said of what *view shows now. */
static inline int finish(const weir_decoding *how, int cause, weir_view *view, weir_way *way,
                         weir_decoded *decoded)
{
    if (cause == WEIR_DECODED && WEIR_UNLIKELY(way->network.protocol != WEIR_PROTOCOL_TCP))
        cause = inwards(how, view, way);
    decoded->depth = way->depth;
    if (WEIR_LIKELY(cause == WEIR_DECODED)) return read_segment(how, view, way, decoded);
    if (cause == WEIR_IGNORED_FRAGMENT) describe_fragment(view, way, &decoded->fragment);
    return cause;
}

static inline void stamp(int cause, uint64_t time_ns, uint32_t tag, weir_decoded *decoded)
{
    if (cause == WEIR_DECODED || cause == WEIR_IGNORED_CHECKSUM) {
        decoded->segment.time_ns = time_ns;
        decoded->segment.tag = tag;
    } else if (cause == WEIR_IGNORED_FRAGMENT) {
        decoded->fragment.time_ns = time_ns;
        decoded->fragment.tag = tag;
    }
}

/* From the IP header on. */
static inline int from_network(const weir_decoding *how, const weir_packet *packet, weir_view *view,
                               weir_way *way, weir_decoded *decoded)
{
    way->tunnel = 0;
    way->depth = 0;
    int cause = weir_network_read(view, way->link.family, &way->network);
    cause = finish(how, cause, view, way, decoded);
    stamp(cause, packet->time_ns, packet->tag, decoded);
    return cause;
}

static void set_rest_apart(const weir_link *link, uint32_t count, weir_rest *rest)
{
    *rest = (weir_rest){.data = link->rest.data,
                        .bytes = weir_view_captured(&link->rest),
                        .missing = link->rest.missing,
                        .decoded = count};
}

int weir_decode_rest(const weir_decoding *how, const weir_packet *packet, const weir_rest *rest,
                     weir_decoded *decoded)
{
    weir_view view = {rest->data, rest->data + rest->bytes, rest->missing};
    weir_way way = {.link = {.vlan = 0}};
    uint32_t count = rest->decoded + 1;
    decoded->bad_checksum = 0;
    decoded->rest.data = NULL;
    if (count > WEIR_AGGREGATE_MOST) return WEIR_IGNORED_NOT_IP;
    int cause = weir_link_inner(WEIR_TYPE_WIFI_AGGREGATE, &view, &way.link);
    if (way.link.rest.data != NULL) set_rest_apart(&way.link, count, &decoded->rest);
    if (cause != WEIR_DECODED) return cause;
    return from_network(how, packet, &view, &way, decoded);
}

int weir_decode_packet(const weir_decoding *how, int link_type, const weir_packet *packet,
                       weir_decoded *decoded)
{
    decoded->bad_checksum = 0;
    decoded->rest.data = NULL;
    if (packet->captured_bytes == 0) { /* data may be NULL */
        return packet->wire_bytes == 0 ? WEIR_IGNORED_MALFORMED : WEIR_IGNORED_TRUNCATED_HEADER;
    }
    weir_view view = whole(packet);
    weir_way way;
    int cause = weir_link_read(link_type, &view, &way.link);
    if (WEIR_UNLIKELY(way.link.rest.data != NULL)) set_rest_apart(&way.link, 1, &decoded->rest);
    if (cause != WEIR_DECODED) return cause;
    return from_network(how, packet, &view, &way, decoded);
}

int weir_decode_joined(const weir_decoding *how, const weir_fragment *whole, weir_decoded *decoded)
{
    decoded->bad_checksum = 0;
    weir_view view = {whole->data, whole->data + whole->bytes, whole->missing};
    weir_way way = {.link = {.family = whole->family, .vlan = whole->vlan},
                    .network = {.addresses = whole->addresses,
                                .id = whole->family == 4 ? whole->id : 0,
                                .family = whole->family,
                                .protocol = whole->protocol,
                                .destination_stale = whole->stale},
                    .tunnel = whole->tunnel,
                    .depth = whole->depth};
    int cause = weir_network_joined(&view, &way.network);
    cause = finish(how, cause, &view, &way, decoded);
    stamp(cause, whole->time_ns, whole->tag, decoded);
    return cause;
}
