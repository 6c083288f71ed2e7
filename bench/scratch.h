/* SPDX-License-Identifier: MIT */
/*
 * Scratch: a directory for the while of a run, below TMPDIR, and all that is in it goes with it.
 */
#ifndef WEIR_BENCH_SCRATCH_H
#define WEIR_BENCH_SCRATCH_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* Makes one and writes its path. false: errno says why. */
bool scratch_make(char path[PATH_MAX]);

/* Removes what is in a directory, and (remove) the directory too. */
bool scratch_empty(const char *path);
bool scratch_remove(const char *path);

#endif
