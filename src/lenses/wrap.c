/* SPDX-License-Identifier: MIT */
#include "lenses/wrap.h"

#include "ground/load.h"
#include "lenses/link_type.h"
#include "lenses/type.h"
#include "lenses/wifi.h"

enum {
    FIELDS_MAX = 32, /* of PPI and NFLOG: some 20 kinds are defined in each */
    PPI_ALIGNED = 1, /* bits and numbers of PPI */
    PPI_802_11_COMMON = 2,
    PPI_COMMON_BYTES = 20,
    PPI_LINK_WIFI = 105,
    PPI_FCS_PRESENT = 0x1,
    PPI_DAMAGED = 0x4 | 0x8, /* by its FCS; by the receiver */
    PKTAP_PACKET = 1,
    NFLOG_PAYLOAD = 9,
    NFLOG_FLAGS = 0xc0, /* of an attribute, beside its kind */
    FCS_BYTES = 4
};

/* Takes a header that says itself how long it is: at least `least` bytes. NULL, and *cause why. */
static const uint8_t *take_all(weir_view *view, uint32_t least, uint32_t bytes, int *cause)
{
    const uint8_t *header = view->data;
    *cause = WEIR_IGNORED_MALFORMED;
    if (bytes < least) return NULL;
    *cause = weir_view_refusal(view, bytes);
    return weir_view_take(view, bytes) != NULL ? header : NULL;
}

/* ──── PPI ──── */

/* The flags of the field 802.11-Common, 0 if there is none. */
static uint32_t ppi_flags(const uint8_t *header, uint32_t bytes)
{
    uint32_t at = 8;
    for (int count = 0; count < FIELDS_MAX && at + 4 <= bytes; count++) {
        uint32_t kind = weir_load_le16(header + at);
        uint32_t size = weir_load_le16(header + at + 2);
        int is_whole = size >= PPI_COMMON_BYTES && at + 4 + size <= bytes;
        if (kind == PPI_802_11_COMMON) return is_whole ? weir_load_le16(header + at + 12) : 0;
        at += 4 + size;
        if (header[1] & PPI_ALIGNED) at = (at + 3) & ~UINT32_C(3);
    }
    return 0;
}

static int ppi(weir_view *view, uint32_t *type)
{
    int cause;
    if (weir_view_captured(view) < 8) return weir_view_refusal(view, 8);
    uint32_t bytes = weir_load_le16(view->data + 2);
    const uint8_t *header = take_all(view, 8, bytes, &cause);
    if (header == NULL) return cause;

    uint32_t link_type = weir_load_le32(header + 4);
    if (link_type > UINT16_MAX) return WEIR_IGNORED_NOT_IP;
    *type = weir_link_type_first((int)link_type);
    if (link_type != PPI_LINK_WIFI) return WEIR_DECODED;
    uint32_t flags = ppi_flags(header, bytes);
    return weir_wifi_frame(view, (flags & PPI_FCS_PRESENT) != 0, (flags & PPI_DAMAGED) != 0, 0,
                           type);
}

/* ──── of operating systems ──── */

/* macOS: length, kind of record, link type, and much that does not matter. */
static int pktap(weir_view *view, uint32_t *type)
{
    int cause;
    if (weir_view_captured(view) < 12) return weir_view_refusal(view, 12);
    const uint8_t *header = take_all(view, 12, weir_load_le32(view->data), &cause);
    if (header == NULL) return cause;
    uint32_t link_type = weir_load_le32(header + 8);
    if (weir_load_le32(header + 4) != PKTAP_PACKET || link_type > UINT16_MAX)
        return WEIR_IGNORED_NOT_IP;
    *type = weir_link_type_first((int)link_type);
    return WEIR_DECODED;
}

/* BSD's packet filter: its length without padding, and the address family. */
static int pflog(weir_view *view, uint32_t *type)
{
    int cause;
    if (weir_view_captured(view) < 4) return weir_view_refusal(view, 4);
    const uint8_t *header = take_all(view, 4, (view->data[0] + 3u) & ~UINT32_C(3), &cause);
    if (header == NULL) return cause;
    *type = weir_link_family(header[1]);
    return WEIR_DECODED;
}

/* BSD's IPsec interface: address family, SPI, flags. */
static int enc(weir_view *view, uint32_t *type)
{
    const uint8_t *header = weir_view_take(view, 12);
    if (header == NULL) return weir_view_refusal(view, 12);
    *type = weir_link_family_at(header);
    return WEIR_DECODED;
}

/* Ethernet with its FCS. */
static int netanalyzer(weir_view *view, uint32_t *type)
{
    if (weir_view_take(view, 4) == NULL) return weir_view_refusal(view, 4);
    if (weir_view_wire(view) < FCS_BYTES) return WEIR_IGNORED_MALFORMED;
    weir_view_clamp(view, weir_view_wire(view) - FCS_BYTES);
    *type = WEIR_TYPE_ETHERNET;
    return WEIR_DECODED;
}

/* ──── NFLOG ──── */

/* An attribute's header: length, kind. Kinds are below 32, so the byte order shows: in the other
 * one the byte beside the flags would be 0. */
static uint32_t nflog_attribute(const uint8_t *header, uint32_t *bytes)
{
    int is_little = header[2] != 0 && (header[3] & ~NFLOG_FLAGS) == 0;
    *bytes = is_little ? weir_load_le16(header) : weir_load_be16(header);
    uint32_t kind = is_little ? weir_load_le16(header + 2) : weir_load_be16(header + 2);
    return kind & (UINT16_MAX >> 2); /* without the flags */
}

/* Moves *view to the packet, clamped to its attribute. */
static int nflog_payload(weir_view *view)
{
    for (int count = 0; count < FIELDS_MAX && weir_view_wire(view) != 0; count++) {
        uint32_t bytes;
        const uint8_t *header = weir_view_take(view, 4);
        if (header == NULL) return weir_view_refusal(view, 4);
        uint32_t kind = nflog_attribute(header, &bytes);
        if (bytes < 4) return WEIR_IGNORED_MALFORMED;
        if (kind == NFLOG_PAYLOAD) {
            weir_view_clamp(view, bytes - 4);
            return WEIR_DECODED;
        }
        uint32_t rest = ((bytes + 3) & ~UINT32_C(3)) - 4;
        if (weir_view_take(view, rest) == NULL) return weir_view_refusal(view, rest);
    }
    return WEIR_IGNORED_NOT_IP;
}

/* Linux's log of packets: family, version 0, group, attributes. */
static int nflog(weir_view *view, uint32_t *type)
{
    const uint8_t *header = weir_view_take(view, 4);
    if (header == NULL) return weir_view_refusal(view, 4);
    *type = weir_link_family(header[0]);
    if (header[1] != 0 || *type == WEIR_TYPE_UNKNOWN) return WEIR_IGNORED_NOT_IP;
    return nflog_payload(view);
}

int weir_wrap_read(weir_view *view, uint32_t *type)
{
    switch (*type) {
    case WEIR_TYPE_PPI:
        return ppi(view, type);
    case WEIR_TYPE_NFLOG:
        return nflog(view, type);
    case WEIR_TYPE_PKTAP:
        return pktap(view, type);
    case WEIR_TYPE_PFLOG:
        return pflog(view, type);
    case WEIR_TYPE_ENC:
        return enc(view, type);
    case WEIR_TYPE_NETANALYZER:
        return netanalyzer(view, type);
    default:
        return WEIR_IGNORED_NOT_IP;
    }
}
