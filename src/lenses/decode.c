/* SPDX-License-Identifier: MIT */
#include "lenses/decode.h"

#include <string.h>

#include "lenses/link.h"
#include "lenses/network.h"
#include "lenses/segment.h"

/* What was captured was sent, whatever wire_bytes says. */
static inline weir_view whole(const weir_packet *packet)
{
    uint32_t captured = packet->captured_bytes;
    weir_view view = {.data = packet->data, .end = packet->data + captured};
    if (packet->wire_bytes > captured) view.missing = packet->wire_bytes - captured;
    return view;
}

static void describe_fragment(const weir_view *view, const weir_network *network,
                              const weir_link *link, weir_fragment *fragment)
{
    *fragment = (weir_fragment){.data = view->data,
                                .bytes = weir_view_captured(view),
                                .missing = view->missing,
                                .offset = network->fragment_offset,
                                .id = network->id,
                                .vlan = link->vlan,
                                .more = network->more_fragments,
                                .family = network->family,
                                .protocol = network->protocol,
                                .stale = network->destination_stale};
    memcpy(fragment->addresses, network->addresses, network->family == 4 ? 8 : 32);
}

/* `cause` is what the network lens said of what *view shows now. */
static inline int finish(const weir_decoding *how, int cause, weir_view *view,
                         const weir_network *network, const weir_link *link, weir_decoded *decoded)
{
    if (cause == WEIR_IGNORED_FRAGMENT) describe_fragment(view, network, link, &decoded->fragment);
    if (cause != WEIR_DECODED) return cause;
    const uint8_t *tcp = view->data;
    cause = weir_segment_read(view, network, &decoded->segment);
    if (cause != WEIR_DECODED) return cause;

    decoded->segment.vlan = link->vlan;
    if (how->checksum == WEIR_CHECKSUM_OFF) return WEIR_DECODED;
    view->data = tcp;
    decoded->bad_checksum = !weir_segment_checksum_fits(view, network);
    if (decoded->bad_checksum && how->checksum == WEIR_CHECKSUM_ON) return WEIR_IGNORED_CHECKSUM;
    return WEIR_DECODED;
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

int weir_decode_packet(const weir_decoding *how, int link_type, const weir_packet *packet,
                       weir_decoded *decoded)
{
    decoded->bad_checksum = 0;
    if (packet->captured_bytes == 0) { /* data may be NULL */
        return packet->wire_bytes == 0 ? WEIR_IGNORED_MALFORMED : WEIR_IGNORED_TRUNCATED_HEADER;
    }
    weir_view view = whole(packet);
    weir_link link;
    int cause = weir_link_read(link_type, &view, &link);
    if (cause != WEIR_DECODED) return cause;
    weir_network network;
    cause = weir_network_read(&view, link.family, &network);
    cause = finish(how, cause, &view, &network, &link, decoded);
    stamp(cause, packet->time_ns, packet->tag, decoded);
    return cause;
}

int weir_decode_joined(const weir_decoding *how, const weir_fragment *whole, weir_decoded *decoded)
{
    decoded->bad_checksum = 0;
    weir_view view = {whole->data, whole->data + whole->bytes, whole->missing};
    weir_link link = {.family = whole->family, .vlan = whole->vlan};
    weir_network network = {.addresses = whole->addresses,
                            .id = whole->family == 4 ? whole->id : 0,
                            .family = whole->family,
                            .protocol = whole->protocol,
                            .destination_stale = whole->stale};
    int cause = weir_network_joined(&view, &network);
    cause = finish(how, cause, &view, &network, &link, decoded);
    stamp(cause, whole->time_ns, whole->tag, decoded);
    return cause;
}
