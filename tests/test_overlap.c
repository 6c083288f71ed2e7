/* SPDX-License-Identifier: MIT */
/*
 * Who wins: the nine cells, the policies, and the 13 ways two segments can lie to each other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lenses/overlap.h"
#include "rooms/hold.h"
#include "support/fake_stock.h"

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
    assert_int_equal(weir_overlap_needs_extents(WEIR_OVERLAP_FIRST), 0);
    assert_int_equal(weir_overlap_needs_extents(WEIR_OVERLAP_LAST), 0);
}

static void put(weir_hold *hold, const weir_hold_context *context, weir_extent extent,
                const char *letters)
{
    const weir_hold_room room = {.bytes = 100, .records = 100};
    weir_piece piece = {.data = (const uint8_t *)letters,
                        .begin = extent.begin,
                        .end = extent.end,
                        .segment_begin = extent.begin,
                        .segment_end = extent.end};
    assert_int_equal(weir_hold_put(hold, context, &piece, &room).reached, extent.end);
}

/* What is held, as the table above writes it. Ends the hold. */
static void drain(weir_hold *hold, const weir_hold_context *context, char *text)
{
    memset(text, 0, 8);
    while (hold->records) {
        weir_span span;
        uint32_t cut;
        assert_int_equal(weir_hold_peek(hold, context, &span, 1, &cut), 1);
        while (strlen(text) < span.offset)
            strcat(text, ".");
        memcpy(text + span.offset, span.data, span.length);
        weir_hold_cut(hold, context, span.offset + span.length);
    }
}

static void a_hold_keeps_the_winner(void **unused)
{
    (void)unused;
    weir_stock *stock = fake_stock_open(1024, 8, 0);
    for (uint32_t i = 0; i < RELATIONS; i++)
        for (int last = 0; last < 2; last++) {
            weir_hold_context context = {.stock = stock,
                                         .overlap = last ? WEIR_OVERLAP_LAST : WEIR_OVERLAP_FIRST};
            weir_hold hold = {0};
            char text[8];
            uint64_t stored = relations[i].stored.end - relations[i].stored.begin;
            put(&hold, &context, relations[i].stored, "ABCDEF");
            put(&hold, &context, relations[i].fresh, &"ABCDEF"[stored]);
            drain(&hold, &context, text);
            assert_string_equal(text, last ? relations[i].last : relations[i].first);
        }
    fake_stock_close(stock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_relation_has_its_cell),
        cmocka_unit_test(cells_know_before_same_and_after),
        cmocka_unit_test(first_and_last_do_not_ask_where_segments_lie),
        cmocka_unit_test(a_hold_keeps_the_winner),
    };
    return cmocka_run_group_tests_name("overlap", tests, NULL, NULL);
}
