/* SPDX-License-Identifier: MIT */
/*
 * Snapshot: all that a run knows of itself at one moment, for those who tell it to others (metrics,
 * timeline, progress).
 */
#ifndef WEIR_TOOLS_SNAPSHOT_H
#define WEIR_TOOLS_SNAPSHOT_H

#include <stdbool.h>

#include "hole_histogram.h"

/* An interface that is captured; its counters go on when it vanishes and comes back. */
typedef struct snapshot_interface {
    const char *name; /* as given on the command line */
    bool up;
    uint64_t received_packets;
    uint64_t kernel_drops;    /* found the ring full */
    uint64_t interface_drops; /* lost before the ring */
} snapshot_interface;

typedef struct snapshot {
    weir_stats stats; /* of all engines on the pool */
    weir_memory memory;
    hole_counts holes;
    uint64_t first_ns;  /* packet time: of the first packet, 0 before it */
    uint64_t packet_ns; /* of the last one */
    /* From files and interfaces, what was not handed to an engine included. */
    uint64_t read_packets;
    uint64_t read_bytes; /* of files, or of captured packets */
    uint64_t filtered_packets;
    uint64_t unsupported_packets;
    const snapshot_interface *interfaces; /* lent until the next one is taken */
    size_t interface_count;
} snapshot;

/* All that were given up, whatever the cause. */
static inline uint64_t snapshot_holes(const snapshot *now)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < WEIR_HOLE_CAUSE_COUNT; i++)
        sum += now->stats.holes[i];
    return sum;
}

/* Who takes one. Called from the thread that does the upkeep. */
typedef struct snapshot_source {
    void (*take)(void *user, snapshot *now); /* *now begins as zeros, its structs set up */
    void *user;
} snapshot_source;

#endif
