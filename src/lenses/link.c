/* SPDX-License-Identifier: MIT */
#include "lenses/link.h"

#include <string.h>

#include "ground/load.h"
#include "lenses/link_type.h"
#include "lenses/serial.h"
#include "lenses/type.h"
#include "lenses/wifi.h"
#include "lenses/wrap.h"

enum {
    LAYERS_MAX = 11, /* beside the first: twice tagged Ethernet in labels in the same is 7 */
    LABELS_MAX = 16,
    LENGTH_MAX = 1500,       /* the highest number in an Ethernet type field that is a length */
    ETHERNET_IPV4_BYTES = 34 /* the least in which there can be an IP packet */
};

/* Bits of the first byte of MACsec's tag. */
enum {
    MACSEC_VERSION = 0x80,
    MACSEC_SENDER = 0x20,
    MACSEC_CHANGED = 0x0c, /* encrypted; changed */
    MACSEC_CHECK_BYTES = 16
};

/* The field after the addresses or after a tag: a type, or the length of an 802.3 frame. */
static inline uint32_t type_or_length(weir_view *view, uint32_t field)
{
    if (field > LENGTH_MAX) return field;
    weir_view_clamp(view, field);
    return WEIR_TYPE_LLC;
}

/* A header of `bytes` bytes, of which the EtherType at `offset` is all that matters. */
static inline int plain(weir_view *view, uint32_t *type, uint32_t bytes, uint32_t offset)
{
    const uint8_t *header = weir_view_take(view, bytes);
    if (header == NULL) return weir_view_refusal(view, bytes);
    *type = weir_load_be16(header + offset);
    return WEIR_DECODED;
}

static inline int ethernet(weir_view *view, uint32_t *type)
{
    const uint8_t *header = weir_view_take(view, 14);
    if (header == NULL) return weir_view_refusal(view, 14);
    *type = type_or_length(view, weir_load_be16(header + 12));
    return WEIR_DECODED;
}

/* A priority tag has id 0: alone it is as no tag. */
static int vlan_tag(weir_view *view, uint32_t *type, uint32_t *vlan)
{
    const uint8_t *tag = weir_view_take(view, 4);
    if (tag == NULL) return weir_view_refusal(view, 4);
    *vlan = *vlan << 16 | (weir_load_be16(tag) & 0x0fffu);
    *type = type_or_length(view, weir_load_be16(tag + 2));
    return WEIR_DECODED;
}

/* Of interest with EtherTypes: 00-00-00 (RFC 1042), and 00-00-F8, which bridges put there (802.1H).
 */
int weir_link_snap(weir_view *view, uint32_t *type)
{
    const uint8_t *snap = weir_view_take(view, 5);
    if (snap == NULL) return weir_view_refusal(view, 5);
    if (snap[0] != 0 || snap[1] != 0) return WEIR_IGNORED_NOT_IP;
    if (snap[2] != 0 && snap[2] != 0xf8) return WEIR_IGNORED_NOT_IP;
    *type = weir_load_be16(snap + 3);
    return WEIR_DECODED;
}

static int llc(weir_view *view, uint32_t *type)
{
    const uint8_t *header = weir_view_take(view, 3);
    if (header == NULL) return weir_view_refusal(view, 3);
    if (memcmp(header, "\xaa\xaa\x03", 3) != 0) return WEIR_IGNORED_NOT_IP;
    return weir_link_snap(view, type);
}

/* The 15 bytes at p would make sense as an Ethernet header and what follows it. */
static int resembles_ethernet(const uint8_t *p)
{
    uint32_t type = weir_load_be16(p + 12);
    switch (type) {
    case WEIR_TYPE_IPV4:
        return p[14] >> 4 == 4;
    case WEIR_TYPE_IPV6:
        return p[14] >> 4 == 6;
    case WEIR_TYPE_VLAN:
    case WEIR_TYPE_QINQ:
    case WEIR_TYPE_QINQ_OLD:
    case WEIR_TYPE_MPLS:
    case WEIR_TYPE_PPPOE:
        return 1;
    default:
        return type <= LENGTH_MAX && p[14] == 0xaa;
    }
}

/* Nothing on the wire says that labels carry Ethernet, or whether a control word (RFC 4448, first
 * four bits 0) stands before it: an address may begin with 0 as well. So look where the type would
 * be, at both places. */
static int pseudowire(weir_view *view, uint32_t *type)
{
    uint32_t word = view->data[0] >> 4 == 0 ? 4 : 0;
    if (weir_view_wire(view) < word + ETHERNET_IPV4_BYTES) return WEIR_IGNORED_NOT_IP;
    if (weir_view_captured(view) < word + 15) return WEIR_IGNORED_TRUNCATED_HEADER;

    if (word != 0 && resembles_ethernet(view->data + word)) {
        weir_view_take(view, word);
    } else if (!resembles_ethernet(view->data)) {
        return WEIR_IGNORED_NOT_IP;
    }
    *type = WEIR_TYPE_ETHERNET;
    return WEIR_DECODED;
}

static uint32_t type_of_version(uint32_t version)
{
    if (version == 4) return WEIR_TYPE_IPV4;
    return version == 6 ? WEIR_TYPE_IPV6 : WEIR_TYPE_UNKNOWN;
}

/* Labels do not say what they carry; its first four bits must do. */
static int labels(weir_view *view, uint32_t *type)
{
    const uint8_t *label;
    uint32_t count = 0;
    do {
        if (count++ == LABELS_MAX) return WEIR_IGNORED_NOT_IP;
        label = weir_view_take(view, 4);
        if (label == NULL) return weir_view_refusal(view, 4);
    } while ((label[2] & 1) == 0);

    if (view->data == view->end) return weir_view_refusal(view, 1);
    *type = type_of_version(view->data[0] >> 4);
    return *type != WEIR_TYPE_UNKNOWN ? WEIR_DECODED : pseudowire(view, type);
}

uint32_t weir_link_family(uint32_t family)
{
    switch (family) {
    case 2:
        return WEIR_TYPE_IPV4;
    case 10: /* Linux */
    case 24: /* NetBSD, OpenBSD, Npcap */
    case 28: /* FreeBSD */
    case 30: /* macOS */
        return WEIR_TYPE_IPV6;
    default:
        return WEIR_TYPE_UNKNOWN;
    }
}

uint32_t weir_link_family_at(const uint8_t *word)
{
    uint32_t high = weir_load_be16(word);
    uint32_t low = weir_load_be16(word + 2);
    if (high != 0 && low != 0) return WEIR_TYPE_UNKNOWN;
    return weir_link_family(high != 0 ? high >> 8 | (high & 0xff) << 8 : low);
}

static int address_family(weir_view *view, uint32_t *type)
{
    const uint8_t *word = weir_view_take(view, 4);
    if (word == NULL) return weir_view_refusal(view, 4);
    *type = weir_link_family_at(word);
    return WEIR_DECODED;
}

static int any_version(const weir_view *view, uint32_t *type)
{
    if (view->data == view->end) return weir_view_refusal(view, 1);
    *type = type_of_version(view->data[0] >> 4);
    return WEIR_DECODED;
}

/* OpenBSD calls DLT_LOOP what others call DLT_RAW: its family word begins with 0, no IP packet
 * does. */
static int raw(const weir_view *view, uint32_t *type)
{
    int cause = any_version(view, type);
    if (cause == WEIR_DECODED && view->data[0] >> 4 == 0) *type = WEIR_TYPE_FAMILY;
    return cause;
}

/* A header of which nothing matters. */
static int skip(weir_view *view, uint32_t *type, uint32_t bytes, uint32_t next)
{
    if (weir_view_take(view, bytes) == NULL) return weir_view_refusal(view, bytes);
    *type = next;
    return WEIR_DECODED;
}

/* A route of bridges follows where the first bit of the source address says so. */
static int token_ring(weir_view *view, uint32_t *type)
{
    const uint8_t *header = weir_view_take(view, 14);
    if (header == NULL) return weir_view_refusal(view, 14);
    *type = WEIR_TYPE_LLC;
    if ((header[8] & 0x80) == 0) return WEIR_DECODED;
    const uint8_t *route = weir_view_take(view, 2);
    if (route == NULL) return weir_view_refusal(view, 2);
    uint32_t bytes = route[0] & 0x1f;
    return bytes < 2 ? WEIR_IGNORED_MALFORMED : skip(view, type, bytes - 2, WEIR_TYPE_LLC);
}

/* Layers that only a link type, or a header of a capture system, announces. */
static int open_first(weir_view *view, uint32_t *type, weir_link *link)
{
    switch (*type) {
    case WEIR_TYPE_RAW:
        return raw(view, type);
    case WEIR_TYPE_FAMILY:
        return address_family(view, type);
    case WEIR_TYPE_HDLC:
        return weir_serial_hdlc(view, type);
    case WEIR_TYPE_C_HDLC:
        return plain(view, type, 4, 2);
    case WEIR_TYPE_SLL:
        return plain(view, type, 16, 14);
    case WEIR_TYPE_SLL2:
        return plain(view, type, 20, 0);
    case WEIR_TYPE_PPP_DIRECTION:
        return skip(view, type, 1, WEIR_TYPE_PPP);
    case WEIR_TYPE_C_HDLC_DIRECTION:
        return skip(view, type, 1, WEIR_TYPE_C_HDLC);
    case WEIR_TYPE_FRAME_RELAY:
        return weir_serial_frame_relay(view, type);
    case WEIR_TYPE_TOKEN_RING:
        return token_ring(view, type);
    case WEIR_TYPE_FDDI:
        return skip(view, type, 13, WEIR_TYPE_LLC);
    case WEIR_TYPE_FIBRE_CHANNEL:
        return skip(view, type, 16, WEIR_TYPE_LLC);
    case WEIR_TYPE_WIFI:
    case WEIR_TYPE_WIFI_PADDED:
    case WEIR_TYPE_WIFI_AGGREGATE:
    case WEIR_TYPE_RADIOTAP:
    case WEIR_TYPE_PRISM:
    case WEIR_TYPE_AVS:
        return weir_wifi_read(view, type, link);
    default:
        return weir_wrap_read(view, type);
    }
}

/* 802.1AE: the payload is in the clear where neither of two bits says that it was changed. Then 8
 * bytes of who sent it, or not, the EtherType, and the check value at the end. */
static int macsec(weir_view *view, uint32_t *type)
{
    const uint8_t *header = weir_view_take(view, 6);
    if (header == NULL) return weir_view_refusal(view, 6);
    if (header[0] & (MACSEC_VERSION | MACSEC_CHANGED)) return WEIR_IGNORED_ENCRYPTED;
    uint32_t wire = weir_view_wire(view);
    if (wire < MACSEC_CHECK_BYTES) return WEIR_IGNORED_MALFORMED;
    weir_view_clamp(view, wire - MACSEC_CHECK_BYTES);
    uint32_t sender = header[0] & MACSEC_SENDER ? 8 : 0;
    return plain(view, type, sender + 2, sender);
}

/* Tags that are not met often. */
static int open_tag(weir_view *view, uint32_t *type)
{
    switch (*type) {
    case WEIR_TYPE_BACKBONE:
        return skip(view, type, 4, WEIR_TYPE_ETHERNET);
    case WEIR_TYPE_VN_TAG:
        return plain(view, type, 6, 4);
    case WEIR_TYPE_E_TAG:
    case WEIR_TYPE_CISCO_METADATA:
        return plain(view, type, 8, 6);
    case WEIR_TYPE_MACSEC:
        return macsec(view, type);
    default:
        return WEIR_IGNORED_NOT_IP;
    }
}

/* One layer inwards. */
static inline int open_layer(weir_view *view, uint32_t *type, weir_link *link)
{
    switch (*type) {
    case WEIR_TYPE_ETHERNET:
        return ethernet(view, type);
    case WEIR_TYPE_VLAN:
    case WEIR_TYPE_QINQ:
    case WEIR_TYPE_QINQ_OLD:
        return vlan_tag(view, type, &link->vlan);
    case WEIR_TYPE_LLC:
        return llc(view, type);
    case WEIR_TYPE_MPLS:
    case WEIR_TYPE_MPLS_UPSTREAM:
        return labels(view, type);
    case WEIR_TYPE_PPPOE:
        return weir_serial_pppoe(view, type);
    case WEIR_TYPE_PPP:
        return weir_serial_ppp(view, type);
    case WEIR_TYPE_IP:
        return any_version(view, type);
    default:
        return *type > UINT16_MAX ? open_first(view, type, link) : open_tag(view, type);
    }
}

int weir_link_inner(uint32_t type, weir_view *view, weir_link *link)
{
    for (int layers = 0; type != WEIR_TYPE_IPV4 && type != WEIR_TYPE_IPV6; layers++) {
        if (layers == LAYERS_MAX) return WEIR_IGNORED_NOT_IP;
        int cause = open_layer(view, &type, link);
        if (cause != WEIR_DECODED) return cause;
    }
    link->family = type == WEIR_TYPE_IPV4 ? 4 : 6;
    return WEIR_DECODED;
}

/* IP in plain Ethernet needs no loop. */
int weir_link_read(int link_type, weir_view *view, weir_link *link)
{
    link->vlan = 0;
    link->rest.data = NULL;
    if (WEIR_UNLIKELY(link_type != WEIR_LINK_TYPE_ETHERNET))
        return weir_link_inner(weir_link_type_first(link_type), view, link);
    const uint8_t *header = weir_view_take(view, 14);
    if (header == NULL) return weir_view_refusal(view, 14);
    uint32_t type = weir_load_be16(header + 12);
    if (WEIR_LIKELY(type == WEIR_TYPE_IPV4 || type == WEIR_TYPE_IPV6)) {
        link->family = type == WEIR_TYPE_IPV4 ? 4 : 6;
        return WEIR_DECODED;
    }
    return weir_link_inner(type_or_length(view, type), view, link);
}
