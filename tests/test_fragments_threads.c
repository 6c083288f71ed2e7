/* SPDX-License-Identifier: MIT */
/*
 * Several engines, each on a thread of its own, join fragments in one small pool: they share the share of fragments,
 * grow and give back their scratch, while somebody trims the pool and moves its limit.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/chaos.h"
#include "support/pieces.h"
#include "support/rig.h"

enum { THREADS = 3, PACKETS = 4000 };

#define MIB (UINT64_C(1) << 20)

typedef struct {
    weir_pool *pool;
    uint64_t random, now_ns;
    weir_engine *engine;
    pieces p;
    uint8_t frame[PIECES_FRAME_BYTES];
    uint64_t joined, wrong;
} worker;

static void give(worker *w, uint32_t begin, uint32_t end)
{
    const piece what = {.offset = begin,
                        .bytes = end - begin,
                        .more = end < w->p.bytes,
                        .time_ns = w->now_ns += 20000};
    weir_packet packet = pieces_cut(&w->p, &what, w->frame);
    w->wrong += weir_engine_packets(w->engine, WIRE_LINK_TYPE, &packet, 1, NULL) != WEIR_OK;
}

/* Some whole, some never; of very different lengths, so that the scratch comes and goes. */
static void send_packet(worker *w, uint32_t number)
{
    static const uint32_t lengths[] = {100, 1000, 3000, 20000};
    static const uint8_t zeros[20000];
    weir_segment segment = {.payload = zeros, .family = number & 1 ? 6 : 4, .flags = ACK};
    segment.payload_bytes = segment.wire_bytes = lengths[chaos_below(&w->random, 4)];
    segment.source[0] = 10;
    segment.destination[0] = 11;
    segment.source_port = (uint16_t)(1000 + number % 50);
    segment.destination_port = 80;
    segment.seq = number;
    pieces_of(&w->p, &segment, number);
    uint32_t each = (w->p.bytes / (2 + chaos_below(&w->random, 3)) + 8) & ~7u;
    uint32_t lost = chaos_below(&w->random, 6);
    for (uint32_t at = 0, i = 0; at < w->p.bytes; at += each, i++)
        if (i != lost) give(w, at, at + each < w->p.bytes ? at + each : w->p.bytes);
}

static void *work(void *argument)
{
    worker *w = argument;
    weir_stats stats;
    weir_stats_init(&stats);
    for (uint32_t i = 0; i < PACKETS; i++) {
        send_packet(w, i);
        if (i % 64 == 0) w->wrong += weir_engine_advance(w->engine, w->now_ns += 50000000) < 0;
        if (i % 1000 == 0) w->wrong += weir_engine_check(w->engine) != WEIR_OK;
    }
    (void)weir_engine_stats(w->engine, &stats);
    w->joined = stats.joined_datagrams;
    w->wrong += weir_engine_destroy(w->engine) != WEIR_OK;
    return NULL;
}

static void engines_share_the_share(void **state)
{
    static worker workers[THREADS];
    pthread_t threads[THREADS];
    weir_pool_config config;
    weir_pool *pool;
    (void)state;
    weir_pool_config_init(&config);
    config.limit_bytes = config.ceiling_bytes = 4 * MIB;
    assert_int_equal(weir_pool_create(&config, &pool), WEIR_OK);
    for (uint32_t i = 0; i < THREADS; i++) {
        workers[i] = (worker){.pool = pool, .random = i, .now_ns = 1000 * WEIR_SECOND};
        assert_int_equal(weir_engine_create(pool, NULL, NULL, NULL, &workers[i].engine), WEIR_OK);
    }
    for (uint32_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    for (uint32_t i = 0; i < 300; i++) {
        weir_memory memory;
        weir_memory_init(&memory);
        (void)weir_pool_set_limit(pool, i % 7 ? 4 * MIB : 2 * MIB);
        if (i % 5 == 0) (void)weir_pool_trim(pool);
        assert_int_equal(weir_pool_memory(pool, &memory), WEIR_OK);
        assert_true(memory.frag_bytes <= 4 * MIB / 20);
    }
    for (uint32_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(workers[i].wrong, 0);
        assert_true(workers[i].joined > PACKETS / 20);
    }
    weir_memory memory;
    weir_memory_init(&memory);
    assert_int_equal(weir_pool_memory(pool, &memory), WEIR_OK);
    assert_int_equal(memory.frag_bytes, 0);
    assert_int_equal(weir_pool_destroy(pool), WEIR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(engines_share_the_share)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
