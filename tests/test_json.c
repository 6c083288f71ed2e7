/* SPDX-License-Identifier: MIT */
/*
 * Results as JSON: what other programs find in the file, what is read back, and what is refused.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "bench/fields.h"
#include "bench/json.h"

enum { REPETITIONS = 3 };

static const build_facts build = {"0123456789ab", "gcc 1", "-O2", "release"};

static char folder[] = "/tmp/weir_json_XXXXXX";
static char path[64];

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) return -1;
    (void)snprintf(path, sizeof path, "%s/results.json", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

/* A value of its own in every field. */
static void fill(result *r, const char *name)
{
    memset(r, 0, sizeof *r);
    (void)snprintf(r->name, sizeof r->name, "%s", name);
    for (size_t i = 0; i < field_count(); i++)
        if (field_at(i)->kind != FIELD_VARIES)
            field_set(field_at(i), r, 1000.0 + (double)i + (field_at(i)->kind == FIELD_REAL) / 4.0);
    r->verified = RESULT_RIGHT;
    r->repetitions = REPETITIONS;
    for (uint32_t i = 0; i < REPETITIONS; i++)
        r->times[i] = (result_time){1000000 + 7000 * i, 2000000 + 5000 * i, 300000 + i, 400000 + i};
}

static json_t *save_and_parse(const result *results, size_t count)
{
    conditions where;
    json_error_t error;
    json_t *root;
    conditions_gather(&where, &build);
    assert_int_equal(json_save(path, &where, results, count), 0);
    root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(root);
    return root;
}

static const json_t *entry(const json_t *root, size_t i)
{
    return json_array_get(json_object_get(root, "benchmarks"), i);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    assert_non_null(text);
    return text;
}

static double number_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

/* ── What other programs find ── */

static void test_one_repetition_is_one_entry(void **state)
{
    result r;
    json_t *root;
    (void)state;
    fill(&r, "bulk");
    r.repetitions = 1;
    root = save_and_parse(&r, 1);
    assert_int_equal(json_integer_value(json_object_get(root, "schema_version")), 1);
    assert_int_equal(json_array_size(json_object_get(root, "benchmarks")), 1);
    assert_string_equal(text_of(entry(root, 0), "name"), "bulk");
    assert_int_equal(number_of(entry(root, 0), "repetitions"), 1);
    json_decref(root);
}

static void test_entries_of_repetitions_and_aggregates(void **state)
{
    static const char *const names[] = {"bulk",        "bulk",        "bulk",   "bulk_mean",
                                        "bulk_median", "bulk_stddev", "bulk_cv"};
    result r;
    json_t *root;
    (void)state;
    fill(&r, "bulk");
    root = save_and_parse(&r, 1);
    assert_int_equal(json_array_size(json_object_get(root, "benchmarks")), 7);
    for (size_t i = 0; i < 7; i++) {
        const json_t *e = entry(root, i);
        assert_string_equal(text_of(e, "name"), names[i]);
        assert_string_equal(text_of(e, "run_name"), "bulk");
        assert_string_equal(text_of(e, "run_type"), i < REPETITIONS ? "iteration" : "aggregate");
        assert_int_equal(number_of(e, "repetitions"), REPETITIONS);
        if (i < REPETITIONS)
            assert_int_equal(number_of(e, "repetition_index"), i);
        else
            assert_string_equal(text_of(e, "aggregate_name"), strchr(names[i], '_') + 1);
    }
    json_decref(root);
}

/* Every key in every entry: who takes any one of them finds all. */
static void test_every_entry_has_every_key(void **state)
{
    static const char *const keys[] = {"name",
                                       "repetitions",
                                       "cpu_time",
                                       "real_time",
                                       "time_unit",
                                       "items_per_second",
                                       "bytes_per_second",
                                       "packets",
                                       "floor_cpu_time",
                                       "latency_ns",
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
                                       "verified"};
    static const char *const quantiles[] = {"p50", "p90", "p99", "p999", "max"};
    result r;
    json_t *root;
    (void)state;
    fill(&r, "bulk");
    root = save_and_parse(&r, 1);
    for (size_t i = 0; i < json_array_size(json_object_get(root, "benchmarks")); i++) {
        const json_t *e = entry(root, i);
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
            assert_non_null(json_object_get(e, keys[k]));
        for (size_t k = 0; k < sizeof quantiles / sizeof *quantiles; k++)
            (void)number_of(json_object_get(e, "latency_ns"), quantiles[k]);
        for (int k = 0; k < WEIR_HOLE_CAUSE_COUNT; k++)
            (void)number_of(json_object_get(e, "holes"), weir_hole_cause_name(k));
        assert_string_equal(text_of(e, "time_unit"), "ns");
        assert_true(json_is_true(json_object_get(e, "verified")));
    }
    json_decref(root);
}

/* 4 packets: 100, 104 and 120 ns in all are 25, 26 and 30 ns each. */
static void test_times_are_of_one_packet(void **state)
{
    static const double cpu[] = {25, 26, 30, 27, 26, 2.6457513110645906, 0.09799078929868854};
    result r;
    json_t *root;
    (void)state;
    fill(&r, "bulk");
    r.packets = 4;
    r.frame_bytes = 400;
    r.times[0].cpu_ns = 100;
    r.times[1].cpu_ns = 104;
    r.times[2].cpu_ns = 120;
    root = save_and_parse(&r, 1);
    for (size_t i = 0; i < 7; i++)
        assert_true(fabs(number_of(entry(root, i), "cpu_time") - cpu[i]) < 1e-9);
    assert_true(fabs(number_of(entry(root, 0), "items_per_second") - 4e7) < 1e-3);
    assert_true(fabs(number_of(entry(root, 0), "bytes_per_second") - 4e9) < 1e-1);
    assert_true(number_of(entry(root, 3), "peak_bytes") == (double)r.peak_bytes);
    assert_true(number_of(entry(root, 5), "peak_bytes") == 0);
    json_decref(root);
}

/* The phases' times are of the same repetition, and of a packet of theirs. */
static void test_phases(void **state)
{
    result r;
    json_t *root;
    (void)state;
    fill(&r, "many");
    r.phase_count = 2;
    for (uint32_t i = 0; i < 2; i++) {
        (void)snprintf(r.phases[i].name, sizeof r.phases[i].name, "%s", "talking");
        r.phases[i].packets = 10;
        r.phases[i].ledger_bytes = 5000 + i;
        for (uint32_t k = 0; k < REPETITIONS; k++)
            r.phases[i].times[k].cpu_ns = 100 * (i + 1) + 10 * k;
    }
    root = save_and_parse(&r, 1);
    for (uint32_t k = 0; k < REPETITIONS; k++) {
        const json_t *phases = json_object_get(entry(root, k), "phases");
        const json_t *first = json_object_get(phases, "talking");
        const json_t *second = json_object_get(phases, "talking2");
        assert_true(number_of(first, "cpu_time") == 10 + k);
        assert_true(number_of(second, "cpu_time") == 20 + k);
        assert_true(number_of(second, "end_bytes") == 5001);
    }
    assert_true(
        number_of(json_object_get(json_object_get(entry(root, REPETITIONS), "phases"), "talking"),
                  "cpu_time") == 11);
    json_decref(root);
}

static void test_unknown_and_wrong(void **state)
{
    result r[2];
    json_t *root;
    (void)state;
    fill(&r[0], "some.pcap");
    r[0].verified = RESULT_UNKNOWN;
    fill(&r[1], "bulk");
    r[1].verified = RESULT_WRONG;
    (void)snprintf(r[1].wrong, sizeof r[1].wrong, "a byte");
    r[0].repetitions = r[1].repetitions = 1;
    root = save_and_parse(r, 2);
    assert_true(json_is_null(json_object_get(entry(root, 0), "verified")));
    assert_true(json_is_false(json_object_get(entry(root, 1), "verified")));
    assert_string_equal(text_of(entry(root, 1), "wrong"), "a byte");
    json_decref(root);
}

/* Names of files are bytes. */
static void test_name_that_is_no_utf8(void **state)
{
    result r;
    json_t *root;
    (void)state;
    fill(&r, "caf\xe9 \"1\".pcap");
    r.repetitions = 1;
    root = save_and_parse(&r, 1);
    assert_string_equal(text_of(entry(root, 0), "name"), "caf? \"1\".pcap");
    json_decref(root);
}

static void test_context(void **state)
{
    result r;
    json_t *root, *context;
    (void)state;
    fill(&r, "bulk");
    root = save_and_parse(&r, 1);
    context = json_object_get(root, "context");
    assert_int_equal(strlen(text_of(context, "date")), strlen("2001-01-01T00:00:00+00:00"));
    assert_string_equal(text_of(context, "commit"), build.commit);
    assert_string_equal(text_of(context, "library_build_type"), "release");
    assert_string_equal(text_of(context, "weir_version"), WEIR_VERSION);
    assert_true(number_of(context, "num_cpus") >= 1);
    assert_true(number_of(context, "system_page_size") >= 4096);
    assert_int_equal(json_array_size(json_object_get(context, "load_avg")), 3);
    assert_true(json_is_array(json_object_get(context, "caches")));
    assert_true(json_is_boolean(json_object_get(context, "cpu_scaling_enabled")));
    json_decref(root);
}

/* ── Read back ── */

static void load_well(json_file *file)
{
    char why[JSON_WHY_BYTES] = "";
    if (!json_load(path, file, why)) fail_msg("%s", why);
}

static void test_all_fields_come_back(void **state)
{
    static result r[2];
    json_file file;
    (void)state;
    fill(&r[0], "bulk");
    fill(&r[1], "loss");
    r[1].verified = RESULT_WRONG;
    (void)snprintf(r[1].wrong, sizeof r[1].wrong, "a byte");
    json_decref(save_and_parse(r, 2));
    load_well(&file);
    assert_int_equal(file.count, 2);
    for (size_t i = 0; i < 2; i++) {
        const result *back = &file.results[i];
        assert_string_equal(back->name, r[i].name);
        assert_string_equal(back->wrong, r[i].wrong);
        assert_memory_equal(back->times, r[i].times, sizeof r[i].times);
        for (size_t k = 0; k < field_count(); k++)
            assert_true(field_value(field_at(k), back) == field_value(field_at(k), &r[i]));
    }
    json_free(&file);
}

static void test_conditions_come_back(void **state)
{
    result r;
    conditions where;
    json_file file;
    (void)state;
    fill(&r, "bulk");
    conditions_gather(&where, &build);
    assert_int_equal(json_save(path, &where, &r, 1), 0);
    load_well(&file);
#define X(name, bytes) assert_string_equal(file.where.name, where.name);
    CONDITIONS_TEXTS(X)
#undef X
    assert_int_equal(file.where.num_cpus, where.num_cpus);
    assert_int_equal(file.where.mhz_per_cpu, where.mhz_per_cpu);
    assert_int_equal(file.where.cache_count, where.cache_count);
    for (uint32_t i = 0; i < where.cache_count; i++)
        assert_true(file.where.caches[i].size == where.caches[i].size);
    json_free(&file);
}

/* ── Refused ── */

static void write_text(const char *text)
{
    FILE *to = fopen(path, "w");
    assert_non_null(to);
    assert_true(fputs(text, to) >= 0);
    assert_int_equal(fclose(to), 0);
}

static void refuse(const char *text, const char *because)
{
    char why[JSON_WHY_BYTES] = "";
    json_file file;
    write_text(text);
    assert_false(json_load(path, &file, why));
    if (!strstr(why, because)) fail_msg("\"%s\" does not say \"%s\"", why, because);
    assert_null(strchr(why, '\n'));
    assert_null(file.results);
}

#define ONE(fields)                                                                                \
    "{\"schema_version\":1,\"context\":{},\"benchmarks\":[{\"name\":\"a\"" fields "}]}"
#define TIMES ",\"packets\":2,\"cpu_time\":1,\"real_time\":1"

static void test_what_is_refused(void **state)
{
    (void)state;
    refuse("", "no JSON");
    refuse("{\"schema_version\":1,", "no JSON");
    refuse("[]", "no result of weir-bench");
    refuse("{\"context\":{},\"benchmarks\":[]}", "schema_version");
    refuse("{\"schema_version\":2,\"benchmarks\":[]}", "schema_version 2");
    refuse("{\"schema_version\":1,\"benchmarks\":[]}", "no benchmark");
    refuse("{\"schema_version\":1,\"benchmarks\":[3]}", "no name");
    refuse(ONE(""), "packets");
    refuse(ONE(",\"packets\":2"), "cpu_time");
    refuse(ONE(",\"packets\":-2,\"cpu_time\":1,\"real_time\":1"), "packets");
    refuse(ONE(",\"packets\":2,\"cpu_time\":\"1\",\"real_time\":1"), "cpu_time");
    refuse(ONE(",\"packets\":2,\"cpu_time\":-1,\"real_time\":1"), "cpu_time");
    refuse(ONE(",\"packets\":2,\"cpu_time\":1e300,\"real_time\":1"), "cpu_time");
    refuse(ONE(TIMES ",\"peak_bytes\":1e30"), "peak_bytes");
    refuse(ONE(TIMES ",\"batch\":5000000000"), "batch");
    refuse(ONE(TIMES ",\"latency_ns\":{\"p99\":\"slow\"}"), "latency_ns.p99");
    refuse(ONE(TIMES ",\"verified\":1"), "verified");
}

static void test_what_is_missing_is_unknown(void **state)
{
    json_file file;
    (void)state;
    write_text(ONE(TIMES ",\"holes\":7,\"latency_ns\":null"));
    load_well(&file);
    assert_int_equal(file.count, 1);
    assert_int_equal(file.results[0].times[0].cpu_ns, 2);
    assert_true(file.results[0].peak_bytes == 0);
    assert_int_equal(file.results[0].verified, RESULT_UNKNOWN);
    json_free(&file);
}

static void test_too_many_repetitions(void **state)
{
    FILE *to;
    char why[JSON_WHY_BYTES] = "";
    json_file file;
    (void)state;
    to = fopen(path, "w");
    assert_non_null(to);
    (void)fputs("{\"schema_version\":1,\"benchmarks\":[", to);
    for (int i = 0; i <= RESULT_REPETITIONS_MAX; i++)
        (void)fprintf(to, "%s{\"name\":\"a\"" TIMES "}", i ? "," : "");
    (void)fputs("]}", to);
    assert_int_equal(fclose(to), 0);
    assert_false(json_load(path, &file, why));
    assert_non_null(strstr(why, "repetitions"));
}

static void test_file_that_is_not_there(void **state)
{
    char why[JSON_WHY_BYTES] = "";
    json_file file;
    (void)state;
    assert_false(json_load("/nowhere/results.json", &file, why));
    assert_string_equal(why, strerror(ENOENT));
}

/* A failed write leaves neither a file nor half of one. */
static void test_failed_write(void **state)
{
    result r;
    conditions where;
    (void)state;
    fill(&r, "bulk");
    conditions_gather(&where, &build);
    assert_int_equal(json_save("/nowhere/results.json", &where, &r, 1), ENOENT);
    assert_int_equal(json_save(folder, &where, &r, 1), EISDIR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_repetition_is_one_entry),
        cmocka_unit_test(test_entries_of_repetitions_and_aggregates),
        cmocka_unit_test(test_every_entry_has_every_key),
        cmocka_unit_test(test_times_are_of_one_packet),
        cmocka_unit_test(test_phases),
        cmocka_unit_test(test_unknown_and_wrong),
        cmocka_unit_test(test_name_that_is_no_utf8),
        cmocka_unit_test(test_context),
        cmocka_unit_test(test_all_fields_come_back),
        cmocka_unit_test(test_conditions_come_back),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_what_is_missing_is_unknown),
        cmocka_unit_test(test_too_many_repetitions),
        cmocka_unit_test(test_file_that_is_not_there),
        cmocka_unit_test(test_failed_write),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
