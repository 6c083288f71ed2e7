/* SPDX-License-Identifier: MIT */
/*
 * The sweep: one script of mixed traffic, run again and again, in each run another call is refused: every commit of the
 * platform, every page, every record, every piece of scratch; alone, and with all that follow it for a while or for good.
 * The model sees to every byte and sum after each packet, weir_engine_check runs, and at the end all memory is back.
 *
 * In the script: connections that open, talk both ways and end; loss with and without evidence, reordering, overlaps of
 * other bytes, late bytes, cut segments, forged control, tunnels, fragments; floods that evict; limits lowered and raised,
 * trims, time that passes. What it must have reached is verified in a run without refusals.
 *
 *      WEIR_SWEEP_STEP=N    every N-th call is refused; 3 unless said; 1, all of them, is `make refusal`
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
#include "support/refusals.h"
#include "support/model_conn.h"
#include "support/wire.h"

enum { SEGMENTS = 800, FLOOD = 160, HOARD = 90, FOR_GOOD = 1 << 30 };

#define LIMIT_BYTES (UINT64_C(192) << 10) /* above the smallest */

static uint64_t step = 3;

/* ── the script ── */

typedef enum { SEGMENT, PACKET, TUNNEL, HALF, ADVANCE, TRIM, LIMIT, FLUSH } deed;

typedef struct {
    deed what;
    uint64_t argument; /* ms; bytes above the smallest limit */
    weir_segment segment;
} line;

typedef struct {
    chaos traffic;
    line lines[4 * SEGMENTS + FLOOD + 2 * HOARD];
    uint64_t later_ns; /* stamps follow the time that has passed without packets */
    size_t count;
} script;

static void add(script *s, deed what, uint64_t argument, const weir_segment *segment)
{
    line *l = &s->lines[s->count++];
    *l = (line){.what = what, .argument = argument};
    if (segment) l->segment = *segment;
    l->segment.time_ns += s->later_ns;
    if (what == ADVANCE) s->later_ns += argument * WEIR_MILLISECOND;
}

static weir_segment segment_of(uint16_t port, uint8_t flags, uint32_t seq, uint64_t time_ns)
{
    weir_segment of = {
        .family = 4, .flags = flags, .time_ns = time_ns, .seq = seq, .window = 60000};
    memcpy(of.source, "\x0a\x09\0\1", 4);
    memcpy(of.destination, "\x0a\x09\0\2", 4);
    of.source_port = port;
    of.destination_port = 80;
    return of;
}

/* Connections that say nothing more: others have to go for them. */
static void add_flood(script *s, uint64_t time_ns)
{
    for (uint32_t i = 0; i < FLOOD; i++) {
        weir_segment syn = segment_of((uint16_t)(2000 + i), WEIR_TCP_SYN, 77, time_ns);
        add(s, SEGMENT, 0, &syn);
    }
}

/* One connection that fills its cap behind a hole. */
static void add_hoard(script *s, uint16_t port, uint64_t time_ns)
{
    static const uint8_t zeros[1000];
    weir_segment syn = segment_of(port, WEIR_TCP_SYN, 99, time_ns);
    add(s, SEGMENT, 0, &syn);
    for (uint32_t i = 1; i < HOARD; i++) {
        weir_segment data = segment_of(port, WEIR_TCP_ACK, 100 + i * 1000, time_ns);
        data.payload = zeros;
        data.payload_bytes = data.wire_bytes = sizeof zeros;
        add(s, SEGMENT, 0, &data);
    }
}

static weir_segment answer_of(weir_segment to, uint8_t flags, uint32_t seq, uint32_t ack)
{
    weir_segment answer = segment_of(to.destination_port, flags, seq, to.time_ns);
    memcpy(answer.source, to.destination, 4);
    memcpy(answer.destination, to.source, 4);
    answer.destination_port = to.source_port;
    answer.ack = ack;
    return answer;
}

/* A new connection on the ports of one that still talks. */
static void add_reuse(script *s, uint16_t port, uint64_t time_ns)
{
    for (uint32_t life = 0; life < 2; life++) {
        uint32_t isn = 100000 * life;
        weir_segment syn = segment_of(port, WEIR_TCP_SYN, isn, time_ns);
        weir_segment data = segment_of(port, WEIR_TCP_ACK, isn + 1, time_ns);
        weir_segment answer = answer_of(syn, WEIR_TCP_SYN | WEIR_TCP_ACK, 5000 * life + 1, isn + 1);
        data.ack = answer.seq + 1;
        data.payload = (const uint8_t *)"new life";
        data.payload_bytes = data.wire_bytes = 8;
        add(s, SEGMENT, 0, &syn);
        add(s, SEGMENT, 0, &answer);
        add(s, SEGMENT, 0, &data);
    }
}

/* One that ends as it should. */
static void add_end(script *s, uint16_t port, uint64_t time_ns)
{
    weir_segment syn = segment_of(port, WEIR_TCP_SYN, 0, time_ns);
    weir_segment fin = segment_of(port, WEIR_TCP_FIN | WEIR_TCP_ACK, 1, time_ns);
    weir_segment last = segment_of(port, WEIR_TCP_ACK, 2, time_ns);
    weir_segment syn_ack = answer_of(syn, WEIR_TCP_SYN | WEIR_TCP_ACK, 0, 1);
    weir_segment fin_ack = answer_of(syn, WEIR_TCP_FIN | WEIR_TCP_ACK, 1, 2);
    fin.ack = 1;
    last.ack = 2;
    add(s, SEGMENT, 0, &syn);
    add(s, SEGMENT, 0, &syn_ack);
    add(s, SEGMENT, 0, &fin);
    add(s, SEGMENT, 0, &fin_ack);
    add(s, SEGMENT, 0, &last);
}

/* A hole that nobody acknowledges. */
static void add_gap(script *s, uint16_t port, uint64_t time_ns)
{
    weir_segment syn = segment_of(port, WEIR_TCP_SYN, 0, time_ns);
    weir_segment data = segment_of(port, WEIR_TCP_ACK, 500, time_ns);
    data.payload = (const uint8_t *)"behind";
    data.payload_bytes = data.wire_bytes = 6;
    add(s, SEGMENT, 0, &syn);
    add(s, SEGMENT, 0, &data);
}

static void make(script *s)
{
    static const chaos_style style = {.connections = 5,
                                      .most_bytes = 1460,
                                      .loss = 10,
                                      .late = 40,
                                      .again = 40,
                                      .acks = 60,
                                      .noise = 24,
                                      .far = 1,
                                      .other = 128,
                                      .cut = 6,
                                      .jumps = 1};
    static const deed deeds[] = {SEGMENT, PACKET, TUNNEL, HALF, PACKET};
    memset(s, 0, sizeof *s);
    chaos_make(&s->traffic, &style, 5, SEGMENTS);
    for (size_t i = 0; i < s->traffic.count; i++) {
        const weir_segment *segment = &s->traffic.segments[i];
        add(s, deeds[(segment->source_port + segment->destination_port) % 5], 0, segment);
        if (i % 64 == 40) add_end(s, (uint16_t)(2900 + i), segment->time_ns);
        if (i % 64 == 62) add_gap(s, (uint16_t)(1100 + i), segment->time_ns);
        if (i % 64 == 63) add(s, ADVANCE, i % 256 == 63 ? 2500 : 30, NULL);
        if (i == 100) add_reuse(s, 1003, segment->time_ns);
        if (i == 150) add_hoard(s, 1001, segment->time_ns);
        if (i == 200) add(s, LIMIT, 0, NULL);
        if (i == 210) add_hoard(s, 1002, segment->time_ns);
        if (i == 260) add(s, TRIM, 0, NULL);
        if (i == 300) add(s, LIMIT, LIMIT_BYTES, NULL);
        if (i == 500) add_flood(s, segment->time_ns);
        if (i == 700) add(s, FLUSH, 0, NULL);
    }
    add(s, ADVANCE, 400000, NULL);
}

/* ── one run ── */

typedef struct {
    test_arena arena;
    weir_pool_config config;
    weir_pool *pool;
    model m;
    weir_stats stats; /* before the end */
} run;

static weir_memory memory_of(const run *r)
{
    weir_memory memory;
    weir_memory_init(&memory);
    assert_int_equal(weir_pool_memory(r->pool, &memory), WEIR_OK);
    return memory;
}

static void configure(run *r)
{
    memset(r, 0, sizeof *r);
    weir_pool_config_init(&r->config);
    arena_init(&r->arena, 4096, &r->config.platform);
    r->config.page_bytes = 1024;
    r->config.max_engines = 1;
    r->config.conn_share_percent = 12;
    r->config.ceiling_bytes = UINT64_C(640) << 10;
    r->config.limit_bytes = weir_pool_smallest_limit(&r->config) + LIMIT_BYTES;
}

enum {
    ETHERNET_BYTES = 14,
    HEADER_BYTES = 20,
    RAW = 101,
    IPIP = 4,
    IPV6 = 41,
    MORE = 0x2000,
    CUT = 32
};

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* The IP packet inside another. */
static void feed_tunnel(model *m, weir_packet packet)
{
    static uint8_t bytes[65536];
    uint32_t inner = packet.captured_bytes - ETHERNET_BYTES;
    int is_ipv6 = packet.data[ETHERNET_BYTES] >> 4 == 6;
    memset(bytes, 0, HEADER_BYTES);
    bytes[0] = 0x45;
    put16(bytes + 2, packet.wire_bytes - ETHERNET_BYTES + HEADER_BYTES);
    bytes[8] = 64;
    bytes[9] = is_ipv6 ? IPV6 : IPIP;
    memcpy(bytes + 12, "\xc0\0\2\1\xc0\0\2\2", 8);
    memcpy(bytes + HEADER_BYTES, packet.data + ETHERNET_BYTES, inner);
    packet.data = bytes;
    packet.captured_bytes = HEADER_BYTES + inner;
    packet.wire_bytes += HEADER_BYTES - ETHERNET_BYTES;
    (void)model_packet(m, RAW, &packet);
}

/* Bytes [from, to) of an IPv4 packet's payload. */
static void feed_piece(model *m, weir_packet packet, uint32_t from, uint32_t to)
{
    static uint8_t bytes[65536];
    const uint8_t *ip = packet.data + ETHERNET_BYTES;
    int is_last = ETHERNET_BYTES + HEADER_BYTES + to == packet.captured_bytes;
    memcpy(bytes, ip, HEADER_BYTES);
    put16(bytes + 2, HEADER_BYTES + to - from);
    put16(bytes + 6, (is_last ? 0 : MORE) | from / 8);
    memcpy(bytes + HEADER_BYTES, ip + HEADER_BYTES + from, to - from);
    packet.data = bytes;
    packet.captured_bytes = HEADER_BYTES + to - from;
    packet.wire_bytes = packet.captured_bytes;
    (void)model_packet(m, RAW, &packet);
}

static void feed_packet(model *m, const weir_segment *segment, deed what)
{
    static uint8_t frame[65536];
    weir_packet packet = wire_packet(segment, frame);
    uint32_t payload = packet.captured_bytes - ETHERNET_BYTES - HEADER_BYTES;
    if (what == TUNNEL) {
        feed_tunnel(m, packet);
    } else if (what == HALF && segment->family == 4 && payload > CUT &&
               packet.wire_bytes == packet.captured_bytes) {
        feed_piece(m, packet, CUT, payload);
        feed_piece(m, packet, 0, CUT);
    } else {
        (void)model_packet(m, WIRE_LINK_TYPE, &packet);
    }
}

static void play_line(run *r, const line *l)
{
    uint64_t limit = weir_pool_smallest_limit(&r->config) + l->argument;
    switch (l->what) {
    case SEGMENT:
        (void)model_feed(&r->m, &l->segment);
        break;
    case ADVANCE:
        (void)model_advance(&r->m, r->m.clock_ns + l->argument * WEIR_MILLISECOND);
        break;
    case TRIM:
        (void)weir_pool_trim(r->pool);
        break;
    case LIMIT:
        assert_int_equal(weir_pool_set_limit(r->pool, limit), WEIR_OK);
        break;
    case FLUSH:
        model_flush(&r->m);
        break;
    default:
        feed_packet(&r->m, &l->segment, l->what);
    }
}

/* Fails unless all that was taken is back. */
static void end(run *r, const weir_memory *base)
{
    r->stats = model_stats(&r->m);
    model_close(&r->m);
    (void)weir_pool_trim(r->pool);
    weir_memory memory = memory_of(r);
    assert_int_equal(memory.engines, 0);
    assert_int_equal(memory.used_bytes, base->used_bytes);
    assert_int_equal(memory.conn_bytes, 0);
    assert_int_equal(memory.committed_bytes, base->committed_bytes);
}

/* What is refused in a run: the n-th call from the engine's creation on, and those that follow. */
typedef struct {
    refusal_point point; /* REFUSE_NOTHING: a commit */
    uint64_t nth, lasting;
} refusal;

/* Calls of each point; the last is commits. */
typedef uint64_t calls[REFUSAL_POINTS + 1];

static void play(const script *s, const refusal *refused, run *r, calls made)
{
    static const char *const names[] = {"page", "record", "scratch", "commit"};
    weir_engine_config config;
    char name[64];
    configure(r);
    weir_engine_config_init(&config);
    config.conn_held_bytes = 65536;
    config.conn_records = 64;
    assert_int_equal(weir_pool_create(&r->config, &r->pool), WEIR_OK);
    weir_memory base = memory_of(r);
    (void)snprintf(name, sizeof name, "%s refused", names[refused->point]);
    refusals_begin(REFUSE_NOTHING, 0, 0);
    model_open(&r->m, r->pool, &config, name, refused->nth);
    r->m.lowered = 1;
    r->m.deep = 16;
    uint64_t commits = r->arena.commits;
    refusals_begin(refused->point, refused->nth, refused->lasting);
    if (refused->point == REFUSE_NOTHING && refused->nth)
        r->arena.refuse_commit = commits + refused->nth;
    r->arena.refuse_commits_after = refused->lasting > 1;
    for (size_t i = 0; i < s->count; i++)
        play_line(r, &s->lines[i]);
    for (int i = 0; i < 64 && model_advance(&r->m, r->m.clock_ns + WEIR_SECOND); i++)
        continue;
    for (refusal_point p = 0; p < REFUSAL_POINTS; p++)
        made[p] = refusals_calls(p);
    made[REFUSAL_POINTS] = r->arena.commits - commits;
    end(r, &base);
    assert_int_equal(weir_pool_destroy(r->pool), WEIR_OK);
    assert_false(r->arena.broken);
    assert_int_equal(r->arena.reserves, r->arena.releases);
}

/* ── the tests ── */

static script whole;

static int make_script(void **state)
{
    (void)state;
    make(&whole);
    return 0;
}

static int free_script(void **state)
{
    (void)state;
    chaos_free(&whole.traffic);
    return 0;
}

/* Without refusals: the script is as mixed as it says. */
static void the_script_reaches_what_it_is_for(void **state)
{
    (void)state;
    static run r;
    calls made;
    const refusal none = {REFUSE_NOTHING, 0, 0};
    play(&whole, &none, &r, made);
    const weir_stats *s = &r.stats;
    for (int c = 0; c < WEIR_CLOSE_CAUSE_COUNT; c++)
        if (!s->closed[c])
            fail_msg("none closed by %s", weir_close_cause_name((weir_close_cause)c));
    for (int c = 0; c < WEIR_HOLE_CAUSE_COUNT; c++)
        if (!s->holes[c]) fail_msg("no hole of cause %s", weir_hole_cause_name((weir_hole_cause)c));
    assert_true(s->tunnelled_segments && s->fragments_joined);
    assert_true(s->late_bytes && s->conflict_bytes && s->duplicate_bytes && s->evicted);
    assert_true(made[REFUSE_PAGE] > 100 && made[REFUSE_RECORD] > 100 && made[REFUSAL_POINTS]);
    printf("calls: %" PRIu64 " pages, %" PRIu64 " records, %" PRIu64 " scratch, %" PRIu64
           " commits\n",
           made[REFUSE_PAGE], made[REFUSE_RECORD], made[REFUSE_SCRATCH], made[REFUSAL_POINTS]);
}

static void sweep(refusal_point point, uint64_t lasting)
{
    static run r;
    calls made;
    refusal refused = {point, 0, lasting};
    play(&whole, &refused, &r, made);
    uint64_t all = made[point], runs = 0;
    for (refused.nth = 1; refused.nth <= all; refused.nth += step, runs++) {
        play(&whole, &refused, &r, made);
        if (point < REFUSAL_POINTS) assert_true(refusals_done() > 0);
    }
    printf("%" PRIu64 " runs for %" PRIu64 " calls\n", runs, all);
}

#define SWEEP(name, point, lasting)                                                                \
    static void name(void **state)                                                                 \
    {                                                                                              \
        (void)state;                                                                               \
        sweep(point, lasting);                                                                     \
    }

SWEEP(every_page_alone, REFUSE_PAGE, 1)
SWEEP(every_page_and_some_after, REFUSE_PAGE, 40)
SWEEP(every_page_and_all_after, REFUSE_PAGE, FOR_GOOD)
SWEEP(every_record_alone, REFUSE_RECORD, 1)
SWEEP(every_record_and_some_after, REFUSE_RECORD, 40)
SWEEP(every_record_and_all_after, REFUSE_RECORD, FOR_GOOD)
SWEEP(every_scratch_alone, REFUSE_SCRATCH, 1)
SWEEP(every_scratch_and_all_after, REFUSE_SCRATCH, FOR_GOOD)
SWEEP(every_commit_alone, REFUSE_NOTHING, 1)
SWEEP(every_commit_and_all_after, REFUSE_NOTHING, FOR_GOOD)

/* An engine that cannot be had leaves nothing behind. */
static void every_call_of_a_creation(void **state)
{
    (void)state;
    static run r;
    configure(&r);
    refusals_begin(REFUSE_NOTHING, 0, 0);
    assert_int_equal(weir_pool_create(&r.config, &r.pool), WEIR_OK);
    weir_memory base = memory_of(&r);
    for (uint32_t i = 0; i < 2 * REFUSAL_POINTS; i++) {
        uint64_t n = 0;
        do {
            weir_engine *engine = NULL;
            refusals_begin((refusal_point)(i / 2), ++n, i & 1 ? FOR_GOOD : 1);
            int error = weir_engine_create(r.pool, NULL, NULL, NULL, &engine);
            if (error) assert_int_equal(error, WEIR_ERR_MEMORY);
            if (!refusals_done()) assert_int_equal(error, WEIR_OK);
            if (!error) assert_int_equal(weir_engine_destroy(engine), WEIR_OK);
            (void)weir_pool_trim(r.pool);
            assert_int_equal(memory_of(&r).used_bytes, base.used_bytes);
            assert_int_equal(memory_of(&r).committed_bytes, base.committed_bytes);
        } while (refusals_done());
        assert_true(n > 1 || i / 2 != REFUSE_PAGE);
    }
    refusals_begin(REFUSE_NOTHING, 0, 0);
    assert_int_equal(weir_pool_destroy(r.pool), WEIR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_script_reaches_what_it_is_for),
        cmocka_unit_test(every_call_of_a_creation),
        cmocka_unit_test(every_page_alone),
        cmocka_unit_test(every_page_and_some_after),
        cmocka_unit_test(every_page_and_all_after),
        cmocka_unit_test(every_record_alone),
        cmocka_unit_test(every_record_and_some_after),
        cmocka_unit_test(every_record_and_all_after),
        cmocka_unit_test(every_scratch_alone),
        cmocka_unit_test(every_scratch_and_all_after),
        cmocka_unit_test(every_commit_alone),
        cmocka_unit_test(every_commit_and_all_after),
    };
    const char *text = getenv("WEIR_SWEEP_STEP");
    if (text && strtoull(text, NULL, 10)) step = strtoull(text, NULL, 10);
    printf("every %" PRIu64 ". call is refused (WEIR_SWEEP_STEP)\n", step);
    return cmocka_run_group_tests(tests, make_script, free_script);
}
