/* SPDX-License-Identifier: MIT */
/*
 * IP packets in pieces, situation by situation, through the whole engine. What the room of fragments
 * does in every other case its model says (test_fragments_model).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "house/engine_state.h"
#include "support/pieces.h"
#include "support/rig.h"

#define MIB       (UINT64_C(1) << 20)
#define LOG_BYTES (1u << 20)

/* What an engine delivers: all of it, and of the last span where it came from. */
typedef struct {
    rig r;
    pieces p;
    uint8_t frame[PIECES_FRAME_BYTES];
    uint8_t *log;
    uint64_t bytes, missing, holes;
    uint64_t time_ns;
    uint32_t tag;
    weir_hole_cause cause;
} bed;

static void on_data(void *user, weir_conn *conn, weir_direction direction, const weir_span *spans,
                    size_t count)
{
    bed *b = user;
    (void)conn;
    (void)direction;
    for (size_t i = 0; i < count; i++) {
        if (b->bytes + spans[i].length <= LOG_BYTES)
            memcpy(b->log + b->bytes, spans[i].data, spans[i].length);
        b->bytes += spans[i].length;
        b->time_ns = spans[i].time_ns;
        b->tag = spans[i].tag;
    }
}

static void on_hole(void *user, weir_conn *conn, weir_direction direction, const weir_hole *hole)
{
    bed *b = user;
    (void)conn;
    (void)direction;
    b->missing += hole->length;
    b->holes++;
    b->cause = hole->cause;
}

static weir_engine_config usual(void)
{
    weir_engine_config config;
    weir_engine_config_init(&config);
    return config;
}

static weir_pool_config small_pool(uint64_t limit)
{
    weir_pool_config config;
    weir_pool_config_init(&config);
    config.limit_bytes = limit;
    return config;
}

static bed *bed_open(const weir_pool_config *pool, const weir_engine_config *config)
{
    bed *b = calloc(1, sizeof *b);
    weir_callbacks callbacks;
    assert_non_null(b);
    b->log = malloc(LOG_BYTES);
    assert_non_null(b->log);
    weir_callbacks_init(&callbacks);
    callbacks.on_data = on_data;
    callbacks.on_hole = on_hole;
    rig_open(&b->r, pool, config, &callbacks, b);
    return b;
}

static void bed_close(bed *b)
{
    assert_int_equal(weir_engine_flush(b->r.engine), WEIR_OK);
    assert_int_equal(weir_engine_check(b->r.engine), WEIR_OK);
    assert_int_equal(rig_stats(&b->r).fragments_held, 0);
    weir_pool_trim(b->r.pool);
    rig_advance(&b->r, 0);
    assert_int_equal(rig_memory(&b->r).frag_bytes, 0);
    rig_close(&b->r);
    free(b->log);
    free(b);
}

/* A segment of `bytes` bytes a, b, c … from the client, at its next number, to be sent in pieces. */
static void make(bed *b, uint32_t conn, int family, uint32_t bytes, uint32_t id)
{
    static uint8_t text[PIECES_MOST];
    for (uint32_t i = 0; i < bytes; i++)
        text[i] = (uint8_t)('a' + i % 26);
    weir_segment segment =
        rig_segment(&b->r, conn, C, ACK, b->r.sent[conn][C] ? b->r.sent[conn][C] : 1, text, bytes);
    segment.family = (uint8_t)family;
    pieces_of(&b->p, &segment, id);
}

static int give(bed *b, piece what)
{
    if (!what.tag) what.tag = b->r.tag;
    what.time_ns = b->r.now_ns;
    weir_packet packet = pieces_cut(&b->p, &what, b->frame);
    assert_int_equal(weir_engine_packets(b->r.engine, WIRE_LINK_TYPE, &packet, 1, &b->r.verdict),
                     WEIR_OK);
    assert_int_equal(weir_engine_check(b->r.engine), WEIR_OK);
    b->r.now_ns += WEIR_MILLISECOND / 10;
    b->r.tag++;
    return b->r.verdict;
}

/* Bytes [begin, end) of the packet; the last if they reach its end. */
static int give_part(bed *b, uint32_t begin, uint32_t end)
{
    if (end > b->p.bytes) end = b->p.bytes;
    return give(b, (piece){.offset = begin, .bytes = end - begin, .more = end < b->p.bytes});
}

static int ignored_as(int cause)
{
    return WEIR_PACKET_IGNORED + cause;
}

static void assert_log(const bed *b, uint64_t from, uint32_t bytes)
{
    assert_int_equal(b->bytes, from + bytes);
    for (uint32_t i = 0; i < bytes; i++)
        assert_int_equal(b->log[from + i], 'a' + i % 26);
}

/* A segment, in pieces of `size` bytes each, forwards or backwards. */
static void send_all(bed *b, uint32_t size, int backwards)
{
    uint32_t count = (b->p.bytes + size - 1) / size;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = (backwards ? count - 1 - i : i) * size;
        int verdict = give_part(b, at, at + size);
        if (i + 1 < count) assert_int_equal(verdict, WEIR_PACKET_FRAGMENT);
    }
}

/* ── whole packets ── */

static void a_segment_in_pieces(void **state)
{
    (void)state;
    for (int family = 4; family <= 6; family += 2)
        for (int backwards = 0; backwards < 2; backwards++) {
            bed *b = bed_open(NULL, NULL);
            make(b, 0, family, 3000, 7);
            send_all(b, 1000, backwards);
            rig_advance(&b->r, WEIR_SECOND); /* its base settles */
            assert_log(b, 0, 3000);
            /* Time and tag are those of the piece that completed the packet: the fourth. */
            assert_int_equal(b->tag, 4);
            assert_int_equal(b->time_ns, 1000 * WEIR_SECOND + 3 * WEIR_MILLISECOND / 10);
            weir_stats stats = rig_stats(&b->r);
            assert_int_equal(stats.packets, 4);
            assert_int_equal(stats.tcp_segments, 1);
            assert_int_equal(stats.fragments_joined, 3);
            assert_int_equal(stats.fragments_held, 0);
            assert_int_equal(stats.joined_datagrams, 1);
            bed_close(b);
        }
}

static void verdicts_of_pieces(void **state)
{
    (void)state;
    bed *b = bed_open(NULL, NULL);
    rig_handshake(&b->r, 0);
    make(b, 0, 4, 100, 1);
    assert_int_equal(give_part(b, 0, 40), WEIR_PACKET_FRAGMENT);
    assert_string_equal(weir_packet_verdict_name(b->r.verdict), "fragment");
    assert_int_equal(rig_stats(&b->r).fragments_held, 1);
    assert_int_equal(give_part(b, 80, 120), WEIR_PACKET_FRAGMENT);
    assert_int_equal(give_part(b, 40, 80), WEIR_PACKET_DELIVERED);
    assert_log(b, 0, 100);
    bed_close(b);
}

/* The longest that there can be. */
static void the_longest_packets(void **state)
{
    static const uint32_t sizes[] = {1480, 24, 60000};
    (void)state;
    for (int family = 4; family <= 6; family += 2)
        for (size_t i = 0; i < 3; i++) {
            bed *b = bed_open(NULL, NULL);
            uint32_t bytes = 65535 - 20 - (family == 4 ? 20 : 0);
            rig_handshake(&b->r, 0);
            make(b, 0, family, bytes, 9);
            send_all(b, sizes[i], (int)i & 1);
            rig_advance(&b->r, WEIR_SECOND);
            assert_log(b, 0, bytes);
            bed_close(b);
        }
}

/* Packets whose pieces come among each other's. What tells them apart is all of the key. */
static void packets_are_told_apart(void **state)
{
    (void)state;
    bed *b = bed_open(NULL, NULL);
    pieces all[5];
    for (uint32_t i = 0; i < 5; i++) {
        rig_handshake(&b->r, i);
        make(b, i, 4, 50, i < 3 ? 1 : 2);
        all[i] = b->p;
    }
    all[1].segment.source[3] = 77; /* another host's */
    all[2].segment.destination[3] = 78;
    all[4].protocol = 47; /* of another protocol */
    for (uint32_t i = 0; i < 5; i++) {
        b->p = all[i];
        assert_int_equal(give_part(b, 24, 100), WEIR_PACKET_FRAGMENT);
    }
    for (uint32_t i = 0; i < 4; i++) {
        b->p = all[i];
        int verdict = give_part(b, 0, 24);
        assert_true(verdict == WEIR_PACKET_DELIVERED || verdict == WEIR_PACKET_HELD);
    }
    assert_int_equal(rig_stats(&b->r).joined_datagrams, 4);
    assert_int_equal(rig_stats(&b->r).fragments_held, 1);
    bed_close(b);
}

/* RFC 8200, section 4.5: pieces of an IPv6 packet may name different protocols; the first counts. */
static void ipv6_takes_the_protocol_of_the_first_piece(void **state)
{
    (void)state;
    bed *b = bed_open(NULL, NULL);
    rig_handshake(&b->r, 0);
    make(b, 0, 6, 50, 1);
    b->p.protocol = 17;
    assert_int_equal(give_part(b, 24, 100), WEIR_PACKET_FRAGMENT);
    b->p.protocol = 6;
    give_part(b, 0, 24);
    rig_advance(&b->r, WEIR_SECOND);
    assert_log(b, 0, 50);
    bed_close(b);
}

static void switched_off_they_are_counted(void **state)
{
    (void)state;
    weir_engine_config config = usual();
    config.fragments = 0;
    bed *b = bed_open(NULL, &config);
    make(b, 0, 4, 100, 1);
    assert_int_equal(give_part(b, 0, 40), ignored_as(WEIR_IGNORED_FRAGMENT));
    assert_int_equal(give_part(b, 40, 120), ignored_as(WEIR_IGNORED_FRAGMENT));
    assert_int_equal(rig_stats(&b->r).ignored_packets[WEIR_IGNORED_FRAGMENT], 2);
    bed_close(b);
}

/* ── time ── */

static void a_packet_has_30_seconds(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        bed *b = bed_open(NULL, NULL);
        rig_handshake(&b->r, 0);
        make(b, 0, 4, 100, 1);
        uint64_t begin_ns = b->r.now_ns;
        give_part(b, 0, 40);
        assert_true(weir_engine_next_deadline(b->r.engine) <= begin_ns + 30 * WEIR_SECOND);
        for (uint64_t s = 1; s < 30; s++) /* steps that the clock believes */
            rig_advance(&b->r, WEIR_SECOND);
        b->r.now_ns = begin_ns + 30 * WEIR_SECOND - !late;
        give_part(b, 40, 120);
        weir_stats stats = rig_stats(&b->r);
        assert_int_equal(stats.joined_datagrams, !late);
        assert_int_equal(stats.timed_out_datagrams, late);
        assert_int_equal(stats.ignored_packets[WEIR_IGNORED_FRAGMENT], late);
        assert_int_equal(stats.fragments_held, late); /* it begins a packet that will not come */
        bed_close(b);
    }
}

/* A minute without traffic: the first stamp after it is doubted, and the clock stands still for that
 * packet. It is the first piece of one that is whole right after. */
static void a_packet_after_a_long_silence(void **state)
{
    (void)state;
    bed *b = bed_open(NULL, NULL);
    rig_handshake(&b->r, 0);
    make(b, 0, 4, 100, 1);
    give_part(b, 0, 40); /* of another packet, which is late */
    b->p.id = 2;
    b->r.now_ns += 60 * WEIR_SECOND;
    give_part(b, 0, 40);
    give_part(b, 40, 120);
    assert_int_equal(rig_stats(&b->r).clock_doubted, 1);
    assert_log(b, 0, 100);
    assert_int_equal(rig_stats(&b->r).joined_datagrams, 1);
    assert_int_equal(rig_stats(&b->r).timed_out_datagrams, 1);
    bed_close(b);
}

/* Far more are due than one call may do: the packet that is touched is dealt with all the same. */
static void what_is_due_is_applied_when_touched(void **state)
{
    (void)state;
    bed *b = bed_open(NULL, NULL);
    make(b, 0, 4, 100, 0);
    for (b->p.id = 0; b->p.id < 500; b->p.id++)
        give_part(b, 0, 40);
    for (uint64_t s = 0; s < 3; s++) {
        b->r.now_ns += 9 * WEIR_SECOND;
        assert_int_equal(weir_engine_advance(b->r.engine, b->r.now_ns), 0);
    }
    b->r.now_ns += 9 * WEIR_SECOND;
    b->p.id = 499;
    assert_int_equal(give_part(b, 40, 120), WEIR_PACKET_FRAGMENT);
    weir_stats stats = rig_stats(&b->r);
    assert_int_equal(stats.joined_datagrams, 0);
    assert_int_equal(stats.timed_out_datagrams, 33); /* 32 in their turn, and this one */
    bed_close(b);
}

static void flush_and_end_ignore_what_waits(void **state)
{
    (void)state;
    bed *b = bed_open(NULL, NULL);
    make(b, 0, 4, 3000, 1);
    give_part(b, 0, 1000);
    give_part(b, 1000, 2000);
    make(b, 0, 4, 100, 2);
    give_part(b, 0, 40);
    assert_int_equal(rig_stats(&b->r).fragments_held, 3);
    assert_int_equal(weir_engine_flush(b->r.engine), WEIR_OK);
    assert_int_equal(rig_stats(&b->r).fragments_held, 0);
    assert_int_equal(rig_stats(&b->r).ignored_packets[WEIR_IGNORED_FRAGMENT], 3);
    give_part(b, 0, 40);
    bed_close(b);
}

/* ── twice ── */

/* The `any` device shows a bridged packet twice: no packet begins that never ends, and none takes up
 * an old piece when the number comes again. */
static void every_piece_captured_twice(void **state)
{
    (void)state;
    for (int family = 4; family <= 6; family += 2) {
        bed *b = bed_open(NULL, NULL);
        rig_handshake(&b->r, 0);
        for (uint32_t round = 0; round < 3; round++) {
            make(b, 0, family, 100, 1);
            b->r.sent[0][C] += 100;
            for (uint32_t at = 0; at < 120; at += 40) {
                give_part(b, at, at + 40);
                assert_int_equal(give_part(b, at, at + 40), ignored_as(WEIR_IGNORED_FRAGMENT));
            }
            rig_advance(&b->r, 10 * WEIR_MILLISECOND);
        }
        rig_advance(&b->r, WEIR_SECOND);
        weir_stats stats = rig_stats(&b->r);
        assert_int_equal(b->bytes, 300);
        assert_int_equal(stats.joined_datagrams, 3);
        assert_int_equal(stats.fragments_duplicate, 9);
        assert_int_equal(stats.fragments_held, 0);
        rig_advance(&b->r, WEIR_SECOND);                   /* an interval that needs no scratch */
        assert_int_equal(rig_memory(&b->r).frag_bytes, 0); /* also what was known of them */
        bed_close(b);
    }
}

/* ── what no sane sender does ── */

/* Nothing before the piece that is malformed is lost by it. */
static void pieces_that_cannot_be(void **state)
{
    static const uint8_t zeros[65535];
    static const piece wrong[] = {
        {.offset = 40, .bytes = 0, .more = 1},  /* no bytes */
        {.offset = 40, .bytes = 0, .more = 0},  /* none at the end */
        {.offset = 40, .bytes = 20, .more = 1}, /* more follows, at no multiple of 8 */
        {.offset = 65528, .bytes = 8, .more = 1, .data = zeros}, /* ping of death: ends at 65,536 */
        {.offset = 65528, .bytes = 1000, .more = 0, .data = zeros},
        {.offset = 8, .bytes = 65528, .more = 0, .data = zeros},
    };
    (void)state;
    for (int family = 4; family <= 6; family += 2) {
        bed *b = bed_open(NULL, NULL);
        rig_handshake(&b->r, 0);
        make(b, 0, family, 100, 1);
        give_part(b, 0, 40);
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
            if (wrong[i].bytes > 60000 && family == 4) continue; /* no room for it in a header */
            assert_int_equal(give(b, wrong[i]), ignored_as(WEIR_IGNORED_MALFORMED));
        }
        give_part(b, 40, 120);
        rig_advance(&b->r, WEIR_SECOND);
        assert_log(b, 0, 100);
        bed_close(b);
    }
}

/* The last piece says where the end is: others that say otherwise spoil the packet. */
static void ends_that_contradict(void **state)
{
    static const piece cases[][2] = {
        {{.offset = 80, .bytes = 40}, {.offset = 80, .bytes = 32}},            /* two ends */
        {{.offset = 80, .bytes = 40}, {.offset = 120, .bytes = 8}},            /* one behind it */
        {{.offset = 80, .bytes = 40}, {.offset = 120, .bytes = 8, .more = 1}}, /* more behind it */
        {{.offset = 120, .bytes = 8, .more = 1}, {.offset = 80, .bytes = 40}}, /* it came before */
    };
    (void)state;
    for (int family = 4; family <= 6; family += 2)
        for (size_t i = 0; i < 4; i++) {
            bed *b = bed_open(NULL, NULL);
            make(b, 0, family, 108, 1);
            assert_int_equal(give(b, cases[i][0]), WEIR_PACKET_FRAGMENT);
            assert_int_equal(give(b, cases[i][1]), ignored_as(WEIR_IGNORED_FRAGMENT));
            assert_int_equal(give_part(b, 0, 80), ignored_as(WEIR_IGNORED_FRAGMENT));
            weir_stats stats = rig_stats(&b->r);
            assert_int_equal(stats.conflicting_datagrams, 1);
            assert_int_equal(stats.ignored_packets[WEIR_IGNORED_FRAGMENT], 3);
            assert_int_equal(stats.fragments_held, 0);
            bed_close(b);
        }
}

/* "More" on the piece that ends at the end: it says nothing wrong. */
static void more_on_the_last(void **state)
{
    (void)state;
    bed *b = bed_open(NULL, NULL);
    rig_handshake(&b->r, 0);
    make(b, 0, 4, 100, 1);
    give_part(b, 80, 120);
    give(b, (piece){.offset = 80, .bytes = 40, .more = 1});
    assert_int_equal(rig_stats(&b->r).fragments_duplicate, 1);
    give_part(b, 0, 80);
    assert_log(b, 0, 100);
    bed_close(b);
}

/* Teardrop: the second piece lies inside the first. */
static void teardrop(void **state)
{
    (void)state;
    for (int family = 4; family <= 6; family += 2) {
        bed *b = bed_open(NULL, NULL);
        rig_handshake(&b->r, 0);
        make(b, 0, family, 100, 1);
        give(b, (piece){.offset = 0, .bytes = 48, .more = 1});
        give(b, (piece){.offset = 24, .bytes = 4});
        assert_int_equal(b->r.verdict, ignored_as(WEIR_IGNORED_FRAGMENT));
        assert_int_equal(rig_stats(&b->r).conflicting_datagrams, 1);
        assert_int_equal(b->bytes, 0);
        bed_close(b);
    }
}

/* Bytes 40 to 80 of the packet come twice, with other values: X. */
static bed *overlap(int family, weir_overlap policy)
{
    static uint8_t other[80];
    weir_engine_config config = usual();
    config.fragment_overlap = policy;
    bed *b = bed_open(NULL, &config);
    rig_handshake(&b->r, 0);
    make(b, 0, family, 140, 1);
    memset(other, 'X', sizeof other);
    give_part(b, 0, 80);
    give(b, (piece){.offset = 40, .bytes = 80, .more = 1, .data = other});
    give_part(b, 120, 160);
    rig_advance(&b->r, WEIR_SECOND);
    return b;
}

static void ipv4_overlaps_by_policy(void **state)
{
    (void)state;
    for (int policy = WEIR_OVERLAP_FIRST; policy <= WEIR_OVERLAP_LAST; policy++) {
        bed *b = overlap(4, (weir_overlap)policy);
        assert_int_equal(b->bytes, 140);
        for (uint32_t i = 0; i < 140; i++) {
            int first_x = policy == WEIR_OVERLAP_FIRST ? 60 : 20;
            int x = (int)i >= first_x && i < 100;
            assert_int_equal(b->log[i], x ? 'X' : 'a' + i % 26);
        }
        assert_int_equal(rig_stats(&b->r).fragments_overlapping, 1);
        assert_int_equal(rig_stats(&b->r).joined_datagrams, 1);
        bed_close(b);
    }
}

static void see_overlap_spoil(int family, weir_overlap policy)
{
    bed *b = overlap(family, policy);
    weir_stats stats = rig_stats(&b->r);
    assert_int_equal(b->bytes, 0);
    assert_int_equal(stats.ignored_packets[WEIR_IGNORED_FRAGMENT], 3);
    assert_int_equal(stats.conflicting_datagrams, 1);
    assert_int_equal(stats.fragments_overlapping, 1);
    /* Equal bytes in other pieces are an overlap too; the number is free again after 30 s. */
    for (uint64_t s = 0; s < 31; s++)
        rig_advance(&b->r, WEIR_SECOND);
    give_part(b, 0, 80);
    assert_int_equal(b->r.verdict, WEIR_PACKET_FRAGMENT);
    give_part(b, 72, 120);
    assert_int_equal(b->r.verdict, ignored_as(WEIR_IGNORED_FRAGMENT));
    assert_int_equal(rig_stats(&b->r).conflicting_datagrams, 2);
    bed_close(b);
}

/* RFC 5722: the packet, with all that is still to come of it. So does Linux with IPv4. */
static void overlaps_that_spoil(void **state)
{
    (void)state;
    see_overlap_spoil(6, WEIR_OVERLAP_FIRST);
    see_overlap_spoil(6, WEIR_OVERLAP_LAST);
    see_overlap_spoil(4, WEIR_OVERLAP_LINUX);
}

/* RFC 1858, 3128: counted, and joined as hosts do. RFC 7112: not of IPv6. */
static void tiny_first_pieces(void **state)
{
    (void)state;
    for (int family = 4; family <= 6; family += 2) {
        bed *b = bed_open(NULL, NULL);
        rig_handshake(&b->r, 0);
        make(b, 0, family, 100, 1);
        give_part(b, 0, 8);
        give_part(b, 8, 16);
        give_part(b, 16, 120);
        weir_stats stats = rig_stats(&b->r);
        assert_int_equal(stats.fragments_tiny, family == 4 ? 2 : 1);
        assert_int_equal(stats.joined_datagrams, family == 4);
        assert_int_equal(b->bytes, family == 4 ? 100 : 0);
        assert_int_equal(stats.ignored_packets[WEIR_IGNORED_FRAGMENT], family == 4 ? 0 : 3);
        bed_close(b);
    }
}

/* ── what is not TCP ── */

/* Most fragments are UDP: nothing is held of them once the first piece was seen. */
static void what_is_not_tcp_is_not_held(void **state)
{
    (void)state;
    bed *b = bed_open(NULL, NULL);
    make(b, 0, 4, 3000, 1);
    b->p.protocol = 17;
    memset(b->p.payload, 0, 8);
    assert_int_equal(give_part(b, 1000, 2000), WEIR_PACKET_FRAGMENT);
    assert_int_equal(give_part(b, 0, 1000), ignored_as(WEIR_IGNORED_NOT_TCP));
    assert_int_equal(give_part(b, 2000, 4000), ignored_as(WEIR_IGNORED_NOT_TCP));
    weir_stats stats = rig_stats(&b->r);
    assert_int_equal(stats.ignored_packets[WEIR_IGNORED_NOT_TCP], 3);
    assert_int_equal(stats.fragments_held, 0);
    assert_int_equal(rig_memory(&b->r).frag_bytes, 4096); /* that it is known */
    bed_close(b);
}

/* A tunnel in pieces, in which there is a packet in pieces: what is joined is a piece again. */
static void pieces_in_a_tunnel_in_pieces(void **state)
{
    (void)state;
    bed *b = bed_open(NULL, NULL);
    rig_handshake(&b->r, 0);
    make(b, 0, 4, 100, 1);
    pieces inner = b->p;
    for (uint32_t i = 0; i < 2; i++) {
        const piece half = {.offset = 64 * i, .bytes = i ? 56 : 64, .more = !i};
        weir_packet packet = pieces_cut(&inner, &half, b->frame);
        b->p.segment.source[0] = b->p.segment.destination[0] = 172; /* the tunnel's ends */
        b->p.protocol = 4;
        b->p.id = 40 + i;
        b->p.bytes = packet.captured_bytes - 14;
        memcpy(b->p.payload, packet.data + 14, b->p.bytes);
        give_part(b, 40, 1000);
        assert_int_equal(b->r.verdict, WEIR_PACKET_FRAGMENT);
        give_part(b, 0, 40);
        assert_int_equal(b->r.verdict, i ? WEIR_PACKET_DELIVERED : WEIR_PACKET_FRAGMENT);
    }
    weir_stats stats = rig_stats(&b->r);
    assert_log(b, 0, 100);
    assert_int_equal(stats.joined_datagrams, 3);
    assert_int_equal(stats.fragments_joined, 3);
    assert_int_equal(stats.tunnelled_segments, 1);
    bed_close(b);
}

/* ── captures that cut packets ── */

static void the_last_piece_is_cut(void **state)
{
    (void)state;
    for (int family = 4; family <= 6; family += 2) {
        bed *b = bed_open(NULL, NULL);
        rig_handshake(&b->r, 0);
        make(b, 0, family, 100, 1);
        if (family == 6) b->p.segment.source_port = 9; /* its own connection all the same */
        give_part(b, 0, 80);
        give(b, (piece){.offset = 80, .bytes = 40, .cut = 30});
        rig_advance(&b->r, WEIR_SECOND);
        assert_int_equal(b->bytes, 70);
        assert_int_equal(weir_engine_flush(b->r.engine), WEIR_OK);
        assert_int_equal(b->missing, family == 4 ? 30 : b->missing);
        assert_int_equal(rig_stats(&b->r).joined_datagrams, 1);
        bed_close(b);
    }
}

/* A short snapshot length cuts every piece: the segment is there as far as its first piece is. */
static void every_piece_is_cut(void **state)
{
    (void)state;
    bed *b = bed_open(NULL, NULL);
    rig_handshake(&b->r, 0);
    make(b, 0, 4, 3000, 1);
    for (uint32_t at = 0; at < 3020; at += 1000) {
        uint32_t bytes = at + 1000 > 3020 ? 20 : 1000;
        give(b, (piece){.offset = at,
                        .bytes = bytes,
                        .more = at<3000, .cut = bytes> 50 ? bytes - 50 : 0});
        if (at == 0) /* and is captured twice, once as it was and once cut shorter */
            give(b, (piece){.offset = 0, .bytes = 1000, .more = 1, .cut = 980});
    }
    assert_log(b, 0, 30);
    b->r.sent[0][C] += 3000;
    rig_send(&b->r, 0, C, ACK, b->r.sent[0][C], "next");
    rig_advance(&b->r, WEIR_SECOND);
    assert_int_equal(b->bytes, 34);
    assert_int_equal(b->missing, 2970);
    assert_int_equal(b->cause, WEIR_HOLE_TRUNCATED);
    weir_stats stats = rig_stats(&b->r);
    assert_int_equal(stats.joined_datagrams, 1);
    assert_int_equal(stats.fragments_duplicate, 1);
    bed_close(b);
}

/* Nothing captured of a piece, or an overlap beside a cut: nobody can tell what lies where. */
static void cuts_that_spoil(void **state)
{
    (void)state;
    bed *b = bed_open(NULL, NULL);
    make(b, 0, 4, 100, 1);
    give_part(b, 0, 40);
    give(b, (piece){.offset = 40, .bytes = 40, .more = 1, .cut = 40});
    assert_int_equal(b->r.verdict, ignored_as(WEIR_IGNORED_FRAGMENT));
    b->p.id = 2;
    give(b, (piece){.offset = 0, .bytes = 80, .more = 1, .cut = 40});
    give_part(b, 48, 120);
    assert_int_equal(b->r.verdict, ignored_as(WEIR_IGNORED_FRAGMENT));
    b->p.id = 3;
    give_part(b, 0, 80);
    give_part(b, 40, 88);
    give(b, (piece){.offset = 88, .bytes = 32, .cut = 8});
    assert_int_equal(b->r.verdict, ignored_as(WEIR_IGNORED_FRAGMENT));
    assert_int_equal(rig_stats(&b->r).cut_datagrams, 3);
    bed_close(b);
}

/* ── memory ── */

/* How many packets that never come fit into 5 % of 64 MiB: a record and a nook each, or a record and
 * a page. Beyond it the oldest goes, and the pool's own figures say the same. */
static void how_many_fit(void **state)
{
    static const struct {
        uint32_t bytes, least, most;
    } cases[] = {{8, 7600, 8000}, {248, 7600, 8000}, {256, 780, 800}, {1480, 780, 800}};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        weir_pool_config pool = small_pool(64 * MIB);
        bed *b = bed_open(&pool, NULL);
        uint64_t share = weir_pool_frag_share(b->r.pool), most = 0;
        make(b, 0, 4, 3000, 0);
        piece what = {.offset = 24, .bytes = cases[i].bytes, .more = 1};
        for (b->p.id = 0; b->p.id < 9000; b->p.id++) {
            what.time_ns = b->r.now_ns;
            weir_packet packet = pieces_cut(&b->p, &what, b->frame);
            weir_engine_packets(b->r.engine, WIRE_LINK_TYPE, &packet, 1, &b->r.verdict);
            assert_int_equal(b->r.verdict, WEIR_PACKET_FRAGMENT);
            uint64_t held = rig_stats(&b->r).fragments_held;
            most = held > most ? held : most;
            assert_true(rig_memory(&b->r).frag_bytes <= share);
        }
        printf("pieces of %u bytes: %llu packets wait in %llu bytes\n", cases[i].bytes,
               (unsigned long long)most, (unsigned long long)share);
        assert_in_range(most, cases[i].least, cases[i].most);
        weir_stats stats = rig_stats(&b->r);
        assert_int_equal(stats.evicted_datagrams, 9000 - stats.fragments_held);
        /* The oldest is gone, the newest is there. */
        b->p.id = 8999;
        give_part(b, 0, 24);
        assert_int_equal(b->r.verdict, WEIR_PACKET_FRAGMENT);
        bed_close(b);
    }
}

/* 1 MiB: a packet that does not fit the share is dropped, all others are joined, and TCP beside it
 * loses nothing. */
static void a_small_pool(void **state)
{
    (void)state;
    weir_pool_config pool = small_pool(MIB);
    bed *b = bed_open(&pool, NULL);
    rig_handshake(&b->r, 0);
    rig_handshake(&b->r, 1);
    make(b, 0, 4, 60000, 1);
    for (uint32_t at = 0; at < 60020; at += 1480) {
        give_part(b, at, at + 1480);
        rig_send(&b->r, 1, C, ACK, b->r.sent[1][C], "plain");
    }
    weir_stats stats = rig_stats(&b->r);
    assert_int_equal(stats.joined_datagrams, 0);
    assert_true(stats.evicted_datagrams > 0);
    assert_int_equal(b->bytes, 5 * 41);
    assert_int_equal(stats.missing_bytes, 0);
    for (uint64_t s = 0; s < 31; s++)
        rig_advance(&b->r, WEIR_SECOND);
    b->bytes = 0;
    make(b, 0, 4, 12000, 2); /* pages for it, half empty at worst, and scratch */
    send_all(b, 1480, 1);
    assert_log(b, 0, 12000);
    bed_close(b);
}

/* The pool is full of bytes that wait behind holes, which may borrow what fragments do not use:
 * when fragments come, the oldest holes pay. */
static void fragments_have_their_share_of_a_full_pool(void **state)
{
    (void)state;
    weir_pool_config pool = small_pool(2 * MIB);
    bed *b = bed_open(&pool, NULL);
    rig_handshake(&b->r, 200);
    for (uint32_t conn = 0; conn < 200; conn++) {
        rig_handshake(&b->r, conn);
        weir_segment segment = rig_segment(&b->r, conn, C, ACK, 10, NULL, 14000);
        rig_take(&b->r, &segment);
    }
    uint64_t holes = b->holes;
    assert_true(holes > 0); /* it is full */
    make(b, 200, 4, 30000, 1);
    send_all(b, 1480, 0);
    weir_stats stats = rig_stats(&b->r);
    assert_int_equal(stats.joined_datagrams, 1);
    assert_int_equal(stats.evicted_datagrams, 0);
    assert_true(b->holes > holes);
    bed_close(b);
}

/* A million packets of which one piece comes, beside honest TCP with holes of its own. */
static void a_million_numbers_beside_honest_tcp(void **state)
{
    (void)state;
    weir_pool_config pool = small_pool(4 * MIB);
    bed *b = bed_open(&pool, NULL);
    uint64_t share = weir_pool_frag_share(b->r.pool), honest = 0;
    for (uint32_t conn = 0; conn < 50; conn++)
        rig_handshake(&b->r, conn);
    make(b, 0, 6, 3000, 0);
    piece what = {.offset = 24, .bytes = 8, .more = 1};
    for (uint32_t i = 0; i < 1000000; i++) {
        b->p.id = i * 2654435761u;
        what.bytes = 8 + 8 * (i & 127) * ((i & 7) == 0);
        what.time_ns = b->r.now_ns += 1000;
        weir_packet packet = pieces_cut(&b->p, &what, b->frame);
        weir_engine_packets(b->r.engine, WIRE_LINK_TYPE, &packet, 1, &b->r.verdict);
        assert_int_equal(b->r.verdict, WEIR_PACKET_FRAGMENT);
        if (i % 997) continue;
        assert_true(rig_memory(&b->r).frag_bytes <= share);
        uint32_t conn = i / 997 % 50, at = b->r.sent[conn][C];
        rig_send(&b->r, conn, C, ACK, at + 5, "world"); /* in the wrong order */
        rig_send(&b->r, conn, C, ACK, at, "hello");
        honest += 10;
    }
    weir_stats stats = rig_stats(&b->r);
    assert_int_equal(stats.delivered_bytes, honest);
    assert_int_equal(stats.missing_bytes, 0);
    assert_int_equal(stats.evicted, 0);
    assert_int_equal(stats.evicted_datagrams + stats.fragments_held, 1000000);
    bed_close(b);
}

/* The share is full of packets that hold no bytes, 102 to a page: they make room all the same. */
static void records_without_bytes_make_room(void **state)
{
    (void)state;
    weir_pool_config pool = small_pool(16 * MIB);
    pool.page_bytes = 16384;
    bed *b = bed_open(&pool, NULL);
    rig_handshake(&b->r, 0);
    make(b, 0, 4, 3000, 0);
    b->p.protocol = 17;
    memset(b->p.payload, 0, 1000);
    for (b->p.id = 0; b->p.id < 10000; b->p.id++) {
        piece what = {.bytes = 64, .more = 1, .time_ns = b->r.now_ns};
        weir_packet packet = pieces_cut(&b->p, &what, b->frame);
        weir_engine_packets(b->r.engine, WIRE_LINK_TYPE, &packet, 1, &b->r.verdict);
        assert_int_equal(b->r.verdict, ignored_as(WEIR_IGNORED_NOT_TCP));
    }
    assert_true(rig_memory(&b->r).frag_bytes + 16384 > weir_pool_frag_share(b->r.pool));
    make(b, 0, 4, 30000, 1);
    send_all(b, 10000, 0);
    assert_log(b, 0, 30000);
    bed_close(b);
}

/* Scratch beyond the share is made room for by fragments, never by bytes that wait behind a hole. */
static void holes_do_not_pay_for_a_full_share(void **state)
{
    (void)state;
    weir_pool_config pool = small_pool(4 * MIB);
    bed *b = bed_open(&pool, NULL);
    rig_handshake(&b->r, 0);
    rig_handshake(&b->r, 1);
    rig_send(&b->r, 1, C, ACK, 100, "behind a hole");
    make(b, 0, 4, 3000, 0);
    for (b->p.id = 100; b->p.id < 200; b->p.id++)
        give_part(b, 0, 1000);
    make(b, 0, 4, 50000, 1);
    send_all(b, 1480, 0);
    assert_log(b, 0, 50000);
    assert_int_equal(b->holes, 0);
    bed_close(b);
}

/* Two engines: one is full of fragments, the other's are joined all the same. */
static void one_engine_does_not_starve_the_other(void **state)
{
    (void)state;
    weir_pool_config pool = small_pool(8 * MIB);
    bed *b = bed_open(&pool, NULL);
    weir_engine *other;
    assert_int_equal(weir_engine_create(b->r.pool, NULL, NULL, NULL, &other), WEIR_OK);
    make(b, 0, 4, 3000, 0);
    piece what = {.offset = 24, .bytes = 1000, .more = 1};
    for (b->p.id = 0; b->p.id < 1000; b->p.id++) {
        what.time_ns = b->r.now_ns;
        weir_packet packet = pieces_cut(&b->p, &what, b->frame);
        weir_engine_packets(other, WIRE_LINK_TYPE, &packet, 1, NULL);
    }
    rig_handshake(&b->r, 0);
    b->bytes = 0;
    make(b, 0, 4, 3000, 1);
    send_all(b, 1480, 0);
    assert_log(b, 0, 3000);
    assert_int_equal(rig_stats(&b->r).evicted_datagrams, 0);
    assert_int_equal(weir_engine_check(other), WEIR_OK);
    assert_int_equal(weir_engine_destroy(other), WEIR_OK);
    bed_close(b);
}

/* A lowered limit: fragments beyond their share go, too. */
static void a_lowered_limit(void **state)
{
    (void)state;
    weir_pool_config pool = small_pool(32 * MIB);
    bed *b = bed_open(&pool, NULL);
    make(b, 0, 4, 3000, 0);
    for (b->p.id = 0; b->p.id < 350; b->p.id++)
        give_part(b, 0, 1000);
    assert_int_equal(rig_stats(&b->r).fragments_held, 350);
    assert_int_equal(weir_pool_set_limit(b->r.pool, MIB), WEIR_OK);
    for (uint32_t i = 0; i < 20; i++)
        rig_advance(&b->r, WEIR_MILLISECOND);
    weir_memory memory = rig_memory(&b->r);
    assert_true(memory.committed_bytes <= MIB);
    for (b->p.id = 1000; b->p.id < 1020; b->p.id++)
        give_part(b, 0, 1000);
    assert_true(rig_memory(&b->r).frag_bytes <= weir_pool_frag_share(b->r.pool));
    bed_close(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_segment_in_pieces),
        cmocka_unit_test(verdicts_of_pieces),
        cmocka_unit_test(the_longest_packets),
        cmocka_unit_test(packets_are_told_apart),
        cmocka_unit_test(ipv6_takes_the_protocol_of_the_first_piece),
        cmocka_unit_test(switched_off_they_are_counted),
        cmocka_unit_test(a_packet_has_30_seconds),
        cmocka_unit_test(a_packet_after_a_long_silence),
        cmocka_unit_test(what_is_due_is_applied_when_touched),
        cmocka_unit_test(flush_and_end_ignore_what_waits),
        cmocka_unit_test(every_piece_captured_twice),
        cmocka_unit_test(pieces_that_cannot_be),
        cmocka_unit_test(ends_that_contradict),
        cmocka_unit_test(more_on_the_last),
        cmocka_unit_test(teardrop),
        cmocka_unit_test(ipv4_overlaps_by_policy),
        cmocka_unit_test(overlaps_that_spoil),
        cmocka_unit_test(tiny_first_pieces),
        cmocka_unit_test(what_is_not_tcp_is_not_held),
        cmocka_unit_test(pieces_in_a_tunnel_in_pieces),
        cmocka_unit_test(the_last_piece_is_cut),
        cmocka_unit_test(every_piece_is_cut),
        cmocka_unit_test(cuts_that_spoil),
        cmocka_unit_test(how_many_fit),
        cmocka_unit_test(a_small_pool),
        cmocka_unit_test(fragments_have_their_share_of_a_full_pool),
        cmocka_unit_test(a_million_numbers_beside_honest_tcp),
        cmocka_unit_test(records_without_bytes_make_room),
        cmocka_unit_test(holes_do_not_pay_for_a_full_share),
        cmocka_unit_test(one_engine_does_not_starve_the_other),
        cmocka_unit_test(a_lowered_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
