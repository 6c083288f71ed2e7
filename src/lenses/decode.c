/* SPDX-License-Identifier: MIT */
#include "lenses/decode.h"

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

int weir_decode_packet(int link_type, const weir_packet *packet, weir_checksum checksum,
                       weir_segment *segment, int *bad_checksum)
{
    *bad_checksum = 0;
    if (packet->captured_bytes == 0) { /* data may be NULL */
        return packet->wire_bytes == 0 ? WEIR_IGNORED_MALFORMED : WEIR_IGNORED_TRUNCATED_HEADER;
    }
    weir_view view = whole(packet);
    weir_link link;
    int cause = weir_link_read(link_type, &view, &link);
    if (cause != WEIR_DECODED) return cause;
    weir_network network;
    cause = weir_network_read(&view, link.family, &network);
    if (cause != WEIR_DECODED) return cause;
    const uint8_t *tcp = view.data;
    cause = weir_segment_read(&view, &network, segment);
    if (cause != WEIR_DECODED) return cause;

    segment->time_ns = packet->time_ns;
    segment->tag = packet->tag;
    segment->vlan = link.vlan;
    if (checksum == WEIR_CHECKSUM_OFF) return WEIR_DECODED;
    view.data = tcp;
    *bad_checksum = !weir_segment_checksum_fits(&view, &network);
    if (*bad_checksum && checksum == WEIR_CHECKSUM_ON) return WEIR_IGNORED_CHECKSUM;
    return WEIR_DECODED;
}
