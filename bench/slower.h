/* SPDX-License-Identifier: MIT */
/*
 * Slower: whether build B takes more CPU time than build A, on a machine that changes its pace between two runs.
 *
 *      cpu      of each repetition, in ns                 a faster machine makes a slower build look well
 *      cpu/floor of each repetition, beside the bare      what the machine does to both falls out; what it does
 *               loop over the same packets                to the floor alone comes in
 *
 *      slower = both medians are more than max_regress above A's, and for both a rank test of all
 *               repetitions (Mann-Whitney, one-sided) says that chance does so once in 100 times at most
 *
 * Each alone errs where the other does not, so both must agree. Repetitions of one run are alike: ranks tell that B is above A, the
 * medians whether by enough to matter.
 */
#ifndef WEIR_BENCH_SLOWER_H
#define WEIR_BENCH_SLOWER_H

#include <stdbool.h>
#include <stdint.h>

#include "result.h"

/* Five against five is the least at which ranks can say once in 100. */
enum { SLOWER_REPETITIONS_MIN = 5 };

#define SLOWER_CHANCE 0.01

typedef enum slower_verdict {
    SLOWER_NO,
    SLOWER_YES,
    SLOWER_FASTER, /* the same rule the other way round */
    SLOWER_TOO_FEW /* repetitions to tell */
} slower_verdict;

typedef struct slower {
    slower_verdict verdict;
    double cpu_ratio;   /* B's median by A's */
    double floor_ratio; /* the same of cpu/floor; 0: no floor was measured, cpu alone was judged */
    double chance;      /* the larger of both tests' p; 1: too few */
} slower;

slower slower_judge(const result *a, const result *b, double max_regress);

/* How often chance alone ranks the m values of b so high among the n of a. Exact without ties; ties count against
 * b. n and m up to RESULT_REPETITIONS_MAX, neither 0. */
double slower_chance(const double *a, uint32_t n, const double *b, uint32_t m);

#endif
