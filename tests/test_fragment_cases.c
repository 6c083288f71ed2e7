/* SPDX-License-Identifier: MIT */
/*
 * Pairs and triplets of overlapping pieces, where a table of them is there ($WEIR_OVERLAP, or
 * ../shared/overlap: ip_lwip_2.1.2_results.tsv, whose third column says where each piece lies). Each
 * is sent as the middle of a TCP segment, between a first piece with the header and a last one.
 *
 *      units of 8 bytes    | header | case: pieces of a, b, c … | last |
 *
 * What must come out is said by a rule for single bytes: of IPv4 the first or the last piece that has
 * it; of IPv6 nothing, if any two of them overlap and are not the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/pieces.h"
#include "support/rig.h"

enum { UNITS = 24, CHUNKS = 4, HEADER = 24 };

typedef struct {
    char name[40];
    uint32_t count;
    uint32_t begin[CHUNKS], end[CHUNKS]; /* in units */
} overlap_case;

typedef struct {
    char bytes[8 * UNITS + 64];
    size_t count;
} received;

static void on_data(void *user, weir_conn *conn, weir_direction direction, const weir_span *spans,
                    size_t count)
{
    received *got = user;
    (void)conn;
    (void)direction;
    for (size_t i = 0; i < count; i++) {
        assert_true(got->count + spans[i].length <= sizeof got->bytes);
        memcpy(got->bytes + got->count, spans[i].data, spans[i].length);
        got->count += spans[i].length;
    }
}

/* "1:2 0:3 …", offset and length. */
static int parse(char *line, overlap_case *c)
{
    char *at = line;
    const char *name = strsep(&at, "\t");
    if (!at || !strcmp(name, "id")) return 0;
    (void)strsep(&at, "\t");
    char *chunks = strsep(&at, "\t");
    snprintf(c->name, sizeof c->name, "%s", name);
    c->count = 0;
    for (char *one = strsep(&chunks, " "); one; one = strsep(&chunks, " ")) {
        unsigned begin, length;
        assert_true(c->count < CHUNKS);
        assert_int_equal(sscanf(one, "%u:%u", &begin, &length), 2);
        c->begin[c->count] = begin;
        c->end[c->count++] = begin + length;
    }
    return 1;
}

/* What the case covers: 0 if there is a hole in it. */
static uint32_t units_of(const overlap_case *c)
{
    uint32_t covered[UNITS] = {0}, end = 0;
    for (uint32_t i = 0; i < c->count; i++)
        for (uint32_t u = c->begin[i]; u < c->end[i]; u++) {
            covered[u] = 1;
            if (u + 1 > end) end = u + 1;
        }
    for (uint32_t u = 0; u < end; u++)
        if (!covered[u]) return 0;
    return end;
}

static int overlaps(const overlap_case *c)
{
    for (uint32_t i = 0; i < c->count; i++)
        for (uint32_t k = 0; k < i; k++)
            if (c->begin[i] < c->end[k] && c->begin[k] < c->end[i]) return 1;
    return 0;
}

/* The letters of the case by the rule for single bytes. */
static void expect(const overlap_case *c, weir_overlap policy, uint32_t units, char *text)
{
    memset(text, 0, UNITS);
    for (uint32_t i = 0; i < c->count; i++)
        for (uint32_t u = c->begin[i]; u < c->end[i] && u < units; u++)
            if (!text[u] || policy == WEIR_OVERLAP_LAST) text[u] = (char)('a' + i);
}

static void send_case(rig *r, const overlap_case *c, int family, uint32_t units)
{
    static pieces p;
    static uint8_t frame[PIECES_FRAME_BYTES], letters[8 * UNITS];
    uint32_t tail = HEADER + 8 * units;
    weir_segment segment = rig_segment(r, 0, C, ACK, 1, NULL, 4 + 8 * units + 8);
    segment.family = (uint8_t)family;
    pieces_of(&p, &segment, 1);
    for (uint32_t i = 0; i < c->count + 2; i++) {
        piece what = {.offset = 0, .bytes = HEADER, .more = 1, .time_ns = r->now_ns, .tag = r->tag};
        if (i == c->count + 1) what = (piece){.offset = tail, .bytes = 8, .time_ns = r->now_ns};
        if (i > 0 && i <= c->count) {
            what.offset = HEADER + 8 * c->begin[i - 1];
            what.bytes = 8 * (c->end[i - 1] - c->begin[i - 1]);
            what.data = letters;
            memset(letters, 'a' + (int)i - 1, sizeof letters);
        }
        weir_packet packet = pieces_cut(&p, &what, frame);
        assert_int_equal(weir_engine_packets(r->engine, WIRE_LINK_TYPE, &packet, 1, NULL), WEIR_OK);
        assert_int_equal(weir_engine_check(r->engine), WEIR_OK);
    }
    rig_advance(r, WEIR_SECOND);
}

/* 1 if what came out is as the rule says. */
static int run(const overlap_case *c, int family, weir_overlap policy, uint32_t units)
{
    received got = {.count = 0};
    weir_engine_config config;
    weir_callbacks callbacks;
    char text[UNITS];
    rig r;
    weir_engine_config_init(&config);
    weir_callbacks_init(&callbacks);
    config.fragment_overlap = policy;
    callbacks.on_data = on_data;
    rig_open(&r, NULL, &config, &callbacks, &got);
    send_case(&r, c, family, units);
    expect(c, policy, units, text);
    size_t bytes = family == 6 && overlaps(c) ? 0 : 4 + 8 * units + 8;
    int right = got.count == bytes;
    for (uint32_t i = 0; right && bytes && i < 8 * units; i++)
        right = got.bytes[4 + i] == text[i / 8];
    if (!right)
        printf("%s, IPv%d, %s: %zu bytes\n", c->name, family, weir_overlap_name(policy), got.count);
    rig_close(&r);
    return right;
}

static void pairs_and_triplets(void **state)
{
    const char *folder = getenv("WEIR_OVERLAP");
    char path[600], line[1024];
    overlap_case c;
    uint32_t cases = 0, right = 0, tried = 0;
    (void)state;
    snprintf(path, sizeof path, "%s/ip_lwip_2.1.2_results.tsv",
             folder ? folder : "../shared/overlap");
    FILE *table = fopen(path, "r");
    if (!table) {
        printf("no table at %s: skipped ($WEIR_OVERLAP names its folder)\n", path);
        skip();
        return;
    }
    while (fgets(line, sizeof line, table)) {
        if (!parse(line, &c) || units_of(&c) == 0) continue;
        uint32_t units = units_of(&c);
        right += (uint32_t)run(&c, 4, WEIR_OVERLAP_FIRST, units);
        right += (uint32_t)run(&c, 4, WEIR_OVERLAP_LAST, units);
        right += (uint32_t)run(&c, 6, WEIR_OVERLAP_FIRST, units);
        tried += 3;
        cases++;
    }
    fclose(table);
    printf("%u cases without a hole, %u of %u as the rules say\n", cases, right, tried);
    assert_true(cases > 0);
    assert_int_equal(right, tried);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pairs_and_triplets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
