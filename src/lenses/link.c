/* SPDX-License-Identifier: MIT */
#include "lenses/link.h"

#include <string.h>

#include "ground/load.h"

/* DLT_ and LINKTYPE_ numbers. Where the two differ, or differ between systems, all are taken. */
enum {
    LINK_NULL = 0,
    LINK_ETHERNET = 1,
    LINK_PPP = 9,
    LINK_RAW_12 = 12, /* DLT_RAW; on OpenBSD DLT_LOOP: see raw() */
    LINK_RAW_14 = 14, /* DLT_RAW on OpenBSD */
    LINK_PPP_SERIAL = 50,
    LINK_PPP_ETHER = 51,
    LINK_RAW = 101,
    LINK_C_HDLC = 104,
    LINK_LOOP = 108,
    LINK_LINUX_SLL = 113,
    LINK_IPV4 = 228,
    LINK_IPV6 = 229,
    LINK_LINUX_SLL2 = 276
};

/* What comes next: an EtherType, or a number beyond them for what only begins a frame. */
enum {
    TYPE_LLC = 0x0004, /* Linux's ETH_P_802_2 */
    TYPE_IPV4 = 0x0800,
    TYPE_ETHERNET = 0x6558, /* transparent Ethernet bridging */
    TYPE_VLAN = 0x8100,
    TYPE_IPV6 = 0x86dd,
    TYPE_PPP = 0x880b,
    TYPE_MPLS = 0x8847,
    TYPE_MPLS_UPSTREAM = 0x8848,
    TYPE_PPPOE = 0x8864,
    TYPE_QINQ = 0x88a8,
    TYPE_QINQ_OLD = 0x9100,
    FIRST_RAW = 0x10000,
    FIRST_FAMILY,
    FIRST_HDLC,
    FIRST_C_HDLC,
    FIRST_SLL,
    FIRST_SLL2,
    FIRST_UNKNOWN
};

enum {
    LAYERS_MAX = 12, /* twice tagged Ethernet in labels in twice tagged Ethernet is 7 */
    LABELS_MAX = 16,
    LENGTH_MAX = 1500,       /* the highest number in an Ethernet type field that is a length */
    ETHERNET_IPV4_BYTES = 34 /* the least in which there can be an IP packet */
};

static inline uint32_t first_type(int link_type)
{
    switch (link_type) {
    case LINK_ETHERNET:
        return TYPE_ETHERNET;
    case LINK_NULL:
    case LINK_LOOP:
        return FIRST_FAMILY;
    case LINK_PPP:
        return TYPE_PPP;
    case LINK_RAW_12:
    case LINK_RAW_14:
    case LINK_RAW:
        return FIRST_RAW;
    case LINK_PPP_SERIAL:
        return FIRST_HDLC;
    case LINK_PPP_ETHER:
        return TYPE_PPPOE;
    case LINK_C_HDLC:
        return FIRST_C_HDLC;
    case LINK_LINUX_SLL:
        return FIRST_SLL;
    case LINK_LINUX_SLL2:
        return FIRST_SLL2;
    case LINK_IPV4:
        return TYPE_IPV4;
    case LINK_IPV6:
        return TYPE_IPV6;
    default:
        return FIRST_UNKNOWN;
    }
}

int weir_link_type_supported(int link_type)
{
    return first_type(link_type) != FIRST_UNKNOWN;
}

/* The field after the addresses or after a tag: a type, or the length of an 802.3 frame. */
static inline uint32_t type_or_length(weir_view *view, uint32_t field)
{
    if (field > LENGTH_MAX) return field;
    weir_view_clamp(view, field);
    return TYPE_LLC;
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

/* 802.2 is of interest with SNAP only (RFC 1042), of that with EtherTypes: 00-00-00, and 00-00-F8,
 * which bridges put there (802.1H). */
static int llc(weir_view *view, uint32_t *type)
{
    const uint8_t *header = weir_view_take(view, 3);
    if (header == NULL) return weir_view_refusal(view, 3);
    if (memcmp(header, "\xaa\xaa\x03", 3) != 0) return WEIR_IGNORED_NOT_IP;

    const uint8_t *snap = weir_view_take(view, 5);
    if (snap == NULL) return weir_view_refusal(view, 5);
    if (snap[0] != 0 || snap[1] != 0) return WEIR_IGNORED_NOT_IP;
    if (snap[2] != 0 && snap[2] != 0xf8) return WEIR_IGNORED_NOT_IP;
    *type = weir_load_be16(snap + 3);
    return WEIR_DECODED;
}

/* The 15 bytes at p would make sense as an Ethernet header and what follows it. */
static int resembles_ethernet(const uint8_t *p)
{
    uint32_t type = weir_load_be16(p + 12);
    switch (type) {
    case TYPE_IPV4:
        return p[14] >> 4 == 4;
    case TYPE_IPV6:
        return p[14] >> 4 == 6;
    case TYPE_VLAN:
    case TYPE_QINQ:
    case TYPE_QINQ_OLD:
    case TYPE_MPLS:
    case TYPE_PPPOE:
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
    *type = TYPE_ETHERNET;
    return WEIR_DECODED;
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
    switch (view->data[0] >> 4) {
    case 4:
        *type = TYPE_IPV4;
        return WEIR_DECODED;
    case 6:
        *type = TYPE_IPV6;
        return WEIR_DECODED;
    default:
        return pseudowire(view, type);
    }
}

/* RFC 2516: version 1, type 1, code 0 is a session's data. */
static int pppoe(weir_view *view, uint32_t *type)
{
    const uint8_t *header = weir_view_take(view, 6);
    if (header == NULL) return weir_view_refusal(view, 6);
    if (weir_load_be16(header) != 0x1100) return WEIR_IGNORED_NOT_IP;
    weir_view_clamp(view, weir_load_be16(header + 4));
    *type = TYPE_PPP;
    return WEIR_DECODED;
}

static int ppp_protocol(uint32_t protocol, uint32_t *type)
{
    switch (protocol) {
    case 0x0021:
        *type = TYPE_IPV4;
        return WEIR_DECODED;
    case 0x0057:
        *type = TYPE_IPV6;
        return WEIR_DECODED;
    case 0x0281:
        *type = TYPE_MPLS;
        return WEIR_DECODED;
    case 0x0283:
        *type = TYPE_MPLS_UPSTREAM;
        return WEIR_DECODED;
    default:
        return WEIR_IGNORED_NOT_IP;
    }
}

/* Address and control (FF 03) may be left out, and the first byte of the protocol where it is 0:
 * the last byte of a protocol is odd, the first is even (RFC 1661). */
static int ppp(weir_view *view, uint32_t *type)
{
    const uint8_t *byte = weir_view_take(view, 1);
    if (byte == NULL) return weir_view_refusal(view, 1);
    if (*byte == 0xff) {
        const uint8_t *control = weir_view_take(view, 2);
        if (control == NULL) return weir_view_refusal(view, 2);
        if (*control != 0x03) return WEIR_IGNORED_NOT_IP;
        byte = control + 1;
    }
    uint32_t protocol = *byte;
    if ((protocol & 1) == 0) {
        byte = weir_view_take(view, 1);
        if (byte == NULL) return weir_view_refusal(view, 1);
        protocol = protocol << 8 | *byte;
    }
    return ppp_protocol(protocol, type);
}

/* Both framings are captured under this type; the address tells: 0F and 8F are Cisco's (RFC 1547).
 */
static int hdlc(const weir_view *view, uint32_t *type)
{
    *type = (view->data[0] & 0x7f) == 0x0f ? FIRST_C_HDLC : TYPE_PPP;
    return WEIR_DECODED;
}

/* An address family, in the byte order of the machine that captured, or in network order. Numbers
 * are small, so the order shows; the one of IPv6 depends on the system. */
static int address_family(weir_view *view, uint32_t *type)
{
    const uint8_t *word = weir_view_take(view, 4);
    if (word == NULL) return weir_view_refusal(view, 4);
    uint32_t high = weir_load_be16(word);
    uint32_t low = weir_load_be16(word + 2);
    if (high != 0 && low != 0) return WEIR_IGNORED_NOT_IP;
    switch (high != 0 ? high >> 8 | (high & 0xff) << 8 : low) {
    case 2:
        *type = TYPE_IPV4;
        return WEIR_DECODED;
    case 10: /* Linux */
    case 24: /* NetBSD, OpenBSD, Npcap */
    case 28: /* FreeBSD */
    case 30: /* macOS */
        *type = TYPE_IPV6;
        return WEIR_DECODED;
    default:
        return WEIR_IGNORED_NOT_IP;
    }
}

/* OpenBSD calls DLT_LOOP what others call DLT_RAW: its family word begins with 0, no IP packet
 * does. */
static int raw(const weir_view *view, uint32_t *type)
{
    switch (view->data[0] >> 4) {
    case 0:
        *type = FIRST_FAMILY;
        return WEIR_DECODED;
    case 4:
        *type = TYPE_IPV4;
        return WEIR_DECODED;
    case 6:
        *type = TYPE_IPV6;
        return WEIR_DECODED;
    default:
        return WEIR_IGNORED_NOT_IP;
    }
}

/* One layer inwards. */
static inline int open_layer(weir_view *view, uint32_t *type, uint32_t *vlan)
{
    switch (*type) {
    case TYPE_ETHERNET:
        return ethernet(view, type);
    case TYPE_VLAN:
    case TYPE_QINQ:
    case TYPE_QINQ_OLD:
        return vlan_tag(view, type, vlan);
    case TYPE_LLC:
        return llc(view, type);
    case TYPE_MPLS:
    case TYPE_MPLS_UPSTREAM:
        return labels(view, type);
    case TYPE_PPPOE:
        return pppoe(view, type);
    case TYPE_PPP:
        return ppp(view, type);
    case FIRST_RAW:
        return raw(view, type);
    case FIRST_FAMILY:
        return address_family(view, type);
    case FIRST_HDLC:
        return hdlc(view, type);
    case FIRST_C_HDLC:
        return plain(view, type, 4, 2);
    case FIRST_SLL:
        return plain(view, type, 16, 14);
    case FIRST_SLL2:
        return plain(view, type, 20, 0);
    default:
        return WEIR_IGNORED_NOT_IP;
    }
}

int weir_link_read(int link_type, weir_view *view, weir_link *link)
{
    uint32_t type = first_type(link_type);
    uint32_t vlan = 0;
    for (int layers = 0; type != TYPE_IPV4 && type != TYPE_IPV6; layers++) {
        if (layers == LAYERS_MAX) return WEIR_IGNORED_NOT_IP;
        int cause = open_layer(view, &type, &vlan);
        if (cause != WEIR_DECODED) return cause;
    }
    link->family = type == TYPE_IPV4 ? 4 : 6;
    link->vlan = vlan;
    return WEIR_DECODED;
}
