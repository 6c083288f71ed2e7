/* SPDX-License-Identifier: MIT */
/* What a pool may be: configurations and their reasons, old and new programs, the smallest limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/pools.h"

#define KIB ((uint64_t)1024)
#define MIB ((uint64_t)1 << 20)

/* ── configuration ── */

static void defaults_are_as_documented(void **state)
{
    weir_pool_config config;
    (void)state;
    memset(&config, 0xa5, sizeof config);
    weir_pool_config_init(&config);
    assert_int_equal(config.struct_size, sizeof config);
    assert_int_equal(config.limit_bytes, 64 * MIB);
    assert_int_equal(config.ceiling_bytes, 0);
    assert_int_equal(config.page_bytes, 4096);
    assert_int_equal(config.conn_share_percent, 50);
    assert_int_equal(config.frag_share_percent, 5);
    assert_int_equal(config.max_engines, 16);
    assert_int_equal(config.watermark_percent, 90);
    assert_null(config.platform.reserve);
}

typedef struct wrong {
    const char *what;
    size_t offset;
    uint32_t value;
    int error;
} wrong;

#define FIELD(name, value, error)                                                                  \
    {                                                                                              \
#name " " #value, offsetof(weir_pool_config, name), value, error                           \
    }

static void each_impossible_configuration_is_refused_with_its_reason(void **state)
{
    static const wrong wrongs[] = {
        FIELD(struct_size, 0, WEIR_ERR_STRUCT_SIZE),
        FIELD(struct_size, 7, WEIR_ERR_STRUCT_SIZE),
        FIELD(struct_size, 1000000, WEIR_ERR_STRUCT_SIZE),
        FIELD(page_bytes, 0, WEIR_ERR_PAGE_SIZE),
        FIELD(page_bytes, 512, WEIR_ERR_PAGE_SIZE),
        FIELD(page_bytes, 1900, WEIR_ERR_PAGE_SIZE),
        FIELD(page_bytes, 32768, WEIR_ERR_PAGE_SIZE),
        FIELD(conn_share_percent, 0, WEIR_ERR_SHARE),
        FIELD(conn_share_percent, 91, WEIR_ERR_SHARE),
        FIELD(frag_share_percent, 0, WEIR_ERR_SHARE),
        FIELD(frag_share_percent, 46, WEIR_ERR_SHARE),
        FIELD(max_engines, 0, WEIR_ERR_ARGUMENT),
        FIELD(max_engines, 257, WEIR_ERR_ARGUMENT),
        FIELD(watermark_percent, 0, WEIR_ERR_ARGUMENT),
        FIELD(watermark_percent, 101, WEIR_ERR_ARGUMENT),
        FIELD(limit_bytes, 0, WEIR_ERR_LIMIT_TOO_SMALL),
        FIELD(limit_bytes, 4096, WEIR_ERR_LIMIT_TOO_SMALL),
        FIELD(limit_bytes, 200000, WEIR_ERR_LIMIT_TOO_SMALL),
        FIELD(ceiling_bytes, 1000000, WEIR_ERR_LIMIT_TOO_LARGE),
        FIELD(platform.unit_bytes, 4096, WEIR_ERR_ARGUMENT),
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        weir_pool_config config;
        weir_pool *pool = NULL;
        weir_pool_config_init(&config);
        memcpy((uint8_t *)&config + wrongs[i].offset, &wrongs[i].value, sizeof wrongs[i].value);
        int error = weir_pool_create(&config, &pool);
        if (error != wrongs[i].error || pool) fail_msg("%s gives %d", wrongs[i].what, error);
    }
    weir_pool_config config;
    weir_pool_config_init(&config);
    assert_int_equal(weir_pool_create(NULL, NULL), WEIR_ERR_ARGUMENT);
    assert_int_equal(weir_pool_create(&config, NULL), WEIR_ERR_ARGUMENT);
}

static void units_that_are_none_are_refused(void **state)
{
    static const uint64_t units[] = {0, 2048, 4097, 12288, 4 * MIB};
    bench b;
    (void)state;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        bench_config(&b, 4096, 4096, 8 * MIB, 0);
        b.config.platform.unit_bytes = units[i];
        assert_int_equal(weir_pool_create(&b.config, &b.pool), WEIR_ERR_ARGUMENT);
        assert_int_equal(weir_pool_smallest_limit(&b.config), 0);
    }
}

/* References of pages have 24 bits. */
static void a_ceiling_of_more_pages_than_have_numbers_is_refused(void **state)
{
    weir_pool_config config;
    weir_pool *pool = NULL;
    (void)state;
    for (uint32_t page = 1024; page <= 16384; page *= 2) {
        weir_pool_config_init(&config);
        config.page_bytes = page;
        config.ceiling_bytes = ((uint64_t)page << 24) + 4096;
        assert_int_equal(weir_pool_create(&config, &pool), WEIR_ERR_LIMIT_TOO_LARGE);
        assert_int_equal(weir_pool_smallest_limit(&config), 0);
        config.ceiling_bytes = UINT64_MAX;
        assert_int_equal(weir_pool_create(&config, &pool), WEIR_ERR_LIMIT_TOO_LARGE);
    }
    weir_pool_config_init(&config);
    config.page_bytes = 1024;
    config.ceiling_bytes = (uint64_t)1024 << 24;
    assert_int_equal(weir_pool_create(&config, &pool), WEIR_OK);
    assert_int_equal(pool->pages.plan.pages, 1 << 24);
    assert_true(weir_pool_check(pool));
    assert_int_equal(weir_pool_destroy(pool), WEIR_OK);
}

static void an_older_program_has_defaults_for_what_it_does_not_know(void **state)
{
    weir_pool_config config;
    weir_pool *pool = NULL;
    (void)state;
    weir_pool_config_init(&config);
    config.limit_bytes = 4 * MIB;
    config.struct_size = offsetof(weir_pool_config, max_engines);
    config.max_engines = 0xffffffff;
    config.watermark_percent = 0xffffffff;
    memset(&config.platform, 0xa5, sizeof config.platform);
    assert_int_equal(weir_pool_create(&config, &pool), WEIR_OK);
    assert_int_equal(weir_pool_limit(pool), 4 * MIB);
    assert_int_equal(weir_pool_watermark(pool), 90);
    assert_int_equal(pool->config.max_engines, 16);
    assert_int_equal(weir_pool_destroy(pool), WEIR_OK);
    config.struct_size = sizeof config.struct_size;
    assert_int_equal(weir_pool_create(&config, &pool), WEIR_OK);
    assert_int_equal(weir_pool_limit(pool), 64 * MIB);
    assert_int_equal(weir_pool_destroy(pool), WEIR_OK);
}

static void a_newer_program_is_served_while_it_wants_nothing_new(void **state)
{
    struct {
        weir_pool_config config;
        uint64_t newer[2];
    } given = {.newer = {0, 0}};
    weir_pool *pool = NULL;
    (void)state;
    weir_pool_config_init(&given.config);
    given.config.struct_size = sizeof given;
    assert_int_equal(weir_pool_create(&given.config, &pool), WEIR_OK);
    assert_int_equal(weir_pool_destroy(pool), WEIR_OK);
    given.newer[1] = 1;
    assert_int_equal(weir_pool_create(&given.config, &pool), WEIR_ERR_STRUCT_SIZE);
}

static void a_report_fills_what_the_program_has(void **state)
{
    struct {
        weir_memory memory;
        uint64_t newer;
    } got;
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 8 * MIB, 0);
    memset(&got, 0xa5, sizeof got);
    got.memory.struct_size = 0;
    assert_int_equal(weir_pool_memory(b.pool, &got.memory), WEIR_ERR_STRUCT_SIZE);
    assert_int_equal(weir_pool_memory(b.pool, NULL), WEIR_ERR_ARGUMENT);
    assert_int_equal(weir_pool_memory(NULL, &got.memory), WEIR_ERR_ARGUMENT);
    got.memory.struct_size = offsetof(weir_memory, committed_bytes);
    assert_int_equal(weir_pool_memory(b.pool, &got.memory), WEIR_OK);
    assert_int_equal(got.memory.limit_bytes, 8 * MIB);
    assert_int_equal(got.memory.committed_bytes, 0xa5a5a5a5a5a5a5a5);
    got.memory.struct_size = sizeof got;
    assert_int_equal(weir_pool_memory(b.pool, &got.memory), WEIR_OK);
    assert_int_equal(got.memory.struct_size, sizeof got);
    assert_int_equal(got.memory.committed_bytes, b.pool->pages.plan.fixed_bytes);
    assert_int_equal(got.newer, 0);
    bench_close(&b);
}

/* ── the plan ── */

static uint64_t units(uint64_t bytes, uint64_t unit)
{
    return (bytes + unit - 1) / unit * unit;
}

/* The areas follow one another, none larger than what lies in it needs. */
static void the_plan_wastes_nothing(void **state)
{
    static const uint64_t sizes[] = {4096, 65536, 2 * MIB};
    weir_plan plan;
    bench b;
    (void)state;
    for (uint64_t ceiling = 8 * MIB; ceiling < 80 * MIB; ceiling += MIB / 2) {
        for (size_t u = 0; u < 3; u++) {
            uint64_t unit = sizes[u];
            bench_config(&b, (uint32_t)1024 << u, unit, ceiling, 0);
            assert_int_equal(weir_plan_make(&plan, &b.config, ceiling, 1024), WEIR_OK);
            assert_int_equal(plan.rooms_at, plan.fixed_bytes);
            assert_int_equal(plan.scratch_at, plan.rooms_at + units(16 * plan.slot_bytes, unit));
            assert_int_equal(plan.descriptors_at, plan.scratch_at + 16 * units(65536, unit));
            assert_int_equal(plan.pages_at, plan.descriptors_at + units(plan.pages * 32, unit));
            assert_int_equal(plan.total_bytes, plan.pages_at + ceiling / unit * unit);
        }
        /* 66 ppm with small units, as stated. */
        bench_config(&b, 4096, 4096, ceiling, 0);
        assert_int_equal(weir_plan_make(&plan, &b.config, ceiling, 1024), WEIR_OK);
        assert_true(plan.fixed_bytes <= 1024 + 256 + ceiling / 1000000 * 70 + 4096);
    }
}

/* ── the smallest limit ── */

static void smallest_works_and_one_less_does_not(uint32_t page, uint64_t unit, uint64_t ceiling,
                                                 uint32_t conn_share)
{
    bench b;
    weir_page page_taken;
    bench_config(&b, page, unit, 0, ceiling);
    b.config.conn_share_percent = conn_share;
    uint64_t smallest = weir_pool_smallest_limit(&b.config);
    assert_int_not_equal(smallest, 0);
    b.config.limit_bytes = smallest - 1;
    assert_int_equal(weir_pool_create(&b.config, &b.pool), WEIR_ERR_LIMIT_TOO_SMALL);
    b.config.limit_bytes = smallest;
    bench_create(&b);
    weir_stock *stock = bench_admit(&b);
    for (int i = 0; i < 40; i++)
        bench_take(stock, &page_taken, 1);
    for (int i = 0; i < 8; i++)
        assert_int_not_equal(weir_stock_take(stock, WEIR_USE_CONN), 0);
    assert_true(b.pool->ledger.peak_bytes <= smallest);
    bench_check(&b);
    assert_int_equal(weir_pool_set_limit(b.pool, smallest - 1), WEIR_ERR_LIMIT_TOO_SMALL);
    bench_abandon(&b);
}

static void the_smallest_limit_is_exact(void **state)
{
    static const uint64_t units[] = {4096, 16384, 65536, 2 * MIB};
    static const uint64_t ceilings[] = {0, 16 * MIB, 128 * MIB};
    (void)state;
    for (uint32_t page = 1024; page <= 16384; page *= 2) {
        for (size_t u = 0; u < 4; u++) {
            for (size_t c = 0; c < 3; c++) {
                smallest_works_and_one_less_does_not(page, units[u], ceilings[c], 50);
                smallest_works_and_one_less_does_not(page, units[u], ceilings[c], 90);
            }
            smallest_works_and_one_less_does_not(page, units[u], 128 * MIB, 1);
        }
    }
}

static void a_ceiling_below_any_limit_has_no_smallest(void **state)
{
    weir_pool_config config;
    (void)state;
    weir_pool_config_init(&config);
    config.ceiling_bytes = 100000;
    assert_int_equal(weir_pool_smallest_limit(&config), 0);
    assert_int_equal(weir_pool_smallest_limit(NULL), 0);
    weir_pool_config_init(&config);
    assert_true(weir_pool_smallest_limit(&config) < 400 * KIB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_as_documented),
        cmocka_unit_test(each_impossible_configuration_is_refused_with_its_reason),
        cmocka_unit_test(units_that_are_none_are_refused),
        cmocka_unit_test(a_ceiling_of_more_pages_than_have_numbers_is_refused),
        cmocka_unit_test(an_older_program_has_defaults_for_what_it_does_not_know),
        cmocka_unit_test(a_newer_program_is_served_while_it_wants_nothing_new),
        cmocka_unit_test(a_report_fills_what_the_program_has),
        cmocka_unit_test(the_plan_wastes_nothing),
        cmocka_unit_test(the_smallest_limit_is_exact),
        cmocka_unit_test(a_ceiling_below_any_limit_has_no_smallest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
