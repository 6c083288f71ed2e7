/* SPDX-License-Identifier: MIT */
/*
 * Late bytes: which of the holes that were given up are remembered, when what comes of them comes in
 * pieces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rooms/late.h"
#include "support/rig.h"

/* Hole i is [FIRST + i * EVERY, + WIDE): sequence numbers of the client's bytes. */
#define FIRST 100u
#define EVERY 20000u
#define WIDE  10000u

static void open_rig(rig *r)
{
    rig_open(r, NULL, NULL, NULL, NULL);
    rig_handshake(r, 0);
}

static void take(rig *r, uint32_t seq, uint32_t bytes)
{
    const weir_segment segment = rig_segment(r, 0, C, ACK, seq, NULL, bytes);
    rig_take(r, &segment);
}

/* So many holes are given up, one after the other, and all that lies between has come. */
static void give_up(rig *r, uint32_t holes)
{
    take(r, 1, FIRST - 1);
    for (uint32_t i = 0; i < holes; i++) {
        take(r, FIRST + i * EVERY + WIDE, EVERY - WIDE);
        rig_advance(r, 3 * WEIR_SECOND);
    }
    assert_int_equal(rig_stats(r).missing_bytes, (uint64_t)holes * WIDE);
}

/* Bytes of hole i come; 1: they are late, 0: they count as duplicate. */
static int comes(rig *r, uint32_t i, uint32_t from, uint32_t bytes)
{
    const weir_stats before = rig_stats(r);
    take(r, FIRST + i * EVERY + from, bytes);
    const weir_stats after = rig_stats(r);
    const uint64_t late = after.late_bytes - before.late_bytes;
    assert_int_equal(late + after.duplicate_bytes - before.duplicate_bytes, bytes);
    assert_true(late == 0 || late == bytes);
    return late > 0;
}

static void the_last_four_are_remembered(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    give_up(&r, WEIR_LATE_HOLES + 1);
    assert_false(comes(&r, 0, 0, 100));
    for (uint32_t i = 1; i <= WEIR_LATE_HOLES; i++) {
        assert_true(comes(&r, i, 0, WIDE));
        assert_false(comes(&r, i, 0, WIDE)); /* once */
    }
    rig_close(&r);
}

/* Found by a fuzzer: the pieces of an old hole pushed newer ones out. */
static void an_old_hole_in_pieces_pushes_out_no_newer_one(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    give_up(&r, 2);
    for (uint32_t piece = 0; piece < 20; piece++)
        assert_true(comes(&r, 0, 450 * (piece + 1), 100)); /* 350 are left out each time */
    assert_true(comes(&r, 1, 0, WIDE));
    rig_close(&r);
}

static void the_oldest_keeps_its_larger_part(void **state)
{
    (void)state;
    rig r;
    open_rig(&r);
    give_up(&r, WEIR_LATE_HOLES);
    assert_true(comes(&r, 0, 2000, 100)); /* [0, 2000) and [2100, 10000) are left of it */
    assert_false(comes(&r, 0, 0, 2000));
    assert_true(comes(&r, 0, 9000, 100)); /* [2100, 9000) and [9100, 10000) */
    assert_false(comes(&r, 0, 9100, 900));
    assert_true(comes(&r, 0, 2100, 6900));
    for (uint32_t i = 1; i < WEIR_LATE_HOLES; i++)
        assert_true(comes(&r, i, 0, WIDE));
    rig_close(&r);
}

/* The newest one's pieces take the places of the oldest. */
static void the_newest_may_come_in_pieces(void **state)
{
    (void)state;
    const uint32_t newest = WEIR_LATE_HOLES - 1;
    rig r;
    open_rig(&r);
    give_up(&r, WEIR_LATE_HOLES);
    assert_true(comes(&r, newest, 2000, 100));
    assert_true(comes(&r, newest, 5000, 100));
    assert_true(comes(&r, newest, 0, 2000));
    assert_true(comes(&r, newest, 2100, 2900));
    assert_true(comes(&r, newest, 5100, WIDE - 5100));
    assert_false(comes(&r, 0, 0, WIDE));
    assert_false(comes(&r, 1, 0, WIDE));
    assert_true(comes(&r, 2, 0, WIDE));
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_four_are_remembered),
        cmocka_unit_test(an_old_hole_in_pieces_pushes_out_no_newer_one),
        cmocka_unit_test(the_oldest_keeps_its_larger_part),
        cmocka_unit_test(the_newest_may_come_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
