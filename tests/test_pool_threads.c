/* SPDX-License-Identifier: MIT */
/* Engines on threads of their own hammer one pool, while others trim, change the limit and look
 * on. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* nanosleep */
#endif
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "ground/platform.h"
#include "support/pools.h"

#define MIB     ((uint64_t)1 << 20)
#define ENGINES 3
#define MOST    4096u

/* cmocka's asserts are for the main thread: a worker counts what went wrong. */
typedef struct worker {
    weir_pool *pool;
    uint32_t number, rounds, most;
    uint64_t random, refused, wrong;
    weir_stats stats;
    pthread_t thread;
    weir_page held[MOST];
} worker;

typedef struct onlooker {
    weir_pool *pool;
    _Atomic int stop;
    int moves_limit;
    uint64_t low, high, wrong, turns;
    pthread_t thread;
} onlooker;

static uint32_t draw(uint64_t *random, uint32_t below)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return (uint32_t)(*random >> 16) % below;
}

/* The page is mine: nobody else writes to it while I have it. */
static void sign(weir_stock *stock, weir_page page, uint32_t number)
{
    uint32_t mark[2] = {number, page};
    memcpy(weir_page_address(stock, page), mark, sizeof mark);
    memcpy(weir_page_descriptor(stock, page), mark, sizeof mark);
}

static int is_signed(weir_stock *stock, weir_page page, uint32_t number)
{
    uint32_t mark[2] = {number, page};
    return memcmp(weir_page_address(stock, page), mark, sizeof mark) == 0 &&
           memcmp(weir_page_descriptor(stock, page), mark, sizeof mark) == 0;
}

static void count_packet(worker *w)
{
    _Atomic uint64_t *packets = (_Atomic uint64_t *)&w->stats.packets;
    uint64_t now = atomic_load_explicit(packets, memory_order_relaxed);
    atomic_store_explicit(packets, now + 1, memory_order_relaxed);
}

static void one_round(worker *w, weir_stock *stock, uint32_t *count, uint64_t *now)
{
    uint32_t target = draw(&w->random, w->most);
    for (; *count < target; ++*count) {
        weir_page page = weir_stock_take(stock, WEIR_USE_HOLD);
        w->refused += !page;
        if (!page) break;
        sign(stock, page, w->number);
        w->held[*count] = page;
    }
    for (; *count > target; --*count) {
        weir_page page = w->held[*count - 1];
        w->wrong += !is_signed(stock, page, w->number);
        weir_stock_put(stock, page, WEIR_USE_HOLD);
    }
    *now += 20 * WEIR_MILLISECOND;
    atomic_store_explicit(&stock->clock_ns, *now, memory_order_relaxed);
    (void)weir_pool_tick(stock, *now);
    if (atomic_exchange_explicit(&stock->asks, 0, memory_order_relaxed) & WEIR_ASK_STOCK)
        weir_stock_return(stock);
    if (draw(&w->random, 10) == 0) (void)weir_pool_warm(stock);
    if (draw(&w->random, 10) == 0) (void)weir_pool_ask_oldest(stock);
    count_packet(w);
}

static void *work(void *user)
{
    worker *w = user;
    weir_stock *stock;
    void *room;
    uint64_t now = w->number * 1000000 * WEIR_SECOND;
    for (int life = 0; life < 2; life++) {
        uint32_t count = 0;
        while (weir_pool_admit(w->pool, &stock, &room)) {
            /* Others have it all, or a lowered limit is being met: they go on, so this ends. */
            nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
        }
        weir_pool_publish_stats(stock, &w->stats);
        for (uint32_t round = 0; round < w->rounds; round++)
            one_round(w, stock, &count, &now);
        while (count > 0)
            weir_stock_put(stock, w->held[--count], WEIR_USE_HOLD);
        w->wrong += !weir_stock_check(stock);
        weir_pool_dismiss(stock, NULL);
    }
    return NULL;
}

static void *look_on(void *user)
{
    onlooker *o = user;
    while (!atomic_load(&o->stop)) {
        weir_memory memory;
        weir_stats sum = {.struct_size = sizeof sum};
        weir_memory_init(&memory);
        if (o->moves_limit)
            weir_pool_set_limit(o->pool, o->turns % 2 ? o->low : o->high);
        else
            weir_pool_trim(o->pool);
        weir_pool_memory(o->pool, &memory);
        weir_pool_stats(o->pool, &sum);
        o->wrong += memory.peak_bytes > o->high;
        o->wrong += !o->moves_limit && memory.committed_bytes > o->high;
        if (o->turns++ % 16 == 0) o->wrong += !weir_pool_check(o->pool);
    }
    return NULL;
}

static void hammer(onlooker *o, uint32_t most, uint32_t rounds, int may_be_refused)
{
    static worker workers[ENGINES];
    memset(workers, 0, sizeof workers);
    assert_int_equal(pthread_create(&o->thread, NULL, look_on, o), 0);
    for (uint32_t i = 0; i < ENGINES; i++) {
        worker *w = &workers[i];
        *w = (worker){.pool = o->pool, .number = i + 1, .rounds = rounds, .most = most};
        w->random = 88172645463325252 + i;
        assert_int_equal(pthread_create(&w->thread, NULL, work, w), 0);
    }
    for (uint32_t i = 0; i < ENGINES; i++) {
        pthread_join(workers[i].thread, NULL);
        assert_int_equal(workers[i].wrong, 0);
        if (!may_be_refused) assert_int_equal(workers[i].refused, 0);
    }
    atomic_store(&o->stop, 1);
    pthread_join(o->thread, NULL);
    assert_int_equal(o->wrong, 0);
    assert_true(weir_pool_check(o->pool));
}

static weir_pool *open_pool(uint64_t limit, uint64_t ceiling)
{
    weir_pool_config config;
    weir_pool *pool;
    weir_pool_config_init(&config);
    config.limit_bytes = limit;
    config.ceiling_bytes = ceiling;
    assert_int_equal(weir_pool_create(&config, &pool), WEIR_OK);
    return pool;
}

/* ── in transit ── */

/* A platform that is slow to take memory back. */
typedef struct slow {
    weir_platform system;
    _Atomic int at_work;
} slow;

static void *slow_reserve(void *user, uint64_t bytes)
{
    return ((slow *)user)->system.reserve(NULL, bytes);
}

static int slow_commit(void *user, void *address, uint64_t bytes)
{
    return ((slow *)user)->system.commit(NULL, address, bytes);
}

static int slow_give_back(void *user, void *address, uint64_t bytes)
{
    slow *s = user;
    atomic_store(&s->at_work, 1);
    nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
    return s->system.give_back(NULL, address, bytes);
}

static void slow_release(void *user, void *address, uint64_t bytes)
{
    ((slow *)user)->system.release(NULL, address, bytes);
}

static void *trim(void *user)
{
    (void)weir_pool_trim(user);
    return NULL;
}

/* At the limit, all that is free is on its way to the system: it is worth waiting for. */
static void who_would_be_refused_waits_for_what_is_in_transit(void **state)
{
    static weir_page held[4096];
    slow s = {.at_work = 0};
    weir_pool_config config;
    weir_pool *pool;
    weir_stock *stock;
    void *room;
    pthread_t trimmer;
    uint32_t count = 0;
    (void)state;
    weir_pool_config_init(&config);
    config.limit_bytes = 4 * MIB;
    weir_platform_system(&s.system);
    config.platform = (weir_platform){&s,          s.system.unit_bytes, slow_reserve,
                                      slow_commit, slow_give_back,      slow_release};
    assert_int_equal(weir_pool_create(&config, &pool), WEIR_OK);
    assert_int_equal(weir_pool_admit(pool, &stock, &room), WEIR_OK);
    while ((held[count] = weir_stock_take(stock, WEIR_USE_HOLD)) != 0)
        count++;
    for (int i = 0; i < 40; i++)
        weir_stock_put(stock, held[--count], WEIR_USE_HOLD);
    weir_stock_return(stock);
    assert_int_equal(pthread_create(&trimmer, NULL, trim, pool), 0);
    while (!atomic_load(&s.at_work)) {
    }
    for (int i = 0; i < 40; i++) {
        held[count] = weir_stock_take(stock, WEIR_USE_HOLD);
        assert_int_not_equal(held[count++], 0);
    }
    assert_int_equal(weir_stock_take(stock, WEIR_USE_HOLD), 0);
    pthread_join(trimmer, NULL);
    assert_true(weir_pool_check(pool));
    while (count > 0)
        weir_stock_put(stock, held[--count], WEIR_USE_HOLD);
    weir_pool_dismiss(stock, NULL);
    assert_int_equal(weir_pool_destroy(pool), WEIR_OK);
}

/* ── all at once ── */

/* All three together always want less than there is. What is in transit is waited for: not one
 * refusal. */
static void who_wants_less_than_there_is_gets_it_whatever_is_in_transit(void **state)
{
    (void)state;
    weir_pool *pool = open_pool(8 * MIB, 0);
    onlooker o = {.pool = pool, .high = 8 * MIB};
    hammer(&o, 640, 1000, 0);
    assert_int_equal(weir_pool_destroy(pool), WEIR_OK);
}

/* They want more than there is. */
static void at_the_limit_all_stay_whole(void **state)
{
    (void)state;
    weir_pool *pool = open_pool(4 * MIB, 0);
    onlooker o = {.pool = pool, .high = 4 * MIB};
    hammer(&o, 900, 1000, 1);
    assert_int_equal(weir_pool_destroy(pool), WEIR_OK);
}

static void while_the_limit_moves_all_stay_whole(void **state)
{
    (void)state;
    weir_pool *pool = open_pool(8 * MIB, 16 * MIB);
    onlooker o = {.pool = pool, .low = 2 * MIB, .high = 16 * MIB, .moves_limit = 1};
    hammer(&o, 900, 1000, 1);
    assert_int_equal(weir_pool_set_limit(pool, 16 * MIB), WEIR_OK);
    assert_int_equal(weir_pool_excess(pool), 0);
    assert_int_equal(weir_pool_destroy(pool), WEIR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_would_be_refused_waits_for_what_is_in_transit),
        cmocka_unit_test(who_wants_less_than_there_is_gets_it_whatever_is_in_transit),
        cmocka_unit_test(at_the_limit_all_stay_whole),
        cmocka_unit_test(while_the_limit_moves_all_stay_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
