/* SPDX-License-Identifier: MIT */
#include "lenses/wifi.h"

#include <string.h>

#include "ground/load.h"
#include "lenses/type.h"

/* Of the two bytes of frame control: the first, then the second. */
enum {
    VERSION_TYPE = 0x0f,
    VERSION_TYPE_DATA = 0x08,
    SUBTYPE_NO_DATA = 0x40,
    SUBTYPE_QOS = 0x80,
    BOTH_WAYS = 0x03, /* to and from a distribution system: a fourth address */
    MORE_PIECES = 0x04,
    PROTECTED = 0x40,
    ORDER = 0x80 /* with QoS: four bytes of HT control */
};

enum {
    FCS_BYTES = 4,
    QOS_AGGREGATE = 0x80, /* in the first byte of the QoS field */
    AGGREGATED_BYTES = 14,
    CIPHER_BYTES = 8, /* before a protected payload: CCMP's and TKIP's counter and key number */
    RADIOTAP_WORDS_MAX = 32,
    RADIOTAP_MORE = 0x80, /* in the last byte of such a word: another follows */
    RADIOTAP_TIME = 1,
    RADIOTAP_FLAGS = 2,
    FLAG_FCS = 0x10,
    FLAG_PADDED = 0x20,
    FLAG_DAMAGED = 0x40
};

#define SNAP "\xaa\xaa\x03\0\0\0"

enum { SNAP_BYTES = sizeof SNAP - 1 };

/* ──── radio headers ──── */

int weir_wifi_frame(weir_view *view, int has_fcs, int is_damaged, int is_padded, uint32_t *type)
{
    uint32_t wire = weir_view_wire(view);
    if (is_damaged || (has_fcs && wire < FCS_BYTES)) return WEIR_IGNORED_MALFORMED;
    if (has_fcs) weir_view_clamp(view, wire - FCS_BYTES);
    *type = is_padded ? WEIR_TYPE_WIFI_PADDED : WEIR_TYPE_WIFI;
    return WEIR_DECODED;
}

/* The field of flags, 0 if there is none. Only the time can stand before it, aligned to itself. */
static uint32_t radiotap_flags(const uint8_t *header, uint32_t bytes)
{
    uint32_t at = 8;
    for (int words = 1; words < RADIOTAP_WORDS_MAX && (header[at - 1] & RADIOTAP_MORE); words++) {
        if (at + 4 > bytes) return 0;
        at += 4;
    }
    if (header[4] & RADIOTAP_TIME) at = ((at + 7) & ~UINT32_C(7)) + 8;
    return (header[4] & RADIOTAP_FLAGS) && at < bytes ? header[at] : 0;
}

static int radiotap(weir_view *view, uint32_t *type)
{
    const uint8_t *header = weir_view_take(view, 8);
    if (header == NULL) return weir_view_refusal(view, 8);
    uint32_t bytes = weir_load_le16(header + 2);
    if (header[0] != 0 || bytes < 8) return WEIR_IGNORED_MALFORMED;
    if (weir_view_take(view, bytes - 8) == NULL) return weir_view_refusal(view, bytes - 8);
    uint32_t flags = radiotap_flags(header, bytes);
    return weir_wifi_frame(view, (flags & FLAG_FCS) != 0, (flags & FLAG_DAMAGED) != 0,
                           (flags & FLAG_PADDED) != 0, type);
}

/* AVS, in network order, is captured as Prism too; Prism's is in the order of the machine. */
static int prism_or_avs(weir_view *view, uint32_t *type)
{
    const uint8_t *header = weir_view_take(view, 8);
    if (header == NULL) return weir_view_refusal(view, 8);
    int is_avs = (weir_load_be32(header) & 0xffffff00u) == 0x80211000u;
    if (!is_avs && *type == WEIR_TYPE_AVS) return WEIR_IGNORED_NOT_IP;
    uint32_t bytes = weir_load_le32(header + 4);
    if (is_avs || bytes > UINT16_MAX) bytes = weir_load_be32(header + 4);
    if (bytes < 8) return WEIR_IGNORED_MALFORMED;
    if (weir_view_take(view, bytes - 8) == NULL) return weir_view_refusal(view, bytes - 8);
    *type = WEIR_TYPE_WIFI;
    return WEIR_DECODED;
}

/* ──── 802.11 ──── */

/* Protected by what the header says; but who decrypts leaves the mark there, and the cipher's bytes
 * or not. Six bytes that could be nothing else tell. */
static int decrypted(weir_view *view, int is_aggregate)
{
    uint32_t captured = weir_view_captured(view);
    uint32_t wire = weir_view_wire(view);
    uint32_t snap = is_aggregate ? AGGREGATED_BYTES : 0;
    for (uint32_t at = 0; at <= CIPHER_BYTES; at += CIPHER_BYTES) {
        if (wire < at + snap + SNAP_BYTES) break;
        if (captured < at + snap + SNAP_BYTES) return WEIR_IGNORED_TRUNCATED_HEADER;
        if (memcmp(view->data + at + snap, SNAP, SNAP_BYTES) != 0) continue;
        weir_view_take(view, at);
        return WEIR_DECODED;
    }
    return WEIR_IGNORED_ENCRYPTED;
}

/* What is left behind `bytes` bytes, captured or not. */
static weir_view behind(const weir_view *view, uint32_t bytes)
{
    weir_view rest = *view;
    uint32_t captured = weir_min32(bytes, weir_view_captured(view));
    rest.data += captured;
    rest.missing -= bytes - captured;
    return rest;
}

/* One packet of an aggregate: addresses, length, LLC; padded to a multiple of 4. Less than such a
 * header behind it is an FCS that nobody told of, or padding. */
static int aggregated(weir_view *view, uint32_t *type, weir_link *link)
{
    const uint8_t *header = weir_view_take(view, AGGREGATED_BYTES);
    if (header == NULL) return weir_view_refusal(view, AGGREGATED_BYTES);
    uint32_t bytes = weir_load_be16(header + 12);
    uint32_t next = ((AGGREGATED_BYTES + bytes + 3) & ~UINT32_C(3)) - AGGREGATED_BYTES;
    if (weir_view_wire(view) >= next + AGGREGATED_BYTES) link->rest = behind(view, next);
    weir_view_clamp(view, bytes);
    *type = WEIR_TYPE_LLC;
    return WEIR_DECODED;
}

/* What comes after the first 24 bytes and before the payload, by frame control. */
static uint32_t further_bytes(const uint8_t *control, int is_padded)
{
    uint32_t bytes = 0;
    if ((control[1] & BOTH_WAYS) == BOTH_WAYS) bytes += 6;
    if (control[0] & SUBTYPE_QOS) bytes += control[1] & ORDER ? 6 : 2;
    return is_padded ? (bytes + 3) & ~UINT32_C(3) : bytes;
}

static int wifi(weir_view *view, uint32_t *type)
{
    const uint8_t *control = weir_view_take(view, 2);
    if (control == NULL) return weir_view_refusal(view, 2);
    if ((control[0] & VERSION_TYPE) != VERSION_TYPE_DATA) return WEIR_IGNORED_NOT_IP;
    if (control[0] & SUBTYPE_NO_DATA) return WEIR_IGNORED_NOT_IP;

    uint32_t further = further_bytes(control, *type == WEIR_TYPE_WIFI_PADDED);
    if (weir_view_take(view, 22 + further) == NULL) return weir_view_refusal(view, 22 + further);
    uint32_t piece = control[22] & 0x0fu;
    if (piece != 0 || (control[1] & MORE_PIECES)) return WEIR_IGNORED_NOT_IP;

    uint32_t qos = (control[1] & BOTH_WAYS) == BOTH_WAYS ? 30 : 24;
    int is_aggregate = (control[0] & SUBTYPE_QOS) && (control[qos] & QOS_AGGREGATE);
    *type = is_aggregate ? WEIR_TYPE_WIFI_AGGREGATE : WEIR_TYPE_LLC;
    return control[1] & PROTECTED ? decrypted(view, is_aggregate) : WEIR_DECODED;
}

int weir_wifi_read(weir_view *view, uint32_t *type, weir_link *link)
{
    switch (*type) {
    case WEIR_TYPE_WIFI_AGGREGATE:
        return aggregated(view, type, link);
    case WEIR_TYPE_RADIOTAP:
        return radiotap(view, type);
    case WEIR_TYPE_PRISM:
    case WEIR_TYPE_AVS:
        return prism_or_avs(view, type);
    default:
        return wifi(view, type);
    }
}
