/* SPDX-License-Identifier: MIT */
/*
 * Timeline: memory over a run, a row a sample, as CSV.
 *
 *      time_s          of the machine's clock, since the run began
 *      packets         handed to the engines so far
 *      packet_time_s   since the first packet
 *      limit_bytes     of the pool, as it is in force
 *      ledger_bytes    memory that the pool has of the system
 *      held_bytes      payload that waits behind holes
 *      rss_anon_bytes  resident anonymous memory of the process, by the kernel
 *      connections     open now
 *      holes           given up so far
 *      dropped_packets by the capture so far; files: 0
 *
 * The first seven are those of weir-bench's timeline. The file grows row by row and is not renamed
 * at its end: when a process is killed for its memory, the rows before that are what one wants. A row
 * is there as a whole or, on a full disk, not at all.
 */
#ifndef WEIR_TOOLS_TIMELINE_H
#define WEIR_TOOLS_TIMELINE_H

#include "snapshot.h"

typedef struct timeline {
    bool on; /* there is one */
    int fd;
} timeline;

/* Begins the file; an old one is emptied. Returns 0 or an errno. */
int timeline_begin(timeline *t, const char *path);

/* Writes a row. Returns 0 or an errno. */
int timeline_add(timeline *t, const snapshot *now, uint64_t run_ns, uint64_t anon_bytes);

/* Legal if nothing was begun. */
void timeline_end(timeline *t);

#endif
