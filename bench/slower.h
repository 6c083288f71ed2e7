/* SPDX-License-Identifier: MIT */
/*
 * Slower: whether build B takes more CPU time than build A, on a machine that changes its pace between two runs.
 *
 *      cpu                what a repetition took: a slower machine makes a build look slower
 *      cpu / floor        beside the bare loop over the same packets: what slows both falls out, but what
 *                         moves the floor alone (where its packets lie in memory) comes in
 *      cpu / sqrt(floor)  between the two, and better than either: it is what is judged
 *
 *      slower  =  median and lower quartile of it are above A's by more than max_regress + company,
 *                 the medians of both others by more than half of max_regress (each alone is fooled by what
 *                 moves one side only, and all by half),
 *                 and a rank test (Mann-Whitney, one-sided) says that chance does that once in 100 times
 *      company =  a tenth of how much more B's thread had to wait for its processor (wall / cpu, the medians), beyond 0.5:
 *                 who shares a processor finds its caches cold
 *
 * Measured with 12 runs of one build and 12 of one with a busy loop a packet, in turn, on two cores with 6 to 9 processes
 * waiting (weir-bench run --quick --repeat 15, max_regress 5 %, each pair compared):
 *
 *      --gen      --scale   slower by   flagged      equal builds flagged
 *      bulk        0.05      12 %       126 of 144     1 of 132
 *      reorder     0.05      12 %       128 of 144     0 of 132
 *      messages    0.05      11 %       139 of 144     0 of 132
 *      many        0.01       9 %       119 of 144     0 of 132
 *
 * In all 512 of 576 and 1 of 528. With no allowance for waiting it would be 549 and 5, with one from 0.2 on 463 and 1.
 *
 * Repetitions of one run are alike, so ranks alone would tell two runs of one build apart; the bound alone would take
 * a few lame repetitions for a trend.
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
    double floor_ratio; /* the same of cpu / floor; 0: no floor was measured, cpu alone is judged */
    double judged_ratio; /* the same of cpu / sqrt(floor) */
    double company;      /* what the bound was raised by */
    double chance;       /* the test's; 1: too few */
} slower;

slower slower_judge(const result *a, const result *b, double max_regress);

/* How often chance alone ranks the m values of b so high among the n of a; ties count against b. Above a half it is
 * 1. n and m up to RESULT_REPETITIONS_MAX, neither 0. */
double slower_chance(const double *a, uint32_t n, const double *b, uint32_t m);

#endif
