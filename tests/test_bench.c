/* SPDX-License-Identifier: MIT */
/*
 * What results are written and judged with: CSV, the timeline, gates.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/csv.h"
#include "bench/fields.h"
#include "bench/gate.h"

enum { COLUMNS_MAX = 128, TEXT_BYTES = 1 << 20 };

static const build_facts build = {"0123456789ab", "gcc, 1", "-O2", "release"};

static char folder[] = "/tmp/weir_bench_XXXXXX";
static char path[64];
static char file_text[TEXT_BYTES];

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) return -1;
    (void)snprintf(path, sizeof path, "%s/out.csv", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

/* 4 packets, in three repetitions 25, 26 and 30 ns each over floors of 10, 20 and 15. */
static result sample_result(void)
{
    result r = {.name = "bulk", .packets = 4, .frame_bytes = 400, .repetitions = 3};
    r.times[0] = (result_time){100, 200, 40, 44};
    r.times[1] = (result_time){104, 204, 80, 84};
    r.times[2] = (result_time){120, 220, 60, 64};
    r.peak_bytes = 4 << 20;
    r.latency.p99_ns = 412.5;
    r.holes[WEIR_HOLE_TIMEOUT] = 3;
    r.verified = RESULT_RIGHT;
    return r;
}

static void read_file(void)
{
    FILE *from = fopen(path, "r");
    size_t length;
    assert_non_null(from);
    length = fread(file_text, 1, sizeof file_text - 1, from);
    file_text[length] = 0;
    assert_int_equal(fclose(from), 0);
}

/* Takes the next line apart, in place: a reader of RFC 4180. Returns how many columns it has. */
static size_t split_line(char **at, char *columns[COLUMNS_MAX])
{
    char *from = *at, *to = *at;
    size_t count = 0;
    int quoted = 0;
    columns[count++] = to;
    for (; *from && (quoted || *from != '\n'); from++) {
        if (*from == '"' && quoted && from[1] == '"')
            *to++ = *from++;
        else if (*from == '"')
            quoted = !quoted;
        else if (*from == ',' && !quoted) {
            *to++ = 0;
            assert_true(count < COLUMNS_MAX);
            columns[count++] = to;
        } else
            *to++ = *from;
    }
    assert_int_equal(*from, '\n');
    *to = 0;
    *at = from + 1;
    return count;
}

static const char *column(char *const header[], char *const row[], size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(header[i], name) == 0) return row[i];
    fail_msg("no column %s", name);
    return "";
}

static void test_csv_has_every_field(void **state)
{
    char *header[COLUMNS_MAX], *row[COLUMNS_MAX], *at = file_text;
    conditions where;
    result r[2] = {sample_result(), sample_result()};
    size_t count;
    (void)state;
    (void)snprintf(r[1].name, sizeof r[1].name, "a \"b\", c");
    r[1].verified = RESULT_UNKNOWN;
    conditions_gather(&where, &build);
    assert_int_equal(csv_save(path, &where, r, 2), 0);
    read_file();
    count = split_line(&at, header);
    for (size_t i = 0; i < field_count(); i++)
        (void)column(header, header, count, field_at(i)->name);
    assert_int_equal(split_line(&at, row), count);
    assert_string_equal(column(header, row, count, "name"), "bulk");
    assert_string_equal(column(header, row, count, "cpu_time"), "26");
    assert_string_equal(column(header, row, count, "over_floor_time"), "15");
    assert_string_equal(column(header, row, count, "floor_ratio"), "2");
    assert_string_equal(column(header, row, count, "latency_ns.p99"), "412.5");
    assert_string_equal(column(header, row, count, "holes.timeout"), "3");
    assert_string_equal(column(header, row, count, "peak_bytes"), "4194304");
    assert_string_equal(column(header, row, count, "verified"), "true");
    assert_string_equal(column(header, row, count, "compiler"), "gcc, 1");
    assert_int_equal(split_line(&at, row), count);
    assert_string_equal(column(header, row, count, "name"), "a \"b\", c");
    assert_string_equal(column(header, row, count, "verified"), "");
    assert_int_equal(*at, 0);
}

static void test_csv_that_cannot_be_written(void **state)
{
    const conditions where = {.date = ""};
    (void)state;
    assert_int_equal(csv_save("/nowhere/out.csv", &where, NULL, 0), ENOENT);
    assert_int_equal(csv_save_timeline("/nowhere/out.csv", NULL, 0), ENOENT);
}

static void test_timeline_csv(void **state)
{
    const timeline_sample samples[2] = {{1.5, 0.002, 7, 4096, 2048, 100, 65536}, {.time_s = 2}};
    (void)state;
    assert_int_equal(csv_save_timeline(path, samples, 2), 0);
    read_file();
    assert_string_equal(
        file_text,
        "time_s,packets,packet_time_s,limit_bytes,ledger_bytes,held_bytes,rss_anon_bytes\n"
        "1.500000,7,0.002000,4096,2048,100,65536\n2.000000,0,0.000000,0,0,0,0\n");
}

static void test_phases_csv(void **state)
{
    result r = sample_result();
    (void)state;
    r.rss_anon_base_bytes = 4096;
    r.phase_count = 2;
    r.phases[0] = (result_phase){.name = "opening", .packets = 2, .connections = 7};
    r.phases[1] = (result_phase){.name = "talking", .packets = 5, .ledger_bytes = 9};
    for (uint64_t i = 0; i < 3; i++)
        r.phases[1].times[i] = (result_time){.cpu_ns = 50 + 50 * i, .floor_cpu_ns = 25};
    assert_int_equal(csv_save_phases(path, &r), 0);
    read_file();
    assert_string_equal(strchr(file_text, '\n') + 1, "bulk,opening,2,0,0,0,0,7,4096\n"
                                                     "bulk,talking,5,20,5,9,0,0,4096\n");
}

/* Packets of 1 to 1,000 ns: each quantile is its own time, within a bucket; the rarest is the longest. */
static void test_latency_csv(void **state)
{
    static latency_spread spread; /* large for a stack */
    double one_in, quantile, previous = 0;
    int all, single, rows = 0, end = 0;
    (void)state;
    memset(&spread, 0, sizeof spread);
    for (uint64_t ns = 1; ns <= 1000; ns++)
        histogram_add(&spread.all, ns);
    for (uint64_t ns = 1; ns <= 100; ns++)
        histogram_add(&spread.single, ns);
    assert_int_equal(csv_save_latency(path, &spread), 0);
    read_file();
    const char *at = strchr(file_text, '\n') + 1;
    assert_int_equal(strncmp(file_text,
                             "one_in,quantile,all_ns,single_ns,growing_ns,least_ns,floor_ns\n",
                             (size_t)(at - file_text)),
                     0);
    for (; *at; at = strchr(at, '\n') + 1, rows++) {
        single = -1;
        assert_true(sscanf(at, "%lf,%lf,%d,%n%d", &one_in, &quantile, &all, &end, &single) >= 3);
        assert_true(one_in > previous && all >= 1000 * quantile - 0.001 &&
                    all <= 1016 * quantile + 2);
        assert_int_equal(single > 0, one_in <= 100);
        previous = one_in;
    }
    assert_int_equal(rows, 61);
    assert_true(one_in == 1000 && all == 1000);
}

/* ── Gates ── */

static bool holds(const char *text)
{
    const result r = sample_result();
    char why[GATE_WHY_BYTES] = "";
    gate g;
    if (!gate_parse(text, &g, why)) fail_msg("%s: %s", text, why);
    return gate_holds(&g, &r, why);
}

static void test_gates(void **state)
{
    (void)state;
    assert_true(holds("peak_bytes<=4194304"));
    assert_true(holds("peak_bytes<=4MiB"));
    assert_true(holds("peak_bytes == 4096KiB"));
    assert_false(holds("peak_bytes<4MiB"));
    assert_false(holds("peak_bytes>4MiB"));
    assert_true(holds("peak_bytes>=4MiB"));
    assert_false(holds("peak_bytes<=4095KiB"));
    assert_true(holds("cpu_time<=26"));
    assert_true(holds("cpu_time<=26.5"));
    assert_false(holds("cpu_time<26ns"));
    assert_true(holds("latency_ns.p99 < 1us"));
    assert_false(holds("latency_ns.p99<412.5"));
    assert_true(holds(" holes.timeout > 2"));
    assert_true(holds("holes.timeout==3"));
    assert_true(holds("verified==true"));
    assert_false(holds("verified==false"));
    assert_true(holds("over_floor_time>-1"));
}

static void refuse(const char *text, const char *because)
{
    char why[GATE_WHY_BYTES] = "";
    gate g;
    if (gate_parse(text, &g, why)) fail_msg("%s was taken", text);
    if (!strstr(why, because)) fail_msg("\"%s\" does not say \"%s\"", why, because);
    assert_null(strchr(why, '\n'));
}

static void test_gates_that_are_refused(void **state)
{
    (void)state;
    refuse("", "KEY<=VALUE");
    refuse("peak_bytes", "KEY<=VALUE");
    refuse("peak_bytes=4", "KEY<=VALUE");
    refuse("peak_bytes!=4", "KEY<=VALUE");
    refuse("<=4", "there is no key");
    refuse("peek_bytes<=4", "peak_bytes");
    refuse("p99<=4", "latency_ns.p99");
    refuse("peak_bytes<=", "a size");
    refuse("peak_bytes<==4", "a size");
    refuse("peak_bytes<=4ms", "a size");
    refuse("peak_bytes<=inf", "a size");
    refuse("peak_bytes<=nan", "a size");
    refuse("peak_bytes<=0x4", "a size");
    refuse("cpu_time<=4KiB", "a time");
    refuse("connections<=4KiB", "a number");
    refuse("verified==1", "true or false");
}

static void test_failed_gate_names_what_it_saw(void **state)
{
    result r = sample_result();
    char why[GATE_WHY_BYTES];
    gate g;
    (void)state;
    assert_true(gate_parse("latency_ns.p99 <= 300ns", &g, why));
    assert_false(gate_holds(&g, &r, why));
    assert_string_equal(why, "bulk: latency_ns.p99 is 412.5 ns, wanted <= 300ns");
    assert_true(gate_parse("peak_bytes<1MiB", &g, why));
    assert_false(gate_holds(&g, &r, why));
    assert_string_equal(why, "bulk: peak_bytes is 4194304 (4.0 MiB), wanted <1MiB");
    r.verified = RESULT_WRONG;
    (void)snprintf(r.wrong, sizeof r.wrong, "byte 7 of stream 3");
    assert_true(gate_parse("verified==true", &g, why));
    assert_false(gate_holds(&g, &r, why));
    assert_string_equal(why, "bulk: verified is false, wanted ==true: byte 7 of stream 3");
}

/* Nobody says what was sent in a file: no gate is met by that. */
static void test_unknown_meets_no_gate(void **state)
{
    result r = sample_result();
    char why[GATE_WHY_BYTES];
    gate g;
    (void)state;
    r.verified = RESULT_UNKNOWN;
    assert_true(gate_parse("verified==true", &g, why));
    assert_false(gate_holds(&g, &r, why));
    assert_non_null(strstr(why, "not known"));
    assert_true(gate_parse("verified==false", &g, why));
    assert_false(gate_holds(&g, &r, why));
}

static void test_gates_of_phases(void **state)
{
    static result r;
    char why[GATE_WHY_BYTES];
    gate g;
    (void)state;
    r = sample_result();
    r.phase_count = 3;
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = {"opening", "talking", "talking"};
        (void)snprintf(r.phases[i].name, sizeof r.phases[i].name, "%s", names[i]);
        r.phases[i].packets = 10;
        r.phases[i].ledger_bytes = 4096 * (uint64_t)(i + 1);
        for (int k = 0; k < 3; k++)
            r.phases[i].times[k].cpu_ns = 100 * (uint64_t)(i + 1);
    }
    assert_true(gate_parse("phases.talking.cpu_time==20", &g, why));
    assert_true(gate_holds(&g, &r, why));
    assert_true(gate_parse("phases.talking2.cpu_time<30", &g, why));
    assert_false(gate_holds(&g, &r, why));
    assert_string_equal(why, "bulk: talking2.cpu_time is 30 ns, wanted <30");
    assert_true(gate_parse("phases.opening.end_bytes==4KiB", &g, why));
    assert_true(gate_holds(&g, &r, why));
    assert_true(gate_parse("phases.closing.cpu_time<30", &g, why));
    assert_false(gate_holds(&g, &r, why));
    assert_string_equal(why, "bulk: there is no phase closing");
    refuse("phases.talking.peak_bytes<4", "there is no key peak_bytes of a phase");
    refuse("phases.talking<4", "there is no key phases.talking");
}

/* Every name is one that a gate can use, and no name is there twice. */
static void test_every_field_is_a_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < field_count(); i++) {
        char text[96], why[GATE_WHY_BYTES];
        gate g;
        (void)snprintf(text, sizeof text, "%s==%s", field_at(i)->name,
                       field_at(i)->kind == FIELD_VERIFIED ? "true" : "1");
        if (!gate_parse(text, &g, why)) fail_msg("%s", why);
        assert_ptr_equal(g.key, field_at(i));
    }
    for (int i = 0; i < WEIR_HOLE_CAUSE_COUNT; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "holes.%s", weir_hole_cause_name(i));
        assert_non_null(field_named(name));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv_has_every_field),
        cmocka_unit_test(test_csv_that_cannot_be_written),
        cmocka_unit_test(test_timeline_csv),
        cmocka_unit_test(test_phases_csv),
        cmocka_unit_test(test_latency_csv),
        cmocka_unit_test(test_gates),
        cmocka_unit_test(test_gates_that_are_refused),
        cmocka_unit_test(test_failed_gate_names_what_it_saw),
        cmocka_unit_test(test_unknown_meets_no_gate),
        cmocka_unit_test(test_gates_of_phases),
        cmocka_unit_test(test_every_field_is_a_key),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
