/* SPDX-License-Identifier: MIT */
/*
 * Run options: the command line of `weir-bench run`.
 *
 *      argv ──> what to measure, how often, where to write      (here)
 *           └─> -r and the library's settings                   (tools/options.h)
 */
#ifndef WEIR_BENCH_RUN_OPTIONS_H
#define WEIR_BENCH_RUN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "options.h"

enum { RUN_GATES_MAX = 32, RUN_REPEAT_DEFAULT = 5 };

typedef struct run_options {
    const char *scenario; /* NULL: files */
    uint64_t seed;
    double scale;
    uint32_t repeat;
    bool empty;                                           /* callbacks that touch nothing */
    bool hot;                                             /* packets in the cache */
    bool quick;                                           /* no latency */
    const char *json, *csv, *phases, *timeline, *latency; /* where to write, or NULL */
    const char *gates[RUN_GATES_MAX];
    uint32_t gate_count;
    options library; /* -r, limits */
} run_options;

/* Returns -1 if the program is to go on, else the exit code: help was printed, or one line says what
 * is wrong. run_options_free in both cases. Gates are not read yet. */
int run_options_parse(run_options *o, int argc, char **argv);
void run_options_free(run_options *o);

#endif
