/* SPDX-License-Identifier: MIT */
/*
 * Filters and what they do not see: VLAN tags, and pieces of IP packets, which have no ports.
 */
#include "support/tool.h"

#include "support/composed.h"
#include "support/tagged.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

enum { HEADERS = TAGGED_ETHERNET_BYTES + TAGGED_IP_BYTES };

/* ── Packets ─────────────────────────────────────────────────────────────────────────────────── */

static void put(composed *f, const void *bytes, uint32_t count)
{
    composed_record(f, 1, 0, count, count);
    composed_put(f, bytes, count);
}

static void put_tagged(composed *f, uint16_t port, uint32_t tags)
{
    uint8_t frame[TAGGED_FRAME_BYTES];
    put(f, frame, tagged_frame(frame, port, tags));
}

/* The same packet in two pieces: TCP's header and the first 4 bytes, then the rest. */
static void put_pieces(composed *f, uint16_t port)
{
    uint8_t frame[TAGGED_FRAME_BYTES], piece[TAGGED_FRAME_BYTES];
    const uint32_t whole = tagged_frame(frame, port, 0) - HEADERS, first = 24;
    for (uint32_t i = 0; i < 2; i++) {
        const uint32_t at = i * first, bytes = i == 0 ? first : whole - first;
        memcpy(piece, frame, HEADERS);
        memcpy(piece + HEADERS, frame + HEADERS + at, bytes);
        piece[TAGGED_ETHERNET_BYTES + 2] = 0;
        piece[TAGGED_ETHERNET_BYTES + 3] = (uint8_t)(TAGGED_IP_BYTES + bytes);
        piece[TAGGED_ETHERNET_BYTES + 5] = 77;
        piece[TAGGED_ETHERNET_BYTES + 6] = i == 0 ? 0x20 : 0;
        piece[TAGGED_ETHERNET_BYTES + 7] = (uint8_t)(at / 8);
        put(f, piece, HEADERS + bytes);
    }
}

static composed begin(void)
{
    composed f = {malloc(COMPOSED_MAX), 0, false};
    assert_non_null(f.bytes);
    composed_pcap(&f, 0xa1b2c3d4, 4, 1);
    return f;
}

static void save(composed *f, const char *path)
{
    tool_write(path, f->bytes, f->size);
    free(f->bytes);
}

/* What the summary says of `key`. */
static int64_t number(const tool_place *place, const char *line, const char *key)
{
    tool_result result = tool_run(place, NULL, line);
    const char *summary = strstr(result.out, "{\"type\":\"summary\"");
    int64_t value;
    if (result.exit_code != 0) fail_msg("weir %s: %s", line, result.err);
    assert_non_null(summary);
    value = tool_number(summary, key);
    tool_free(&result);
    return value;
}

static void expect_advice(const tool_place *place, const char *line, const char *advice, bool there)
{
    tool_result result = tool_run(place, NULL, line);
    if (result.exit_code != 0 || (strstr(result.out, advice) != NULL) != there)
        fail_msg("weir %s: %s%s", line, result.err, result.out);
    tool_free(&result);
}

/* ── VLAN tags ───────────────────────────────────────────────────────────────────────────────── */

static void tags_are_looked_behind(void **state)
{
    const tool_place *place = *state;
    composed f = begin();
    for (uint32_t tags = 0; tags < 3; tags++) {
        put_tagged(&f, 80, tags);
        put_tagged(&f, 81, tags);
    }
    save(&f, tool_path(place, "t"));
    assert_int_equal(number(place, "run -r @/t --jsonl tcp port 80", "packets"), 1);
    assert_int_equal(number(place, "run -r @/t --jsonl --vlan tcp port 80", "packets"), 3);
    assert_int_equal(number(place, "run -r @/t --jsonl --vlan tcp port 80", "connections"), 3);
    assert_int_equal(number(place, "run -r @/t --jsonl --vlan port 80 or port 81", "packets"), 6);
    assert_int_equal(number(place, "run -r @/t --jsonl --vlan port 82", "packets"), 0);
    assert_int_equal(number(place, "run -r @/t --jsonl --vlan not port 80", "delivered_bytes"),
                     3 * TAGGED_PAYLOAD_BYTES);
}

/* Raw IP has no tags, and libpcap no word for them there: the filter is taken as it is. */
static void links_without_tags_keep_their_filter(void **state)
{
    const tool_place *place = *state;
    uint8_t frame[TAGGED_FRAME_BYTES];
    composed f = {malloc(COMPOSED_MAX), 0, false};
    assert_non_null(f.bytes);
    composed_pcap(&f, 0xa1b2c3d4, 4, 101);
    for (uint16_t port = 80; port < 82; port++) {
        const uint32_t bytes = tagged_frame(frame, port, 0);
        put(&f, frame + TAGGED_ETHERNET_BYTES, bytes - TAGGED_ETHERNET_BYTES);
    }
    save(&f, tool_path(place, "raw"));
    assert_int_equal(number(place, "run -r @/raw --jsonl --vlan port 80", "packets"), 1);
}

/* Found before the first file is read, not in the middle of a long run. */
static void a_filter_must_fit_all_links(void **state)
{
    const tool_place *place = *state;
    uint8_t frame[TAGGED_FRAME_BYTES];
    composed f = begin(), raw = {malloc(COMPOSED_MAX), 0, false};
    const uint32_t bytes = tagged_frame(frame, 80, 0) - TAGGED_ETHERNET_BYTES;
    char *metrics;
    assert_non_null(raw.bytes);
    put_tagged(&f, 80, 0);
    save(&f, tool_path(place, "t"));
    composed_pcap(&raw, 0xa1b2c3d4, 4, 101);
    composed_record(&raw, 2, 0, bytes, bytes);
    composed_put(&raw, frame + TAGGED_ETHERNET_BYTES, bytes);
    save(&raw, tool_path(place, "raw"));
    assert_int_equal(number(place, "run -r @/t -r @/raw --jsonl port 80", "packets"), 2);
    tool_expect(place, "run -r @/t -r @/raw --metrics @/m ether host 00:00:00:00:00:01", 2,
                "on link type RAW (101): ");
    metrics = tool_read(tool_path(place, "m"), NULL);
    assert_non_null(strstr(metrics, "\nweir_read_packets_total 0\n"));
    free(metrics);
}

static void what_cannot_be_rewritten_is_said(void **state)
{
    const tool_place *place = *state;
    composed f = begin();
    put_tagged(&f, 80, 1);
    put_tagged(&f, 80, 1);
    save(&f, tool_path(place, "t"));
    tool_expect(place, "run -r @/t --vlan", 2, "about a filter");
    tool_expect(place, "run -r @/t --vlan vlan 9 and port 80", 2, "says 'vlan' itself");
    tool_expect(place, "run -r @/t --vlan pppoes and port 80", 2, "says 'pppoes' itself");
    tool_expect(place, "run -r @/t --vlan port", 2, "filter 'port':");
    tool_expect(place, "run -r @/t --vlan host vlan-9.example.invalid", 2, "filter 'host vlan-9");
    assert_int_equal(mkfifo(tool_path(place, "pipe"), 0600), 0); /* not to be opened */
    tool_expect(place, "run -r @/t @/pipe", 2, "pipe is a file: to read it, give it a -r");
    expect_advice(place, "run -r @/t port 80", "2 of them have VLAN tags: try --vlan", true);
    expect_advice(place, "run -r @/t --vlan port 81", "try --vlan", false);
    expect_advice(place, "run -r @/t --vlan port 81", "None of 2 packets passed the filter", true);
}

/* ── Pieces ──────────────────────────────────────────────────────────────────────────────────── */

static void filters_by_port_lose_pieces(void **state)
{
    const char *advice = "without the others, which have no ports for the filter";
    const tool_place *place = *state;
    composed f = begin();
    put_pieces(&f, 80);
    put_tagged(&f, 80, 0);
    put_tagged(&f, 81, 0);
    save(&f, tool_path(place, "p"));
    expect_advice(place, "run -r @/p port 80", advice, true);
    expect_advice(place, "run -r @/p", advice, false);
    expect_advice(place, "run -r @/p port 81", advice, false); /* not of what was asked for */
    assert_int_equal(
        number(place, "run -r @/p --jsonl 'port 80 or (ip[6:2] & 0x1fff != 0) or ip6[6] = 44'",
               "tcp_segments"),
        2);
    expect_advice(place, "run -r @/p 'port 80 or (ip[6:2] & 0x1fff != 0) or ip6[6] = 44'", advice,
                  false);
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, tool_setup, tool_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(tags_are_looked_behind),      ROW(links_without_tags_keep_their_filter),
        ROW(a_filter_must_fit_all_links), ROW(what_cannot_be_rewritten_is_said),
        ROW(filters_by_port_lose_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
