/* SPDX-License-Identifier: MIT */
/*
 * Race: the floor and the library over the same packets, in turn, timed.
 *
 *      ┌ floor │ library ┐ ┌ floor │ library ┐ …       a pair is a repetition, in a process of its own
 *
 * Each repetition has a pool and an engine of its own, so that its first touch of memory is in its
 * time; creating and settling them is not. Nothing else is done between the two readings of a
 * clock. Up to RACE_MOVE_BYTES the packets are moved first: where pool and packets lie in memory changes a time
 * by some percent for as long as a process lives, so each repetition draws anew, and their median stands for more
 * than one draw.
 */
#ifndef WEIR_BENCH_RACE_H
#define WEIR_BENCH_RACE_H

#include "drive.h"
#include "result.h"

/* Moving more takes longer than measuring it, and it lies in more places to begin with. */
#define RACE_MOVE_BYTES ((size_t)128 << 20)

/* Fills times and phases of *r, whose repetitions and `empty` say what is wanted; *r is to lie in
 * apart_memory. false: it failed, and a line on stderr says why. */
bool race_run(const drive_plan *plan, result *r);

/* How many of the packets belong to each phase, and its name: fills phase_count and phases. */
void race_phases(const load *l, result *r);

/* The number of the phase (at most RESULT_PHASES_MAX - 1) that stretch `index` belongs to. */
uint32_t race_phase_of(const load *l, size_t index);

#endif
