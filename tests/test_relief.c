/* SPDX-License-Identifier: MIT */
/*
 * Memory pressure: how it is read, from files of the test's own, and what limit it comes to.
 */
#include "support/system_tree.h"
#include "support/tool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "pressure.h"
#include "relief.h"

#define MIB    ((uint64_t)1 << 20)
#define SECOND UINT64_C(1000000000)

/* ── Reading ─────────────────────────────────────────────────────────────────────────────────── */

static void total_is(const tool_place *place, const char *path, unsigned total_us)
{
    char text[256];
    (void)snprintf(text, sizeof text,
                   "some avg10=99.00 avg60=0.00 avg300=0.00 total=%u\n"
                   "full avg10=0.00 avg60=0.00 avg300=0.00 total=999999999\n",
                   total_us);
    system_tree_put(place, path, text);
}

static void within(double found, double wanted)
{
    if (found < wanted - 1e-6 || found > wanted + 1e-6) fail_msg("%g, not %g", found, wanted);
}

static void the_share_since_the_last_look(void **state)
{
    const char *path = "/proc/pressure/memory";
    pressure p;
    total_is(*state, path, 5000000);
    assert_true(pressure_begin(&p, 10 * SECOND));
    within(pressure_look(&p, 11 * SECOND), 0);
    total_is(*state, path, 5250000);
    within(pressure_look(&p, 12 * SECOND), 0.25);
    within(pressure_look(&p, 12 * SECOND), 0); /* no time has passed */
    total_is(*state, path, 9000000);
    within(pressure_look(&p, 13 * SECOND), 1); /* never more */
    total_is(*state, path, 8000000);
    within(pressure_look(&p, 14 * SECOND), 0); /* the sum does not fall */
    total_is(*state, path, 8100000);
    within(pressure_look(&p, 16 * SECOND), 0.05);
    system_tree_put(*state, path, "rubbish");
    within(pressure_look(&p, 17 * SECOND), 0);
    pressure_end(&p);
    within(pressure_look(&p, 18 * SECOND), 0);
}

/* In a group of its own, as services and containers are. */
static void put_group(const tool_place *place)
{
    system_tree_put(place, "/proc/self/cgroup", "0::/pod\n");
    system_tree_put(place, "/proc/self/mountinfo", "1 1 0:1 / /cg rw - cgroup2 cgroup2 rw\n");
    system_tree_put(place, "/cg/pod/cgroup.events", "populated 1\n");
    total_is(place, "/cg/pod/memory.pressure", 0);
    total_is(place, "/proc/pressure/memory", 0);
}

static void available(const tool_place *place, unsigned kib)
{
    char text[128];
    (void)snprintf(text, sizeof text, "MemTotal: 1000 kB\nMemAvailable: %u kB\n", kib);
    system_tree_put(place, "/proc/meminfo", text);
}

/* The group's share counts as it is, the machine's where little is available; of both the larger. */
static void own_group_and_machine(void **state)
{
    static const struct {
        unsigned group_us, machine_us, kib;
        double share;
        bool in_group;
    } rows[] = {
        {250000, 0, 900, 0.25, true},      {250000, 500000, 900, 0.25, true},
        {250000, 500000, 100, 0.25, true}, {250000, 500000, 99, 0.5, false},
        {500000, 250000, 99, 0.5, true},   {0, 500000, 99, 0.5, false},
        {0, 500000, 900, 0, true},         {0, 0, 99, 0, true},
    };
    unsigned group_us = 0, machine_us = 0;
    pressure p;
    put_group(*state);
    assert_true(pressure_begin(&p, 0));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        total_is(*state, "/cg/pod/memory.pressure", group_us += rows[i].group_us);
        total_is(*state, "/proc/pressure/memory", machine_us += rows[i].machine_us);
        available(*state, rows[i].kib);
        within(pressure_look(&p, (i + 1) * SECOND), rows[i].share);
        assert_int_equal(p.in_group, rows[i].in_group);
    }
    system_tree_drop(*state, "/proc/meminfo"); /* not told: then who waits is believed */
    total_is(*state, "/proc/pressure/memory", machine_us + 500000);
    within(pressure_look(&p, (sizeof rows / sizeof *rows + 1) * SECOND), 0.5);
    pressure_end(&p);
}

static void one_of_them_tells(void **state)
{
    pressure p;
    put_group(*state);
    system_tree_drop(*state, "/proc/pressure/memory");
    assert_true(pressure_begin(&p, 0));
    total_is(*state, "/cg/pod/memory.pressure", 250000);
    within(pressure_look(&p, SECOND), 0.25);
    pressure_end(&p);
    put_group(*state);
    system_tree_put(*state, "/cg/pod/memory.pressure", ""); /* cgroup.pressure is 0 */
    assert_true(pressure_begin(&p, 0));
    total_is(*state, "/proc/pressure/memory", 250000);
    within(pressure_look(&p, SECOND), 0.25);
    pressure_end(&p);
}

/* A group of version 1 that is at its limit, on a machine that has enough. */
static void groups_that_do_not_tell(void **state)
{
    pressure p;
    system_tree_put(*state, "/proc/self/cgroup", "4:memory:/pod\n");
    system_tree_put(*state, "/proc/self/mountinfo", "1 1 0:1 / /cg rw - cgroup cgroup rw,memory\n");
    system_tree_put(*state, "/cg/pod/memory.limit_in_bytes", "1000\n");
    system_tree_put(*state, "/cg/pod/memory.usage_in_bytes", "899\n");
    total_is(*state, "/proc/pressure/memory", 0);
    available(*state, 900);
    assert_true(pressure_begin(&p, 0));
    total_is(*state, "/proc/pressure/memory", 250000);
    within(pressure_look(&p, SECOND), 0);
    system_tree_put(*state, "/cg/pod/memory.usage_in_bytes", "900\n");
    total_is(*state, "/proc/pressure/memory", 500000);
    within(pressure_look(&p, 2 * SECOND), 0.25);
    assert_true(p.in_group);
    pressure_end(&p);
}

/* The root group's file is the machine's, of which more is asked than that somebody waits. */
static void the_root_is_the_machine(void **state)
{
    pressure p;
    put_group(*state);
    system_tree_drop(*state, "/cg/pod/cgroup.events");
    available(*state, 900);
    assert_true(pressure_begin(&p, 0));
    total_is(*state, "/cg/pod/memory.pressure", 250000);
    total_is(*state, "/proc/pressure/memory", 250000);
    within(pressure_look(&p, SECOND), 0);
    pressure_end(&p);
}

static void nobody_tells(void **state)
{
    static const char *const texts[] = {"", "some avg10=0.00\nfull total=1\n", "full total=1\n"};
    pressure p;
    assert_false(pressure_begin(&p, 0));
    assert_non_null(strstr(p.path, "/proc/pressure/memory"));
    assert_int_not_equal(p.error, 0);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        system_tree_put(*state, "/proc/pressure/memory", texts[i]);
        assert_false(pressure_begin(&p, 0));
        assert_int_not_equal(p.error, 0);
    }
}

/* ── Answering ───────────────────────────────────────────────────────────────────────────────── */

/* Looks four times a second, for so long; wants the limit then. Returns the time. */
static uint64_t looks(relief *r, double stalled, uint64_t now_ns, unsigned seconds, uint64_t limit)
{
    for (unsigned i = 0; i < 4 * seconds; i++)
        (void)relief_look(r, stalled, now_ns += SECOND / 4);
    assert_int_equal(r->limit_bytes, limit);
    return now_ns;
}

static relief relief_of(uint64_t configured, uint64_t least)
{
    relief r;
    memset(&r, 0, sizeof r);
    relief_configure(&r, configured, least);
    assert_int_equal(r.limit_bytes, configured);
    return r;
}

static void down_fast_and_up_slowly(void **state)
{
    relief r = relief_of(64 * MIB, MIB);
    uint64_t now = 1000 * SECOND;
    (void)state;
    now = looks(&r, 0, now, 60, 64 * MIB);
    assert_true(relief_look(&r, 0.2, now += SECOND / 4)); /* at once */
    assert_int_equal(r.limit_bytes, 32 * MIB);
    assert_false(relief_look(&r, 0.2, now += SECOND / 4)); /* not twice in a second */
    now = looks(&r, 0.2, now, 1, 16 * MIB);
    now = looks(&r, 0.2, now, 60, 8 * MIB); /* an eighth is the least */
    now = looks(&r, 0.05, now, 60, 8 * MIB);
    now = looks(&r, 0, now, 10, 8 * MIB);
    now = looks(&r, 0, now, 1, 16 * MIB);
    now = looks(&r, 0, now, 10, 32 * MIB);
    now = looks(&r, 0.05, now, 1, 32 * MIB); /* calm begins anew */
    now = looks(&r, 0, now, 10, 32 * MIB);
    now = looks(&r, 0, now, 1, 64 * MIB);
    (void)looks(&r, 0, now, 60, 64 * MIB);
}

static void not_below_what_a_pool_needs(void **state)
{
    relief r = relief_of(4 * MIB, MIB);
    uint64_t now = 1000 * SECOND;
    (void)state;
    now = looks(&r, 1, now, 10, MIB);
    now = looks(&r, 0, now, 11, 2 * MIB);
    r = relief_of(MIB, 2 * MIB); /* it would not have begun */
    (void)looks(&r, 1, now, 10, MIB);
}

/* A pool of many engines needs more than the smallest there is. */
static void what_was_refused_is_not_tried_again(void **state)
{
    relief r = relief_of(64 * MIB, MIB);
    uint64_t now = looks(&r, 1, 1000 * SECOND, 1, 32 * MIB);
    (void)state;
    assert_true(relief_look(&r, 1, now += SECOND));
    assert_int_equal(r.limit_bytes, 16 * MIB);
    relief_refuse(&r, 32 * MIB);
    assert_int_equal(r.limit_bytes, 32 * MIB);
    now = looks(&r, 1, now, 60, 32 * MIB);
    now = looks(&r, 0, now, 11, 64 * MIB);
    (void)looks(&r, 1, now, 60, 32 * MIB);
}

static void another_limit_keeps_its_share(void **state)
{
    relief r = relief_of(64 * MIB, MIB);
    uint64_t now = looks(&r, 0.5, 1000 * SECOND, 2, 16 * MIB);
    (void)state;
    relief_configure(&r, 128 * MIB, MIB);
    assert_int_equal(r.limit_bytes, 32 * MIB);
    relief_configure(&r, 2 * MIB, MIB);
    assert_int_equal(r.limit_bytes, MIB);
    relief_configure(&r, 100 * MIB, MIB);
    assert_int_equal(r.limit_bytes, 50 * MIB);
    (void)looks(&r, 0, now, 11, 100 * MIB);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, system_tree_setup, system_tree_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_share_since_the_last_look),
        CASE(own_group_and_machine),
        CASE(one_of_them_tells),
        CASE(groups_that_do_not_tell),
        CASE(the_root_is_the_machine),
        CASE(nobody_tells),
        cmocka_unit_test(down_fast_and_up_slowly),
        cmocka_unit_test(not_below_what_a_pool_needs),
        cmocka_unit_test(what_was_refused_is_not_tried_again),
        cmocka_unit_test(another_limit_keeps_its_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
