/* SPDX-License-Identifier: MIT */
/*
 * Resident: what a run costs its process, by the kernel's count.
 *
 * The run is done in a process of its own, forked for it; its anonymous resident memory is read from smaps_rollup
 * every 10 ms, from before its first packet to its end.
 */
#ifndef WEIR_BENCH_RESIDENT_H
#define WEIR_BENCH_RESIDENT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The most that was seen, in bytes; 0 if it could not be had, or if `run` returned 0. */
uint64_t resident_peak(int (*run)(void *argument), void *argument);

/* The path of this program. Its length, or -1. */
ssize_t resident_self(char *path, size_t bytes);

#endif
