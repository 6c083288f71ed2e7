/* SPDX-License-Identifier: MIT */
/*
 * Peer run: a program as a process of its own, watched, and ended if it takes too much.
 *
 *      start ──> stdout: records, or one line ──> memory after the end ──> stdin closed ──> wait4
 *                every 10 ms: VmHWM, RssAnon; above a limit: killed; a timeline, where one is wanted, every ms
 *
 * CPU is the kernel's account of the process and of what it has waited for, from its start to its
 * end. The peak is what the kernel keeps (VmHWM, all resident pages); the anonymous peak is the most
 * of what was seen every 10 ms (RssAnon). After the end: when the program has said its line, before
 * it gives anything back by ending; a program that ends without waiting has no such figure.
 */
#ifndef WEIR_BENCH_PEER_RUN_H
#define WEIR_BENCH_PEER_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "peer_timeline.h"
#include "peers/record.h"

enum { PEER_SAID_BYTES = 160 };

/* A figure that could not be had. */
#define PEER_UNKNOWN UINT64_MAX

typedef enum peer_outcome {
    PEER_DONE,
    PEER_NOT_STARTED,
    PEER_FAILED, /* an exit code other than 0, or a signal */
    PEER_KILLED_MEMORY,
    PEER_KILLED_TIME,
    PEER_INTERRUPTED /* a signal that is blocked waits to end this program */
} peer_outcome;

/* Where records go (NULL: the run is a timed one). A record's bytes come in pieces; `record` is NULL
 * for those after the first. */
typedef void peer_sink(void *user, const peer_record *record, const uint8_t *data, size_t bytes);

typedef struct peer_plan {
    char *const *arguments;  /* the first is the program's path; NULL ends them */
    const char *directory;   /* where it is run */
    uint64_t memory_bytes;   /* most of RssAnon */
    uint64_t time_ns;        /* most of CPU time; ten times as much of the wall clock */
    peer_timeline *timeline; /* NULL: none; else it is looked at every ms */
    peer_sink *sink;
    void *user;
} peer_plan;

typedef struct peer_figures {
    peer_outcome outcome;
    uint64_t cpu_ns;
    uint64_t wall_ns;
    uint64_t peak_bytes;
    uint64_t peak_anon_bytes;
    uint64_t end_anon_bytes;     /* or PEER_UNKNOWN */
    uint64_t packets, delivered; /* as it says; 0 if it does not */
    char said[PEER_SAID_BYTES];  /* the first line on stderr */
} peer_figures;

/* "done", "not installed", "failed", ... */
const char *peer_outcome_name(peer_outcome outcome);

/* Runs it to its end. false: no process could be made; errno says why. */
bool peer_run(const peer_plan *plan, peer_figures *figures);

#endif
