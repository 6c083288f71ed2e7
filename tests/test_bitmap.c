/* SPDX-License-Identifier: MIT */
/* The bitmap beside an array of bytes, at every size where a level begins or ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stores/bitmap.h"

#define SEED UINT64_C(20240607)

typedef struct both {
    weir_bitmap bitmap;
    uint8_t *model;
    void *memory;
    uint64_t random;
} both;

static uint32_t draw(both *b, uint32_t below)
{
    b->random ^= b->random << 13;
    b->random ^= b->random >> 7;
    b->random ^= b->random << 17;
    return (uint32_t)(b->random >> 16) % below;
}

/* Memory is poisoned before, so that init must clear it. */
static void open_both(both *b, uint32_t bits)
{
    uint64_t bytes = weir_bitmap_bytes(bits);
    b->random = SEED + bits;
    b->memory = malloc((size_t)bytes);
    b->model = calloc(bits, 1);
    assert_non_null(b->memory);
    assert_non_null(b->model);
    memset(b->memory, 0xa5, (size_t)bytes);
    weir_bitmap_init(&b->bitmap, b->memory, bits);
}

static void close_both(both *b)
{
    free(b->memory);
    free(b->model);
}

static uint32_t model_next(const both *b, uint32_t from)
{
    while (from < b->bitmap.bits && !b->model[from])
        from++;
    return from < b->bitmap.bits ? from : WEIR_BITMAP_NONE;
}

static uint32_t model_previous(const both *b, uint32_t before)
{
    if (before > b->bitmap.bits) before = b->bitmap.bits;
    while (before > 0 && !b->model[before - 1])
        before--;
    return before > 0 ? before - 1 : WEIR_BITMAP_NONE;
}

static void compare(both *b)
{
    uint32_t bits = b->bitmap.bits, at = draw(b, bits);
    assert_int_equal(weir_bitmap_next(&b->bitmap, 0), model_next(b, 0));
    assert_int_equal(weir_bitmap_next(&b->bitmap, at), model_next(b, at));
    assert_int_equal(weir_bitmap_previous(&b->bitmap, WEIR_BITMAP_NONE), model_previous(b, bits));
    assert_int_equal(weir_bitmap_previous(&b->bitmap, at), model_previous(b, at));
    assert_int_equal(weir_bitmap_has(&b->bitmap, at), b->model[at]);
}

static void step(both *b)
{
    uint32_t bits = b->bitmap.bits, at = draw(b, bits), count = draw(b, bits - at + 1);
    if (count > 200 && draw(b, 8)) count = draw(b, 200);
    uint8_t value = (uint8_t)draw(b, 2);
    if (draw(b, 3)) {
        (value ? weir_bitmap_set : weir_bitmap_clear)(&b->bitmap, at);
        b->model[at] = value;
    } else {
        (value ? weir_bitmap_set_range : weir_bitmap_clear_range)(&b->bitmap, at, count);
        memset(b->model + at, value, count);
        int has = weir_bitmap_has_range(&b->bitmap, at, count);
        assert_int_equal(has, count == 0 || value);
    }
    compare(b);
}

static void random_steps_equal_the_model(void **state)
{
    static const uint32_t sizes[] = {1,    2,    63,   64,   65,     100,    127,   128,
                                     4095, 4096, 4097, 5000, 262143, 262144, 262145};
    (void)state;
    printf("seed %llu\n", (unsigned long long)SEED);
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        both b;
        open_both(&b, sizes[s]);
        int steps = sizes[s] > 10000 ? 60 : 3000;
        for (int i = 0; i < steps; i++) {
            step(&b);
            if (i % 50 == 0) assert_true(weir_bitmap_check(&b.bitmap));
        }
        close_both(&b);
    }
}

static void an_empty_set_has_neither_lowest_nor_highest(void **state)
{
    both b;
    (void)state;
    for (uint32_t bits = 1; bits < 300; bits++) {
        open_both(&b, bits);
        assert_int_equal(weir_bitmap_next(&b.bitmap, 0), WEIR_BITMAP_NONE);
        assert_int_equal(weir_bitmap_previous(&b.bitmap, WEIR_BITMAP_NONE), WEIR_BITMAP_NONE);
        weir_bitmap_set(&b.bitmap, bits - 1);
        weir_bitmap_set(&b.bitmap, bits - 1);
        assert_int_equal(b.bitmap.set, 1);
        assert_int_equal(weir_bitmap_next(&b.bitmap, 0), bits - 1);
        assert_int_equal(weir_bitmap_next(&b.bitmap, bits), WEIR_BITMAP_NONE);
        assert_int_equal(weir_bitmap_previous(&b.bitmap, bits - 1), WEIR_BITMAP_NONE);
        weir_bitmap_clear(&b.bitmap, bits - 1);
        weir_bitmap_clear(&b.bitmap, bits - 1);
        assert_int_equal(b.bitmap.set, 0);
        assert_true(weir_bitmap_check(&b.bitmap));
        close_both(&b);
    }
}

static void the_largest_size_has_four_levels(void **state)
{
    both b;
    (void)state;
    open_both(&b, WEIR_BITMAP_MOST);
    assert_int_equal(b.bitmap.levels, WEIR_BITMAP_LEVELS);
    weir_bitmap_set(&b.bitmap, 0);
    weir_bitmap_set(&b.bitmap, WEIR_BITMAP_MOST - 1);
    assert_int_equal(weir_bitmap_next(&b.bitmap, 1), WEIR_BITMAP_MOST - 1);
    assert_int_equal(weir_bitmap_previous(&b.bitmap, WEIR_BITMAP_MOST - 1), 0);
    weir_bitmap_set_range(&b.bitmap, 0, WEIR_BITMAP_MOST);
    assert_int_equal(b.bitmap.set, WEIR_BITMAP_MOST);
    assert_true(weir_bitmap_check(&b.bitmap));
    close_both(&b);
}

/* The check is itself checked: each kind of damage is seen. */
static void the_check_sees_damage(void **state)
{
    both b;
    (void)state;
    open_both(&b, 5000);
    weir_bitmap_set_range(&b.bitmap, 100, 3000);
    for (uint32_t l = 0; l < b.bitmap.levels; l++) {
        b.bitmap.level[l][0] ^= UINT64_C(1) << 33;
        assert_false(weir_bitmap_check(&b.bitmap));
        b.bitmap.level[l][0] ^= UINT64_C(1) << 33;
    }
    b.bitmap.set++;
    assert_false(weir_bitmap_check(&b.bitmap));
    b.bitmap.set--;
    b.bitmap.level[0][5000 / 64] |= UINT64_C(1) << 63;
    assert_false(weir_bitmap_check(&b.bitmap));
    close_both(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_set_has_neither_lowest_nor_highest),
        cmocka_unit_test(random_steps_equal_the_model),
        cmocka_unit_test(the_largest_size_has_four_levels),
        cmocka_unit_test(the_check_sees_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
