/* SPDX-License-Identifier: MIT */
/*
 * Measure: all that is to be known of one load, in four runs of their own processes.
 *
 *      race      time beside the floor          (nothing else is looked at)
 *      latency   time of each packet
 *      watch     memory, by ledger and kernel
 *      truth     every byte beside what was sent
 */
#ifndef WEIR_BENCH_MEASURE_H
#define WEIR_BENCH_MEASURE_H

#include "drive.h"
#include "latency.h"
#include "result.h"
#include "timeline.h"
#include "watch.h"

typedef struct measure {
    result result;
    timeline_sample samples[WATCH_SAMPLES_MAX];
    size_t sample_count;
    latency_spread spread; /* empty where latency was left out */
} measure;

/* Zeroed, where processes can share it; NULL: no memory, said on stderr. */
measure *measure_create(void);
void measure_free(measure *m);

/* Fills *m, of which result.repetitions, .empty and .hot say what is wanted, and `quick` whether
 * latency is left out. What it does now is told on stderr where that is a terminal. false: a line on
 * stderr says why. */
bool measure_run(measure *m, const drive_plan *plan, bool quick);

#endif
