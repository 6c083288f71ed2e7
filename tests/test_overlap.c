/* SPDX-License-Identifier: MIT */
/*
 * Who wins: the nine cells, the policies, the 13 ways two segments can lie to each other and the 409
 * of three, and any number of them, beside queues kept as the receiving hosts keep them
 * (support/queue_model.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lenses/overlap.h"
#include "hold/hold.h"
#include "hold/leaves.h"
#include "support/chaos.h"
#include "support/fake_stock.h"
#include "support/overlap_cases.h"
#include "support/queue_model.h"

/* Allen's relations, the stored segment first; `cell` is that of the new one. first and last:
 * what is then held, one letter a byte, A B … the stored one's and then the new one's; '.' is
 * missing. */
static const struct {
    const char *name;
    weir_extent stored, fresh;
    uint32_t cell;
    const char *first, *last;
} relations[] = {
    {"before", {0, 1}, {2, 3}, 8, "A.B", "A.B"},
    {"before, inverse", {2, 3}, {0, 1}, 0, "B.A", "B.A"},
    {"meets", {0, 1}, {1, 2}, 8, "AB", "AB"},
    {"meets, inverse", {1, 2}, {0, 1}, 0, "BA", "BA"},
    {"overlaps", {0, 2}, {1, 3}, 8, "ABD", "ACD"},
    {"overlaps, inverse", {1, 3}, {0, 2}, 0, "CAB", "CDB"},
    {"during", {1, 2}, {0, 3}, 2, "BAD", "BCD"},
    {"during, inverse", {0, 3}, {1, 2}, 6, "ABC", "ADC"},
    {"starts", {0, 1}, {0, 2}, 5, "AC", "BC"},
    {"starts, inverse", {0, 2}, {0, 1}, 3, "AB", "CB"},
    {"finishes", {1, 2}, {0, 2}, 1, "BA", "BC"},
    {"finishes, inverse", {0, 2}, {1, 2}, 7, "AB", "AC"},
    {"equals", {0, 1}, {0, 1}, 4, "A", "B"},
};

enum { RELATIONS = sizeof relations / sizeof *relations };

static void each_relation_has_its_cell(void **unused)
{
    (void)unused;
    for (uint32_t i = 0; i < RELATIONS; i++)
        assert_int_equal(weir_overlap_cell(relations[i].fresh, relations[i].stored),
                         relations[i].cell);
}

static void cells_know_before_same_and_after(void **unused)
{
    (void)unused;
    const weir_extent stored = {100, 200};
    const uint64_t far = UINT64_C(1) << 63;
    for (uint32_t begin = 0; begin < 3; begin++)
        for (uint32_t end = 0; end < 3; end++) {
            weir_extent near = {99 + begin, 199 + end};
            assert_int_equal(weir_overlap_cell(near, stored), 3 * begin + end);
            weir_extent high = {far + near.begin, far + near.end};
            weir_extent high_stored = {far + 100, far + 200};
            assert_int_equal(weir_overlap_cell(high, high_stored), 3 * begin + end);
        }
}

static void first_and_last_do_not_ask_where_segments_lie(void **unused)
{
    (void)unused;
    for (uint32_t i = 0; i < RELATIONS; i++) {
        weir_extent fresh = relations[i].fresh, stored = relations[i].stored;
        assert_int_equal(weir_overlap_wins(WEIR_OVERLAP_FIRST, fresh, stored), 0);
        assert_int_equal(weir_overlap_wins(WEIR_OVERLAP_LAST, fresh, stored), 1);
    }
    assert_int_equal(weir_overlap_edges(WEIR_OVERLAP_FIRST), WEIR_EDGES_NONE);
    assert_int_equal(weir_overlap_edges(WEIR_OVERLAP_LAST), WEIR_EDGES_NONE);
}

/* ──── a hold beside a queue ──── */

typedef struct {
    weir_hold hold;
    weir_hold_context context;
    queue_model queue;
    uint32_t segments;
} pair;

static void open_pair(pair *p, weir_stock *stock, weir_overlap policy)
{
    *p = (pair){.context = {.stock = stock, .key = {1, 2}, .overlap = policy}};
    queue_open(&p->queue, policy);
}

static void close_pair(pair *p)
{
    weir_hold_cut(&p->hold, &p->context, UINT64_MAX);
    assert_int_equal(p->hold.records, 0);
    queue_close(&p->queue);
}

/* A segment with these bytes; its number is its tag. */
static void put(pair *p, uint64_t begin, uint64_t end, const char *letters)
{
    const weir_hold_room room = {.bytes = UINT64_MAX, .records = UINT32_MAX};
    weir_piece piece = {.data = (const uint8_t *)letters,
                        .begin = begin,
                        .end = end,
                        .segment_begin = begin,
                        .segment_end = end,
                        .tag = ++p->segments};
    assert_int_equal(weir_hold_put(&p->hold, &p->context, &piece, &room).reached, end);
    assert_true(weir_hold_check(&p->hold, &p->context));
    queue_put(&p->queue, begin, end, p->segments);
}

/* Each byte that is held, and who has it: by the byte itself, if it is the segment's number, else
 * by the tag. */
static void compare(const pair *p, int by_value, const char *what, uint64_t seed)
{
    uint64_t end = 0;
    for (weir_cursor at = {p->hold.head, 0}; at.page; at = weir_leaves_next(&p->context, at)) {
        weir_leaf leaf = weir_leaf_open(p->context.stock, at.page);
        const weir_leaf_slot *slot = weir_leaf_slot_at(&leaf, at.index);
        uint64_t begin = weir_leaves_offset(&p->hold, slot);
        for (; end < begin; end++)
            assert_int_equal(queue_owner(&p->queue, end), 0);
        for (end = begin; end < begin + weir_leaf_length(slot); end++) {
            uint32_t has = by_value ? weir_leaf_data(&leaf, slot)[end - begin] : slot->tag;
            uint32_t owner = queue_owner(&p->queue, end);
            if (has != (by_value ? (owner & 0xff) : owner))
                fail_msg("%s, %s %llu: byte %llu is of segment %u, not %u",
                         weir_overlap_name((int)p->context.overlap), what, (unsigned long long)seed,
                         (unsigned long long)end, has, owner);
        }
    }
}

/* What is held, as the table above writes it. */
static void write_held(const pair *p, char *text)
{
    memset(text, 0, 8);
    for (weir_cursor at = {p->hold.head, 0}; at.page; at = weir_leaves_next(&p->context, at)) {
        weir_leaf leaf = weir_leaf_open(p->context.stock, at.page);
        const weir_leaf_slot *slot = weir_leaf_slot_at(&leaf, at.index);
        while (strlen(text) < weir_leaves_offset(&p->hold, slot))
            strcat(text, ".");
        memcpy(text + weir_leaves_offset(&p->hold, slot), weir_leaf_data(&leaf, slot),
               weir_leaf_length(slot));
    }
}

static void put_relation(pair *p, uint32_t i)
{
    uint64_t stored = relations[i].stored.end - relations[i].stored.begin;
    put(p, relations[i].stored.begin, relations[i].stored.end, "ABCDEF");
    put(p, relations[i].fresh.begin, relations[i].fresh.end, &"ABCDEF"[stored]);
}

static void a_hold_keeps_the_winner(void **unused)
{
    (void)unused;
    weir_stock *stock = fake_stock_open(1024, 8, 0);
    for (uint32_t i = 0; i < RELATIONS; i++)
        for (int last = 0; last < 2; last++) {
            char text[8];
            pair p;
            open_pair(&p, stock, last ? WEIR_OVERLAP_LAST : WEIR_OVERLAP_FIRST);
            put_relation(&p, i);
            write_held(&p, text);
            assert_string_equal(text, last ? relations[i].last : relations[i].first);
            close_pair(&p);
        }
    fake_stock_close(stock);
}

/* The table says it, whatever the edge rule; but that for solaris the first block held is not
 * replaced by one that is its equal. */
static void two_segments_are_settled_by_their_cell(void **unused)
{
    (void)unused;
    weir_stock *stock = fake_stock_open(1024, 8, 0);
    for (uint32_t policy = 0; policy < WEIR_OVERLAP_COUNT; policy++)
        for (uint32_t i = 0; i < RELATIONS; i++) {
            weir_extent stored = relations[i].stored, fresh = relations[i].fresh;
            pair p;
            open_pair(&p, stock, (weir_overlap)policy);
            put_relation(&p, i);
            uint32_t winner = 1u + (uint32_t)weir_overlap_wins((weir_overlap)policy, fresh, stored);
            if (policy == WEIR_OVERLAP_SOLARIS && relations[i].cell == 4) winner = 1;
            for (uint64_t at = 0; at < 4; at++)
                if (at >= weir_max64(stored.begin, fresh.begin) &&
                    at < weir_min64(stored.end, fresh.end))
                    assert_int_equal(queue_owner(&p.queue, at), winner);
            compare(&p, 0, relations[i].name, i);
            close_pair(&p);
        }
    fake_stock_close(stock);
}

/* ──── all pairs and triplets ──── */

static void a_hold_is_the_receivers_queue_for_each_pair_and_triplet(void **unused)
{
    static overlap_case cases[OVERLAP_PAIRS + OVERLAP_TRIPLETS];
    (void)unused;
    weir_stock *stock = fake_stock_open(1024, 8, 0);
    assert_int_equal(overlap_cases(cases), OVERLAP_PAIRS + OVERLAP_TRIPLETS);
    for (uint32_t policy = 0; policy < WEIR_OVERLAP_COUNT; policy++)
        for (uint32_t i = 0; i < OVERLAP_PAIRS + OVERLAP_TRIPLETS; i++) {
            pair p;
            open_pair(&p, stock, (weir_overlap)policy);
            for (uint32_t j = 0; j < cases[i].count; j++)
                put(&p, cases[i].chunks[j].begin, cases[i].chunks[j].end,
                    cases[i].chunks[j].letters);
            compare(&p, 0, "case", i);
            close_pair(&p);
        }
    fake_stock_close(stock);
}

/* ──── many segments ──── */

/* Segments of the lengths that the seed picks, in a window behind `next`, where many begin and end
 * at the same places; now and then what is first goes out. Returns the new `next`. */
static uint64_t put_at_random(pair *p, uint64_t seed, uint32_t count, uint64_t next)
{
    static char letters[4096];
    uint64_t random = seed;
    uint32_t most = 2 + chaos_below(&random, 3) * 20, unit = 1 + chaos_below(&random, 2) * 39;
    uint32_t window = (20 + chaos_below(&random, 60)) * unit;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t begin = next + 1 + chaos_below(&random, window) / unit * unit;
        uint32_t length = (1 + chaos_below(&random, most)) * unit;
        memset(letters, (int)(p->segments + 1), length);
        put(p, begin, begin + length, letters);
        if (chaos_below(&random, 16)) continue;
        for (next = p->hold.begin; queue_owner(&p->queue, next); next++)
            continue;
        weir_hold_cut(&p->hold, &p->context, next);
        queue_forget(&p->queue, next);
    }
    return next;
}

static void a_hold_is_the_receivers_queue_for_any_segments(void **unused)
{
    (void)unused;
    weir_stock *stock = fake_stock_open(1024, 200, 0);
    for (uint32_t policy = 0; policy < WEIR_OVERLAP_COUNT; policy++)
        for (uint64_t seed = 1; seed <= 400; seed++) {
            pair p;
            uint64_t next = 0;
            open_pair(&p, stock, (weir_overlap)policy);
            for (uint32_t round = 0; round < 6; round++) {
                next = put_at_random(&p, seed * 100 + round, 10 + (uint32_t)seed % 30, next);
                compare(&p, 1, "seed", seed);
            }
            close_pair(&p);
            assert_int_equal(fake_stock_used(stock), 0);
        }
    fake_stock_close(stock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_relation_has_its_cell),
        cmocka_unit_test(cells_know_before_same_and_after),
        cmocka_unit_test(first_and_last_do_not_ask_where_segments_lie),
        cmocka_unit_test(two_segments_are_settled_by_their_cell),
        cmocka_unit_test(a_hold_keeps_the_winner),
        cmocka_unit_test(a_hold_is_the_receivers_queue_for_each_pair_and_triplet),
        cmocka_unit_test(a_hold_is_the_receivers_queue_for_any_segments),
    };
    return cmocka_run_group_tests_name("overlap", tests, NULL, NULL);
}
