/* SPDX-License-Identifier: MIT */
/*
 * Drive: a load through one engine in a pool of its own, as a program that links weir would do it.
 *
 *      drive_open ──> drive_feed, drive_feed … ──> drive_flush ──> drive_settle ──> drive_close
 *
 * Flushing belongs to the work: it delivers what still waits. Settling does not: it is a second of
 * packet time without packets, in which memory goes back.
 */
#ifndef WEIR_BENCH_DRIVE_H
#define WEIR_BENCH_DRIVE_H

#include <stdbool.h>

#include "load.h"

typedef struct drive_plan {
    const load *load;
    const weir_pool_config *pool;
    const weir_engine_config *engine;
    uint32_t batch; /* packets a call */
} drive_plan;

typedef struct drive {
    const drive_plan *plan;
    weir_pool *pool;
    weir_engine *engine;
} drive;

/* false: the library refuses; a line on stderr says why. */
bool drive_open(drive *d, const drive_plan *plan, const weir_callbacks *callbacks, void *user);

/* Packets of one stretch. */
static inline void drive_feed(const drive *d, int link_type, const weir_packet *packets,
                              size_t count)
{
    const size_t batch = d->plan->batch;
    for (; count >= batch; packets += batch, count -= batch)
        (void)weir_engine_packets(d->engine, link_type, packets, batch, NULL);
    if (count) (void)weir_engine_packets(d->engine, link_type, packets, count, NULL);
}

void drive_flush(const drive *d);
void drive_settle(const drive *d);

/* What the library has counted. */
void drive_figures(const drive *d, weir_stats *stats, weir_memory *memory);

void drive_close(drive *d);

/* drive_open with callbacks that touch every byte they are given, like the floor, and add to *sum. */
bool drive_open_touching(drive *d, const drive_plan *plan, uint64_t *sum);

/* drive_open with callbacks that do nothing: nothing is asked for ahead for them. */
bool drive_open_empty(drive *d, const drive_plan *plan);

#endif
