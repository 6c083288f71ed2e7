/* SPDX-License-Identifier: MIT */
/*
 * Bytes that the user keeps: they come again in front of the next, inside the budget, and he is told when not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/rig.h"

#define EVERYTHING UINT64_MAX /* keeps all that it is given */
#define KIB        1024u

/* A user who keeps, and what he was told. */
typedef struct {
    rig r;
    uint64_t keep;   /* asked for in the next on_data */
    int answer;      /* of that */
    int ends_it;     /* closes the connection besides */
    int stops_it;    /* stops the direction besides */
    uint64_t given;  /* bytes, in the last on_data … */
    uint64_t offset; /* … from there on */
    uint32_t spans;  /* … in so many */
    char text[4 * KIB];
    uint32_t calls, holes, unkept;
    uint64_t unkept_offset, unkept_bytes;
    weir_direction unkept_direction;
    uint64_t refused;
} keeper;

static void on_data(void *user, weir_conn *conn, weir_direction direction, const weir_span *spans,
                    size_t count)
{
    keeper *k = user;
    k->calls++;
    k->given = 0;
    k->offset = spans[0].offset;
    k->spans = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(spans[i].offset, k->offset + k->given);
        if (k->given + spans[i].length < sizeof k->text)
            memcpy(k->text + k->given, spans[i].data, spans[i].length);
        k->given += spans[i].length;
    }
    if (k->given < sizeof k->text) k->text[k->given] = '\0';
    k->answer = weir_conn_keep(conn, k->keep == EVERYTHING ? k->given : k->keep);
    if (k->answer) k->refused++;
    if (k->ends_it) assert_int_equal(weir_conn_close(conn), WEIR_OK);
    if (k->stops_it) assert_int_equal(weir_conn_ignore(conn, direction), WEIR_OK);
}

static void on_hole(void *user, weir_conn *conn, weir_direction direction, const weir_hole *hole)
{
    keeper *k = user;
    k->holes++;
    assert_int_equal(weir_conn_keep(conn, 0), WEIR_ERR_BUSY);
    (void)direction;
    (void)hole;
}

static void on_unkept(void *user, weir_conn *conn, weir_direction direction, uint64_t offset,
                      uint64_t length)
{
    keeper *k = user;
    k->unkept++;
    k->unkept_direction = direction;
    k->unkept_offset = offset;
    k->unkept_bytes = length;
    assert_int_equal(weir_conn_keep(conn, 0), WEIR_ERR_BUSY);
}

static keeper *keeper_open(const weir_pool_config *pool, const weir_engine_config *engine)
{
    weir_callbacks callbacks;
    keeper *k = calloc(1, sizeof *k);
    assert_non_null(k);
    weir_callbacks_init(&callbacks);
    callbacks.on_data = on_data;
    callbacks.on_hole = on_hole;
    callbacks.on_unkept = on_unkept;
    rig_open(&k->r, pool, engine, &callbacks, k);
    return k;
}

static void keeper_close(keeper *k)
{
    rig_close(&k->r); /* which aborts if anything is left in the pool */
    free(k);
}

static void send(keeper *k, uint32_t conn, uint32_t seq, const char *text)
{
    (void)rig_send(&k->r, conn, C, ACK, seq, text);
}

/* ──── they come again ──── */

static void a_header_comes_whole(void **state)
{
    (void)state;
    keeper *k = keeper_open(NULL, NULL);
    rig_handshake(&k->r, 0);
    k->keep = 4;
    send(k, 0, 1, "done.GET ");
    assert_int_equal(k->given, 9);
    k->keep = 0;
    send(k, 0, 10, "/index");
    assert_string_equal(k->text, "GET /index");
    assert_int_equal(k->offset, 5);
    assert_int_equal(k->spans, 2);
    send(k, 0, 16, " HTTP");
    assert_string_equal(k->text, " HTTP");
    assert_int_equal(rig_stats(&k->r).delivered_bytes, 20); /* once */
    keeper_close(k);
}

static void all_may_be_kept_again_and_again(void **state)
{
    (void)state;
    keeper *k = keeper_open(NULL, NULL);
    rig_handshake(&k->r, 0);
    k->keep = EVERYTHING;
    for (uint32_t i = 0; i < 1000; i++)
        send(k, 0, 1 + 3 * i, "abc");
    assert_int_equal(k->given, 3000);
    assert_int_equal(k->refused, 0);
    for (uint32_t i = 0; i < 3000; i++)
        assert_int_equal(k->text[i], "abc"[i % 3]);
    keeper_close(k);
}

/* Old bytes with new ones, only new ones, only the end of the new ones; the last request counts. */
static void less_may_be_kept(void **state)
{
    (void)state;
    keeper *k = keeper_open(NULL, NULL);
    rig_handshake(&k->r, 0);
    k->keep = 5;
    send(k, 0, 1, "12345");
    k->keep = 7;
    send(k, 0, 6, "6789");
    assert_string_equal(k->text, "123456789");
    k->keep = 1;
    send(k, 0, 10, "abc");
    assert_string_equal(k->text, "3456789abc");
    k->keep = 0;
    send(k, 0, 13, "d");
    assert_string_equal(k->text, "cd");
    send(k, 0, 14, "e");
    assert_string_equal(k->text, "e");
    keeper_close(k);
}

static void directions_and_connections_keep_apart(void **state)
{
    (void)state;
    keeper *k = keeper_open(NULL, NULL);
    rig_handshake(&k->r, 0);
    rig_handshake(&k->r, 1);
    k->keep = EVERYTHING;
    send(k, 0, 1, "one");
    (void)rig_send(&k->r, 0, S, ACK, 1, "two");
    assert_string_equal(k->text, "two");
    send(k, 1, 1, "three");
    assert_string_equal(k->text, "three");
    send(k, 0, 4, "+");
    assert_string_equal(k->text, "one+");
    (void)rig_send(&k->r, 0, S, ACK, 4, "+");
    assert_string_equal(k->text, "two+");
    send(k, 1, 6, "+");
    assert_string_equal(k->text, "three+");
    keeper_close(k);
}

/* What waited behind a hole comes in many spans, and is kept as if it had come in one. */
static void held_bytes_are_kept_as_well(void **state)
{
    (void)state;
    keeper *k = keeper_open(NULL, NULL);
    rig_handshake(&k->r, 0);
    k->keep = EVERYTHING;
    for (uint32_t i = 0; i < 40; i++)
        send(k, 0, 3 + 2 * i, "xy");
    send(k, 0, 1, "ab");
    assert_int_equal(k->given, 82);
    send(k, 0, 83, "z");
    assert_int_equal(k->given, 83);
    assert_int_equal(strncmp(k->text, "abxyxy", 6), 0);
    assert_string_equal(k->text + 80, "xyz");
    keeper_close(k);
}

/* ──── and they go ──── */

static void a_hole_ends_it(void **state)
{
    (void)state;
    keeper *k = keeper_open(NULL, NULL);
    rig_handshake(&k->r, 0);
    k->keep = EVERYTHING;
    send(k, 0, 1, "before");
    send(k, 0, 20, "after");
    rig_advance(&k->r, 60 * WEIR_SECOND);
    assert_int_equal(k->holes, 1);
    assert_string_equal(k->text, "after");
    assert_int_equal(k->unkept, 0); /* the hole said so */
    keeper_close(k);
}

static void stop_and_close_end_it(void **state)
{
    (void)state;
    for (int ends = 0; ends < 2; ends++) {
        keeper *k = keeper_open(NULL, NULL);
        rig_handshake(&k->r, 0);
        uint64_t before = rig_memory(&k->r).used_bytes;
        k->keep = EVERYTHING;
        k->ends_it = ends;
        k->stops_it = !ends;
        send(k, 0, 1, "the end");
        assert_int_equal(k->answer, WEIR_OK);
        send(k, 0, 8, "more");
        assert_int_equal(k->calls, 1);
        rig_advance(&k->r, WEIR_SECOND);
        assert_true(rig_memory(&k->r).used_bytes <= before + 4096); /* of the stopped one's tally */
        keeper_close(k);
    }
}

static void an_urgent_byte_that_is_taken_out_ends_it(void **state)
{
    (void)state;
    weir_engine_config config;
    weir_engine_config_init(&config);
    config.urgent = WEIR_URGENT_DROPPED;
    keeper *k = keeper_open(NULL, &config);
    rig_handshake(&k->r, 0);
    k->keep = EVERYTHING;
    weir_segment segment = rig_segment(&k->r, 0, C, ACK | WEIR_TCP_URG, 1, "abcdef", 6);
    segment.urgent = 3; /* the c */
    (void)rig_take(&k->r, &segment);
    assert_string_equal(k->text, "def");
    assert_int_equal(k->unkept, 1);
    assert_int_equal(k->unkept_offset, 0);
    assert_int_equal(k->unkept_bytes, 2);
    keeper_close(k);
}

/* ──── limits ──── */

static void send_full(keeper *k, uint32_t conn, uint32_t *seq)
{
    static char text[1001];
    memset(text, 'x', sizeof text - 1);
    send(k, conn, *seq, text);
    *seq += sizeof text - 1;
}

static void what_may_not_be_kept_is_refused(void **state)
{
    (void)state;
    keeper *k = keeper_open(NULL, NULL);
    uint32_t seq = 1;
    rig_handshake(&k->r, 0);
    assert_int_equal(weir_conn_keep(NULL, 1), WEIR_ERR_ARGUMENT);
    k->keep = 5;
    send(k, 0, 1, "abcd");
    assert_int_equal(k->answer, WEIR_ERR_ARGUMENT); /* it was given four */
    seq = 5;
    k->keep = EVERYTHING;
    for (uint32_t i = 0; i < 65; i++)
        send_full(k, 0, &seq);
    assert_int_equal(k->given, 65000);
    assert_int_equal(k->refused, 1);
    k->keep = 65537;
    send_full(k, 0, &seq);
    assert_int_equal(k->given, 66000);
    assert_int_equal(k->answer, WEIR_ERR_KEEP);
    k->keep = 0;
    send(k, 0, seq, "z");
    assert_string_equal(k->text, "z"); /* refused: nothing is kept */
    keeper_close(k);
}

/* conn_held_bytes counts what both directions keep, and what waits. */
static void the_connections_cap_holds(void **state)
{
    (void)state;
    weir_engine_config config;
    weir_engine_config_init(&config);
    config.conn_held_bytes = 65536;
    keeper *k = keeper_open(NULL, &config);
    uint32_t seq = 1;
    rig_handshake(&k->r, 0);
    k->keep = EVERYTHING;
    for (uint32_t i = 0; i < 60; i++)
        send_full(k, 0, &seq);
    (void)rig_send(&k->r, 0, S, ACK, 6001, "waits");
    for (uint32_t i = 0; i < 6; i++) {
        char text[1001];
        memset(text, 'y', 1000);
        text[1000] = '\0';
        (void)rig_send(&k->r, 0, S, ACK, 1 + 1000 * i, text);
        assert_int_equal(k->answer, i < 5 ? WEIR_OK : WEIR_ERR_KEEP);
    }
    keeper_close(k);
}

/* A crowd keeps a page each, more than there are: those who keep longest lose theirs and are told; holes pay before
 * the rest does. */
static void a_crowd_that_keeps_is_bounded(void **state)
{
    (void)state;
    weir_pool_config pool;
    weir_pool_config_init(&pool);
    pool.limit_bytes = 1024 * KIB;
    keeper *k = keeper_open(&pool, NULL);
    k->keep = EVERYTHING;
    for (uint32_t conn = 0; conn < RIG_CONNS; conn++) {
        rig_handshake(&k->r, conn);
        send(k, conn, 1, "half a he");
    }
    assert_true(rig_memory(&k->r).peak_bytes <= pool.limit_bytes);
    for (uint32_t conn = 1; conn < RIG_CONNS - 1; conn++)
        send(k, conn, 20, "behind a hole");
    assert_true(k->unkept > 0);
    assert_int_equal(k->unkept_offset, 0);
    assert_int_equal(k->unkept_bytes, 9);
    assert_int_equal(rig_stats(&k->r).unkept_bytes, 9 * (uint64_t)k->unkept);
    send(k, RIG_CONNS - 1, 10, "ader");
    assert_string_equal(k->text, "half a header"); /* the last that kept was never asked */
    send(k, 0, 10, "ader");
    assert_string_equal(k->text, "ader"); /* the first was */
    assert_true(rig_memory(&k->r).peak_bytes <= pool.limit_bytes);
    keeper_close(k);
}

/* Where no page is to be had he is told at once, and the next one finds a page. */
static void a_refusal_is_an_answer(void **state)
{
    (void)state;
    weir_pool_config pool;
    weir_pool_config_init(&pool);
    pool.limit_bytes = weir_pool_smallest_limit(&pool);
    keeper *k = keeper_open(&pool, NULL);
    uint32_t seq[RIG_CONNS];
    k->keep = EVERYTHING;
    for (uint32_t conn = 0; conn < 32; conn++) {
        seq[conn] = 1;
        rig_handshake(&k->r, conn);
    }
    for (uint32_t i = 0; i < 32 * 60; i++)
        send_full(k, i % 32, &seq[i % 32]);
    assert_true(k->refused + k->unkept > 0);
    assert_true(rig_memory(&k->r).peak_bytes <= pool.limit_bytes);
    assert_int_equal(rig_stats(&k->r).delivered_bytes, UINT64_C(32) * 60 * 1000);
    assert_int_equal(k->holes, 0);
    keeper_close(k);
}

/* Windows of delivered bytes pay inside on_data, and tails move when one goes. Found by fuzz_engine. */
static void windows_pay_for_what_is_kept(void **state)
{
    (void)state;
    weir_pool_config pool;
    weir_engine_config config;
    weir_pool_config_init(&pool);
    weir_engine_config_init(&config);
    pool.limit_bytes = 1024 * KIB;
    config.recent_bytes = 65536;
    keeper *k = keeper_open(&pool, &config);
    uint32_t seq[RIG_CONNS];
    k->keep = EVERYTHING;
    for (uint32_t conn = 0; conn < 40; conn++) {
        seq[conn] = 1;
        rig_handshake(&k->r, conn);
    }
    for (uint32_t i = 0; i < 40 * 20; i++)
        send_full(k, i % 40, &seq[i % 40]);
    assert_true(rig_memory(&k->r).peak_bytes <= pool.limit_bytes);
    keeper_close(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_comes_whole),
        cmocka_unit_test(all_may_be_kept_again_and_again),
        cmocka_unit_test(less_may_be_kept),
        cmocka_unit_test(directions_and_connections_keep_apart),
        cmocka_unit_test(held_bytes_are_kept_as_well),
        cmocka_unit_test(a_hole_ends_it),
        cmocka_unit_test(stop_and_close_end_it),
        cmocka_unit_test(an_urgent_byte_that_is_taken_out_ends_it),
        cmocka_unit_test(what_may_not_be_kept_is_refused),
        cmocka_unit_test(the_connections_cap_holds),
        cmocka_unit_test(a_crowd_that_keeps_is_bounded),
        cmocka_unit_test(a_refusal_is_an_answer),
        cmocka_unit_test(windows_pay_for_what_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
