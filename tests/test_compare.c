/* SPDX-License-Identifier: MIT */
/*
 * Two results compared: the rank test beside all orders written out, the verdict on made-up machines, the report, and the
 * command's exit codes.
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

#include "bench/compare.h"
#include "bench/slower.h"

enum { TEXT_BYTES = 1 << 16, PACKETS = 1000000 };

static const build_facts build = {"0123456789ab", "gcc 1", "-O2", "release"};

static char folder[] = "/tmp/weir_compare_XXXXXX";
static char path_a[64], path_b[64];
static char report[TEXT_BYTES];

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) return -1;
    (void)snprintf(path_a, sizeof path_a, "%s/a.json", folder);
    (void)snprintf(path_b, sizeof path_b, "%s/b.json", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path_a);
    (void)unlink(path_b);
    return rmdir(folder);
}

/* ── The rank test ── */

/* Of all orders of n and m values, the share that has at most `against` pairs in which b is not above a: each choice of the
 * m places is a bit set. */
static double model_chance(uint32_t n, uint32_t m, uint32_t against)
{
    uint32_t all = 0, few = 0;
    for (uint32_t places = 0; places < UINT32_C(1) << (n + m); places++) {
        uint32_t ones = 0, below = 0;
        for (uint32_t i = n + m; i-- > 0;) /* from the largest value down */
            if (places >> i & 1)
                ones++;
            else
                below += ones;
        if (ones != m) continue;
        all++;
        few += n * m - below <= against;
    }
    return (double)few / all;
}

static void test_chance_beside_all_orders(void **state)
{
    (void)state;
    for (uint32_t n = 1; n <= 6; n++)
        for (uint32_t m = 1; m <= 6; m++)
            for (uint32_t shift = 0; shift <= n; shift++) {
                double a[6], b[6];
                uint32_t against = 0;
                for (uint32_t i = 0; i < n; i++)
                    a[i] = 10 * i;
                for (uint32_t k = 0; k < m; k++)
                    b[k] = 10 * (int)(shift + k) - 5;
                for (uint32_t i = 0; i < n; i++)
                    for (uint32_t k = 0; k < m; k++)
                        against += b[k] < a[i];
                const double want = 2 * against >= n * m ? 1 : model_chance(n, m, against);
                const double got = slower_chance(a, n, b, m);
                assert_true(got > want - 1e-12 && got < want + 1e-12);
            }
}

/* As many as there can be, without overlap: one order of all, and no overflow on the way. */
static void test_chance_of_many(void **state)
{
    double a[RESULT_REPETITIONS_MAX], b[RESULT_REPETITIONS_MAX];
    (void)state;
    for (uint32_t i = 0; i < RESULT_REPETITIONS_MAX; i++) {
        a[i] = i;
        b[i] = i + 1000;
    }
    const double chance = slower_chance(a, RESULT_REPETITIONS_MAX, b, RESULT_REPETITIONS_MAX);
    assert_true(chance > 0 && chance < 1e-30);
    assert_true(slower_chance(b, RESULT_REPETITIONS_MAX, a, RESULT_REPETITIONS_MAX) == 1);
    assert_true(slower_chance(a, RESULT_REPETITIONS_MAX, a, RESULT_REPETITIONS_MAX) == 1);
}

/* ── The verdict, on machines whose pace and noise are made up ── */

static uint64_t random_state;

/* Between -1 and 1. */
static double draw(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(random_state >> 40) / (1 << 23) - 1;
}

typedef struct machine {
    double pace;  /* what both loops take longer */
    double noise; /* what one repetition takes longer or shorter, at most */
    int pauses;   /* one repetition in so many is interrupted; 0: none */
} machine;

static result measured(double ns, uint32_t repetitions, machine on)
{
    result r = {.name = "bulk", .packets = PACKETS, .frame_bytes = 1 << 30, .seed = 1};
    r.repetitions = repetitions;
    r.delivered_bytes = r.payload_bytes = 1 << 29;
    r.peak_bytes = 4 << 20;
    r.rss_anon_peak_bytes = 5 << 20;
    r.limit_bytes = 64 << 20;
    r.verified = RESULT_RIGHT;
    for (uint32_t i = 0; i < repetitions; i++) {
        const double pause = on.pauses && i % (uint32_t)on.pauses == 1 ? 1.5 : 1;
        const double cpu = ns * on.pace * (1 + on.noise * draw()) * pause;
        const double bare = 100 * on.pace * (1 + on.noise * draw());
        r.times[i] = (result_time){(uint64_t)(cpu * PACKETS), (uint64_t)(cpu * PACKETS),
                                   (uint64_t)(bare * PACKETS), (uint64_t)(bare * PACKETS)};
    }
    return r;
}

static slower_verdict verdict(double ns, machine before, machine after)
{
    const result a = measured(200, 15, before), b = measured(ns, 15, after);
    return slower_judge(&a, &b, 0.05).verdict;
}

static const machine calm = {1, 0.02, 0}, uneasy = {1, 0.02, 4};

static void test_slower_build_is_flagged(void **state)
{
    (void)state;
    for (random_state = 1; random_state < 1000; random_state += 1) {
        const uint64_t seed = random_state;
        assert_int_equal(verdict(220, calm, calm), SLOWER_YES);
        assert_int_equal(verdict(180, calm, calm), SLOWER_FASTER);
        assert_int_equal(verdict(220, uneasy, uneasy), SLOWER_YES);
        random_state = seed;
    }
}

static void test_equal_builds_are_quiet(void **state)
{
    const machine slow = {1.3, 0.01, 0}, fast = {0.8, 0.01, 0};
    (void)state;
    for (random_state = 1; random_state < 1000; random_state += 1) {
        const uint64_t seed = random_state;
        assert_int_equal(verdict(200, calm, calm), SLOWER_NO);
        assert_int_equal(verdict(200, calm, uneasy), SLOWER_NO);
        assert_int_equal(verdict(200, calm, slow), SLOWER_NO);
        assert_int_equal(verdict(200, calm, fast), SLOWER_NO);
        random_state = seed;
    }
}

/* What moves the library alone, or the floor alone, as far as the machine does that between two runs. */
static void test_one_side_moves(void **state)
{
    const result a = measured(200, 15, calm);
    result b;
    (void)state;
    random_state = 5;
    b = measured(200, 15, calm);
    for (uint32_t i = 0; i < 15; i++)
        b.times[i].floor_cpu_ns = b.times[i].floor_cpu_ns * 82 / 100;
    assert_int_equal(slower_judge(&a, &b, 0.05).verdict, SLOWER_NO);
    assert_int_equal(slower_judge(&b, &a, 0.05).verdict, SLOWER_NO);
}

/* Cold caches: B shares its processor with two others, and its times are longer by what that costs. */
static void test_company_raises_the_bound(void **state)
{
    const result a = measured(200, 15, calm);
    result b;
    slower s;
    (void)state;
    random_state = 5;
    b = measured(220, 15, calm);
    for (uint32_t i = 0; i < 15; i++)
        b.times[i].wall_ns = b.times[i].cpu_ns * 3;
    s = slower_judge(&a, &b, 0.05);
    assert_int_equal(s.verdict, SLOWER_NO);
    assert_true(s.company > 0.14 && s.company < 0.16);
    b = measured(260, 15, calm);
    for (uint32_t i = 0; i < 15; i++)
        b.times[i].wall_ns = b.times[i].cpu_ns * 3;
    assert_int_equal(slower_judge(&a, &b, 0.05).verdict, SLOWER_YES);
}

/* Enough to be seen, too little to matter. */
static void test_little_is_quiet(void **state)
{
    (void)state;
    random_state = 3;
    assert_int_equal(verdict(206, calm, calm), SLOWER_NO);
}

static void test_too_few_repetitions(void **state)
{
    result a = measured(200, 15, calm), b = measured(400, 4, calm);
    (void)state;
    assert_int_equal(slower_judge(&a, &b, 0.05).verdict, SLOWER_TOO_FEW);
    assert_int_equal(slower_judge(&b, &a, 0.05).verdict, SLOWER_TOO_FEW);
    b = measured(400, 5, calm);
    assert_int_equal(slower_judge(&a, &b, 0.05).verdict, SLOWER_YES);
}

static void test_without_a_floor(void **state)
{
    result a = measured(200, 9, calm), b = measured(240, 9, calm);
    slower s;
    (void)state;
    b.times[3].floor_cpu_ns = 0;
    s = slower_judge(&a, &b, 0.05);
    assert_int_equal(s.verdict, SLOWER_YES);
    assert_true(s.floor_ratio == 0);
}

/* ── The report ── */

static int compare(result *a, size_t count_a, result *b, size_t count_b)
{
    json_file file_a = {.results = a, .count = count_a}, file_b = {.results = b, .count = count_b};
    FILE *to = tmpfile();
    int regressions;
    size_t length;
    assert_non_null(to);
    conditions_gather(&file_a.where, &build);
    file_b.where = file_a.where;
    regressions = compare_files(&file_a, &file_b, 0.05, to);
    rewind(to);
    length = fread(report, 1, sizeof report - 1, to);
    report[length] = 0;
    assert_int_equal(fclose(to), 0);
    return regressions;
}

static void says(const char *text)
{
    if (!strstr(report, text)) fail_msg("no \"%s\" in:\n%s", text, report);
}

static void test_equal_results(void **state)
{
    result a = measured(200, 9, calm), b = measured(200, 9, calm);
    (void)state;
    assert_int_equal(compare(&a, 1, &b, 1), 0);
    says("nothing is worse");
    assert_null(strstr(report, "REGRESSION"));
    assert_null(strstr(report, "compiler"));
}

static void test_each_regression(void **state)
{
    const result a = measured(200, 9, calm);
    result before = a, b = measured(220, 9, calm);
    (void)state;
    assert_int_equal(compare(&before, 1, &b, 1), 1);
    says("REGRESSION: bulk: cpu_time");

    b = a;
    b.verified = RESULT_WRONG;
    (void)snprintf(b.wrong, sizeof b.wrong, "byte 7");
    assert_int_equal(compare(&before, 1, &b, 1), 1);
    says("REGRESSION: bulk: verified is false: byte 7");
    assert_int_equal(compare(&b, 1, &before, 1), 0);

    b = a;
    b.delivered_bytes--;
    assert_int_equal(compare(&before, 1, &b, 1), 1);
    says("REGRESSION: bulk: delivered_bytes 536,870,912 -> 536,870,911");
    assert_int_equal(compare(&b, 1, &before, 1), 0);

    b = a;
    b.peak_bytes += b.peak_bytes / 10;
    assert_int_equal(compare(&before, 1, &b, 1), 1);
    says("REGRESSION: bulk: peak_bytes 4.0 MiB -> 4.4 MiB");
    assert_int_equal(compare(&b, 1, &before, 1), 0);

    b = a;
    b.rss_anon_peak_bytes += b.rss_anon_peak_bytes / 10;
    assert_int_equal(compare(&before, 1, &b, 1), 1);
    says("REGRESSION: bulk: rss_anon_peak_bytes");
}

/* Half as much again of little, and a little more of much. */
static void test_memory_within_bounds(void **state)
{
    const result sample = measured(200, 9, calm);
    result a = sample, b = sample;
    (void)state;
    a.peak_bytes = 100 << 10;
    b.peak_bytes = 150 << 10;
    b.rss_anon_peak_bytes += b.rss_anon_peak_bytes / 25;
    assert_int_equal(compare(&a, 1, &b, 1), 0);
}

static void test_what_is_not_in_both(void **state)
{
    result a[2], b[2];
    (void)state;
    a[0] = b[0] = measured(200, 9, calm);
    a[1] = b[1] = a[0];
    (void)snprintf(a[1].name, sizeof a[1].name, "loss");
    (void)snprintf(b[1].name, sizeof b[1].name, "tiny");
    assert_int_equal(compare(a, 2, b, 2), 0);
    says("only in A: loss");
    says("only in B: tiny");
    says("bulk");
    assert_int_equal(compare(a + 1, 1, b + 1, 1), -1);
}

static void test_other_packets_are_not_compared(void **state)
{
    result a = measured(200, 9, calm), b = a;
    (void)state;
    b.packets *= 2;
    assert_int_equal(compare(&a, 1, &b, 1), -1);
    says("bulk has other packets");
    b = a;
    b.seed = 2;
    assert_int_equal(compare(&a, 1, &b, 1), -1);
}

static void test_other_settings_are_told(void **state)
{
    result a = measured(200, 3, calm), b = a;
    (void)state;
    b.limit_bytes = 4 << 20;
    b.batch = 7;
    assert_int_equal(compare(&a, 1, &b, 1), 0);
    says("bulk: limit_bytes is 67108864 in A, 4194304 in B");
    says("batch");
    says("3 and 3 repetitions");
}

/* ── The command ── */

static void save(const char *path, double ns, const char *compiler)
{
    const result r = measured(ns, 9, calm);
    const build_facts other = {"0123456789ab", compiler, "-O2", "release"};
    conditions where;
    conditions_gather(&where, &other);
    assert_int_equal(json_save(path, &where, &r, 1), 0);
}

static void save_text(const char *path, const char *text)
{
    FILE *to = fopen(path, "w");
    assert_non_null(to);
    (void)fputs(text, to);
    assert_int_equal(fclose(to), 0);
}

/* The command with its output kept away from the test's; its stdout is in `report`. */
static int run(const char *first, const char *second, const char *third, const char *fourth)
{
    const char *words[] = {"compare", first, second, third, fourth};
    char *arguments[6] = {NULL};
    int argc = 0, code, kept[2];
    FILE *out = tmpfile();
    size_t length;
    assert_non_null(out);
    while (argc < 5 && words[argc]) {
        arguments[argc] = strdup(words[argc]);
        argc++;
    }
    (void)fflush(NULL);
    for (int fd = 1; fd <= 2; fd++) {
        kept[fd - 1] = dup(fd);
        (void)dup2(fileno(out), fd);
    }
    code = compare_main(argc, arguments);
    (void)fflush(NULL);
    for (int fd = 1; fd <= 2; fd++) {
        (void)dup2(kept[fd - 1], fd);
        (void)close(kept[fd - 1]);
    }
    rewind(out);
    length = fread(report, 1, sizeof report - 1, out);
    report[length] = 0;
    (void)fclose(out);
    for (int i = 0; i < argc; i++)
        free(arguments[i]);
    return code;
}

static void test_exit_codes(void **state)
{
    (void)state;
    save(path_a, 200, "gcc 1");
    save(path_b, 230, "gcc 2");
    assert_int_equal(run(path_a, path_a, NULL, NULL), 0);
    assert_int_equal(run(path_a, path_b, NULL, NULL), 4);
    says("A: gcc 1");
    says("B: gcc 2");
    assert_int_equal(run(path_b, path_a, NULL, NULL), 0);
    says("faster: bulk");
    assert_int_equal(run(path_a, path_b, "--max-regress", "25%"), 0);
    assert_int_equal(run(path_a, "--max-regress=10", path_b, NULL), 4);
    assert_int_equal(run("--help", NULL, NULL, NULL), 0);
}

static void test_usage(void **state)
{
    (void)state;
    assert_int_equal(run(NULL, NULL, NULL, NULL), 2);
    assert_int_equal(run(path_a, NULL, NULL, NULL), 2);
    assert_int_equal(run(path_a, path_b, path_a, NULL), 2);
    assert_int_equal(run(path_a, path_b, "--fast", NULL), 2);
    assert_int_equal(run(path_a, path_b, "--max-regress", NULL), 2);
    assert_int_equal(run(path_a, path_b, "--max-regress", "5 percent"), 2);
    assert_int_equal(run(path_a, path_b, "--max-regress", "-1"), 2);
    assert_int_equal(run(path_a, path_b, "--max-regress=nan", NULL), 2);
}

static void test_unreadable(void **state)
{
    (void)state;
    save(path_a, 200, "gcc 1");
    assert_int_equal(run(path_a, "/nowhere/b.json", NULL, NULL), 1);
    says("/nowhere/b.json");
    save_text(path_b, "{\"benchmarks\":");
    assert_int_equal(run(path_a, path_b, NULL, NULL), 1);
    says("no JSON");
    assert_int_equal(run(path_b, path_a, NULL, NULL), 1);
    save_text(path_b, "{\"context\":{},\"benchmarks\":[{\"name\":\"BM_a\",\"cpu_time\":1}]}");
    assert_int_equal(run(path_a, path_b, NULL, NULL), 1);
    says("no result of weir-bench");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chance_beside_all_orders),
        cmocka_unit_test(test_chance_of_many),
        cmocka_unit_test(test_slower_build_is_flagged),
        cmocka_unit_test(test_equal_builds_are_quiet),
        cmocka_unit_test(test_one_side_moves),
        cmocka_unit_test(test_company_raises_the_bound),
        cmocka_unit_test(test_little_is_quiet),
        cmocka_unit_test(test_too_few_repetitions),
        cmocka_unit_test(test_without_a_floor),
        cmocka_unit_test(test_equal_results),
        cmocka_unit_test(test_each_regression),
        cmocka_unit_test(test_memory_within_bounds),
        cmocka_unit_test(test_what_is_not_in_both),
        cmocka_unit_test(test_other_packets_are_not_compared),
        cmocka_unit_test(test_other_settings_are_told),
        cmocka_unit_test(test_exit_codes),
        cmocka_unit_test(test_usage),
        cmocka_unit_test(test_unreadable),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
