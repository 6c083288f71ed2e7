/* SPDX-License-Identifier: MIT */
#include "lenses/gre.h"

#include "ground/load.h"
#include "lenses/type.h"

/* Bits of the first word. */
enum {
    HAS_CHECKSUM = 0x8000,
    HAS_ROUTE = 0x4000,
    HAS_KEY = 0x2000,
    HAS_SEQUENCE = 0x1000,
    HAS_ACK = 0x0080, /* version 1 */
    VERSION = 0x0007
};

enum {
    PROTOCOL_WCCP = 0x883e,
    PROTOCOL_ERSPAN = 0x88be,   /* types I and II */
    PROTOCOL_ERSPAN_3 = 0x22eb, /* type III */
    ERSPAN_SESSION = 0x03ff,
    ERSPAN_FRAME = 0x1f, /* kind of frame, in the tenth byte, from bit 2 on */
    ERSPAN_FRAME_ETHERNET = 0,
    ERSPAN_FRAME_IP = 2,
    ERSPAN_PLATFORM = 0x01 /* in the last byte: a subheader follows */
};

/* ──── ERSPAN ──── */

/* The 4 bytes that types II and III have in common. */
static int mirrored(weir_inner *inner, const uint8_t *header, uint32_t version)
{
    if (header[0] >> 4 != version) return WEIR_IGNORED_MALFORMED;
    inner->number = weir_load_be16(header + 2) & ERSPAN_SESSION;
    inner->numbered = 1;
    return WEIR_DECODED;
}

static int erspan(weir_view *view, weir_inner *inner, int has_header)
{
    inner->kind = WEIR_TUNNEL_ERSPAN;
    inner->type = WEIR_TYPE_ETHERNET;
    inner->number = 0; /* a key of the GRE header around it is no part of ERSPAN */
    inner->numbered = 0;
    if (!has_header) return WEIR_DECODED;
    const uint8_t *header = weir_view_take(view, 8);
    if (header == NULL) return weir_view_refusal(view, 8);
    return mirrored(inner, header, 1);
}

static int erspan_3(weir_view *view, weir_inner *inner)
{
    const uint8_t *header = weir_view_take(view, 12);
    if (header == NULL) return weir_view_refusal(view, 12);
    inner->kind = WEIR_TUNNEL_ERSPAN;
    int cause = mirrored(inner, header, 2);
    if (cause != WEIR_DECODED) return cause;
    if ((header[11] & ERSPAN_PLATFORM) && weir_view_take(view, 8) == NULL)
        return weir_view_refusal(view, 8);

    uint32_t frame = (header[10] >> 2) & ERSPAN_FRAME;
    if (frame != ERSPAN_FRAME_ETHERNET && frame != ERSPAN_FRAME_IP) return WEIR_IGNORED_TUNNEL;
    inner->type = frame == ERSPAN_FRAME_IP ? WEIR_TYPE_IP : WEIR_TYPE_ETHERNET;
    return WEIR_DECODED;
}

/* ──── version 0 ──── */

/* Version 2 of WCCP puts 4 bytes before the packet, whose first four bits are not 4. */
static int redirected(weir_view *view, weir_inner *inner)
{
    inner->type = WEIR_TYPE_IPV4;
    if (view->data == view->end) return weir_view_refusal(view, 1);
    if (view->data[0] >> 4 == 4) return WEIR_DECODED;
    return weir_view_take(view, 4) != NULL ? WEIR_DECODED : weir_view_refusal(view, 4);
}

static int payload(weir_view *view, weir_inner *inner, uint32_t protocol, int is_sequenced)
{
    inner->kind = WEIR_TUNNEL_GRE;
    switch (protocol) {
    case PROTOCOL_ERSPAN:
        return erspan(view, inner, is_sequenced);
    case PROTOCOL_ERSPAN_3:
        return erspan_3(view, inner);
    case PROTOCOL_WCCP:
        return redirected(view, inner);
    default:
        inner->type = protocol;
        return WEIR_DECODED;
    }
}

static int version_0(weir_view *view, weir_inner *inner, uint32_t flags, uint32_t protocol)
{
    if (flags & HAS_ROUTE) return WEIR_IGNORED_TUNNEL;
    uint32_t key_at = flags & HAS_CHECKSUM ? 4 : 0;
    uint32_t bytes = key_at + (flags & HAS_KEY ? 4 : 0) + (flags & HAS_SEQUENCE ? 4 : 0);
    const uint8_t *fields = weir_view_take(view, bytes);
    if (fields == NULL) return weir_view_refusal(view, bytes);
    if (flags & HAS_KEY) {
        inner->number = weir_load_be32(fields + key_at);
        inner->numbered = 1;
    }
    return payload(view, inner, protocol, (flags & HAS_SEQUENCE) != 0);
}

/* ──── version 1 ──── */

/* Without a sequence number there is no payload, only an acknowledgement. */
static int version_1(weir_view *view, weir_inner *inner, uint32_t flags, uint32_t protocol)
{
    if (protocol != WEIR_TYPE_PPP || !(flags & HAS_KEY) || (flags & (HAS_CHECKSUM | HAS_ROUTE)))
        return WEIR_IGNORED_MALFORMED;
    if (!(flags & HAS_SEQUENCE)) return WEIR_IGNORED_NOT_TCP;
    uint32_t bytes = flags & HAS_ACK ? 12 : 8;
    const uint8_t *fields = weir_view_take(view, bytes);
    if (fields == NULL) return weir_view_refusal(view, bytes);
    weir_view_clamp(view, weir_load_be16(fields));
    inner->kind = WEIR_TUNNEL_PPTP;
    inner->type = WEIR_TYPE_PPP;
    return WEIR_DECODED;
}

int weir_gre_open(weir_view *view, weir_inner *inner)
{
    const uint8_t *header = weir_view_take(view, 4);
    if (header == NULL) return weir_view_refusal(view, 4);
    uint32_t flags = weir_load_be16(header);
    uint32_t protocol = weir_load_be16(header + 2);
    switch (flags & VERSION) {
    case 0:
        return version_0(view, inner, flags, protocol);
    case 1:
        return version_1(view, inner, flags, protocol);
    default:
        return WEIR_IGNORED_TUNNEL;
    }
}
