/* SPDX-License-Identifier: MIT */
/*
 * Pressure: how much of the time somebody had to wait for memory, as the kernel counts it (PSI).
 *
 *      cgroup v2 memory.pressure       of the own group, where there is one
 *      /proc/pressure/memory           else: of the whole machine
 *      "some avg10=… total=MICROSECONDS"
 *
 *      share = (total now - total at the last look) / time between
 *
 * The sum is read, four times a second, and not the kernel's averages, which lag by ten seconds;
 * nor is a trigger set: that needs privileges (without them its window is 2 s), a descriptor for
 * each, and a kernel that allows it in a container, and would tell nothing sooner: the kernel sums up
 * when it is read. A look costs 0.7 us (20,000 preads of /proc/pressure/memory, CPU time).
 */
#ifndef WEIR_TOOLS_PRESSURE_H
#define WEIR_TOOLS_PRESSURE_H

#include "system_root.h"

typedef struct pressure {
    int fd; /* -1: there is none */
    uint64_t total_us;
    uint64_t looked_ns;
    char path[SYSTEM_PATH_BYTES]; /* where it is read, or the last place that was tried */
    int error;                    /* why it cannot be read; an errno */
} pressure;

/* Opens it. false: the system does not tell, and `path` and `error` say why. */
bool pressure_begin(pressure *p, uint64_t now_ns);
void pressure_end(pressure *p);

/* The share of the time since the last look that tasks waited for memory, 0 to 1. */
double pressure_look(pressure *p, uint64_t now_ns);

#endif
