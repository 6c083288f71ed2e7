/* SPDX-License-Identifier: MIT */
/*
 * Metrics: a snapshot as Prometheus reads it (text format 0.0.4).
 *
 *      # HELP weir_holes_total Holes that were given up, by cause.
 *      # TYPE weir_holes_total counter
 *      weir_holes_total{cause="acked"} 17
 *
 * For a file that node_exporter's textfile collector picks up (FILE.prom in its directory), or that
 * any HTTP server hands out: weir serves nothing itself.
 *
 * Every series is there from the first write on, at 0 where nothing has happened: a rate over a
 * series that begins with its first event misses that event. Labels are fixed sets: causes, and the
 * interfaces that were given on the command line; nothing that traffic brings becomes a label. Base
 * units (bytes, seconds), counters end in _total. Names are a contract like options: added, not
 * renamed.
 */
#ifndef WEIR_TOOLS_METRICS_H
#define WEIR_TOOLS_METRICS_H

#include <stdio.h>

#include "snapshot.h"

/* What the process adds to a snapshot. */
typedef struct metrics_process {
    double start_s;            /* when it began, since 1970 */
    uint64_t anon_bytes;       /* process_memory_anon_bytes */
    uint64_t configured_bytes; /* the limit that was asked for; in force is memory.limit_bytes */
    double stalled;            /* share of the time that somebody waited for memory, 0 to 1 */
    uint64_t reloads;          /* of the limits file, that were taken */
} metrics_process;

/* The same snapshot gives the same bytes. Failed writes are seen when the stream is closed. */
void metrics_write(FILE *to, const snapshot *now, const metrics_process *process);

#endif
