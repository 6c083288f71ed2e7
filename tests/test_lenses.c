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
#include "lenses/segment.h"

enum { ETHERNET = 1, RAW = 101, FRAME_MAX = 300000, LINE_MAX_BYTES = 512, TCP = 6, UDP = 17 };

/* ──── composing ──── */

typedef struct {
    uint8_t bytes[FRAME_MAX];
    uint32_t length;
    uint32_t ip;      /* where the IP header is */
    uint32_t tcp;     /* where the TCP header is */
    uint32_t payload; /* where its payload is: all before are headers */
} frame;

static frame work; /* one at a time is enough */

static void add(frame *f, const void *bytes, uint32_t count)
{
    assert_true(f->length + count <= FRAME_MAX);
    memcpy(f->bytes + f->length, bytes, count);
    f->length += count;
}

/* Hexadecimal digits, blanks between bytes as one likes. */
static void add_hex(frame *f, const char *text)
{
    while (*text != '\0') {
        if (*text == ' ') {
            text++;
            continue;
        }
        char digits[3] = {text[0], text[1], '\0'};
        uint8_t byte = (uint8_t)strtoul(digits, NULL, 16);
        add(f, &byte, 1);
        text += 2;
    }
}

static void set16(frame *f, uint32_t at, uint32_t value)
{
    f->bytes[at] = (uint8_t)(value >> 8);
    f->bytes[at + 1] = (uint8_t)value;
}

/* IPv4 10.0.0.1 > 10.0.0.2, id 77, with these options. */
static void add_ipv4(frame *f, uint8_t protocol, const char *options)
{
    f->ip = f->length;
    add_hex(f, "45 00 0000 004d 4000 40 00 0000 0a000001 0a000002");
    f->bytes[f->ip + 9] = protocol;
    add_hex(f, options);
    f->bytes[f->ip] = (uint8_t)(0x40 | (f->length - f->ip) / 4);
}

/* IPv6 fd00::1 > fd00::2, with these extension headers, the first of them of kind `next`. */
static void add_ipv6(frame *f, uint8_t next, const char *extensions)
{
    f->ip = f->length;
    add_hex(f, "60000000 0000 00 40 fd000000000000000000000000000001");
    add_hex(f, "fd000000000000000000000000000002");
    f->bytes[f->ip + 6] = next;
    add_hex(f, extensions);
}

/* The IP length, as what follows the header wants it. */
static void set_ip_length(frame *f)
{
    if (f->bytes[f->ip] >> 4 == 4) {
        set16(f, f->ip + 2, f->length - f->ip);
    } else {
        set16(f, f->ip + 4, f->length - f->ip - 40);
    }
}

/* The checksum as RFC 9293 tells it, byte by byte: the slow model. */
static uint32_t checksum(const frame *f)
{
    uint32_t is4 = f->bytes[f->ip] >> 4 == 4;
    uint32_t from = f->ip + (is4 ? 12 : 8);
    uint32_t to = from + (is4 ? 8 : 32);
    uint64_t sum = TCP + (f->length - f->tcp);
    for (uint32_t i = from; i < to; i++)
        sum += (i - from) % 2 ? f->bytes[i] : f->bytes[i] * 256u;
    for (uint32_t i = f->tcp; i < f->length; i++) {
        sum += (i - f->tcp) % 2 ? f->bytes[i] : f->bytes[i] * 256u;
    }
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint32_t)sum;
}

static void seal(frame *f)
{
    set_ip_length(f);
    set16(f, f->tcp + 16, 0);
    set16(f, f->tcp + 16, ~checksum(f));
}

/* 4660 > 80, seq 1, ack 2, PSH ACK, window 512, urgent 3. */
static void add_tcp(frame *f, const char *options, const void *payload, uint32_t bytes)
{
    f->tcp = f->length;
    add_hex(f, "1234 0050 00000001 00000002 50 18 0200 0000 0003");
    add_hex(f, options);
    f->bytes[f->tcp + 12] = (uint8_t)((f->length - f->tcp) / 4 << 4);
    f->payload = f->length;
    add(f, payload, bytes);
    seal(f);
}

/* Ethernet, without its type. */
#define MACS "020000000002 020000000001 "

static frame *usual(int family)
{
    frame *f = &work;
    f->length = 0;
    add_hex(f, family == 4 ? MACS "0800" : MACS "86dd");
    if (family == 4) add_ipv4(f, TCP, "");
    if (family == 6) add_ipv6(f, TCP, "");
    add_tcp(f, "", "hello", 5);
    return f;
}

/* ──── rendering ──── */

static const char *cause_name(int cause)
{
    static const char *const names[] = {
#define X(NAME, text) text,
        WEIR_IGNORED(X)
#undef X
    };
    assert_in_range(cause, 0, WEIR_IGNORED_COUNT - 1);
    return names[cause];
}

static void print_address(char *out, size_t size, const weir_segment *s, const uint8_t *address)
{
    size_t bytes = s->family == 4 ? 4 : 16;
    for (size_t i = bytes; i < 16; i++)
        assert_int_equal(address[i], 0);
    for (size_t i = 0; i < bytes; i++)
        snprintf(out + 2 * i, size - 2 * i, "%02x", address[i]);
}

/* Every field that a packet can set. Options: their bits in hexadecimal, then the values set. */
static void print_segment(char *line, const weir_segment *s, int bad)
{
    char from[33], to[33], values[64];
    print_address(from, sizeof from, s, s->source);
    print_address(to, sizeof to, s, s->destination);
    snprintf(values, sizeof values, "%02x mss %u scale %u ts %u %u", s->options, s->mss,
             s->window_scale, s->ts_value, s->ts_echo);
    snprintf(line, LINE_MAX_BYTES,
             "%u %s:%u>%s:%u seq %u ack %u flags %02x window %u urgent %u id %u vlan %x tunnel %u "
             "time %llu tag %u options %s%s | %u/%u %.*s",
             s->family, from, s->source_port, to, s->destination_port, s->seq, s->ack, s->flags,
             s->window, s->urgent, s->ip_id, s->vlan, s->tunnel, (unsigned long long)s->time_ns,
             s->tag, values, bad ? " bad checksum" : "", s->payload_bytes, s->wire_bytes,
             (int)(s->payload_bytes < 40 ? s->payload_bytes : 40), (const char *)s->payload);
}

/* Decodes the first `captured` bytes of a packet of `wire` bytes. The line lives until the next. */
static const char *decode_as(int link, const frame *f, uint32_t captured, uint32_t wire,
                             weir_checksum mode)
{
    static char line[LINE_MAX_BYTES];
    uint8_t *bytes = malloc(captured);
    if (captured != 0) memcpy(bytes, f->bytes, captured);
    weir_packet packet = {
        .data = bytes, .time_ns = 7, .captured_bytes = captured, .wire_bytes = wire, .tag = 9};
    const weir_decoding how = {.checksum = mode};
    weir_decoded decoded;
    memset(&decoded, 0xa5, sizeof decoded);
    int cause = weir_decode_packet(&how, link, &packet, &decoded);
    int bad = decoded.bad_checksum;
    assert_true(bad == 0 || (bad == 1 && mode != WEIR_CHECKSUM_OFF));
    if (cause == WEIR_DECODED) {
        print_segment(line, &decoded.segment, bad);
    } else {
        snprintf(line, sizeof line, "%s", cause_name(cause));
    }
    free(bytes);
    return line;
}

static const char *decode(int link, const frame *f)
{
    return decode_as(link, f, f->length, f->length, WEIR_CHECKSUM_COUNT);
}

/* The line of add_ipv4 or add_ipv6 with add_tcp: without TCP options, payload as given. */
static const char *line_of(int family, uint32_t vlan, uint32_t wire, const char *payload)
{
    static char line[LINE_MAX_BYTES];
    snprintf(line, sizeof line,
             "%d %s:4660>%s:80 seq 1 ack 2 flags 18 window 512 urgent 3 id %d vlan %x tunnel 0 "
             "time 7 tag 9 options 00 mss 0 scale 0 ts 0 0 | %zu/%u %s",
             family, family == 4 ? "0a000001" : "fd000000000000000000000000000001",
             family == 4 ? "0a000002" : "fd000000000000000000000000000002", family == 4 ? 77 : 0,
             vlan, strlen(payload), wire, payload);
    return line;
}

/* From "options" on: what the TCP options gave. */
static const char *options_of(const char *tcp_options)
{
    frame *f = &work;
    f->length = 0;
    add_ipv4(f, TCP, "");
    add_tcp(f, tcp_options, "", 0);
    const char *line = strstr(decode(RAW, f), "options");
    return line != NULL ? line : "no segment";
}

/* ──── every link type ──── */

#define LABEL      "000100ff "
#define LAST_LABEL "000201ff "
#define CONTROL    "00000000 "
#define SLL        "0000 0001 0006 0011223344550000 "
#define SLL2(type) type " 0000 00000001 0001 00 06 0011223344550000 "

/* Link headers before an IP packet with 5 bytes of TCP payload: 45 bytes (IPv4) or 65 (IPv6). */
static const struct situation {
    const char *name;
    int link;
    const char *headers;
    int family;
    uint32_t vlan;
} situations[] = {
    {"ethernet, IPv4", ETHERNET, MACS "0800", 4, 0},
    {"ethernet, IPv6", ETHERNET, MACS "86dd", 6, 0},
    {"802.1Q", ETHERNET, MACS "8100 0005 0800", 4, 5},
    {"802.1Q, priority bits are not the id", ETHERNET, MACS "8100 f005 86dd", 6, 5},
    {"802.1Q, a priority tag is as none", ETHERNET, MACS "8100 e000 0800", 4, 0},
    {"QinQ", ETHERNET, MACS "88a8 0064 8100 0005 0800", 4, 0x640005},
    {"QinQ, old number", ETHERNET, MACS "9100 0064 8100 0005 86dd", 6, 0x640005},
    {"QinQ, 802.1Q twice", ETHERNET, MACS "8100 0fff 8100 0ffe 0800", 4, 0xfff0ffe},
    {"QinQ, priority tag outside", ETHERNET, MACS "8100 e000 8100 0005 0800", 4, 5},
    {"QinQ, priority tag inside", ETHERNET, MACS "88a8 0064 8100 0000 0800", 4, 0x640000},
    {"three tags: the innermost two", ETHERNET, MACS "8100 0001 8100 0002 8100 0003 0800", 4,
     0x20003},
    {"802.3, SNAP", ETHERNET, MACS "0035 aaaa03 000000 0800", 4, 0},
    {"802.3, SNAP of 802.1H", ETHERNET, MACS "0049 aaaa03 0000f8 86dd", 6, 0},
    {"802.3, SNAP, tagged", ETHERNET, MACS "8100 0005 0035 aaaa03 000000 0800", 4, 5},
    {"802.3, SNAP, tag inside", ETHERNET, MACS "0039 aaaa03 000000 8100 0005 0800", 4, 5},
    {"MPLS", ETHERNET, MACS "8847" LAST_LABEL, 4, 0},
    {"MPLS, three labels", ETHERNET, MACS "8847" LABEL LABEL LAST_LABEL, 6, 0},
    {"MPLS, upstream labels, tagged", ETHERNET, MACS "8100 0005 8848" LABEL LAST_LABEL, 4, 5},
    {"pseudowire, control word", ETHERNET, MACS "8847" LABEL LAST_LABEL CONTROL MACS "0800", 4, 0},
    {"pseudowire, no control word, address begins with 0", ETHERNET,
     MACS "8847" LAST_LABEL MACS "86dd", 6, 0},
    {"pseudowire, no control word", ETHERNET,
     MACS "8847" LAST_LABEL "8a0000000001 8a0000000002 0800", 4, 0},
    {"pseudowire, SNAP", ETHERNET, MACS "8847" LAST_LABEL CONTROL MACS "0035 aaaa03 000000 0800", 4,
     0},
    {"pseudowire, tagged twice", ETHERNET,
     MACS "8100 0007 8847" LAST_LABEL CONTROL MACS "8100 0005 0800", 4, 0x70005},
    {"PPPoE", ETHERNET, MACS "8864 1100 0001 002f 0021", 4, 0},
    {"PPPoE, short protocol", ETHERNET, MACS "8864 1100 0001 002e 21", 4, 0},
    {"PPPoE in QinQ", ETHERNET, MACS "88a8 0064 8100 0005 8864 1100 0001 0043 0057", 6, 0x640005},
    {"PPPoE, MPLS", ETHERNET, MACS "8864 1100 0001 0033 0281" LAST_LABEL, 4, 0},
    {"PPP", 9, "ff03 0021", 4, 0},
    {"PPP, IPv6", 9, "ff03 0057", 6, 0},
    {"PPP, short address", 9, "0021", 4, 0},
    {"PPP, short protocol", 9, "ff03 57", 6, 0},
    {"PPP, both short", 9, "21", 4, 0},
    {"PPP, MPLS", 9, "ff03 0283" LAST_LABEL, 4, 0},
    {"HDLC, PPP", 50, "ff03 0021", 4, 0},
    {"HDLC, Cisco", 50, "0f00 0800", 4, 0},
    {"HDLC, Cisco, broadcast", 50, "8f00 86dd", 6, 0},
    {"PPPoE without Ethernet", 51, "1100 0001 002f 0021", 4, 0},
    {"Cisco HDLC", 104, "0f00 0800", 4, 0},
    {"Cisco HDLC, MPLS", 104, "0f00 8847" LAST_LABEL, 6, 0},
    {"SLL", 113, SLL "0800", 4, 0},
    {"SLL, IPv6", 113, SLL "86dd", 6, 0},
    {"SLL, tagged", 113, SLL "8100 0005 0800", 4, 5},
    {"SLL, SNAP", 113, SLL "0004 aaaa03 000000 0800", 4, 0},
    {"SLL2", 276, SLL2("0800"), 4, 0},
    {"SLL2, IPv6", 276, SLL2("86dd"), 6, 0},
    {"SLL2, QinQ", 276, SLL2("88a8") "0064 8100 0005 0800", 4, 0x640005},
    {"NULL, little-endian", 0, "02000000", 4, 0},
    {"NULL, big-endian", 0, "00000002", 4, 0},
    {"NULL, IPv6 of Linux", 0, "0a000000", 6, 0},
    {"NULL, IPv6 of OpenBSD", 0, "18000000", 6, 0},
    {"NULL, IPv6 of FreeBSD", 0, "0000001c", 6, 0},
    {"NULL, IPv6 of macOS", 0, "1e000000", 6, 0},
    {"LOOP", 108, "00000002", 4, 0},
    {"LOOP, IPv6", 108, "00000018", 6, 0},
    {"LOOP, as OpenBSD numbers it", 12, "00000018", 6, 0},
    {"RAW, 12", 12, "", 4, 0},
    {"RAW, 14", 14, "", 6, 0},
    {"RAW, 101", 101, "", 4, 0},
    {"RAW, 101, IPv6", 101, "", 6, 0},
    {"IPv4", 228, "", 4, 0},
    {"IPv6", 229, "", 6, 0},
};

enum { SITUATIONS = sizeof situations / sizeof *situations };

static frame *compose(const struct situation *s)
{
    frame *f = &work;
    f->length = 0;
    add_hex(f, s->headers);
    if (s->family == 4) add_ipv4(f, TCP, "");
    if (s->family == 6) add_ipv6(f, TCP, "");
    add_tcp(f, "", "hello", 5);
    return f;
}

static void each_link_type_leads_to_the_segment(void **state)
{
    (void)state;
    for (size_t i = 0; i < SITUATIONS; i++) {
        const struct situation *s = &situations[i];
        const char *line = decode(s->link, compose(s));
        if (strcmp(line, line_of(s->family, s->vlan, 5, "hello")) != 0)
            print_error("%s\n", s->name);
        assert_string_equal(line, line_of(s->family, s->vlan, 5, "hello"));
        assert_int_equal(weir_link_type_supported(s->link), 1);
    }
}

/* Whole headers or none: then the payload that there is. */
static void check_cuts(const char *name, int link, const frame *f, const char *whole)
{
    char want[LINE_MAX_BYTES];
    const char *tail = strstr(whole, " | ");
    assert_non_null(tail);
    uint32_t payload = f->length - f->payload;
    for (uint32_t captured = 0; captured <= f->length; captured++) {
        if (captured < f->payload) {
            snprintf(want, sizeof want, "truncated_header");
        } else {
            uint32_t left = captured - f->payload;
            snprintf(want, sizeof want, "%.*s | %u/%u %.*s", (int)(tail - whole), whole, left,
                     payload, (int)left, (const char *)f->bytes + f->payload);
        }
        const char *line = decode_as(link, f, captured, f->length, WEIR_CHECKSUM_COUNT);
        if (strcmp(line, want) != 0) print_error("%s, cut at %u\n", name, captured);
        assert_string_equal(line, want);
    }
}

static void each_link_type_cut_at_every_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < SITUATIONS; i++) {
        const struct situation *s = &situations[i];
        frame *f = compose(s);
        check_cuts(s->name, s->link, f, line_of(s->family, s->vlan, 5, "hello"));
    }
}

/* A frame that ends in a header, all of it captured, contradicts itself. */
static void a_frame_that_ends_in_a_header_is_no_segment(void **state)
{
    (void)state;
    for (size_t i = 0; i < SITUATIONS; i++) {
        const struct situation *s = &situations[i];
        frame *f = compose(s);
        for (uint32_t bytes = 0; bytes < f->payload; bytes++) {
            const char *line = decode_as(s->link, f, bytes, bytes, WEIR_CHECKSUM_OFF);
            /* too short for Ethernet: labels may carry something else */
            int labels = strstr(s->name, "pseudowire") != NULL && strcmp(line, "not_ip") == 0;
            if (!labels) assert_string_equal(line, "malformed");
        }
    }
}

static void link_types_we_do_not_know(void **state)
{
    (void)state;
    static const int unknown[] = {-1, 2, 6, 8, 10, 105, 127, 147, 192, 195, 230, 275, 277, 0x10000};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        assert_int_equal(weir_link_type_supported(unknown[i]), 0);
        assert_string_equal(decode(unknown[i], usual(4)), "not_ip");
    }
}

static const struct {
    const char *name;
    int link;
    const char *bytes;
    const char *line;
} strangers[] = {
    {"ARP", ETHERNET, MACS "0806 0001 0800 0604 0001", "not_ip"},
    {"ARP, tagged", ETHERNET, MACS "8100 0005 0806 0001 0800 0604 0001", "not_ip"},
    {"spanning tree", ETHERNET, MACS "0026 424203 0000000000", "not_ip"},
    {"SNAP of another organization", ETHERNET, MACS "0026 aaaa03 00000c 2000 4500", "not_ip"},
    {"SNAP of yet another", ETHERNET, MACS "0026 aaaa03 080007 0800 4500", "not_ip"},
    {"SNAP of a third", ETHERNET, MACS "0026 aaaa03 010000 0800 4500", "not_ip"},
    {"length beyond 1500 is no length", ETHERNET, MACS "05dd aaaa03 000000 0800 4500", "not_ip"},
    {"802.3 of length 2", ETHERNET, MACS "0002 aaaa03 000000 0800 4500", "malformed"},
    {"802.3 of length 7", ETHERNET, MACS "0007 aaaa03 000000 0800 4500", "malformed"},
    {"802.3 that clamps the IP header", ETHERNET,
     MACS "0012 aaaa03 000000 0800 4500002800004000400600000a0000010a000002", "malformed"},
    {"PPPoE discovery", ETHERNET, MACS "8864 1109 0000 0004 01010000", "not_ip"},
    {"PPPoE version 2", ETHERNET, MACS "8864 2100 0000 0004 00210000", "not_ip"},
    {"PPPoE of length 0", ETHERNET, MACS "8864 1100 0001 0000 0021 4500", "malformed"},
    {"PPPoE of length 1", ETHERNET, MACS "8864 1100 0001 0001 0021 4500", "malformed"},
    {"PPP, LCP", 9, "ff03 c021 01010004", "not_ip"},
    {"PPP, other control", 9, "ff13 0021 45000000", "not_ip"},
    {"Cisco HDLC, keepalive", 104, "8f00 8035 00000002", "not_ip"},
    {"NULL, another family", 0, "07000000 45000000", "not_ip"},
    {"NULL, no family in either order", 0, "02000002 45000000", "not_ip"},
    {"RAW, version 5", RAW, "55000028", "not_ip"},
    {"MPLS, associated channel", ETHERNET,
     MACS "8847" LAST_LABEL
          "10000007 20400318 00000001 00000002 00000003 00000004 0000000500000006",
     "not_ip"},
    {"MPLS, short control message", ETHERNET, MACS "8847" LAST_LABEL "10000007 2040", "not_ip"},
    {"MPLS, nothing behind", ETHERNET, MACS "8847" LAST_LABEL, "malformed"},
    {"MPLS, no last label", ETHERNET, MACS "8847" LABEL LABEL, "malformed"},
    {"MPLS, too many labels", ETHERNET,
     MACS "8847" LABEL LABEL LABEL LABEL LABEL LABEL LABEL LABEL LABEL LABEL LABEL LABEL LABEL LABEL
         LABEL LABEL LAST_LABEL "45000028",
     "not_ip"},
    {"too many tags", ETHERNET,
     MACS "8100 0001 8100 0001 8100 0001 8100 0001 8100 0001 8100 0001 8100 0001 8100 0001 8100 "
          "0001 8100 0001 8100 0001 8100 0001 0800",
     "not_ip"},
};

static void frames_without_a_segment(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        work.length = 0;
        add_hex(&work, strangers[i].bytes);
        const char *line = decode(strangers[i].link, &work);
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
    {"IPv6 in IPv6", 6, 41, "", "tunnel"},
    {"IPv4 in IPv6", 6, 4, "", "tunnel"},
    {"GRE in IPv6", 6, 60, DESTINATION("2f"), "tunnel"},
    {"IPv4 in IPv4", 4, 4, "", "tunnel"},
    {"6in4", 4, 41, "", "tunnel"},
    {"GRE", 4, 47, "", "tunnel"},
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
        add_hex(f, family == 4 ? MACS "0800" : MACS "86dd");
        if (family == 4) add_ipv4(f, networks[i].protocol, is_ah ? "" : networks[i].headers);
        if (family == 6) add_ipv6(f, networks[i].protocol, networks[i].headers);
        if (is_ah) add_hex(f, networks[i].headers);
        add_tcp(f, "", "hello", 5);
        int is_segment = networks[i].line == NULL;
        const char *want = is_segment ? line_of(family, 0, 5, "hello") : networks[i].line;
        const char *line = decode(ETHERNET, f);
        if (strcmp(line, want) != 0) print_error("%s\n", networks[i].name);
        assert_string_equal(line, want);
        if (is_segment) check_cuts(networks[i].name, ETHERNET, f, want);
    }
}

static void udp_ports_of_tunnels(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        const char *line;
    } datagrams[] = {
        {"0035 d000 0008 0000", "not_tcp"}, {"d000 12b5 0008 0000", "tunnel"},
        {"12b5 d000 0008 0000", "tunnel"},  {"d000 17c1 0008 0000", "tunnel"},
        {"0868 0868 0008 0000", "tunnel"},  {"0dd8 d000 0008 0000", "tunnel"},
        {"d000 12b5 0008 00", "malformed"}, {"", "malformed"},
    };
    for (size_t i = 0; i < 2 * sizeof datagrams / sizeof *datagrams; i++) {
        const char *line = datagrams[i / 2].line;
        work.length = 0;
        if (i % 2 == 0) add_ipv4(&work, UDP, "");
        if (i % 2 == 1) add_ipv6(&work, UDP, "");
        uint32_t headers = work.length;
        add_hex(&work, datagrams[i / 2].header);
        set_ip_length(&work);
        assert_string_equal(decode(RAW, &work), line);
        for (uint32_t cut = headers; cut < headers + 8 && strcmp(line, "malformed") != 0; cut++) {
            assert_string_equal(decode_as(RAW, &work, cut, work.length, WEIR_CHECKSUM_OFF),
                                "truncated_header");
        }
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
    set16(f, f->ip + 6, 0x2000);
    assert_fragment(f, "4 id 4d protocol 6 offset 0 more 1, 25/25 bytes");
    set16(f, f->ip + 6, 0x20b9);
    add(f, "padding", 7);
    assert_fragment(f, "4 id 4d protocol 6 offset 1480 more 1, 25/25 bytes");
    set16(f, f->ip + 6, 0x1fff);
    f->bytes[f->ip + 9] = UDP;
    assert_fragment(f, "4 id 4d protocol 17 offset 65528 more 0, 25/25 bytes");
    set16(f, f->ip + 6, 0x8000);
    f->bytes[f->ip + 9] = TCP;
    assert_int_equal(facts_of(f).cause, WEIR_DECODED); /* a bit that means nothing */

    f->length = 0;
    add_hex(f, MACS "86dd");
    add_ipv6(f, 60, DESTINATION("2c") "0600 05a9 12345678");
    add_tcp(f, "", "hello", 5);
    assert_fragment(f, "6 id 12345678 protocol 6 offset 1448 more 1, 25/25 bytes");
}

static void the_version_is_the_one_announced(void **state)
{
    (void)state;
    for (uint32_t version = 0; version < 16; version++) {
        for (int family = 4; family <= 6; family += 2) {
            frame *f = usual(family);
            f->bytes[f->ip] = (uint8_t)(version << 4 | (f->bytes[f->ip] & 15));
            const char *line = decode(ETHERNET, f);
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
        add(f, "trailing bytes of any length", 28);
        assert_string_equal(decode(ETHERNET, f), line_of(family, 0, 5, "hello"));
        set16(f, f->ip + (family == 4 ? 2 : 4), family == 4 ? 40 : 20);
        assert_string_equal(decode_as(ETHERNET, f, f->length, f->length, WEIR_CHECKSUM_OFF),
                            line_of(family, 0, 0, ""));
    }
}

static void ip_length_beyond_the_frame_is_clamped(void **state)
{
    (void)state;
    for (int family = 4; family <= 6; family += 2) {
        frame *f = usual(family);
        set16(f, f->ip + (family == 4 ? 2 : 4), 1500);
        assert_string_equal(decode_as(ETHERNET, f, f->length, f->length, WEIR_CHECKSUM_OFF),
                            line_of(family, 0, 5, "hello"));
        assert_string_equal(decode_as(ETHERNET, f, f->length, f->length + 10, WEIR_CHECKSUM_OFF),
                            line_of(family, 0, 15, "hello"));
    }
}

static void enclosing_lengths_clamp_the_ip_length(void **state)
{
    (void)state;
    static const char *const enclosed[] = {MACS "8864 1100 0001 002d 0021",
                                           MACS "0033 aaaa03 000000 0800"};
    for (size_t i = 0; i < 2; i++) { /* both two bytes short, the frame padded */
        work.length = 0;
        add_hex(&work, enclosed[i]);
        add_ipv4(&work, TCP, "");
        add_tcp(&work, "", "hello", 5);
        add(&work, "padding", 7);
        assert_string_equal(decode_as(ETHERNET, &work, work.length, work.length, WEIR_CHECKSUM_OFF),
                            line_of(4, 0, 3, "hel"));
    }
}

static void ip_length_that_cannot_be(void **state)
{
    (void)state;
    for (uint32_t length = 1; length < 40; length++) {
        frame *f = usual(4);
        set16(f, f->ip + 2, length);
        assert_string_equal(decode(ETHERNET, f), "malformed");
    }
    for (uint32_t length = 1; length < 20; length++) {
        frame *f = usual(6);
        set16(f, f->ip + 4, length);
        assert_string_equal(decode(ETHERNET, f), "malformed");
    }
    for (uint32_t words = 0; words < 5; words++) {
        frame *f = usual(4);
        f->bytes[f->ip] = (uint8_t)(0x40 | words);
        assert_string_equal(decode(ETHERNET, f), "malformed");
    }
    frame *f = usual(4);
    f->bytes[f->ip] = 0x4f; /* 60 bytes of header in 45 */
    assert_string_equal(decode(ETHERNET, f), "malformed");
    f = usual(6);
    set16(f, f->ip + 4, 0); /* no jumbo, but offload: the frame's length */
    assert_string_equal(decode_as(ETHERNET, f, f->length, f->length, WEIR_CHECKSUM_OFF),
                        line_of(6, 0, 5, "hello"));
}

static void ip_length_0_is_offload_where_nothing_can_be_padding(void **state)
{
    (void)state;
    frame *f = usual(4);
    set16(f, f->ip + 2, 0);
    assert_string_equal(decode(ETHERNET, f), "malformed");
    add(f, "!", 1); /* 46 bytes: the smallest frame */
    assert_string_equal(decode(ETHERNET, f), "malformed");
    add(f, "!", 1);
    assert_string_equal(decode_as(ETHERNET, f, f->length, f->length, WEIR_CHECKSUM_OFF),
                        line_of(4, 0, 7, "hello!!"));
    assert_string_equal(decode_as(ETHERNET, f, f->length, 70000, WEIR_CHECKSUM_OFF),
                        line_of(4, 0, 70000 - f->payload, "hello!!"));
}

static void data_offset_that_cannot_be(void **state)
{
    (void)state;
    for (uint8_t words = 0; words < 16; words++) {
        frame *f = usual(4);
        f->bytes[f->tcp + 12] = (uint8_t)(words << 4);
        const char *line = decode_as(ETHERNET, f, f->length, f->length, WEIR_CHECKSUM_OFF);
        int is_possible = words == 5 || words == 6; /* 5 bytes of payload can be 4 of options */
        assert_int_equal(strcmp(line, "malformed") != 0, is_possible);
    }
}

static void more_captured_than_sent_is_believed(void **state)
{
    (void)state;
    frame *f = usual(4);
    for (uint32_t wire = 0; wire <= f->length; wire++) {
        assert_string_equal(decode_as(ETHERNET, f, f->length, wire, WEIR_CHECKSUM_COUNT),
                            line_of(4, 0, 5, "hello"));
    }
    add(f, "!!", 2);
    set16(f, f->ip + 2, 0);
    assert_string_equal(decode_as(ETHERNET, f, f->length, 1, WEIR_CHECKSUM_OFF),
                        line_of(4, 0, 7, "hello!!"));
    set16(f, f->ip + 2, 1500);
    assert_string_equal(decode_as(ETHERNET, f, f->length, 1, WEIR_CHECKSUM_OFF),
                        line_of(4, 0, 7, "hello!!"));
}

static void packets_of_no_bytes(void **state)
{
    (void)state;
    const weir_decoding how = {.checksum = WEIR_CHECKSUM_ON};
    weir_decoded decoded = {.bad_checksum = -1};
    weir_packet packet = {.data = NULL, .captured_bytes = 0, .wire_bytes = 0};
    for (size_t i = 0; i < SITUATIONS; i++) {
        int link = situations[i].link;
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
    add(f, "!!", 2);
    set16(f, f->ip + 2, 0);
    uint32_t most = f->payload + WEIR_SEGMENT_MAX_BYTES;
    assert_string_equal(decode_as(ETHERNET, f, f->length, most, WEIR_CHECKSUM_OFF),
                        line_of(4, 0, WEIR_SEGMENT_MAX_BYTES, "hello!!"));
    assert_string_equal(decode_as(ETHERNET, f, f->length, most + 1, WEIR_CHECKSUM_OFF),
                        "malformed");
    assert_string_equal(decode_as(ETHERNET, f, f->length, UINT32_MAX, WEIR_CHECKSUM_OFF),
                        "malformed");
    seal(f);
    assert_string_equal(decode_as(ETHERNET, f, f->length, UINT32_MAX, WEIR_CHECKSUM_ON),
                        line_of(4, 0, 7, "hello!!"));
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
    add_hex(f, family == 4 ? MACS "0800" : MACS "86dd");
    if (family == 4) add_ipv4(f, TCP, "");
    if (family == 6) add_ipv6(f, next, extensions);
    add_tcp(f, "", large, sizeof large);
    set16(f, f->ip + (family == 4 ? 2 : 4), 0);
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
    assert_payload_counts(decode(ETHERNET, compose_large(4, TCP, "")), LARGE_LINE);
    assert_payload_counts(decode(ETHERNET, compose_large(6, TCP, "")), LARGE_LINE);
    frame *f = compose_large(4, TCP, "");
    f->bytes[f->length - 1] ^= 1;
    assert_payload_counts(decode(ETHERNET, f), "options 00 mss 0 scale 0 ts 0 0 bad checksum");
    assert_payload_counts(decode_as(ETHERNET, f, 100, f->length, WEIR_CHECKSUM_ON),
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
        assert_payload_counts(decode(ETHERNET, f), LARGE_LINE);
        add(f, "no data", 7);
        assert_payload_counts(decode(ETHERNET, f), LARGE_LINE);
    }
    frame *f = compose_large(6, 0, "0600 c204 00000010");
    assert_string_equal(decode(ETHERNET, f), "malformed"); /* the TCP header is beyond it */
    f = compose_large(6, 0, "0600 c204 ffffffff");
    assert_payload_counts(decode(ETHERNET, f), LARGE_LINE);
    f = compose_large(6, 0, "0602 000000000000 0000000000000000 c204 00000010 0000");
    assert_payload_counts(decode(ETHERNET, f), LARGE_LINE); /* too far behind to be looked at */
}

static void a_jumbo_option_cut_at_every_byte(void **state)
{
    (void)state;
    static const char *const headers[] = {"0600 c204 00000021",
                                          "0601 01020000 00000000 c204 00000029"};
    for (size_t i = 0; i < 2; i++) {
        work.length = 0;
        add_hex(&work, MACS "86dd");
        add_ipv6(&work, 0, headers[i]);
        add_tcp(&work, "", "hello", 5);
        set16(&work, work.ip + 4, 0);
        check_cuts("jumbo option", ETHERNET, &work, line_of(6, 0, 5, "hello"));
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
        add_hex(&work, MACS "0800");
        add_ipv4(&work, TCP, "01010101");
        add_tcp(&work, sets[i], "payload", 7);
        snprintf(whole, sizeof whole, "%s", decode(ETHERNET, &work));
        check_cuts(sets[i], ETHERNET, &work, whole);
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
        assert_string_equal(decode_as(ETHERNET, f, all, all, WEIR_CHECKSUM_OFF),
                            line_of(family, 0, 5, "hellO"));
        assert_non_null(strstr(decode_as(ETHERNET, f, all, all, WEIR_CHECKSUM_COUNT), " bad "));
        assert_string_equal(decode_as(ETHERNET, f, all, all, WEIR_CHECKSUM_ON), "checksum");
        assert_string_equal(decode_as(ETHERNET, f, all - 1, all, WEIR_CHECKSUM_ON),
                            line_of(family, 0, 5, "hell"));
        f->bytes[all - 1] ^= 0x20;
        assert_string_equal(decode_as(ETHERNET, f, all, all, WEIR_CHECKSUM_ON),
                            line_of(family, 0, 5, "hello"));
        f->bytes[f->ip + (family == 4 ? 15 : 23)] ^= 1; /* an address counts */
        assert_string_equal(decode_as(ETHERNET, f, all, all, WEIR_CHECKSUM_ON), "checksum");
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
        if (round % 2) add_ipv4(f, TCP, "");
        if (!(round % 2)) add_ipv6(f, TCP, "");
        add_tcp(f, draw(2) ? "0101 080a 00000064 000000c8" : "", bytes, count);
        assert_null(strstr(decode(RAW, f), " bad checksum"));
        f->bytes[f->tcp + draw(f->length - f->tcp)] ^= (uint8_t)(1u << draw(8));
        const char *line = decode(RAW, f); /* the data offset may be what changed */
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
        add_ipv6(f, routes[i].protocol, routes[i].header);
        add_tcp(f, "", "hello", 5);
        f->bytes[f->tcp + 16] ^= 1;
        assert_string_equal(decode_as(RAW, f, f->length, f->length, WEIR_CHECKSUM_ON),
                            routes[i].is_judged ? "checksum" : line_of(6, 0, 5, "hello"));
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
        const weir_decoding how = {.checksum = WEIR_CHECKSUM_OFF};
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

static int decode_exact(int link, const uint8_t *data, uint32_t captured, uint32_t wire,
                        weir_segment *segment, uint32_t *payload_at)
{
    uint8_t *bytes = malloc(captured);
    if (captured != 0) memcpy(bytes, data, captured);
    weir_packet packet = {.data = bytes, .captured_bytes = captured, .wire_bytes = wire};
    const weir_decoding how = {.checksum = WEIR_CHECKSUM_COUNT};
    weir_decoded decoded;
    int cause = weir_decode_packet(&how, link, &packet, &decoded);
    *segment = decoded.segment;
    assert_in_range(cause + 1, 0, WEIR_IGNORED_CHECKSUM);
    if (cause == WEIR_DECODED) {
        assert_true(segment->payload >= bytes && segment->payload <= bytes + captured);
        *payload_at = (uint32_t)(segment->payload - bytes);
        assert_true(segment->payload_bytes <= captured - *payload_at);
        assert_true(segment->payload_bytes <= segment->wire_bytes);
        assert_true(segment->wire_bytes <= WEIR_SEGMENT_MAX_BYTES);
        segment->payload = NULL;
    }
    free(bytes);
    return cause;
}

/* A packet cut shorter gives the same segment with less payload, the same refusal, or
 * truncated_header. */
static void check_any(int link, const uint8_t *data, uint32_t captured, uint32_t wire, uint32_t cut)
{
    weir_segment whole, part;
    uint32_t whole_at = 0, part_at = 0;
    int cause = decode_exact(link, data, captured, wire, &whole, &whole_at);
    int again = decode_exact(link, data, cut, wire, &part, &part_at);
    if (again == WEIR_IGNORED_TRUNCATED_HEADER) return;
    assert_int_equal(again, cause);
    if (cause != WEIR_DECODED) return;
    assert_int_equal(whole_at, part_at);
    assert_true(part.payload_bytes <= whole.payload_bytes);
    part.payload_bytes = whole.payload_bytes;
    assert_memory_equal(&whole, &part, sizeof whole);
}

static void mutated_packets_keep_the_invariants(void **state)
{
    (void)state;
    print_message("seed %u\n", seed);
    for (int round = 0; round < 300000; round++) {
        const struct situation *s = &situations[draw(SITUATIONS)];
        frame *f = compose(s);
        for (uint32_t flips = draw(6); flips > 0; flips--) {
            f->bytes[draw(f->length)] ^= (uint8_t)(1u << draw(8));
        }
        if (draw(4) == 0) f->bytes[draw(f->length)] = (uint8_t)draw(256);
        uint32_t wire = f->length + (draw(3) == 0 ? draw(2000) : 0);
        int link = draw(8) == 0 ? situations[draw(SITUATIONS)].link : s->link;
        check_any(link, f->bytes, f->length, wire, draw(f->length));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_link_type_leads_to_the_segment),
        cmocka_unit_test(each_link_type_cut_at_every_byte),
        cmocka_unit_test(a_frame_that_ends_in_a_header_is_no_segment),
        cmocka_unit_test(link_types_we_do_not_know),
        cmocka_unit_test(frames_without_a_segment),
        cmocka_unit_test(networks_lead_to_the_segment_or_say_why_not),
        cmocka_unit_test(udp_ports_of_tunnels),
        cmocka_unit_test(fragments_come_with_facts),
        cmocka_unit_test(the_version_is_the_one_announced),
        cmocka_unit_test(padding_is_not_data),
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
