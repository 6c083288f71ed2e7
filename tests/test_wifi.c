/* SPDX-License-Identifier: MIT */
/*
 * 802.11 and what capture systems put before packets: every way to a packet, what is none, and the
 * checksum at a frame's end. See support/situations.h for the ways.
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

enum { WIFI = 105, PRISM = 119, RADIOTAP = 127, AVS = 163, PPI = 192, NFLOG = 239 };

#define ADDRESSES "0000 020000000003 020000000001 020000000002 "
#define SNAP4     "aaaa03 000000 0800 "
#define IP4       "45000028 00010000 40060000 0a000001 0a000002 "
#define TCP       "12340050 00000001 00000002 50180200 00000000 "
#define DATA      "0801 " ADDRESSES "0010 "
#define QOS       "8801 " ADDRESSES "0010 "
#define PACKET    SNAP4 IP4 TCP

static frame work;

static void each_radio_and_capture_header_leads_to_the_segment(void **state)
{
    (void)state;
    lens_check_situations(situations_wireless, situations_count(situations_wireless));
}

static const struct {
    const char *name;
    int link;
    const char *bytes;
    const char *line;
} strangers[] = {
    {"802.11, beacon", WIFI, "8000 " ADDRESSES "0010 0011223344556677 6400 0100", "not_ip"},
    {"802.11, acknowledgement", WIFI, "d400 0000 020000000001", "not_ip"},
    {"802.11, null", WIFI, "4801 " ADDRESSES "0010 " PACKET, "not_ip"},
    {"802.11, QoS null", WIFI, "c801 " ADDRESSES "0010 0000 " PACKET, "not_ip"},
    {"802.11, another version", WIFI, "0901 " ADDRESSES "0010 " PACKET, "not_ip"},
    {"802.11, extension frame", WIFI, "0c01 " ADDRESSES "0010 " PACKET, "not_ip"},
    {"802.11, first piece", WIFI, "0805 " ADDRESSES "0010 " PACKET, "not_ip"},
    {"802.11, last piece", WIFI, "0801 " ADDRESSES "0110 " PACKET, "not_ip"},
    {"802.11, protected", WIFI, "0841 " ADDRESSES "0010 0100002000000000 5dc4a1f0 99e2 0b7c",
     "encrypted"},
    {"802.11, QoS, protected", WIFI,
     "8841 " ADDRESSES "0010 0000 0100002000000000 5dc4a1f0 99e2 0b7c", "encrypted"},
    {"802.11, protected and nothing there", WIFI, "0841 " ADDRESSES "0010 ", "encrypted"},
    {"802.11, protected, another organization", WIFI,
     "0841 " ADDRESSES "0010 aaaa03 00000c 0800 0000 0000", "encrypted"},
    {"802.11, aggregate of two", WIFI,
     QOS "8000 020000000002 020000000001 0030 " PACKET "020000000002 020000000001 0030 " PACKET,
     "segment"},
    {"802.11, aggregate, protected", WIFI, "8841 " ADDRESSES "0010 8000 " PACKET PACKET,
     "encrypted"},
    {"802.11, aggregate that is not there", WIFI, QOS "8000 020000000002 0200", "malformed"},
    {"802.11, ARP", WIFI, DATA "aaaa03 000000 0806 0001", "not_ip"},
    {"802.11, no SNAP", WIFI, DATA "424203 0000", "not_ip"},
    {"radiotap, another version", RADIOTAP, "01 00 0800 00000000 " DATA PACKET, "malformed"},
    {"radiotap, shorter than it is", RADIOTAP, "00 00 0700 00000000 " DATA PACKET, "malformed"},
    {"radiotap, longer than the frame", RADIOTAP, "00 00 ff00 00000000 " DATA PACKET, "malformed"},
    {"radiotap, damaged", RADIOTAP, "00 00 0900 02000000 40 " DATA PACKET, "malformed"},
    {"radiotap, FCS of nothing", RADIOTAP, "00 00 0900 02000000 10 0000 00", "malformed"},
    {"radiotap, flags beyond its end", RADIOTAP, "00 00 0800 02000000 " DATA PACKET, "segment"},
    {"radiotap, words without end", RADIOTAP, "00 00 1000 02000080 02000080 02000080 " DATA PACKET,
     "segment"},
    {"PPI, damaged", PPI,
     "00 00 2000 69000000 0200 1400 0011223344556677 0500 0000 00000000 00000000 " DATA PACKET,
     "malformed"},
    {"PPI, received with errors", PPI,
     "00 00 2000 69000000 0200 1400 0011223344556677 0800 0000 00000000 00000000 " DATA PACKET,
     "malformed"},
    {"PPI, fields aligned", PPI,
     "00 01 2800 69000000 0100 0300 010203 00 0200 1400 0011223344556677 0400 0000 00000000 "
     "00000000 " DATA PACKET,
     "malformed"},
    {"PPI, a field cut short", PPI,
     "00 00 1800 69000000 0200 1400 0011223344556677 0400 0000 " DATA PACKET, "segment"},
    {"PPI, a link type beyond 16 bits", PPI, "00 00 0800 69000100 " DATA PACKET, "not_ip"},
    {"PPI, a link type that nobody knows", PPI, "00 00 0800 93000000 " DATA PACKET, "not_ip"},
    {"PPI, shorter than it is", PPI, "00 00 0700 69000000 " DATA PACKET, "malformed"},
    {"PPI without end", PPI,
     "00000800c0000000 00000800c0000000 00000800c0000000 00000800c0000000 00000800c0000000 "
     "00000800c0000000 00000800c0000000 00000800c0000000 00000800c0000000 00000800c0000000 "
     "00000800c0000000 00000800c0000000 00000800c0000000 0000080065000000 " IP4 TCP,
     "not_ip"},
    {"Prism, shorter than it is", PRISM, "44000000 07000000 " DATA PACKET, "malformed"},
    {"Prism, longer than the frame", PRISM, "44000000 ff000000 " DATA PACKET, "malformed"},
    {"AVS without its mark", AVS, "44000000 08000000 " DATA PACKET, "not_ip"},
    {"NFLOG, another family", NFLOG, "07 00 0001 2c00 0900 " IP4 TCP, "not_ip"},
    {"NFLOG, another version", NFLOG, "02 01 0001 2c00 0900 " IP4 TCP, "not_ip"},
    {"NFLOG, no packet", NFLOG, "02 00 0001 0800 0100 08000300", "not_ip"},
    {"NFLOG, attribute shorter than it is", NFLOG, "02 00 0001 0300 0100 0800 2c00 0900 " IP4 TCP,
     "malformed"},
    {"NFLOG, attribute longer than all", NFLOG, "02 00 0001 ff00 0100 0800 2c00 0900 " IP4 TCP,
     "malformed"},
    {"NFLOG, half an attribute", NFLOG, "02 00 0001 0800", "malformed"},
    {"NFLOG, attribute flags", NFLOG, "02 00 0001 2c00 0980 " IP4 TCP, "segment"},
    {"PKTAP, no packet", 258, "0c000000 00000000 65000000 " IP4 TCP, "not_ip"},
    {"PKTAP, shorter than it is", 258, "0b000000 01000000 65000000 " IP4 TCP, "malformed"},
    {"PKTAP, longer than the frame", 258, "ffffffff 01000000 65000000 " IP4 TCP, "malformed"},
    {"PKTAP, a link type that nobody knows", 258, "0c000000 01000000 ffffffff " IP4 TCP, "not_ip"},
    {"PFLOG, another family", 117, "08 01 0000 656d3000 " IP4 TCP, "not_ip"},
    {"PFLOG of length 0", 117, "00 02 0000 656d3000 " IP4 TCP, "malformed"},
    {"enc, another family", 109, "01000000 00001000 00000000 " IP4 TCP, "not_ip"},
    {"netANALYZER, nothing but its header", 240, "00000000 0000", "malformed"},
};

static void what_is_not_opened_is_counted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        work.length = 0;
        frame_hex(&work, strangers[i].bytes);
        const char *line = lens_decode(strangers[i].link, &work);
        if (line[0] == '4') line = "segment";
        if (strcmp(line, strangers[i].line) != 0) print_error("%s\n", strangers[i].name);
        assert_string_equal(line, strangers[i].line);
        for (uint32_t cut = 0; cut < work.length; cut++) {
            line = lens_decode_as(strangers[i].link, &work, cut, work.length, WEIR_CHECKSUM_OFF);
            if (line[0] == '4') line = "segment";
            if (strcmp(line, "truncated_header") == 0) continue;
            if (strcmp(line, strangers[i].line) != 0) print_error("%s\n", strangers[i].name);
            assert_string_equal(line, strangers[i].line);
        }
    }
}

/* Where a capture says that frames end with their checksum, it is no payload even if the IP length
 * claims more. */
static void the_checksum_at_the_end_is_not_data(void **state)
{
    (void)state;
    static const struct {
        int link;
        const char *headers;
        const char *tail;
    } frames[] = {
        {WIFI, DATA SNAP4, " | 9/9 hello"},
        {RADIOTAP, "00 00 0900 02000000 00 " DATA SNAP4, " | 9/9 hello"},
        {RADIOTAP, "00 00 0900 02000000 10 " DATA SNAP4, " | 5/5 hello"},
        {RADIOTAP, "00 00 1900 03000000 00000000 00000000 0011223344556677 10 " DATA SNAP4,
         " | 9/9"},
        {RADIOTAP, "00 00 1100 03000000 0011223344556677 10 " DATA SNAP4, " | 5/5 hello"},
        {PPI,
         "00 00 2000 69000000 0200 1400 0011223344556677 0100 0000 00000000 00000000 " DATA SNAP4,
         " | 5/5 hello"},
        {240, "00000000 " FRAME_MACS "0800 ", " | 5/5 hello"},
    };
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        work.length = 0;
        frame_hex(&work, frames[i].headers);
        frame_ipv4(&work, FRAME_TCP, "");
        frame_tcp(&work, "", "hello", 5);
        frame_add(&work, "FCS!", 4);
        frame_set16(&work, work.ip + 2, 1500);
        const char *line =
            lens_decode_as(frames[i].link, &work, work.length, work.length, WEIR_CHECKSUM_OFF);
        const char *tail = strstr(line, " | ");
        assert_non_null(tail);
        assert_memory_equal(tail, frames[i].tail, strlen(frames[i].tail));
    }
}

/* ──── aggregates ──── */

static uint32_t starts[3]; /* where the packets of compose_three begin */

static int decode_first(uint32_t captured, weir_decoded *decoded)
{
    const weir_decoding how = {.tunnels = WEIR_TUNNELS_ALL};
    const weir_packet packet = {
        .data = work.bytes, .captured_bytes = captured, .wire_bytes = work.length};
    return weir_decode_packet(&how, WIFI, &packet, decoded);
}

static int decode_next(uint32_t captured, weir_decoded *decoded)
{
    const weir_decoding how = {.tunnels = WEIR_TUNNELS_ALL};
    const weir_rest rest = decoded->rest;
    const weir_packet packet = {
        .data = work.bytes, .captured_bytes = captured, .wire_bytes = work.length};
    assert_true(rest.data >= work.bytes && rest.data + rest.bytes == work.bytes + captured);
    return weir_decode_rest(&how, &packet, &rest, decoded);
}

/* A packet with its header, padded; its payload counts from `seq`. */
static void add_aggregated(const rig *r, uint32_t seq, const char *text)
{
    uint8_t plain[200];
    weir_segment segment = rig_segment(r, 0, C, ACK, seq, text, (uint32_t)strlen(text));
    weir_packet packet = wire_packet(&segment, plain);
    uint32_t at = work.length;
    frame_hex(&work, FRAME_MACS "0000 " SNAP4);
    frame_add(&work, packet.data + 14, packet.captured_bytes - 14);
    frame_set16(&work, at + 12, work.length - at - 14);
    while ((work.length - at) % 4 != 0)
        frame_add(&work, "", 1);
}

static void compose_three(const rig *r)
{
    work.length = 0;
    frame_hex(&work, QOS "8000 ");
    starts[0] = work.length;
    add_aggregated(r, 1, "one ");
    starts[1] = work.length;
    add_aggregated(r, 5, "three");
    starts[2] = work.length;
    add_aggregated(r, 10, "packets");
}

static void all_packets_of_an_aggregate_are_taken(void **state)
{
    (void)state;
    rig r;
    uint8_t verdict;
    rig_open(&r, NULL, NULL, NULL, NULL);
    rig_send(&r, 0, C, SYN, 0, "");
    compose_three(&r);
    weir_packet packet = {.data = work.bytes,
                          .time_ns = r.now_ns,
                          .captured_bytes = work.length,
                          .wire_bytes = work.length};
    assert_int_equal(weir_engine_packets(r.engine, WIFI, &packet, 1, &verdict), WEIR_OK);
    assert_int_equal(weir_engine_check(r.engine), WEIR_OK);
    assert_int_equal(verdict, WEIR_PACKET_DELIVERED);
    assert_int_equal(rig_stats(&r).packets, 4);
    assert_int_equal(rig_stats(&r).tcp_segments, 4);
    assert_int_equal(rig_stats(&r).delivered_bytes, 16);
    rig_close(&r);
}

/* Closed by its own first packet: the others are those of a closed connection. */
static void close_it(void *user, weir_conn *conn, weir_direction direction, const weir_span *spans,
                     size_t count)
{
    (void)user, (void)direction, (void)spans, (void)count;
    weir_conn_close(conn);
}

static void a_callback_may_close_what_an_aggregate_goes_on_with(void **state)
{
    (void)state;
    rig r;
    weir_callbacks callbacks;
    weir_callbacks_init(&callbacks);
    callbacks.on_data = close_it;
    rig_open(&r, NULL, NULL, &callbacks, NULL);
    rig_send(&r, 0, C, SYN, 0, "");
    compose_three(&r);
    weir_packet packet = {.data = work.bytes,
                          .time_ns = r.now_ns,
                          .captured_bytes = work.length,
                          .wire_bytes = work.length};
    assert_int_equal(weir_engine_packets(r.engine, WIFI, &packet, 1, NULL), WEIR_OK);
    assert_int_equal(weir_engine_check(r.engine), WEIR_OK);
    assert_int_equal(rig_stats(&r).delivered_bytes, 4);
    assert_int_equal(rig_stats(&r).discarded_bytes[WEIR_DISCARDED_CLOSED], 12);
    rig_close(&r);
}

/* The packets that are whole, then what the cut left of one, then refusals. */
static void aggregates_cut_at_every_byte(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {4, 5, 7};
    rig r;
    rig_open(&r, NULL, NULL, NULL, NULL);
    compose_three(&r);
    for (uint32_t captured = 1; captured <= work.length; captured++) {
        weir_decoded decoded;
        int cut = 0;
        int cause = decode_first(captured, &decoded);
        for (uint32_t i = 0; i < 3; i++) {
            if (i > 0 && decoded.rest.data == NULL) break;
            if (i > 0) {
                uint32_t left = decoded.rest.bytes + decoded.rest.missing;
                assert_int_equal(left, work.length - starts[i]);
                cause = decode_next(captured, &decoded);
            }
            if (cut || cause != WEIR_DECODED) {
                assert_int_equal(cause, WEIR_IGNORED_TRUNCATED_HEADER);
                cut = 1;
                continue;
            }
            assert_int_equal(decoded.segment.wire_bytes, sizes[i]);
            if (decoded.segment.payload_bytes < sizes[i]) cut = 1;
        }
        assert_null(decoded.rest.data);
        if (captured == work.length) assert_false(cut);
    }
    rig_close(&r);
}

/* Captures without a word about it have the FCS too: what is no packet is none. */
static void an_aggregate_may_be_padded(void **state)
{
    (void)state;
    for (uint32_t extra = 0; extra <= 20; extra++) {
        weir_decoded decoded;
        work.length = 0;
        frame_hex(&work, QOS "8000 020000000002 020000000001 0035 " SNAP4);
        frame_ipv4(&work, FRAME_TCP, "");
        frame_tcp(&work, "", "hello", 5);
        for (uint32_t i = 0; i < extra; i++)
            frame_add(&work, "", 1);
        assert_string_equal(lens_decode(WIFI, &work), lens_line(4, 0, 5, "hello"));
        assert_int_equal(decode_first(work.length, &decoded), WEIR_DECODED);
        int is_more = 14 + 0x35 + extra >= 68 + 14; /* 68: padded to a multiple of 4 */
        assert_int_equal(decoded.rest.data != NULL, is_more);
    }
}

static void an_aggregate_has_so_many_packets_and_no_more(void **state)
{
    (void)state;
    weir_decoded decoded;
    uint32_t count = 1;
    work.length = 0;
    frame_hex(&work, QOS "8000 ");
    for (uint32_t i = 0; i < 2 * WEIR_AGGREGATE_MOST; i++)
        frame_hex(&work, FRAME_MACS "0000 0000 "); /* empty, padded */
    assert_int_equal(decode_first(work.length, &decoded), WEIR_IGNORED_MALFORMED);
    while (count < WEIR_AGGREGATE_MOST) {
        assert_int_equal(decode_next(work.length, &decoded), WEIR_IGNORED_MALFORMED);
        count++;
    }
    assert_int_equal(decode_next(work.length, &decoded), WEIR_IGNORED_NOT_IP);
    assert_null(decoded.rest.data);
}

/* Who heard no acknowledgement sends the frame again: the same packet, with a bit set. */
static void a_frame_sent_again_is_the_same_packet(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, NULL, NULL, NULL, NULL);
    work.length = 0;
    frame_hex(&work, DATA SNAP4);
    frame_ipv4(&work, FRAME_TCP, "");
    frame_tcp(&work, "0101 080a 00000064 000000c8", "hello", 5);
    for (uint64_t i = 0; i < 3; i++) {
        const weir_packet packet = {.data = work.bytes,
                                    .time_ns = WEIR_SECOND + i * WEIR_MILLISECOND,
                                    .captured_bytes = work.length,
                                    .wire_bytes = work.length};
        assert_int_equal(weir_engine_packets(r.engine, WIFI, &packet, 1, NULL), WEIR_OK);
        assert_int_equal(weir_engine_check(r.engine), WEIR_OK);
        work.bytes[1] |= 0x08;
    }
    assert_int_equal(weir_engine_flush(r.engine), WEIR_OK);
    assert_int_equal(rig_stats(&r).duplicate_packets, 2);
    assert_int_equal(rig_stats(&r).retransmitted_segments, 0);
    assert_int_equal(rig_stats(&r).delivered_bytes, 5);
    rig_close(&r);
}

static void mutated_frames_keep_the_invariants(void **state)
{
    (void)state;
    lens_check_mutated(situations_wireless, situations_count(situations_wireless), 200000,
                       20240302);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_radio_and_capture_header_leads_to_the_segment),
        cmocka_unit_test(what_is_not_opened_is_counted),
        cmocka_unit_test(the_checksum_at_the_end_is_not_data),
        cmocka_unit_test(all_packets_of_an_aggregate_are_taken),
        cmocka_unit_test(a_callback_may_close_what_an_aggregate_goes_on_with),
        cmocka_unit_test(aggregates_cut_at_every_byte),
        cmocka_unit_test(an_aggregate_may_be_padded),
        cmocka_unit_test(an_aggregate_has_so_many_packets_and_no_more),
        cmocka_unit_test(a_frame_sent_again_is_the_same_packet),
        cmocka_unit_test(mutated_frames_keep_the_invariants),
    };
    return cmocka_run_group_tests_name("wifi", tests, NULL, NULL);
}
