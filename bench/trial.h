/* SPDX-License-Identifier: MIT */
/*
 * Trial: one family of hostile traffic against one engine, and what it costs.
 *
 *      steps ──> engine in a pool of its own ──> time, memory, what was told
 *
 * The callbacks count and do what the family wants of the user; the table's key is known, so that every run of a
 * trial does exactly the same. Time: each packet alone, in each of TRIAL_RUNS runs; what counts is the least, since
 * the machine only ever adds to it.
 */
#ifndef WEIR_BENCH_TRIAL_H
#define WEIR_BENCH_TRIAL_H

#include <stdint.h>

#include "adversary.h"

#define TRIAL_RUNS 5

/* What a packet may take at most: TRIAL_PACKET_NS, and TRIAL_RECORD_NS for each record or hole of which it tells, or
 * whose place it takes. */
#define TRIAL_PACKET_NS 100000.0
#define TRIAL_RECORD_NS 100.0

typedef struct trial_plan {
    size_t family;
    uint64_t seed, steps, limit_bytes;
    weir_overlap overlap;
} trial_plan;

typedef struct trial_result {
    double mean_ns;      /* a step */
    double worst_ns;     /* the longest packet */
    uint64_t worst_step; /* its number */
    uint64_t
        worst_released; /* spans, holes and closes that it told of, records that it took the place of */
    double worst_share; /* of what a packet may take, the most that one took */
    uint64_t limit_bytes;
    uint64_t peak_bytes; /* by the ledger */
    uint64_t told;       /* spans, holes, closes in all */
    int within;          /* the ledger's limit was held after every step */
} trial_result;

/* All steps once, no clock read. 0: no memory, or the engine refused. */
int trial_once(const trial_plan *plan, trial_result *result);

/* TRIAL_RUNS times, each packet timed. */
int trial_timed(const trial_plan *plan, trial_result *result);

#endif
