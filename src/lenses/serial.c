/* SPDX-License-Identifier: MIT */
#include "lenses/serial.h"

#include "ground/load.h"
#include "lenses/type.h"

int weir_serial_pppoe(weir_view *view, uint32_t *type)
{
    const uint8_t *header = weir_view_take(view, 6);
    if (header == NULL) return weir_view_refusal(view, 6);
    if (weir_load_be16(header) != 0x1100) return WEIR_IGNORED_NOT_IP;
    weir_view_clamp(view, weir_load_be16(header + 4));
    *type = WEIR_TYPE_PPP;
    return WEIR_DECODED;
}

static int ppp_protocol(uint32_t protocol, uint32_t *type)
{
    switch (protocol) {
    case 0x0021:
        *type = WEIR_TYPE_IPV4;
        return WEIR_DECODED;
    case 0x0057:
        *type = WEIR_TYPE_IPV6;
        return WEIR_DECODED;
    case 0x0281:
        *type = WEIR_TYPE_MPLS;
        return WEIR_DECODED;
    case 0x0283:
        *type = WEIR_TYPE_MPLS_UPSTREAM;
        return WEIR_DECODED;
    default:
        return WEIR_IGNORED_NOT_IP;
    }
}

/* Address and control (FF 03) may be left out, and the first byte of the protocol where it is 0:
 * the last byte of a protocol is odd, the first is even (RFC 1661). */
int weir_serial_ppp(weir_view *view, uint32_t *type)
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

/* Both framings are captured under one link type; the address tells: 0F and 8F are Cisco's (RFC
 * 1547). */
int weir_serial_hdlc(weir_view *view, uint32_t *type)
{
    if (view->data == view->end) return weir_view_refusal(view, 1);
    *type = (view->data[0] & 0x7f) == 0x0f ? WEIR_TYPE_C_HDLC : WEIR_TYPE_PPP;
    return WEIR_DECODED;
}

/* Two to four bytes, of which only the last is odd (Q.922). */
static int relay_address(weir_view *view)
{
    for (int count = 1; count <= 4; count++) {
        const uint8_t *byte = weir_view_take(view, 1);
        if (byte == NULL) return weir_view_refusal(view, 1);
        if (*byte & 1) return count == 1 ? WEIR_IGNORED_NOT_IP : WEIR_DECODED;
    }
    return WEIR_IGNORED_NOT_IP;
}

/* Network layer protocol identifiers, after a pad byte or not. */
static int relay_protocol(weir_view *view, uint32_t nlpid, uint32_t *type)
{
    if (nlpid == 0) {
        const uint8_t *byte = weir_view_take(view, 1);
        if (byte == NULL) return weir_view_refusal(view, 1);
        nlpid = *byte;
    }
    switch (nlpid) {
    case 0xcc:
        *type = WEIR_TYPE_IPV4;
        return WEIR_DECODED;
    case 0x8e:
        *type = WEIR_TYPE_IPV6;
        return WEIR_DECODED;
    case 0x80:
        return weir_link_snap(view, type);
    default:
        return WEIR_IGNORED_NOT_IP;
    }
}

int weir_serial_frame_relay(weir_view *view, uint32_t *type)
{
    int cause = relay_address(view);
    if (cause != WEIR_DECODED) return cause;
    const uint8_t *header = weir_view_take(view, 2);
    if (header == NULL) return weir_view_refusal(view, 2);
    if (header[0] == 0x03) return relay_protocol(view, header[1], type);
    *type = weir_load_be16(header);
    return WEIR_DECODED;
}
