/* SPDX-License-Identifier: MIT */
/*
 * The engine beside its model (support/model.h), on chaotic traffic with limits that bind, and on made traffic whose
 * bytes are known. What callbacks say depends on nothing but the packets.
 *
 *      WEIR_MODEL_RUNS=N   random runs, each with the next seed (default 120)
 *      WEIR_MODEL_SEED=N   the first (default 1)
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "house/engine_state.h"
#include "support/chaos.h"
#include "support/journal.h"
#include "support/model.h"
#include "support/witness.h"
#include "traffic.h"

#define SEGMENTS 2500

/* ── chaos ── */

/* What is to be tried, drawn from the seed. */
typedef struct setup {
    const chaos_style *style;
    weir_pool_config pool;
    weir_engine_config engine;
    int verbs; /* the user stops and closes now and then */
} setup;

static uint64_t environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : otherwise;
}

static void draw_timeouts(weir_engine_config *engine, uint64_t *random)
{
    if (chaos_below(random, 2)) return;
    engine->hole_timeout_ns = WEIR_MILLISECOND << chaos_below(random, 12);
    engine->acked_hole_ns =
        chaos_below(random, 4) ? WEIR_MILLISECOND << chaos_below(random, 8) : WEIR_NEVER;
    engine->idle_ns = WEIR_MILLISECOND << (3 + chaos_below(random, 14));
    engine->half_open_ns = WEIR_MILLISECOND << (3 + chaos_below(random, 12));
    engine->linger_ns = WEIR_MILLISECOND << chaos_below(random, 14);
}

static setup draw(uint64_t seed)
{
    static const chaos_style *const styles[] = {&chaos_all, &chaos_holes, &chaos_small};
    static const uint64_t above_kib[] = {0, 16, 100, 400, 4000};
    uint64_t random = seed;
    setup s = {.style = styles[seed % 3], .verbs = chaos_below(&random, 3) == 0};
    weir_pool_config_init(&s.pool);
    s.pool.max_engines = 1;
    s.pool.page_bytes = 1024u << chaos_below(&random, 3);
    s.pool.limit_bytes =
        weir_pool_smallest_limit(&s.pool) + above_kib[chaos_below(&random, 5)] * 1024;
    s.pool.conn_share_percent = 1 + chaos_below(&random, 90);
    weir_engine_config_init(&s.engine);
    s.engine.conn_records = chaos_below(&random, 2) ? 64 : 8192;
    s.engine.conn_held_bytes = 65536;
    s.engine.overlap = (weir_overlap)chaos_below(&random, WEIR_OVERLAP_COUNT);
    s.engine.recent_bytes = chaos_below(&random, 3) ? 0 : chaos_below(&random, 65537);
    s.engine.midstream = chaos_below(&random, 8) != 0;
    draw_timeouts(&s.engine, &random);
    s.engine.urgent = (weir_urgent)chaos_below(&random, WEIR_URGENT_COUNT);
    s.engine.paws = chaos_below(&random, 3) == 0;
    s.engine.validate_window = chaos_below(&random, 3) == 0;
    return s;
}

static weir_pool *create_pool(setup *s)
{
    weir_pool *pool = NULL;
    int error = weir_pool_create(&s->pool, &pool);
    if (error == WEIR_ERR_SHARE || error == WEIR_ERR_LIMIT_TOO_SMALL) { /* this share wants more */
        s->pool.conn_share_percent = 50;
        error = weir_pool_create(&s->pool, &pool);
    }
    assert_int_equal(error, WEIR_OK);
    if (s->engine.conn_held_bytes > s->pool.limit_bytes) s->engine.conn_held_bytes = 0;
    return pool;
}

/* What runs have seen, in sum: every cause must have been. */
static weir_stats seen;

static void add_seen(const weir_engine *engine)
{
    weir_stats stats;
    weir_stats_init(&stats);
    assert_int_equal(weir_engine_stats(engine, &stats), WEIR_OK);
    for (int i = 0; i < WEIR_DISCARDED_COUNT; i++)
        seen.discarded_bytes[i] += stats.discarded_bytes[i];
    for (int i = 0; i < WEIR_HOLE_CAUSE_COUNT; i++)
        seen.holes[i] += stats.holes[i];
    for (int i = 0; i < WEIR_CLOSE_CAUSE_COUNT; i++)
        seen.closed[i] += stats.closed[i];
    seen.late_bytes += stats.late_bytes;
    seen.payload_bytes += stats.payload_bytes;
    seen.fins_cancelled += stats.fins_cancelled;
    seen.candidates_dropped += stats.candidates_dropped;
    seen.resets_doubted += stats.resets_doubted;
    seen.clock_back += stats.clock_back;
    seen.clock_doubted += stats.clock_doubted;
    seen.partial_connections += stats.partial_connections;
}

/* In one of 64 callbacks the user does something; what may not be done inside one is refused in each. */
static weir_verdict meddle(model *m, weir_conn *conn, model_event event)
{
    uint64_t *random = m->user;
    uint32_t what = chaos_below(random, 64 * 8);
    weir_conn *other = what & 64 ? model_find(m, chaos_below(random, 64)) : conn;
    if (weir_engine_advance(m->engine, 0) != WEIR_ERR_BUSY)
        model_fail(m, "advance inside a callback");
    if (weir_engine_segments(m->engine, NULL, 0, NULL) != WEIR_ERR_BUSY)
        model_fail(m, "segments inside a callback");
    if (!other) return WEIR_FOLLOW;
    weir_direction direction = (weir_direction)(what >> 7 & 1);
    if ((what & 63) == 1) (void)model_stop(m, other, direction, 0);
    if ((what & 63) == 2) (void)model_stop(m, other, direction, chaos_below(random, 60000));
    if ((what & 63) == 3) (void)model_end(m, other);
    if ((what & 48) == 16) (void)model_keep(m, other, chaos_below(random, what & 1 ? 200 : 70000));
    return event == MODEL_OPEN && (what & 63) >= 60 ? (weir_verdict)(what & 3) : WEIR_FOLLOW;
}

static uint64_t run_model(uint64_t seed)
{
    setup s = draw(seed);
    uint64_t random = seed;
    chaos c;
    model m;
    weir_pool *pool = create_pool(&s);
    chaos_make(&c, s.style, seed, SEGMENTS);
    model_open(&m, pool, &s.engine, "chaos", seed);
    m.deep = 4;
    m.user = &random;
    if (s.verbs) m.act = meddle;
    for (size_t i = 0; i < c.count; i++) {
        (void)model_feed(&m, &c.segments[i]);
        weir_conn *conn = s.verbs && i % 64 == 0 ? model_find(&m, i) : NULL;
        if (conn && i % 192 == 0) (void)model_end(&m, conn);
        if (conn && i % 192 != 0) (void)model_stop(&m, conn, (weir_direction)(i % 128 == 0), i);
        if (i % 512 == 511) (void)model_advance(&m, m.clock_ns + (i << 16));
    }
    model_check(&m);
    if (seed % 2) model_flush(&m);
    add_seen(m.engine);
    model_close(&m);
    assert_int_equal(weir_pool_destroy(pool), WEIR_OK);
    chaos_free(&c);
    return m.journal.hash;
}

static void test_chaos(void **state)
{
    (void)state;
    uint64_t first = environment("WEIR_MODEL_SEED", 1), runs = environment("WEIR_MODEL_RUNS", 120);
    memset(&seen, 0, sizeof seen);
    print_message("seeds %" PRIu64 " to %" PRIu64 "\n", first, first + runs - 1);
    for (uint64_t seed = first; seed < first + runs; seed++)
        (void)run_model(seed);
    if (runs < 100) return;
    for (int i = 0; i < WEIR_DISCARDED_COUNT; i++)
        if (!seen.discarded_bytes[i])
            fail_msg("nothing was discarded as %s", weir_discarded_name(i));
    for (int i = 0; i < WEIR_HOLE_CAUSE_COUNT; i++)
        if (!seen.holes[i]) fail_msg("no hole ended by %s", weir_hole_cause_name(i));
    for (int i = 0; i < WEIR_CLOSE_CAUSE_COUNT; i++)
        if (!seen.closed[i]) fail_msg("no connection closed by %s", weir_close_cause_name(i));
    assert_true(seen.late_bytes && seen.fins_cancelled && seen.candidates_dropped);
    assert_true(seen.resets_doubted && seen.clock_back && seen.clock_doubted);
}

/* Two engines take turns on a pool that is too small for both. */
static void run_two(uint64_t seed)
{
    setup s = draw(seed);
    chaos scripts[2];
    model models[2];
    s.pool.max_engines = 2;
    s.pool.limit_bytes += UINT64_C(49152) * (s.pool.page_bytes / 1024);
    weir_pool *pool = create_pool(&s);
    for (uint64_t i = 0; i < 2; i++) {
        chaos_make(&scripts[i], s.style, seed + 1000 * i, SEGMENTS);
        model_open(&models[i], pool, &s.engine, "two engines", seed);
        models[i].shared = 1;
        models[i].deep = 8;
    }
    for (size_t i = 0; i < SEGMENTS; i++)
        for (size_t e = 0; e < 2; e++)
            if (seed % 4 || e || i % 3) (void)model_feed(&models[e], &scripts[e].segments[i]);
    for (size_t e = 0; e < 2; e++) {
        model_check(&models[e]);
        add_seen(models[e].engine);
        model_close(&models[e]);
        chaos_free(&scripts[e]);
    }
    assert_int_equal(weir_pool_destroy(pool), WEIR_OK);
}

static void test_two_engines(void **state)
{
    (void)state;
    uint64_t first = environment("WEIR_MODEL_SEED", 1), runs = environment("WEIR_MODEL_RUNS", 120);
    for (uint64_t seed = first; seed < first + runs / 4; seed++)
        run_two(seed);
}

/* ── same input, same output ── */

static uint64_t run_journal(setup *s, const chaos *c, size_t batch, const uint8_t *key)
{
    journal j = {.hash = 0};
    weir_callbacks callbacks;
    weir_engine *engine;
    weir_pool *pool = create_pool(s);
    uint8_t verdicts[256];
    uint64_t said = 1; /* verdicts are part of it */
    journal_callbacks(&callbacks);
    s->engine.hash_key = key;
    assert_int_equal(weir_engine_create(pool, &s->engine, &callbacks, &j, &engine), WEIR_OK);
    for (size_t i = 0; i < c->count; i += batch) {
        size_t count = c->count - i < batch ? c->count - i : batch;
        int error = weir_engine_segments(engine, c->segments + i, count, verdicts);
        assert_int_equal(error, WEIR_OK);
        for (size_t k = 0; k < count; k++)
            said = (said ^ verdicts[k]) * UINT64_C(0x100000001b3);
    }
    assert_int_equal(weir_engine_destroy(engine), WEIR_OK);
    assert_int_equal(weir_pool_destroy(pool), WEIR_OK);
    return j.hash ^ said;
}

static void test_batches_and_keys(void **state)
{
    (void)state;
    static const size_t batches[] = {1, 7, 32, 256};
    static const uint8_t keys[2][16] = {{1, 2, 3}, {0xff, 0x80, 7, 9, 11, 13}};
    for (uint64_t seed = 1; seed <= 24; seed++) {
        setup s = draw(seed);
        chaos c;
        chaos_make(&c, s.style, seed, SEGMENTS);
        uint64_t first = run_journal(&s, &c, 1, keys[0]);
        for (size_t i = 0; i < 8; i++)
            if (run_journal(&s, &c, batches[i % 4], keys[i / 4]) != first)
                fail_msg("seed %" PRIu64 ": batches of %zu with key %zu differ", seed,
                         batches[i % 4], i / 4);
        chaos_free(&c);
    }
}

/* ── the short way and the long one ── */

/* What a run came to: all that was said, and all that was counted. */
typedef struct outcome {
    journal said;
    weir_stats counted;
} outcome;

static void go_long_way(weir_engine *engine)
{
    engine->core.unchecked = 0;
}

static void run_segments(setup *s, const chaos *c, int long_way, outcome *o)
{
    static const uint8_t key[16] = {7};
    weir_callbacks callbacks;
    weir_engine *engine;
    weir_pool *pool = create_pool(s);
    memset(o, 0, sizeof *o);
    journal_callbacks(&callbacks);
    s->engine.hash_key = key;
    assert_int_equal(weir_engine_create(pool, &s->engine, &callbacks, &o->said, &engine), WEIR_OK);
    if (long_way) go_long_way(engine);
    assert_int_equal(weir_engine_segments(engine, c->segments, c->count, NULL), WEIR_OK);
    weir_stats_init(&o->counted);
    assert_int_equal(weir_engine_stats(engine, &o->counted), WEIR_OK);
    assert_int_equal(weir_engine_destroy(engine), WEIR_OK);
    assert_int_equal(weir_pool_destroy(pool), WEIR_OK);
}

static void run_packets(const char *scenario, double scale, int long_way, outcome *o)
{
    weir_callbacks callbacks;
    weir_pool_config config;
    weir_pool *pool;
    weir_engine *engine;
    traffic_packet packet;
    traffic *t = traffic_open(scenario, 1, scale);
    memset(o, 0, sizeof *o);
    journal_callbacks(&callbacks);
    weir_pool_config_init(&config);
    assert_non_null(t);
    assert_int_equal(weir_pool_create(&config, &pool), WEIR_OK);
    assert_int_equal(weir_engine_create(pool, NULL, &callbacks, &o->said, &engine), WEIR_OK);
    if (long_way) go_long_way(engine);
    while (traffic_next(t, &packet)) {
        weir_packet one = {.data = packet.data,
                           .time_ns = packet.time_ns,
                           .captured_bytes = packet.captured_bytes,
                           .wire_bytes = packet.wire_bytes};
        assert_int_equal(weir_engine_packets(engine, 1, &one, 1, NULL), WEIR_OK);
    }
    weir_stats_init(&o->counted);
    assert_int_equal(weir_engine_stats(engine, &o->counted), WEIR_OK);
    assert_int_equal(weir_engine_destroy(engine), WEIR_OK);
    assert_int_equal(weir_pool_destroy(pool), WEIR_OK);
    traffic_close(t);
}

static void expect_equal(const char *what, const outcome *a, const outcome *b)
{
    assert_true(a->said.hash && a->counted.tcp_segments);
    if (a->said.hash != b->said.hash) fail_msg("%s: callbacks differ", what);
    if (memcmp(&a->counted, &b->counted, sizeof a->counted) != 0)
        fail_msg("%s: counters differ", what);
}

/* The usual packet's short way (rooms/usual.h) says and counts what the way of all others does. */
static void test_usual_way(void **state)
{
    static const char *const names[] = {"bulk",  "messages",   "many",  "reorder",
                                        "loss",  "duplicated", "clock", "one-sided",
                                        "churn", "episode"};
    outcome usual, other;
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        run_packets(names[i], 0.004, 0, &usual);
        run_packets(names[i], 0.004, 1, &other);
        expect_equal(names[i], &usual, &other);
    }
    for (uint64_t seed = 1; seed <= 24; seed++) {
        setup s = draw(seed);
        chaos c;
        chaos_make(&c, s.style, seed, SEGMENTS);
        run_segments(&s, &c, 0, &usual);
        run_segments(&s, &c, 1, &other);
        expect_equal("chaos", &usual, &other);
        chaos_free(&c);
    }
}

/* ── made traffic ── */

typedef struct result {
    witness seen;
    weir_stats stats;
    traffic_totals truth;
    weir_memory memory; /* after the last packet */
} result;

static void run_traffic(const char *scenario, double scale, uint64_t limit, result *r)
{
    weir_callbacks callbacks;
    weir_pool_config config;
    weir_pool *pool;
    weir_engine *engine;
    traffic_packet packet;
    traffic *t = traffic_open(scenario, 1, scale);
    uint32_t number = 0;
    assert_non_null(t);
    memset(r, 0, sizeof *r);
    witness_callbacks(&callbacks);
    weir_pool_config_init(&config);
    config.limit_bytes = limit;
    assert_int_equal(weir_pool_create(&config, &pool), WEIR_OK);
    assert_int_equal(weir_engine_create(pool, NULL, &callbacks, &r->seen, &engine), WEIR_OK);
    while (traffic_next(t, &packet)) {
        weir_packet one = {.data = packet.data,
                           .time_ns = packet.time_ns,
                           .captured_bytes = packet.captured_bytes,
                           .wire_bytes = packet.wire_bytes,
                           .tag = number++};
        assert_int_equal(weir_engine_packets(engine, 1, &one, 1, NULL), WEIR_OK);
        if (number % 4096 == 0) assert_int_equal(weir_engine_check(engine), WEIR_OK);
    }
    /* What is due soon is done; what waits for a timeout is not. */
    while (weir_engine_advance(engine, weir_engine_now(engine) + WEIR_SECOND / 50) == 1)
        continue;
    assert_int_equal(weir_engine_check(engine), WEIR_OK);
    weir_memory_init(&r->memory);
    assert_int_equal(weir_pool_memory(pool, &r->memory), WEIR_OK);
    assert_true(r->memory.peak_bytes <= limit);
    assert_int_equal(weir_engine_destroy(engine), WEIR_OK);
    weir_stats_init(&r->stats);
    assert_int_equal(weir_pool_stats(pool, &r->stats), WEIR_OK);
    assert_int_equal(weir_pool_destroy(pool), WEIR_OK);
    r->truth = *traffic_truth(t);
    traffic_close(t);
    if (r->seen.wrong || r->seen.broken)
        fail_msg("%s: %" PRIu64 " wrong, %" PRIu64 " broken, first connection %" PRIu64, scenario,
                 r->seen.wrong, r->seen.broken, r->seen.first_wrong_id);
}

/* Everything that was captured of honest connections is delivered, nothing else is missing, nothing is late. */
static void expect_all(const char *scenario, double scale, uint64_t limit, result *r)
{
    run_traffic(scenario, scale, limit, r);
    const witness_count *honest = &r->seen.honest;
    if (honest->delivered + r->truth.missing_bytes != r->truth.stream_bytes ||
        honest->missing != r->truth.missing_bytes || honest->late)
        fail_msg("%s: delivered %" PRIu64 " missing %" PRIu64 " late %" PRIu64 ", not %" PRIu64
                 " and %" PRIu64,
                 scenario, honest->delivered, honest->missing, honest->late,
                 r->truth.stream_bytes - r->truth.missing_bytes, r->truth.missing_bytes);
    assert_int_equal(honest->connections, r->truth.connections);
}

static uint64_t sum_holes(const result *r)
{
    uint64_t sum = 0;
    for (int i = 0; i < WEIR_HOLE_CAUSE_COUNT; i++)
        sum += r->seen.honest.holes[i];
    return sum;
}

#define MIB UINT64_C(1048576)

static void test_whole_traffic(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double scale;
    } whole[] = {{"bulk", 0.004},         {"messages", 0.005},
                 {"many", 0.004},         {"many-then-few", 0.004},
                 {"reorder", 0.01},       {"reversed", 0.01},
                 {"churn", 0.003},        {"syn-flood", 0.003},
                 {"overlap-storm", 0.02}, {"tso", 0.01},
                 {"duplicated", 0.01},    {"clock", 0.02},
                 {"hoarder", 0.01}};
    result r;
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        expect_all(whole[i].name, whole[i].scale, 8 * MIB, &r);
        if (sum_holes(&r)) fail_msg("%s: %" PRIu64 " holes", whole[i].name, sum_holes(&r));
    }
}

static void test_reorder(void **state)
{
    (void)state;
    result r;
    expect_all("reorder", 0.02, 8 * MIB, &r);
    assert_int_equal(r.stats.duplicate_bytes, r.truth.duplicate_bytes);
    assert_int_equal(r.seen.honest.torn, 0);
}

static void test_incident(void **state)
{
    (void)state;
    result r;
    expect_all("incident", 0.02, 64 * MIB, &r);
    assert_int_equal(sum_holes(&r), 1);
    assert_int_equal(r.seen.honest.holes[WEIR_HOLE_ACKED], 1);
    assert_true(r.stats.held_peak_bytes < 4 * MIB);
}

static void test_loss(void **state)
{
    (void)state;
    result r;
    expect_all("loss", 0.03, 64 * MIB, &r);
    assert_int_equal(sum_holes(&r), r.truth.holes);
    assert_int_equal(r.seen.honest.holes[WEIR_HOLE_ACKED], r.truth.holes);
}

static void test_one_sided(void **state)
{
    (void)state;
    result r;
    expect_all("one-sided", 0.02, 64 * MIB, &r);
    assert_int_equal(sum_holes(&r), 1);
    assert_int_equal(r.seen.honest.holes[WEIR_HOLE_CONN_CAP], 1); /* sooner full than old */
}

static void test_episode(void **state)
{
    (void)state;
    result r;
    expect_all("episode", 0.02, 64 * MIB, &r);
    assert_int_equal(sum_holes(&r), r.truth.holes);
}

static void test_tiny(void **state)
{
    (void)state;
    static const char *const names[] = {"tiny", "tiny-reversed", "tiny-random"};
    result r;
    for (size_t i = 0; i < 3; i++) {
        expect_all(names[i], 0.005, 64 * MIB, &r);
        assert_int_equal(r.seen.honest.torn, r.truth.connections);
    }
}

/* Attacks with a pool that is far too small for what they want. */
static void test_attacks(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double scale;
        uint64_t limit;
    } attacks[] = {{"syn-flood", 0.03, 4 * MIB},
                   {"hole-per-flow", 0.03, 4 * MIB},
                   {"hoarder", 0.1, 600 * 1024}};
    result r;
    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
        run_traffic(attacks[i].name, attacks[i].scale, attacks[i].limit, &r);
        if (!r.memory.refused) fail_msg("%s: it was no attack", attacks[i].name);
        assert_int_equal(r.seen.honest.connections, r.truth.connections);
        if (r.seen.honest.torn * 100 > r.truth.connections)
            fail_msg("%s: %" PRIu64 " of %" PRIu64 " honest connections are not whole",
                     attacks[i].name, r.seen.honest.torn, r.truth.connections);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chaos),
        cmocka_unit_test(test_two_engines),
        cmocka_unit_test(test_batches_and_keys),
        cmocka_unit_test(test_usual_way),
        cmocka_unit_test(test_whole_traffic),
        cmocka_unit_test(test_reorder),
        cmocka_unit_test(test_incident),
        cmocka_unit_test(test_loss),
        cmocka_unit_test(test_one_sided),
        cmocka_unit_test(test_episode),
        cmocka_unit_test(test_tiny),
        cmocka_unit_test(test_attacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
