/* SPDX-License-Identifier: MIT */
/*
 * What the public header's tables promise about callbacks, handles, structs and verdicts.
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
#include "support/wire.h"

#define TEXT_MOST 4096u

/* ──── a program that uses weir ──── */

typedef enum { ON_OPEN, ON_DATA, ON_HOLE, ON_LATE, ON_CLOSE, ON_WATERMARK, KINDS } kind;

struct program;
typedef void action(struct program *p, weir_conn *conn);

/* What was told of a connection, by id. */
typedef struct {
    weir_ref ref;
    uint32_t opened, closed;
    weir_close_cause cause;
    uint64_t next[2];
    uint32_t spans[2], holes[2], lates[2];
    int over[2];      /* nothing more may be told of this direction */
    uint64_t most[2]; /* nor of anything beyond this offset; 0: no such limit */
    char text[2][TEXT_MOST];
} told;

typedef struct program {
    rig r;
    weir_verdict verdict;
    told conns[RIG_CONNS];
    uint32_t calls[KINDS];
    kind acts_on;     /* at this kind of callback … */
    uint32_t acts_at; /* … for this many-th time … */
    action *act;      /* … this is done */
    weir_direction direction;
    uint64_t target; /* id of the connection that it is done to */
    int inside;
    int above;
    weir_span last_spans[64];
    size_t last_count;
} program;

/* The direction goes on from `begin` to `end`, if it may. */
static void go_on(told *t, weir_direction direction, uint64_t begin, uint64_t end)
{
    assert_int_equal(t->closed, 0);
    assert_false(t->over[direction]);
    assert_int_equal(begin, t->next[direction]);
    assert_true(end > begin);
    if (t->most[direction]) assert_true(end <= t->most[direction]);
    t->next[direction] = end;
}

/* Every callback begins here: none inside another, the equation holds. Returns what is known of the connection. */
static told *enter(program *p, weir_conn *conn)
{
    weir_conn_info info;
    weir_conn_info_init(&info);
    assert_int_equal(p->inside++, 0);
    assert_int_equal(weir_conn_get_info(conn, &info), WEIR_OK);
    for (int d = 0; d < 2; d++) {
        const weir_flow *flow = &info.flow[d];
        assert_int_equal(flow->offset,
                         flow->delivered_bytes + flow->missing_bytes + flow->ignored_bytes);
    }
    assert_in_range(info.id, 1, RIG_CONNS - 1);
    return &p->conns[info.id];
}

/* Every callback ends here: where the test wants something done, it is. */
static void leave(program *p, kind k, weir_conn *conn)
{
    if (p->calls[k]++ == p->acts_at && k == p->acts_on && p->act) p->act(p, conn);
    p->inside--;
}

static weir_verdict on_open(void *user, weir_conn *conn)
{
    program *p = user;
    told *t = enter(p, conn);
    assert_int_equal(t->opened++, 0);
    t->ref = weir_conn_ref(conn);
    leave(p, ON_OPEN, conn);
    return p->verdict;
}

static void on_data(void *user, weir_conn *conn, weir_direction direction, const weir_span *spans,
                    size_t count)
{
    program *p = user;
    told *t = enter(p, conn);
    assert_in_range(count, 1, 64);
    for (size_t i = 0; i < count; i++) {
        go_on(t, direction, spans[i].offset, spans[i].offset + spans[i].length);
        size_t at = strlen(t->text[direction]);
        if (at + spans[i].length < TEXT_MOST)
            memcpy(t->text[direction] + at, spans[i].data, spans[i].length);
    }
    t->spans[direction]++;
    memcpy(p->last_spans, spans, count * sizeof *spans);
    p->last_count = count;
    leave(p, ON_DATA, conn);
}

static void on_hole(void *user, weir_conn *conn, weir_direction direction, const weir_hole *hole)
{
    program *p = user;
    told *t = enter(p, conn);
    go_on(t, direction, hole->offset, hole->offset + hole->length);
    t->holes[direction]++;
    leave(p, ON_HOLE, conn);
}

static void on_late(void *user, weir_conn *conn, weir_direction direction, const weir_span *span)
{
    program *p = user;
    told *t = enter(p, conn);
    assert_false(t->over[direction]);
    assert_true(span->length > 0);
    t->lates[direction]++;
    leave(p, ON_LATE, conn);
}

static void on_close(void *user, weir_conn *conn, weir_close_cause cause)
{
    program *p = user;
    told *t = enter(p, conn);
    assert_int_equal(t->opened, 1);
    assert_int_equal(t->closed++, 0);
    assert_null(weir_engine_find(p->r.engine, t->ref));
    t->cause = cause;
    leave(p, ON_CLOSE, conn);
}

static void on_watermark(void *user, int above, uint64_t used_bytes, uint64_t limit_bytes)
{
    program *p = user;
    assert_int_equal(p->inside++, 0);
    assert_int_not_equal(above, p->above);
    assert_true(used_bytes <= limit_bytes);
    p->above = above;
    leave(p, ON_WATERMARK, NULL);
}

static program *program_open(const weir_pool_config *pool, const weir_engine_config *engine)
{
    program *p = calloc(1, sizeof *p);
    weir_callbacks callbacks;
    weir_callbacks_init(&callbacks);
    callbacks.on_open = on_open;
    callbacks.on_data = on_data;
    callbacks.on_hole = on_hole;
    callbacks.on_late = on_late;
    callbacks.on_close = on_close;
    callbacks.on_watermark = on_watermark;
    assert_non_null(p);
    rig_open(&p->r, pool, engine, &callbacks, p);
    return p;
}

/* Every connection was closed exactly once. */
static void program_close(program *p)
{
    rig_close(&p->r);
    for (uint32_t id = 1; id < RIG_CONNS; id++)
        assert_int_equal(p->conns[id].opened, p->conns[id].closed);
    free(p);
}

/* Two connections with everything in both directions: data, holes by ACK and by timeout, late bytes, a FIN, a reset. */
static void scenario(program *p)
{
    rig *r = &p->r;
    for (uint32_t conn = 0; conn < 2; conn++)
        rig_handshake(r, conn);
    for (uint32_t conn = 0; conn < 2; conn++) {
        rig_send(r, conn, C, ACK, 1, "GET ");
        rig_send(r, conn, S, ACK, 1, "HTTP");
        rig_send(r, conn, C, ACK, 9, "held");
        rig_send(r, conn, S, ACK, 9, "kept");
        rig_send(r, conn, C, ACK, 17, "more");
        rig_send(r, conn, S, ACK, 17, "also");
    }
    rig_advance(r, 50 * WEIR_MILLISECOND);
    for (uint32_t conn = 0; conn < 2; conn++) {
        rig_send(r, conn, C, ACK, 5, "late");
        rig_send(r, conn, S, ACK, 5, "LATE");
        rig_send(r, conn, C, ACK, 25, "unacked");
        rig_send(r, conn, S, ACK, 25, "so too");
    }
    for (int i = 0; i < 3; i++)
        rig_advance(r, 3 * WEIR_SECOND);
    rig_send(r, 0, C, FIN, 32, "end");
    rig_send(r, 0, S, FIN, 31, "");
    rig_send(r, 0, C, ACK, 36, "");
    rig_send(r, 1, S, ACK, 50, "waits");
    rig_send(r, 1, C, RST, 32, "");
    weir_engine_flush(r->engine);
    assert_int_equal(rig_stats(r).held_bytes, 0);
}

/* ──── on_open ──── */

static void verdict_tells_which_directions(void **state)
{
    (void)state;
    static const weir_verdict verdicts[] = {WEIR_FOLLOW, WEIR_IGNORE, WEIR_FOLLOW_C2S,
                                            WEIR_FOLLOW_S2C};
    for (size_t i = 0; i < 4; i++) {
        program *p = program_open(NULL, NULL);
        p->verdict = verdicts[i];
        int c2s = verdicts[i] == WEIR_FOLLOW || verdicts[i] == WEIR_FOLLOW_C2S;
        int s2c = verdicts[i] == WEIR_FOLLOW || verdicts[i] == WEIR_FOLLOW_S2C;
        p->conns[1].over[WEIR_C2S] = p->conns[2].over[WEIR_C2S] = !c2s;
        p->conns[1].over[WEIR_S2C] = p->conns[2].over[WEIR_S2C] = !s2c;
        scenario(p);
        assert_int_equal(p->conns[1].spans[WEIR_C2S] > 0, c2s);
        assert_int_equal(p->conns[2].spans[WEIR_S2C] > 0, s2c);
        assert_int_equal(p->conns[1].cause, WEIR_CLOSE_FIN);
        assert_int_equal(p->conns[2].cause, WEIR_CLOSE_RST);
        weir_stats stats = rig_stats(&p->r);
        assert_int_equal(stats.discarded_bytes[WEIR_DISCARDED_IGNORED] > 0, !c2s || !s2c);
        if (!c2s && !s2c) assert_int_equal(stats.delivered_bytes + stats.missing_bytes, 0);
        program_close(p);
    }
}

static void ignored_data_is_counted_and_passed_over(void **state)
{
    (void)state;
    program *p = program_open(NULL, NULL);
    p->verdict = WEIR_FOLLOW_S2C;
    rig_handshake(&p->r, 0);
    assert_int_equal(rig_send(&p->r, 0, C, ACK, 1, "unwanted"), WEIR_PACKET_DISCARDED);
    assert_int_equal(rig_send(&p->r, 0, C, ACK, 20, "also"), WEIR_PACKET_DISCARDED);
    weir_conn_info info;
    weir_conn_info_init(&info);
    weir_conn_get_info(weir_engine_find(p->r.engine, p->conns[1].ref), &info);
    assert_int_equal(info.flow[WEIR_C2S].offset, 23);
    assert_int_equal(info.flow[WEIR_C2S].ignored_bytes, 23);
    weir_stats stats = rig_stats(&p->r);
    assert_int_equal(stats.discarded_bytes[WEIR_DISCARDED_IGNORED], 12);
    assert_int_equal(stats.ignored_bytes, 23);
    program_close(p);
}

/* A bare ACK, which takes the short way, shows its direction too. */
static void direction_is_seen_by_its_first_ack(void **state)
{
    (void)state;
    program *p = program_open(NULL, NULL);
    weir_conn_info info;
    weir_conn_info_init(&info);
    (void)rig_send(&p->r, 0, C, ACK, 1, "hello");
    rig_advance(&p->r, WEIR_SECOND / 10); /* its beginning is settled */
    weir_conn_get_info(weir_engine_find(p->r.engine, p->conns[1].ref), &info);
    assert_int_equal(info.flow[WEIR_C2S].seen, 1);
    assert_int_equal(info.flow[WEIR_S2C].seen, 0);
    (void)rig_send(&p->r, 0, S, ACK, 1, "");
    weir_conn_get_info(weir_engine_find(p->r.engine, p->conns[1].ref), &info);
    assert_int_equal(info.flow[WEIR_S2C].seen, 1);
    program_close(p);
}

/* ──── pointer and name ──── */

static int mark;

static weir_verdict user_open(void *user, weir_conn *conn)
{
    (void)user;
    assert_null(weir_conn_user(conn));
    weir_conn_set_user(conn, &mark);
    return WEIR_FOLLOW;
}

static void user_close(void *user, weir_conn *conn, weir_close_cause cause)
{
    (void)cause;
    assert_ptr_equal(weir_conn_user(conn), &mark);
    ++*(int *)user;
}

static void user_pointer_stays(void **state)
{
    (void)state;
    rig r;
    int closed = 0;
    weir_callbacks callbacks;
    weir_callbacks_init(&callbacks);
    callbacks.on_open = user_open;
    callbacks.on_close = user_close;
    rig_open(&r, NULL, NULL, &callbacks, &closed);
    for (uint32_t conn = 0; conn < 100; conn++)
        rig_handshake(&r, conn);
    for (uint32_t conn = 0; conn < 100; conn += 3)
        rig_send(&r, conn, S, RST, 1, ""); /* records move */
    rig_advance(&r, 6 * WEIR_SECOND);
    rig_close(&r);
    assert_int_equal(closed, 100);
}

static void ref_finds_until_the_end(void **state)
{
    (void)state;
    program *p = program_open(NULL, NULL);
    rig_handshake(&p->r, 0);
    rig_handshake(&p->r, 1);
    weir_ref ref = p->conns[1].ref;
    assert_int_equal(ref.id, 1);
    weir_conn *conn = weir_engine_find(p->r.engine, ref);
    assert_non_null(conn);
    assert_int_equal(weir_conn_ref(conn).id, ref.id);
    assert_null(weir_engine_find(p->r.engine, (weir_ref){.id = 0, .hash = ref.hash}));
    assert_null(weir_engine_find(p->r.engine, (weir_ref){.id = 99, .hash = ref.hash}));
    assert_null(weir_engine_find(NULL, ref));
    rig_send(&p->r, 0, S, RST, 1, "");
    assert_null(weir_engine_find(p->r.engine, ref)); /* its tombstone is not found */
    rig_advance(&p->r, 10 * WEIR_SECOND);
    rig_handshake(&p->r, 0); /* the same tuple is another connection */
    assert_null(weir_engine_find(p->r.engine, ref));
    assert_int_equal(p->conns[3].ref.id, 3);
    assert_int_equal(p->conns[3].ref.hash, ref.hash);
    program_close(p);
}

/* ──── what may be called inside what ──── */

static void call_everything(program *p, weir_conn *conn)
{
    weir_engine *engine = p->r.engine;
    weir_segment segment = rig_segment(&p->r, 9, C, SYN, 0, NULL, 0);
    weir_packet packet = {.data = (const uint8_t *)"", .captured_bytes = 1, .wire_bytes = 1};
    weir_stats stats;
    weir_memory memory;
    weir_stats_init(&stats);
    weir_memory_init(&memory);
    assert_int_equal(weir_engine_segments(engine, &segment, 1, NULL), WEIR_ERR_BUSY);
    assert_int_equal(weir_engine_packets(engine, WIRE_LINK_TYPE, &packet, 1, NULL), WEIR_ERR_BUSY);
    assert_int_equal(weir_engine_advance(engine, p->r.now_ns + WEIR_SECOND), WEIR_ERR_BUSY);
    assert_int_equal(weir_engine_flush(engine), WEIR_ERR_BUSY);
    assert_int_equal(weir_engine_destroy(engine), WEIR_ERR_BUSY);
    assert_int_equal(weir_engine_check(engine), WEIR_ERR_BUSY);
    assert_int_equal(weir_pool_destroy(p->r.pool), WEIR_ERR_BUSY);
    assert_int_equal(weir_engine_stats(engine, &stats), WEIR_OK);
    assert_int_equal(weir_pool_stats(p->r.pool, &stats), WEIR_OK);
    assert_int_equal(weir_pool_memory(p->r.pool, &memory), WEIR_OK);
    assert_int_equal(weir_pool_set_limit(p->r.pool, memory.limit_bytes), WEIR_OK);
    weir_pool_trim(p->r.pool);
    assert_in_range(weir_engine_now(engine), 1, UINT64_MAX - 1);
    weir_engine_next_deadline(engine);
    if (!conn) return;
    weir_conn_info info;
    weir_conn_info_init(&info);
    assert_int_equal(weir_conn_get_info(conn, &info), WEIR_OK);
    weir_conn_set_user(conn, p);
    assert_ptr_equal(weir_conn_user(conn), p);
}

static void calls_inside_callbacks(void **state)
{
    (void)state;
    for (kind k = ON_OPEN; k <= ON_CLOSE; k++) {
        program *p = program_open(NULL, NULL);
        p->acts_on = k;
        p->acts_at = 1;
        p->act = call_everything;
        scenario(p);
        assert_true(p->calls[k] > 1);
        program_close(p);
    }
}

/* ──── ignore, stop, close: at any callback, for this and another connection ──── */

static weir_conn *target_of(program *p, weir_conn *conn)
{
    return weir_conn_ref(conn).id == p->target
               ? conn
               : weir_engine_find(p->r.engine, p->conns[p->target].ref);
}

static void ignore_one(program *p, weir_conn *conn)
{
    weir_conn *target = target_of(p, conn);
    if (!target) return;
    int error = weir_conn_ignore(target, p->direction);
    assert_true(error == WEIR_OK || (error == WEIR_ERR_STALE && p->conns[p->target].closed));
    p->conns[p->target].over[p->direction] = 1;
}

/* Twelve bytes or what was delivered already: the rest is not wanted. */
static void stop_one(program *p, weir_conn *conn)
{
    weir_conn *target = target_of(p, conn);
    if (!target) return;
    int error = weir_conn_stop_after(target, p->direction, 12);
    assert_true(error == WEIR_OK || (error == WEIR_ERR_STALE && p->conns[p->target].closed));
    told *t = &p->conns[p->target];
    t->most[p->direction] = t->next[p->direction] > 12 ? t->next[p->direction] : 12;
    if (t->next[p->direction] >= 12) t->over[p->direction] = 1;
}

static void close_one(program *p, weir_conn *conn)
{
    weir_conn *target = target_of(p, conn);
    told *t = &p->conns[p->target];
    if (!target) return;
    int error = weir_conn_close(target);
    assert_int_equal(error, t->closed ? WEIR_ERR_STALE : WEIR_OK);
    assert_int_equal(weir_conn_close(target), WEIR_ERR_STALE);
    t->over[WEIR_C2S] = t->over[WEIR_S2C] = 1;
}

static void close_all(program *p, weir_conn *conn)
{
    for (p->target = 1; p->target <= 2; p->target++)
        close_one(p, conn);
}

/* The scenario once for each callback that it makes of this kind, with the action in it. */
static void act_at_each(kind k, action *act, uint64_t target, weir_direction direction)
{
    for (uint32_t at = 0, calls = 1; at < calls; at++) {
        program *p = program_open(NULL, NULL);
        p->acts_on = k;
        p->acts_at = at;
        p->act = act;
        p->target = target;
        p->direction = direction;
        scenario(p);
        calls = p->calls[k] > calls ? p->calls[k] : calls;
        program_close(p);
    }
}

static void change_inside_callbacks(void **state)
{
    (void)state;
    static action *const actions[] = {ignore_one, stop_one, close_one, close_all};
    for (kind k = ON_OPEN; k <= ON_CLOSE; k++)
        for (size_t a = 0; a < sizeof actions / sizeof actions[0]; a++)
            for (uint64_t target = 1; target <= 2; target++)
                for (weir_direction d = WEIR_C2S; d <= WEIR_S2C; d++)
                    act_at_each(k, actions[a], target, d);
}

/* ──── stop_after ──── */

static void stop_between_calls(void **state)
{
    (void)state;
    program *p = program_open(NULL, NULL);
    rig_handshake(&p->r, 0);
    weir_conn *conn = weir_engine_find(p->r.engine, p->conns[1].ref);
    assert_int_equal(weir_conn_stop_after(conn, WEIR_C2S, 6), WEIR_OK);
    assert_int_equal(weir_conn_stop_after(conn, (weir_direction)2, 6), WEIR_ERR_ARGUMENT);
    assert_int_equal(weir_conn_stop_after(NULL, WEIR_C2S, 6), WEIR_ERR_ARGUMENT);
    assert_int_equal(rig_send(&p->r, 0, C, ACK, 1, "abc"), WEIR_PACKET_DELIVERED);
    assert_int_equal(rig_send(&p->r, 0, C, ACK, 4, "defghi"), WEIR_PACKET_DELIVERED);
    assert_int_equal(rig_send(&p->r, 0, C, ACK, 10, "jkl"), WEIR_PACKET_DISCARDED);
    assert_string_equal(p->conns[1].text[WEIR_C2S], "abcdef");
    assert_int_equal(rig_send(&p->r, 0, S, ACK, 1, "other"), WEIR_PACKET_DELIVERED);
    weir_stats stats = rig_stats(&p->r);
    assert_int_equal(stats.delivered_bytes, 11);
    assert_int_equal(stats.discarded_bytes[WEIR_DISCARDED_IGNORED], 6);
    assert_int_equal(stats.ignored_bytes, 6);
    program_close(p);
}

/* The stop lies in a hole, with bytes held behind it. */
static void stop_in_a_hole(void **state)
{
    (void)state;
    program *p = program_open(NULL, NULL);
    rig_handshake(&p->r, 0);
    rig_send(&p->r, 0, C, ACK, 11, "held");
    weir_conn *conn = weir_engine_find(p->r.engine, p->conns[1].ref);
    assert_int_equal(weir_conn_stop_after(conn, WEIR_C2S, 5), WEIR_OK);
    rig_advance(&p->r, 3 * WEIR_SECOND);
    assert_int_equal(p->conns[1].holes[WEIR_C2S], 1);
    assert_int_equal(p->conns[1].next[WEIR_C2S], 5);
    weir_stats stats = rig_stats(&p->r);
    assert_int_equal(stats.missing_bytes, 5);
    assert_int_equal(stats.held_bytes, 0);
    assert_int_equal(stats.discarded_bytes[WEIR_DISCARDED_IGNORED], 4);
    program_close(p);
}

/* An offset already passed means now: what is held goes. */
static void ignore_drops_what_is_held(void **state)
{
    (void)state;
    program *p = program_open(NULL, NULL);
    rig_handshake(&p->r, 0);
    rig_send(&p->r, 0, C, ACK, 1, "abc");
    rig_send(&p->r, 0, C, ACK, 11, "held");
    weir_conn *conn = weir_engine_find(p->r.engine, p->conns[1].ref);
    assert_int_equal(weir_conn_ignore(conn, WEIR_C2S), WEIR_OK);
    assert_int_equal(weir_conn_ignore(conn, WEIR_C2S), WEIR_OK);
    assert_int_equal(rig_stats(&p->r).held_bytes, 0);
    p->conns[1].over[WEIR_C2S] = 1;
    assert_int_equal(rig_send(&p->r, 0, C, ACK, 4, "defghij"), WEIR_PACKET_DISCARDED);
    rig_advance(&p->r, 5 * WEIR_SECOND);
    program_close(p);
}

/* ──── close ──── */

/* Closed in on_open: what the handshake still brings belongs to it, and opens nothing. */
static void close_in_on_open(void **state)
{
    (void)state;
    program *p = program_open(NULL, NULL);
    p->acts_on = ON_OPEN;
    p->act = close_one;
    p->target = 1;
    rig_send(&p->r, 0, C, SYN, 0, "");
    assert_int_equal(p->conns[1].closed, 1);
    rig_send(&p->r, 0, C, SYN, 0, "");
    rig_send(&p->r, 0, S, SYN | ACK, 0, "");
    assert_int_equal(rig_send(&p->r, 0, C, ACK, 1, "lost"), WEIR_PACKET_DISCARDED);
    weir_stats stats = rig_stats(&p->r);
    assert_int_equal(stats.connections, 1);
    assert_int_equal(stats.discarded_bytes[WEIR_DISCARDED_CLOSED], 4);
    program_close(p);
}

static void close_between_calls(void **state)
{
    (void)state;
    program *p = program_open(NULL, NULL);
    rig_handshake(&p->r, 0);
    rig_send(&p->r, 0, C, ACK, 5, "held");
    weir_conn *conn = weir_engine_find(p->r.engine, p->conns[1].ref);
    assert_int_equal(weir_conn_close(conn), WEIR_OK);
    assert_int_equal(weir_conn_close(conn), WEIR_ERR_STALE);
    assert_int_equal(weir_conn_ignore(conn, WEIR_C2S), WEIR_ERR_STALE);
    assert_int_equal(weir_conn_close(NULL), WEIR_ERR_ARGUMENT);
    assert_null(weir_engine_find(p->r.engine, p->conns[1].ref));
    rig_advance(&p->r, 1);
    assert_int_equal(p->conns[1].closed, 1);
    assert_int_equal(p->conns[1].cause, WEIR_CLOSE_END);
    assert_int_equal(rig_send(&p->r, 0, C, ACK, 1, "lost"), WEIR_PACKET_DISCARDED);
    weir_stats stats = rig_stats(&p->r);
    assert_int_equal(stats.discarded_bytes[WEIR_DISCARDED_CLOSED], 8);
    assert_int_equal(stats.connections, 1);
    rig_advance(&p->r, 6 * WEIR_SECOND);
    rig_send(&p->r, 0, C, ACK, 5, "again"); /* after linger it is forgotten */
    assert_int_equal(rig_stats(&p->r).connections, 2);
    program_close(p);
}

/* ──── handles ──── */

static void find_many(program *p, weir_conn *conn)
{
    weir_conn *found[20];
    assert_ptr_equal(weir_engine_find(p->r.engine, weir_conn_ref(conn)), conn);
    for (uint32_t i = 0; i < 20; i++) {
        found[i] = weir_engine_find(p->r.engine, p->conns[1 + i].ref);
        assert_non_null(found[i]);
    }
    assert_int_equal(weir_conn_ref(conn).id, p->conns[26].ref.id); /* the callback's own stays */
    for (uint32_t i = 5; i < 20; i++) {
        assert_int_equal(weir_conn_ref(found[i]).id, 1 + i);
        assert_ptr_equal(weir_engine_find(p->r.engine, p->conns[1 + i].ref), found[i]);
    }
}

static void sixteen_handles(void **state)
{
    (void)state;
    program *p = program_open(NULL, NULL);
    for (uint32_t conn = 0; conn < 30; conn++)
        rig_handshake(&p->r, conn);
    p->acts_on = ON_DATA;
    p->act = find_many;
    rig_send(&p->r, 25, C, ACK, 1, "data");
    assert_int_equal(p->calls[ON_DATA], 1);
    weir_conn *last = NULL;
    for (uint32_t i = 0; i < 29; i++) { /* each is lent for 15 further calls, and none is refused */
        weir_conn *conn = weir_engine_find(p->r.engine, p->conns[1 + i].ref);
        assert_non_null(conn);
        assert_ptr_not_equal(conn, last);
        assert_int_equal(weir_conn_ref(conn).id, p->conns[1 + i].ref.id);
        last = conn;
    }
    program_close(p);
}

/* The same numbers a quarter of a second later are a retransmission, however busy the other side. */
static void same_segment_after_a_quarter_second(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, NULL, NULL, NULL, NULL);
    rig_handshake(&r, 0);
    weir_segment segment = rig_segment(&r, 0, C, ACK, 1, "hello", 5);
    uint64_t first_ns = segment.time_ns;
    rig_take(&r, &segment);
    for (uint32_t i = 0; i < 50; i++) {
        r.now_ns = first_ns + (i + 1) * 5 * WEIR_MILLISECOND;
        rig_send(&r, 0, S, ACK, 1 + i, "x");
    }
    segment.time_ns = first_ns + 257 * WEIR_MILLISECOND;
    rig_take(&r, &segment);
    assert_int_equal(rig_stats(&r).duplicate_packets, 0);
    assert_int_equal(rig_stats(&r).retransmitted_segments, 1);
    segment.time_ns += 9 * WEIR_MILLISECOND;
    rig_take(&r, &segment);
    assert_int_equal(rig_stats(&r).duplicate_packets, 1);
    rig_close(&r);
}

/* Stamps and calls that say the end of time, in the first packet and in a row. */
static void stamps_at_the_end_of_time(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, NULL, NULL, NULL, NULL);
    assert_int_equal(weir_engine_advance(r.engine, weir_engine_next_deadline(r.engine)), 0);
    assert_int_equal(weir_engine_now(r.engine), 0);
    rig_handshake(&r, 0);
    for (uint32_t i = 0; i < 4; i++) {
        r.now_ns = UINT64_MAX - i;
        rig_send(&r, 1, C, SYN, 0, "");
        rig_send(&r, 2, C, ACK, 100 + 10 * i, "data");
    }
    weir_engine_advance(r.engine, UINT64_MAX - 1);
    rig_close(&r);
}

/* ──── spans ──── */

static void spans_name_their_packets(void **state)
{
    (void)state;
    program *p = program_open(NULL, NULL);
    rig *r = &p->r;
    rig_handshake(r, 0);
    uint64_t times[3];
    uint32_t tags[3];
    for (uint32_t i = 0; i < 2; i++) {
        times[i] = r->now_ns;
        tags[i] = r->tag;
        rig_send(r, 0, C, ACK, 5 + 4 * i, "held");
        r->now_ns += 123457;
    }
    times[2] = r->now_ns;
    tags[2] = r->tag;
    rig_send(r, 0, C, ACK, 1, "next");
    static const uint32_t order[] = {2, 0, 1};
    assert_int_equal(p->last_count, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(p->last_spans[i].offset, 4 * i);
        assert_int_equal(p->last_spans[i].length, 4);
        assert_int_equal(p->last_spans[i].time_ns, times[order[i]]);
        assert_int_equal(p->last_spans[i].tag, tags[order[i]]);
    }
    program_close(p);
}

/* Captured more than 2 s apart, in one page: to 1 us. */
static void span_times_far_apart(void **state)
{
    (void)state;
    weir_engine_config config;
    weir_engine_config_init(&config);
    config.hole_timeout_ns = 100 * WEIR_SECOND;
    program *p = program_open(NULL, &config);
    rig_handshake(&p->r, 0);
    uint64_t times[8];
    for (uint32_t i = 0; i < 8; i++) {
        times[i] = p->r.now_ns;
        rig_send(&p->r, 0, C, ACK, 2 + 2 * i, "x");
        p->r.now_ns += 3 * WEIR_SECOND + 321;
    }
    for (uint32_t i = 0; i < 8; i++) {
        rig_send(&p->r, 0, C, ACK, 1 + 2 * i, "y");
        assert_int_equal(p->last_count, 2);
        uint64_t time = p->last_spans[1].time_ns;
        assert_true(time > times[i] ? time - times[i] <= 1000 : times[i] - time <= 1000);
    }
    program_close(p);
}

/* The raw stamp, even where the clock does not believe it. */
static void span_times_are_raw(void **state)
{
    (void)state;
    program *p = program_open(NULL, NULL);
    rig_handshake(&p->r, 0);
    uint64_t now_ns = p->r.now_ns;
    p->r.now_ns = now_ns + 100 * WEIR_SECOND;
    rig_send(&p->r, 0, C, ACK, 1, "ahead");
    assert_int_equal(p->last_spans[0].time_ns, now_ns + 100 * WEIR_SECOND);
    assert_true(weir_engine_now(p->r.engine) < now_ns);
    p->r.now_ns = 5;
    rig_send(&p->r, 0, C, ACK, 6, "behind");
    assert_int_equal(p->last_spans[0].time_ns, 5);
    program_close(p);
}

/* ──── watermark ──── */

static void cross_watermark(uint64_t limit_bytes, uint32_t percent)
{
    weir_pool_config pool;
    weir_pool_config_init(&pool);
    pool.limit_bytes = limit_bytes;
    pool.watermark_percent = percent;
    program *p = program_open(&pool, NULL);
    p->acts_on = ON_WATERMARK;
    p->act = call_everything;
    for (uint32_t conn = 0; conn < 200 && !p->above; conn++) {
        rig_handshake(&p->r, conn);
        weir_segment segment = rig_segment(&p->r, conn, C, ACK, 100, NULL, 20000);
        rig_take(&p->r, &segment);
    }
    assert_int_equal(p->above, 1);
    assert_int_equal(p->calls[ON_WATERMARK], 1);
    weir_engine_flush(p->r.engine);
    rig_advance(&p->r, 1);
    for (uint32_t i = 0; i < 40 && p->above; i++)
        rig_advance(&p->r, 100 * WEIR_MILLISECOND);
    assert_int_equal(p->above, 0);
    assert_int_equal(p->calls[ON_WATERMARK], 2);
    program_close(p);
}

static void watermark_up_and_down(void **state)
{
    (void)state;
    cross_watermark(UINT64_C(2) << 20, 70);
    cross_watermark(UINT64_C(16) << 20, 5);
}

/* ──── struct_size ──── */

/* A program built against a header that is older, or newer, by some fields. */
static void config_of_another_version(void **state)
{
    (void)state;
    struct {
        weir_engine_config config;
        uint64_t later;
    } newer = {.later = 0};
    rig r;
    weir_engine *engine = NULL;
    rig_open(&r, NULL, NULL, NULL, NULL);
    weir_engine_config_init(&newer.config);
    newer.config.struct_size = sizeof newer;
    assert_int_equal(weir_engine_create(r.pool, &newer.config, NULL, NULL, &engine), WEIR_OK);
    assert_int_equal(weir_engine_destroy(engine), WEIR_OK);
    newer.later = 1; /* it wants something that this library does not know */
    assert_int_equal(weir_engine_create(r.pool, &newer.config, NULL, NULL, &engine),
                     WEIR_ERR_STRUCT_SIZE);
    newer.config.struct_size =
        offsetof(weir_engine_config, idle_ns); /* older: the rest by default */
    newer.config.idle_ns = 1;
    assert_int_equal(weir_engine_create(r.pool, &newer.config, NULL, NULL, &engine), WEIR_OK);
    assert_int_equal(weir_engine_destroy(engine), WEIR_OK);
    newer.config.struct_size = 0;
    assert_int_equal(weir_engine_create(r.pool, &newer.config, NULL, NULL, &engine),
                     WEIR_ERR_STRUCT_SIZE);
    rig_close(&r);
}

static void callbacks_of_another_version(void **state)
{
    (void)state;
    rig r;
    weir_engine *engine = NULL;
    weir_callbacks callbacks;
    rig_open(&r, NULL, NULL, NULL, NULL);
    weir_callbacks_init(&callbacks);
    callbacks.struct_size = offsetof(weir_callbacks, on_close);
    memset(&callbacks.on_close, 0xff, sizeof callbacks.on_close); /* not to be called */
    assert_int_equal(weir_engine_create(r.pool, NULL, &callbacks, NULL, &engine), WEIR_OK);
    weir_segment segment = rig_segment(&r, 0, C, SYN, 0, NULL, 0);
    assert_int_equal(weir_engine_segments(engine, &segment, 1, NULL), WEIR_OK);
    assert_int_equal(weir_engine_destroy(engine), WEIR_OK);
    callbacks.struct_size = 0;
    assert_int_equal(weir_engine_create(r.pool, NULL, &callbacks, NULL, &engine),
                     WEIR_ERR_STRUCT_SIZE);
    rig_close(&r);
}

static void stats_of_another_version(void **state)
{
    (void)state;
    rig r;
    struct {
        weir_stats stats;
        uint64_t later[2];
    } other;
    rig_open(&r, NULL, NULL, NULL, NULL);
    rig_handshake(&r, 0);
    memset(&other, 0xee, sizeof other);
    other.stats.struct_size = sizeof other - sizeof other.later[1];
    assert_int_equal(weir_engine_stats(r.engine, &other.stats), WEIR_OK);
    assert_int_equal(other.stats.packets, 3);
    assert_int_equal(other.later[0], 0); /* not known here */
    assert_true(other.later[1] == UINT64_C(0xeeeeeeeeeeeeeeee));
    memset(&other, 0xee, sizeof other);
    other.stats.struct_size = offsetof(weir_stats, connections);
    assert_int_equal(weir_engine_stats(r.engine, &other.stats), WEIR_OK);
    assert_int_equal(other.stats.tcp_segments, 3);
    assert_true(other.stats.connections == UINT64_C(0xeeeeeeeeeeeeeeee));
    other.stats.struct_size = 0;
    assert_int_equal(weir_engine_stats(r.engine, &other.stats), WEIR_ERR_STRUCT_SIZE);
    assert_int_equal(weir_engine_stats(r.engine, NULL), WEIR_ERR_ARGUMENT);
    rig_close(&r);
}

static void info_without_size(program *p, weir_conn *conn)
{
    weir_conn_info info = {.struct_size = 0};
    assert_int_equal(weir_conn_get_info(conn, &info), WEIR_ERR_STRUCT_SIZE);
    assert_int_equal(weir_conn_get_info(conn, NULL), WEIR_ERR_ARGUMENT);
    assert_int_equal(weir_conn_get_info(NULL, &info), WEIR_ERR_ARGUMENT);
    info.struct_size = offsetof(weir_conn_info, family);
    assert_int_equal(weir_conn_get_info(conn, &info), WEIR_OK);
    assert_int_equal(info.id, 1);
    assert_int_equal(info.source_port, 0);
    (void)p;
}

static void info_of_another_version(void **state)
{
    (void)state;
    program *p = program_open(NULL, NULL);
    p->acts_on = ON_DATA;
    p->act = info_without_size;
    rig_handshake(&p->r, 0);
    rig_send(&p->r, 0, C, ACK, 1, "data");
    program_close(p);
}

static void pool_structs_of_another_version(void **state)
{
    (void)state;
    struct {
        weir_pool_config config;
        uint64_t later;
    } newer = {.later = 0};
    weir_pool *pool = NULL;
    weir_memory memory;
    weir_pool_config_init(&newer.config);
    newer.config.struct_size = sizeof newer;
    assert_int_equal(weir_pool_create(&newer.config, &pool), WEIR_OK);
    weir_memory_init(&memory);
    memory.committed_bytes = 77;
    memory.struct_size = offsetof(weir_memory, committed_bytes);
    assert_int_equal(weir_pool_memory(pool, &memory), WEIR_OK);
    assert_int_equal(memory.limit_bytes, newer.config.limit_bytes);
    assert_int_equal(memory.committed_bytes, 77);
    memory.struct_size = 0;
    assert_int_equal(weir_pool_memory(pool, &memory), WEIR_ERR_STRUCT_SIZE);
    assert_int_equal(weir_pool_destroy(pool), WEIR_OK);
    newer.later = 1;
    assert_int_equal(weir_pool_create(&newer.config, &pool), WEIR_ERR_STRUCT_SIZE);
    newer.config.struct_size = 0;
    assert_int_equal(weir_pool_create(&newer.config, &pool), WEIR_ERR_STRUCT_SIZE);
}

/* The names of the header's lists, and "?" beside them. */
static void names_of_the_lists(void **state)
{
    (void)state;
#define X(NAME, text) assert_string_equal(weir_ignored_name(WEIR_IGNORED_##NAME), text);
    WEIR_IGNORED(X)
#undef X
#define X(NAME, text) assert_string_equal(weir_discarded_name(WEIR_DISCARDED_##NAME), text);
    WEIR_DISCARDED(X)
#undef X
#define X(NAME, text) assert_string_equal(weir_hole_cause_name(WEIR_HOLE_##NAME), text);
    WEIR_HOLE_CAUSES(X)
#undef X
#define X(NAME, text) assert_string_equal(weir_close_cause_name(WEIR_CLOSE_##NAME), text);
    WEIR_CLOSE_CAUSES(X)
#undef X
#define X(NAME, text) assert_string_equal(weir_packet_verdict_name(WEIR_PACKET_##NAME), text);
    WEIR_PACKET_VERDICTS(X)
#undef X
#define X(NAME, value, text) assert_string_equal(weir_error_text(NAME), text);
    WEIR_ERRORS(X)
#undef X
    assert_string_equal(weir_ignored_name(WEIR_IGNORED_COUNT), "?");
    assert_string_equal(weir_discarded_name(-1), "?");
    assert_string_equal(weir_packet_verdict_name(255), "?");
    assert_string_equal(weir_error_text(1), "?");
    assert_string_equal(weir_version(), WEIR_VERSION);
}

/* ──── what is said of a connection ──── */

static weir_conn_info last_info;

static void keep_info(program *p, weir_conn *conn)
{
    (void)p;
    weir_conn_info_init(&last_info);
    weir_conn_get_info(conn, &last_info);
}

static void info_says_who_and_when(void **state)
{
    (void)state;
    for (int by_reset = 0; by_reset < 2; by_reset++) {
        program *p = program_open(NULL, NULL);
        p->acts_on = ON_CLOSE;
        p->act = keep_info;
        uint64_t start_ns = p->r.now_ns;
        rig_handshake(&p->r, 5);
        rig_send(&p->r, 5, C, by_reset ? ACK : FIN, 1, "abc");
        if (!by_reset) rig_send(&p->r, 5, S, FIN, 1, "");
        uint64_t end_ns = p->r.now_ns;
        rig_send(&p->r, 5, C, by_reset ? RST : ACK, by_reset ? 4 : 5, "");
        assert_int_equal(p->calls[ON_CLOSE], 1);
        assert_int_equal(last_info.start_ns, start_ns);
        assert_int_equal(last_info.end_ns, end_ns);
        assert_int_equal(last_info.family, 4);
        assert_int_equal(last_info.midstream + last_info.partial, 0);
        assert_int_equal(last_info.source_port, 1024 + 5);
        assert_int_equal(last_info.destination_port, 80);
        assert_memory_equal(last_info.source, ((uint8_t[16]){10, 0, 0, 1}), 16);
        assert_memory_equal(last_info.destination, ((uint8_t[16]){10, 0, 0, 2}), 16);
        assert_int_equal(last_info.flow[WEIR_C2S].delivered_bytes, 3);
        program_close(p);
    }
}

/* What is in the key is in the info, for either family; the server's side comes first in neither. */
static void info_of_tags_and_families(void **state)
{
    (void)state;
    for (uint8_t family = 4; family <= 6; family += 2) {
        program *p = program_open(NULL, NULL);
        p->act = keep_info;
        weir_segment segment = rig_segment(&p->r, 0, S, ACK, 1, "x", 1);
        segment.family = family;
        segment.vlan = 7 << 16 | 9;
        segment.tunnel = 0xabcdef;
        rig_take(&p->r, &segment);
        assert_int_equal(last_info.family, family);
        assert_int_equal(last_info.midstream, 1);
        assert_int_equal(last_info.vlan, 7 << 16 | 9);
        assert_int_equal(last_info.tunnel, 0xabcdef);
        assert_int_equal(last_info.source_port, 80); /* it sent the first payload */
        assert_memory_equal(last_info.source, segment.source, 16);
        program_close(p);
    }
}

/* Inside a callback all that it tells of is counted: nothing is both held and delivered. */
static void counters_move_first(void **state)
{
    (void)state;
    program *p = program_open(NULL, NULL);
    rig_handshake(&p->r, 0);
    rig_send(&p->r, 0, C, ACK, 5, "held");
    p->acts_on = ON_DATA;
    p->act = keep_info;
    rig_send(&p->r, 0, C, ACK, 1, "next");
    assert_int_equal(last_info.flow[WEIR_C2S].offset, 8);
    assert_int_equal(last_info.flow[WEIR_C2S].delivered_bytes, 8);
    assert_int_equal(last_info.flow[WEIR_C2S].held_bytes, 0);
    assert_int_equal(last_info.flow[WEIR_C2S].held_peak_bytes, 4);
    assert_int_equal(last_info.flow[WEIR_C2S].out_of_order_segments, 1);
    program_close(p);
}

/* ──── verdicts, errors ──── */

static void verdict_of_each_packet(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, NULL, NULL, NULL, NULL);
    weir_segment batch[] = {
        rig_segment(&r, 0, C, ACK, 1, NULL, 0), /* of nothing known */
        rig_segment(&r, 0, C, SYN, 0, NULL, 0),
        rig_segment(&r, 0, C, ACK, 1, "hello", 5),
        rig_segment(&r, 0, C, ACK, 10, "held", 4),
        rig_segment(&r, 0, C, ACK, 10, "held", 4),
        rig_segment(&r, 0, C, ACK, 1, "hello", 5),
        rig_segment(&r, 0, C, ACK, 2000000000, "far", 3),
        rig_segment(&r, 0, C, ACK, 4, "loand ", 6),
        rig_segment(&r, 0, S, ACK, 1, NULL, 0),
    };
    static const uint8_t expected[] = {
        WEIR_PACKET_IGNORED + WEIR_IGNORED_NO_CONNECTION,
        WEIR_PACKET_CONTROL,
        WEIR_PACKET_DELIVERED,
        WEIR_PACKET_HELD,
        WEIR_PACKET_DUPLICATE,
        WEIR_PACKET_DUPLICATE,
        WEIR_PACKET_DISCARDED,
        WEIR_PACKET_DELIVERED,
        WEIR_PACKET_CONTROL,
    };
    uint8_t verdicts[sizeof expected];
    memset(verdicts, 0xff, sizeof verdicts);
    for (uint32_t i = 0; i < sizeof expected; i++)
        batch[i].ip_id = i;
    assert_int_equal(weir_engine_segments(r.engine, batch, sizeof expected, verdicts), WEIR_OK);
    for (size_t i = 0; i < sizeof expected; i++)
        assert_int_equal(verdicts[i], expected[i]);
    assert_string_equal(weir_packet_verdict_name(verdicts[0]), "no_connection");
    assert_int_equal(rig_stats(&r).packets, sizeof expected);
    rig_close(&r);
}

static void verdict_of_what_is_no_tcp(void **state)
{
    (void)state;
    rig r;
    uint8_t frames[5][WIRE_HEADER_BYTES];
    weir_packet packets[5];
    uint8_t verdicts[5];
    weir_engine_config config;
    weir_engine_config_init(&config);
    config.fragments = 0;
    rig_open(&r, NULL, &config, NULL, NULL);
    weir_segment segment = rig_segment(&r, 0, C, SYN, 0, NULL, 0);
    for (uint32_t i = 0; i < 5; i++)
        packets[i] = wire_packet(&segment, frames[i]);
    frames[0][12] = 0x12;           /* another EtherType */
    frames[1][14 + 9] = 17;         /* UDP */
    frames[2][14] = 0x41;           /* an IP header of 4 bytes */
    packets[3].captured_bytes = 40; /* inside the TCP header */
    frames[4][14 + 6] = 0x20;       /* more fragments */
    static const int expected[] = {WEIR_IGNORED_NOT_IP, WEIR_IGNORED_NOT_TCP,
                                   WEIR_IGNORED_MALFORMED, WEIR_IGNORED_TRUNCATED_HEADER,
                                   WEIR_IGNORED_FRAGMENT};
    assert_int_equal(weir_engine_packets(r.engine, WIRE_LINK_TYPE, packets, 5, verdicts), WEIR_OK);
    weir_stats stats = rig_stats(&r);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(verdicts[i], WEIR_PACKET_IGNORED + expected[i]);
        assert_int_equal(stats.ignored_packets[expected[i]], 1);
    }
    assert_int_equal(stats.packets, 5);
    assert_int_equal(stats.tcp_segments, 0);
    rig_close(&r);
}

/* One that cannot be, anywhere in a batch: nothing is taken. */
static void misuse_takes_nothing(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, NULL, NULL, NULL, NULL);
    weir_segment batch[2] = {rig_segment(&r, 0, C, SYN, 0, NULL, 0),
                             rig_segment(&r, 0, C, ACK, 1, "a", 1)};
    weir_segment good = batch[1];
    weir_packet packet = {.data = NULL};
    batch[1].family = 5;
    assert_int_equal(weir_engine_segments(r.engine, batch, 2, NULL), WEIR_ERR_ARGUMENT);
    batch[1] = good;
    batch[1].wire_bytes = 0;
    assert_int_equal(weir_engine_segments(r.engine, batch, 2, NULL), WEIR_ERR_ARGUMENT);
    batch[1] = good;
    batch[1].payload = NULL;
    assert_int_equal(weir_engine_segments(r.engine, batch, 2, NULL), WEIR_ERR_ARGUMENT);
    assert_int_equal(weir_engine_segments(r.engine, NULL, 1, NULL), WEIR_ERR_ARGUMENT);
    assert_int_equal(weir_engine_segments(NULL, batch, 1, NULL), WEIR_ERR_ARGUMENT);
    assert_int_equal(weir_engine_packets(r.engine, WIRE_LINK_TYPE, NULL, 1, NULL),
                     WEIR_ERR_ARGUMENT);
    assert_int_equal(weir_engine_packets(r.engine, 9999, &packet, 1, NULL), WEIR_ERR_LINK_TYPE);
    assert_int_equal(weir_link_type_supported(9999), 0);
    assert_int_equal(weir_link_type_supported(WIRE_LINK_TYPE), 1);
    assert_int_equal(rig_stats(&r).packets, 0);
    assert_int_equal(weir_engine_now(r.engine), 0);
    assert_int_equal(weir_engine_segments(r.engine, NULL, 0, NULL), WEIR_OK);
    rig_close(&r);
}

static void nulls_are_answered(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, NULL, NULL, NULL, NULL);
    assert_int_equal(weir_engine_create(NULL, NULL, NULL, NULL, &r.engine), WEIR_ERR_ARGUMENT);
    assert_int_equal(weir_engine_create(r.pool, NULL, NULL, NULL, NULL), WEIR_ERR_ARGUMENT);
    assert_int_equal(weir_engine_advance(NULL, 1), WEIR_ERR_ARGUMENT);
    assert_int_equal(weir_engine_flush(NULL), WEIR_ERR_ARGUMENT);
    assert_int_equal(weir_engine_check(NULL), WEIR_ERR_ARGUMENT);
    assert_int_equal(weir_engine_destroy(NULL), WEIR_OK);
    assert_int_equal(weir_pool_destroy(NULL), WEIR_OK);
    assert_int_equal(weir_engine_now(NULL), 0);
    assert_true(weir_engine_next_deadline(NULL) == WEIR_NEVER);
    assert_null(weir_conn_user(NULL));
    weir_conn_set_user(NULL, NULL);
    assert_int_equal(weir_conn_ref(NULL).id, 0);
    rig_close(&r);
}

static void no_callbacks_at_all(void **state)
{
    (void)state;
    program *p = calloc(1, sizeof *p);
    rig_open(&p->r, NULL, NULL, NULL, NULL);
    scenario(p);
    weir_stats stats = rig_stats(&p->r);
    assert_int_equal(stats.connections, 2);
    assert_true(stats.late_bytes > 0 && stats.missing_bytes > 0);
    rig_close(&p->r);
    free(p);
}

static void pool_waits_for_its_engines(void **state)
{
    (void)state;
    program *p = program_open(NULL, NULL);
    rig_handshake(&p->r, 0);
    assert_int_equal(weir_pool_destroy(p->r.pool), WEIR_ERR_BUSY);
    program_close(p); /* the connection ends with the engine */
}

static void flushed_engine_goes_on(void **state)
{
    (void)state;
    program *p = program_open(NULL, NULL);
    scenario(p);
    assert_int_equal(p->conns[1].cause, WEIR_CLOSE_FIN);
    rig_handshake(&p->r, 0);
    rig_send(&p->r, 0, C, ACK, 1, "again");
    assert_string_equal(p->conns[3].text[WEIR_C2S], "again");
    program_close(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdict_tells_which_directions),
        cmocka_unit_test(ignored_data_is_counted_and_passed_over),
        cmocka_unit_test(direction_is_seen_by_its_first_ack),
        cmocka_unit_test(user_pointer_stays),
        cmocka_unit_test(ref_finds_until_the_end),
        cmocka_unit_test(calls_inside_callbacks),
        cmocka_unit_test(change_inside_callbacks),
        cmocka_unit_test(stop_between_calls),
        cmocka_unit_test(stop_in_a_hole),
        cmocka_unit_test(ignore_drops_what_is_held),
        cmocka_unit_test(close_in_on_open),
        cmocka_unit_test(close_between_calls),
        cmocka_unit_test(sixteen_handles),
        cmocka_unit_test(stamps_at_the_end_of_time),
        cmocka_unit_test(same_segment_after_a_quarter_second),
        cmocka_unit_test(spans_name_their_packets),
        cmocka_unit_test(span_times_far_apart),
        cmocka_unit_test(span_times_are_raw),
        cmocka_unit_test(watermark_up_and_down),
        cmocka_unit_test(config_of_another_version),
        cmocka_unit_test(callbacks_of_another_version),
        cmocka_unit_test(stats_of_another_version),
        cmocka_unit_test(info_of_another_version),
        cmocka_unit_test(pool_structs_of_another_version),
        cmocka_unit_test(names_of_the_lists),
        cmocka_unit_test(info_says_who_and_when),
        cmocka_unit_test(info_of_tags_and_families),
        cmocka_unit_test(counters_move_first),
        cmocka_unit_test(verdict_of_each_packet),
        cmocka_unit_test(verdict_of_what_is_no_tcp),
        cmocka_unit_test(misuse_takes_nothing),
        cmocka_unit_test(nulls_are_answered),
        cmocka_unit_test(no_callbacks_at_all),
        cmocka_unit_test(pool_waits_for_its_engines),
        cmocka_unit_test(flushed_engine_goes_on),
    };
    return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
