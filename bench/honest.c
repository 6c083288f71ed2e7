/* SPDX-License-Identifier: MIT */
#include "honest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adversary.h"
#include "adversary_fray.h"
#include "units.h"
#include "words.h"

#define SHARE_LEAST 0.99 /* of the honest connections are to stay whole */

static const uint64_t limits_mib[] = {4, 16, 64};

enum { LIMITS = sizeof limits_mib / sizeof *limits_mib };

static int print_help(void)
{
    (void)puts(
        "usage: weir-bench honest [FAMILY]... [--mib 4|16|64] [--seed N]\n"
        "\n"
        "1,000 honest connections beside each family of hostile traffic (weir-bench adversary "
        "--list)\n"
        "at the pool's limit (4, 16 and 64 MiB, or that one): how many stay whole, and in "
        "brackets\n"
        "how many of the 1,000 were evicted and opened again.");
    return EXIT_OK;
}

/* 0: too few stayed whole. */
static int try_limit(size_t family, uint64_t seed, uint64_t limit_bytes)
{
    fray_result r;
    if (!fray_run(family, seed, limit_bytes, 1, &r)) {
        (void)printf(" %18s", "could not run");
        return 0;
    }
    char split[16] = "";
    if (r.split) (void)snprintf(split, sizeof split, "(%u)", (unsigned)r.split);
    (void)printf(" %7.1f%% %-9s", 100.0 * (double)r.whole / (double)r.connections, split);
    (void)fflush(stdout);
    return (double)r.whole >= SHARE_LEAST * (double)r.connections;
}

/* mib 0: each limit. */
static int try_family(size_t family, uint64_t seed, uint64_t mib)
{
    int good = 1;
    (void)printf("%-18s", adversary_name(family));
    for (int i = 0; i < LIMITS; i++)
        if (mib == 0 || mib == limits_mib[i]) good &= try_limit(family, seed, limits_mib[i] << 20);
    (void)puts(good ? "" : " <");
    return good;
}

typedef struct {
    uint64_t seed, mib;
    char **names; /* of families; none: all */
    int name_count;
} honest_options;

static int is_named(const honest_options *options, size_t family)
{
    for (int i = 0; i < options->name_count; i++)
        if (strcmp(options->names[i], adversary_name(family)) == 0) return 1;
    return options->name_count == 0;
}

/* Those that forge the capture's own time are not. */
static int is_sent(const char *name)
{
    for (size_t family = 0; family < adversary_count(); family++)
        if (strcmp(name, adversary_name(family)) == 0) return !adversary_forges_time(family);
    return 0;
}

static int is_limit(uint64_t mib)
{
    for (int i = 0; i < LIMITS; i++)
        if (mib == limits_mib[i]) return 1;
    return 0;
}

/* Names move to the front of argv. */
static int parse(honest_options *options, int argc, char **argv)
{
    *options = (honest_options){.seed = 1, .names = argv + 1};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--seed") == 0 && units_parse_number(value, &options->seed))
            i++;
        else if (strcmp(argv[i], "--mib") == 0 && units_parse_number(value, &options->mib) &&
                 is_limit(options->mib))
            i++;
        else if (*argv[i] == '-')
            return words_fail("honest", EXIT_USAGE, "%s %s: see weir-bench honest --help", argv[i],
                              value);
        else if (!is_sent(argv[i]))
            return words_fail("honest", EXIT_USAGE,
                              "there is no family %s that a sender can send; see weir-bench "
                              "adversary --list",
                              argv[i]);
        else
            options->names[options->name_count++] = argv[i];
    }
    return EXIT_OK;
}

int honest_main(int argc, char **argv)
{
    int good = 1;
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return print_help();
    honest_options options;
    const int code = parse(&options, argc, argv);
    if (code != EXIT_OK) return code;
    (void)printf("%-18s", "family");
    for (int i = 0; i < LIMITS; i++)
        if (options.mib == 0 || options.mib == limits_mib[i])
            (void)printf("  %3u MiB%10s", (unsigned)limits_mib[i], "");
    (void)puts("");
    for (size_t family = 0; family < adversary_count(); family++)
        if (!adversary_forges_time(family) && is_named(&options, family))
            good &= try_family(family, options.seed, options.mib);
    return good ? EXIT_OK : EXIT_GATE;
}
