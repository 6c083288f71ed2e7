/* SPDX-License-Identifier: MIT */
#include "honest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adversary.h"
#include "adversary_fray.h"
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

static int is_named(int argc, char **argv, size_t family)
{
    int names = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], adversary_name(family)) == 0) return 1;
        if (strcmp(argv[i], "--seed") == 0 || strcmp(argv[i], "--mib") == 0)
            i++;
        else
            names++;
    }
    return names == 0;
}

static uint64_t number_of(int argc, char **argv, const char *option, uint64_t otherwise)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], option) == 0) return strtoull(argv[i + 1], NULL, 10);
    return otherwise;
}

int honest_main(int argc, char **argv)
{
    int good = 1;
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return print_help();
    uint64_t mib = number_of(argc, argv, "--mib", 0);
    (void)printf("%-18s", "family");
    for (int i = 0; i < LIMITS; i++)
        if (mib == 0 || mib == limits_mib[i])
            (void)printf("  %3u MiB%10s", (unsigned)limits_mib[i], "");
    (void)puts("");
    for (size_t family = 0; family < adversary_count(); family++)
        if (!adversary_forges_time(family) && is_named(argc, argv, family))
            good &= try_family(family, number_of(argc, argv, "--seed", 1), mib);
    return good ? EXIT_OK : EXIT_GATE;
}
