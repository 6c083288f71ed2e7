/* SPDX-License-Identifier: MIT */
/*
 * Two engines on one pool, each in its own thread: a hoarder wants all there is, an honest one is not to feel it. A third
 * thread looks on, trims and moves the limit. Nothing is bounded by time, all by counts.
 */
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/witness.h"
#include "traffic.h"
#include "weir/weir.h"

#define MIB  ((uint64_t)1 << 20)
#define LOW  (2 * MIB)
#define HIGH (3 * MIB)

enum {
    HOARDS = 64,                /* connections of the hoarder */
    SIZE = 1400,                /* of its segments */
    RENEWED = 40,               /* each hole is followed by so many, then by another hole */
    HOARDED_LEAST = 20000,      /* segments: the limit binds many times */
    HOARDED_MOST = 20000000,
    LOOKS_MOST = 20000000
};

/* cmocka's asserts are for the main thread: the others count what went wrong. */
typedef struct scene {
    weir_pool *pool;
    pthread_barrier_t start;
    _Atomic int honest_done, engines_done;
    witness seen;
    traffic_totals truth;
    uint64_t hoarded, hoarder_wrong, honest_wrong;
    uint64_t looks, looks_wrong, met; /* met: looks at a limit that was kept */
    weir_stats honest, hoarder;
} scene;

/* ── the hoarder ── */

typedef struct hoard {
    uint64_t now_ns;
    uint32_t next[HOARDS];
    uint32_t turn;
} hoard;

/* Behind a hole each, and never acknowledged. */
static weir_segment hoard_next(hoard *h)
{
    static const uint8_t payload[SIZE] = {1, 2, 3};
    uint32_t conn = h->turn % HOARDS, round = h->turn / HOARDS;
    h->turn++;
    h->now_ns += 12 * WEIR_MILLISECOND / 1000; /* as fast as the line of the other */
    weir_segment s = {.time_ns = h->now_ns,
                      .seq = h->next[conn],
                      .flags = round ? WEIR_TCP_ACK : WEIR_TCP_SYN,
                      .family = 4,
                      .window = 65535,
                      .source_port = (uint16_t)(2000 + conn),
                      .destination_port = 80,
                      .source = {172, 16, 0, 1},
                      .destination = {172, 16, 0, 2},
                      .ip_id = round & 0xffff};
    if (!round) {
        h->next[conn]++;
        return s;
    }
    if (round % RENEWED == 1) s.seq = h->next[conn] += 10;
    s.payload = payload;
    s.payload_bytes = s.wire_bytes = SIZE;
    h->next[conn] += SIZE;
    return s;
}

static int hoards_on(scene *s)
{
    if (s->hoarded >= HOARDED_MOST) return 0;
    return s->hoarded < HOARDED_LEAST || !atomic_load(&s->honest_done);
}

static void *hoard_all(void *user)
{
    scene *s = user;
    weir_engine *engine;
    hoard h = {.now_ns = 5000 * WEIR_SECOND};
    int error = weir_engine_create(s->pool, NULL, NULL, NULL, &engine);
    (void)pthread_barrier_wait(&s->start);
    if (error) {
        s->hoarder_wrong++;
        return NULL;
    }
    for (; hoards_on(s); s->hoarded++) {
        weir_segment segment = hoard_next(&h);
        s->hoarder_wrong += weir_engine_segments(engine, &segment, 1, NULL) != WEIR_OK;
        if (s->hoarded % 8192 == 0) s->hoarder_wrong += weir_engine_check(engine) != WEIR_OK;
    }
    weir_stats_init(&s->hoarder);
    s->hoarder_wrong += weir_engine_stats(engine, &s->hoarder) != WEIR_OK;
    s->hoarder_wrong += weir_engine_check(engine) != WEIR_OK;
    s->hoarder_wrong += weir_engine_destroy(engine) != WEIR_OK;
    return NULL;
}

/* ── the honest one ── */

static void carry(scene *s, weir_engine *engine, traffic *t)
{
    traffic_packet packet;
    uint32_t number = 0;
    while (traffic_next(t, &packet)) {
        weir_packet one = {.data = packet.data,
                           .time_ns = packet.time_ns,
                           .captured_bytes = packet.captured_bytes,
                           .wire_bytes = packet.wire_bytes,
                           .tag = number++};
        s->honest_wrong += weir_engine_packets(engine, 1, &one, 1, NULL) != WEIR_OK;
        if (number % 4096 == 0) s->honest_wrong += weir_engine_check(engine) != WEIR_OK;
    }
}

static void *carry_all(void *user)
{
    scene *s = user;
    weir_callbacks callbacks;
    weir_engine *engine;
    traffic *t = traffic_open("reorder", 1, 0.02);
    witness_callbacks(&callbacks);
    /* Before the hoarder begins: he would leave nothing for another engine's floor. */
    int error = weir_engine_create(s->pool, NULL, &callbacks, &s->seen, &engine);
    (void)pthread_barrier_wait(&s->start);
    if (t && !error) {
        carry(s, engine, t);
        weir_stats_init(&s->honest);
        s->honest_wrong += weir_engine_stats(engine, &s->honest) != WEIR_OK;
        s->honest_wrong += weir_engine_check(engine) != WEIR_OK;
        s->honest_wrong += weir_engine_destroy(engine) != WEIR_OK;
        s->truth = *traffic_truth(t);
    } else {
        s->honest_wrong++;
    }
    traffic_close(t);
    atomic_store(&s->honest_done, 1);
    return NULL;
}

/* ── the onlooker ── */

/* Looks until a lowered limit is met; from then on it must hold until it is lowered again. */
static void look(scene *s, uint64_t *most)
{
    weir_memory memory;
    weir_stats sum;
    weir_memory_init(&memory);
    weir_stats_init(&sum);
    s->looks_wrong += weir_pool_memory(s->pool, &memory) != WEIR_OK;
    s->looks_wrong += weir_pool_stats(s->pool, &sum) != WEIR_OK;
    s->looks_wrong += memory.committed_bytes > *most || memory.peak_bytes > HIGH;
    if (memory.committed_bytes <= memory.limit_bytes) {
        *most = memory.limit_bytes;
        s->met++;
    }
}

static void *look_on(void *user)
{
    static const uint64_t limits[] = {LOW, HIGH, LOW + MIB / 2, LOW + MIB / 4};
    scene *s = user;
    uint64_t most = LOW;
    (void)pthread_barrier_wait(&s->start);
    for (; s->looks < LOOKS_MOST && !atomic_load(&s->engines_done); s->looks++) {
        if (s->looks % 64 == 63) {
            uint64_t limit = limits[s->looks / 64 % 4];
            if (limit > most) most = limit;
            s->looks_wrong += weir_pool_set_limit(s->pool, limit) != WEIR_OK;
        }
        if (s->looks % 16 == 7) (void)weir_pool_trim(s->pool);
        look(s, &most);
    }
    return NULL;
}

/* ── together ── */

static void run(scene *s)
{
    pthread_t hoarder, honest, onlooker;
    assert_int_equal(pthread_barrier_init(&s->start, NULL, 3), 0);
    assert_int_equal(pthread_create(&hoarder, NULL, hoard_all, s), 0);
    assert_int_equal(pthread_create(&honest, NULL, carry_all, s), 0);
    assert_int_equal(pthread_create(&onlooker, NULL, look_on, s), 0);
    pthread_join(honest, NULL);
    pthread_join(hoarder, NULL);
    atomic_store(&s->engines_done, 1);
    pthread_join(onlooker, NULL);
    (void)pthread_barrier_destroy(&s->start);
}

static void expect_whole(const scene *s)
{
    const witness_count *honest = &s->seen.honest;
    uint64_t holes = 0;
    for (int i = 0; i < WEIR_HOLE_CAUSE_COUNT; i++)
        holes += honest->holes[i];
    assert_int_equal(s->seen.wrong, 0);
    assert_int_equal(s->seen.broken, 0);
    assert_int_equal(holes, 0);
    assert_int_equal(honest->torn, 0);
    assert_int_equal(honest->missing, 0);
    assert_int_equal(honest->late, 0);
    assert_int_equal(honest->connections, s->truth.connections);
    assert_int_equal(honest->delivered, s->truth.stream_bytes);
    assert_int_equal(s->honest.held_bytes, 0);
}

static void a_hoarder_does_not_hurt_the_engine_beside_it(void **state)
{
    static scene s;
    weir_pool_config config;
    weir_memory memory;
    weir_stats sum;
    (void)state;
    memset(&s, 0, sizeof s);
    weir_pool_config_init(&config);
    config.limit_bytes = LOW;
    config.ceiling_bytes = HIGH;
    config.max_engines = 2;
    assert_int_equal(weir_pool_create(&config, &s.pool), WEIR_OK);
    weir_memory_init(&memory);
    weir_stats_init(&sum);
    run(&s);
    print_message("hoarded %" PRIu64 ", looks %" PRIu64 ", limit kept in %" PRIu64 "\n", s.hoarded,
                  s.looks, s.met);
    assert_int_equal(s.hoarder_wrong, 0);
    assert_int_equal(s.honest_wrong, 0);
    assert_int_equal(s.looks_wrong, 0);
    assert_true(s.met > 0);
    expect_whole(&s);
    assert_true(s.hoarder.holes[WEIR_HOLE_POOL_CAP] > 0);
    assert_int_equal(weir_pool_memory(s.pool, &memory), WEIR_OK);
    assert_true(memory.refused > 0);
    assert_int_equal(memory.engines, 0);
    assert_int_equal(weir_pool_stats(s.pool, &sum), WEIR_OK);
    assert_int_equal(sum.held_bytes, 0);
    assert_int_equal(sum.connections_open, 0);
    assert_int_equal(sum.packets, s.hoarder.packets + s.honest.packets);
    (void)weir_pool_trim(s.pool);
    assert_int_equal(weir_pool_memory(s.pool, &memory), WEIR_OK);
    assert_int_equal(memory.conn_bytes, 0);
    assert_int_equal(weir_pool_destroy(s.pool), WEIR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hoarder_does_not_hurt_the_engine_beside_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
