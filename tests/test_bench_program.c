/* SPDX-License-Identifier: MIT */
/*
 * The program weir-bench, run as scripts run it: exit codes, the keys of its JSON, and the remedy in
 * each line that says what is wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/tool.h"

#define SMALL "run --gen bulk --scale 0.001 --repeat 2 --quick "

/* The contract: scripts read these. */
static const char *const keys[] = {
    "schema_version",
    "context",
    "benchmarks",
    "name",
    "repetitions",
    "cpu_time",
    "real_time",
    "time_unit",
    "items_per_second",
    "bytes_per_second",
    "packets",
    "floor_cpu_time",
    "latency_ns",
    "p50",
    "p90",
    "p99",
    "p999",
    "max",
    "limit_bytes",
    "peak_bytes",
    "end_bytes",
    "returned_bytes",
    "rss_anon_base_bytes",
    "rss_anon_peak_bytes",
    "rss_anon_end_bytes",
    "connections",
    "peak_connections",
    "payload_bytes",
    "delivered_bytes",
    "missing_bytes",
    "holes",
    "verified",
};

static int use_bench(void **state)
{
    char path[TOOL_PATH_BYTES];
    const char *build = getenv("WEIR_BUILD");
    (void)snprintf(path, sizeof path, "%s/weir-bench", build ? build : "build");
    return setenv("WEIR", path, 1) == 0 ? tool_setup(state) : -1;
}

static void json_has_all_keys(void **state)
{
    const tool_place *place = *state;
    char quoted[64];
    tool_expect(place, "run --gen bulk --scale 0.001 --repeat 1 --json @/r.json", 0, "");
    char *json = tool_read(tool_path(place, "r.json"), NULL);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        (void)snprintf(quoted, sizeof quoted, "\"%s\":", keys[i]);
        if (!strstr(json, quoted)) fail_msg("no key %s in %s", keys[i], json);
    }
    free(json);
}

static void what_was_sent_is_verified(void **state)
{
    const char *const lines[] = {
        "run --repeat 1 --quick --gate verified==true --gen bulk --scale 0.002",
        "run --repeat 1 --quick --gate verified==true --gen reorder --scale 0.002",
        "run --repeat 1 --quick --gate verified==true --gen loss --scale 0.02",
        "run --repeat 1 --quick --gate verified==true --gen episode --scale 0.02",
        "run --repeat 1 --quick --gate verified==true --gen churn --scale 0.0005",
        "run --repeat 1 --quick --gate verified==true --gen many-then-few --scale 0.0005",
        "run --repeat 1 --quick --gate verified==true --gen tso --scale 0.002",
        "run --repeat 1 --quick --gate verified==true --gen clock --scale 0.002",
        "run --repeat 1 --quick --gate verified==true --gen duplicated --scale 0.002",
        "run --repeat 1 --quick --gate verified==true --gen overlap-storm --scale 0.02",
        "run --repeat 1 --quick --gate verified==true --gen hole-per-flow --scale 0.01 --mem 4MiB",
        "run --repeat 1 --quick --gate verified==true --gen syn-flood --scale 0.01 --mem 2MiB",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        tool_expect(*state, lines[i], 0, "");
}

static void gates_decide(void **state)
{
    tool_expect(*state, SMALL "--gate 'delivered_bytes>=1' --gate 'peak_bytes<=1MiB'", 0, "");
    tool_expect(*state, SMALL "--gate 'peak_bytes<=4KiB'", 4, "peak_bytes");
    tool_expect(*state, SMALL "--gate 'no_such_key<=1'", 2, "no_such_key");
    tool_expect(*state, SMALL "--gate 'peak_bytes'", 2, "--gate");
}

static void wrong_input_is_explained(void **state)
{
    tool_expect(*state, "run", 2, "--gen SCENARIO");
    tool_expect(*state, "run --gen nothing", 2, "weir-bench gen --list");
    tool_expect(*state, "run --gen", 2, "wants a value");
    tool_expect(*state, "run --gen bulk -r @/x", 2, "one of them");
    tool_expect(*state, "run --gen bulk --scale 0", 2, "--scale");
    tool_expect(*state, "run --gen bulk --repeat 0", 2, "1 to 64");
    tool_expect(*state, "run --gen bulk --mem 1KiB", 2, "--mem 1KiB");
    tool_expect(*state, "run --gen bulk --no-such", 2, "weir-bench run --help");
    tool_expect(*state, "run -r @/absent", 1, "absent");
    tool_write(tool_path(*state, "text"), "not a capture", 13);
    tool_expect(*state, "run -r @/text", 1, "text");
    tool_expect(*state, SMALL "--json @/no/where.json", 1, "no/where.json");
    tool_expect(*state, "adversary nope", 2, "no family nope");
    tool_expect(*state, "adversary tiny/nope", 2, "no family tiny/nope");
    tool_expect(*state, "adversary tiny/bsd", 2, "no family tiny/bsd");
    tool_expect(*state, "honest clock-jumps", 2, "no family clock-jumps");
    tool_expect(*state, "honest nope", 2, "no family nope");
    tool_expect(*state, "honest tiny --mib 5", 2, "--mib 5");
    tool_expect(*state, "honest --seed", 2, "--seed");
    tool_expect(*state, "engines nope", 2, "no scenario nope");
}

static void files_are_measured_both_ways(void **state)
{
    const tool_place *place = *state;
    (void)tool_traffic(tool_path(place, "two.pcap"), "messages", 0.001);
    tool_result r = tool_run(place, NULL, "run -r @/two.pcap --repeat 1 --quick");
    assert_int_equal(r.exit_code, 0);
    assert_non_null(strstr(r.out, "a bare libpcap loop"));
    tool_free(&r);
}

static void outputs_have_their_forms(void **state)
{
    const tool_place *place = *state;
    tool_expect(place, SMALL "--csv @/r.csv --timeline @/t.csv", 0, "");
    char *rows = tool_read(tool_path(place, "r.csv"), NULL);
    char *samples = tool_read(tool_path(place, "t.csv"), NULL);
    assert_non_null(strstr(rows, "cpu_time"));
    assert_non_null(strstr(rows, "\nbulk/0.001,"));
    assert_non_null(strstr(samples, "rss_anon_bytes\n0.0"));
    free(rows);
    free(samples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(json_has_all_keys, use_bench, tool_teardown),
        cmocka_unit_test_setup_teardown(what_was_sent_is_verified, use_bench, tool_teardown),
        cmocka_unit_test_setup_teardown(gates_decide, use_bench, tool_teardown),
        cmocka_unit_test_setup_teardown(wrong_input_is_explained, use_bench, tool_teardown),
        cmocka_unit_test_setup_teardown(files_are_measured_both_ways, use_bench, tool_teardown),
        cmocka_unit_test_setup_teardown(outputs_have_their_forms, use_bench, tool_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
