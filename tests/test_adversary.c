/* SPDX-License-Identifier: MIT */
/*
 * Every family of hostile traffic (bench/adversary.h), short: beside the model, and alone against what is promised of
 * memory and of the work that one packet may cause, counted in callbacks. No clock is read: `make adversary` measures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "adversary.h"
#include "adversary_fray.h"
#include "adversary_listener.h"
#include "house/timeouts.h"
#include "support/model.h"

#define MODEL_STEPS   2000
#define ALONE_STEPS   33000 /* whole rounds of the largest combs */
#define ALONE_RECORDS 256

/* ── beside the model ── */

static weir_verdict act(model *m, weir_conn *conn, model_event event)
{
    const size_t *family = m->user;
    if (event != MODEL_DATA) return WEIR_FOLLOW;
    if (adversary_user_of(*family) == ADVERSARY_STOPS) (void)model_stop(m, conn, WEIR_C2S, 4);
    if (adversary_user_of(*family) == ADVERSARY_CLOSES) (void)model_end(m, conn);
    return WEIR_FOLLOW;
}

/* A pool just above the smallest, so that its limit binds. */
static weir_pool *small_pool(uint64_t above_bytes, uint64_t least_bytes)
{
    weir_pool_config config;
    weir_pool *pool;
    weir_pool_config_init(&config);
    config.max_engines = 1;
    config.limit_bytes = weir_pool_smallest_limit(&config) + above_bytes;
    if (config.limit_bytes < least_bytes) config.limit_bytes = least_bytes;
    config.ceiling_bytes = 4 * config.limit_bytes;
    assert_int_equal(weir_pool_create(&config, &pool), WEIR_OK);
    return pool;
}

static void configure(weir_engine_config *engine, size_t family, weir_overlap policy)
{
    weir_engine_config_init(engine);
    engine->overlap = policy;
    adversary_configure(family, engine);
    engine->conn_records = 64;
    engine->conn_held_bytes = 65536;
}

/* The smallest limit that the pool works with is the least that it may swing to. */
static void swing(weir_pool *pool, uint64_t limit_bytes, uint32_t percent)
{
    assert_int_equal(weir_pool_set_limit(pool, limit_bytes * 2 / 100 * percent), WEIR_OK);
}

static void run_beside_model(size_t family, weir_overlap policy)
{
    weir_engine_config engine;
    adversary_step step;
    static model m; /* large */
    memset(&m, 0, sizeof m);
    weir_pool *pool = small_pool(UINT64_C(256) << 10, 0);
    configure(&engine, family, policy);
    adversary *hostile = adversary_open(family, 1, MODEL_STEPS);
    assert_non_null(hostile);
    weir_memory memory;
    weir_memory_init(&memory);
    assert_int_equal(weir_pool_memory(pool, &memory), WEIR_OK);
    model_open(&m, pool, &engine, adversary_name(family), 1);
    m.deep = 16;
    m.act = act;
    m.user = &family;
    while (adversary_next(hostile, &step)) {
        if (step.act == ADVERSARY_LIMIT) m.lowered = 1;
        if (step.act == ADVERSARY_LIMIT)
            swing(pool, memory.limit_bytes, step.percent);
        else if (step.act == ADVERSARY_PACKET)
            (void)model_packet(&m, 1, &step.packet);
        else
            (void)model_feed(&m, &step.segment);
    }
    model_close(&m);
    adversary_close(hostile);
    assert_int_equal(weir_pool_destroy(pool), WEIR_OK);
}

static void test_beside_model(void **state)
{
    (void)state;
    for (size_t family = 0; family < adversary_count(); family++)
        for (int policy = 0; policy < WEIR_OVERLAP_COUNT; policy++)
            if (policy == 0 || adversary_overlaps(family))
                run_beside_model(family, (weir_overlap)policy);
}

/* ── alone ── */

typedef struct {
    weir_pool *pool;
    weir_engine *engine;
    adversary_listener listener;
    uint64_t limit_bytes, most_bytes; /* at first; the highest that it swung to */
    uint64_t most_told;               /* in one step */
} arena;

static void open_engine(arena *in, size_t family, weir_overlap policy)
{
    weir_engine_config config;
    weir_callbacks callbacks;
    adversary_listener_callbacks(&callbacks);
    configure(&config, family, policy);
    config.conn_records = ALONE_RECORDS;
    assert_int_equal(weir_engine_create(in->pool, &config, &callbacks, &in->listener, &in->engine),
                     WEIR_OK);
}

/* What the equation says of the totals, and that the ledger is below the limit. */
static void verify(const arena *in)
{
    weir_stats s;
    weir_memory memory;
    weir_stats_init(&s);
    weir_memory_init(&memory);
    assert_int_equal(weir_engine_stats(in->engine, &s), WEIR_OK);
    assert_int_equal(weir_pool_memory(in->pool, &memory), WEIR_OK);
    uint64_t bytes = s.delivered_bytes + s.duplicate_bytes + s.held_bytes;
    for (int cause = 0; cause < WEIR_DISCARDED_COUNT; cause++)
        bytes += s.discarded_bytes[cause];
    assert_int_equal(bytes, s.payload_bytes);
    assert_true(memory.committed_bytes <= in->most_bytes);
}

static void take_alone(arena *in, const adversary_step *step, uint64_t number)
{
    in->listener.told = 0;
    if (step->act == ADVERSARY_LIMIT) in->most_bytes = 2 * in->limit_bytes;
    if (step->act == ADVERSARY_LIMIT)
        swing(in->pool, in->limit_bytes, step->percent);
    else if (step->act == ADVERSARY_PACKET)
        assert_int_equal(weir_engine_packets(in->engine, 1, &step->packet, 1, NULL), WEIR_OK);
    else
        assert_int_equal(weir_engine_segments(in->engine, &step->segment, 1, NULL), WEIR_OK);
    if (in->listener.told > in->most_told) in->most_told = in->listener.told;
    if (number % 64 == 0) verify(in);
    if (number % 1024 == 0) assert_int_equal(weir_engine_check(in->engine), WEIR_OK);
}

/* At the end nothing is held, and a moment later nothing is kept but what an engine always has. */
static void verify_end(arena *in)
{
    weir_stats s;
    weir_stats_init(&s);
    assert_int_equal(weir_engine_flush(in->engine), WEIR_OK);
    assert_int_equal(weir_engine_stats(in->engine, &s), WEIR_OK);
    assert_int_equal(s.held_bytes, 0);
    assert_int_equal(s.connections_open, 0);
    verify(in);
    assert_int_equal(weir_engine_check(in->engine), WEIR_OK);
}

/* What one packet may tell of: what is due, then what it does to its own connection and to one that makes room. */
#define TOLD_MOST (WEIR_TOLD_AT_ONCE + 2 * 4 * ALONE_RECORDS)

static void run_alone(size_t family, weir_overlap policy)
{
    adversary_step step;
    arena in = {.listener.manner = adversary_user_of(family)};
    in.pool = small_pool(UINT64_C(1) << 20, 0);
    weir_memory memory;
    weir_memory_init(&memory);
    assert_int_equal(weir_pool_memory(in.pool, &memory), WEIR_OK);
    in.limit_bytes = in.most_bytes = memory.limit_bytes;
    open_engine(&in, family, policy);
    adversary *hostile = adversary_open(family, 2, ALONE_STEPS);
    assert_non_null(hostile);
    for (uint64_t i = 0; adversary_next(hostile, &step); i++)
        take_alone(&in, &step, i);
    verify_end(&in);
    print_message("%s: %u told at most\n", adversary_name(family), (unsigned)in.most_told);
    assert_in_range(in.most_told, 0, TOLD_MOST);
    adversary_close(hostile);
    assert_int_equal(weir_engine_destroy(in.engine), WEIR_OK);
    assert_int_equal(weir_pool_destroy(in.pool), WEIR_OK);
}

static void test_alone(void **state)
{
    (void)state;
    for (size_t family = 0; family < adversary_count(); family++)
        for (int policy = 0; policy < WEIR_OVERLAP_COUNT; policy++)
            if (policy == 0 || adversary_overlaps(family)) run_alone(family, (weir_overlap)policy);
}

/* ── beside honest connections ── */

static size_t family_named(const char *name)
{
    size_t family = 0;
    while (family < adversary_count() && strcmp(adversary_name(family), name) != 0)
        family++;
    assert_true(family < adversary_count());
    return family;
}

/* The floods, combs and storms that take most from honest connections where the oldest hole pays, and the connection
 * that is idle longest: a tenth of the honest ones in a quarter of the smallest pool that `make honest` looks at. */
static void test_honest_stay_whole(void **state)
{
    static const char *const names[] = {
        "syn-flood",     "midstream-flood", "settle-storm", "hole-per-syn",
        "hole-per-flow", "hole-per-talk",   "reopen",       "limit-swings",
        "rst-storm",     "twice",           "implausible",  "tiny",
        "sparse",        "held-then-stop",
    };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        fray_result r;
        assert_true(fray_run(family_named(names[i]), 1, UINT64_C(1) << 20, 0.1, &r));
        print_message("%s: %u of %u whole, %u evicted\n", names[i], (unsigned)r.whole,
                      (unsigned)r.connections, (unsigned)r.split);
        assert_in_range(r.whole, r.connections * 95 / 100, r.connections);
        assert_in_range(r.split, 0, r.connections * 5 / 100);
        assert_in_range(r.peak_bytes, 0, UINT64_C(1) << 20);
    }
}

/* What is had of a payer is a page. Payers that were asked for holes in turn, since each was worth less with each that
 * it gave up, gave up 256 of them and no page; then whoever needed one paid himself. */
static void test_payer_pays_a_page(void **state)
{
    fray_result r;
    (void)state;
    assert_true(fray_run(family_named("hole-per-friend"), 1, UINT64_C(8) << 20, 0.4, &r));
    assert_int_equal(r.whole, r.connections);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_beside_model),
        cmocka_unit_test(test_alone),
        cmocka_unit_test(test_honest_stay_whole),
        cmocka_unit_test(test_payer_pays_a_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
