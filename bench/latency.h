/* SPDX-License-Identifier: MIT */
/*
 * Latency: how long one packet takes, for each packet.
 *
 *      clock │ one packet │ clock │ one packet │ …      in each of LATENCY_RUNS runs
 *
 * Packets go in one by one here, whatever the batch of the other measurements: a batch has no time of
 * one packet. All runs use one table key, so that a packet does the same in each; what the machine
 * adds differs, so the longest packet is judged by the least of its runs.
 *
 * What a run does is the same each time, so one run before the others, in which nothing is timed,
 * tells which packets touch memory for the first time and pay for a page fault: the pool grows there.
 *
 * Between the runs the floor is timed in the same way: most of what a packet takes at the far end of the
 * spread is its payload on its way from memory, which no library can do without.
 *
 * Memory: 12 bytes a packet beside the load.
 */
#ifndef WEIR_BENCH_LATENCY_H
#define WEIR_BENCH_LATENCY_H

#include "drive.h"
#include "histogram.h"
#include "result.h"

enum { LATENCY_RUNS = 5 };

/* What a packet may take: LATENCY_PACKET_NS, and LATENCY_RELEASED_NS for each thing it tells of. */
#define LATENCY_PACKET_NS   100000.0
#define LATENCY_RELEASED_NS 100.0

/* How often each time was seen; what the clock costs is taken off. */
typedef struct latency_spread {
    histogram all;     /* every packet of every run, the machine's own pauses included */
    histogram single;  /* of these, packets that told of at most one thing, the pool being warm */
    histogram growing; /* the same, of packets that touched new memory */
    histogram least;   /* every packet once, by the least of its runs */
    histogram floor;   /* the bare loop (bench/floor.h), a packet a call, as often */
} latency_spread;

/* Fills r->latency and *spread; both are to lie in apart_memory. false: a line on stderr says why. */
bool latency_run(const drive_plan *plan, result *r, latency_spread *spread);

#endif
