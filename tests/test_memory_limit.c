/* SPDX-License-Identifier: MIT */
/*
 * What this process may have: a small /proc and /sys for each case, the answer in bytes and who
 * gave it.
 */
#include "support/system_tree.h"
#include "support/tool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cgroup.h"
#include "memory_limit.h"

#define MIB ((uint64_t)1 << 20)

/* Wants the limit in bytes and its text. */
static void limit_is(uint64_t bytes, const char *text)
{
    memory_limit limit;
    memory_limit_find(&limit);
    assert_string_equal(limit.text, text);
    assert_int_equal(limit.bytes, bytes);
}

static void host(const tool_place *place, const char *kib)
{
    char text[128];
    (void)snprintf(text, sizeof text, "MemTotal:       %s kB\nMemFree:  1 kB\n", kib);
    system_tree_put(place, "/proc/meminfo", text);
}

/* A host with version 2 alone. */
static void unified(const tool_place *place, const char *own)
{
    char text[256];
    (void)snprintf(text, sizeof text, "0::%s\n", own);
    host(place, "1048576");
    system_tree_put(place, "/proc/self/cgroup", text);
    system_tree_put(place, "/proc/self/mountinfo",
                    "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
                    "31 22 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n");
}

/* ── Version 2 ───────────────────────────────────────────────────────────────────────────────── */

static void nothing_known(void **state)
{
    (void)state;
    limit_is(UINT64_MAX, "");
}

static void the_host_alone(void **state)
{
    host(*state, "2048");
    limit_is(2 * MIB, "memory of this host");
}

static void own_limit(void **state)
{
    unified(*state, "/pod/box");
    system_tree_put(*state, "/sys/fs/cgroup/pod/box/memory.max", "268435456\n");
    system_tree_put(*state, "/sys/fs/cgroup/pod/memory.max", "max\n");
    limit_is(256 * MIB, "cgroup /sys/fs/cgroup/pod/box/memory.max");
}

static void any_parents_limit(void **state)
{
    unified(*state, "/pod/box/inner");
    system_tree_put(*state, "/sys/fs/cgroup/pod/box/inner/memory.max", "268435456\n");
    system_tree_put(*state, "/sys/fs/cgroup/pod/memory.max", "134217728\n");
    limit_is(128 * MIB, "cgroup /sys/fs/cgroup/pod/memory.max");
}

static void max_is_no_limit(void **state)
{
    unified(*state, "/pod");
    system_tree_put(*state, "/sys/fs/cgroup/pod/memory.max", "max\n");
    system_tree_put(*state, "/sys/fs/cgroup/pod/memory.high", "max\n");
    limit_is(1024 * MIB, "memory of this host");
}

static void the_brake_counts(void **state)
{
    unified(*state, "/pod");
    system_tree_put(*state, "/sys/fs/cgroup/pod/memory.max", "268435456\n");
    system_tree_put(*state, "/sys/fs/cgroup/pod/memory.high", "201326592\n");
    limit_is(192 * MIB, "cgroup /sys/fs/cgroup/pod/memory.high");
}

/* A cgroup namespace: one's own path is "/", and the mount shows its root. */
static void in_a_namespace(void **state)
{
    unified(*state, "/");
    system_tree_put(*state, "/sys/fs/cgroup/memory.max", "67108864\n");
    limit_is(64 * MIB, "cgroup /sys/fs/cgroup/memory.max");
}

/* Entered from outside: the path leads out of what the mounts show. */
static void outside_of_the_namespace(void **state)
{
    unified(*state, "/../../other");
    system_tree_put(*state, "/sys/fs/cgroup/memory.max", "67108864\n");
    limit_is(64 * MIB, "cgroup /sys/fs/cgroup/memory.max");
}

/* ── Version 1, and both ─────────────────────────────────────────────────────────────────────── */

static void version_one(void **state)
{
    host(*state, "1048576");
    system_tree_put(*state, "/proc/self/cgroup",
                    "9:name=systemd:/user\n5:cpu,memory:/box/a\n2:memory_other:/c\n");
    system_tree_put(*state, "/proc/self/mountinfo",
                    "33 31 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
                    "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,cpu,memory\n");
    system_tree_put(*state, "/sys/fs/cgroup/memory/box/a/memory.limit_in_bytes",
                    "9223372036854771712\n");
    system_tree_put(*state, "/sys/fs/cgroup/memory/box/memory.limit_in_bytes", "134217728\n");
    limit_is(128 * MIB, "cgroup /sys/fs/cgroup/memory/box/memory.limit_in_bytes");
    system_tree_put(*state, "/sys/fs/cgroup/memory/box/a/memory.stat",
                    "cache 0\nhierarchical_memory_limit 100663296\n");
    limit_is(96 * MIB, "cgroup /sys/fs/cgroup/memory/box/a/memory.stat");
}

/* A container without a namespace of its own: the mount shows only its part of the tree. Another
 * mount of the same kind shows another part. */
static void a_part_is_mounted(void **state)
{
    host(*state, "1048576");
    system_tree_put(*state, "/proc/self/cgroup", "5:memory:/docker/7f/in\n");
    system_tree_put(*state, "/proc/self/mountinfo",
                    "34 31 0:32 /docker/7 /mnt/other rw - cgroup cgroup rw,memory\n"
                    "35 31 0:32 /docker/7f /sys/fs/cgroup/mem\\040ory ro - cgroup c rw,memory\n");
    system_tree_put(*state, "/mnt/other/memory.limit_in_bytes", "4096\n");
    system_tree_put(*state, "/sys/fs/cgroup/mem ory/memory.limit_in_bytes", "134217728\n");
    system_tree_put(*state, "/sys/fs/cgroup/mem ory/in/memory.limit_in_bytes", "268435456\n");
    limit_is(128 * MIB, "cgroup /sys/fs/cgroup/mem ory/memory.limit_in_bytes");
}

/* Side by side: the controller is in version 1, and version 2 says nothing; then the other way. */
static void hybrid(void **state)
{
    host(*state, "1048576");
    system_tree_put(*state, "/proc/self/cgroup", "4:memory:/a\n0::/b\n");
    system_tree_put(*state, "/proc/self/mountinfo",
                    "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
                    "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
    system_tree_put(*state, "/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "134217728\n");
    limit_is(128 * MIB, "cgroup /sys/fs/cgroup/memory/a/memory.limit_in_bytes");
    system_tree_put(*state, "/sys/fs/cgroup/unified/b/memory.max", "33554432\n");
    limit_is(32 * MIB, "cgroup /sys/fs/cgroup/unified/b/memory.max");
}

static void files_of_nonsense(void **state)
{
    unified(*state, "/pod");
    system_tree_put(*state, "/sys/fs/cgroup/pod/memory.max", "");
    system_tree_put(*state, "/sys/fs/cgroup/memory.max", "lots\n");
    limit_is(1024 * MIB, "memory of this host");
    system_tree_put(*state, "/proc/self/mountinfo", "31\nfoo bar\n - - - - - - - -\n");
    system_tree_put(*state, "/proc/self/cgroup", "\n:::\n0:\n");
    limit_is(1024 * MIB, "memory of this host");
    host(*state, "none");
    limit_is(UINT64_MAX, "");
    host(*state, "18014398509481984");
    limit_is(UINT64_MAX, "");
}

/* ── rlimits ─────────────────────────────────────────────────────────────────────────────────── */

static void resource_limits(void **state)
{
    host(*state, "1048576");
    system_tree_put(*state, "/proc/self/limits",
                    "Limit                     Soft Limit           Hard Limit           Units\n"
                    "Max data size             unlimited            10                   bytes\n"
                    "Max address space         536870912            unlimited            bytes\n");
    limit_is(512 * MIB, "ulimit -v");
    system_tree_put(*state, "/proc/self/limits",
                    "Max data size             268435456            unlimited            bytes\n"
                    "Max address space         536870912            unlimited            bytes\n");
    limit_is(256 * MIB, "ulimit -d");
}

/* ── Wishes ──────────────────────────────────────────────────────────────────────────────────── */

/* What a text comes to where so much is there; 0 where the text is refused. */
static uint64_t wished(const tool_place *place, const char *kib, const char *text)
{
    memory_wish wish;
    memory_limit of;
    if (kib) host(place, kib);
    return memory_wish_parse(text, &wish) ? memory_wish_bytes(&wish, 64 * MIB, &of) : 0;
}

static void wishes(void **state)
{
    assert_int_equal(wished(*state, NULL, "auto"), 64 * MIB); /* nothing is known */
    assert_int_equal(wished(*state, NULL, "25%"), 0);
    assert_int_equal(wished(*state, "1048576", "25%"), 256 * MIB);
    assert_int_equal(wished(*state, "1048576", "100%"), 1024 * MIB);
    assert_int_equal(wished(*state, "1048576", "auto"), 256 * MIB);
    assert_int_equal(wished(*state, "10485760", "auto"), 1024 * MIB); /* at most */
    assert_int_equal(wished(*state, "10485760", "25%"), 2560 * MIB);
    assert_int_equal(wished(*state, "12288", "auto"), 4 * MIB); /* at least */
    assert_int_equal(wished(*state, "6144", "auto"), 3 * MIB);  /* but not more than half */
    assert_int_equal(wished(*state, "6144", "7MiB"), 7 * MIB);
    assert_int_equal(wished(*state, "6144", "0"), 1);
}

static void no_wishes(void **state)
{
    static const char *const texts[] = {"",     "%",     "0%",   "101%",       "25 %",
                                        "25%%", "-5%",   "2.5%", "000000025%", "half",
                                        "AUTO", "auto%", "64MB", "4294967321%"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (wished(*state, "1048576", texts[i]) != 0) fail_msg("'%s' is taken", texts[i]);
}

/* ── The program ─────────────────────────────────────────────────────────────────────────────── */

static void the_program_takes_it(void **state)
{
    const tool_place *place = *state;
    tool_result result;
    char text[32];
    (void)tool_traffic(tool_path(place, "a"), "bulk", 0.0001);
    unified(place, "/pod");
    system_tree_put(place, "/sys/fs/cgroup/pod/memory.max", "268435456\n");
    result = tool_run(place, NULL, "run -r @/a --jsonl --mem auto");
    assert_int_equal(result.exit_code, 0);
    assert_string_equal(result.err, "weir: --mem auto is 64.0 MiB: of 256.0 MiB, cgroup "
                                    "/sys/fs/cgroup/pod/memory.max\n");
    (void)snprintf(text, sizeof text, "\"limit_bytes\":%llu,", 64ULL << 20);
    assert_non_null(strstr(result.out, text));
    tool_free(&result);
    tool_expect(place, "run -r @/a --mem 50%", 0, "--mem 50% is 128.0 MiB: of 256.0 MiB, cgroup");
    tool_expect(place, "run -r @/a --mem 50% --mem 8MiB", 0, "");
    tool_expect(place, "run -r @/a --mem 101%", 2, "or a share of what this process may have");
    system_tree_put(place, "/sys/fs/cgroup/pod/memory.max", "1048576\n");
    tool_expect(place, "run -r @/a --mem 10%", 2, "--mem 10%: too small to work with");
    system_tree_drop(place, "/proc/meminfo");
    system_tree_drop(place, "/proc/self/cgroup");
    tool_expect(place, "run -r @/a --mem 10%", 2, "give a size");
    tool_expect(place, "run -r @/a --mem auto", 0, "64.0 MiB");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, system_tree_setup, system_tree_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(nothing_known),   CASE(the_host_alone),
        CASE(own_limit),       CASE(any_parents_limit),
        CASE(max_is_no_limit), CASE(the_brake_counts),
        CASE(in_a_namespace),  CASE(outside_of_the_namespace),
        CASE(version_one),     CASE(a_part_is_mounted),
        CASE(hybrid),          CASE(files_of_nonsense),
        CASE(resource_limits), CASE(wishes),
        CASE(no_wishes),       CASE(the_program_takes_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
