/* SPDX-License-Identifier: MIT */
/*
 * Worth: what a connection is worth, who is evicted, and whose hole goes first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bench/load.h"
#include "house/engine_state.h"
#include "rooms/connection.h"
#include "rooms/hole.h"
#include "support/rig.h"

#define MUCH 70000u /* bytes that make the highest worth */

static weir_core *core_of(const rig *r)
{
    return &r->engine->core;
}

/* `bytes` from the client, in order, in pieces of 10,000. */
static void talk(rig *r, uint32_t conn, uint32_t bytes)
{
    for (uint32_t sent = 0; sent < bytes; sent += 10000) {
        uint32_t seq = r->sent[conn][C], piece = bytes - sent < 10000 ? bytes - sent : 10000;
        weir_segment segment = rig_segment(r, conn, C, ACK, seq, NULL, piece);
        r->sent[conn][C] += piece;
        rig_take(r, &segment);
    }
}

/* One byte that many places beyond the next. */
static void hold(rig *r, uint32_t conn, uint32_t ahead)
{
    weir_segment segment = rig_segment(r, conn, C, ACK, r->sent[conn][C] + ahead, "x", 1);
    rig_take(r, &segment);
}

/* The port tells which of the rig's connections a record is. */
static uint32_t conn_of(const rig *r, weir_slot record)
{
    const uint16_t *ports = weir_record_at(core_of(r), record)->ports;
    assert_int_not_equal(record, 0);
    return (uint32_t)(ports[0] == 80 ? ports[1] : ports[0]) - 1024;
}

static uint32_t victim(const rig *r)
{
    return conn_of(r, weir_connection_victim(core_of(r)));
}

static uint32_t payer(const rig *r)
{
    weir_slot block = weir_hole_payer(core_of(r));
    assert_int_not_equal(block, 0);
    return conn_of(r, weir_block_at(core_of(r), block)->owner);
}

/* ── worth ── */

static void worth_is_bytes_passed(void **state)
{
    static const struct {
        uint64_t next[2], missing;
        uint32_t flags[2], worth;
    } cases[] = {
        {{0, 0}, 0, {0, 0}, 0},
        {{255, 0}, 0, {WEIR_SIDE_SEEN, 0}, 0},
        {{0, 0}, 0, {WEIR_SIDE_SEEN, WEIR_SIDE_SEEN}, 1},
        {{500, 0}, 500, {WEIR_SIDE_SEEN, WEIR_SIDE_SEEN}, 1}, /* a hole is no byte */
        {{1, 0}, 0, {WEIR_SIDE_SEEN, WEIR_SIDE_SEEN}, 2},
        {{128, 127}, 0, {WEIR_SIDE_SEEN, WEIR_SIDE_SEEN}, 2},
        {{128, 128}, 0, {WEIR_SIDE_SEEN, WEIR_SIDE_SEEN}, 3},
        {{256, 0}, 0, {WEIR_SIDE_SEEN, 0}, 3},
        {{1 << 20, 256}, 0, {WEIR_SIDE_SEEN | WEIR_SIDE_SETTLING, WEIR_SIDE_SEEN}, 3},
        {{1023, 0}, 0, {WEIR_SIDE_SEEN, 0}, 3},
        {{1024, 0}, 0, {WEIR_SIDE_SEEN, 0}, 4},
        {{65535, 0}, 0, {WEIR_SIDE_SEEN, 0}, 6},
        {{65536, 0}, 0, {WEIR_SIDE_SEEN, 0}, 7},
        {{UINT64_C(1) << 40, 0}, 0, {WEIR_SIDE_SEEN, 0}, 7},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        weir_record record;
        memset(&record, 0, sizeof record);
        for (int s = 0; s < 2; s++) {
            record.side[s].next = cases[i].next[s];
            record.side[s].flags = (uint16_t)cases[i].flags[s];
        }
        record.side[0].missing = cases[i].missing;
        assert_int_equal(weir_worth_of(&record), cases[i].worth);
    }
}

/* Less as the holder of a few bytes, which cost him less line. */
static void few_bytes_held_are_worth_less(void **state)
{
    static const struct {
        uint64_t bytes;
        uint32_t less;
    } cases[] = {{1, 4}, {49, 4}, {50, 3}, {178, 2}, {434, 1}, {946, 0}, {1448, 0}, {1 << 20, 0}};
    (void)state;
    weir_record record;
    memset(&record, 0, sizeof record);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        record.side[0].next = MUCH;
        assert_int_equal(weir_worth_of_holder(&record, cases[i].bytes), 7 - cases[i].less);
        record.side[0].next = 300; /* 3 */
        assert_int_equal(weir_worth_of_holder(&record, cases[i].bytes),
                         cases[i].less < 3 ? 3 - cases[i].less : 0);
    }
}

/* ── who is evicted ── */

static void newborn_go_first_beyond_their_share(void **state)
{
    rig r;
    (void)state;
    rig_open(&r, NULL, NULL, NULL, NULL);
    for (uint32_t conn = 0; conn < WEIR_NEWBORN_SHARE; conn++) {
        rig_handshake(&r, conn);
        talk(&r, conn, 10);
    }
    rig_send(&r, 20, C, SYN, 0, "");
    assert_int_equal(victim(&r), 0); /* one in nine may be here: the longest idle goes */
    rig_send(&r, 21, C, SYN, 0, "");
    assert_int_equal(victim(&r), 20);
    rig_send(&r, 21, S, SYN | ACK, 0,
             ""); /* it has been answered: it is half open, and the younger */
    assert_int_equal(victim(&r), 20);
    rig_handshake(&r, 20); /* its SYN again, and more */
    assert_int_equal(victim(&r), 0);
    hold(&r, 20, 100); /* it has cost a page, and brought nothing */
    assert_int_equal(victim(&r), 21);
    rig_close(&r);
}

/* So many connections, numbered from 0, of the highest worth. */
static void begin_worthy(rig *r, uint32_t count)
{
    for (uint32_t conn = 0; conn < count; conn++) {
        rig_handshake(r, conn);
        talk(r, conn, MUCH);
    }
}

static void idle_time_is_divided_by_worth(void **state)
{
    rig r;
    (void)state;
    rig_open(&r, NULL, NULL, NULL, NULL);
    rig_handshake(&r, 0);
    talk(&r, 0, MUCH);
    rig_handshake(&r, 1);
    talk(&r, 1, 10);
    assert_int_equal(victim(&r), 0); /* idle for 4 ms, the other for none */
    rig_advance(&r, 20 * WEIR_MILLISECOND);
    assert_int_equal(victim(&r), 1); /* 20 ms / 4 against 24 ms / 128 */
    rig_advance(&r, WEIR_SECOND);
    rig_handshake(&r, 2);
    talk(&r, 2, 10);
    rig_send(&r, 1, S, ACK, 1, "y");
    rig_advance(&r, 8 * WEIR_MILLISECOND);
    assert_int_equal(victim(&r), 0); /* 1 s / 128 against 8 ms / 4 */
    rig_close(&r);
}

/* A packet marks its connection and leaves it where it is; who has to go is another all the same. */
static void active_ones_go_to_the_end(void **state)
{
    rig r;
    (void)state;
    rig_open(&r, NULL, NULL, NULL, NULL);
    const weir_queue *queue = &core_of(&r)->open[WEIR_WORTHS - 1];
    begin_worthy(&r, WEIR_SECOND_CHANCES + 2);
    rig_advance(&r, 200 * WEIR_MILLISECOND);
    for (uint32_t conn = 0; conn < WEIR_SECOND_CHANCES + 1; conn++)
        talk(&r, conn, 10);
    assert_int_equal(conn_of(&r, queue->head), 0);     /* none was moved */
    assert_int_equal(victim(&r), WEIR_SECOND_CHANCES); /* one more than are moved at once */
    assert_int_equal(victim(&r), WEIR_SECOND_CHANCES + 1);
    assert_int_equal(conn_of(&r, queue->tail), WEIR_SECOND_CHANCES);
    rig_advance(&r, 200 * WEIR_MILLISECOND);
    talk(&r, WEIR_SECOND_CHANCES + 1, 10);
    assert_int_equal(victim(&r), 0); /* all others have been silent since */
    rig_close(&r);
}

/* Marked, but as long ago as the others: it goes as they do. */
static void who_was_active_once_goes(void **state)
{
    rig r;
    (void)state;
    rig_open(&r, NULL, NULL, NULL, NULL);
    begin_worthy(&r, 2);
    rig_advance(&r, 200 * WEIR_MILLISECOND);
    talk(&r, 0, 10);
    rig_advance(&r, 100 * WEIR_SECOND);
    assert_int_equal(victim(&r), 0); /* at the end it would wait for its time twice */
    rig_close(&r);
}

/* Behind one that was active a little later, one that is idle waits: not for ever. */
static void idle_ones_close_a_little_late(void **state)
{
    rig r;
    (void)state;
    rig_open(&r, NULL, NULL, NULL, NULL);
    begin_worthy(&r, 2);
    rig_advance(&r, 2 * WEIR_SECOND);
    talk(&r, 0, 10);
    rig_advance(&r, 297 * WEIR_SECOND); /* 299 s after the other */
    assert_int_equal(rig_stats(&r).connections_open, 2);
    rig_advance(&r, 10 * WEIR_SECOND);
    assert_int_equal(rig_stats(&r).connections_open, 0);
    rig_close(&r);
}

/* ── whose hole goes ── */

static void held_time_is_divided_by_worth(void **state)
{
    rig r;
    (void)state;
    rig_open(&r, NULL, NULL, NULL, NULL);
    assert_int_equal(weir_hole_payer(core_of(&r)), 0);
    rig_handshake(&r, 0);
    talk(&r, 0, MUCH);
    hold(&r, 0, 100);
    assert_int_equal(payer(&r), 0);
    rig_handshake(&r, 1);
    hold(&r, 1, 100);
    rig_advance(&r, WEIR_MILLISECOND);
    assert_int_equal(payer(&r), 1); /* the younger by 4 ms */
    hold(&r, 2, 0);                 /* midstream: its base settles, and costs nobody a byte */
    assert_int_equal(payer(&r), 2);
    rig_advance(&r, 11 * WEIR_MILLISECOND);
    assert_int_equal(payer(&r), 1);
    talk(&r, 1, 100); /* the hole is filled */
    assert_int_equal(payer(&r), 0);
    rig_close(&r);
}

/* A front hole is young again when the one before it went; who holds behind many is not. */
static void many_holes_do_not_make_young(void **state)
{
    rig r;
    (void)state;
    rig_open(&r, NULL, NULL, NULL, NULL);
    rig_handshake(&r, 0);
    rig_handshake(&r, 1);
    talk(&r, 0, 1);
    talk(&r, 1, 1);
    for (uint32_t i = 0; i < 8; i++)
        hold(&r, 0, 1 + 2 * i);
    hold(&r, 1, 100);
    rig_advance(&r, 50 * WEIR_MILLISECOND);
    talk(&r, 0, 1); /* its first hole is filled, and the next begins */
    assert_int_equal(payer(&r), 0);
    rig_close(&r);
}

/* Who is asked by another engine gives up holes until there is a page: 200 bytes of 200 holes fill one. */
static void who_is_asked_gives_a_page(void **state)
{
    rig r;
    (void)state;
    rig_open(&r, NULL, NULL, NULL, NULL);
    rig_handshake(&r, 0);
    for (uint32_t i = 0; i < 500; i++)
        hold(&r, 0, 1 + 2 * i);
    weir_stock *stock = core_of(&r)->stock;
    weir_stock_return(stock);
    uint32_t puts = stock->puts;
    atomic_store(&stock->asks, WEIR_ASK_GIVE_UP);
    rig_advance(&r, WEIR_MILLISECOND);
    assert_int_equal(stock->puts - puts, 1);
    assert_in_range(rig_stats(&r).holes[WEIR_HOLE_POOL_CAP], 100, 250);
    rig_close(&r);
}

/* SYNs alone of a flood; their number. */
static size_t keep_syns(load *l)
{
    weir_packet *packets = l->mapping; /* the load's own memory */
    size_t count = 0;
    for (size_t i = 0; i < l->count; i++)
        if (packets[i].data[14 + 20 + 13] == WEIR_TCP_SYN) packets[count++] = packets[i];
    return count;
}

static uint64_t refused_of(weir_engine *engine, weir_pool *pool, const weir_packet *packets,
                           size_t count)
{
    weir_memory before, after;
    weir_memory_init(&before);
    weir_memory_init(&after);
    assert_int_equal(weir_pool_memory(pool, &before), WEIR_OK);
    assert_int_equal(weir_engine_packets(engine, 1, packets, count, NULL), WEIR_OK);
    assert_int_equal(weir_pool_memory(pool, &after), WEIR_OK);
    return after.refused - before.refused;
}

/* Where the share of connections is reached each SYN takes another's place, and the table needs no
 * page either: also where its buckets, two a record, end with a page, as they do with 16 MiB. */
static void a_flood_asks_for_no_page(void **state)
{
    (void)state;
    const uint64_t limits[] = {2 << 20, 4 << 20, 16 << 20};
    const size_t last = 10000;
    load l;
    assert_true(load_scenario(&l, "syn-flood", 1, 0.02));
    const size_t count = keep_syns(&l);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        weir_pool_config config;
        weir_engine *engine;
        weir_pool *pool;
        weir_pool_config_init(&config);
        config.limit_bytes = limits[i];
        assert_int_equal(weir_pool_create(&config, &pool), WEIR_OK);
        assert_int_equal(weir_engine_create(pool, NULL, NULL, NULL, &engine), WEIR_OK);
        (void)refused_of(engine, pool, l.packets, count - last);
        assert_int_equal(refused_of(engine, pool, l.packets + count - last, last), 0);
        weir_stats stats;
        weir_stats_init(&stats);
        assert_int_equal(weir_engine_stats(engine, &stats), WEIR_OK);
        assert_true(stats.evicted > last);
        assert_int_equal(weir_engine_destroy(engine), WEIR_OK);
        assert_int_equal(weir_pool_destroy(pool), WEIR_OK);
    }
    load_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worth_is_bytes_passed),
        cmocka_unit_test(few_bytes_held_are_worth_less),
        cmocka_unit_test(newborn_go_first_beyond_their_share),
        cmocka_unit_test(idle_time_is_divided_by_worth),
        cmocka_unit_test(active_ones_go_to_the_end),
        cmocka_unit_test(who_was_active_once_goes),
        cmocka_unit_test(idle_ones_close_a_little_late),
        cmocka_unit_test(held_time_is_divided_by_worth),
        cmocka_unit_test(many_holes_do_not_make_young),
        cmocka_unit_test(who_is_asked_gives_a_page),
        cmocka_unit_test(a_flood_asks_for_no_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
