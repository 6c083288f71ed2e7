/* SPDX-License-Identifier: MIT */
/*
 * One page, and the tree over pages: what only they can see. The rest is in test_hold.c.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hold/treap.h"
#include "support/fake_stock.h"

#define SEED UINT64_C(4711)

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* ──── a page ──── */

static weir_leaf fresh_leaf(weir_stock *stock)
{
    return weir_leaf_open(stock, weir_stock_take(stock, WEIR_USE_HOLD));
}

static void insert(const weir_leaf *leaf, uint32_t index, uint32_t offset, uint32_t length)
{
    static uint8_t data[WEIR_LEAF_BYTES_MOST];
    for (uint32_t i = 0; i < length; i++)
        data[i] = (uint8_t)(offset + i);
    weir_leaf_entry entry = {.data = data,
                             .offset = offset,
                             .length = length,
                             .time_ns = offset * 1000ull,
                             .tag = offset};
    weir_leaf_insert(leaf, index, &entry);
}

static void check(const weir_leaf *leaf, uint32_t origin)
{
    assert_true(weir_leaf_check(leaf, origin));
    for (uint32_t i = 0; i < leaf->head->slots; i++) {
        const weir_leaf_slot *slot = weir_leaf_slot_at(leaf, i);
        for (uint32_t k = 0; k < weir_leaf_length(slot); k++)
            assert_int_equal(weir_leaf_data(leaf, slot)[k], (uint8_t)(slot->offset + k));
    }
}

/* The longest record that a page of the largest size can have, and the shortest ones that a page
 * can have most of. */
static void a_page_can_be_filled_to_the_brim(void **unused)
{
    (void)unused;
    for (uint32_t size = 1024; size <= 16384; size *= 2) {
        weir_stock *stock = fake_stock_open(size, 3, 0);
        weir_leaf leaf = fresh_leaf(stock);
        insert(&leaf, 0, 5, size - 20);
        check(&leaf, 5);
        assert_int_equal(weir_leaf_room(&leaf), -20);
        leaf = fresh_leaf(stock);
        for (uint32_t i = 0; weir_leaf_room(&leaf) > 0; i++)
            insert(&leaf, i, 2 * i, 1);
        check(&leaf, 0);
        assert_int_equal(leaf.head->slots, size / 21);
        fake_stock_close(stock);
    }
}

/* Bytes of records that went are won back when room is wanted, and not before. */
static void garbage_is_won_back(void **unused)
{
    (void)unused;
    weir_stock *stock = fake_stock_open(1024, 2, 0);
    weir_leaf leaf = fresh_leaf(stock);
    for (uint32_t i = 0; i < 8; i++)
        insert(&leaf, i, 100 * i, 100);
    assert_int_equal(weir_leaf_drop_first(&leaf, 3), 300);
    weir_leaf_trim(&leaf, 40);
    assert_int_equal(leaf.head->fill, 800);
    assert_int_equal(leaf.head->live, 460);
    assert_int_equal(weir_leaf_room(&leaf), 1024 - 460 - 6 * 20);
    check(&leaf, 340);
    insert(&leaf, 5, 2000, 1024 - 460 - 6 * 20);
    assert_int_equal(leaf.head->fill, leaf.head->live);
    check(&leaf, 340);
    assert_int_equal(weir_leaf_drop_from(&leaf, 1), 400 + 444);
    check(&leaf, 340);
    fake_stock_close(stock);
}

static void every_offset_is_found(void **unused)
{
    (void)unused;
    weir_stock *stock = fake_stock_open(1024, 2, 0);
    const uint32_t origin = UINT32_C(0xffffff80); /* offsets wrap inside the page */
    for (uint32_t slots = 1; slots <= 40; slots++) {
        weir_page page = weir_stock_take(stock, WEIR_USE_HOLD);
        weir_leaf leaf = weir_leaf_open(stock, page);
        for (uint32_t i = 0; i < slots; i++)
            insert(&leaf, i, origin + 7 * i, 3);
        for (uint32_t at = 0; at < 7 * slots; at++) {
            uint32_t expected = at / 7 + (at % 7 >= 3);
            assert_int_equal(weir_leaf_find(&leaf, origin, origin + at), expected);
        }
        check(&leaf, origin);
        weir_stock_put(stock, page, WEIR_USE_HOLD);
    }
    fake_stock_close(stock);
}

static void edges_saturate(void **unused)
{
    (void)unused;
    weir_stock *stock = fake_stock_open(1024, 2, 0);
    weir_leaf leaf = fresh_leaf(stock), to = fresh_leaf(stock);
    uint8_t data[500] = {0};
    weir_leaf_entry entry = {.data = data,
                             .length = 500,
                             .left = weir_leaf_edge(65400),
                             .right = weir_leaf_edge(UINT64_C(1) << 40),
                             .cut = 1};
    weir_leaf_insert(&leaf, 0, &entry);
    weir_leaf_divide(&leaf, 0, 100);
    weir_leaf_divide_to(&leaf, 1, 300, &to);
    const weir_leaf_slot *a = weir_leaf_slot_at(&leaf, 0), *b = weir_leaf_slot_at(&leaf, 1);
    const weir_leaf_slot *c = weir_leaf_slot_at(&to, 0);
    assert_int_equal(a->left, 65400);
    assert_int_equal(b->left, 65500);
    assert_int_equal(c->left, 65535);
    assert_int_equal(a->right, 65535);
    assert_int_equal(c->right, 65535);
    assert_false(weir_leaf_is_cut(a));
    assert_false(weir_leaf_is_cut(b));
    assert_true(weir_leaf_is_cut(c));
    fake_stock_close(stock);
}

/* A page is full of records from before an age, and moves to one of after it: coarse stamps stay
 * as they are. */
static void moving_a_record_does_not_age_it(void **unused)
{
    (void)unused;
    weir_stock *stock = fake_stock_open(1024, 2, 0);
    static const uint64_t distances[] = {0, 999, 4294967295, 4294967297, 86400000000000};
    const uint64_t noon = UINT64_C(1700000000123456789);
    for (uint32_t i = 0; i < 5; i++)
        for (uint32_t k = 0; k < 5; k++) {
            weir_page pages[2];
            weir_leaf leaves[2];
            uint8_t byte = 0;
            for (uint32_t n = 0; n < 2; n++) {
                pages[n] = weir_stock_take(stock, WEIR_USE_HOLD);
                leaves[n] = weir_leaf_open(stock, pages[n]);
                weir_leaf_entry first = {.data = &byte,
                                         .offset = 10 * n,
                                         .length = 1,
                                         .time_ns = noon + n * distances[k]};
                weir_leaf_insert(&leaves[n], 0, &first);
            }
            weir_leaf_entry second = {
                .data = &byte, .offset = 15, .length = 1, .time_ns = noon - distances[i]};
            weir_leaf_insert(&leaves[1], 1, &second);
            uint64_t before = weir_leaf_time(&leaves[1], 1);
            weir_leaf_move(&leaves[1], 0, &leaves[0]);
            uint64_t after = weir_leaf_time(&leaves[0], 2);
            /* Nearer to its new base it cannot become more exact; farther, it may lose once. */
            if (distances[i] <= distances[k]) assert_int_equal(after, before);
            assert_true((after > before ? after - before : before - after) < 1 << 20);
            weir_stock_put(stock, pages[0], WEIR_USE_HOLD);
            weir_stock_put(stock, pages[1], WEIR_USE_HOLD);
        }
    fake_stock_close(stock);
}

/* Two stamps in one page: to 1 us within an hour, to 1.1 ms within 52 days; beyond that, put there. */
static void stamps_far_apart_are_told_as_near_as_can_be(void **unused)
{
    (void)unused;
    static const struct {
        uint64_t apart, off; /* ns; off: at most */
    } cases[] = {
        {UINT64_C(2000000000), 0},
        {UINT64_C(3600000000000), 1100},
        {UINT64_C(4400000000000000), 1100000},
        {UINT64_MAX / 4, UINT64_MAX / 4 - (UINT64_C(1) << 51)},
    };
    weir_stock *stock = fake_stock_open(1024, 1, 0);
    const uint64_t noon = UINT64_C(1700000000123456789) * 4;
    for (uint32_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        uint64_t apart = cases[i / 2].apart, off;
        uint8_t byte = 0;
        weir_page page = weir_stock_take(stock, WEIR_USE_HOLD);
        weir_leaf leaf = weir_leaf_open(stock, page);
        weir_leaf_entry entry = {.data = &byte, .length = 1, .time_ns = noon};
        weir_leaf_insert(&leaf, 0, &entry);
        entry.offset = 5;
        entry.time_ns = i & 1 ? noon + apart : noon - apart;
        weir_leaf_insert(&leaf, 1, &entry);
        off = entry.time_ns - weir_leaf_time(&leaf, 1);
        if (off >> 63) off = -off;
        assert_true(off <= cases[i / 2].off);
        assert_true((weir_leaf_time(&leaf, 1) > noon) == (i & 1));
        weir_stock_put(stock, page, WEIR_USE_HOLD);
    }
    fake_stock_close(stock);
}

/* ──── the tree ──── */

enum { NODES = 2000 };

typedef struct {
    weir_stock *stock;
    weir_siphash_key key;
    weir_treap treap;
    weir_page root;
    weir_page at[NODES]; /* by first offset; 0: none */
} forest;

static void open_forest(forest *f, uint32_t origin)
{
    memset(f, 0, sizeof *f);
    f->stock = fake_stock_open(1024, NODES, 0);
    f->key = (weir_siphash_key){99, 100};
    f->treap = (weir_treap){f->stock, &f->key, origin};
}

static void plant(forest *f, uint32_t place)
{
    f->at[place] = weir_stock_take(f->stock, WEIR_USE_HOLD);
    weir_leaf_head_of(f->stock, f->at[place])->first = f->treap.origin + place;
    weir_treap_insert(&f->treap, &f->root, f->at[place]);
}

static void fell(forest *f, uint32_t place)
{
    weir_treap_remove(&f->treap, &f->root, f->at[place]);
    weir_stock_put(f->stock, f->at[place], WEIR_USE_HOLD);
    f->at[place] = 0;
}

/* Each is found from its own place on, up to the next. */
static void check_forest(const forest *f)
{
    uint32_t links = f->root != 0, count = 0;
    weir_page last = 0;
    for (uint32_t i = 0; i < NODES; i++) {
        if (f->at[i]) {
            last = f->at[i];
            assert_true(weir_treap_check(&f->treap, last, &links));
            count++;
        }
        assert_int_equal(weir_treap_find(&f->treap, f->root, f->treap.origin + i), last);
    }
    assert_int_equal(links, count);
}

static void the_tree_finds_what_is_in_it(void **unused)
{
    (void)unused;
    forest f;
    uint64_t state = SEED;
    open_forest(&f, UINT32_C(0xfffffff0));
    for (uint32_t i = 0; i < 20000; i++) {
        uint32_t place = (uint32_t)(next_random(&state) % NODES);
        if (f.at[place])
            fell(&f, place);
        else
            plant(&f, place);
        if (i % 100 == 0) check_forest(&f);
    }
    for (uint32_t cut = 0; cut <= NODES; cut += 97) {
        weir_treap_cut(&f.treap, &f.root, f.treap.origin + cut);
        for (uint32_t i = 0; i < cut; i++)
            f.at[i] = 0;
        check_forest(&f);
    }
    weir_treap_cut(&f.treap, &f.root, f.treap.origin + NODES);
    assert_int_equal(f.root, 0);
    fake_stock_close(f.stock);
}

static uint32_t depth_of(const forest *f, uint32_t place)
{
    uint32_t depth = 1;
    for (weir_page page = f->root; page != f->at[place]; depth++) {
        const weir_leaf_head *head = weir_leaf_head_of(f->stock, page);
        page = place < head->first - f->treap.origin ? head->left : head->right;
    }
    return depth;
}

/* In whatever order pages come, the tree is about as deep. */
static void the_tree_is_shallow(void **unused)
{
    (void)unused;
    for (uint32_t order = 0; order < 3; order++) {
        forest f;
        uint32_t deepest = 0, sum = 0;
        open_forest(&f, 0);
        for (uint32_t i = 0; i < NODES; i++)
            plant(&f, order == 0 ? i : order == 1 ? NODES - 1 - i : i * 7919 % NODES);
        for (uint32_t i = 0; i < NODES; i++) {
            uint32_t depth = depth_of(&f, i);
            deepest = depth > deepest ? depth : deepest;
            sum += depth;
        }
        double expected = 1.39 * log2(NODES);
        assert_true(sum < 1.3 * expected * NODES);
        assert_true(deepest < 3.5 * log2(NODES));
        fake_stock_close(f.stock);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_can_be_filled_to_the_brim),
        cmocka_unit_test(garbage_is_won_back),
        cmocka_unit_test(every_offset_is_found),
        cmocka_unit_test(edges_saturate),
        cmocka_unit_test(moving_a_record_does_not_age_it),
        cmocka_unit_test(stamps_far_apart_are_told_as_near_as_can_be),
        cmocka_unit_test(the_tree_finds_what_is_in_it),
        cmocka_unit_test(the_tree_is_shallow),
    };
    return cmocka_run_group_tests_name("leaf", tests, NULL, NULL);
}
