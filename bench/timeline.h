/* SPDX-License-Identifier: MIT */
/*
 * Timeline: memory over a run, as samples in the order of time.
 */
#ifndef WEIR_BENCH_TIMELINE_H
#define WEIR_BENCH_TIMELINE_H

#include <stdint.h>

typedef struct timeline_sample {
    double time_s;        /* of the wall, since the run began */
    double packet_time_s; /* since the first packet */
    uint64_t packets;     /* so far */
    uint64_t limit_bytes;
    uint64_t ledger_bytes;   /* committed */
    uint64_t held_bytes;     /* payload that waits */
    uint64_t rss_anon_bytes; /* of the process, by the kernel */
} timeline_sample;

#endif
