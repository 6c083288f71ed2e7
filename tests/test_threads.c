/* SPDX-License-Identifier: MIT */
/*
 * Engines in threads of their own on one pool, while a third thread looks on, trims and moves the limit. Meant for
 * ThreadSanitizer too (make tsan).
 *
 * A thread that does not get the processor is an engine that is not called, and weir promises nothing for those.
 * So that the outcome does not hang on the scheduler, the honest engine takes a few packets and then waits until the
 * other has been called.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "support/chaos.h"
#include "support/model.h"
#include "support/witness.h"
#include "traffic.h"

#define LIMIT (UINT64_C(2) << 20)

typedef struct scene {
    weir_pool *pool;
    _Atomic int stop;        /* all but the honest: come to an end */
    _Atomic uint64_t called; /* how often the hoarder's engine was */
    _Atomic uint64_t wrong;  /* what the onlooker found */
    int moves_limit;
} scene;

static void open_scene(scene *s, int moves_limit)
{
    weir_pool_config config;
    memset(s, 0, sizeof *s);
    s->moves_limit = moves_limit;
    weir_pool_config_init(&config);
    config.limit_bytes = LIMIT;
    config.max_engines = 2;
    assert_int_equal(weir_pool_create(&config, &s->pool), WEIR_OK);
}

/* ── the onlooker ── */

static uint64_t sum_of(const weir_stats *s)
{
    uint64_t sum = s->delivered_bytes + s->duplicate_bytes + s->held_bytes;
    for (int i = 0; i < WEIR_DISCARDED_COUNT; i++)
        sum += s->discarded_bytes[i];
    return sum;
}

static void *look_on(void *user)
{
    scene *s = user;
    const struct timespec pause = {.tv_nsec = 200000};
    for (uint32_t turn = 0; !atomic_load(&s->stop); turn++) {
        weir_memory memory;
        weir_stats stats;
        weir_memory_init(&memory);
        weir_stats_init(&stats);
        if (weir_pool_memory(s->pool, &memory) || weir_pool_stats(s->pool, &stats))
            atomic_fetch_add(&s->wrong, 1);
        /* While a lowered limit is being met, what was committed before is allowed. */
        if (memory.committed_bytes > LIMIT || memory.peak_bytes > LIMIT)
            atomic_fetch_add(&s->wrong, 1);
        if (turn % 7 == 3) (void)weir_pool_trim(s->pool);
        if (s->moves_limit && turn % 16 == 0 &&
            weir_pool_set_limit(s->pool, turn % 32 ? LIMIT : LIMIT / 2))
            atomic_fetch_add(&s->wrong, 1);
        (void)nanosleep(&pause, NULL);
    }
    return NULL;
}

/* ── the hoarder: 64 connections, each with a hole in every 64 segments, that nobody fills ── */

#define HOARDERS 64u

static void hoard_segment(model *m, uint32_t number)
{
    static const uint8_t payload[1448];
    uint32_t conn = number % HOARDERS, turn = number / HOARDERS;
    weir_segment s = {.flags = WEIR_TCP_ACK, .family = 4, .window = 65535};
    if (turn % 64 == 1) return; /* the hole */
    s.payload = payload;
    s.payload_bytes = s.wire_bytes = 1448;
    s.seq = turn * 1448;
    s.time_ns = 1000 * WEIR_SECOND + (uint64_t)number * 20000;
    s.ip_id = turn;
    memcpy(s.source, "\x64\x40\0\1", 4);
    memcpy(s.destination, "\xc0\0\2\1", 4);
    s.source_port = (uint16_t)(1000 + conn);
    s.destination_port = 443;
    (void)model_feed(m, &s);
}

static void *hoard(void *user)
{
    scene *s = user;
    model m;
    weir_engine_config config;
    weir_engine_config_init(&config);
    model_open(&m, s->pool, &config, "hoarder", 0);
    m.deep = 0;
    m.shared = 1;
    for (uint32_t number = 0; !atomic_load(&s->stop); number++) {
        hoard_segment(&m, number);
        atomic_fetch_add(&s->called, 1);
    }
    model_check(&m);
    model_close(&m);
    return NULL;
}

/* ── the honest: 1 % displaced, 0.5 % retransmitted ── */

static void wait_for_hoarder(scene *s)
{
    uint64_t called = atomic_load(&s->called);
    while (atomic_load(&s->called) == called)
        (void)sched_yield();
}

static void be_honest(scene *s, weir_engine *engine, traffic_totals *truth)
{
    traffic_packet packet;
    traffic *t = traffic_open("reorder", 3, 0.01);
    assert_non_null(t);
    for (uint32_t number = 0; traffic_next(t, &packet); number++) {
        weir_packet one = {.data = packet.data,
                           .time_ns = packet.time_ns,
                           .captured_bytes = packet.captured_bytes,
                           .wire_bytes = packet.wire_bytes,
                           .tag = number};
        assert_int_equal(weir_engine_packets(engine, 1, &one, 1, NULL), WEIR_OK);
        if (number % 8 == 0) wait_for_hoarder(s);
        if (number % 1024 == 0) assert_int_equal(weir_engine_check(engine), WEIR_OK);
    }
    assert_int_equal(weir_engine_check(engine), WEIR_OK);
    assert_int_equal(weir_engine_destroy(engine), WEIR_OK);
    *truth = *traffic_truth(t);
    traffic_close(t);
}

static void end_scene(scene *s)
{
    weir_stats stats;
    weir_stats_init(&stats);
    assert_int_equal(weir_pool_stats(s->pool, &stats), WEIR_OK);
    assert_int_equal(sum_of(&stats), stats.payload_bytes);
    assert_int_equal(stats.held_bytes, 0);
    assert_int_equal(atomic_load(&s->wrong), 0);
    assert_int_equal(weir_pool_destroy(s->pool), WEIR_OK);
}

static void test_hoarder_and_honest(void **state)
{
    (void)state;
    scene s;
    pthread_t hoarder, onlooker;
    witness w;
    weir_callbacks callbacks;
    weir_engine *honest;
    traffic_totals truth;
    weir_memory memory;
    memset(&w, 0, sizeof w);
    open_scene(&s, 0);
    witness_callbacks(&callbacks);
    assert_int_equal(weir_engine_create(s.pool, NULL, &callbacks, &w, &honest), WEIR_OK);
    assert_int_equal(pthread_create(&hoarder, NULL, hoard, &s), 0);
    while (weir_memory_init(&memory), weir_pool_memory(s.pool, &memory), !memory.refused)
        (void)sched_yield(); /* until the hoarder has all there is */
    assert_int_equal(pthread_create(&onlooker, NULL, look_on, &s), 0);
    be_honest(&s, honest, &truth);
    atomic_store(&s.stop, 1);
    assert_int_equal(pthread_join(hoarder, NULL), 0);
    assert_int_equal(pthread_join(onlooker, NULL), 0);
    assert_int_equal(w.wrong, 0);
    assert_int_equal(w.broken, 0);
    assert_int_equal(w.honest.torn, 0);
    assert_int_equal(w.honest.closed[WEIR_CLOSE_EVICTED], 0);
    if (w.honest.missing || w.honest.delivered != truth.stream_bytes)
        fail_msg("%" PRIu64 " of %" PRIu64 " bytes, %" PRIu64 " missing", w.honest.delivered,
                 truth.stream_bytes, w.honest.missing);
    end_scene(&s);
}

/* ── one thread, so that it is the same each time ── */

static void send_bytes(weir_engine *engine, uint32_t conn, uint32_t seq, uint32_t bytes)
{
    static const uint8_t payload[4096];
    weir_segment s = {.payload = payload, .payload_bytes = bytes, .wire_bytes = bytes, .seq = seq};
    s.flags = bytes ? WEIR_TCP_ACK : WEIR_TCP_SYN;
    s.family = 4;
    s.time_ns = WEIR_SECOND + seq;
    s.source_port = (uint16_t)conn;
    s.source[0] = 10;
    s.destination[0] = 11;
    assert_int_equal(weir_engine_segments(engine, &s, 1, NULL), WEIR_OK);
}

/* The hoarder holds all there is and is not called again: newcomers on another engine live on its floor. */
static void test_newcomers_beside_a_silent_hoarder(void **state)
{
    (void)state;
    scene s;
    weir_engine *hoarder, *newcomer;
    weir_memory memory;
    weir_stats stats;
    open_scene(&s, 0);
    assert_int_equal(weir_engine_create(s.pool, NULL, NULL, NULL, &hoarder), WEIR_OK);
    assert_int_equal(weir_engine_create(s.pool, NULL, NULL, NULL, &newcomer), WEIR_OK);
    weir_memory_init(&memory);
    for (uint32_t i = 1; memory.used_bytes + 4 * 4096 < memory.limit_bytes || i == 1; i++) {
        if (i % 12 == 1) send_bytes(hoarder, i / 12 + 1, 0, 0);
        send_bytes(hoarder, i / 12 + 1, 1000 + i % 12 * 4096, 4096);
        assert_int_equal(weir_pool_memory(s.pool, &memory), WEIR_OK);
    }
    assert_int_equal(memory.refused, 0);
    for (uint32_t conn = 1; conn <= 250; conn++) {
        send_bytes(newcomer, conn, 0, 0);
        send_bytes(newcomer, conn, 1, 100);
    }
    assert_int_equal(weir_pool_memory(s.pool, &memory), WEIR_OK);
    assert_true(memory.refused > 0);
    weir_stats_init(&stats);
    assert_int_equal(weir_engine_stats(newcomer, &stats), WEIR_OK);
    assert_int_equal(stats.evicted, 0);
    assert_int_equal(stats.delivered_bytes, 250 * 100);
    assert_int_equal(weir_engine_destroy(newcomer), WEIR_OK);
    assert_int_equal(weir_engine_destroy(hoarder), WEIR_OK);
    end_scene(&s);
}

/* ── chaos in two threads, with a limit that moves ── */

typedef struct chaotic {
    scene *scene;
    uint64_t seed;
} chaotic;

static void *be_chaotic(void *user)
{
    const chaotic *self = user;
    chaos script;
    model m;
    weir_engine_config config;
    weir_engine_config_init(&config);
    config.conn_held_bytes = 65536;
    chaos_make(&script, &chaos_holes, self->seed, 6000);
    model_open(&m, self->scene->pool, &config, "chaos in threads", self->seed);
    m.shared = m.lowered = 1;
    m.deep = 256;
    for (size_t i = 0; i < script.count; i++)
        (void)model_feed(&m, &script.segments[i]);
    model_check(&m);
    model_close(&m);
    chaos_free(&script);
    return NULL;
}

static void test_chaos_in_threads(void **state)
{
    (void)state;
    scene s;
    pthread_t engines[2], onlooker;
    chaotic chaotics[2];
    open_scene(&s, 1);
    assert_int_equal(pthread_create(&onlooker, NULL, look_on, &s), 0);
    for (int i = 0; i < 2; i++) {
        chaotics[i] = (chaotic){&s, 100 + (uint64_t)i};
        assert_int_equal(pthread_create(&engines[i], NULL, be_chaotic, &chaotics[i]), 0);
    }
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_join(engines[i], NULL), 0);
    atomic_store(&s.stop, 1);
    assert_int_equal(pthread_join(onlooker, NULL), 0);
    end_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_newcomers_beside_a_silent_hoarder),
        cmocka_unit_test(test_hoarder_and_honest),
        cmocka_unit_test(test_chaos_in_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
