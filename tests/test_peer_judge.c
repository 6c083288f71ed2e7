/* SPDX-License-Identifier: MIT */
/*
 * The judge of what a peer delivers: each way to be wrong has its name, and being right has none.
 *
 * The capture of most tests: connection 2, to the server, bytes [0, 1000) and [1500, 3000).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "bench/peer_judge.h"

enum { CONNECTION = 2, FIRST_END = 1000, SECOND = 1500, END = 3000, CAPTURED = 2500 };

typedef struct court {
    captured_map *all;
    judge *judge;
} court;

static int open_court(void **state)
{
    static court c;
    c.all = captured_new(1);
    assert_true(captured_note(c.all, CONNECTION, TRAFFIC_C2S, SECOND, END));
    assert_true(captured_note(c.all, CONNECTION, TRAFFIC_C2S, 0, FIRST_END));
    captured_settle(c.all);
    c.judge = judge_new(c.all);
    assert_non_null(c.judge);
    *state = &c;
    return 0;
}

static int close_court(void **state)
{
    court *c = *state;
    judge_free(c->judge);
    captured_free(c->all);
    return 0;
}

static peer_record record_of(uint64_t connection, traffic_direction direction, int64_t skipped)
{
    traffic_tuple tuple;
    traffic_tuple_of(connection, direction, &tuple);
    peer_record record = {.family = tuple.family,
                          .src_port = tuple.src_port,
                          .dst_port = tuple.dst_port,
                          .skipped = skipped};
    memcpy(record.src, tuple.src, sizeof record.src);
    memcpy(record.dst, tuple.dst, sizeof record.dst);
    return record;
}

/* Bytes [begin, end) of the stream, after `skipped`. */
static void deliver(court *c, int64_t skipped, uint64_t begin, uint64_t end)
{
    uint8_t bytes[END];
    const peer_record record = record_of(CONNECTION, TRAFFIC_C2S, skipped);
    traffic_content(CONNECTION, TRAFFIC_C2S, begin, bytes, (size_t)(end - begin));
    judge_take(c->judge, &record, bytes, (size_t)(end - begin));
}

static void expect(const court *c, const char *words)
{
    char text[160];
    const judge_verdict verdict = judge_sum(c->judge);
    assert_string_equal(judge_say(&verdict, text, sizeof text), words);
    assert_int_equal(judge_is_right(&verdict), strcmp(words, "right") == 0);
    assert_int_equal(verdict.captured_bytes, CAPTURED);
    assert_int_equal(verdict.right_bytes + verdict.lost_bytes, CAPTURED);
}

static void a_hole_that_is_told_is_right(void **state)
{
    deliver(*state, 0, 0, FIRST_END);
    deliver(*state, SECOND - FIRST_END, SECOND, END);
    expect(*state, "right");
    assert_int_equal(judge_sum(((court *)*state)->judge).holes, 1);
}

static void a_hole_of_unknown_length_is_right(void **state)
{
    deliver(*state, 0, 0, FIRST_END);
    deliver(*state, PEER_SKIPPED_UNKNOWN, SECOND, END);
    expect(*state, "right");
}

/* Its record comes before the bytes are known. */
static void a_hole_told_on_its_own_is_right(void **state)
{
    deliver(*state, 0, 0, FIRST_END);
    deliver(*state, PEER_SKIPPED_UNKNOWN, SECOND, SECOND);
    deliver(*state, 0, SECOND, END);
    expect(*state, "right");
}

static void bytes_one_by_one_are_right(void **state)
{
    for (uint64_t i = 0; i < FIRST_END; i++)
        deliver(*state, 0, i, i + 1);
    for (uint64_t i = SECOND; i < END; i++)
        deliver(*state, i == SECOND ? SECOND - FIRST_END : 0, i, i + 1);
    expect(*state, "right");
}

static void a_hole_that_is_not_told_is_a_splice(void **state)
{
    deliver(*state, 0, 0, FIRST_END);
    deliver(*state, 0, SECOND, END);
    expect(*state, "splices: 1");
    assert_string_equal(judge_sum(((court *)*state)->judge).first,
                        "a splice in connection 2 > at 1000");
}

/* In the middle of one record. */
static void a_splice_within_a_piece(void **state)
{
    court *c = *state;
    uint8_t bytes[CAPTURED];
    const peer_record record = record_of(CONNECTION, TRAFFIC_C2S, 0);
    traffic_content(CONNECTION, TRAFFIC_C2S, 0, bytes, FIRST_END);
    traffic_content(CONNECTION, TRAFFIC_C2S, SECOND, bytes + FIRST_END, END - SECOND);
    judge_take(c->judge, &record, bytes, sizeof bytes);
    expect(c, "splices: 1");
}

static void a_hole_told_too_short_is_a_splice(void **state)
{
    deliver(*state, 0, 0, FIRST_END);
    deliver(*state, SECOND - FIRST_END - 1, SECOND, END);
    expect(*state, "splices: 1");
}

static void captured_bytes_left_out_are_lost(void **state)
{
    deliver(*state, 0, 0, FIRST_END);
    expect(*state, "lost 60.00 %");
}

static void captured_bytes_told_to_be_missing_are_lost(void **state)
{
    deliver(*state, 0, 0, FIRST_END - 250);
    deliver(*state, 250 + SECOND - FIRST_END, SECOND, END);
    expect(*state, "lost 10.00 %");
}

static void captured_bytes_glued_over_are_lost_and_a_splice(void **state)
{
    deliver(*state, 0, 0, 500);
    deliver(*state, 0, 750, FIRST_END);
    deliver(*state, SECOND - FIRST_END, SECOND, END);
    expect(*state, "lost 10.00 %, splices: 1");
}

static void a_hole_told_too_long_loses_what_it_covers(void **state)
{
    deliver(*state, 0, 0, FIRST_END);
    deliver(*state, SECOND - FIRST_END + 500, SECOND + 500, END);
    expect(*state, "lost 20.00 %");
}

static void zeros_in_a_hole_are_made_up(void **state)
{
    court *c = *state;
    uint8_t bytes[END] = {0};
    const peer_record record = record_of(CONNECTION, TRAFFIC_C2S, 0);
    traffic_content(CONNECTION, TRAFFIC_C2S, 0, bytes, FIRST_END);
    traffic_content(CONNECTION, TRAFFIC_C2S, SECOND, bytes + SECOND, END - SECOND);
    judge_take(c->judge, &record, bytes, 1200);
    judge_more(c->judge, bytes + 1200, sizeof bytes - 1200);
    expect(c, "made up: 500 bytes");
}

static void a_changed_byte_is_wrong_and_lost(void **state)
{
    court *c = *state;
    uint8_t bytes[FIRST_END];
    const peer_record record = record_of(CONNECTION, TRAFFIC_C2S, 0);
    traffic_content(CONNECTION, TRAFFIC_C2S, 0, bytes, sizeof bytes);
    for (int i = 0; i < 25; i++)
        bytes[500 + i] ^= 1;
    judge_take(c->judge, &record, bytes, sizeof bytes);
    deliver(c, SECOND - FIRST_END, SECOND, END);
    expect(c, "lost 1.00 %, wrong: 25 bytes");
    assert_string_equal(judge_sum(c->judge).first, "wrong bytes in connection 2 > at 500");
}

static void bytes_given_twice_are_wrong(void **state)
{
    deliver(*state, 0, 0, FIRST_END);
    deliver(*state, SECOND - FIRST_END, SECOND, END);
    deliver(*state, 0, SECOND, SECOND + 100);
    expect(*state, "wrong: 100 bytes");
}

static void bytes_of_nobody_are_wrong(void **state)
{
    court *c = *state;
    const uint8_t bytes[10] = {0};
    peer_record record = record_of(CONNECTION, TRAFFIC_C2S, 0);
    deliver(c, 0, 0, FIRST_END);
    deliver(c, SECOND - FIRST_END, SECOND, END);
    record.src[0] ^= 1;
    judge_take(c->judge, &record, bytes, sizeof bytes);
    expect(c, "wrong: 10 bytes");
}

/* ── What a capture holds ── */

/* The books of the generator and of the frames agree: offsets are right even where numbers wrap. */
static void what_is_captured_is_what_was_generated(void **state)
{
    static const char *const names[] = {"loss", "reorder",    "tiny-random",
                                        "tso",  "duplicated", "many"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        traffic *t = traffic_open(names[i], 7, 0.003);
        captured_map *all = captured_new(7);
        traffic_packet packet;
        while (traffic_next(t, &packet))
            assert_true(captured_add(all, packet.data, packet.captured_bytes));
        captured_settle(all);
        const traffic_totals *totals = traffic_truth(t);
        assert_int_equal(captured_bytes(all), totals->stream_bytes - totals->missing_bytes);
        for (uint64_t c = 0; c < totals->connections; c++) {
            const captured_list list = captured_of(all, c, TRAFFIC_C2S);
            if (list.count == 0) continue;
            assert_in_range(list.spans[list.count - 1].end, 1,
                            traffic_stream_bytes(t, c, TRAFFIC_C2S));
        }
        captured_free(all);
        traffic_close(t);
    }
}

static void all_of_ipv6_lost_is_said(void **state)
{
    char text[160];
    (void)state;
    captured_map *all = captured_new(1);
    assert_true(captured_note(all, 14, TRAFFIC_C2S, 0, 300));
    assert_true(captured_note(all, 15, TRAFFIC_C2S, 0, 100));
    captured_settle(all);
    judge *j = judge_new(all);
    uint8_t bytes[300];
    const peer_record record = record_of(14, TRAFFIC_C2S, 0);
    traffic_content(14, TRAFFIC_C2S, 0, bytes, sizeof bytes);
    judge_take(j, &record, bytes, sizeof bytes);
    const judge_verdict verdict = judge_sum(j);
    assert_string_equal(judge_say(&verdict, text, sizeof text), "lost 25.00 % (all of IPv6)");
    judge_free(j);
    captured_free(all);
}

#define IN_COURT(test) cmocka_unit_test_setup_teardown(test, open_court, close_court)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_COURT(a_hole_that_is_told_is_right),
        IN_COURT(a_hole_of_unknown_length_is_right),
        IN_COURT(a_hole_told_on_its_own_is_right),
        IN_COURT(bytes_one_by_one_are_right),
        IN_COURT(a_hole_that_is_not_told_is_a_splice),
        IN_COURT(a_splice_within_a_piece),
        IN_COURT(a_hole_told_too_short_is_a_splice),
        IN_COURT(captured_bytes_left_out_are_lost),
        IN_COURT(captured_bytes_told_to_be_missing_are_lost),
        IN_COURT(captured_bytes_glued_over_are_lost_and_a_splice),
        IN_COURT(a_hole_told_too_long_loses_what_it_covers),
        IN_COURT(zeros_in_a_hole_are_made_up),
        IN_COURT(a_changed_byte_is_wrong_and_lost),
        IN_COURT(bytes_given_twice_are_wrong),
        IN_COURT(bytes_of_nobody_are_wrong),
        cmocka_unit_test(what_is_captured_is_what_was_generated),
        cmocka_unit_test(all_of_ipv6_lost_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
