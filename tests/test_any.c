/* SPDX-License-Identifier: MIT */
/*
 * What the `any` device shows of a transfer over a bridge, through weir run and weir cat: each packet
 * two or three times, on other interfaces and in other orders, every checksum wrong, 64 KB segments,
 * IP lengths of 0. The bytes are exact, there is no hole, and copies are told from retransmissions.
 */
#include "support/tool.h"

#include "support/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "weir/weir.h"

enum {
    SLL2 = 276,
    SLL2_BYTES = 20,
    ETHERNET_BYTES = 14,
    MSS = 65160,
    SEGMENTS = 60,
    TOTAL = MSS * SEGMENTS,
    ALL = -1
};

/* ── The capture ─────────────────────────────────────────────────────────────────────────────── */

typedef struct film {
    FILE *file;
    uint8_t *content;
    uint8_t *frame;
    uint64_t now_us;
    uint32_t shown; /* packets, copies counted */
    uint32_t ip_id;
} film;

static void put(film *f, const void *bytes, size_t count)
{
    assert_int_equal(fwrite(bytes, 1, count, f->file), count);
}

static void put32(film *f, uint32_t value)
{
    put(f, &value, 4); /* a file in the machine's own order */
}

static film begin(const char *path)
{
    film f = {fopen(path, "wb"), malloc(TOTAL), malloc(WIRE_HEADER_BYTES + MSS), 1000000, 0, 0};
    uint32_t random = 7;
    assert_true(f.file && f.content && f.frame);
    for (size_t i = 0; i < TOTAL; i++) {
        random = random * 1664525 + 1013904223;
        f.content[i] = (uint8_t)(random >> 24);
    }
    put32(&f, 0xa1b2c3d4);
    put32(&f, 4 << 16 | 2);
    put32(&f, 0);
    put32(&f, 0);
    put32(&f, 262144);
    put32(&f, SLL2);
    return f;
}

static void end(film *f)
{
    assert_int_equal(fclose(f->file), 0);
    free(f->frame);
}

/* Shows a packet once more: `copy` is where. */
static void show(film *f, const weir_segment *s, uint32_t copy)
{
    const weir_packet packet = wire_packet(s, f->frame);
    const uint32_t bytes = packet.captured_bytes - ETHERNET_BYTES;
    uint8_t *ip = f->frame + ETHERNET_BYTES;
    const uint8_t head[SLL2_BYTES] = {
        8, 0, 0, 0, 0, 0, 0, (uint8_t)(2 + copy), 0, 1, copy ? 4 : 3, 6, 2, 0, 0, 0, 0, 1, 0, 0};
    if (s->payload_bytes > 1448)
        ip[2] = ip[3] = 0; /* not cut to size yet: the length is not known */
    ip[8] = (uint8_t)(64 - copy);
    ip[20 + 16] = 0xde; /* a checksum that the network card was to compute */
    ip[20 + 17] = 0xad;
    put32(f, (uint32_t)(f->now_us / 1000000));
    put32(f, (uint32_t)(f->now_us % 1000000));
    put32(f, SLL2_BYTES + bytes);
    put32(f, SLL2_BYTES + bytes);
    put(f, head, sizeof head);
    put(f, ip, bytes);
    f->now_us += 3;
    f->shown++;
}

static weir_segment segment(film *f, int from_server, uint8_t flags)
{
    static const uint8_t client[4] = {10, 0, 0, 1}, server[4] = {10, 0, 0, 2};
    weir_segment s;
    memset(&s, 0, sizeof s);
    s.family = 4;
    s.flags = flags;
    s.window = 65535;
    s.source_port = from_server ? 80 : 40000;
    s.destination_port = from_server ? 40000 : 80;
    memcpy(s.source, from_server ? server : client, 4);
    memcpy(s.destination, from_server ? client : server, 4);
    s.ip_id = ++f->ip_id;
    return s;
}

static weir_segment data(film *f, uint32_t number)
{
    weir_segment s = segment(f, 1, WEIR_TCP_ACK);
    s.seq = 5001 + number * MSS;
    s.ack = 1001;
    s.payload = f->content + (size_t)number * MSS;
    s.payload_bytes = s.wire_bytes = MSS;
    return s;
}

static weir_segment acknowledgement(film *f, uint32_t segments)
{
    weir_segment s = segment(f, 0, WEIR_TCP_ACK);
    s.seq = 1001;
    s.ack = 5001 + segments * MSS;
    return s;
}

static void show_all(film *f, const weir_segment *s, uint32_t copies)
{
    for (uint32_t copy = 0; copy < copies; copy++)
        show(f, s, copy);
}

static void handshake(film *f, uint32_t copies)
{
    weir_segment syn = segment(f, 0, WEIR_TCP_SYN),
                 answer = segment(f, 1, WEIR_TCP_SYN | WEIR_TCP_ACK);
    weir_segment last;
    syn.seq = 1000;
    answer.seq = 5000;
    answer.ack = 1001;
    show_all(f, &syn, copies);
    show_all(f, &answer, copies);
    last = acknowledgement(f, 0);
    show_all(f, &last, copies);
}

/* An order in which the copies of some segments come: pairs of letter and number, "a0a1b0b1". */
static void transfer(film *f, const char *order, uint32_t group, uint32_t copies)
{
    handshake(f, copies);
    for (uint32_t at = 0; at < SEGMENTS; at += group) {
        weir_segment group_of[4], back;
        for (uint32_t i = 0; i < group; i++)
            group_of[i] = data(f, at + i);
        for (const char *o = order; *o; o += 2)
            show(f, &group_of[o[0] - 'a'], (uint32_t)(o[1] - '0'));
        back = acknowledgement(f, at + group);
        show_all(f, &back, copies);
    }
}

/* ── What weir makes of it ───────────────────────────────────────────────────────────────────── */

/* The summary of a run. Free it. */
static char *run(const tool_place *place, const char *line)
{
    tool_result result = tool_run(place, NULL, line);
    char *summary = strstr(result.out, "{\"type\":\"summary\"");
    if (result.exit_code != 0 || result.err[0] || !summary)
        fail_msg("weir %s: exit %d: %s", line, result.exit_code, result.err);
    if (summary) memmove(result.out, summary, strlen(summary) + 1);
    free(result.err);
    return result.out;
}

static void bytes_are_exact(const tool_place *place, const uint8_t *content, const char *to)
{
    char line[128], name[128];
    size_t size;
    char *bytes;
    snprintf(line, sizeof line, "cat -r @/any -o @/%s", to);
    tool_expect(place, line, 0, "; 0 B missing");
    snprintf(name, sizeof name, "%s/10.0.0.1.40000-10.0.0.2.80-1.s2c", to);
    bytes = tool_read(tool_path(place, name), &size);
    assert_int_equal(size, TOTAL);
    assert_memory_equal(bytes, content, TOTAL);
    free(bytes);
}

static void copies_are_no_retransmissions(void **state)
{
    static const struct {
        const char *order;
        uint32_t group, copies;
        int64_t duplicates; /* ALL: of each packet all but one */
    } rows[] = {
        {"a0a1", 1, 2, ALL},         /* in turn */
        {"a0a1a2", 1, 3, ALL},       /* bridge, its port, the guest's end */
        {"a0b0a1b1", 2, 2, ALL},     /* the copies lag by one */
        {"a0b0b1a1", 2, 2, ALL},     /* and come in another order */
        {"a0b0a1b1a2b2", 2, 3, ALL}, /* three of each */
        {"a0b0a1b1b2a2", 2, 3, ALL},
        /* What lags by more than two segments is beyond the fixed memory: the bytes are right, but
         * the segment counts as sent again. Those of the handshake and the ACKs are known. */
        {"a0b0c0a1b1c1", 3, 2, 3 + SEGMENTS / 3},
    };
    const tool_place *place = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        film f = begin(tool_path(place, "any"));
        char name[16];
        char *summary;
        int64_t expected;
        transfer(&f, rows[i].order, rows[i].group, rows[i].copies);
        end(&f);
        expected = rows[i].duplicates == ALL ? f.shown / rows[i].copies * (rows[i].copies - 1)
                                             : rows[i].duplicates;
        summary = run(place, "run -r @/any --jsonl --checksum count");
        assert_int_equal(tool_number(summary, "packets"), f.shown);
        assert_int_equal(tool_number(summary, "connections"), 1);
        assert_int_equal(tool_number(summary, "delivered_bytes"), TOTAL);
        assert_int_equal(tool_number(summary, "missing_bytes"), 0);
        assert_non_null(strstr(summary, "\"holes\":{}"));
        assert_int_equal(tool_number(summary, "conflict_bytes"), 0);
        assert_int_equal(tool_number(summary, "bad_checksums"), f.shown);
        assert_int_equal(tool_number(summary, "duplicate_packets"), expected);
        assert_int_equal(tool_number(summary, "retransmitted_segments"),
                         rows[i].duplicates == ALL ? 0 : SEGMENTS);
        free(summary);
        snprintf(name, sizeof name, "streams%zu", i);
        bytes_are_exact(place, f.content, name);
        free(f.content);
    }
}

/* A segment sent again is another packet, with an IP number of its own, and has copies too. */
static void retransmissions_are_no_copies(void **state)
{
    const tool_place *place = *state;
    film f = begin(tool_path(place, "any"));
    weir_segment s, back;
    char *summary;
    handshake(&f, 2);
    for (uint32_t i = 0; i < SEGMENTS; i++) {
        s = data(&f, i);
        show_all(&f, &s, 2);
        if (i % 10 == 9) { /* at once, as after three duplicate ACKs */
            s = data(&f, i);
            show_all(&f, &s, 2);
        }
        if (i % 10 == 4) { /* the very packet, after a time that no bridge takes */
            f.now_us += 50000;
            show_all(&f, &s, 2);
        }
        back = acknowledgement(&f, i + 1);
        show_all(&f, &back, 2);
    }
    end(&f);
    summary = run(place, "run -r @/any --jsonl");
    assert_int_equal(tool_number(summary, "retransmitted_segments"), 2 * SEGMENTS / 10);
    assert_int_equal(tool_number(summary, "duplicate_packets"), f.shown / 2);
    assert_int_equal(tool_number(summary, "delivered_bytes"), TOTAL);
    assert_int_equal(tool_number(summary, "missing_bytes"), 0);
    free(summary);
    bytes_are_exact(place, f.content, "streams");
    free(f.content);
}

/* Behind address translation the copies are another connection: each is whole, none a copy. */
static void translated_copies_are_a_connection(void **state)
{
    const tool_place *place = *state;
    film f = begin(tool_path(place, "any"));
    char *summary;
    weir_segment s;
    for (uint32_t i = 0; i < SEGMENTS; i++) {
        s = data(&f, i);
        show(&f, &s, 0);
        s.destination[3] = 77;
        s.destination_port = 50000;
        show(&f, &s, 1);
        s = acknowledgement(&f, i + 1);
        show(&f, &s, 0);
        s.source[3] = 77;
        s.source_port = 50000;
        show(&f, &s, 1);
    }
    end(&f);
    summary = run(place, "run -r @/any --jsonl");
    assert_int_equal(tool_number(summary, "connections"), 2);
    assert_int_equal(tool_number(summary, "delivered_bytes"), 2 * TOTAL);
    assert_int_equal(tool_number(summary, "missing_bytes"), 0);
    assert_int_equal(tool_number(summary, "duplicate_packets"), 0);
    assert_int_equal(tool_number(summary, "retransmitted_segments"), 0);
    free(summary);
    free(f.content);
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, tool_setup, tool_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(copies_are_no_retransmissions),
        ROW(retransmissions_are_no_copies),
        ROW(translated_copies_are_a_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
