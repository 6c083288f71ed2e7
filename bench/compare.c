/* SPDX-License-Identifier: MIT */
#include "compare.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "slower.h"
#include "units.h"
#include "words.h"

enum { NAME_WIDTH = 24 };

/* ── What was not the same ── */

static void tell_text(FILE *to, const char *what, const char *a, const char *b)
{
    if (strcmp(a, b) == 0) return;
    (void)fprintf(to, "  %s:\n    A: %s\n    B: %s\n", what, *a ? a : "unknown",
                  *b ? b : "unknown");
}

static void tell_conditions(const conditions *a, const conditions *b, FILE *to)
{
    tell_text(to, "weir", a->weir_version, b->weir_version);
    tell_text(to, "commit", a->commit, b->commit);
    tell_text(to, "compiler", a->compiler, b->compiler);
    tell_text(to, "flags", a->flags, b->flags);
    tell_text(to, "limits", a->limits, b->limits);
    tell_text(to, "machine", a->host_name, b->host_name);
    tell_text(to, "cpu", a->cpu_model, b->cpu_model);
    tell_text(to, "governor", a->cpu_governor, b->cpu_governor);
    tell_text(to, "kernel", a->kernel, b->kernel);
    tell_text(to, "huge pages", a->transparent_hugepage, b->transparent_hugepage);
}

/* The same packets: what else a benchmark measures can only be compared then. */
static bool same_packets(const result *a, const result *b)
{
    return a->packets == b->packets && a->frame_bytes == b->frame_bytes && a->seed == b->seed;
}

static bool tell_packets(const result *a, const result *b, FILE *to)
{
    if (same_packets(a, b)) return true;
    (void)fprintf(to,
                  "not compared: %s has other packets (%" PRIu64 " and %" PRIu64 ", seeds %" PRIu64
                  " and %" PRIu64 ")\n",
                  a->name, a->packets, b->packets, a->seed, b->seed);
    return false;
}

static void tell_settings(const result *a, const result *b, FILE *to)
{
    static const char *const names[] = {"limit_bytes", "page_bytes", "batch", "empty", "hot"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const field *f = field_named(names[i]);
        const double of_a = field_value(f, a), of_b = field_value(f, b);
        if (of_a != of_b)
            (void)fprintf(to, "note: %s: %s is %.0f in A, %.0f in B\n", a->name, f->name, of_a,
                          of_b);
    }
}

static const result *find(const json_file *file, const char *name)
{
    for (size_t i = 0; i < file->count; i++)
        if (strcmp(file->results[i].name, name) == 0) return &file->results[i];
    return NULL;
}

static void tell_missing(const json_file *of, const json_file *in, const char *which, FILE *to)
{
    for (size_t i = 0; i < of->count; i++)
        if (!find(in, of->results[i].name))
            (void)fprintf(to, "only in %s: %s\n", which, of->results[i].name);
}

/* ── The table ── */

static void print_header(FILE *to)
{
    (void)fprintf(to, "%-*s %8s %8s %8s %8s %8s %8s %8s %9s  %s\n", NAME_WIDTH, "B / A", "cpu_time",
                  "/ floor", "judged", "real", "peak", "rss peak", "p99", "delivered", "chance");
}

static void print_ratio(FILE *to, int width, double a, double b)
{
    if (a > 0 && b > 0)
        (void)fprintf(to, " %*.3f", width, b / a);
    else
        (void)fprintf(to, " %*s", width, "-");
}

static void print_field(FILE *to, int width, const char *name, const result *a, const result *b)
{
    const field *f = field_named(name);
    print_ratio(to, width, field_value(f, a), field_value(f, b));
}

static void print_row(const result *a, const result *b, const slower *time, FILE *to)
{
    (void)fprintf(to, "%-*s", NAME_WIDTH, a->name);
    print_ratio(to, 8, 1, time->cpu_ratio);
    print_ratio(to, 8, 1, time->floor_ratio);
    print_ratio(to, 8, 1, time->judged_ratio);
    print_field(to, 8, "real_time", a, b);
    print_field(to, 8, "peak_bytes", a, b);
    print_field(to, 8, "rss_anon_peak_bytes", a, b);
    print_field(to, 8, "latency_ns.p99", a, b);
    print_field(to, 9, "delivered_bytes", a, b);
    if (time->verdict == SLOWER_TOO_FEW)
        (void)fputs("  -\n", to);
    else
        (void)fprintf(to, "  %.3f\n", time->chance);
}

/* ── Regressions: each one line, and counted ── */

static int tell_time(const result *a, const result *b, const slower *time, FILE *to)
{
    const char *what = time->verdict == SLOWER_YES ? "REGRESSION" : "faster";
    if (time->verdict == SLOWER_TOO_FEW) {
        (void)fprintf(to,
                      "note: %s: CPU time is not judged: %" PRIu32 " and %" PRIu32
                      " repetitions, at least %d are needed (--repeat)\n",
                      a->name, a->repetitions, b->repetitions, SLOWER_REPETITIONS_MIN);
        return 0;
    }
    if (time->company > 0)
        (void)fprintf(to,
                      "note: %s: one run had to wait more for its processor: CPU time is judged "
                      "with %.1f %% more\n",
                      a->name, 100 * time->company);
    if (time->verdict == SLOWER_NO) return 0;
    (void)fprintf(to, "%s: %s: cpu_time %.1f -> %.1f ns a packet (%+.1f %%", what, a->name,
                  result_median_ns(a, RESULT_CPU), result_median_ns(b, RESULT_CPU),
                  100 * (time->cpu_ratio - 1));
    if (time->floor_ratio > 0)
        (void)fprintf(to, "; beside the floor %+.1f %%", 100 * (time->floor_ratio - 1));
    (void)fprintf(to, "), by chance %.3f\n", time->chance);
    return time->verdict == SLOWER_YES;
}

static int tell_memory(const char *name, const result *a, const result *b, double max_regress,
                       FILE *to)
{
    const field *f = field_named(name);
    const double of_a = field_value(f, a), of_b = field_value(f, b);
    if (of_a <= 0 || of_b <= of_a * (1 + max_regress) || of_b <= of_a + COMPARE_SLACK_BYTES)
        return 0;
    (void)fprintf(to, "REGRESSION: %s: %s %s -> %s (%+.1f %%)\n", a->name, name,
                  units_bytes((uint64_t)of_a).text, units_bytes((uint64_t)of_b).text,
                  100 * (of_b / of_a - 1));
    return 1;
}

static int tell_bytes(const result *a, const result *b, FILE *to)
{
    int regressions = 0;
    if (a->verified == RESULT_RIGHT && b->verified == RESULT_WRONG) {
        (void)fprintf(to, "REGRESSION: %s: verified is false: %s\n", a->name, b->wrong);
        regressions++;
    }
    if (b->delivered_bytes < a->delivered_bytes) {
        (void)fprintf(to, "REGRESSION: %s: delivered_bytes %s -> %s\n", a->name,
                      units_count(a->delivered_bytes).text, units_count(b->delivered_bytes).text);
        regressions++;
    }
    return regressions;
}

static int tell_pair(const result *a, const result *b, double max_regress, FILE *to)
{
    const slower time = slower_judge(a, b, max_regress);
    tell_settings(a, b, to);
    return tell_time(a, b, &time, to) + tell_bytes(a, b, to) +
           tell_memory("peak_bytes", a, b, max_regress, to) +
           tell_memory("rss_anon_peak_bytes", a, b, max_regress, to);
}

/* ── All of it ── */

typedef struct pair {
    const result *a, *b;
} pair;

/* Which benchmarks can be compared; how many. */
static size_t match(const json_file *a, const json_file *b, pair *pairs, FILE *to)
{
    size_t count = 0;
    for (size_t i = 0; i < a->count; i++) {
        const pair p = {&a->results[i], find(b, a->results[i].name)};
        if (p.b && tell_packets(p.a, p.b, to)) pairs[count++] = p;
    }
    return count;
}

static int tell_pairs(const pair *pairs, size_t count, double max_regress, FILE *to)
{
    int regressions = 0;
    print_header(to);
    for (size_t i = 0; i < count; i++) {
        const slower time = slower_judge(pairs[i].a, pairs[i].b, max_regress);
        print_row(pairs[i].a, pairs[i].b, &time, to);
    }
    (void)fputc('\n', to);
    for (size_t i = 0; i < count; i++)
        regressions += tell_pair(pairs[i].a, pairs[i].b, max_regress, to);
    if (regressions)
        (void)fprintf(to, "%d worse by more than %g %%\n", regressions, 100 * max_regress);
    else
        (void)fprintf(to, "nothing is worse by more than %g %%\n", 100 * max_regress);
    return regressions;
}

int compare_files(const json_file *a, const json_file *b, double max_regress, FILE *to)
{
    pair *pairs = calloc(a->count + 1, sizeof *pairs);
    size_t count;
    int regressions = -1;
    if (!pairs) return -1;
    (void)fprintf(to, "A: %s, %s\nB: %s, %s\n", a->where.date, a->where.commit, b->where.date,
                  b->where.commit);
    tell_conditions(&a->where, &b->where, to);
    tell_missing(a, b, "A", to);
    tell_missing(b, a, "B", to);
    count = match(a, b, pairs, to);
    (void)fputc('\n', to);
    if (count > 0) regressions = tell_pairs(pairs, count, max_regress, to);
    free(pairs);
    return regressions;
}

/* ── The command ── */

typedef struct compare_options {
    const char *paths[2];
    int count;
    double max_regress;
} compare_options;

#define fail(code, ...) words_fail("compare", code, __VA_ARGS__)

static int print_help(void)
{
    (void)puts(
        "usage: weir-bench compare A.json B.json [--max-regress 5%]\n"
        "\n"
        "Compares two files of weir-bench run --json, A before and B after: a table of ratios B / "
        "A,\n"
        "what conditions differ, and what is worse. Exit 4 if anything is.\n"
        "\n"
        "  --max-regress P    how much worse is too much, in percent (default 5%)\n"
        "\n"
        "CPU time is judged by the repetitions in both files, as cpu_time / sqrt(floor_cpu_time):\n"
        "what moves the floor (the bare loop beside it) falls out by half. It is worse if median "
        "and\n"
        "lower quartile are more than P above A's, if the medians of cpu_time and of cpu_time /\n"
        "floor_cpu_time are more than half of P above, and if a rank test (Mann-Whitney, "
        "one-sided)\n"
        "finds a chance of 1 in 100 at most. Where B's thread had to wait more for its processor P "
        "is\n"
        "raised, and that is told. 5 repetitions are the least; 15 of 20 ms each tell 10 % from "
        "noise.\n"
        "Also worse: wrong bytes, fewer bytes delivered, and a peak of memory by more than P and\n"
        "128 KiB. Real time and p99 are shown, not judged.");
    return EXIT_OK;
}

static bool parse_percent(const char *text, double *share)
{
    char *end;
    if (*text < '0' || *text > '9') return false;
    *share = strtod(text, &end) / 100;
    if (*end == '%') end++;
    return *end == 0 && *share >= 0 && *share <= 10;
}

/* -1: go on; else the exit code, after a message. */
static int take_argument(compare_options *o, int argc, char **argv, int *at)
{
    static const char option[] = "--max-regress";
    const char *word = argv[*at], *value = NULL;
    if (strncmp(word, option, sizeof option - 1) == 0) {
        if (word[sizeof option - 1] == '=') value = word + sizeof option;
        if (word[sizeof option - 1] == 0 && *at + 1 < argc) value = argv[++*at];
        if (value && parse_percent(value, &o->max_regress)) return -1;
        return fail(EXIT_USAGE, "%s wants percent up to 1000; try %s 5%%", option, option);
    }
    if (*word == '-' && word[1]) return fail(EXIT_USAGE, "%s is no option; see --help", word);
    if (o->count == 2) return fail(EXIT_USAGE, "%s is one file too many: two are compared", word);
    o->paths[o->count++] = word;
    return -1;
}

static int parse(compare_options *o, int argc, char **argv)
{
    *o = (compare_options){.max_regress = 0.05};
    for (int at = 1; at < argc; at++) {
        int code = -1;
        if (strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "-h") == 0) return print_help();
        code = take_argument(o, argc, argv, &at);
        if (code >= 0) return code;
    }
    if (o->count == 2) return -1;
    return fail(EXIT_USAGE, "want two files that weir-bench run --json wrote; see --help");
}

static bool load(const char *path, json_file *file)
{
    char why[JSON_WHY_BYTES];
    if (json_load(path, file, why)) return true;
    (void)fail(EXIT_FAILED, "%s: %s", path, why);
    return false;
}

static int compare_loaded(const json_file *a, const json_file *b, const compare_options *o)
{
    const int regressions = compare_files(a, b, o->max_regress, stdout);
    if (fflush(stdout) != 0 || ferror(stdout)) return fail(EXIT_FAILED, "cannot write to stdout");
    if (regressions < 0)
        return fail(EXIT_FAILED, "no benchmark can be compared; run both of the same scenario, "
                                 "seed and scale");
    return regressions ? EXIT_GATE : EXIT_OK;
}

int compare_main(int argc, char **argv)
{
    compare_options o;
    json_file a, b;
    int code = parse(&o, argc, argv);
    if (code >= 0) return code;
    if (!load(o.paths[0], &a)) return EXIT_FAILED;
    code = EXIT_FAILED;
    if (load(o.paths[1], &b)) {
        code = compare_loaded(&a, &b, &o);
        json_free(&b);
    }
    json_free(&a);
    return code;
}
