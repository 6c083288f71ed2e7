/* SPDX-License-Identifier: MIT */
/*
 * Any bytes to the lenses. The input begins with what is not in a packet: the link type, lengths
 * that may lie, where to cut. The packet is the rest of it, or one of the seeds with a few bytes
 * changed: that way random inputs come deep without a corpus.
 *
 *      | link | mode | wire | wire | cut | packet ..., or (place, value) pairs
 *
 * What decode.h and weir.h promise is demanded of each answer, in every build.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "lenses/decode.h"
#include "lenses/segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CONTROL_BYTES = 5, PACKET_MAX = 70000, OPTIONS_ALL = 0x7f, SCALE_MAX = 14 };

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

static const int links[] = {1,   1,   1,   1,   0,   9,   12,  14,  50, 51,
                            101, 104, 108, 113, 228, 229, 276, 105, 2,  -1};

typedef struct {
    int cause;
    int bad;
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

static void check_fields(const weir_packet *p, const weir_segment *s)
{
    demand(s->time_ns == p->time_ns && s->tag == p->tag && s->tunnel == 0);
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

/* Decodes a packet that lies alone in a heap block of its captured size. */
static answer decode(int link, const uint8_t *packet, uint32_t captured, uint32_t wire,
                     weir_checksum mode)
{
    answer a = {.bad = -1};
    uint8_t *bytes = malloc(captured);
    if (captured != 0) memcpy(bytes, packet, captured);
    weir_packet p = {
        .data = bytes, .time_ns = 7, .captured_bytes = captured, .wire_bytes = wire, .tag = 9};
    const weir_decoding how = {.checksum = mode};
    weir_decoded decoded;
    memset(&decoded, 0xa5, sizeof decoded);
    a.cause = weir_decode_packet(&how, link, &p, &decoded);
    a.segment = decoded.segment;
    a.bad = decoded.bad_checksum;
    check_answer(link, mode, &a);
    if (a.cause == WEIR_DECODED) {
        check_place(&p, &a.segment);
        check_fields(&p, &a.segment);
        a.payload_at = (uint32_t)(a.segment.payload - bytes);
        a.segment.payload = NULL;
    }
    free(bytes);
    return a;
}

/* Cut shorter: the same refusal, the same segment with less payload, or truncated_header. */
static void check_cut(const answer *whole, const answer *cut)
{
    if (cut->cause == WEIR_IGNORED_TRUNCATED_HEADER) return;
    demand(cut->cause == whole->cause);
    if (whole->cause != WEIR_DECODED) return;
    demand(cut->payload_at == whole->payload_at);
    demand(cut->segment.payload_bytes <= whole->segment.payload_bytes);
    weir_segment filled = cut->segment;
    filled.payload_bytes = whole->segment.payload_bytes;
    demand(memcmp(&filled, &whole->segment, sizeof filled) == 0);
}

/* The packet that the rest of the input describes. */
static uint32_t compose(const uint8_t *data, size_t size, const struct seed *seed, uint8_t *packet)
{
    if (seed == NULL) {
        uint32_t bytes = size < PACKET_MAX ? (uint32_t)size : PACKET_MAX;
        if (bytes != 0) memcpy(packet, data, bytes);
        return bytes;
    }
    memcpy(packet, seed->packet, seed->bytes);
    for (size_t i = 0; i + 2 <= size && i < 32; i += 2) {
        packet[data[i] % seed->bytes] = data[i + 1];
    }
    return seed->bytes;
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t packet[PACKET_MAX];
    if (size < CONTROL_BYTES) return 0;
    uint32_t mode = data[1];
    const struct seed *seed = NULL;
    if (mode & 1) seed = &seeds[data[0] % (sizeof seeds / sizeof *seeds)];
    int link = links[data[0] % (sizeof links / sizeof *links)];
    if (seed != NULL && (mode & 2) == 0) link = seed->link;

    uint32_t captured = compose(data + CONTROL_BYTES, size - CONTROL_BYTES, seed, packet);
    uint32_t wire = wire_length(captured, mode >> 2 & 3, data[2] * 256u + data[3]);
    weir_checksum checksum = (weir_checksum)((mode >> 4) % 3);
    evidence_packet(link, &(weir_packet){.data = packet,
                                         .time_ns = WEIR_SECOND,
                                         .captured_bytes = captured,
                                         .wire_bytes = wire});
    answer whole = decode(link, packet, captured, wire, checksum);

    if (wire < captured) wire = captured;
    if (checksum == WEIR_CHECKSUM_ON)
        whole = decode(link, packet, captured, wire, WEIR_CHECKSUM_OFF);
    answer cut = decode(link, packet, captured * data[4] / 256, wire, WEIR_CHECKSUM_OFF);
    check_cut(&whole, &cut);
    return 0;
}
