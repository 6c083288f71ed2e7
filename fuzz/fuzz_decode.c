/* SPDX-License-Identifier: MIT */
/*
 * Any bytes to the lenses. The input begins with what is not in a packet: the link type, lengths
 * that may lie, where to cut, which tunnel is not opened. The packet is the rest of it, or a seed
 * (a packet from here, or one of support/situations.h) with a few bytes changed: that way random
 * inputs come deep without a corpus.
 *
 *      | link | mode | wire | wire | cut | tunnel | packet ..., or (place, value) pairs
 *
 * What decode.h, plain.h and weir.h promise is demanded of each answer, in every build. A piece of a packet
 * is read on as if it were the whole; a tunnel switched off changes nothing or gives `tunnel`.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "lenses/decode.h"
#include "lenses/link_type.h"
#include "lenses/plain.h"
#include "lenses/segment.h"
#include "support/situations.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CONTROL_BYTES = 6, JOINS_MAX = 3, PACKET_MAX = 70000, OPTIONS_ALL = 0x7f, SCALE_MAX = 14 };

#define MACS "\2\0\0\0\0\2\2\0\0\0\0\1"
#define IP4  "\x45\0\0\x35\0\x4d\x40\0\x40\6\0\0\x0a\0\0\1\x0a\0\0\2"
#define IP6(next, bytes)                                                                           \
    "\x60\0\0\0\0" bytes next "\x40\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\xfd\0\0\0\0\0\0\0\0\0\0\0"   \
    "\0\0\0\2"
#define TCP4 IP4 "\x12\x34\0\x50\0\0\0\1\0\0\0\2\x80\x18\2\0\0\0\0\0\1\1\x08\x0a\0\0\0\1\0\0\0\2"
#define TCP  "\x12\x34\0\x50\0\0\0\1\0\0\0\2\x70\x02\2\0\0\0\0\0\2\4\5\xb4\3\3\7\0"

/* `headers` is a string literal; its terminating 0 is one byte of payload. */
#define SEED(link, headers)                                                                        \
    {                                                                                              \
        link, sizeof(headers), headers                                                             \
    }

static const struct seed {
    int link;
    uint32_t bytes;
    char packet[160];
} seeds[] = {
    SEED(1, MACS "\x08\0" TCP4),
    SEED(1, MACS "\x86\xdd" IP6("\6", "\x1d") TCP),
    SEED(1, MACS "\x88\xa8\0\x64\x81\0\0\5\x08\0" TCP4),
    SEED(1, MACS "\0\x3d\xaa\xaa\3\0\0\0\x08\0" TCP4),
    SEED(1, MACS "\x88\x47\0\1\0\xff\0\1\1\xff\0\0\0\0" MACS "\x08\0" TCP4),
    SEED(1, MACS "\x88\x47\0\1\1\xff" MACS "\x86\xdd" IP6("\6", "\x1d") TCP),
    SEED(1, MACS "\x88\x64\x11\0\0\1\0\x37\0\x21" TCP4),
    SEED(1, MACS "\x86\xdd" IP6("\0", "\0") "\6\0\xc2\4\0\0\0\x25" TCP),
    SEED(1, MACS
         "\x86\xdd" IP6("\x3c", "\x35") "\x2b\0\1\4\0\0\0\0\x2c\0\4\0\0\0\0\0\6\0\0\0\0\0\0\1" TCP),
    SEED(0, "\2\0\0\0" TCP4),
    SEED(9, "\xff\3\0\x21" TCP4),
    SEED(50, "\x0f\0\x08\0" TCP4),
    SEED(101, TCP4),
    SEED(113, "\0\0\0\1\0\6\0\x11\x22\x33\x44\x55\0\0\x08\0" TCP4),
    SEED(276, "\x08\0\0\0\0\0\0\1\0\1\0\6\0\x11\x22\x33\x44\x55\0\0" TCP4),
};

enum { OWN_SEEDS = sizeof seeds / sizeof *seeds, NO_SEED = 256 };

static const int links[] = {1,   1,   1,   1,   0,   6,   9,   10,  12,  14,  50,  51,  100,
                            101, 104, 105, 105, 107, 108, 109, 113, 117, 119, 122, 127, 127,
                            163, 192, 204, 205, 219, 228, 229, 239, 240, 258, 276, 2,   -1};

typedef struct {
    int cause;
    int bad;
    uint32_t depth;
    uint32_t payload_at;
    weir_segment segment; /* payload NULL */
} answer;

static void demand(int holds)
{
    if (!holds) abort();
}

static int is_zero(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] != 0) return 0;
    }
    return 1;
}

static void check_place(const weir_packet *p, const weir_segment *s)
{
    const uint8_t *end = p->data + p->captured_bytes;
    uint32_t sent = p->wire_bytes > p->captured_bytes ? p->wire_bytes : p->captured_bytes;
    demand(s->payload >= p->data && s->payload <= end);
    demand(s->payload_bytes <= (size_t)(end - s->payload));
    demand(s->payload_bytes <= s->wire_bytes);
    demand(s->wire_bytes <= sent - (size_t)(s->payload - p->data));
    demand(s->wire_bytes <= WEIR_SEGMENT_MAX_BYTES);
    demand(s->payload_bytes == s->wire_bytes || s->payload + s->payload_bytes == end);
}

static void check_fields(const weir_packet *p, const weir_segment *s, uint32_t depth)
{
    demand(s->time_ns == p->time_ns && s->tag == p->tag);
    demand(depth <= WEIR_TUNNELS_DEEPEST && (depth != 0 || s->tunnel == 0));
    demand(s->family == 4 || s->family == 6);
    demand(s->family == 6 || (is_zero(s->source + 4, 12) && is_zero(s->destination + 4, 12)));
    demand(s->family == 4 || s->ip_id == 0);
    demand(s->ip_id <= 0xffff && (s->vlan & 0xf000f000) == 0);
    demand((s->options & ~OPTIONS_ALL) == 0 && s->window_scale <= SCALE_MAX);
    demand((s->options & WEIR_OPTION_SCALE) != 0 || s->window_scale == 0);
    demand((s->options & WEIR_OPTION_MSS) != 0 || s->mss == 0);
    demand((s->options & WEIR_OPTION_TIMESTAMP) != 0 || (s->ts_value == 0 && s->ts_echo == 0));
    demand(s->reserved[0] == 0 && s->reserved[1] == 0 && s->reserved[2] == 0);
}

static void check_answer(int link, weir_checksum mode, const answer *a)
{
    demand(a->cause >= WEIR_DECODED && a->cause <= WEIR_IGNORED_CHECKSUM);
    demand(a->bad == 0 || (a->bad == 1 && mode != WEIR_CHECKSUM_OFF));
    if (a->bad)
        demand(a->cause == (mode == WEIR_CHECKSUM_ON ? WEIR_IGNORED_CHECKSUM : WEIR_DECODED));
    if (a->cause == WEIR_IGNORED_CHECKSUM) demand(a->bad);
    if (!weir_link_type_supported(link)) demand(a->cause != WEIR_DECODED);
}

/* What there is of the packet lies in it, and belongs to a larger one; it knows where it came from. */
static void check_fragment(const weir_packet *p, const weir_fragment *f, uint32_t depth)
{
    const uint8_t *end = p->data + p->captured_bytes;
    uint32_t sent = p->wire_bytes > p->captured_bytes ? p->wire_bytes : p->captured_bytes;
    demand(f->data >= p->data && f->data <= end && f->bytes <= (size_t)(end - f->data));
    demand(f->missing <= sent - f->bytes - (size_t)(f->data - p->data));
    demand(f->missing == 0 || f->data + f->bytes == end);
    demand(f->time_ns == p->time_ns && f->tag == p->tag && f->depth == depth);
    demand(depth <= WEIR_TUNNELS_DEEPEST && (depth != 0 || f->tunnel == 0));
    demand(f->family == 4 || f->family == 6);
    demand(f->more <= 1 && f->stale <= 1 && (f->more || f->offset != 0));
    demand(f->offset % 8 == 0 && f->offset <= 0xfff8 && (f->vlan & 0xf000f000) == 0);
}

/* The piece as if it were the whole, alone in a heap block. */
static void *join(const weir_decoding *how, const weir_packet *p, weir_decoded *decoded, int *cause,
                  weir_packet *next)
{
    weir_fragment whole = decoded->fragment;
    check_fragment(p, &whole, decoded->depth);
    uint8_t *bytes = malloc(whole.bytes);
    if (whole.bytes != 0) memcpy(bytes, whole.data, whole.bytes);
    *next = *p;
    next->data = whole.data = bytes;
    next->captured_bytes = whole.bytes;
    next->wire_bytes = whole.bytes + whole.missing;
    whole.offset = whole.more = 0;
    *cause = weir_decode_joined(how, &whole, decoded);
    return bytes;
}

static answer judge(int link, const weir_decoding *how, const weir_packet *p, int cause,
                    const weir_decoded *decoded)
{
    answer a = {.cause = cause, .bad = decoded->bad_checksum, .segment = decoded->segment};
    check_answer(link, how->checksum, &a);
    if (a.cause == WEIR_DECODED) {
        a.depth = decoded->depth;
        check_place(p, &a.segment);
        check_fields(p, &a.segment, a.depth);
        a.payload_at = (uint32_t)(a.segment.payload - p->data);
        a.segment.payload = NULL;
    }
    return a;
}

/* Further packets of an aggregate lie in the packet, each behind the one before, and are few. */
static void check_rest(int link, const weir_decoding *how, const weir_packet *p,
                       weir_decoded *decoded)
{
    const uint8_t *end = p->data + p->captured_bytes;
    const uint8_t *from = p->data;
    for (uint32_t count = 0; decoded->rest.data != NULL; count++) {
        const weir_rest rest = decoded->rest;
        demand(count <= WEIR_AGGREGATE_MOST && rest.decoded == count + 1);
        demand(rest.data >= from && rest.data + rest.bytes <= end);
        demand(rest.missing == 0 || rest.data + rest.bytes == end);
        demand(rest.data > from || rest.missing != 0 || count == 0);
        from = rest.data;
        int cause = weir_decode_rest(how, p, &rest, decoded);
        if (cause == WEIR_IGNORED_FRAGMENT) check_fragment(p, &decoded->fragment, decoded->depth);
        judge(link, how, p, cause, decoded);
    }
}

/* What the plain lens reads, all others read alike. */
static void check_plain(int link, const weir_packet *p, int cause, const weir_decoded *decoded)
{
    weir_segment segment;
    memset(&segment, 0x5a, sizeof segment);
    if (link != WEIR_LINK_TYPE_ETHERNET || !weir_plain_read(p, &segment)) return;
    demand(cause == WEIR_DECODED || cause == WEIR_IGNORED_CHECKSUM);
    demand(decoded->depth == 0);
    size_t fields = offsetof(weir_segment, reserved) + sizeof segment.reserved;
    demand(memcmp(&segment, &decoded->segment, fields) == 0);
}

/* Decodes a packet that lies alone in a heap block of its captured size, and what its pieces hold.
 */
static answer decode(int link, const uint8_t *packet, uint32_t captured, uint32_t wire,
                     const weir_decoding *how)
{
    void *blocks[1 + JOINS_MAX];
    uint32_t count = 1;
    blocks[0] = malloc(captured);
    if (captured != 0) memcpy(blocks[0], packet, captured);
    weir_packet p = {
        .data = blocks[0], .time_ns = 7, .captured_bytes = captured, .wire_bytes = wire, .tag = 9};
    weir_decoded decoded;
    memset(&decoded, 0xa5, sizeof decoded);
    int cause = weir_decode_packet(how, link, &p, &decoded);
    weir_decoded first = decoded;
    check_plain(link, &p, cause, &decoded);
    check_rest(link, how, &p, &first);
    while (cause == WEIR_IGNORED_FRAGMENT && count <= JOINS_MAX) {
        weir_packet next;
        blocks[count++] = join(how, &p, &decoded, &cause, &next);
        p = next;
    }
    if (cause == WEIR_IGNORED_FRAGMENT) check_fragment(&p, &decoded.fragment, decoded.depth);
    answer a = judge(link, how, &p, cause, &decoded);
    while (count > 0)
        free(blocks[--count]);
    return a;
}

static void check_same(const answer *a, const answer *b)
{
    demand(a->cause == b->cause && a->depth == b->depth);
    if (a->cause != WEIR_DECODED) return;
    demand(a->payload_at == b->payload_at);
    demand(memcmp(&a->segment, &b->segment, sizeof a->segment) == 0);
}

/* Cut shorter: the same refusal, the same segment with less payload, or truncated_header. */
static void check_cut(const answer *whole, const answer *cut)
{
    if (cut->cause == WEIR_IGNORED_TRUNCATED_HEADER) return;
    demand(cut->cause != WEIR_DECODED ||
           cut->segment.payload_bytes <= whole->segment.payload_bytes);
    answer filled = *cut;
    filled.segment.payload_bytes = whole->segment.payload_bytes;
    check_same(&filled, whole);
}

/* The packet that the rest of the input describes; a seed's link type. */
static uint32_t compose(const uint8_t *data, size_t size, uint32_t number, uint8_t *packet,
                        int *link)
{
    static frame made;
    uint32_t bytes = size < PACKET_MAX ? (uint32_t)size : PACKET_MAX;
    const situation *way = number < OWN_SEEDS ? NULL : situations_at(number - OWN_SEEDS);
    if (number >= OWN_SEEDS && way == NULL) { /* no seed: as it is */
        if (bytes != 0) memcpy(packet, data, bytes);
        return bytes;
    }
    if (way != NULL) situations_compose(way, &made);
    bytes = way != NULL ? made.length : seeds[number].bytes;
    *link = way != NULL ? way->link : seeds[number].link;
    memcpy(packet, way != NULL ? made.bytes : (const uint8_t *)seeds[number].packet, bytes);
    for (size_t i = 0; i + 2 <= size && i < 32; i += 2) {
        packet[data[i] % bytes] = data[i + 1];
    }
    return bytes;
}

static uint32_t wire_length(uint32_t captured, uint32_t how, uint32_t number)
{
    switch (how) {
    case 0:
    case 1:
        return captured;
    case 2:
        return captured + number;
    default:
        return number == 0xffff ? UINT32_MAX : number;
    }
}

/* Without one of the tunnels: `tunnel`, or as if it were there. */
static void check_switch(const answer *all, const answer *without)
{
    if (without->cause == WEIR_IGNORED_TUNNEL) return;
    check_same(all, without);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t packet[PACKET_MAX];
    if (size < CONTROL_BYTES) return 0;
    uint32_t mode = data[1];
    uint32_t number = mode & 1 ? data[0] : NO_SEED;
    const int other = links[data[0] % (sizeof links / sizeof *links)];
    int link = other;
    uint32_t captured = compose(data + CONTROL_BYTES, size - CONTROL_BYTES, number, packet, &link);
    if (mode & 2) link = other;

    uint32_t wire = wire_length(captured, mode >> 2 & 3, data[2] * 256u + data[3]);
    evidence_packet(link, &(weir_packet){.data = packet,
                                         .time_ns = WEIR_SECOND,
                                         .captured_bytes = captured,
                                         .wire_bytes = wire});
    weir_decoding how = {(weir_checksum)((mode >> 4) % 3), WEIR_TUNNELS_ALL};
    answer whole = decode(link, packet, captured, wire, &how);

    if (wire < captured) wire = captured;
    if (how.checksum == WEIR_CHECKSUM_ON) {
        how.checksum = WEIR_CHECKSUM_OFF;
        whole = decode(link, packet, captured, wire, &how);
    }
    how.checksum = WEIR_CHECKSUM_OFF;
    answer cut = decode(link, packet, captured * data[4] / 256, wire, &how);
    check_cut(&whole, &cut);
    how.tunnels &= ~(UINT32_C(1) << data[5] % WEIR_TUNNEL_COUNT);
    answer without = decode(link, packet, captured, wire, &how);
    check_switch(&whole, &without);
    return 0;
}
