/* SPDX-License-Identifier: MIT */
/*
 * Tunnels: every way into one, what is none, how deep they nest, what each switch does, lengths
 * that lie, pieces inside and outside, and which connections are the same. See
 * support/situations.h for the ways.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support/frame.h"
#include "support/lens.h"
#include "support/rig.h"
#include "support/situations.h"
#include "support/wire.h"

enum { ETHERNET = 1 };

#define ETH4      FRAME_MACS "0800 "
#define ETH6      FRAME_MACS "86dd "
#define IN_UDP(p) ETH4 "ip4(17) udp(" p ") "
#define PORTS     "12340050 00000001 00000002 50180200 00000000 "
#define INNER_TCP "45000028 00010000 40060000 0a000001 0a000002 " PORTS
#define INNER_UDP "45000020 00010000 40110000 0a000001 0a000002 04d20035 000c0000 00000000 "

#define TEREDO(length)                                                                             \
    "60000000 " length " 0640 20010000 00000000 00000000 00000001 20010000 00000000 00000000 "     \
    "00000002 "

static frame work; /* one at a time is enough */

static void each_tunnel_leads_to_the_segment(void **state)
{
    (void)state;
    lens_check_situations(situations_tunnels, situations_count(situations_tunnels));
}

/* ──── no tunnels, or none with TCP ──── */

static const struct {
    const char *name;
    const char *bytes;
    const char *line;
} strangers[] = {
    {"DNS", IN_UDP("53") "0001 0100 0001 0000 0000 0000", "not_tcp"},
    {"UDP header that is not there", ETH4 "ip4(17) c000 12b5 0008 00", "malformed"},
    {"UDP of length 7", ETH4 "ip4(17) c000 12b5 0007 0000 08000000 00000700" INNER_TCP, "not_tcp"},
    {"UDP of length 8", ETH4 "ip4(17) c000 12b5 0008 0000 08000000 00000700" INNER_TCP, "not_tcp"},
    {"another protocol in IPv4 in IPv4", ETH4 "ip4(4) " INNER_UDP, "not_tcp"},
    {"IPv6 where IPv4 must be", ETH4 "ip4(4) ip6(6) 00000000", "malformed"},
    {"nothing in IPv4 in IPv4", ETH4 "ip4(4) ", "malformed"},
    {"EtherIP of another version", ETH4 "ip4(97) 2000 " ETH4 INNER_TCP, "malformed"},
    {"L2TP version 3 in IP", ETH4 "ip4(115) 00000001 00000000 45", "tunnel"},
    {"GRE with a route", ETH4 "ip4(47) 4000 0800 00000000 " INNER_TCP, "tunnel"},
    {"GRE of version 2", ETH4 "ip4(47) 0002 0800 " INNER_TCP, "tunnel"},
    {"GRE of what is no IP", ETH4 "ip4(47) 0000 88cc 0207", "not_ip"},
    {"GRE, keepalive", ETH4 "ip4(47) 0000 0000", "not_ip"},
    {"GRE, key beyond the packet", ETH4 "ip4(47) 2000 0800 0000", "malformed"},
    {"PPTP, acknowledgement alone", ETH4 "ip4(47) 2081 880b 0000 0007 00000002", "not_tcp"},
    {"PPTP without a key", ETH4 "ip4(47) 1001 880b 0000 0007 00000002 21", "malformed"},
    {"PPTP with a checksum", ETH4 "ip4(47) b001 880b 0000 0007 00000002 21", "malformed"},
    {"PPTP of something else", ETH4 "ip4(47) 3001 0800 0001 0007 00000002 21", "malformed"},
    {"PPTP, link control", ETH4 "ip4(47) 3001 880b 0006 0007 00000001 c021 01010004", "not_ip"},
    {"PPTP, compressed", ETH4 "ip4(47) 3001 880b 0004 0007 00000001 fd 900102", "not_ip"},
    {"PPTP of length 0", ETH4 "ip4(47) 3001 880b 0000 0007 00000001 0021 45000028", "malformed"},
    {"ERSPAN II of another version", ETH4 "ip4(47) 1000 88be 00000001 2005 0064 00000001 " ETH4,
     "malformed"},
    {"ERSPAN III of another version",
     ETH4 "ip4(47) 1000 22eb 00000001 1005 0064 00000000 0000 0000 " ETH4, "malformed"},
    {"ERSPAN III of another kind of frame",
     ETH4 "ip4(47) 1000 22eb 00000001 2005 0064 00000000 0000 0400 " ETH4, "tunnel"},
    {"VXLAN without a network", IN_UDP("4789") "00000000 00000700 " ETH4 INNER_TCP, "not_tcp"},
    {"VXLAN, a reserved bit", IN_UDP("4789") "18000000 00000700 " ETH4 INNER_TCP, "not_tcp"},
    {"VXLAN, a policy not announced", IN_UDP("4789") "08000001 00000700 " ETH4 INNER_TCP,
     "not_tcp"},
    {"VXLAN, a reserved byte", IN_UDP("4789") "08000000 00000701 " ETH4 INNER_TCP, "not_tcp"},
    {"VXLAN, answer from its port", ETH4 "ip4(17) 12b5 c000 0044 0000 08000000 00000700 " ETH4,
     "not_tcp"},
    {"VXLAN, ARP", IN_UDP("4789") "08000000 00000700 " FRAME_MACS "0806 0001", "not_ip"},
    {"VXLAN, no more than flags", IN_UDP("4789") "08000000", "not_tcp"},
    {"VXLAN-GPE, operations", IN_UDP("4790") "0d000003 00000700 " ETH4, "not_tcp"},
    {"VXLAN-GPE, version 1", IN_UDP("4790") "1c000003 00000700 " ETH4, "not_tcp"},
    {"VXLAN-GPE, service header", IN_UDP("4790") "0c000004 00000700 0fc6", "not_ip"},
    {"VXLAN-GPE, number beyond the list", IN_UDP("4790") "0c0000ff 00000700 0fc6", "not_ip"},
    {"GENEVE, version 1", IN_UDP("6081") "4000 6558 00000700 " ETH4, "not_tcp"},
    {"GENEVE, control", IN_UDP("6081") "0080 6558 00000700 " ETH4, "not_tcp"},
    {"GENEVE, a reserved bit", IN_UDP("6081") "0001 6558 00000700 " ETH4, "not_tcp"},
    {"GENEVE, a reserved byte", IN_UDP("6081") "0000 6558 00000701 " ETH4, "not_tcp"},
    {"GENEVE, options beyond the packet", IN_UDP("6081") "0500 6558 00000700 " ETH4, "not_tcp"},
    {"GTP-U, echo", IN_UDP("2152") "3201 0004 00000000 0001 0000", "not_tcp"},
    {"GTP-U, end marker", IN_UDP("2152") "30fe 0000 00000007", "not_tcp"},
    {"GTP-U, of length 0", IN_UDP("2152") "30ff 0000 00000007 " INNER_TCP, "not_tcp"},
    {"GTP, version 2", IN_UDP("2152") "50ff 0014 00000007 " INNER_TCP, "not_tcp"},
    {"GTP'", IN_UDP("2152") "20ff 0014 00000007 " INNER_TCP, "not_tcp"},
    {"GTP-U, the spare bit", IN_UDP("2152") "38ff 0014 00000007 " INNER_TCP, "not_tcp"},
    {"GTP-U, longer than it is", IN_UDP("2152") "30ff 0029 00000007 " INNER_TCP, "not_tcp"},
    {"GTP-U, extension of length 0",
     IN_UDP("2152") "34ff len(-4) 00000007 0000 00 85 00 000000 " INNER_TCP, "not_tcp"},
    {"GTP-U, extension beyond the packet",
     IN_UDP("2152") "34ff len(-4) 00000007 0000 00 85 ff 000000 " INNER_TCP, "not_tcp"},
    {"GTP-U, eight extensions",
     IN_UDP("2152") "34ff len(-4) 00000007 0000 00 85 01000085 01000085 01000085 01000085 01000085 "
                    "01000085 01000085 01000000 " INNER_TCP,
     "segment"},
    {"GTP-U, nine extensions",
     IN_UDP("2152") "34ff len(-4) 00000007 0000 00 85 01000085 01000085 01000085 01000085 01000085 "
                    "01000085 01000085 01000085 01000000 " INNER_TCP,
     "not_tcp"},
    {"GTP-U, no IP in it", IN_UDP("2152") "30ff len(-4) 00000007 7f00", "not_ip"},
    {"Teredo, bubble", IN_UDP("3544") "ip6(59)", "not_tcp"},
    {"Teredo, not IPv6", IN_UDP("3544") "ip4(6) 00000000000000000000000000000000000000000000",
     "not_tcp"},
    {"Teredo, as long as it is", IN_UDP("3544") TEREDO("0014") PORTS, "segment"},
    {"Teredo, longer than it is", IN_UDP("3544") TEREDO("0015") PORTS, "not_tcp"},
    {"Teredo, an indication and no more", IN_UDP("3544") "0000 fe12 0102", "not_tcp"},
    {"Teredo, authentication beyond the packet", IN_UDP("3544") "0001 ffff 0011", "not_tcp"},
    {"L2TP, control", IN_UDP("1701") "c802 000c 0001 0000 0001 0001", "not_tcp"},
    {"L2TP, version 3", IN_UDP("1701") "0003 0000 00000001 " INNER_TCP, "not_tcp"},
    {"L2TP, a reserved bit", IN_UDP("1701") "1002 0001 0002 0021 " INNER_TCP, "not_tcp"},
    {"L2TP, longer than it is", IN_UDP("1701") "4002 0040 0001 0002 0021 " INNER_TCP, "not_tcp"},
    {"L2TP, shorter than its header", IN_UDP("1701") "4002 0007 0001 0002 0021 " INNER_TCP,
     "not_tcp"},
    {"L2TP, offset beyond the packet", IN_UDP("1701") "0202 0001 0002 ffff 0021 ", "not_tcp"},
    {"L2TP, link control", IN_UDP("1701") "0002 0001 0002 c021 01010004", "not_ip"},
    {"MPLS in UDP, nothing behind", IN_UDP("6635") "000201ff", "malformed"},
    {"WCCP, nothing behind", ETH4 "ip4(47) 0000 883e", "malformed"},
};

/* Their line; "segment" for that of any. */
static const char *kind_of(uint32_t captured)
{
    const char *line = lens_decode_as(ETHERNET, &work, captured, work.length, WEIR_CHECKSUM_OFF);
    return line[0] == '4' || line[0] == '6' ? "segment" : line;
}

static void what_is_no_tunnel_is_not_malformed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        work.length = 0;
        frame_hex(&work, strangers[i].bytes);
        frame_set_ip_length(&work);
        for (uint32_t cut = 0; cut <= work.length; cut++) {
            const char *line = kind_of(cut);
            if (cut < work.length && strcmp(line, "truncated_header") == 0) continue;
            if (strcmp(line, strangers[i].line) != 0) print_error("%s\n", strangers[i].name);
            assert_string_equal(line, strangers[i].line);
        }
    }
}

/* ──── depth, switches ──── */

static void tunnels_nest_so_deep_and_no_deeper(void **state)
{
    (void)state;
    for (uint32_t depth = 0; depth <= 2 * WEIR_TUNNELS_DEEPEST; depth++) {
        situations_nest(depth, &work);
        const char *want = depth <= WEIR_TUNNELS_DEEPEST ? lens_line(4, 0, 5, "hello") : "tunnel";
        assert_string_equal(lens_decode(ETHERNET, &work), want);
    }
}

static int opens_with(const situation *s, uint32_t tunnels)
{
    const weir_decoding how = {.tunnels = tunnels};
    situations_compose(s, &work);
    const char *line = lens_decode_how(&how, s->link, &work, work.length, work.length);
    if (strcmp(line, "tunnel") == 0) return 0;
    assert_string_equal(line, lens_line_in(s->family, s->vlan, s->tunnel, 5, "hello"));
    return 1;
}

/* Which tunnels a situation needs: those without which it does not open. */
static uint32_t needs(const situation *s)
{
    uint32_t needed = 0;
    for (uint32_t kind = 0; kind < WEIR_TUNNEL_COUNT; kind++) {
        uint32_t bit = UINT32_C(1) << kind;
        if (!opens_with(s, WEIR_TUNNELS_ALL & ~bit)) needed |= bit;
    }
    return needed;
}

static void each_tunnel_has_a_switch(void **state)
{
    (void)state;
    uint32_t seen = 0;
    for (const situation *s = situations_tunnels; s->name != NULL; s++) {
        uint32_t needed = needs(s);
        assert_int_not_equal(needed, 0);
        assert_int_equal(opens_with(s, 0), 0);
        assert_int_equal(opens_with(s, needed), 1);
        seen |= needed;
    }
    assert_int_equal(seen, WEIR_TUNNELS_ALL);
}

static void switches_have_names_and_a_range(void **state)
{
    (void)state;
    static const char *const names[] = {
#define X(NAME, text) text,
        WEIR_TUNNELS(X)
#undef X
    };
    for (int i = 0; i < WEIR_TUNNEL_COUNT; i++)
        assert_string_equal(weir_tunnel_name(i), names[i]);
    assert_string_equal(weir_tunnel_name(WEIR_TUNNEL_COUNT), "?");
    assert_string_equal(weir_tunnel_name(-1), "?");

    weir_engine_config config;
    rig r;
    weir_engine *engine = NULL;
    weir_engine_config_init(&config);
    assert_int_equal(config.tunnels, WEIR_TUNNELS_ALL);
    rig_open(&r, NULL, NULL, NULL, NULL);
    config.tunnels = WEIR_TUNNELS_ALL + 1;
    assert_int_equal(weir_engine_create(r.pool, &config, NULL, NULL, &engine), WEIR_ERR_POLICY);
    rig_close(&r);
}

/* ──── lengths that lie ──── */

/* In each, the innermost IP packet claims more than the length around it leaves: 2 bytes less. */
static void enclosing_lengths_clamp_what_is_inside(void **state)
{
    (void)state;
    static const char *const enclosed[] = {
        ETH4 "4500003f 00010000 40040000 0a000003 0a000004 ",
        ETH4 "ip4(17) c000 12b5 0049 0000 08000000 00000700 " ETH4,
        ETH6
        "60000000 002b 0440 20010db8000000000000000000000001 20010db80000000000000000 00000002",
        IN_UDP("2152") "30ff 002b 00000007 ",
        ETH4 "ip4(47) 3001 880b 002d 0007 00000001 0021 ",
        IN_UDP("1701") "4002 0037 0001 0002 ff03 0021 ",
    };
    for (size_t i = 0; i < sizeof enclosed / sizeof *enclosed; i++) {
        work.length = 0;
        frame_hex(&work, enclosed[i]);
        frame_ipv4(&work, FRAME_TCP, "");
        frame_tcp(&work, "", "hello", 5);
        frame_add(&work, "padding", 7);
        const char *line =
            lens_decode_as(ETHERNET, &work, work.length, work.length, WEIR_CHECKSUM_OFF);
        assert_string_equal(strstr(line, " | "), " | 3/3 hel");
    }
}

static void padding_inside_is_not_data(void **state)
{
    (void)state;
    for (const situation *s = situations_tunnels; s->name != NULL; s++) {
        situations_compose(s, &work);
        frame_add(&work, "padding", 7);
        uint32_t count = work.length_count;
        work.length_count = count - 1; /* all lengths but the innermost */
        frame_set_ip_length(&work);
        assert_string_equal(lens_decode(s->link, &work),
                            lens_line_in(s->family, s->vlan, s->tunnel, 5, "hello"));
    }
}

/* Offload leaves all lengths open where a packet is longer than they can say. */
static void lengths_of_0_are_offload(void **state)
{
    (void)state;
    static const char *const ways[] = {ETH4 "ip4(4) ", IN_UDP("4789") "08000000 00000700 " ETH4,
                                       IN_UDP("2152") "30ff len(-4) 00000007 "};
    static uint8_t large[200000];
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        work.length = 0;
        frame_hex(&work, ways[i]);
        frame_ipv4(&work, FRAME_TCP, "");
        frame_tcp(&work, "", large, sizeof large);
        for (uint32_t k = 0; k < work.length_count; k++)
            frame_set16(&work, work.lengths[k].at, 0);
        const char *line = lens_decode(ETHERNET, &work);
        assert_non_null(strstr(line, " | 200000/200000 "));
        assert_null(strstr(line, "bad"));
        line = lens_decode_as(ETHERNET, &work, 200, work.length, WEIR_CHECKSUM_OFF);
        assert_non_null(strstr(line, "/200000 "));
    }
}

static void mutated_tunnels_keep_the_invariants(void **state)
{
    (void)state;
    lens_check_mutated(situations_tunnels, situations_count(situations_tunnels), 200000, 20240301);
}

/* ──── pieces ──── */

static int decode_into(const frame *f, int link, weir_decoded *decoded)
{
    const weir_packet packet = {
        .data = f->bytes, .time_ns = 7, .captured_bytes = f->length, .tag = 9};
    const weir_decoding how = {.tunnels = WEIR_TUNNELS_ALL};
    return weir_decode_packet(&how, link, &packet, decoded);
}

static void assert_same_segment(const weir_segment *a, const weir_segment *b)
{
    assert_ptr_equal(a->payload, b->payload);
    assert_memory_equal(a, b, sizeof *a);
}

/* The IPv4 header at `ip` marked as a first piece: read on as if joined, it gives the same. */
static void check_joined(const situation *s, uint32_t ip, uint32_t depth)
{
    const weir_decoding how = {.tunnels = WEIR_TUNNELS_ALL};
    weir_decoded direct, piece, joined;
    assert_int_equal(decode_into(&work, s->link, &direct), WEIR_DECODED);
    frame_set16(&work, ip + 6, 0x2000);
    assert_int_equal(decode_into(&work, s->link, &piece), WEIR_IGNORED_FRAGMENT);
    frame_set16(&work, ip + 6, 0x4000);

    assert_int_equal(piece.depth, depth);
    assert_int_equal(piece.fragment.depth, depth);
    assert_int_equal(piece.fragment.offset, 0);
    assert_int_equal(piece.fragment.more, 1);
    weir_fragment whole = piece.fragment;
    whole.more = 0;
    assert_int_equal(weir_decode_joined(&how, &whole, &joined), WEIR_DECODED);
    assert_int_equal(joined.depth, direct.depth);
    assert_same_segment(&joined.segment, &direct.segment);
}

static uint32_t depth_of(const situation *s)
{
    weir_decoded decoded;
    situations_compose(s, &work);
    assert_int_equal(decode_into(&work, s->link, &decoded), WEIR_DECODED);
    return decoded.depth;
}

static void a_tunnel_in_a_joined_packet_is_opened(void **state)
{
    (void)state;
    uint32_t checked = 0;
    for (const situation *s = situations_tunnels; s->name != NULL; s++) {
        assert_in_range(depth_of(s), 1, WEIR_TUNNELS_DEEPEST);
        if (strncmp(s->headers, ETH4, sizeof ETH4 - 1) != 0) continue;
        check_joined(s, 14, 0);
        checked++;
    }
    assert_true(checked > 40);
}

static void a_piece_in_a_tunnel_knows_the_tunnel(void **state)
{
    (void)state;
    for (const situation *s = situations_tunnels; s->name != NULL; s++) {
        uint32_t depth = depth_of(s);
        if (s->family != 4) continue;
        weir_decoded piece;
        check_joined(s, work.ip, depth);
        frame_set16(&work, work.ip + 6, 0x2000);
        assert_int_equal(decode_into(&work, s->link, &piece), WEIR_IGNORED_FRAGMENT);
        assert_int_equal(piece.fragment.tunnel, s->tunnel);
        assert_int_equal(piece.fragment.vlan, s->vlan);
    }
}

/* Extension headers behind the fragment header, and a packet in it, are read when it is whole. */
static void pieces_of_ipv6_are_read_on(void **state)
{
    (void)state;
    static const struct {
        const char *headers;
        uint8_t next;
        const char *extensions;
        uint32_t depth;
    } packets[] = {
        {ETH6, 44, "0600 0001 12345678 ", 0},
        {ETH6, 44, "3c00 0001 12345678 0600 010400000000 ", 0},
        {ETH6, 44, "3304 0001 12345678 0604 0000 00000001 00000002 000102030405060708090a0b ", 0},
        {ETH4 "ip4(41) ", 44, "0600 0001 12345678 ", 1},
        {ETH6 "ip6(44) 2900 0001 12345678 ", 6, "", 0},
        {IN_UDP("4789") "08000000 00000700 " ETH6 "ip6(44) 2900 0001 12345678 ", 6, "", 1},
    };
    const weir_decoding how = {.tunnels = WEIR_TUNNELS_ALL};
    for (size_t i = 0; i < sizeof packets / sizeof *packets; i++) {
        weir_decoded piece, joined;
        work.length = 0;
        frame_hex(&work, packets[i].headers);
        frame_ipv6(&work, packets[i].next, packets[i].extensions);
        frame_tcp(&work, "", "hello", 5);
        assert_int_equal(decode_into(&work, ETHERNET, &piece), WEIR_IGNORED_FRAGMENT);
        assert_int_equal(piece.depth, packets[i].depth);
        assert_int_equal(piece.fragment.family, 6);
        assert_int_equal(piece.fragment.id, 0x12345678);
        piece.fragment.more = 0;
        assert_int_equal(weir_decode_joined(&how, &piece.fragment, &joined), WEIR_DECODED);
        assert_ptr_equal(joined.segment.payload, work.bytes + work.payload);
        assert_int_equal(joined.segment.payload_bytes, 5);
        assert_memory_equal(joined.segment.source, work.bytes + work.ip + 8, 16);
        assert_int_equal(joined.segment.ip_id, 0);
    }
}

/* Depth counts through a join: what was too deep before it stays so. */
static void joining_does_not_make_deeper_ones_open(void **state)
{
    (void)state;
    const weir_decoding how = {.tunnels = WEIR_TUNNELS_ALL};
    weir_decoded piece, joined;
    situations_nest(WEIR_TUNNELS_DEEPEST + 1, &work);
    uint32_t ip = 14 + 20 * WEIR_TUNNELS_DEEPEST;
    frame_set16(&work, ip + 6, 0x2000);
    assert_int_equal(decode_into(&work, ETHERNET, &piece), WEIR_IGNORED_FRAGMENT);
    assert_int_equal(piece.fragment.depth, WEIR_TUNNELS_DEEPEST);
    piece.fragment.more = 0;
    assert_int_equal(weir_decode_joined(&how, &piece.fragment, &joined), WEIR_IGNORED_TUNNEL);
}

/* ──── which connections are the same ──── */

static weir_packet in_headers(const char *headers, const weir_segment *segment)
{
    static uint8_t plain[2000];
    weir_packet packet = wire_packet(segment, plain);
    work.length = 0;
    frame_hex(&work, headers);
    frame_add(&work, packet.data + 14, packet.captured_bytes - 14);
    frame_set_ip_length(&work);
    packet.data = work.bytes;
    packet.captured_bytes = packet.wire_bytes = work.length;
    return packet;
}

static void take(rig *r, const char *headers, uint32_t host, uint8_t flags, uint32_t seq,
                 const char *text)
{
    weir_segment segment = rig_segment(r, 0, host, flags, seq, text, (uint32_t)strlen(text));
    weir_packet packet = in_headers(headers, &segment);
    r->now_ns += WEIR_MILLISECOND;
    r->sent[0][host] = seq + (uint32_t)strlen(text) + ((flags & WEIR_TCP_SYN) != 0);
    assert_int_equal(weir_engine_packets(r->engine, ETHERNET, &packet, 1, NULL), WEIR_OK);
    assert_int_equal(weir_engine_check(r->engine), WEIR_OK);
}

/* A short connection, the client's way with these headers, the server's with those. */
static void talk(rig *r, const char *there, const char *back)
{
    take(r, there, C, SYN, 0, "");
    take(r, back, S, SYN | ACK, 0, "");
    take(r, there, C, ACK, 1, "question");
    take(r, back, S, ACK, 1, "answer");
}

static uint64_t connections_of(const char *const *headers, size_t count, uint8_t keyed)
{
    weir_engine_config config;
    rig r;
    weir_engine_config_init(&config);
    config.key_vlan = config.key_tunnel = keyed;
    rig_open(&r, NULL, &config, NULL, NULL);
    for (size_t i = 0; i < count; i++)
        take(&r, headers[i], C, SYN, 0, "");
    uint64_t connections = rig_stats(&r).connections_open;
    rig_close(&r);
    return connections;
}

/* Several merge them: VLANs and tunnels with equal addresses and ports inside. */
static void vlans_and_tunnels_with_equal_addresses_are_distinct(void **state)
{
    (void)state;
    static const char *const networks[] = {
        ETH4,
        FRAME_MACS "8100 0007 0800",
        FRAME_MACS "8100 0008 0800",
        FRAME_MACS "88a8 0007 8100 0008 0800",
        IN_UDP("4789") "08000000 00000700 " ETH4,
        IN_UDP("4789") "08000000 00000800 " ETH4,
        IN_UDP("4789") "08000000 00000000 " ETH4,
        IN_UDP("4789") "08000000 00000700 " FRAME_MACS "8100 0007 0800",
        FRAME_MACS "8100 0009 0800 ip4(17) udp(4789) 08000000 00000700 " ETH4,
        IN_UDP("6081") "0000 6558 00000700 " ETH4,
        IN_UDP("6081") "0000 0800 00000800 ",
        ETH4 "ip4(47) 2000 0800 00000007 ",
        ETH4 "ip4(47) 2000 0800 00000008 ",
        ETH4 "ip4(47) 2000 0800 00000000 ",
        ETH4 "ip4(47) 1000 88be 00000001 1005 0007 00000001 " ETH4,
        ETH4 "ip4(47) 1000 88be 00000001 1005 0008 00000001 " ETH4,
        IN_UDP("4789") "08000000 00000700 " IN_UDP("6081") "0000 0800 00000700 ",
        IN_UDP("6081") "0000 6558 00000700 " IN_UDP("4789") "08000000 00000700 " ETH4,
        IN_UDP("4789") "08000000 00000700 " IN_UDP("4789") "08000000 00000800 " ETH4,
        IN_UDP("4789") "08000000 00000800 " IN_UDP("4789") "08000000 00000700 " ETH4,
    };
    enum { NETWORKS = sizeof networks / sizeof *networks };
    assert_int_equal(connections_of(networks, NETWORKS, 1), NETWORKS);
    assert_int_equal(connections_of(networks, NETWORKS, 0), 1);
}

/* Tunnels without a number of their own leave no mark, nor do numbers that are each end's own. */
static void tunnels_without_a_network_are_no_other_place(void **state)
{
    (void)state;
    static const char *const ways[] = {
        ETH4,
        ETH4 "ip4(4) ",
        ETH6 "ip6(4) ",
        ETH4 "ip4(47) 0000 0800 ",
        ETH4 "ip4(47) 0000 6558 " ETH4,
        ETH4 "ip4(47) 1000 0800 00000005 ",
        IN_UDP("2152") "30ff len(-4) 00000007 ",
        IN_UDP("2152") "30ff len(-4) 00000008 ",
        ETH4 "ip4(47) 3001 880b len(-6) 0007 00000001 ff03 0021 ",
        IN_UDP("1701") "0002 0001 0002 ff03 0021 ",
        ETH4 "ip4(4) ip4(4) ",
    };
    assert_int_equal(connections_of(ways, sizeof ways / sizeof *ways, 1), 1);
}

/* Each end chooses its own TEID or call; answers to a balanced server come without the tunnel. */
static void both_ways_are_one_connection(void **state)
{
    (void)state;
    static const struct {
        const char *there, *back;
        uint64_t tunnelled;
    } pairs[] = {
        {IN_UDP("4789") "08000000 00000700 " ETH4, IN_UDP("4789") "08000000 00000700 " ETH4, 4},
        {IN_UDP("2152") "30ff len(-4) 00000007 ", IN_UDP("2152") "30ff len(-4) 00000107 ", 4},
        {ETH4 "ip4(47) 3001 880b len(-6) 0007 00000001 21 ",
         ETH4 "ip4(47) 3081 880b len(-10) 0008 00000009 00000001 21 ", 4},
        {IN_UDP("1701") "0002 0001 0002 21 ", IN_UDP("1701") "0002 0003 0004 21 ", 4},
        {ETH4 "ip4(4) ", ETH4, 2},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        rig r;
        rig_open(&r, NULL, NULL, NULL, NULL);
        talk(&r, pairs[i].there, pairs[i].back);
        weir_stats stats = rig_stats(&r);
        assert_int_equal(stats.connections, 1);
        assert_int_equal(stats.delivered_bytes, 14);
        assert_int_equal(stats.tcp_segments, 4);
        assert_int_equal(stats.tunnelled_segments, pairs[i].tunnelled);
        rig_close(&r);
    }
}

/* ──── pieces through an engine ──── */

typedef struct {
    uint8_t bytes[400];
    uint32_t length;
} bytes_of;

static void hand_in(rig *r, const bytes_of *packet)
{
    const weir_packet p = {.data = packet->bytes,
                           .time_ns = r->now_ns += WEIR_MILLISECOND,
                           .captured_bytes = packet->length,
                           .wire_bytes = packet->length};
    assert_int_equal(weir_engine_packets(r->engine, ETHERNET, &p, 1, NULL), WEIR_OK);
    assert_int_equal(weir_engine_check(r->engine), WEIR_OK);
}

/* One of two pieces of the IPv4 packet at `ip`, cut behind `first` bytes of payload. */
static bytes_of piece_of(const uint8_t *ip, uint32_t first, int is_second)
{
    bytes_of piece = {.length = 20};
    uint32_t payload = (uint32_t)ip[2] * 256 + ip[3] - 20;
    uint32_t from = is_second ? first : 0;
    uint32_t bytes = is_second ? payload - first : first;
    uint32_t place = is_second ? first / 8 : 0x2000;
    memcpy(piece.bytes, ip, 20);
    memcpy(piece.bytes + 20, ip + 20 + from, bytes);
    piece.length += bytes;
    piece.bytes[2] = 0;
    piece.bytes[3] = (uint8_t)piece.length;
    piece.bytes[6] = (uint8_t)(place >> 8);
    piece.bytes[7] = (uint8_t)place;
    return piece;
}

/* What stands before an IPv4 packet, and the packet. */
static bytes_of behind_headers(const char *headers, const bytes_of *packet)
{
    bytes_of out;
    work.length = 0;
    frame_hex(&work, headers);
    frame_add(&work, packet->bytes, packet->length);
    frame_set_ip_length(&work);
    memcpy(out.bytes, work.bytes, work.length);
    out.length = work.length;
    return out;
}

static bytes_of question(const rig *r)
{
    bytes_of out;
    uint8_t plain[400];
    weir_segment segment =
        rig_segment(r, 0, C, ACK, 1, "a question of 40 bytes, in two pieces...", 40);
    weir_packet packet = wire_packet(&segment, plain);
    out.length = packet.captured_bytes - 14;
    memcpy(out.bytes, packet.data + 14, out.length);
    return out;
}

static void expect_question(rig *r, uint64_t tunnelled)
{
    weir_stats stats = rig_stats(r);
    assert_int_equal(stats.connections, 1);
    assert_int_equal(stats.delivered_bytes, 40);
    assert_int_equal(stats.tunnelled_segments, tunnelled);
    rig_close(r);
}

static void pieces_in_a_tunnel_are_joined(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, NULL, NULL, NULL, NULL);
    take(&r, IN_UDP("4789") "08000000 00000700 " ETH4, C, SYN, 0, "");
    bytes_of whole = question(&r);
    for (int i = 0; i < 2; i++) {
        bytes_of piece = piece_of(whole.bytes, 32, i);
        bytes_of packet = behind_headers(IN_UDP("4789") "08000000 00000700 " ETH4, &piece);
        hand_in(&r, &packet);
    }
    expect_question(&r, 2);
}

static void pieces_of_a_tunnel_are_joined(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, NULL, NULL, NULL, NULL);
    take(&r, IN_UDP("4789") "08000000 00000700 " ETH4, C, SYN, 0, "");
    bytes_of whole = question(&r);
    bytes_of tunnel = behind_headers(IN_UDP("4789") "08000000 00000700 " ETH4, &whole);
    for (int i = 1; i >= 0; i--) { /* the second first */
        bytes_of piece = piece_of(tunnel.bytes + 14, 64, i);
        bytes_of packet = behind_headers(ETH4, &piece);
        hand_in(&r, &packet);
    }
    expect_question(&r, 2);
}

/* Pieces of tunnels with pieces in them: four packets. In another network the same is another. */
static void pieces_in_pieces_are_joined(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, NULL, NULL, NULL, NULL);
    take(&r, IN_UDP("4789") "08000000 00000700 " ETH4, C, SYN, 0, "");
    bytes_of whole = question(&r);
    for (int i = 0; i < 2; i++) {
        bytes_of inner = piece_of(whole.bytes, 32, i);
        bytes_of other = behind_headers(IN_UDP("4789") "08000000 00000800 " ETH4, &inner);
        bytes_of tunnel = behind_headers(IN_UDP("4789") "08000000 00000700 " ETH4, &inner);
        tunnel.bytes[14 + 5] = (uint8_t)i; /* identification */
        if (i == 0) hand_in(&r, &other);
        for (int k = 0; k < 2; k++) {
            bytes_of outer = piece_of(tunnel.bytes + 14, 40, k);
            bytes_of packet = behind_headers(ETH4, &outer);
            hand_in(&r, &packet);
        }
    }
    expect_question(&r, 2);
}

static void a_switch_of_the_engine_counts_packets(void **state)
{
    (void)state;
    weir_engine_config config;
    rig r;
    weir_engine_config_init(&config);
    config.tunnels = WEIR_TUNNELS_ALL & ~(UINT32_C(1) << WEIR_TUNNEL_VXLAN);
    rig_open(&r, NULL, &config, NULL, NULL);
    talk(&r, ETH4 "ip4(4) ", IN_UDP("4789") "08000000 00000700 " ETH4);
    weir_stats stats = rig_stats(&r);
    assert_int_equal(stats.ignored_packets[WEIR_IGNORED_TUNNEL], 2);
    assert_int_equal(stats.tunnelled_segments, 2);
    assert_int_equal(stats.delivered_bytes, 8);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_tunnel_leads_to_the_segment),
        cmocka_unit_test(what_is_no_tunnel_is_not_malformed),
        cmocka_unit_test(tunnels_nest_so_deep_and_no_deeper),
        cmocka_unit_test(each_tunnel_has_a_switch),
        cmocka_unit_test(switches_have_names_and_a_range),
        cmocka_unit_test(enclosing_lengths_clamp_what_is_inside),
        cmocka_unit_test(padding_inside_is_not_data),
        cmocka_unit_test(lengths_of_0_are_offload),
        cmocka_unit_test(mutated_tunnels_keep_the_invariants),
        cmocka_unit_test(a_tunnel_in_a_joined_packet_is_opened),
        cmocka_unit_test(a_piece_in_a_tunnel_knows_the_tunnel),
        cmocka_unit_test(pieces_of_ipv6_are_read_on),
        cmocka_unit_test(joining_does_not_make_deeper_ones_open),
        cmocka_unit_test(vlans_and_tunnels_with_equal_addresses_are_distinct),
        cmocka_unit_test(tunnels_without_a_network_are_no_other_place),
        cmocka_unit_test(both_ways_are_one_connection),
        cmocka_unit_test(pieces_in_a_tunnel_are_joined),
        cmocka_unit_test(pieces_of_a_tunnel_are_joined),
        cmocka_unit_test(pieces_in_pieces_are_joined),
        cmocka_unit_test(a_switch_of_the_engine_counts_packets),
    };
    return cmocka_run_group_tests_name("tunnels", tests, NULL, NULL);
}
