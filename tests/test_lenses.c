/* SPDX-License-Identifier: MIT */
/*
 * The lenses, by situation. A frame is composed of hexadecimal link headers, an IP header and one
 * TCP segment; what comes out is rendered in one line and compared with a line. Every packet that
 * is handed in lies in a heap block of exactly its captured size, so that AddressSanitizer sees a
 * byte read too far.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lenses/decode.h"
#include "lenses/link.h"
#include "lenses/network.h"
#include "lenses/plain.h"
#include "lenses/segment.h"
#include "support/frame.h"
#include "support/lens.h"
#include "support/situations.h"

enum {
    ETHERNET = 1,
    RAW = 101,
    LINE_MAX_BYTES = LENS_LINE_BYTES,
    TCP = FRAME_TCP,
    UDP = FRAME_UDP
};

static frame work; /* one at a time is enough */

static frame *usual(int family)
{
    frame *f = &work;
    f->length = 0;
    frame_hex(f, family == 4 ? FRAME_MACS "0800" : FRAME_MACS "86dd");
    if (family == 4) frame_ipv4(f, TCP, "");
    if (family == 6) frame_ipv6(f, TCP, "");
    frame_tcp(f, "", "hello", 5);
    return f;
}

/* From "options" on: what the TCP options gave. */
static const char *options_of(const char *tcp_options)
{
    frame *f = &work;
    f->length = 0;
    frame_ipv4(f, TCP, "");
    frame_tcp(f, tcp_options, "", 0);
    const char *line = strstr(lens_decode(RAW, f), "options");
    return line != NULL ? line : "no segment";
}

/* ──── every link type ──── */

#define LABEL      "000100ff "
#define LAST_LABEL "000201ff "

static void each_link_type_leads_to_the_segment(void **state)
{
    (void)state;
    lens_check_situations(situations_links, situations_count(situations_links));
}

static void link_types_we_do_not_know(void **state)
{
    (void)state;
    static const int unknown[] = {-1,  2,   3,   7,   8,   110, 123, 143,    147,
                                  178, 195, 197, 230, 257, 275, 277, 0x10000};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        assert_int_equal(weir_link_type_supported(unknown[i]), 0);
        assert_string_equal(lens_decode(unknown[i], usual(4)), "not_ip");
    }
}

static const struct {
    const char *name;
    int link;
    const char *bytes;
    const char *line;
} strangers[] = {
    {"ARP", ETHERNET, FRAME_MACS "0806 0001 0800 0604 0001", "not_ip"},
    {"ARP, tagged", ETHERNET, FRAME_MACS "8100 0005 0806 0001 0800 0604 0001", "not_ip"},
    {"spanning tree", ETHERNET, FRAME_MACS "0026 424203 0000000000", "not_ip"},
    {"SNAP of another organization", ETHERNET, FRAME_MACS "0026 aaaa03 00000c 2000 4500", "not_ip"},
    {"SNAP of yet another", ETHERNET, FRAME_MACS "0026 aaaa03 080007 0800 4500", "not_ip"},
    {"SNAP of a third", ETHERNET, FRAME_MACS "0026 aaaa03 010000 0800 4500", "not_ip"},
    {"length beyond 1500 is no length", ETHERNET, FRAME_MACS "05dd aaaa03 000000 0800 4500",
     "not_ip"},
    {"802.3 of length 2", ETHERNET, FRAME_MACS "0002 aaaa03 000000 0800 4500", "malformed"},
    {"802.3 of length 7", ETHERNET, FRAME_MACS "0007 aaaa03 000000 0800 4500", "malformed"},
    {"802.3 that clamps the IP header", ETHERNET,
     FRAME_MACS "0012 aaaa03 000000 0800 4500002800004000400600000a0000010a000002", "malformed"},
    {"MACsec, encrypted", ETHERNET, FRAME_MACS "88e5 0c00 00000001 5dc4a1f099e20b7c", "encrypted"},
    {"MACsec, changed", ETHERNET, FRAME_MACS "88e5 0400 00000001 5dc4a1f099e20b7c", "encrypted"},
    {"MACsec of another version", ETHERNET, FRAME_MACS "88e5 8000 00000001 0800", "encrypted"},
    {"MACsec, shorter than its check value", ETHERNET,
     FRAME_MACS "88e5 0000 00000001 0800 45000028", "malformed"},
    {"PPPoE discovery", ETHERNET, FRAME_MACS "8864 1109 0000 0004 01010000", "not_ip"},
    {"PPPoE version 2", ETHERNET, FRAME_MACS "8864 2100 0000 0004 00210000", "not_ip"},
    {"PPPoE of length 0", ETHERNET, FRAME_MACS "8864 1100 0001 0000 0021 4500", "malformed"},
    {"PPPoE of length 1", ETHERNET, FRAME_MACS "8864 1100 0001 0001 0021 4500", "malformed"},
    {"PPP, LCP", 9, "ff03 c021 01010004", "not_ip"},
    {"PPP, other control", 9, "ff13 0021 45000000", "not_ip"},
    {"Cisco HDLC, keepalive", 104, "8f00 8035 00000002", "not_ip"},
    {"NULL, another family", 0, "07000000 45000000", "not_ip"},
    {"NULL, no family in either order", 0, "02000002 45000000", "not_ip"},
    {"RAW, version 5", RAW, "55000028", "not_ip"},
    {"MPLS, associated channel", ETHERNET,
     FRAME_MACS "8847" LAST_LABEL
                "10000007 20400318 00000001 00000002 00000003 00000004 0000000500000006",
     "not_ip"},
    {"MPLS, short control message", ETHERNET, FRAME_MACS "8847" LAST_LABEL "10000007 2040",
     "not_ip"},
    {"MPLS, nothing behind", ETHERNET, FRAME_MACS "8847" LAST_LABEL, "malformed"},
    {"MPLS, no last label", ETHERNET, FRAME_MACS "8847" LABEL LABEL, "malformed"},
    {"MPLS, too many labels", ETHERNET,
     FRAME_MACS "8847" LABEL LABEL LABEL LABEL LABEL LABEL LABEL LABEL LABEL LABEL LABEL LABEL LABEL
         LABEL LABEL LABEL LAST_LABEL "45000028",
     "not_ip"},
    {"too many tags", ETHERNET,
     FRAME_MACS
     "8100 0001 8100 0001 8100 0001 8100 0001 8100 0001 8100 0001 8100 0001 8100 0001 8100 "
     "0001 8100 0001 8100 0001 8100 0001 0800",
     "not_ip"},
};

static void frames_without_a_segment(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        work.length = 0;
        frame_hex(&work, strangers[i].bytes);
        const char *line = lens_decode(strangers[i].link, &work);
        if (strcmp(line, strangers[i].line) != 0) print_error("%s\n", strangers[i].name);
        assert_string_equal(line, strangers[i].line);
    }
}

/* ──── the network ──── */

#define HOP_BY_HOP(next)  next "00 010400000000 "
#define ROUTING(next)     next "00 0400 00000000 "
#define DESTINATION(next) next "01 010c000000000000000000000000 "
#define ATOMIC(next)      next "00 0000 00000011 "
#define AH(next)          next "04 0000 00000001 00000002 000102030405060708090a0b "
#define UNKNOWN(next)     next "00 0000 00000000 "

static const struct {
    const char *name;
    int family;
    uint8_t protocol;
    const char *headers; /* options, or extension headers */
    const char *line;    /* NULL: the segment */
} networks[] = {
    {"IPv4 options", 4, TCP, "01010100 94040000", NULL},
    {"IPv4, the most options", 4, TCP,
     "01010101 01010101 01010101 01010101 01010101 01010101 01010101 01010101 01010101 01010101",
     NULL},
    {"IPv4 behind AH", 4, 51, AH("06"), NULL},
    {"IPv6 hop-by-hop", 6, 0, HOP_BY_HOP("06"), NULL},
    {"IPv6 routing", 6, 43, ROUTING("06"), NULL},
    {"IPv6 destination", 6, 60, DESTINATION("06"), NULL},
    {"IPv6 AH", 6, 51, AH("06"), NULL},
    {"IPv6 mobility", 6, 135, UNKNOWN("06"), NULL},
    {"IPv6 HIP", 6, 139, UNKNOWN("06"), NULL},
    {"IPv6 shim6", 6, 140, UNKNOWN("06"), NULL},
    {"IPv6 atomic fragment", 6, 44, ATOMIC("06"), NULL},
    {"IPv6 atomic fragment, reserved bits set", 6, 44, "06ff 0006 00000011", NULL},
    {"IPv6, all that may be", 6, 0,
     HOP_BY_HOP("3c") DESTINATION("2b") ROUTING("2c") ATOMIC("33") AH("3c") DESTINATION("87")
         UNKNOWN("8b") UNKNOWN("8c") UNKNOWN("06"),
     NULL},
    {"IPv6, more than may be", 6, 0,
     HOP_BY_HOP("3c") DESTINATION("2b") ROUTING("2c") ATOMIC("33") AH("3c") DESTINATION("87")
         UNKNOWN("8b") UNKNOWN("8c") UNKNOWN("3c") DESTINATION("06"),
     "malformed"},
    {"IPv6 fragment, first", 6, 44, "0600 0001 00000011", "fragment"},
    {"IPv6 fragment, last", 6, 44, "0600 05a8 00000011", "fragment"},
    {"IPv6 fragment behind options", 6, 0, HOP_BY_HOP("2c") "0600 05a9 00000011", "fragment"},
    {"IPv6 header beyond the packet", 6, 60, "06ff 010400000000", "malformed"},
    {"IPv6 no next header", 6, 59, "", "not_tcp"},
    {"IPv6 no next header, behind options", 6, 60, DESTINATION("3b"), "not_tcp"},
    {"IPv6 ESP", 6, 50, "", "not_tcp"},
    {"IPv6 ICMP", 6, 58, "", "not_tcp"},
    {"ICMP", 4, 1, "", "not_tcp"},
    {"ESP", 4, 50, "", "not_tcp"},
    {"SCTP", 4, 132, "", "not_tcp"},
    {"hop-by-hop is nothing in IPv4", 4, 0, "", "not_tcp"},
};

static void networks_lead_to_the_segment_or_say_why_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        frame *f = &work;
        f->length = 0;
        int family = networks[i].family;
        int is_ah = family == 4 && networks[i].protocol == 51;
        frame_hex(f, family == 4 ? FRAME_MACS "0800" : FRAME_MACS "86dd");
        if (family == 4) frame_ipv4(f, networks[i].protocol, is_ah ? "" : networks[i].headers);
        if (family == 6) frame_ipv6(f, networks[i].protocol, networks[i].headers);
        if (is_ah) frame_hex(f, networks[i].headers);
        frame_tcp(f, "", "hello", 5);
        int is_segment = networks[i].line == NULL;
        const char *want = is_segment ? lens_line(family, 0, 5, "hello") : networks[i].line;
        const char *line = lens_decode(ETHERNET, f);
        if (strcmp(line, want) != 0) print_error("%s\n", networks[i].name);
        assert_string_equal(line, want);
        if (is_segment) lens_check_cuts(networks[i].name, ETHERNET, f, want);
    }
}

typedef struct {
    int cause;
    weir_network network;
    uint32_t captured;
    uint32_t wire;
} facts;

static facts facts_of(const frame *f)
{
    facts out;
    weir_link link;
    weir_view view = {f->bytes, f->bytes + f->length, 0};
    assert_int_equal(weir_link_read(ETHERNET, &view, &link), WEIR_DECODED);
    out.cause = weir_network_read(&view, link.family, &out.network);
    out.captured = weir_view_captured(&view);
    out.wire = weir_view_wire(&view);
    return out;
}

static void assert_fragment(const frame *f, const char *want)
{
    char line[LINE_MAX_BYTES];
    facts out = facts_of(f);
    assert_int_equal(out.cause, WEIR_IGNORED_FRAGMENT);
    snprintf(line, sizeof line, "%u id %x protocol %u offset %u more %u, %u/%u bytes",
             out.network.family, out.network.id, out.network.protocol, out.network.fragment_offset,
             out.network.more_fragments, out.captured, out.wire);
    assert_string_equal(line, want);
}

static void fragments_come_with_facts(void **state)
{
    (void)state;
    frame *f = usual(4);
    frame_set16(f, f->ip + 6, 0x2000);
    assert_fragment(f, "4 id 4d protocol 6 offset 0 more 1, 25/25 bytes");
    frame_set16(f, f->ip + 6, 0x20b9);
    frame_add(f, "padding", 7);
    assert_fragment(f, "4 id 4d protocol 6 offset 1480 more 1, 25/25 bytes");
    frame_set16(f, f->ip + 6, 0x1fff);
    f->bytes[f->ip + 9] = UDP;
    assert_fragment(f, "4 id 4d protocol 17 offset 65528 more 0, 25/25 bytes");
    frame_set16(f, f->ip + 6, 0x8000);
    f->bytes[f->ip + 9] = TCP;
    assert_int_equal(facts_of(f).cause, WEIR_DECODED); /* a bit that means nothing */

    f->length = 0;
    frame_hex(f, FRAME_MACS "86dd");
    frame_ipv6(f, 60, DESTINATION("2c") "0600 05a9 12345678");
    frame_tcp(f, "", "hello", 5);
    assert_fragment(f, "6 id 12345678 protocol 6 offset 1448 more 1, 25/25 bytes");
}

static void the_version_is_the_one_announced(void **state)
{
    (void)state;
    for (uint32_t version = 0; version < 16; version++) {
        for (int family = 4; family <= 6; family += 2) {
            frame *f = usual(family);
            f->bytes[f->ip] = (uint8_t)(version << 4 | (f->bytes[f->ip] & 15));
            const char *line = lens_decode(ETHERNET, f);
            assert_int_equal(strcmp(line, "malformed") != 0, version == (uint32_t)family);
        }
    }
}

/* ──── lengths that lie ──── */

static void padding_is_not_data(void **state)
{
    (void)state;
    for (int family = 4; family <= 6; family += 2) {
        frame *f = usual(family);
        frame_add(f, "trailing bytes of any length", 28);
        assert_string_equal(lens_decode(ETHERNET, f), lens_line(family, 0, 5, "hello"));
        frame_set16(f, f->ip + (family == 4 ? 2 : 4), family == 4 ? 40 : 20);
        assert_string_equal(lens_decode_as(ETHERNET, f, f->length, f->length, WEIR_CHECKSUM_OFF),
                            lens_line(family, 0, 0, ""));
    }
}

/* MACsec ends with a check value: no payload even where the IP length claims more. */
static void a_check_value_is_not_data(void **state)
{
    (void)state;
    static const char *const ways[] = {FRAME_MACS "88e5 0000 00000001 0800",
                                       FRAME_MACS "88e5 2000 00000001 0200000000010001 0800"};
    for (size_t i = 0; i < 2; i++) {
        work.length = 0;
        frame_hex(&work, ways[i]);
        frame_ipv4(&work, TCP, "");
        frame_tcp(&work, "", "hello", 5);
        frame_add(&work, "0123456789abcdef", 16);
        assert_string_equal(lens_decode(ETHERNET, &work), lens_line(4, 0, 5, "hello"));
        assert_string_equal(
            lens_decode_as(ETHERNET, &work, work.payload + 2, work.length, WEIR_CHECKSUM_OFF),
            lens_line(4, 0, 5, "he"));
        frame_set16(&work, work.ip + 2, 1500);
        assert_string_equal(
            lens_decode_as(ETHERNET, &work, work.length, work.length, WEIR_CHECKSUM_OFF),
            lens_line(4, 0, 5, "hello"));
    }
}

static void ip_length_beyond_the_frame_is_clamped(void **state)
{
    (void)state;
    for (int family = 4; family <= 6; family += 2) {
        frame *f = usual(family);
        frame_set16(f, f->ip + (family == 4 ? 2 : 4), 1500);
        assert_string_equal(lens_decode_as(ETHERNET, f, f->length, f->length, WEIR_CHECKSUM_OFF),
                            lens_line(family, 0, 5, "hello"));
        assert_string_equal(
            lens_decode_as(ETHERNET, f, f->length, f->length + 10, WEIR_CHECKSUM_OFF),
            lens_line(family, 0, 15, "hello"));
    }
}

static void enclosing_lengths_clamp_the_ip_length(void **state)
{
    (void)state;
    static const char *const enclosed[] = {FRAME_MACS "8864 1100 0001 002d 0021",
                                           FRAME_MACS "0033 aaaa03 000000 0800"};
    for (size_t i = 0; i < 2; i++) { /* both two bytes short, the frame padded */
        work.length = 0;
        frame_hex(&work, enclosed[i]);
        frame_ipv4(&work, TCP, "");
        frame_tcp(&work, "", "hello", 5);
        frame_add(&work, "padding", 7);
        assert_string_equal(
            lens_decode_as(ETHERNET, &work, work.length, work.length, WEIR_CHECKSUM_OFF),
            lens_line(4, 0, 3, "hel"));
    }
}

static void ip_length_that_cannot_be(void **state)
{
    (void)state;
    for (uint32_t length = 1; length < 40; length++) {
        frame *f = usual(4);
        frame_set16(f, f->ip + 2, length);
        assert_string_equal(lens_decode(ETHERNET, f), "malformed");
    }
    for (uint32_t length = 1; length < 20; length++) {
        frame *f = usual(6);
        frame_set16(f, f->ip + 4, length);
        assert_string_equal(lens_decode(ETHERNET, f), "malformed");
    }
    for (uint32_t words = 0; words < 5; words++) {
        frame *f = usual(4);
        f->bytes[f->ip] = (uint8_t)(0x40 | words);
        assert_string_equal(lens_decode(ETHERNET, f), "malformed");
    }
    frame *f = usual(4);
    f->bytes[f->ip] = 0x4f; /* 60 bytes of header in 45 */
    assert_string_equal(lens_decode(ETHERNET, f), "malformed");
    f = usual(6);
    frame_set16(f, f->ip + 4, 0); /* no jumbo, but offload: the frame's length */
    assert_string_equal(lens_decode_as(ETHERNET, f, f->length, f->length, WEIR_CHECKSUM_OFF),
                        lens_line(6, 0, 5, "hello"));
}

static void ip_length_0_is_offload_where_nothing_can_be_padding(void **state)
{
    (void)state;
    frame *f = usual(4);
    frame_set16(f, f->ip + 2, 0);
    assert_string_equal(lens_decode(ETHERNET, f), "malformed");
    frame_add(f, "!", 1); /* 46 bytes: the smallest frame */
    assert_string_equal(lens_decode(ETHERNET, f), "malformed");
    frame_add(f, "!", 1);
    assert_string_equal(lens_decode_as(ETHERNET, f, f->length, f->length, WEIR_CHECKSUM_OFF),
                        lens_line(4, 0, 7, "hello!!"));
    assert_string_equal(lens_decode_as(ETHERNET, f, f->length, 70000, WEIR_CHECKSUM_OFF),
                        lens_line(4, 0, 70000 - f->payload, "hello!!"));
}

static void data_offset_that_cannot_be(void **state)
{
    (void)state;
    for (uint8_t words = 0; words < 16; words++) {
        frame *f = usual(4);
        f->bytes[f->tcp + 12] = (uint8_t)(words << 4);
        const char *line = lens_decode_as(ETHERNET, f, f->length, f->length, WEIR_CHECKSUM_OFF);
        int is_possible = words == 5 || words == 6; /* 5 bytes of payload can be 4 of options */
        assert_int_equal(strcmp(line, "malformed") != 0, is_possible);
    }
}

static void more_captured_than_sent_is_believed(void **state)
{
    (void)state;
    frame *f = usual(4);
    for (uint32_t wire = 0; wire <= f->length; wire++) {
        assert_string_equal(lens_decode_as(ETHERNET, f, f->length, wire, WEIR_CHECKSUM_COUNT),
                            lens_line(4, 0, 5, "hello"));
    }
    frame_add(f, "!!", 2);
    frame_set16(f, f->ip + 2, 0);
    assert_string_equal(lens_decode_as(ETHERNET, f, f->length, 1, WEIR_CHECKSUM_OFF),
                        lens_line(4, 0, 7, "hello!!"));
    frame_set16(f, f->ip + 2, 1500);
    assert_string_equal(lens_decode_as(ETHERNET, f, f->length, 1, WEIR_CHECKSUM_OFF),
                        lens_line(4, 0, 7, "hello!!"));
}

static void packets_of_no_bytes(void **state)
{
    (void)state;
    const weir_decoding how = {.checksum = WEIR_CHECKSUM_ON, .tunnels = WEIR_TUNNELS_ALL};
    weir_decoded decoded = {.bad_checksum = -1};
    weir_packet packet = {.data = NULL, .captured_bytes = 0, .wire_bytes = 0};
    for (size_t i = 0; situations_at(i) != NULL; i++) {
        int link = situations_at(i)->link;
        packet.wire_bytes = 0;
        assert_int_equal(weir_decode_packet(&how, link, &packet, &decoded), WEIR_IGNORED_MALFORMED);
        packet.wire_bytes = 1;
        assert_int_equal(weir_decode_packet(&how, link, &packet, &decoded),
                         WEIR_IGNORED_TRUNCATED_HEADER);
        assert_int_equal(decoded.bad_checksum, 0);
    }
}

static void a_length_that_no_window_admits(void **state)
{
    (void)state;
    frame *f = usual(4);
    frame_add(f, "!!", 2);
    frame_set16(f, f->ip + 2, 0);
    uint32_t most = f->payload + WEIR_SEGMENT_MAX_BYTES;
    assert_string_equal(lens_decode_as(ETHERNET, f, f->length, most, WEIR_CHECKSUM_OFF),
                        lens_line(4, 0, WEIR_SEGMENT_MAX_BYTES, "hello!!"));
    assert_string_equal(lens_decode_as(ETHERNET, f, f->length, most + 1, WEIR_CHECKSUM_OFF),
                        "malformed");
    assert_string_equal(lens_decode_as(ETHERNET, f, f->length, UINT32_MAX, WEIR_CHECKSUM_OFF),
                        "malformed");
    frame_seal(f);
    assert_string_equal(lens_decode_as(ETHERNET, f, f->length, UINT32_MAX, WEIR_CHECKSUM_ON),
                        lens_line(4, 0, 7, "hello!!"));
}

/* ──── large packets (offload) ──── */

static uint8_t large[262144];

/* A segment of 256 KB, sealed, and its IP length 0. */
static frame *compose_large(int family, uint8_t next, const char *extensions)
{
    frame *f = &work;
    for (size_t i = 0; i < sizeof large; i++) {
        large[i] = (uint8_t)(i * 7 + i / 251);
    }
    f->length = 0;
    frame_hex(f, family == 4 ? FRAME_MACS "0800" : FRAME_MACS "86dd");
    if (family == 4) frame_ipv4(f, TCP, "");
    if (family == 6) frame_ipv6(f, next, extensions);
    frame_tcp(f, "", large, sizeof large);
    frame_set16(f, f->ip + (family == 4 ? 2 : 4), 0);
    return f;
}

static void assert_payload_counts(const char *line, const char *want)
{
    const char *tail = strstr(line, "options");
    assert_non_null(tail);
    assert_memory_equal(tail, want, strlen(want));
}

#define LARGE_LINE "options 00 mss 0 scale 0 ts 0 0 | 262144/262144 "

static void large_packets_without_a_length(void **state)
{
    (void)state;
    assert_payload_counts(lens_decode(ETHERNET, compose_large(4, TCP, "")), LARGE_LINE);
    assert_payload_counts(lens_decode(ETHERNET, compose_large(6, TCP, "")), LARGE_LINE);
    frame *f = compose_large(4, TCP, "");
    f->bytes[f->length - 1] ^= 1;
    assert_payload_counts(lens_decode(ETHERNET, f), "options 00 mss 0 scale 0 ts 0 0 bad checksum");
    assert_payload_counts(lens_decode_as(ETHERNET, f, 100, f->length, WEIR_CHECKSUM_ON),
                          "options 00 mss 0 scale 0 ts 0 0 | 46/262144 ");
}

/* 262144 + 20 + 8 = 0x4001c bytes. */
static void large_packets_with_the_jumbo_option(void **state)
{
    (void)state;
    static const char *const headers[] = {"0600 c204 0004001c",
                                          "0601 01020000 00000000 c204 00040024"};
    for (size_t i = 0; i < 2; i++) {
        frame *f = compose_large(6, 0, headers[i]);
        assert_payload_counts(lens_decode(ETHERNET, f), LARGE_LINE);
        frame_add(f, "no data", 7);
        assert_payload_counts(lens_decode(ETHERNET, f), LARGE_LINE);
    }
    frame *f = compose_large(6, 0, "0600 c204 00000010");
    assert_string_equal(lens_decode(ETHERNET, f), "malformed"); /* the TCP header is beyond it */
    f = compose_large(6, 0, "0600 c204 ffffffff");
    assert_payload_counts(lens_decode(ETHERNET, f), LARGE_LINE);
    f = compose_large(6, 0, "0602 000000000000 0000000000000000 c204 00000010 0000");
    assert_payload_counts(lens_decode(ETHERNET, f),
                          LARGE_LINE); /* too far behind to be looked at */
}

static void a_jumbo_option_cut_at_every_byte(void **state)
{
    (void)state;
    static const char *const headers[] = {"0600 c204 00000021",
                                          "0601 01020000 00000000 c204 00000029"};
    for (size_t i = 0; i < 2; i++) {
        work.length = 0;
        frame_hex(&work, FRAME_MACS "86dd");
        frame_ipv6(&work, 0, headers[i]);
        frame_tcp(&work, "", "hello", 5);
        frame_set16(&work, work.ip + 4, 0);
        lens_check_cuts("jumbo option", ETHERNET, &work, lens_line(6, 0, 5, "hello"));
    }
}

/* ──── options ──── */

static void options_of_a_syn(void **state)
{
    (void)state;
    assert_string_equal(options_of("020405b4 0402 080a 00000064 00000000 01 030307"),
                        "options 0f mss 1460 scale 7 ts 100 0 | 0/0 ");
    assert_string_equal(options_of("020405b4 01 030308 01 01 0402"),
                        "options 0d mss 1460 scale 8 ts 0 0 | 0/0 ");
}

static void options_of_established_connections(void **state)
{
    (void)state;
    assert_string_equal(options_of("0101 080a 00000064 000000c8"),
                        "options 02 mss 0 scale 0 ts 100 200 | 0/0 ");
    assert_string_equal(options_of("080a 00000064 000000c8 0101"),
                        "options 02 mss 0 scale 0 ts 100 200 | 0/0 ");
    assert_string_equal(options_of("0101 080a 00000064 000000c8 0101 050a 00000001 00000002"),
                        "options 12 mss 0 scale 0 ts 100 200 | 0/0 ");
    assert_string_equal(options_of("0101 1312 000102030405060708090a0b0c0d0e0f"),
                        "options 20 mss 0 scale 0 ts 0 0 | 0/0 ");
    assert_string_equal(options_of("1d10 0001 000102030405060708090a0b"),
                        "options 20 mss 0 scale 0 ts 0 0 | 0/0 ");
}

static void options_at_their_limits(void **state)
{
    (void)state;
    assert_string_equal(options_of("03030e 00"), "options 01 mss 0 scale 14 ts 0 0 | 0/0 ");
    assert_string_equal(options_of("03030f 00"), "options 01 mss 0 scale 14 ts 0 0 | 0/0 ");
    assert_string_equal(options_of("0303ff 00"), "options 01 mss 0 scale 14 ts 0 0 | 0/0 ");
    assert_string_equal(options_of("00 030307"), "options 00 mss 0 scale 0 ts 0 0 | 0/0 ");
    assert_string_equal(
        options_of("fd06 00000000 0402"),
        "options 08 mss 0 scale 0 ts 0 0 | 0/0 "); /* unknown ones are passed over */
    assert_string_equal(
        options_of("01010101 01010101 01010101 01010101 01010101 01010101 01010101 01010101 "
                   "01010101 01010101"),
        "options 00 mss 0 scale 0 ts 0 0 | 0/0 ");
    assert_string_equal(
        options_of("01010101 01010101 01010101 01010101 01010101 01010101 01010101 01010101 "
                   "01010101 020405b4"),
        "options 04 mss 1460 scale 0 ts 0 0 | 0/0 ");
}

static void options_that_contradict_themselves(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "fd000000", /* length 0 would loop */
        "fd010000", /* 1: into itself */
        "fd050000", /* beyond the header */
        "010101fd", /* its length is beyond the header */
        "0101080a", /* as usual, but only its beginning */
        "020305b4", /* lengths that are not those of the kind */
        "03040700", "04030000", "08060000 00010000",
        "05020000", "05030000", "050b0000 00010000 00020000",
        "13040000", "1d030000",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char hex[128];
        assert_string_equal(options_of(bad[i]), "options 40 mss 0 scale 0 ts 0 0 | 0/0 ");
        snprintf(hex, sizeof hex, "020405b4 %s", bad[i]);
        assert_string_equal(options_of(hex), "options 44 mss 1460 scale 0 ts 0 0 | 0/0 ");
    }
}

static void options_cut_at_every_byte(void **state)
{
    (void)state;
    static const char *const sets[] = {"0101 080a 00000064 000000c8",
                                       "020405b4 0402 080a 00000064 00000000 01 030307",
                                       "fd000000"};
    for (size_t i = 0; i < 3; i++) {
        char whole[LINE_MAX_BYTES];
        work.length = 0;
        frame_hex(&work, FRAME_MACS "0800");
        frame_ipv4(&work, TCP, "01010101");
        frame_tcp(&work, sets[i], "payload", 7);
        snprintf(whole, sizeof whole, "%s", lens_decode(ETHERNET, &work));
        lens_check_cuts(sets[i], ETHERNET, &work, whole);
    }
}

/* ──── checksums ──── */

static void checksums_are_computed_when_asked(void **state)
{
    (void)state;
    for (int family = 4; family <= 6; family += 2) {
        frame *f = usual(family);
        uint32_t all = f->length;
        f->bytes[all - 1] ^= 0x20;
        assert_string_equal(lens_decode_as(ETHERNET, f, all, all, WEIR_CHECKSUM_OFF),
                            lens_line(family, 0, 5, "hellO"));
        assert_non_null(
            strstr(lens_decode_as(ETHERNET, f, all, all, WEIR_CHECKSUM_COUNT), " bad "));
        assert_string_equal(lens_decode_as(ETHERNET, f, all, all, WEIR_CHECKSUM_ON), "checksum");
        assert_string_equal(lens_decode_as(ETHERNET, f, all - 1, all, WEIR_CHECKSUM_ON),
                            lens_line(family, 0, 5, "hell"));
        f->bytes[all - 1] ^= 0x20;
        assert_string_equal(lens_decode_as(ETHERNET, f, all, all, WEIR_CHECKSUM_ON),
                            lens_line(family, 0, 5, "hello"));
        f->bytes[f->ip + (family == 4 ? 15 : 23)] ^= 1; /* an address counts */
        assert_string_equal(lens_decode_as(ETHERNET, f, all, all, WEIR_CHECKSUM_ON), "checksum");
    }
}

static uint32_t seed = 20240229;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static void checksums_of_any_length_and_any_bytes(void **state)
{
    (void)state;
    print_message("seed %u\n", seed);
    for (int round = 0; round < 4000; round++) {
        uint8_t bytes[200];
        uint32_t count = draw(sizeof bytes + 1);
        for (uint32_t i = 0; i < count; i++)
            bytes[i] = (uint8_t)(draw(3) ? draw(256) : 0xff);
        frame *f = &work;
        f->length = 0;
        if (round % 2) frame_ipv4(f, TCP, "");
        if (!(round % 2)) frame_ipv6(f, TCP, "");
        frame_tcp(f, draw(2) ? "0101 080a 00000064 000000c8" : "", bytes, count);
        assert_null(strstr(lens_decode(RAW, f), " bad checksum"));
        f->bytes[f->tcp + draw(f->length - f->tcp)] ^= (uint8_t)(1u << draw(8));
        const char *line = lens_decode(RAW, f); /* the data offset may be what changed */
        assert_true(strstr(line, " bad checksum") != NULL || strcmp(line, "malformed") == 0);
    }
}

/* With segments left, the header of IPv6 does not have the destination that was summed. */
static void checksums_under_way_along_a_route(void **state)
{
    (void)state;
    static const struct {
        uint8_t protocol;
        const char *header;
        int is_judged;
    } routes[] = {
        {43, "0600 0401 00000000", 0}, {43, ROUTING("06"), 1}, {60, DESTINATION("06"), 1}};
    for (size_t i = 0; i < 3; i++) {
        frame *f = &work;
        f->length = 0;
        frame_ipv6(f, routes[i].protocol, routes[i].header);
        frame_tcp(f, "", "hello", 5);
        f->bytes[f->tcp + 16] ^= 1;
        assert_string_equal(lens_decode_as(RAW, f, f->length, f->length, WEIR_CHECKSUM_ON),
                            routes[i].is_judged ? "checksum" : lens_line(6, 0, 5, "hello"));
    }
}

/* ──── invariants ──── */

static void all_other_bytes_are_zero(void **state)
{
    (void)state;
    for (int family = 4; family <= 6; family += 2) {
        frame *f = usual(family);
        weir_packet packet = {
            .data = f->bytes, .time_ns = 7, .captured_bytes = f->length, .tag = 9};
        const weir_decoding how = {.checksum = WEIR_CHECKSUM_OFF, .tunnels = WEIR_TUNNELS_ALL};
        weir_decoded decoded;
        weir_segment want;
        memset(&decoded, 0xa5, sizeof decoded);
        memset(&want, 0, sizeof want);
        assert_int_equal(weir_decode_packet(&how, ETHERNET, &packet, &decoded), WEIR_DECODED);
        want.payload = f->bytes + f->payload;
        want.time_ns = 7;
        want.payload_bytes = want.wire_bytes = 5;
        want.seq = 1;
        want.ack = 2;
        want.flags = WEIR_TCP_PSH | WEIR_TCP_ACK;
        want.family = (uint8_t)family;
        want.window = 512;
        want.urgent = 3;
        want.source_port = 4660;
        want.destination_port = 80;
        memcpy(want.source, f->bytes + f->ip + (family == 4 ? 12 : 8), family == 4 ? 4 : 16);
        memcpy(want.destination, f->bytes + f->ip + (family == 4 ? 16 : 24), family == 4 ? 4 : 16);
        want.ip_id = family == 4 ? 77 : 0;
        want.tag = 9;
        assert_memory_equal(&decoded.segment, &want, sizeof want);
    }
}

/* fuzz_decode compares what it reads with what the others do. */
static void plain_packets_are_read_at_a_glance(void **state)
{
    (void)state;
    for (int family = 4; family <= 6; family += 2) {
        weir_segment segment;
        const frame *f = usual(family);
        weir_packet p = {
            .data = f->bytes, .captured_bytes = f->length, .wire_bytes = f->length, .tag = 3};
        assert_int_equal(weir_plain_read(&p, &segment), 1);
        assert_int_equal(segment.family, family);
        assert_memory_equal(segment.payload, "hello", 5);
        assert_int_equal(segment.payload_bytes, 5);
        assert_int_equal(segment.tag, 3);
        for (p.captured_bytes = 0; p.captured_bytes < f->length; p.captured_bytes++)
            assert_int_equal(weir_plain_read(&p, &segment), 0);
    }
}

static void mutated_packets_keep_the_invariants(void **state)
{
    (void)state;
    lens_check_mutated(situations_links, situations_count(situations_links), 200000, seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_link_type_leads_to_the_segment),
        cmocka_unit_test(plain_packets_are_read_at_a_glance),
        cmocka_unit_test(link_types_we_do_not_know),
        cmocka_unit_test(frames_without_a_segment),
        cmocka_unit_test(networks_lead_to_the_segment_or_say_why_not),
        cmocka_unit_test(fragments_come_with_facts),
        cmocka_unit_test(the_version_is_the_one_announced),
        cmocka_unit_test(padding_is_not_data),
        cmocka_unit_test(a_check_value_is_not_data),
        cmocka_unit_test(ip_length_beyond_the_frame_is_clamped),
        cmocka_unit_test(enclosing_lengths_clamp_the_ip_length),
        cmocka_unit_test(ip_length_that_cannot_be),
        cmocka_unit_test(ip_length_0_is_offload_where_nothing_can_be_padding),
        cmocka_unit_test(data_offset_that_cannot_be),
        cmocka_unit_test(more_captured_than_sent_is_believed),
        cmocka_unit_test(packets_of_no_bytes),
        cmocka_unit_test(a_length_that_no_window_admits),
        cmocka_unit_test(large_packets_without_a_length),
        cmocka_unit_test(large_packets_with_the_jumbo_option),
        cmocka_unit_test(a_jumbo_option_cut_at_every_byte),
        cmocka_unit_test(options_of_a_syn),
        cmocka_unit_test(options_of_established_connections),
        cmocka_unit_test(options_at_their_limits),
        cmocka_unit_test(options_that_contradict_themselves),
        cmocka_unit_test(options_cut_at_every_byte),
        cmocka_unit_test(checksums_are_computed_when_asked),
        cmocka_unit_test(checksums_of_any_length_and_any_bytes),
        cmocka_unit_test(checksums_under_way_along_a_route),
        cmocka_unit_test(all_other_bytes_are_zero),
        cmocka_unit_test(mutated_packets_keep_the_invariants),
    };
    return cmocka_run_group_tests_name("lenses", tests, NULL, NULL);
}
