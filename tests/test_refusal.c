/* SPDX-License-Identifier: MIT */
/*
 * Everything that can be refused is refused once, in turn, and every cap is hit in turn: what is delivered stays right
 * (the model sees to that), the checks pass, and at the end all memory is back.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/arena.h"
#include "support/chaos.h"
#include "support/model.h"
#include "support/pieces.h"

#define SCRIPT_SEGMENTS 220
#define KIB             UINT64_C(1024)
#define MIB             UINT64_C(1048576)

/* ── a pool on an arena, with engines and their models ── */

typedef struct bed {
    test_arena arena;
    weir_pool_config config;
    weir_engine_config engine;
    weir_pool *pool;
    weir_memory base; /* before the first engine came */
    uint64_t now_ns;
} bed;

static weir_memory memory_of(const bed *b)
{
    weir_memory memory;
    weir_memory_init(&memory);
    assert_int_equal(weir_pool_memory(b->pool, &memory), WEIR_OK);
    return memory;
}

static void bed_init(bed *b, uint32_t page_bytes, uint64_t limit_bytes)
{
    memset(b, 0, sizeof *b);
    weir_pool_config_init(&b->config);
    weir_engine_config_init(&b->engine);
    arena_init(&b->arena, 4096, &b->config.platform);
    b->config.page_bytes = page_bytes;
    b->config.limit_bytes = limit_bytes;
    b->config.ceiling_bytes = 4 * MIB;
    b->config.max_engines = 2;
    b->engine.conn_held_bytes = 65536;
    b->now_ns = 1000 * WEIR_SECOND;
}

static void bed_create(bed *b)
{
    assert_int_equal(weir_pool_create(&b->config, &b->pool), WEIR_OK);
    b->base = memory_of(b);
}

static void bed_open(bed *b, uint32_t page_bytes, uint64_t limit_bytes)
{
    bed_init(b, page_bytes, limit_bytes);
    bed_create(b);
}

/* Fails unless all that was taken is back. */
static void bed_close(bed *b)
{
    (void)weir_pool_trim(b->pool);
    weir_memory memory = memory_of(b);
    assert_int_equal(memory.engines, 0);
    assert_int_equal(memory.used_bytes, b->base.used_bytes);
    assert_int_equal(memory.conn_bytes, 0);
    assert_int_equal(memory.committed_bytes, b->base.committed_bytes);
    assert_int_equal(weir_pool_destroy(b->pool), WEIR_OK);
    assert_false(b->arena.broken);
    assert_int_equal(b->arena.reserves, b->arena.releases);
}

/* ── segments of numbered connections; offset 0 is the first byte ── */

#define ISN 1000u

static weir_segment segment_of(bed *b, uint32_t conn, uint32_t side, uint8_t flags, uint32_t offset,
                               uint32_t bytes)
{
    static uint8_t payload[65536 + 256];
    weir_segment s = {.flags = flags, .family = 4, .window = 65535, .seq = ISN + 1 + offset};
    for (uint32_t i = 0; i < sizeof payload; i++)
        payload[i] = (uint8_t)(i * 7 + i / 251);
    s.payload = payload + offset % 256;
    s.payload_bytes = s.wire_bytes = bytes;
    s.time_ns = b->now_ns;
    s.ip_id = offset;
    memcpy(s.source, side ? "\x0a\0\0\2" : "\x0a\1\0\1", 4);
    memcpy(s.destination, side ? "\x0a\1\0\1" : "\x0a\0\0\2", 4);
    s.source_port = side ? 80 : (uint16_t)(1 + conn);
    s.destination_port = side ? (uint16_t)(1 + conn) : 80;
    return s;
}

static uint8_t feed(bed *b, model *m, uint32_t conn, uint8_t flags, uint32_t offset, uint32_t bytes)
{
    weir_segment s = segment_of(b, conn, 0, flags, offset, bytes);
    if (flags & WEIR_TCP_SYN) s.seq--;
    return model_feed(m, &s);
}

/* The client's handshake, so that offsets are known from the first byte. */
static void open_connection(bed *b, model *m, uint32_t conn)
{
    (void)feed(b, m, conn, WEIR_TCP_SYN, 0, 0);
    weir_segment answer = segment_of(b, conn, 1, WEIR_TCP_SYN | WEIR_TCP_ACK, 0, 0);
    answer.seq--;
    answer.ack = ISN + 1;
    (void)model_feed(m, &answer);
    weir_segment last = segment_of(b, conn, 0, WEIR_TCP_ACK, 0, 0);
    last.ack = ISN + 1;
    (void)model_feed(m, &last);
}

/* Data from `from` to `to`, behind whatever is missing before. */
static void feed_run(bed *b, model *m, uint32_t conn, uint32_t from, uint32_t to)
{
    for (uint32_t at = from; at < to; at += 1000)
        (void)feed(b, m, conn, WEIR_TCP_ACK, at, to - at < 1000 ? to - at : 1000);
}

/* ── refusals ── */

/* Some segments come in three pieces, so that fragments are refused memory too. */
static void hand_in(model *m, const weir_segment *s, size_t number)
{
    static pieces in_pieces;
    static uint8_t frame[PIECES_FRAME_BYTES];
    if (number % 3 || s->payload_bytes < 40 || s->payload_bytes != s->wire_bytes) {
        (void)model_feed(m, s);
        return;
    }
    pieces_of(&in_pieces, s, (uint32_t)number);
    uint32_t each = in_pieces.bytes / 3 & ~7u;
    for (uint32_t i = 0; i < 3; i++) {
        piece what = {.offset = i * each, .bytes = each, .more = 1, .time_ns = s->time_ns};
        if (i == 2) what.bytes = in_pieces.bytes - 2 * each;
        if (i == 2) what.more = 0;
        weir_packet packet = pieces_cut(&in_pieces, &what, frame);
        (void)model_packet(m, WIRE_LINK_TYPE, &packet);
    }
}

static void play(model *m, const chaos *script)
{
    for (size_t i = 0; i < script->count; i++)
        hand_in(m, &script->segments[i], i);
    for (int i = 0; i < 64 && model_advance(m, m->clock_ns + WEIR_SECOND); i++)
        continue;
}

/* With no commit refused: how many there are. */
static uint64_t count_commits(const chaos *script, uint32_t page_bytes)
{
    bed b;
    model m;
    bed_open(&b, page_bytes, 2 * MIB);
    model_open(&m, b.pool, &b.engine, "no refusal", 0);
    play(&m, script);
    model_close(&m);
    uint64_t commits = b.arena.commits;
    bed_close(&b);
    return commits;
}

/* 0 if the engine could not even be created, which is an answer too. */
static int engine_can_be(bed *b)
{
    weir_engine *engine = NULL;
    uint64_t commits = b->arena.commits, refuse = b->arena.refuse_commit;
    int error = weir_engine_create(b->pool, &b->engine, NULL, NULL, &engine);
    if (error) assert_int_equal(error, WEIR_ERR_MEMORY);
    if (!error) assert_int_equal(weir_engine_destroy(engine), WEIR_OK);
    b->arena.refuse_commit = refuse + b->arena.commits - commits;
    return !error;
}

static void refuse_commit(const chaos *script, uint32_t page_bytes, uint64_t number, int after)
{
    bed b;
    model m;
    char name[64];
    (void)snprintf(name, sizeof name, "commit %" PRIu64 "%s", number,
                   after ? " and all after" : "");
    bed_init(&b, page_bytes, 2 * MIB);
    b.arena.refuse_commit = number;
    b.arena.refuse_commits_after = after;
    int error = weir_pool_create(&b.config, &b.pool);
    if (error) {
        assert_int_equal(error, WEIR_ERR_MEMORY);
        assert_int_equal(b.arena.reserves, b.arena.releases);
        return;
    }
    b.base = memory_of(&b);
    if (engine_can_be(&b)) {
        model_open(&m, b.pool, &b.engine, name, number);
        m.deep = 16;
        play(&m, script);
        model_close(&m);
    }
    bed_close(&b);
}

static void test_every_commit_refused(void **state)
{
    (void)state;
    for (uint32_t page_bytes = 1024; page_bytes <= 4096; page_bytes *= 2) {
        chaos script;
        chaos_make(&script, &chaos_holes, page_bytes, 600);
        uint64_t commits = count_commits(&script, page_bytes);
        assert_true(commits > 3);
        for (uint64_t n = 1; n <= commits; n++) {
            refuse_commit(&script, page_bytes, n, 0);
            refuse_commit(&script, page_bytes, n, 1);
        }
        chaos_free(&script);
    }
}

/* The engine's stock goes back, so that what the packet in question needs must come from the pool. */
static void empty_stock(bed *b, model *m)
{
    (void)weir_pool_trim(b->pool);
    (void)model_advance(m, m->clock_ns);
    (void)weir_pool_trim(b->pool);
}

/* Every page that packets from `first` on want is refused, for `packets` packets. */
static void refuse_pages(const chaos *script, uint32_t page_bytes, size_t first, size_t packets)
{
    bed b;
    model m;
    bed_open(&b, page_bytes, 2 * MIB);
    model_open(&m, b.pool, &b.engine, "pages refused", first);
    m.lowered = 1;
    m.deep = 8;
    for (size_t i = 0; i < script->count; i++) {
        if (i == first) {
            empty_stock(&b, &m);
            /* What is committed is all there is. Less than a pool needs cannot be set. */
            (void)weir_pool_set_limit(b.pool, memory_of(&b).committed_bytes);
        }
        hand_in(&m, &script->segments[i], i);
        if (i + 1 == first + packets)
            assert_int_equal(weir_pool_set_limit(b.pool, 2 * MIB), WEIR_OK);
    }
    model_close(&m);
    bed_close(&b);
}

static void test_every_page_refused(void **state)
{
    (void)state;
    static const chaos_style *const styles[] = {&chaos_all, &chaos_holes};
    static const size_t lasting[] = {1, 3, 20};
    for (int i = 0; i < 2; i++) {
        chaos script;
        chaos_make(&script, styles[i], 7, SCRIPT_SEGMENTS);
        for (size_t n = 0; n < script.count; n++)
            refuse_pages(&script, 1024u << n % 3, n, lasting[n % 3]);
        chaos_free(&script);
    }
}

/* From the smallest pool on, a page more each time. */
static void test_every_limit(void **state)
{
    (void)state;
    chaos script;
    chaos_make(&script, &chaos_holes, 11, 300);
    for (uint32_t more = 0; more < 48; more++) {
        bed b;
        model m;
        bed_init(&b, 1024, 0);
        b.config.limit_bytes = weir_pool_smallest_limit(&b.config) + more * 4096;
        bed_create(&b);
        model_open(&m, b.pool, &b.engine, "every limit", more);
        m.deep = 16;
        play(&m, &script);
        model_close(&m);
        bed_close(&b);
    }
    chaos_free(&script);
}

/* ── caps ── */

static void test_cap_conn_held(void **state)
{
    (void)state;
    bed b;
    model m;
    bed_open(&b, 4096, 2 * MIB);
    model_open(&m, b.pool, &b.engine, "conn_held_bytes", 0);
    open_connection(&b, &m, 0);
    feed_run(&b, &m, 0, 100, 65536); /* 65,436 bytes wait */
    assert_int_equal(m.missing, 0);
    feed_run(&b, &m, 0, 65536, 65636); /* just all that may */
    assert_int_equal(m.missing, 0);
    feed_run(&b, &m, 0, 65636, 65637);
    assert_int_equal(m.holes[WEIR_HOLE_CONN_CAP], 1);
    assert_int_equal(m.missing, 100);
    assert_int_equal(m.delivered, 65537);
    model_close(&m);
    bed_close(&b);
}

/* Of both directions the older hole goes. */
static void test_cap_conn_held_both_directions(void **state)
{
    (void)state;
    bed b;
    model m;
    bed_open(&b, 4096, 2 * MIB);
    model_open(&m, b.pool, &b.engine, "conn_held_bytes, both", 0);
    open_connection(&b, &m, 0);
    weir_segment s = segment_of(&b, 0, 1, WEIR_TCP_ACK, 50, 30000);
    (void)model_feed(&m, &s); /* the server's hole is older */
    b.now_ns += WEIR_MILLISECOND;
    feed_run(&b, &m, 0, 100, 35636);
    assert_int_equal(m.missing, 0);
    feed_run(&b, &m, 0, 35636, 35637);
    assert_int_equal(m.holes[WEIR_HOLE_CONN_CAP], 1);
    assert_int_equal(m.missing, 50);
    assert_int_equal(m.delivered, 30000);
    model_close(&m);
    bed_close(&b);
}

static void test_cap_conn_records(void **state)
{
    (void)state;
    bed b;
    model m;
    bed_init(&b, 1024, 2 * MIB);
    b.engine.conn_records = 64;
    bed_create(&b);
    model_open(&m, b.pool, &b.engine, "conn_records", 0);
    open_connection(&b, &m, 0);
    for (uint32_t i = 0; i < 64; i++)
        (void)feed(&b, &m, 0, WEIR_TCP_ACK, 10 + 2 * i, 1);
    assert_int_equal(m.missing, 0);
    (void)feed(&b, &m, 0, WEIR_TCP_ACK, 10 + 2 * 64, 1);
    assert_int_equal(m.holes[WEIR_HOLE_CONN_CAP], 1);
    assert_int_equal(m.missing, 10);
    assert_int_equal(m.delivered, 1);
    model_close(&m);
    bed_close(&b);
}

/* A piece in front of all that waits is never part of the hole that pays for it. */
static void test_cap_piece_in_front(void **state)
{
    (void)state;
    bed b;
    model m;
    bed_open(&b, 4096, 2 * MIB);
    model_open(&m, b.pool, &b.engine, "piece in front", 0);
    open_connection(&b, &m, 0);
    feed_run(&b, &m, 0, 10000, 10000 + 65536); /* full */
    assert_int_equal(m.missing, 0);
    (void)feed(&b, &m, 0, WEIR_TCP_ACK, 5000, 500);
    assert_int_equal(m.missing, 5000);
    assert_int_equal(m.delivered, 500);
    assert_int_equal(m.late, 0);
    model_close(&m);
    bed_close(&b);
}

static void test_cap_conn_share(void **state)
{
    (void)state;
    bed b;
    model m;
    bed_init(&b, 1024, 512 * KIB);
    b.config.conn_share_percent = 20;
    bed_create(&b);
    model_open(&m, b.pool, &b.engine, "conn share", 0);
    m.deep = 64;
    open_connection(&b, &m, 0);
    (void)feed(&b, &m, 0, WEIR_TCP_ACK, 0, 10);
    for (uint32_t conn = 1; conn < 3000; conn++)
        (void)feed(&b, &m, conn, WEIR_TCP_SYN, 0, 0);
    weir_memory memory = memory_of(&b);
    assert_true(memory.conn_bytes <= 512 * KIB / 5 + 1024);
    assert_true(m.closed[WEIR_CLOSE_EVICTED] > 2000);
    /* Half-open ones went first: the one that talks is still there. */
    (void)feed(&b, &m, 0, WEIR_TCP_ACK, 10, 10);
    assert_int_equal(m.delivered, 20);
    model_close(&m);
    bed_close(&b);
}

/* The newcomer does not pay for the hoarder. */
static void test_cap_pool(void **state)
{
    (void)state;
    bed b;
    model m;
    bed_open(&b, 1024, 256 * KIB);
    model_open(&m, b.pool, &b.engine, "pool limit", 0);
    m.deep = 16;
    for (uint32_t conn = 0; conn < 8; conn++) {
        open_connection(&b, &m, conn);
        feed_run(&b, &m, conn, 100, 60100);
        b.now_ns += WEIR_MILLISECOND;
    }
    assert_true(m.holes[WEIR_HOLE_POOL_CAP] > 2);
    uint64_t missing = m.missing;
    open_connection(&b, &m, 8);
    (void)feed(&b, &m, 8, WEIR_TCP_ACK, 1000, 1000);
    (void)feed(&b, &m, 8, WEIR_TCP_ACK, 0, 1000);
    weir_conn_info info;
    weir_conn_info_init(&info);
    assert_int_equal(weir_conn_get_info(model_find(&m, 8), &info), WEIR_OK);
    assert_int_equal(info.flow[WEIR_C2S].delivered_bytes, 2000);
    assert_int_equal(m.missing % 100, 0); /* others' holes, whole */
    assert_true(m.missing - missing <= 100);
    model_close(&m);
    bed_close(&b);
}

/* Another engine has all there is. The asker lives on its floor until the other is called. */
static void test_cap_floor(void **state)
{
    (void)state;
    bed b;
    model hoarder, other;
    bed_init(&b, 1024, 256 * KIB);
    bed_create(&b);
    model_open(&hoarder, b.pool, &b.engine, "hoarder", 0);
    model_open(&other, b.pool, &b.engine, "asker", 0);
    hoarder.shared = other.shared = 1;
    hoarder.deep = other.deep = 16;
    for (uint32_t conn = 0; conn < 4; conn++) {
        open_connection(&b, &hoarder, conn);
        feed_run(&b, &hoarder, conn, 100, 60100);
        b.now_ns += WEIR_MILLISECOND;
    }
    uint64_t gone = hoarder.holes[WEIR_HOLE_POOL_CAP];
    open_connection(&b, &other, 0);
    feed_run(&b, &other, 0, 1000, 9000); /* eight pages of its sixteen */
    assert_int_equal(other.missing, 0);
    (void)model_advance(&hoarder, b.now_ns); /* it was asked */
    assert_true(hoarder.holes[WEIR_HOLE_POOL_CAP] > gone);
    (void)feed(&b, &other, 0, WEIR_TCP_ACK, 0, 1000);
    assert_int_equal(other.delivered, 9000);
    assert_int_equal(other.missing, 0);
    model_close(&other);
    model_close(&hoarder);
    bed_close(&b);
}

static void test_cap_engines(void **state)
{
    (void)state;
    bed b;
    weir_engine *engines[2], *third = NULL;
    bed_open(&b, 1024, 512 * KIB);
    for (int i = 0; i < 2; i++) {
        int error = weir_engine_create(b.pool, &b.engine, NULL, NULL, &engines[i]);
        assert_int_equal(error, WEIR_OK);
    }
    int error = weir_engine_create(b.pool, &b.engine, NULL, NULL, &third);
    assert_int_equal(error, WEIR_ERR_ENGINES);
    assert_null(third);
    assert_int_equal(weir_pool_destroy(b.pool), WEIR_ERR_BUSY);
    for (int i = 0; i < 2; i++)
        assert_int_equal(weir_engine_destroy(engines[i]), WEIR_OK);
    bed_close(&b);
}

static weir_verdict count_watermarks(model *m, weir_conn *conn, model_event event)
{
    uint32_t *crossed = m->user;
    (void)conn;
    if (event == MODEL_WATERMARK) (*crossed)++;
    return WEIR_FOLLOW;
}

static void test_cap_watermark(void **state)
{
    (void)state;
    bed b;
    model m;
    uint32_t crossed = 0;
    bed_init(&b, 1024, 256 * KIB);
    b.config.watermark_percent = 70;
    bed_create(&b);
    model_open(&m, b.pool, &b.engine, "watermark", 0);
    m.act = count_watermarks;
    m.user = &crossed;
    for (uint32_t conn = 0; conn < 2; conn++) {
        open_connection(&b, &m, conn);
        feed_run(&b, &m, conn, 100, 64000);
    }
    open_connection(&b, &m, 2);
    feed_run(&b, &m, 2, 100, 40000);
    assert_int_equal(crossed, 1);
    assert_int_equal(m.above, 1);
    for (uint32_t conn = 0; conn < 3; conn++)
        (void)feed(&b, &m, conn, WEIR_TCP_ACK, 0, 100);
    for (int i = 0; i < 20; i++)
        (void)model_advance(&m, m.clock_ns + WEIR_SECOND / 4);
    assert_int_equal(crossed, 2);
    assert_int_equal(m.above, 0);
    model_close(&m);
    bed_close(&b);
}

/* ── a lowered limit ── */

static void test_lowered_limit(void **state)
{
    (void)state;
    bed b;
    model m;
    bed_init(&b, 1024, 2 * MIB);
    bed_create(&b);
    uint64_t low = weir_pool_smallest_limit(&b.config) + 64 * KIB;
    model_open(&m, b.pool, &b.engine, "lowered limit", 0);
    m.deep = 32;
    for (uint32_t conn = 0; conn < 1200; conn++)
        (void)feed(&b, &m, conn, WEIR_TCP_ACK, 0, 10);
    b.now_ns += 12 * WEIR_MILLISECOND; /* these are the last to go, and no base settles any more */
    for (uint32_t conn = 0; conn < 12; conn++)
        feed_run(&b, &m, conn, 100, 60100);
    assert_int_equal(m.missing, 0);
    assert_true(memory_of(&b).committed_bytes > MIB);
    m.lowered = 1;
    assert_int_equal(weir_pool_set_limit(b.pool, low), WEIR_OK);
    for (int i = 0; i < 200 && memory_of(&b).committed_bytes > low; i++) {
        (void)model_advance(&m, ++b.now_ns);
        weir_memory memory = memory_of(&b); /* first come connections beyond their share of it */
        if (m.holes[WEIR_HOLE_POOL_CAP]) assert_in_range(memory.conn_bytes, 0, low / 2);
    }
    assert_true(memory_of(&b).committed_bytes <= low);
    assert_true(m.closed[WEIR_CLOSE_EVICTED] > 0);
    assert_int_equal(m.holes[WEIR_HOLE_POOL_CAP], 12); /* those were not enough */
    assert_int_equal(m.delivered, 1200 * 10 + 12 * 60000);
    assert_int_equal(m.missing, 12 * 90);
    m.lowered = 0; /* from here on it holds */
    open_connection(&b, &m, 5000);
    feed_run(&b, &m, 5000, 100, 60000);
    model_close(&m);
    assert_int_equal(weir_pool_set_limit(b.pool, 2 * MIB), WEIR_OK);
    bed_close(&b);
}

static void test_limits_of_a_limit(void **state)
{
    (void)state;
    bed b;
    bed_open(&b, 1024, 2 * MIB);
    uint64_t smallest = weir_pool_smallest_limit(&b.config);
    assert_int_equal(weir_pool_set_limit(b.pool, 4 * MIB + 1), WEIR_ERR_LIMIT_TOO_LARGE);
    assert_int_equal(weir_pool_set_limit(b.pool, 0), WEIR_ERR_LIMIT_TOO_SMALL);
    assert_int_equal(weir_pool_set_limit(b.pool, smallest - 1), WEIR_ERR_LIMIT_TOO_SMALL);
    assert_int_equal(memory_of(&b).limit_bytes, 2 * MIB);
    assert_int_equal(weir_pool_set_limit(b.pool, smallest), WEIR_OK);
    assert_int_equal(weir_pool_set_limit(NULL, smallest), WEIR_ERR_ARGUMENT);
    assert_int_equal(weir_pool_set_limit(b.pool, 4 * MIB), WEIR_OK);
    bed_close(&b);
}

/* ── engines that cannot be, each with its reason ── */

#define FIELD(name) offsetof(weir_engine_config, name), sizeof(((weir_engine_config *)0)->name)

static void test_engine_settings(void **state)
{
    (void)state;
    static const struct {
        size_t at, bytes;
        uint64_t value;
        int error;
    } cases[] = {
        {FIELD(struct_size), 0, WEIR_ERR_STRUCT_SIZE},
        {FIELD(conn_held_bytes), 65535, WEIR_ERR_CONN_LIMIT},
        {FIELD(conn_held_bytes), 2 * MIB + 1, WEIR_ERR_CONN_LIMIT},
        {FIELD(conn_held_bytes), UINT64_MAX, WEIR_ERR_CONN_LIMIT},
        {FIELD(conn_records), 0, WEIR_ERR_CONN_RECORDS},
        {FIELD(conn_records), 63, WEIR_ERR_CONN_RECORDS},
        {FIELD(conn_records), 1048577, WEIR_ERR_CONN_RECORDS},
        {FIELD(recent_bytes), 65537, WEIR_ERR_RECENT},
        {FIELD(overlap), WEIR_OVERLAP_COUNT, WEIR_ERR_POLICY},
        {FIELD(overlap), 0xffffffff, WEIR_ERR_POLICY},
        {FIELD(checksum), 3, WEIR_ERR_POLICY},
        {FIELD(hole_timeout_ns), 0, WEIR_ERR_TIMEOUT},
        {FIELD(hole_timeout_ns), 999999, WEIR_ERR_TIMEOUT},
        {FIELD(hole_timeout_ns), WEIR_NEVER, WEIR_ERR_TIMEOUT},
        {FIELD(acked_hole_ns), 999999, WEIR_ERR_TIMEOUT},
        {FIELD(acked_hole_ns), WEIR_NEVER - 1, WEIR_ERR_TIMEOUT},
        {FIELD(acked_hole_ns), WEIR_NEVER, WEIR_OK},
        {FIELD(idle_ns), 0, WEIR_ERR_TIMEOUT},
        {FIELD(idle_ns), UINT64_C(2592000000000001), WEIR_ERR_TIMEOUT},
        {FIELD(idle_ns), UINT64_C(2592000000000000), WEIR_OK},
        {FIELD(half_open_ns), 0, WEIR_ERR_TIMEOUT},
        {FIELD(linger_ns), 0, WEIR_ERR_TIMEOUT},
        {FIELD(linger_ns), WEIR_MILLISECOND, WEIR_OK},
        {FIELD(fragment_timeout_ns), 999999, WEIR_ERR_TIMEOUT},
        {FIELD(fragment_timeout_ns), WEIR_NEVER, WEIR_ERR_TIMEOUT},
        {FIELD(fragment_timeout_ns), WEIR_MILLISECOND, WEIR_OK},
        {FIELD(fragment_overlap), WEIR_OVERLAP_COUNT, WEIR_ERR_POLICY},
    };
    bed b;
    bed_open(&b, 1024, 2 * MIB);
    uint64_t committed = memory_of(&b).committed_bytes;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        weir_engine *engine = NULL;
        weir_engine_config config;
        weir_engine_config_init(&config);
        memcpy((uint8_t *)&config + cases[i].at, &cases[i].value, cases[i].bytes);
        int error = weir_engine_create(b.pool, &config, NULL, NULL, &engine);
        if (error != cases[i].error)
            fail_msg("case %zu: %s, not %s", i, weir_error_text(error),
                     weir_error_text(cases[i].error));
        if (error) assert_int_equal(memory_of(&b).committed_bytes, committed);
        if (!error) assert_int_equal(weir_engine_destroy(engine), WEIR_OK);
        (void)weir_pool_trim(b.pool);
    }
    assert_int_equal(weir_engine_create(NULL, NULL, NULL, NULL, NULL), WEIR_ERR_ARGUMENT);
    assert_int_equal(weir_engine_create(b.pool, NULL, NULL, NULL, NULL), WEIR_ERR_ARGUMENT);
    bed_close(&b);
}

/* The smallest pool carries an engine and something to hold. Whether there is room for another is not promised. */
static void test_smallest_pool(void **state)
{
    (void)state;
    for (uint32_t page_bytes = 1024; page_bytes <= 16384; page_bytes *= 2) {
        bed b;
        model m;
        weir_engine *second = NULL;
        bed_init(&b, page_bytes, 0);
        b.config.ceiling_bytes = 0;
        uint64_t smallest = weir_pool_smallest_limit(&b.config);
        b.config.limit_bytes = smallest - 1;
        assert_int_equal(weir_pool_create(&b.config, &b.pool), WEIR_ERR_LIMIT_TOO_SMALL);
        b.config.limit_bytes = smallest;
        bed_create(&b);
        model_open(&m, b.pool, &b.engine, "smallest", page_bytes);
        int error = weir_engine_create(b.pool, &b.engine, NULL, NULL, &second);
        if (error) assert_int_equal(error, WEIR_ERR_MEMORY);
        if (!error) assert_int_equal(weir_engine_destroy(second), WEIR_OK);
        open_connection(&b, &m, 0);
        feed_run(&b, &m, 0, 100, 8100);
        (void)feed(&b, &m, 0, WEIR_TCP_ACK, 0, 100);
        assert_int_equal(m.delivered, 8100);
        assert_int_equal(m.missing, 0);
        model_close(&m);
        bed_close(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_commit_refused),
        cmocka_unit_test(test_every_page_refused),
        cmocka_unit_test(test_every_limit),
        cmocka_unit_test(test_cap_conn_held),
        cmocka_unit_test(test_cap_conn_held_both_directions),
        cmocka_unit_test(test_cap_conn_records),
        cmocka_unit_test(test_cap_piece_in_front),
        cmocka_unit_test(test_cap_conn_share),
        cmocka_unit_test(test_cap_pool),
        cmocka_unit_test(test_cap_floor),
        cmocka_unit_test(test_cap_engines),
        cmocka_unit_test(test_cap_watermark),
        cmocka_unit_test(test_lowered_limit),
        cmocka_unit_test(test_limits_of_a_limit),
        cmocka_unit_test(test_engine_settings),
        cmocka_unit_test(test_smallest_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
