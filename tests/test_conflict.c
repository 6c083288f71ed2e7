/* SPDX-License-Identifier: MIT */
/*
 * on_conflict, by situation: what is told, when, and what the user may do meanwhile.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/chaos.h"
#include "support/rig.h"

enum { LOG_BYTES = 4096 };

typedef struct program {
    rig r;
    char log[LOG_BYTES]; /* a line an event */
    uint32_t conflicts;
    uint64_t differing;
    void (*act)(struct program *p, weir_conn *conn, weir_direction direction);
    weir_ref other;
} program;

static void say(program *p, const char *text)
{
    assert_true(strlen(p->log) + strlen(text) + 1 < LOG_BYTES);
    strcat(p->log, text);
}

static weir_verdict on_open(void *user, weir_conn *conn)
{
    program *p = user;
    if (weir_conn_ref(conn).id == 1) p->other = weir_conn_ref(conn);
    return WEIR_FOLLOW;
}

static void on_data(void *user, weir_conn *conn, weir_direction direction, const weir_span *spans,
                    size_t count)
{
    program *p = user;
    (void)conn, (void)direction;
    for (size_t i = 0; i < count; i++) {
        char text[128];
        (void)snprintf(text, sizeof text, "data %u %.*s\n", (unsigned)spans[i].offset,
                       (int)spans[i].length, (const char *)spans[i].data);
        if (spans[i].length < 64) say(p, text);
    }
}

static void on_conflict(void *user, weir_conn *conn, weir_direction direction,
                        const weir_conflict *c)
{
    program *p = user;
    char text[256];
    p->conflicts++;
    p->differing += c->differing;
    assert_int_equal(rig_stats(&p->r).conflict_bytes, p->differing);
    if (c->kept_is_delivered) assert_true(!c->kept_is_new && !c->kept_tag && !c->kept_time_ns);
    assert_true(c->kept[0] != c->lost[0]);
    assert_true(c->kept[c->length - 1] != c->lost[c->length - 1]);
    (void)snprintf(text, sizeof text,
                   "conflict %u+%u kept %.*s of %u lost %.*s of %u%s, %u differ\n",
                   (unsigned)c->offset, c->length, (int)c->length, (const char *)c->kept,
                   c->kept_tag, (int)c->length, (const char *)c->lost, c->lost_tag,
                   c->kept_is_new ? " (old)" : "", c->differing);
    if (c->length < 64) say(p, text);
    if (p->act) p->act(p, conn, direction);
}

static void open_with(program *p, weir_overlap overlap, uint32_t recent_bytes, uint64_t limit)
{
    weir_pool_config pool;
    weir_engine_config config;
    weir_callbacks callbacks;
    memset(p, 0, sizeof *p);
    weir_engine_config_init(&config);
    weir_callbacks_init(&callbacks);
    config.overlap = overlap;
    config.recent_bytes = recent_bytes;
    weir_pool_config_init(&pool);
    pool.limit_bytes = limit;
    callbacks.on_open = on_open;
    callbacks.on_data = on_data;
    callbacks.on_conflict = on_conflict;
    rig_open(&p->r, &pool, &config, &callbacks, p);
}

static void open_program(program *p, weir_overlap overlap)
{
    open_with(p, overlap, 0, 8 << 20);
}

static void expect(program *p, const char *log)
{
    assert_string_equal(p->log, log);
    p->log[0] = 0;
}

static void close_program(program *p)
{
    weir_stats stats = rig_stats(&p->r);
    uint64_t sum = stats.delivered_bytes + stats.duplicate_bytes + stats.held_bytes;
    for (int i = 0; i < WEIR_DISCARDED_COUNT; i++)
        sum += stats.discarded_bytes[i];
    assert_int_equal(sum, stats.payload_bytes);
    rig_close(&p->r);
}

/* ──── what is told ──── */

static void held_bytes_conflict(void **unused)
{
    program p;
    (void)unused;
    open_program(&p, WEIR_OVERLAP_FIRST);
    rig_handshake(&p.r, 0); /* packets 1 to 3 */
    rig_send(&p.r, 0, C, ACK, 10, "abcdef");
    rig_send(&p.r, 0, C, ACK, 10, "abcdef");
    expect(&p, "");
    rig_send(&p.r, 0, C, ACK, 10, "aXcYef");
    expect(&p, "conflict 10+3 kept bcd of 4 lost XcY of 6, 2 differ\n");
    close_program(&p);

    open_program(&p, WEIR_OVERLAP_LAST);
    rig_handshake(&p.r, 0);
    rig_send(&p.r, 0, C, ACK, 10, "abcdef");
    rig_send(&p.r, 0, C, ACK, 8, "..aXcYef..");
    expect(&p, "conflict 10+3 kept XcY of 5 lost bcd of 4 (old), 2 differ\n");
    close_program(&p);
}

/* In order: what is before goes out, then the conflict is told, then the winner goes out. */
static void a_piece_in_order_conflicts(void **unused)
{
    program p;
    (void)unused;
    open_program(&p, WEIR_OVERLAP_FIRST);
    rig_handshake(&p.r, 0);
    rig_send(&p.r, 0, C, ACK, 4, "def");
    rig_send(&p.r, 0, C, ACK, 8, "hi");
    rig_send(&p.r, 0, C, ACK, 1, "abcDeFgHij");
    expect(&p, "data 0 abc\n"
               "conflict 3+3 kept def of 4 lost DeF of 6, 2 differ\n"
               "data 3 def\n"
               "data 6 g\n"
               "conflict 7+1 kept h of 5 lost H of 6, 1 differ\n"
               "data 7 hi\n"
               "data 9 j\n");
    close_program(&p);

    open_program(&p, WEIR_OVERLAP_LINUX);
    rig_handshake(&p.r, 0);
    rig_send(&p.r, 0, C, ACK, 4, "def");
    rig_send(&p.r, 0, C, ACK, 1, "abcDe");
    expect(&p, "data 0 abc\n"
               "conflict 3+1 kept D of 5 lost d of 4 (old), 1 differ\n"
               "data 3 De\n"
               "data 5 f\n");
    close_program(&p);
}

/* One for each record, also where without a listener they would be absorbed. */
static void many_small_records_conflict_one_by_one(void **unused)
{
    program p;
    char all[41] = {0};
    (void)unused;
    for (int last = 0; last < 2; last++) {
        open_program(&p, last ? WEIR_OVERLAP_LAST : WEIR_OVERLAP_FIRST);
        rig_handshake(&p.r, 0);
        memset(all, 'a', 40);
        for (uint32_t i = 0; i < 20; i++)
            rig_send(&p.r, 0, C, ACK, 10 + 2 * i, i % 5 ? "a" : "b");
        rig_send(&p.r, 0, C, ACK, 10, all);
        assert_int_equal(p.conflicts, 4);
        assert_int_equal(rig_stats(&p.r).conflict_bytes, 4);
        close_program(&p);
    }
}

/* Until it is known where a stream begins, its conflicts are counted and not told. */
static void offsets_must_be_known(void **unused)
{
    program p;
    (void)unused;
    open_program(&p, WEIR_OVERLAP_FIRST);
    rig_send(&p.r, 0, C, ACK, 100, "abc");
    rig_send(&p.r, 0, C, ACK, 100, "aXc");
    expect(&p, "");
    assert_int_equal(rig_stats(&p.r).conflict_bytes, 1);
    rig_advance(&p.r, WEIR_SECOND);
    expect(&p, "data 0 abc\n");
    close_program(&p);
}

/* Late bytes are offered once and compared with nothing: they are in nobody's stream. */
static void late_bytes_do_not_conflict(void **unused)
{
    program p;
    (void)unused;
    open_program(&p, WEIR_OVERLAP_FIRST);
    rig_handshake(&p.r, 0);
    rig_send(&p.r, 0, C, ACK, 4, "def");
    rig_advance(&p.r, 3 * WEIR_SECOND);
    expect(&p, "data 3 def\n");
    rig_send(&p.r, 0, C, ACK, 1, "abc");
    rig_send(&p.r, 0, C, ACK, 1, "xyz");
    expect(&p, "");
    assert_int_equal(rig_stats(&p.r).late_bytes, 3);
    assert_int_equal(rig_stats(&p.r).duplicate_bytes, 3);
    close_program(&p);
}

/* ──── what the user does meanwhile ──── */

static void close_it(program *p, weir_conn *conn, weir_direction direction)
{
    (void)p, (void)direction;
    assert_int_equal(weir_conn_close(conn), WEIR_OK);
}

static void ignore_it(program *p, weir_conn *conn, weir_direction direction)
{
    (void)p;
    assert_int_equal(weir_conn_ignore(conn, direction), WEIR_OK);
}

static void stop_it(program *p, weir_conn *conn, weir_direction direction)
{
    (void)p;
    assert_int_equal(weir_conn_stop_after(conn, direction, 4), WEIR_OK);
}

/* Its block is given back at once, and others move. */
static void ignore_other(program *p, weir_conn *conn, weir_direction direction)
{
    (void)conn, (void)direction;
    weir_conn *other = weir_engine_find(p->r.engine, p->other);
    assert_non_null(other);
    assert_int_equal(weir_conn_ignore(other, WEIR_C2S), WEIR_OK);
    p->act = NULL;
}

static void the_user_wants_no_more_of_what_waits(void **unused)
{
    static const struct {
        void (*act)(program *p, weir_conn *conn, weir_direction direction);
        const char *log; /* after the hole is filled */
    } ways[] = {{close_it, ""}, {ignore_it, ""}, {stop_it, "data 0 abcd\n"}};
    (void)unused;
    for (uint32_t i = 0; i < sizeof ways / sizeof *ways; i++)
        for (int last = 0; last < 2; last++) {
            program p;
            open_program(&p, last ? WEIR_OVERLAP_LAST : WEIR_OVERLAP_FIRST);
            rig_handshake(&p.r, 0);
            rig_send(&p.r, 0, C, ACK, 11, "kl");
            rig_send(&p.r, 0, C, ACK, 15, "op");
            p.act = ways[i].act;
            rig_send(&p.r, 0, C, ACK, 10, "jKlmnOpq");
            assert_int_equal(p.conflicts, ways[i].act == stop_it ? 2 : 1);
            p.act = NULL;
            p.log[0] = 0;
            rig_send(&p.r, 0, C, ACK, 1, "abcdefghi");
            expect(&p, ways[i].log);
            close_program(&p);
        }
}

static void the_user_wants_no_more_of_what_is_next(void **unused)
{
    static const struct {
        void (*act)(program *p, weir_conn *conn, weir_direction direction);
        const char *log;
    } ways[] = {{close_it, "data 0 abc\n"}, {ignore_it, "data 0 abc\n"}};
    (void)unused;
    for (uint32_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        program p;
        char *at;
        open_program(&p, WEIR_OVERLAP_LAST);
        rig_handshake(&p.r, 0);
        rig_send(&p.r, 0, C, ACK, 4, "def");
        p.act = ways[i].act;
        rig_send(&p.r, 0, C, ACK, 1, "abcDefgh");
        assert_int_equal(p.conflicts, 1);
        if ((at = strstr(p.log, "conflict")) != NULL) *at = 0;
        expect(&p, ways[i].log);
        rig_send(&p.r, 0, C, ACK, 9, "ij");
        assert_null(strstr(p.log, "data"));
        close_program(&p);
    }
}

static void blocks_may_move_meanwhile(void **unused)
{
    program p;
    (void)unused;
    open_program(&p, WEIR_OVERLAP_LINUX);
    rig_handshake(&p.r, 0);
    rig_handshake(&p.r, 1);
    rig_send(&p.r, 0, C, ACK, 20, "other");
    rig_send(&p.r, 1, C, ACK, 11, "kl");
    rig_send(&p.r, 1, C, ACK, 15, "op");
    p.act = ignore_other;
    rig_send(&p.r, 1, C, ACK, 10, "jKlmnOpq");
    expect(&p, "conflict 10+1 kept K of 10 lost k of 8 (old), 1 differ\n"
               "conflict 14+1 kept O of 10 lost o of 9 (old), 1 differ\n");
    rig_send(&p.r, 1, C, ACK, 1, "abcdefghi");
    assert_int_equal(rig_stats(&p.r).delivered_bytes, 17);
    close_program(&p);
}

/* ──── with what was delivered ──── */

static void delivered_bytes_conflict(void **unused)
{
    program p;
    (void)unused;
    open_with(&p, WEIR_OVERLAP_LAST, 8, 8 << 20);
    rig_handshake(&p.r, 0);
    rig_send(&p.r, 0, C, ACK, 1, "abcdef");
    rig_send(&p.r, 0, C, ACK, 7, "ghij");
    p.log[0] = 0;
    rig_send(&p.r, 0, C, ACK, 1, "XbXdeXghij");
    expect(&p, "conflict 2+4 kept cdef of 0 lost XdeX of 6, 2 differ\n"); /* a is too long ago */
    weir_stats stats = rig_stats(&p.r);
    assert_int_equal(stats.conflict_bytes, 2);
    assert_int_equal(stats.duplicate_bytes, 10);
    assert_int_equal(stats.discarded_bytes[WEIR_DISCARDED_CONFLICT], 0);
    /* a packet that repeats some, and brings some */
    rig_send(&p.r, 0, C, ACK, 9, "iJkl");
    expect(&p, "conflict 9+1 kept j of 0 lost J of 7, 1 differ\ndata 10 kl\n");
    /* what waited is delivered too */
    rig_send(&p.r, 0, C, ACK, 15, "op");
    rig_send(&p.r, 0, C, ACK, 13, "mn");
    p.log[0] = 0;
    rig_send(&p.r, 0, C, ACK, 13, "MnoP");
    expect(&p, "conflict 12+4 kept mnop of 0 lost MnoP of 10, 2 differ\n");
    close_program(&p);
}

static void a_window_begins_anew_behind_a_hole(void **unused)
{
    program p;
    (void)unused;
    open_with(&p, WEIR_OVERLAP_FIRST, 100, 8 << 20);
    rig_handshake(&p.r, 0);
    rig_send(&p.r, 0, C, ACK, 1, "abc");
    rig_send(&p.r, 0, C, ACK, 7, "ghi");
    rig_advance(&p.r, 3 * WEIR_SECOND);
    expect(&p, "data 0 abc\ndata 6 ghi\n");
    rig_send(&p.r, 0, C, ACK, 1, "XbcdefgXi");
    expect(&p, "conflict 7+1 kept h of 0 lost X of 6, 1 differ\n");
    assert_int_equal(rig_stats(&p.r).late_bytes, 3);
    close_program(&p);
}

static void the_user_wants_no_more_of_what_came_again(void **unused)
{
    program p;
    (void)unused;
    open_with(&p, WEIR_OVERLAP_FIRST, 100, 8 << 20);
    rig_handshake(&p.r, 0);
    rig_send(&p.r, 0, C, ACK, 1, "abc");
    p.act = close_it;
    rig_send(&p.r, 0, C, ACK, 1, "aXcdef");
    expect(&p, "data 0 abc\nconflict 1+1 kept b of 0 lost X of 5, 1 differ\n");
    close_program(&p);
}

/* The last bytes, whatever the sizes of segments, pages and window, beside an array. */
static void windows_have_the_last_bytes(void **unused)
{
    static uint8_t stream[300000], again[70000];
    (void)unused;
    for (uint64_t i = 0; i < sizeof stream; i++)
        stream[i] = (uint8_t)(i * i >> 5 ^ i);
    for (uint64_t seed = 1; seed <= 12; seed++) {
        program p;
        uint64_t random = seed, next = 0, differing = 0;
        uint32_t window = 1 + chaos_below(&random, seed % 3 ? 5000 : 65536);
        open_with(&p, WEIR_OVERLAP_FIRST, window, 8 << 20);
        rig_handshake(&p.r, 0);
        while (next < sizeof stream - 4000) {
            uint32_t length = 1 + chaos_below(&random, seed % 2 ? 3000 : 100);
            weir_segment s =
                rig_segment(&p.r, 0, C, ACK, 1 + (uint32_t)next, stream + next, length);
            rig_take(&p.r, &s);
            next += length;
            p.log[0] = 0;
            if (chaos_below(&random, 8)) continue;
            uint64_t back = chaos_below(&random, (uint32_t)(next < 60000 ? next : 60000));
            uint64_t begin = next - back;
            memcpy(again, stream + begin, back);
            for (uint64_t at = chaos_below(&random, 9); at < back;
                 at += 1 + chaos_below(&random, 99)) {
                again[at] ^= 1;
                differing += begin + at + window >= next;
            }
            s = rig_segment(&p.r, 0, C, ACK, 1 + (uint32_t)begin, again, (uint32_t)back);
            rig_take(&p.r, &s);
            assert_int_equal(p.differing, differing);
        }
        close_program(&p);
    }
}

static uint64_t used(const program *p)
{
    return rig_memory(&p->r).used_bytes;
}

/* Windows take no more than half, give way to all else, and leave with their connections. */
static void windows_go_first(void **unused)
{
    static uint8_t bytes[60000];
    program p;
    (void)unused;
    open_with(&p, WEIR_OVERLAP_FIRST, 65536, 4 << 20);
    rig_handshake(&p.r, 255); /* its record */
    uint64_t before = used(&p);
    for (uint32_t c = 0; c < 60; c++) {
        rig_handshake(&p.r, c);
        weir_segment s = rig_segment(&p.r, c, C, ACK, 1, bytes, sizeof bytes);
        rig_take(&p.r, &s);
    }
    assert_true(used(&p) > before + (1 << 20));
    assert_true(used(&p) < (5u << 20) / 2);
    /* 3 MiB behind holes: that works only if the windows went */
    for (uint32_t c = 100; c < 160; c++) {
        rig_handshake(&p.r, c);
        weir_segment s = rig_segment(&p.r, c, C, ACK, 11, bytes, 50000);
        rig_take(&p.r, &s);
    }
    weir_stats stats = rig_stats(&p.r);
    assert_int_equal(stats.held_bytes, 60 * 50000);
    for (int i = 0; i < WEIR_HOLE_CAUSE_COUNT; i++)
        assert_int_equal(stats.holes[i], 0);
    close_program(&p);

    open_with(&p, WEIR_OVERLAP_FIRST, 65536, 4 << 20);
    rig_handshake(&p.r, 0);
    before = used(&p);
    weir_segment s = rig_segment(&p.r, 0, C, ACK, 1, bytes, sizeof bytes);
    rig_take(&p.r, &s);
    assert_true(used(&p) >= before + sizeof bytes);
    rig_send(&p.r, 0, C, RST, 1 + sizeof bytes, "");
    rig_advance(&p.r, WEIR_SECOND);
    rig_advance(&p.r, 10 * WEIR_SECOND);
    assert_true(used(&p) <= before);
    close_program(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(held_bytes_conflict),
        cmocka_unit_test(a_piece_in_order_conflicts),
        cmocka_unit_test(many_small_records_conflict_one_by_one),
        cmocka_unit_test(offsets_must_be_known),
        cmocka_unit_test(late_bytes_do_not_conflict),
        cmocka_unit_test(the_user_wants_no_more_of_what_waits),
        cmocka_unit_test(the_user_wants_no_more_of_what_is_next),
        cmocka_unit_test(blocks_may_move_meanwhile),
        cmocka_unit_test(delivered_bytes_conflict),
        cmocka_unit_test(a_window_begins_anew_behind_a_hole),
        cmocka_unit_test(the_user_wants_no_more_of_what_came_again),
        cmocka_unit_test(windows_have_the_last_bytes),
        cmocka_unit_test(windows_go_first),
    };
    return cmocka_run_group_tests_name("conflict", tests, NULL, NULL);
}
