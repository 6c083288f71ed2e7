/* SPDX-License-Identifier: MIT */
#include "ordeal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resident.h"
#include "trial.h"
#include "words.h"

#define MEAN_NS_MOST  2000.0 /* a packet, over all of a family */
#define GROWTH_MOST   1.20   /* of instructions a packet, from n to 4n */
#define SPARE_BYTES   524288 /* the process beyond the limit */
#define LIMIT_BYTES   (UINT64_C(4) << 20)
#define STEPS         1000000
#define COUNTED_STEPS 32768
#define VALGRIND_COMMAND                                                                           \
    "valgrind --tool=callgrind --callgrind-out-file=/dev/null "                                    \
    "--toggle-collect=weir_engine_segments --toggle-collect=weir_engine_packets '%s' adversary "   \
    "--once --steps %" PRIu64 " --seed %" PRIu64 " --mem %" PRIu64 " '%s/%s' 2>&1"

typedef struct {
    trial_plan plan;
    uint64_t counted; /* n of the instructions; 0: they are not counted */
    int once;
    int list;
    const char *names[64];
    size_t name_count;
} ordeal_options;

/* ── counting ── */

/* The number behind "Collected :" in what callgrind prints; 0: there was none. */
static uint64_t read_collected(FILE *from)
{
    char line[512];
    uint64_t collected = 0;
    while (fgets(line, sizeof line, from)) {
        const char *at = strstr(line, "Collected :");
        if (at) (void)sscanf(at, "Collected : %" SCNu64, &collected);
    }
    return collected;
}

/* Instructions of the engine's calls in the first `steps` steps; 0 if valgrind is not there. */
static uint64_t count_first(const trial_plan *plan, uint64_t steps)
{
    char self[512], command[1536];
    ssize_t length = resident_self(self, sizeof self);
    if (length < 0) return 0;
    (void)snprintf(command, sizeof command, VALGRIND_COMMAND, self, steps, plan->seed,
                   plan->limit_bytes, adversary_name(plan->family),
                   weir_overlap_name((int)plan->overlap));
    FILE *from = popen(command, "r");
    if (!from) return 0;
    uint64_t collected = read_collected(from);
    (void)pclose(from);
    return collected;
}

/* Instructions of the engine's calls, a step, over `steps` steps after the family's beginning; 0 if valgrind is not
 * there. */
static double count_instructions(const trial_plan *plan, uint64_t steps)
{
    uint64_t beginning = adversary_beginning(plan->family);
    uint64_t before = beginning ? count_first(plan, beginning) : 0;
    uint64_t all = count_first(plan, beginning + steps);
    return all > before ? (double)(all - before) / (double)steps : 0;
}

/* ── which ── */

/* 1 if the family is named, as NAME or as NAME/POLICY with that policy (-1: with any), or none is. */
static int is_named(const ordeal_options *options, size_t family, int policy)
{
    size_t length = strlen(adversary_name(family));
    for (size_t i = 0; i < options->name_count; i++) {
        const char *name = options->names[i];
        if (strncmp(name, adversary_name(family), length) != 0) continue;
        if (name[length] == '\0') return 1;
        if (name[length] != '/') continue;
        if (policy < 0 || strcmp(name + length + 1, weir_overlap_name(policy)) == 0) return 1;
    }
    return options->name_count == 0;
}

/* ── a line ── */

static void print_head(const ordeal_options *options)
{
    char few[24], many[24];
    (void)snprintf(few, sizeof few, "i/%" PRIu64, options->counted);
    (void)snprintf(many, sizeof many, "i/%" PRIu64, 4 * options->counted);
    (void)printf("%-22s %9s %9s %7s %8s %10s %9s %6s %9s %9s %9s\n", "family", few, many, "growth",
                 "ns", "worst us", "released", "share", "ledger", "process", "limit");
}

static int print_instructions(const ordeal_options *options, const trial_plan *plan)
{
    if (!options->counted) {
        (void)printf(" %9s %9s %7s", "-", "-", "-");
        return 1;
    }
    uint64_t n = adversary_rounds(plan->family, options->counted);
    double few = count_instructions(plan, n), many = count_instructions(plan, 4 * n);
    (void)printf(" %9.0f %9.0f %7.2f", few, many, few > 0 ? many / few : 0);
    return few > 0 && many <= GROWTH_MOST * few;
}

static int print_time(const trial_result *r)
{
    (void)printf(" %8.0f %10.1f %9" PRIu64 " %5.0f%%", r->mean_ns, r->worst_ns / 1000,
                 r->worst_released, 100 * r->worst_share);
    return r->mean_ns <= MEAN_NS_MOST && r->worst_share <= 1;
}

static int print_memory(const trial_result *r, uint64_t process_bytes)
{
    (void)printf(" %8" PRIu64 "K %8" PRIu64 "K %8" PRIu64 "K", r->peak_bytes >> 10,
                 process_bytes >> 10, r->limit_bytes >> 10);
    return r->within && process_bytes <= r->limit_bytes + SPARE_BYTES;
}

static int run_quietly(void *plan)
{
    trial_result result;
    return trial_once(plan, &result);
}

/* 0: a bound is broken. */
static int try_family(const ordeal_options *options, trial_plan plan)
{
    char name[64];
    trial_result result;
    (void)snprintf(name, sizeof name, adversary_overlaps(plan.family) ? "%s/%s" : "%s",
                   adversary_name(plan.family), weir_overlap_name((int)plan.overlap));
    (void)printf("%-22s", name);
    (void)fflush(stdout);
    uint64_t process_bytes = resident_peak(run_quietly, &plan);
    int counted = print_instructions(options, &plan);
    (void)fflush(stdout);
    if (!trial_timed(&plan, &result)) {
        (void)puts(" could not run");
        return 0;
    }
    int timed = print_time(&result), bounded = print_memory(&result, process_bytes);
    (void)printf("%s%s%s\n", counted ? "" : " GROWTH", timed ? "" : " TIME",
                 bounded ? "" : " LIMIT");
    (void)fflush(stdout);
    return counted && timed && bounded;
}

static int try_policies(const ordeal_options *options, size_t family)
{
    trial_plan plan = options->plan;
    int good = 1;
    plan.family = family;
    for (int policy = 0; policy < WEIR_OVERLAP_COUNT; policy++) {
        if (policy && !adversary_overlaps(family)) break;
        if (!is_named(options, family, policy)) continue;
        plan.overlap = (weir_overlap)policy;
        good &= try_family(options, plan);
    }
    return good;
}

/* ── arguments ── */

static int print_help(void)
{
    (void)puts(
        "usage: weir-bench adversary [FAMILY[/POLICY]]... [--steps N] [--counted N] [--mem BYTES] "
        "[--seed "
        "N]\n"
        "       weir-bench adversary --list\n"
        "\n"
        "Families of hostile traffic against the engine, a line each.\n"
        "\n"
        "  --steps N     packets that are timed (default 1000000)\n"
        "  --counted N   packets whose instructions valgrind counts, and four times as many; 0: "
        "none\n"
        "                (default 32768; clock-jumps 131072, as it fills all its caps and is let "
        "go)\n"
        "  --mem BYTES   the pool's limit (default 4 MiB; families that lift caps have their own)\n"
        "  --seed N      the same seed gives the same packets (default 1)\n"
        "  --list        the families, one a line");
    return EXIT_OK;
}

static int print_list(void)
{
    for (size_t i = 0; i < adversary_count(); i++)
        (void)printf("%-18s %s\n", adversary_name(i), adversary_text(i));
    return EXIT_OK;
}

static int set_number(const char *text, uint64_t *number)
{
    char *end;
    *number = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0';
}

static int take_option(ordeal_options *options, const char *name, const char *value)
{
    uint64_t *number = NULL;
    if (strcmp(name, "--steps") == 0) number = &options->plan.steps;
    if (strcmp(name, "--counted") == 0) number = &options->counted;
    if (strcmp(name, "--mem") == 0) number = &options->plan.limit_bytes;
    if (strcmp(name, "--seed") == 0) number = &options->plan.seed;
    return number && value && set_number(value, number);
}

static int parse(ordeal_options *options, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--list") == 0)
            options->list = 1;
        else if (strcmp(argv[i], "--once") == 0)
            options->once = 1;
        else if (*argv[i] == '-' && !take_option(options, argv[i], argv[i + 1]))
            return 0;
        else if (*argv[i] == '-')
            i++;
        else if (options->name_count < sizeof options->names / sizeof *options->names)
            options->names[options->name_count++] = argv[i];
        else
            return 0;
    }
    return options->plan.steps > 0;
}

static weir_overlap policy_named(const char *name)
{
    const char *slash = strchr(name, '/');
    for (int policy = 0; slash && policy < WEIR_OVERLAP_COUNT; policy++)
        if (strcmp(slash + 1, weir_overlap_name(policy)) == 0) return (weir_overlap)policy;
    return WEIR_OVERLAP_FIRST;
}

/* For valgrind: the one family that is named, nothing printed. */
static int run_once(const ordeal_options *options)
{
    trial_plan plan = options->plan;
    for (size_t family = 0; family < adversary_count(); family++) {
        if (!options->name_count || !is_named(options, family, -1)) continue;
        plan.family = family;
        plan.overlap = policy_named(options->names[0]);
        return run_quietly(&plan) ? EXIT_OK : EXIT_FAILED;
    }
    return EXIT_USAGE;
}

int ordeal_main(int argc, char **argv)
{
    ordeal_options options = {.plan = {.seed = 1, .steps = STEPS, .limit_bytes = LIMIT_BYTES},
                              .counted = COUNTED_STEPS};
    int good = 1;
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return print_help();
    if (!parse(&options, argc, argv)) {
        (void)fputs("weir-bench adversary: see weir-bench adversary --help\n", stderr);
        return EXIT_USAGE;
    }
    if (options.list) return print_list();
    if (options.once) return run_once(&options);
    for (size_t i = 0; i < options.name_count; i++)
        if (!adversary_known(options.names[i]))
            return words_fail("adversary", EXIT_USAGE,
                              "there is no family %s; see weir-bench adversary --list",
                              options.names[i]);
    print_head(&options);
    for (size_t family = 0; family < adversary_count(); family++)
        if (is_named(&options, family, -1)) good &= try_policies(&options, family);
    return good ? EXIT_OK : EXIT_GATE;
}
