/* SPDX-License-Identifier: MIT */
/*
 * What the model, chaos and the fuzzer have found wrong, each as small as it goes. The model looks on here
 * too: where a test says little, it is the model that failed.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/model.h"

enum { C = 0, S = 1 };
enum {
    SYN = WEIR_TCP_SYN,
    ACK = WEIR_TCP_ACK,
    FIN = WEIR_TCP_FIN | WEIR_TCP_ACK,
    RST = WEIR_TCP_RST | WEIR_TCP_ACK
};

/* Sequence numbers are relative: 0 is the SYN, 1 the first byte. */
typedef struct stage {
    model m;
    weir_pool *pool;
    uint64_t now_ns;
    uint32_t ack;             /* of the next segments; relative too */
    model_event at;           /* what the user does when this comes … */
    weir_direction direction; /* … to this direction … */
    uint64_t stop;            /* … is to stop it here; UINT64_MAX: close */
    weir_verdict verdict;
    int done;
} stage;

static weir_verdict act(model *m, weir_conn *conn, model_event event)
{
    stage *s = m->user;
    if (event == MODEL_OPEN) return s->verdict;
    if (event != s->at || s->done) return WEIR_FOLLOW;
    s->done = 1;
    if (s->stop == UINT64_MAX)
        assert_int_equal(model_end(m, conn), WEIR_OK);
    else
        assert_int_equal(model_stop(m, conn, s->direction, s->stop), WEIR_OK);
    return WEIR_FOLLOW;
}

static void open_stage(stage *s, const char *name)
{
    weir_pool_config pool;
    weir_engine_config engine;
    memset(s, 0, sizeof *s);
    weir_pool_config_init(&pool);
    weir_engine_config_init(&engine);
    pool.limit_bytes = UINT64_C(1) << 20;
    pool.page_bytes = 1024;
    assert_int_equal(weir_pool_create(&pool, &s->pool), WEIR_OK);
    model_open(&s->m, s->pool, &engine, name, 0);
    s->m.act = act;
    s->m.user = s;
    s->now_ns = 1000 * WEIR_SECOND;
    s->ack = 1;
    s->at = MODEL_WATERMARK;
    s->verdict = WEIR_FOLLOW;
}

static void close_stage(stage *s)
{
    model_close(&s->m);
    assert_int_equal(weir_pool_destroy(s->pool), WEIR_OK);
}

static void user_stops(stage *s, model_event at, weir_direction direction, uint64_t stop)
{
    s->at = at;
    s->direction = direction;
    s->stop = stop;
    s->done = 0;
}

static void send_at(stage *s, uint32_t host, uint8_t flags, uint32_t seq, uint32_t bytes)
{
    static uint8_t payload[512];
    for (uint32_t i = 0; i < sizeof payload; i++)
        payload[i] = (uint8_t)(i * 37 + i / 7);
    weir_segment segment = {.flags = flags, .family = 4, .window = 65535};
    segment.seq = 7000 + seq;
    segment.ack = flags & ACK ? 7000 + s->ack : 0;
    segment.payload = payload + seq % 256;
    segment.payload_bytes = segment.wire_bytes = bytes;
    segment.time_ns = s->now_ns += WEIR_MILLISECOND / 4;
    segment.source[0] = (uint8_t)(10 + host);
    segment.destination[0] = (uint8_t)(11 - host);
    segment.source_port = host == C ? 4000 : 80;
    segment.destination_port = host == C ? 80 : 4000;
    segment.ip_id = (uint32_t)(s->now_ns / 1000);
    (void)model_feed(&s->m, &segment);
}

static void shake_hands(stage *s)
{
    send_at(s, C, SYN, 0, 0);
    send_at(s, S, SYN | ACK, 0, 0);
    send_at(s, C, ACK, 1, 0);
}

static void wait_for(stage *s, uint64_t ns)
{
    s->now_ns += ns;
    while (model_advance(&s->m, s->now_ns))
        continue;
}

/* The tombstone's stop was looked for in a tally that was given back. */
static void test_tombstone_of_a_stopped_connection(void **state)
{
    (void)state;
    stage s;
    open_stage(&s, "tombstone of a stopped connection");
    shake_hands(&s);
    send_at(&s, C, ACK, 3, 2);
    user_stops(&s, MODEL_DATA, WEIR_C2S, 5);
    send_at(&s, C, ACK, 1, 2);
    send_at(&s, C, ACK, 20, 2);
    send_at(&s, C, RST, 5, 0);
    assert_int_equal(s.m.closed[WEIR_CLOSE_RST], 1);
    send_at(&s, C, ACK, 5, 2);
    close_stage(&s);
}

/* A block that waited for the FIN of a direction that nobody wants was left behind. */
static void test_fin_of_an_ignored_direction(void **state)
{
    (void)state;
    stage s;
    open_stage(&s, "FIN of an ignored direction");
    s.verdict = WEIR_IGNORE;
    shake_hands(&s);
    send_at(&s, C, FIN, 11, 0);
    send_at(&s, C, ACK, 1, 10);
    close_stage(&s);
}

/* What the other direction holds is dropped at once, and its hole is never given up. */
static void test_ignoring_the_other_direction(void **state)
{
    (void)state;
    stage s;
    open_stage(&s, "ignoring the other direction");
    shake_hands(&s);
    send_at(&s, S, ACK, 11, 10);
    user_stops(&s, MODEL_DATA, WEIR_S2C, 0);
    send_at(&s, C, ACK, 1, 10);
    wait_for(&s, 20 * WEIR_SECOND);
    assert_int_equal(s.m.missing, 0);
    close_stage(&s);
}

static void test_ignoring_in_late(void **state)
{
    (void)state;
    stage s;
    open_stage(&s, "ignoring in on_late");
    shake_hands(&s);
    send_at(&s, C, ACK, 6, 2);
    send_at(&s, C, ACK, 13, 2);
    wait_for(&s, 3 * WEIR_SECOND);
    wait_for(&s, 3 * WEIR_SECOND); /* the second became the front when the first went */
    assert_int_equal(s.m.holes[WEIR_HOLE_TIMEOUT], 2);
    user_stops(&s, MODEL_LATE, WEIR_C2S, 0);
    send_at(&s, C, ACK, 1, 14);
    assert_int_equal(s.m.late, 5);
    close_stage(&s);
}

static void test_closing_in_the_last_hole(void **state)
{
    (void)state;
    stage s;
    open_stage(&s, "closing in the last hole");
    shake_hands(&s);
    send_at(&s, C, ACK, 11, 10);
    user_stops(&s, MODEL_HOLE, WEIR_C2S, UINT64_MAX);
    send_at(&s, C, RST, 21, 0);
    assert_int_equal(s.m.closed[WEIR_CLOSE_END], 1);
    close_stage(&s);
}

/* An ACK that came before the first byte it could be about was believed whatever it said. */
static void test_ack_before_the_base(void **state)
{
    (void)state;
    stage s;
    open_stage(&s, "ACK before the base");
    s.ack = 5000000;
    send_at(&s, C, ACK, 1, 10);
    s.ack = 1;
    send_at(&s, S, ACK, 1, 10);
    send_at(&s, S, ACK, 21, 10);
    wait_for(&s, WEIR_SECOND);
    assert_int_equal(s.m.missing, 0);
    wait_for(&s, 2 * WEIR_SECOND);
    assert_int_equal(s.m.holes[WEIR_HOLE_TIMEOUT], 1);
    close_stage(&s);
}

/* Where a direction has stopped is where it has stopped. */
static void test_stopping_twice(void **state)
{
    (void)state;
    stage s;
    open_stage(&s, "stopping twice");
    shake_hands(&s);
    assert_int_equal(model_stop(&s.m, model_find(&s.m, 0), WEIR_C2S, 5), WEIR_OK);
    user_stops(&s, MODEL_DATA, WEIR_C2S, 20);
    send_at(&s, C, ACK, 1, 10);
    send_at(&s, C, ACK, 11, 10);
    assert_int_equal(s.m.delivered, 5);
    close_stage(&s);
}

static void test_ignoring_while_the_base_settles(void **state)
{
    (void)state;
    stage s;
    open_stage(&s, "ignoring while the base settles");
    send_at(&s, C, ACK, 50, 10);
    assert_int_equal(model_stop(&s.m, model_find(&s.m, 0), WEIR_C2S, 0), WEIR_OK);
    model_check(&s.m); /* nothing is held */
    send_at(&s, C, ACK, 60, 10);
    assert_int_equal(s.m.delivered, 0);
    close_stage(&s);
}

/* A SYN+ACK that answers nothing is not believed, so its payload has no place either. */
static void test_payload_of_a_syn_not_believed(void **state)
{
    (void)state;
    stage s;
    open_stage(&s, "payload of a SYN that is not believed");
    send_at(&s, C, SYN, 0, 0);
    s.ack = 900000;
    send_at(&s, S, SYN | ACK, 200, 10);
    s.ack = 1;
    wait_for(&s, WEIR_SECOND / 20);
    assert_int_equal(s.m.delivered, 0);
    send_at(&s, S, SYN | ACK, 0, 0);
    send_at(&s, S, ACK, 1, 10);
    assert_int_equal(s.m.delivered, 10);
    close_stage(&s);
}

/* The end of a direction whose beginning turned out to be another. */
static void test_fin_before_the_answer(void **state)
{
    (void)state;
    stage s;
    open_stage(&s, "FIN before the answer");
    send_at(&s, C, SYN, 0, 0);
    send_at(&s, S, FIN, 100000, 0);
    send_at(&s, S, SYN | ACK, 0, 0);
    send_at(&s, C, ACK, 1, 0);
    send_at(&s, S, ACK, 1, 10);
    send_at(&s, S, FIN, 21, 0);
    send_at(&s, S, ACK, 11, 10);
    assert_int_equal(s.m.delivered, 20);
    close_stage(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tombstone_of_a_stopped_connection),
        cmocka_unit_test(test_fin_of_an_ignored_direction),
        cmocka_unit_test(test_ignoring_the_other_direction),
        cmocka_unit_test(test_ignoring_in_late),
        cmocka_unit_test(test_closing_in_the_last_hole),
        cmocka_unit_test(test_ack_before_the_base),
        cmocka_unit_test(test_stopping_twice),
        cmocka_unit_test(test_ignoring_while_the_base_settles),
        cmocka_unit_test(test_payload_of_a_syn_not_believed),
        cmocka_unit_test(test_fin_before_the_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
