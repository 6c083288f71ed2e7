/* SPDX-License-Identifier: MIT */
/*
 * The reader, on files composed here byte by byte. What it makes of a file is one line of text: a
 * packet is `link time captured/wire data`, and the last word is how it ended:
 *
 *      1 1.000001000 3/60 abc; 1 1.000002000 1/1 d; complete
 *
 * Each file is read in portions of 1, 7 and 100,000 bytes and batches of 1, 3 and 256: always the
 * same line.
 */
#include "reader.h"

#include "support/composed.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LINE_BYTES = 4096 };

/* ── Packets of text ─────────────────────────────────────────────────────────────────────────── */

static void record(composed *f, uint32_t seconds, uint32_t fraction, uint32_t captured,
                   uint32_t wire, const char *data)
{
    composed_record(f, seconds, fraction, captured, wire);
    composed_put(f, data, strlen(data));
}

static void enhanced(composed *f, uint32_t interface_id, uint64_t time, uint32_t wire,
                     const char *data)
{
    composed_enhanced(f, interface_id, time, data, (uint32_t)strlen(data), wire);
}

static void simple(composed *f, uint32_t wire, const char *data)
{
    composed_simple(f, data, (uint32_t)strlen(data), wire);
}

/* ── Reading ─────────────────────────────────────────────────────────────────────────────────── */

typedef struct {
    const composed *file;
    size_t at;
    size_t end;     /* the file seems to have no more */
    size_t portion; /* at most so much at once */
    int error;      /* instead of the end */
} memory;

static ptrdiff_t read_memory(void *user, void *into, size_t bytes)
{
    memory *m = user;
    size_t count = m->end - m->at;
    if (count > bytes) count = bytes;
    if (count > m->portion) count = m->portion;
    if (count == 0 && m->error) return -m->error;
    memcpy(into, m->file->bytes + m->at, count);
    m->at += count;
    return (ptrdiff_t)count;
}

static void describe(char line[LINE_BYTES], const reader_batch *batch)
{
    size_t i;
    for (i = 0; i < batch->count; i++) {
        const weir_packet *p = &batch->packets[i];
        const size_t length = strlen(line);
        const uint32_t shown = p->captured_bytes < 20 ? p->captured_bytes : 20;
        (void)snprintf(line + length, LINE_BYTES - length,
                       "%d %" PRIu64 ".%09" PRIu64 " %u/%u %.*s; ", batch->link_type,
                       p->time_ns / WEIR_SECOND, p->time_ns % WEIR_SECOND, p->captured_bytes,
                       p->wire_bytes, (int)shown, (const char *)p->data);
    }
}

static void read_line(reader *r, memory *m, size_t max, char line[LINE_BYTES])
{
    static const char *const ends[] = {"reading", "complete",   "cut",
                                       "corrupt", "no capture", "failed"};
    const reader_source source = {read_memory, m};
    reader_batch batch;
    reader_open(r, &source);
    line[0] = 0;
    while (reader_next(r, max, &batch) > 0) {
        assert_true(batch.count <= max);
        describe(line, &batch);
    }
    assert_int_equal(reader_next(r, max, &batch), 0);
    (void)snprintf(line + strlen(line), LINE_BYTES - strlen(line), "%s",
                   ends[reader_trouble_of(r)->state]);
}

/* Reads the first `end` bytes in all ways; they must agree. */
static void read_cut(const composed *f, size_t end, char line[LINE_BYTES])
{
    static const size_t portions[] = {100000, 7, 1}, batches[] = {256, 3, 1};
    reader *r = reader_create();
    char other[LINE_BYTES];
    size_t i;
    assert_non_null(r);
    for (i = 0; i < 3; i++) {
        memory m = {f, 0, end, portions[i], 0};
        read_line(r, &m, batches[i], i ? other : line);
        if (i) assert_string_equal(other, line);
    }
    reader_destroy(r);
}

static void expect(const composed *f, const char *line)
{
    char got[LINE_BYTES];
    read_cut(f, f->size, got);
    assert_string_equal(got, line);
}

/* Where and why the reader stopped. */
static void expect_trouble(const composed *f, reader_state state, const char *text, uint64_t offset,
                           uint64_t packet)
{
    memory m = {f, 0, f->size, 100000, 0};
    reader *r = reader_create();
    char line[LINE_BYTES];
    assert_non_null(r);
    read_line(r, &m, 256, line);
    assert_int_equal(reader_trouble_of(r)->state, state);
    assert_non_null(strstr(reader_trouble_of(r)->text, text));
    assert_int_equal(reader_trouble_of(r)->offset, offset);
    assert_int_equal(reader_trouble_of(r)->packet, packet);
    reader_destroy(r);
}

/* ── Classic pcap ────────────────────────────────────────────────────────────────────────────── */

static void pcap_in_both_orders_and_precisions(void **state)
{
    composed *f = *state;
    int big, nano;
    for (big = 0; big < 2; big++) {
        for (nano = 0; nano < 2; nano++) {
            f->size = 0;
            f->big = big;
            composed_pcap(f, nano ? 0xa1b23c4d : 0xa1b2c3d4, 4, 1);
            record(f, 1, 2000, 3, 60, "abc");
            record(f, 2, 0, 1, 1, "d");
            expect(f, nano ? "1 1.000002000 3/60 abc; 1 2.000000000 1/1 d; complete"
                           : "1 1.002000000 3/60 abc; 1 2.000000000 1/1 d; complete");
        }
    }
}

/* As `zcat *.gz` makes them; the second without packets, the third of another link type. */
static void pcap_one_behind_the_other(void **state)
{
    composed *f = *state;
    for (int big = 0; big < 2; big++) {
        f->size = 0;
        f->big = big;
        composed_pcap(f, 0xa1b2c3d4, 4, 1);
        record(f, 1, 2, 3, 60, "abc");
        composed_pcap(f, 0xa1b2c3d4, 4, 1);
        composed_pcap(f, 0xa1b2c3d4, 4, 101);
        record(f, 3, 4, 1, 1, "d");
        expect(f, "1 1.000002000 3/60 abc; 101 3.000004000 1/1 d; complete");
        composed_put32(f, 0xa1b2c3d4);
        composed_put16(f, 2);
        composed_put16(f, 4);
        expect(f, "1 1.000002000 3/60 abc; 101 3.000004000 1/1 d; cut");
    }
}

/* Headers alone, as many as the buffer holds: nothing nests. */
static void pcap_headers_alone(void **state)
{
    composed *f = *state;
    for (int i = 0; i < 50000; i++)
        composed_pcap(f, 0xa1b2c3d4, 4, 1);
    record(f, 3, 4, 1, 1, "d");
    expect(f, "1 3.000004000 1/1 d; complete");
}

static void pcap_modified_has_longer_records(void **state)
{
    composed *f = *state;
    int big;
    for (big = 0; big < 2; big++) {
        f->size = 0;
        f->big = big;
        composed_pcap(f, 0xa1b2cd34, 4, 1);
        record(f, 1, 2, 3, 60, "ifindex.abc");
        record(f, 3, 4, 1, 1, "ifindex.d");
        expect(f, "1 1.000002000 3/60 abc; 1 3.000004000 1/1 d; complete");
    }
}

static void pcap_announces_a_frame_check_sequence(void **state)
{
    composed *f = *state;
    composed_pcap(f, 0xa1b2c3d4, 4, 0x24000001); /* two 16-bit words of it */
    record(f, 1, 0, 7, 7, "abcFCS.");
    record(f, 2, 0, 5, 100, "abcde"); /* cut before it */
    record(f, 3, 0, 5, 6, "abcFC");   /* cut inside it */
    record(f, 4, 0, 2, 2, "ab");      /* shorter than it */
    expect(f, "1 1.000000000 3/3 abc; 1 2.000000000 5/96 abcde; 1 3.000000000 2/2 ab; "
              "1 4.000000000 0/0 ; complete");
}

static void pcap_before_2_3_has_its_lengths_swapped(void **state)
{
    composed *f = *state;
    composed_pcap(f, 0xa1b2c3d4, 2, 1);
    record(f, 1, 0, 60, 3, "abc");
    expect(f, "1 1.000000000 3/60 abc; complete");
    f->size = 0;
    composed_pcap(f, 0xa1b2c3d4, 3, 1);
    record(f, 1, 0, 60, 3, "abc");
    record(f, 1, 0, 3, 60, "abc");
    expect(f, "1 1.000000000 3/60 abc; 1 1.000000000 3/60 abc; complete");
}

static void pcap_wire_length_is_never_below_the_captured(void **state)
{
    composed *f = *state;
    composed_pcap(f, 0xa1b2c3d4, 4, 101);
    record(f, 1, 0, 3, 1, "abc");
    record(f, 1, 0, 0, 0, "");
    expect(f, "101 1.000000000 3/3 abc; 101 1.000000000 0/0 ; complete");
}

static void pcap_largest_packet(void **state)
{
    composed *f = *state;
    composed_pcap(f, 0xa1b2c3d4, 4, 1);
    record(f, 1, 0, READER_CAPTURED_MAX, READER_CAPTURED_MAX, "");
    memset(f->bytes + f->size, 'x', READER_CAPTURED_MAX);
    f->size += READER_CAPTURED_MAX;
    record(f, 2, 0, 1, 1, "d");
    expect(f, "1 1.000000000 262144/262144 xxxxxxxxxxxxxxxxxxxx; 1 2.000000000 1/1 d; complete");
}

static void pcap_larger_packet_is_corrupt(void **state)
{
    composed *f = *state;
    composed_pcap(f, 0xa1b2c3d4, 4, 1);
    record(f, 1, 0, 3, 3, "abc");
    record(f, 2, 0, READER_CAPTURED_MAX + 1, 1, "d");
    expect(f, "1 1.000000000 3/3 abc; corrupt");
    expect_trouble(f, READER_CORRUPT, "262,144", 24 + 16 + 3, 2);
}

/* ── pcapng ──────────────────────────────────────────────────────────────────────────────────── */

static void pcapng_in_both_orders(void **state)
{
    composed *f = *state;
    int big;
    for (big = 0; big < 2; big++) {
        f->size = 0;
        f->big = big;
        composed_section(f);
        composed_interface(f, 1, 0, COMPOSED_NO_RESOLUTION, 0);
        enhanced(f, 0, 1000002, 60, "abc");
        composed_obsolete(f, 0, UINT64_C(0x100000000), "abcde", 5, 5);
        simple(f, 4, "wxyz");
        expect(f, "1 1.000002000 3/60 abc; 1 4294.967296000 5/5 abcde; 1 4294.967296000 4/4 wxyz; "
                  "complete");
    }
}

static void pcapng_simple_packets_end_at_the_snapshot_length(void **state)
{
    composed *f = *state;
    composed_section(f);
    composed_interface(f, 1, 3, COMPOSED_NO_RESOLUTION, 0);
    simple(f, 100, "abc");
    expect(f, "1 0.000000000 3/100 abc; complete");
}

static void pcapng_resolutions(void **state)
{
    static const struct {
        uint32_t resolution;
        int64_t offset;
        uint64_t time;
        const char *line;
    } rows[] = {
        {6, 0, 1500000, "1.500000000"},
        {9, 0, 1500000007, "1.500000007"},
        {3, 0, 1500, "1.500000000"},
        {0, 0, 15, "15.000000000"},
        {12, 0, 1500000007999, "1.500000007"},
        {28, 0, UINT64_C(15000000000000000000), "0.000000001"},
        {29, 0, UINT64_MAX, "0.000000000"},
        {0x7f, 0, UINT64_MAX, "0.000000000"},
        {0x80, 0, 7, "7.000000000"},
        {0x80 + 10, 0, 1536, "1.500000000"},
        {0x80 + 30, 0, (UINT64_C(3) << 29) + 1, "1.500000000"},
        {0x80 + 32, 0, UINT64_C(3) << 31, "1.500000000"},
        {0x80 + 63, 0, UINT64_C(3) << 62, "1.500000000"},
        {0x80 + 64, 0, UINT64_C(1) << 63, "0.500000000"},
        {0x80 + 94, 0, UINT64_MAX, "0.000000000"},
        {0xff, 0, UINT64_MAX, "0.000000000"},
        {9, 5, 1500000007, "6.500000007"},
        {9, -1, 1500000007, "0.500000007"},
        {9, -2, 1500000007, "0.000000000"},
        {9, INT64_MIN, 1500000007, "0.000000000"},
        {9, INT64_MAX, 1500000007, "18446744073.709551615"},
        {6, 0, UINT64_MAX, "18446744073.709551615"},
        {0x80, 0, UINT64_MAX, "18446744073.709551615"},
    };
    composed *f = *state;
    size_t i;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[LINE_BYTES];
        f->size = 0;
        f->big = i % 2;
        composed_section(f);
        composed_interface(f, 1, 0, rows[i].resolution, rows[i].offset);
        enhanced(f, 0, rows[i].time, 1, "a");
        (void)snprintf(line, sizeof line, "1 %s 1/1 a; complete", rows[i].line);
        expect(f, line);
    }
}

static void pcapng_interfaces_differ(void **state)
{
    composed *f = *state;
    composed_section(f);
    composed_interface(f, 1, 0, 9, 0);
    composed_interface(f, 113, 96, 6, 0);
    enhanced(f, 0, 1, 1, "a");
    enhanced(f, 0, 2, 1, "b");
    enhanced(f, 1, 3, 1, "c");
    enhanced(f, 0, 4, 1, "d");
    composed_interface(f, 101, 0, COMPOSED_NO_RESOLUTION, 0);
    enhanced(f, 2, 5, 1, "e");
    expect(f, "1 0.000000001 1/1 a; 1 0.000000002 1/1 b; 113 0.000003000 1/1 c; "
              "1 0.000000004 1/1 d; 101 0.000005000 1/1 e; complete");
}

static void pcapng_sections_begin_anew(void **state)
{
    composed *f = *state;
    composed_section(f);
    composed_interface(f, 1, 0, COMPOSED_NO_RESOLUTION, 0);
    enhanced(f, 0, 1, 1, "a");
    f->big = true;
    composed_section(f);
    composed_interface(f, 101, 0, COMPOSED_NO_RESOLUTION, 0);
    enhanced(f, 0, 2, 1, "b");
    enhanced(f, 1, 2, 1, "x"); /* was never described in this section */
    expect(f, "1 0.000001000 1/1 a; 101 0.000002000 1/1 b; corrupt");
}

static void pcapng_other_blocks_are_passed_over(void **state)
{
    composed *f = *state;
    composed_section(f);
    composed_unknown(f, 0x80000001, 0);
    composed_interface(f, 1, 0, COMPOSED_NO_RESOLUTION, 0);
    composed_unknown(f, 5, 1024 * 1024); /* more than the buffer */
    enhanced(f, 0, 1, 1, "a");
    composed_unknown(f, 10, 100);
    enhanced(f, 0, 2, 1, "b");
    composed_unknown(f, 11, 8);
    expect(f, "1 0.000001000 1/1 a; 1 0.000002000 1/1 b; complete");
}

static void pcapng_many_options_do_no_harm(void **state)
{
    composed *f = *state;
    size_t body;
    int i;
    composed_section(f);
    body = f->size;
    composed_put16(f, 1);
    composed_put16(f, 0);
    composed_put32(f, 0);
    composed_option(f, 9, 9, 1);
    for (i = 0; i < 3000; i++)
        composed_option(f, 1, UINT64_C(0x7878787878787878),
                        8); /* comments, beyond what is looked at */
    composed_option(f, 9, 3, 1);
    composed_frame(f, body, 1);
    enhanced(f, 0, 5, 1, "a");
    expect(f, "1 0.000000005 1/1 a; complete");
}

static void pcapng_options_end_where_they_lie(void **state)
{
    composed *f = *state;
    const size_t body = (composed_section(f), f->size);
    composed_put16(f, 1);
    composed_put16(f, 0);
    composed_put32(f, 0);
    composed_put16(f, 9);
    composed_put16(f, 60000);
    composed_put32(f, 9);
    composed_frame(f, body, 1);
    enhanced(f, 0, 5, 1, "a");
    expect(f, "1 0.000005000 1/1 a; complete");
}

static void pcapng_check_sequence_in_bits_or_bytes(void **state)
{
    static const uint8_t values[] = {32, 4};
    composed *f = *state;
    size_t i;
    for (i = 0; i < sizeof values; i++) {
        size_t body;
        f->size = 0;
        composed_section(f);
        body = f->size;
        composed_put16(f, 1);
        composed_put16(f, 0);
        composed_put32(f, 0);
        composed_option(f, 13, values[i], 1);
        composed_frame(f, body, 1);
        enhanced(f, 0, 1, 7, "abcFCS.");
        expect(f, "1 0.000001000 3/3 abc; complete");
    }
}

/* ── Faults ──────────────────────────────────────────────────────────────────────────────────── */

/* A good pcapng file; what is written over its block at `at` makes it bad. */
static size_t good_then(composed *f, size_t *block)
{
    f->size = 0;
    composed_section(f);
    composed_interface(f, 1, 0, COMPOSED_NO_RESOLUTION, 0);
    enhanced(f, 0, 1, 1, "a");
    *block = f->size;
    enhanced(f, 0, 2, 4, "bcde");
    return *block;
}

static void pcapng_faults_end_the_file(void **state)
{
    static const struct {
        size_t at; /* in the second packet's block */
        uint32_t value;
        const char *text;
    } rows[] = {
        {4, 0, "length"},
        {4, 11, "length"},
        {4, 12, "two lengths differ"},
        {4, 32, "two lengths differ"},
        {4, READER_BUFFER_BYTES + 4, "length"},
        {4, UINT32_MAX, "length"},
        {8, 1, "not described"},
        {8, UINT32_MAX, "not described"},
        {20, 5, "longer than its block"},
        {20, READER_CAPTURED_MAX + 1, "262,144"},
        {20, UINT32_MAX, "262,144"},
        {32, 0, "two lengths differ"},
        {0, 0x0a0d0d0a, "byte-order"},
    };
    composed *f = *state;
    size_t i, block;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        composed_overwrite32(f, good_then(f, &block) + rows[i].at, rows[i].value);
        expect(f, "1 0.000001000 1/1 a; corrupt");
        expect_trouble(f, READER_CORRUPT, rows[i].text, block, 2);
    }
}

static void pcapng_faults_of_other_blocks(void **state)
{
    composed *f = *state;
    size_t block;
    (void)good_then(f, &block);
    f->size = block;
    composed_unknown(f, 77, 40);
    composed_overwrite32(f, block + 48, 51); /* its second length */
    expect(f, "1 0.000001000 1/1 a; corrupt");
    composed_overwrite32(f, block + 4, READER_BLOCK_MAX + 4);
    expect(f, "1 0.000001000 1/1 a; corrupt");
    composed_overwrite32(f, block + 4, READER_BLOCK_MAX);
    expect(f, "1 0.000001000 1/1 a; cut");
    f->size = block;
    composed_section(f);
    composed_overwrite32(f, block + 12, 2); /* version 2.0 */
    expect(f, "1 0.000001000 1/1 a; corrupt");
}

/* Blocks that are whole, and too small for what their type must say. */
static void pcapng_blocks_too_short(void **state)
{
    static const struct {
        uint32_t type;
        size_t bytes;
    } rows[] = {{1, 0}, {1, 4}, {2, 16}, {3, 0}, {6, 0}, {6, 16}};
    composed *f = *state;
    size_t i, block;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)good_then(f, &block);
        f->size = block;
        composed_unknown(f, rows[i].type, rows[i].bytes);
        expect_trouble(f, READER_CORRUPT, "too short", block, 2);
    }
}

static void pcapng_interfaces_are_bounded(void **state)
{
    composed *f = *state;
    int i;
    composed_section(f);
    for (i = 0; i < READER_INTERFACES_MAX; i++)
        composed_interface(f, 1, 0, COMPOSED_NO_RESOLUTION, 0);
    enhanced(f, READER_INTERFACES_MAX - 1, 1, 1, "a");
    expect(f, "1 0.000001000 1/1 a; complete");
    composed_interface(f, 1, 0, COMPOSED_NO_RESOLUTION, 0);
    expect(f, "1 0.000001000 1/1 a; corrupt");
}

/* Cut at every byte: the packets that are whole are there, and it is complete only between records.
 */
static void cut_everywhere(const composed *f, const size_t *ends, size_t count, size_t first)
{
    char whole[LINE_BYTES], line[LINE_BYTES];
    size_t end, seen = 0;
    read_cut(f, f->size, whole);
    for (end = 0; end <= f->size; end++) {
        const char *word;
        size_t kept;
        read_cut(f, end, line);
        while (seen < count && ends[seen] <= end)
            seen++;
        word = strrchr(line, ';') ? strrchr(line, ';') + 2 : line;
        kept = (size_t)(word - line);
        assert_memory_equal(line, whole, kept);
        if (end < 4)
            assert_string_equal(word, "no capture");
        else if (end >= first && seen > 0 && ends[seen - 1] == end)
            assert_string_equal(word, "complete");
        else
            assert_string_equal(word, "cut");
    }
}

static void pcap_cut_at_every_byte(void **state)
{
    composed *f = *state;
    size_t ends[4], count = 0;
    composed_pcap(f, 0xa1b2c3d4, 4, 1);
    ends[count++] = f->size;
    record(f, 1, 0, 3, 60, "abc");
    ends[count++] = f->size;
    record(f, 2, 0, 0, 60, "");
    ends[count++] = f->size;
    record(f, 3, 0, 5, 60, "fghij");
    ends[count++] = f->size;
    cut_everywhere(f, ends, count, 24);
}

static void pcapng_cut_at_every_byte(void **state)
{
    composed *f = *state;
    size_t ends[8], count = 0;
    composed_section(f);
    ends[count++] = f->size;
    composed_interface(f, 1, 0, 9, 3);
    ends[count++] = f->size;
    enhanced(f, 0, 1, 9, "abc");
    ends[count++] = f->size;
    composed_unknown(f, 4, 10);
    ends[count++] = f->size;
    simple(f, 5, "fghij");
    ends[count++] = f->size;
    cut_everywhere(f, ends, count, 28);
}

static void each_byte_wrong_in_turn(void **state)
{
    static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff};
    composed *f = *state;
    char line[LINE_BYTES];
    size_t at, i, block;
    (void)good_then(f, &block);
    for (at = 0; at < f->size; at++) {
        const uint8_t right = f->bytes[at];
        for (i = 0; i < sizeof values; i++) {
            f->bytes[at] = values[i];
            read_cut(f, f->size, line); /* agrees in all portions, whatever it is */
        }
        f->bytes[at] = right;
    }
}

/* ── What is no capture ──────────────────────────────────────────────────────────────────────── */

static void strangers_are_named(void **state)
{
    static const struct {
        const char *bytes;
        const char *text;
        const char *unpack;
    } rows[] = {
        {"\x1f\x8b\x08...", "gzip", "zcat"},
        {"\x28\xb5\x2f\xfd...", "zstd", "zstdcat"},
        {"\xfd"
         "7zXZ\0",
         "xz", "xzcat"},
        {"BZh9..", "bzip2", "bzcat"},
        {"hello!", "not a pcap", NULL},
        {"", "empty", NULL},
        {"\xd4\xc3\xb2", "not a pcap", NULL},
    };
    composed *f = *state;
    size_t i;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        memory m = {f, 0, 0, 100, 0};
        reader *r = reader_create();
        char line[LINE_BYTES];
        const char *unpack;
        assert_non_null(r);
        f->size = 0;
        composed_put(f, rows[i].bytes, i == 2 ? 6 : strlen(rows[i].bytes));
        m.end = f->size;
        read_line(r, &m, 1, line);
        assert_string_equal(line, "no capture");
        assert_non_null(strstr(reader_trouble_of(r)->text, rows[i].text));
        unpack = reader_trouble_of(r)->unpack;
        assert_string_equal(unpack ? unpack : "", rows[i].unpack ? rows[i].unpack : "");
        reader_destroy(r);
    }
}

static void a_source_that_fails(void **state)
{
    composed *f = *state;
    reader *r = reader_create();
    char line[LINE_BYTES];
    memory m = {f, 0, 0, 100, EIO};
    assert_non_null(r);
    composed_pcap(f, 0xa1b2c3d4, 4, 1);
    record(f, 1, 0, 3, 60, "abc");
    m.end = f->size;
    read_line(r, &m, 32, line);
    assert_string_equal(line, "1 1.000000000 3/60 abc; failed");
    assert_int_equal(reader_trouble_of(r)->error, EIO);
    assert_int_equal(reader_offset(r), f->size);
    reader_destroy(r);
}

/* A reader is used for one file after the other; nothing of the first remains. */
static void a_reader_begins_anew(void **state)
{
    composed *f = *state;
    reader *r = reader_create();
    char line[LINE_BYTES];
    int i;
    assert_non_null(r);
    for (i = 0; i < 3; i++) {
        memory m = {f, 0, 0, 100, 0};
        f->size = 0;
        f->big = i == 1;
        if (i == 1) {
            composed_pcap(f, 0xa1b23c4d, 4, 101);
            record(f, 1, 5, 3, 60, "abc");
            composed_put32(f, 1);
        } else {
            composed_section(f);
            composed_interface(f, 1, 0, COMPOSED_NO_RESOLUTION, 0);
            simple(f, 1, "a");
        }
        m.end = f->size;
        read_line(r, &m, 32, line);
        assert_string_equal(line, i == 1 ? "101 1.000000005 3/60 abc; cut"
                                         : "1 0.000000000 1/1 a; complete");
    }
    reader_destroy(r);
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, composed_setup, composed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(pcap_in_both_orders_and_precisions),
        ROW(pcap_one_behind_the_other),
        ROW(pcap_headers_alone),
        ROW(pcap_modified_has_longer_records),
        ROW(pcap_announces_a_frame_check_sequence),
        ROW(pcap_before_2_3_has_its_lengths_swapped),
        ROW(pcap_wire_length_is_never_below_the_captured),
        ROW(pcap_largest_packet),
        ROW(pcap_larger_packet_is_corrupt),
        ROW(pcapng_in_both_orders),
        ROW(pcapng_simple_packets_end_at_the_snapshot_length),
        ROW(pcapng_resolutions),
        ROW(pcapng_interfaces_differ),
        ROW(pcapng_sections_begin_anew),
        ROW(pcapng_other_blocks_are_passed_over),
        ROW(pcapng_many_options_do_no_harm),
        ROW(pcapng_options_end_where_they_lie),
        ROW(pcapng_check_sequence_in_bits_or_bytes),
        ROW(pcapng_faults_end_the_file),
        ROW(pcapng_faults_of_other_blocks),
        ROW(pcapng_blocks_too_short),
        ROW(pcapng_interfaces_are_bounded),
        ROW(pcap_cut_at_every_byte),
        ROW(pcapng_cut_at_every_byte),
        ROW(each_byte_wrong_in_turn),
        ROW(strangers_are_named),
        ROW(a_source_that_fails),
        ROW(a_reader_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
