/* SPDX-License-Identifier: MIT */
/*
 * Watch: how much memory a run has, by weir's ledger and by the kernel, over time.
 *
 *      batch, batch, … look ──> ledger, held bytes, smaps_rollup ──> timeline
 *
 * A run of its own, not timed, in a process that has nothing else: the generator's memory is given
 * back first. It looks every 10 ms of run time, at 500 moments of packet time, at the end of each
 * phase, and whenever the ledger has grown by WATCH_STEP_BYTES above all that was looked at: so the
 * kernel is asked while the memory is there, however short that is.
 */
#ifndef WEIR_BENCH_WATCH_H
#define WEIR_BENCH_WATCH_H

#include "drive.h"
#include "result.h"
#include "timeline.h"

enum { WATCH_SAMPLES_MAX = 8192, WATCH_STEP_BYTES = 256 * 1024 };

/* Fills what *r says of memory and of the library's counters; samples may be NULL, else has room for
 * WATCH_SAMPLES_MAX of them, and *count becomes how many there are. All to lie in apart_memory.
 * false: a line on stderr says why. */
bool watch_run(const drive_plan *plan, result *r, timeline_sample *samples, size_t *count);

#endif
