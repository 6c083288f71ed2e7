/* SPDX-License-Identifier: MIT */
#include "support/pools.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

void bench_config(bench *b, uint32_t page_bytes, uint64_t unit_bytes, uint64_t limit,
                  uint64_t ceiling)
{
    b->pool = NULL;
    b->engines = 0;
    weir_pool_config_init(&b->config);
    b->config.page_bytes = page_bytes;
    b->config.limit_bytes = limit;
    b->config.ceiling_bytes = ceiling;
    arena_init(&b->arena, unit_bytes, &b->config.platform);
}

void bench_create(bench *b)
{
    assert_int_equal(weir_pool_create(&b->config, &b->pool), WEIR_OK);
    bench_check(b);
}

void bench_open(bench *b, uint32_t page_bytes, uint64_t unit_bytes, uint64_t limit,
                uint64_t ceiling)
{
    bench_config(b, page_bytes, unit_bytes, limit, ceiling);
    bench_create(b);
}

void bench_close(bench *b)
{
    while (b->engines > 0)
        bench_dismiss(b, b->stocks[0]);
    bench_check(b);
    weir_pool_trim(b->pool);
    bench_check(b);
    weir_memory memory = bench_memory(b);
    if (memory.not_returned_bytes == 0)
        assert_int_equal(memory.committed_bytes, b->pool->pages.plan.fixed_bytes);
    assert_int_equal(weir_pool_destroy(b->pool), WEIR_OK);
    assert_false(b->arena.broken);
    assert_int_equal(b->arena.reserves, b->arena.releases);
}

void bench_abandon(bench *b)
{
    bench_check(b);
    weir_unpoison(b->pool, b->arena.bytes);
    b->config.platform.release(&b->arena, b->pool, b->arena.bytes);
    assert_false(b->arena.broken);
    assert_int_equal(b->arena.reserves, b->arena.releases);
}

weir_stock *bench_admit(bench *b)
{
    weir_stock *stock = NULL;
    void *room = NULL;
    assert_int_equal(weir_pool_admit(b->pool, &stock, &room), WEIR_OK);
    assert_int_equal((uintptr_t)room % 64, 0);
    for (uint32_t i = 0; i < WEIR_ROOM_BYTES; i++)
        assert_int_equal(((uint8_t *)room)[i], 0);
    memset(room, 0xa5, WEIR_ROOM_BYTES);
    b->stocks[b->engines++] = stock;
    return stock;
}

void bench_dismiss(bench *b, weir_stock *stock)
{
    uint32_t at = 0;
    while (b->stocks[at] != stock)
        at++;
    b->stocks[at] = b->stocks[--b->engines];
    weir_pool_dismiss(stock, NULL);
}

const char *bench_line(bench *b)
{
    const weir_pool *pool = b->pool;
    unsigned long long unit = pool->pages.plan.unit_bytes;
    snprintf(b->line, sizeof b->line, "used %u warm %u due %u excess %llu units %llu",
             weir_pages_used(&pool->pages), pool->pages.warm.set, pool->due,
             (weir_pool_excess(pool) + unit - 1) / unit, pool->ledger.committed_bytes / unit);
    return b->line;
}

weir_memory bench_memory(const bench *b)
{
    weir_memory memory;
    weir_memory_init(&memory);
    assert_int_equal(weir_pool_memory(b->pool, &memory), WEIR_OK);
    return memory;
}

void bench_check(bench *b)
{
    if (!weir_pool_check(b->pool)) fail_msg("the pool does not hold: %s", bench_line(b));
    for (uint32_t i = 0; i < b->engines; i++) {
        if (!weir_stock_check(b->stocks[i])) fail_msg("stock %u does not hold", i);
    }
    assert_false(b->arena.broken);
}

void bench_take(weir_stock *stock, weir_page *pages, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        pages[i] = weir_stock_take(stock, WEIR_USE_HOLD);
        if (!pages[i]) fail_msg("page %u of %u is refused", i, count);
        memset(weir_page_address(stock, pages[i]), 0x5a, weir_page_bytes(stock));
    }
}

void bench_put(weir_stock *stock, const weir_page *pages, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        weir_stock_put(stock, pages[i], WEIR_USE_HOLD);
}

uint32_t bench_take_all(weir_stock *stock, weir_page *pages, uint32_t most)
{
    uint32_t count = 0;
    while (count < most && (pages[count] = weir_stock_take(stock, WEIR_USE_HOLD)) != 0) {
        memset(weir_page_address(stock, pages[count]), 0x5a, weir_page_bytes(stock));
        count++;
    }
    return count;
}
