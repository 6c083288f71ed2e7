/* SPDX-License-Identifier: MIT */
/*
 * What the kernel says of the system's own platform: resident memory of the pool's mapping by
 * /proc/self/smaps and, beside it, by mincore. Never by the pool's own counters.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ground/platform.h"
#include "support/arena.h"
#include "support/pools.h"
#include "support/sanitized.h"

#define MIB      ((uint64_t)1 << 20)
#define INTERVAL WEIR_POOL_INTERVAL_NS

static weir_page pages[70000];

typedef struct field {
    const char *name;
    uint64_t kib;
} field;

/* Sums fields of /proc/self/smaps over the mappings that lie in the pool's reservation. */
static void read_smaps(const weir_pool *pool, field *fields, int count)
{
    uint64_t start = (uint64_t)(uintptr_t)pool, end = start + pool->pages.plan.total_bytes;
    char line[512];
    int inside = 0;
    FILE *file = fopen("/proc/self/smaps", "r");
    assert_non_null(file);
    for (int i = 0; i < count; i++)
        fields[i].kib = 0;
    while (fgets(line, sizeof line, file)) {
        unsigned long long low, high, kib;
        char name[64];
        if (sscanf(line, "%llx-%llx ", &low, &high) == 2) {
            inside = low >= start && high <= end;
        } else if (inside && sscanf(line, "%63[^:]: %llu kB", name, &kib) == 2) {
            for (int i = 0; i < count; i++)
                if (strcmp(name, fields[i].name) == 0) fields[i].kib += kib;
        }
    }
    fclose(file);
}

/* Bytes of the reservation that are in memory; the two ways of asking must agree. */
static uint64_t resident(const weir_pool *pool)
{
    field rss = {"Rss", 0};
    read_smaps(pool, &rss, 1);
    assert_int_equal(rss.kib * 1024, arena_resident(pool, pool->pages.plan.total_bytes));
    return rss.kib * 1024;
}

static weir_pool *open_pool(uint32_t page_bytes, uint64_t limit, weir_stock **stock)
{
    weir_pool_config config;
    weir_pool *pool;
    void *room;
    weir_pool_config_init(&config);
    config.page_bytes = page_bytes;
    config.limit_bytes = limit;
    assert_int_equal(weir_pool_create(&config, &pool), WEIR_OK);
    assert_int_equal(weir_pool_admit(pool, stock, &room), WEIR_OK);
    return pool;
}

static void close_pool(weir_pool *pool, weir_stock *stock)
{
    uint64_t bytes = pool->pages.plan.total_bytes;
    uint8_t *mapping = (uint8_t *)pool;
    unsigned char there;
    assert_true(weir_pool_check(pool));
    weir_pool_dismiss(stock, NULL);
    weir_pool_trim(pool);
    assert_true(resident(pool) <= pool->pages.plan.fixed_bytes);
    assert_int_equal(weir_pool_destroy(pool), WEIR_OK);
    /* The mapping itself is gone. */
    assert_int_not_equal(mincore(mapping, 4096, &there), 0);
    assert_int_not_equal(mincore(mapping + bytes - 4096, 4096, &there), 0);
}

static void an_idle_pool_is_next_to_nothing(void **state)
{
    weir_stock *stock;
    (void)state;
    weir_pool *pool = open_pool(4096, 256 * MIB, &stock);
    assert_true(resident(pool) <= 64 * 1024);
    close_pool(pool, stock);
}

static void after_a_burst_memory_goes_back_within_two_intervals(void **state)
{
    weir_stock *stock;
    (void)state;
    weir_pool *pool = open_pool(4096, 128 * MIB, &stock);
    uint64_t before = resident(pool), now = 5 * WEIR_SECOND;
    weir_pool_tick(stock, now);
    bench_take(stock, pages, 20000);
    assert_true(resident(pool) >= before + 20000 * 4096);
    bench_put(stock, pages, 20000);
    assert_true(resident(pool) >= before + 20000 * 4096); /* not at once */
    weir_pool_tick(stock, now += INTERVAL);
    int runs = 0;
    for (now += INTERVAL; weir_pool_tick(stock, now); now += 1000)
        runs++;
    assert_true(runs >= 20000 / 64 - 10 && runs < 20000 / 64 + 10);
    /* The slack stays, and the floor. */
    assert_true(resident(pool) <= before + (64 + 80 + 2) * 4096);
    assert_true(resident(pool) >= before + 64 * 4096);
    close_pool(pool, stock);
}

static void trim_returns_everything_at_once(void **state)
{
    weir_stock *stock;
    (void)state;
    weir_pool *pool = open_pool(4096, 128 * MIB, &stock);
    uint64_t before = resident(pool);
    bench_take(stock, pages, 20000);
    uint64_t full = resident(pool);
    bench_put(stock, pages, 20000);
    weir_stock_return(stock);
    uint64_t bytes = weir_pool_trim(pool);
    assert_true(resident(pool) <= before + (WEIR_FLOOR_PAGES + 1) * 4096);
    assert_true(bytes >= full - resident(pool));
    close_pool(pool, stock);
}

/* Every second page is still held. */
static void any_system_page_goes_back_whatever_its_neighbours_hold(void **state)
{
    weir_stock *stock;
    (void)state;
    weir_pool *pool = open_pool(4096, 64 * MIB, &stock);
    bench_take(stock, pages, 8000);
    uint64_t full = resident(pool);
    for (int i = 0; i < 8000; i += 2)
        weir_stock_put(stock, pages[i], WEIR_USE_HOLD);
    weir_stock_return(stock);
    weir_pool_trim(pool);
    assert_true(resident(pool) <= full - (4000 - 100) * 4096);
    for (int i = 1; i < 8000; i += 2)
        weir_stock_put(stock, pages[i], WEIR_USE_HOLD);
    close_pool(pool, stock);
}

/* Four pages to a system page: it goes with the last of them. */
static void small_pages_go_back_when_their_system_page_is_free(void **state)
{
    weir_stock *stock;
    (void)state;
    weir_pool *pool = open_pool(1024, 64 * MIB, &stock);
    bench_take(stock, pages, 16000);
    uint64_t full = resident(pool);
    for (int i = 0; i < 16000; i++)
        if (pages[i] % 4) weir_stock_put(stock, pages[i], WEIR_USE_HOLD);
    weir_stock_return(stock);
    weir_pool_trim(pool);
    assert_true(resident(pool) >= full - 100 * 4096);
    for (int i = 0; i < 16000; i++)
        if (pages[i] % 4 == 0) weir_stock_put(stock, pages[i], WEIR_USE_HOLD);
    weir_stock_return(stock);
    weir_pool_trim(pool);
    assert_true(resident(pool) <= full - 3900 * 4096);
    close_pool(pool, stock);
}

/* Everything that can be had is touched: the kernel counts no more than the limit, at any time. */
static void the_kernel_never_counts_more_than_the_limit(void **state)
{
    (void)state;
    for (uint32_t page = 1024; page <= 16384; page *= 2) {
        weir_stock *stock;
        weir_pool *pool = open_pool(page, 8 * MIB, &stock);
        for (int round = 0; round < 3; round++) {
            uint32_t count = bench_take_all(stock, pages, 70000);
            weir_page floor[WEIR_FLOOR_PAGES];
            for (uint32_t i = 0; i < WEIR_FLOOR_PAGES; i++) {
                floor[i] = weir_stock_take_floor(stock, WEIR_USE_HOLD);
                memset(weir_page_address(stock, floor[i]), 1, page);
            }
            assert_true(resident(pool) <= 8 * MIB);
            assert_true(resident(pool) >= 8 * MIB - 64 * 1024);
            bench_put(stock, floor, WEIR_FLOOR_PAGES);
            bench_put(stock, pages, count);
            assert_true(resident(pool) <= 8 * MIB);
            if (round == 1) weir_pool_trim(pool);
        }
        close_pool(pool, stock);
    }
}

static void a_lowered_limit_holds_by_the_kernels_count(void **state)
{
    weir_stock *stock;
    (void)state;
    weir_pool *pool = open_pool(4096, 64 * MIB, &stock);
    uint32_t count = bench_take_all(stock, pages, 70000);
    for (uint64_t limit = 60 * MIB; limit > 8 * MIB; limit -= 8 * MIB) {
        assert_int_equal(weir_pool_set_limit(pool, limit), WEIR_OK);
        weir_stock_return(stock);
        while (weir_pool_excess(pool) > 0)
            weir_stock_put(stock, pages[--count], WEIR_USE_HOLD);
        assert_true(resident(pool) <= limit);
    }
    bench_put(stock, pages, count);
    close_pool(pool, stock);
}

static void a_table_that_shrank_gives_its_descriptors_back(void **state)
{
    weir_stock *stock;
    (void)state;
    weir_pool *pool = open_pool(1024, 128 * MIB, &stock);
    bench_take(stock, pages, 65536); /* 2 MiB of descriptors */
    bench_put(stock, pages, 65536);
    weir_stock_return(stock);
    weir_pool_trim(pool);
    const weir_area *area = &pool->pages.cover_area;
    assert_true(arena_resident(area->at, area->bytes) <= 2 * 4096);
    close_pool(pool, stock);
}

static void warmed_pages_are_resident(void **state)
{
    weir_stock *stock;
    (void)state;
    weir_pool *pool = open_pool(4096, 64 * MIB, &stock);
    uint64_t before = resident(pool);
    while (weir_pool_warm(stock)) {
    }
    assert_true(resident(pool) >= before + 64 * 4096);
    assert_true(resident(pool) <= before + 66 * 4096);
    close_pool(pool, stock);
}

static void no_huge_page_ever(void **state)
{
    field fields[] = {{"AnonHugePages", 0}, {"THPeligible", 0}, {"Rss", 0}};
    weir_stock *stock;
    (void)state;
    weir_pool *pool = open_pool(4096, 256 * MIB, &stock);
    bench_take(stock, pages, 50000);
    read_smaps(pool, fields, 3);
    assert_int_equal(fields[0].kib, 0);
    assert_true(fields[2].kib * 1024 >= (uint64_t)50000 * 4096);
    bench_put(stock, pages, 50000);
    close_pool(pool, stock);
}

/* mlock: MADV_DONTNEED refuses, MADV_DONTNEED_LOCKED does it; before Linux 5.18 it is counted as
 * kept. */
static void locked_memory_goes_back_or_is_counted(void **state)
{
    weir_stock *stock;
    (void)state;
    weir_pool *pool = open_pool(4096, 16 * MIB, &stock);
    bench_take(stock, pages, 1000);
    uint8_t *from = pool->pages.page_area.at + 4096; /* page 0 is no one's; mlock would touch it */
    if (mlock(from, 1000 * 4096)) {
        bench_put(stock, pages, 1000);
        close_pool(pool, stock);
        skip();
    }
    uint64_t full = resident(pool);
    bench_put(stock, pages, 1000);
    weir_stock_return(stock);
    uint64_t bytes = weir_pool_trim(pool);
    if (pool->ledger.not_returned_bytes == 0)
        assert_true(resident(pool) <= full - 900 * 4096);
    else
        assert_true(resident(pool) >= full - bytes);
    munlock(from, 1000 * 4096);
    close_pool(pool, stock);
}

/* ── limits of the system; not with sanitizers, which need memory of their own ── */

/* Valgrind plays the system's part and knows no RLIMIT_DATA. */
static int in_valgrind(void)
{
    const char *preload = getenv("LD_PRELOAD");
    return preload && strstr(preload, "vgpreload") != NULL;
}

static uint64_t data_bytes(void)
{
    char line[256];
    unsigned long long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "VmData: %llu kB", &kib) == 1) break;
    fclose(file);
    return kib * 1024;
}

/* The system's refusal is a refusal, not a kill; and it passes. */
static void a_limit_of_the_system_refuses_with_an_error(void **state)
{
    struct rlimit old = {0, 0}, low;
    weir_stock *stock;
    (void)state;
    if (SANITIZED || in_valgrind() || getrlimit(RLIMIT_DATA, &old)) skip();
    weir_pool *pool = open_pool(4096, 64 * MIB, &stock);
    low = old;
    low.rlim_cur = (rlim_t)(data_bytes() + 4 * MIB);
    assert_int_equal(setrlimit(RLIMIT_DATA, &low), 0);
    uint32_t count = bench_take_all(stock, pages, 70000);
    int holds = weir_pool_check(pool);
    assert_int_equal(setrlimit(RLIMIT_DATA, &old), 0);
    assert_true(holds);
    assert_true(count < 8 * MIB / 4096);
    assert_true(count > 2 * MIB / 4096);
    assert_true(resident(pool) <= 8 * MIB);
    bench_take(stock, pages + count, 100);
    bench_put(stock, pages, count + 100);
    close_pool(pool, stock);
}

/* The pool does not exist in a child: neither read nor paid for. */
static void a_forked_child_has_no_pool(void **state)
{
    weir_stock *stock;
    int status;
    (void)state;
    weir_pool *pool = open_pool(4096, 16 * MIB, &stock);
    bench_take(stock, pages, 100);
    void *address = weir_page_address(stock, pages[0]);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        unsigned char there;
        _exit(mincore(address, 4096, &there) == 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    bench_put(stock, pages, 100);
    close_pool(pool, stock);
}

static void random_bytes_are_the_systems(void **state)
{
    uint8_t first[16] = {0}, second[16] = {0};
    (void)state;
    assert_int_equal(weir_platform_random(first), 1);
    assert_int_equal(weir_platform_random(second), 1);
    assert_memory_not_equal(first, second, sizeof first);
}

/* A filter that forbids the call, as a container may: the key comes from elsewhere, and nothing blocks. */
static int forbid_getrandom(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getrandom, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof code[0], .filter = code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static void without_random_bytes_there_is_still_a_key(void **state)
{
    uint8_t bytes[16] = {0};
    int status;
    (void)state;
    if (SANITIZED || in_valgrind()) skip();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (!forbid_getrandom()) _exit(77);
        int system = weir_platform_random(bytes);
        _exit(system || memcmp(bytes, bytes + 8, 8) == 0 || memcmp(bytes, &(uint64_t){0}, 8) == 0 ||
              memcmp(bytes + 8, &(uint64_t){0}, 8) == 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_idle_pool_is_next_to_nothing),
        cmocka_unit_test(after_a_burst_memory_goes_back_within_two_intervals),
        cmocka_unit_test(trim_returns_everything_at_once),
        cmocka_unit_test(any_system_page_goes_back_whatever_its_neighbours_hold),
        cmocka_unit_test(small_pages_go_back_when_their_system_page_is_free),
        cmocka_unit_test(the_kernel_never_counts_more_than_the_limit),
        cmocka_unit_test(a_lowered_limit_holds_by_the_kernels_count),
        cmocka_unit_test(a_table_that_shrank_gives_its_descriptors_back),
        cmocka_unit_test(warmed_pages_are_resident),
        cmocka_unit_test(no_huge_page_ever),
        cmocka_unit_test(locked_memory_goes_back_or_is_counted),
        cmocka_unit_test(a_limit_of_the_system_refuses_with_an_error),
        cmocka_unit_test(a_forked_child_has_no_pool),
        cmocka_unit_test(random_bytes_are_the_systems),
        cmocka_unit_test(without_random_bytes_there_is_still_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
