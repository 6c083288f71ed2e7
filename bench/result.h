/* SPDX-License-Identifier: MIT */
/*
 * Result: what `weir-bench run` measured of one scenario or one set of files.
 *
 *      measure ──> result ──> report (people) │ json, csv (programs) │ gate (scripts)
 *
 * Plain numbers, no pointers but names: a result can be copied between processes as it is. A time is
 * of one repetition and of all its packets; what is printed a packet is divided by `packets`.
 *
 *      delivered_bytes + missing_bytes + not seen at all == bytes of the streams
 */
#ifndef WEIR_BENCH_RESULT_H
#define WEIR_BENCH_RESULT_H

#include <stdint.h>

#include "weir/weir.h"

enum { RESULT_REPETITIONS_MAX = 64, RESULT_PHASES_MAX = 8, RESULT_NAME_BYTES = 256 };

/* Whether the delivered bytes were what was sent. */
typedef enum result_verified {
    RESULT_UNKNOWN, /* a file: nobody says what was sent */
    RESULT_RIGHT,   /* every delivered byte, and every hole where bytes were not captured */
    RESULT_WRONG
} result_verified;

/* One repetition: the floor over all packets, then the library over all packets. */
typedef struct result_time {
    uint64_t cpu_ns; /* of the thread, in the library and its callbacks */
    uint64_t wall_ns;
    uint64_t floor_cpu_ns; /* of the bare loop: headers decoded, payload touched */
    uint64_t floor_wall_ns;
} result_time;

/* A stretch of the packets in which the connections all do the same: open, talk, close. */
typedef struct result_phase {
    char name[16]; /* opening, talking, closing; a file: all */
    uint64_t packets;
    result_time times[RESULT_REPETITIONS_MAX];
    uint64_t ledger_bytes; /* at its end */
    uint64_t rss_anon_bytes;
    uint64_t connections; /* open at its end */
} result_phase;

/* Packets one by one, each timed alone, in a process of its own; what the clock itself costs is taken
 * off. Quantiles are over all runs, the machine's own pauses included; the longest packet is each by
 * the least of its runs. */
typedef struct result_latency {
    uint32_t runs; /* 0: not measured */
    double p50_ns, p90_ns, p99_ns, p999_ns;
    /* of packets that told of at most one thing: memory being warm; those that touched new memory */
    double single_p99_ns, single_p999_ns, growing_p99_ns;
    uint64_t growing;                                 /* how many these are */
    double floor_p50_ns, floor_p99_ns, floor_p999_ns; /* of the floor, packets one by one too */
    double max_ns;
    uint64_t max_packet;   /* its number, from 0 */
    uint64_t max_released; /* spans, holes and closes that it told of */
    double worst_share;    /* of 100 us + 0.1 us a thing told, the most that a packet took */
    double clock_ns;       /* what was taken off */
} result_latency;

/* The same files by programs that do less and more: everything included, reading too. */
typedef struct result_file {
    uint64_t bytes;          /* of the files; 0: traffic was made, the rest is 0 */
    uint64_t libpcap_cpu_ns; /* a loop over libpcap that touches nothing */
    uint64_t weir_cpu_ns;    /* weir's reader and engine, empty callbacks */
} result_file;

typedef struct result {
    char
        name[RESULT_NAME_BYTES]; /* of the scenario, with its scale if that is not 1; of the file */
    uint64_t seed;
    double scale;
    uint64_t packets;
    uint64_t frame_bytes; /* captured */
    uint32_t batch;       /* packets a call */
    uint32_t repetitions;
    uint32_t empty; /* 1: the callbacks touch nothing */
    uint32_t hot;   /* 1: time was measured with packets in the cache (hot.h) */
    result_time times[RESULT_REPETITIONS_MAX];
    uint32_t phase_count;
    result_phase phases[RESULT_PHASES_MAX];
    result_latency latency;
    result_file file;

    uint64_t limit_bytes;
    uint64_t page_bytes;
    uint64_t peak_bytes; /* the ledger's: committed */
    uint64_t end_bytes;  /* the ledger's, all connections gone and 1 s of packet time later */
    uint64_t returned_bytes;
    uint64_t held_peak_bytes;
    uint64_t rss_anon_base_bytes; /* of the process, by the kernel, before there is a pool */
    uint64_t rss_anon_peak_bytes; /* every 10 ms of run time */
    uint64_t rss_anon_end_bytes;  /* when the ledger is at end_bytes */

    uint64_t connections;
    uint64_t peak_connections;
    uint64_t honest_connections; /* of the scenario; 0: a file */
    uint64_t honest_whole;       /* of them: every byte sent was delivered, in one connection */
    uint64_t evicted;
    uint64_t payload_bytes;
    uint64_t delivered_bytes;
    uint64_t missing_bytes;
    uint64_t captured_bytes;         /* of honest streams, each byte once; 0: a file */
    uint64_t honest_delivered_bytes; /* of these */
    uint64_t holes[WEIR_HOLE_CAUSE_COUNT];
    result_verified verified;
    char wrong[RESULT_NAME_BYTES]; /* RESULT_WRONG: what, first */
} result;

/* Adds to the name how it was measured, as far as that is not usual: /empty, /hot. */
void result_name_manner(result *r);

/* The middle one of the repetitions' times a packet, in ns; 0 without repetitions. */
typedef enum result_clock {
    RESULT_CPU,
    RESULT_WALL,
    RESULT_FLOOR_CPU,
    RESULT_FLOOR_WALL
} result_clock;
double result_median_ns(const result *r, result_clock clock);

/* The same of one phase and its packets. */
double result_phase_median_ns(const result *r, uint32_t phase, result_clock clock);

/* Of one repetition. */
double result_packet_ns(const result *r, uint32_t repetition, result_clock clock);

#endif
