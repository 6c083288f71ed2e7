/* SPDX-License-Identifier: MIT */
/*
 * The histogram beside the values themselves, sorted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bench/histogram.h"

enum { VALUES = 5000 };

static histogram h, other;
static uint64_t values[VALUES];

static uint64_t random_state;

static uint64_t draw(void)
{
    random_state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = random_state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* As many small as large ones: of each length in bits about the same number. */
static uint64_t draw_value(void)
{
    return draw() >> (draw() % 64);
}

static int compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The least of the sorted values so that `tenths` of 10,000 of them are not above it. */
static uint64_t model_quantile(uint32_t count, uint32_t tenths)
{
    uint64_t rank = ((uint64_t)tenths * count + 9999) / 10000;
    return values[rank ? rank - 1 : 0];
}

static void check_quantiles(uint32_t count)
{
    for (uint32_t tenths = 0; tenths <= 10000; tenths++) {
        const uint64_t want = model_quantile(count, tenths);
        const uint64_t got = histogram_quantile(&h, tenths / 10000.0);
        assert_true(got >= want);
        assert_true(got - want <= want / HISTOGRAM_STEPS);
        assert_true(got <= h.max);
    }
    assert_true(histogram_quantile(&h, 1) == values[count - 1]);
}

static void test_buckets_tile_all_values(void **state)
{
    (void)state;
    assert_true(histogram_first(0) == 0);
    assert_true(histogram_last(HISTOGRAM_BUCKETS - 1) == UINT64_MAX);
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        const uint64_t first = histogram_first(i), last = histogram_last(i);
        assert_int_equal(histogram_bucket(first), i);
        assert_int_equal(histogram_bucket(last), i);
        assert_true(last - first <= first / HISTOGRAM_STEPS);
        if (i + 1 < HISTOGRAM_BUCKETS) assert_true(histogram_first(i + 1) == last + 1);
    }
}

static void test_empty(void **state)
{
    (void)state;
    histogram_clear(&h);
    for (int i = 0; i <= 4; i++)
        assert_true(histogram_quantile(&h, i / 4.0) == 0);
    histogram_add_many(&h, 77, 0);
    assert_true(h.count == 0 && h.max == 0);
}

static void test_small_values_are_exact(void **state)
{
    (void)state;
    for (uint64_t value = 0; value < 2 * HISTOGRAM_STEPS; value++) {
        histogram_clear(&h);
        histogram_add(&h, value);
        histogram_add(&h, 1000000);
        assert_true(histogram_quantile(&h, 0.5) == value);
    }
}

static void test_quantiles_beside_sorted_values(void **state)
{
    static const uint32_t counts[] = {1, 2, 3, 10, 99, 1000, VALUES};
    (void)state;
    for (uint32_t n = 0; n < sizeof counts / sizeof *counts; n++) {
        random_state = counts[n];
        histogram_clear(&h);
        for (uint32_t i = 0; i < counts[n]; i++)
            histogram_add(&h, values[i] = draw_value());
        qsort(values, counts[n], sizeof *values, compare);
        assert_true(h.count == counts[n]);
        check_quantiles(counts[n]);
    }
}

/* Some at once and in two histograms is the same as each alone in one. */
static void test_many_and_merge(void **state)
{
    uint32_t count = 0;
    (void)state;
    random_state = 7;
    histogram_clear(&h);
    histogram_clear(&other);
    while (count < VALUES) {
        const uint64_t value = draw_value();
        uint32_t times = (uint32_t)(draw() % 40);
        if (times > VALUES - count) times = VALUES - count;
        histogram_add_many(draw() % 2 ? &h : &other, value, times);
        for (uint32_t i = 0; i < times; i++)
            values[count++] = value;
    }
    histogram_merge(&h, &other);
    qsort(values, VALUES, sizeof *values, compare);
    assert_true(h.count == VALUES);
    check_quantiles(VALUES);
}

static void test_largest_value(void **state)
{
    (void)state;
    histogram_clear(&h);
    histogram_add(&h, UINT64_MAX);
    histogram_add(&h, 0);
    assert_true(histogram_quantile(&h, 0) == 0);
    assert_true(histogram_quantile(&h, 1) == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buckets_tile_all_values),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_small_values_are_exact),
        cmocka_unit_test(test_quantiles_beside_sorted_values),
        cmocka_unit_test(test_many_and_merge),
        cmocka_unit_test(test_largest_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
