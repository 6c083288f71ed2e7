/* SPDX-License-Identifier: MIT */
/*
 * Peer contest: all programs over one capture.
 *
 *      check    each once, its records to the judge (a generated capture) or beside weir's (a file)
 *      repeat   floor, weir, peer, peer, ... │ floor, weir, ...      timed, in turn
 *      watch    each once more, its memory over time                 where that is wanted; not timed
 *
 * In turn, so that what the machine does meanwhile falls on all of them. The capture is read once before, so that all
 * find it in the page cache. A program that fails, or is killed, is not run again.
 */
#ifndef WEIR_BENCH_PEER_CONTEST_H
#define WEIR_BENCH_PEER_CONTEST_H

#include <stdbool.h>
#include <stdint.h>

#include "peer_captured.h"
#include "peer_list.h"
#include "peer_run.h"

enum { CONTEST_REPEAT_MAX = 50, CONTEST_VERDICT_BYTES = 192, CONTEST_ROWS_MAX = 16 };

typedef struct contest_plan {
    const char *programs;         /* the directory that they are in */
    const char *capture;          /* the file, by its full path */
    const char *directory;        /* an empty one, to run in */
    const captured_map *captured; /* what the file holds; NULL: nobody knows */
    uint64_t connections;         /* of a generated one */
    uint64_t honest;              /* of them */
    uint64_t packets;             /* in the file; 0: as the floor finds */
    const char *only; /* of the peers those whose program has this in its name; NULL: all */
    uint32_t repeat;
    uint64_t mem_bytes;    /* weir's limit */
    uint64_t memory_bytes; /* what kills a program */
    uint64_t time_ns;      /* and this; twice as long where it is checked */
    bool timeline;         /* whether memory over time is wanted */
} contest_plan;

typedef struct contest_row {
    const peer_entry *entry;
    char version[PEER_VERSION_BYTES];
    peer_outcome outcome;
    bool right; /* every byte in its place, every hole told; of a file: as weir */
    char verdict[CONTEST_VERDICT_BYTES];
    char first[CONTEST_VERDICT_BYTES]; /* of what is not right, where */
    uint32_t runs;
    double cpu_ns[CONTEST_REPEAT_MAX];    /* a packet */
    double median_cpu_ns;                 /* of them */
    double wall_ns;                       /* a packet, the median */
    uint64_t peak_bytes, peak_anon_bytes; /* the most of all runs */
    uint64_t end_anon_bytes;              /* the most; or PEER_UNKNOWN */
    uint64_t delivered;
    peer_timeline timeline;
} contest_row;

typedef struct contest {
    contest_row rows[CONTEST_ROWS_MAX];
    size_t count;
    uint64_t packets;
    bool by_weir; /* weir is the yardstick */
} contest;

/* false: a signal waits, or there was no memory. What was found by then is there. */
bool contest_run(const contest_plan *plan, contest *c);

/* The timelines; *c was zero, or is a contest that was run. */
void contest_free(contest *c);

#endif
