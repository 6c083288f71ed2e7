/* SPDX-License-Identifier: MIT */
/*
 * Looking ahead: the same packets say and count the same in batches of any size, in a small table
 * and in one that is searched from afar, where records go and come within a batch, and however much
 * of their payload is asked for before its turn.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bench/load.h"
#include "house/ahead.h"
#include "support/journal.h"

typedef struct outcome {
    journal said;
    weir_stats counted;
    uint64_t verdicts; /* a mix of them */
    uint64_t most;     /* connections at once */
} outcome;

typedef struct manner {
    size_t batch;
    uint32_t prefetch_bytes;
} manner;

static void feed(weir_engine *engine, const load *l, size_t batch, outcome *o)
{
    uint8_t verdicts[512];
    for (size_t at = 0, n; at < l->count; at += n) {
        n = l->count - at < batch ? l->count - at : batch;
        assert_int_equal(weir_engine_packets(engine, 1, l->packets + at, n, verdicts), WEIR_OK);
        for (size_t i = 0; i < n; i++)
            o->verdicts = (o->verdicts ^ verdicts[i]) * UINT64_C(0x100000001b3);
        weir_stats_init(&o->counted);
        assert_int_equal(weir_engine_stats(engine, &o->counted), WEIR_OK);
        if (o->counted.connections_open > o->most) o->most = o->counted.connections_open;
    }
}

static void run(const load *l, uint64_t limit, manner how, outcome *o)
{
    static const uint8_t key[16] = {3};
    weir_pool_config pools;
    weir_engine_config config;
    weir_callbacks callbacks;
    weir_engine *engine;
    weir_pool *pool;
    memset(o, 0, sizeof *o);
    weir_pool_config_init(&pools);
    weir_engine_config_init(&config);
    journal_callbacks(&callbacks);
    pools.limit_bytes = limit;
    config.hash_key = key;
    config.prefetch_bytes = how.prefetch_bytes;
    assert_int_equal(weir_pool_create(&pools, &pool), WEIR_OK);
    assert_int_equal(weir_engine_create(pool, &config, &callbacks, &o->said, &engine), WEIR_OK);
    feed(engine, l, how.batch, o);
    assert_int_equal(weir_engine_check(engine), WEIR_OK);
    assert_int_equal(weir_engine_flush(engine), WEIR_OK);
    assert_int_equal(weir_engine_stats(engine, &o->counted), WEIR_OK);
    assert_int_equal(weir_engine_destroy(engine), WEIR_OK);
    assert_int_equal(weir_pool_destroy(pool), WEIR_OK);
}

/* Runs it one packet a call, then in all other manners. Returns the most connections at once. */
static uint64_t compare(const char *scenario, double scale, uint64_t limit, outcome *first)
{
    static const manner others[] = {
        {1, 0},  {2, 768}, {WEIR_AHEAD_PACKETS, 0}, {WEIR_AHEAD_PACKETS + 1, UINT32_MAX}, {32, 768},
        {32, 0}, {32, 1},  {500, UINT32_MAX},
    };
    load l;
    outcome other;
    assert_true(load_scenario(&l, scenario, 1, scale));
    run(&l, limit, (manner){1, 768}, first);
    assert_true(first->said.hash && first->counted.tcp_segments);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        run(&l, limit, others[i], &other);
        if (other.said.hash != first->said.hash || other.verdicts != first->verdicts ||
            memcmp(&other.counted, &first->counted, sizeof other.counted) != 0)
            fail_msg("%s: batches of %zu, %u bytes ahead, differ", scenario, others[i].batch,
                     others[i].prefetch_bytes);
    }
    load_free(&l);
    return first->most;
}

static void a_small_table(void **state)
{
    (void)state;
    static const char *const names[] = {"bulk", "messages", "reorder", "duplicated", "one-sided"};
    outcome first;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_in_range(compare(names[i], 0.002, 64 << 20, &first), 1, WEIR_AHEAD_RECORDS);
}

static void a_large_table(void **state)
{
    (void)state;
    outcome first;
    assert_in_range(compare("many", 0.004, 64 << 20, &first), WEIR_AHEAD_RECORDS + 1, UINT32_MAX);
    assert_in_range(compare("churn", 0.02, 64 << 20, &first), 1, WEIR_AHEAD_RECORDS);
}

/* What a batch's packets found is gone, or is another's, when their turn comes. */
static void a_flood_that_replaces(void **state)
{
    (void)state;
    outcome first;
    assert_in_range(compare("syn-flood", 0.002, 2 << 20, &first), WEIR_AHEAD_RECORDS + 1,
                    UINT32_MAX);
    assert_true(first.counted.evicted > 0);
    assert_in_range(compare("many", 0.01, 2 << 20, &first), WEIR_AHEAD_RECORDS + 1, UINT32_MAX);
    assert_true(first.counted.evicted > 0);
}

static void payload_is_asked_for_unless_told_otherwise(void **state)
{
    (void)state;
    weir_engine_config config;
    weir_engine_config_init(&config);
    assert_int_equal(config.prefetch_bytes, 768);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_table),
        cmocka_unit_test(a_large_table),
        cmocka_unit_test(a_flood_that_replaces),
        cmocka_unit_test(payload_is_asked_for_unless_told_otherwise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
