/* SPDX-License-Identifier: MIT */
/*
 * Peer timeline: the memory of another process over time, and how far it has read its capture.
 *
 *      /proc/PID/fdinfo/N  pos ──> read_bytes ┐
 *      /proc/PID/status  RssAnon ─────────────┴─> samples, in the order of time
 *
 * How far it has read is where the program's own descriptor of the file stands, so programs of any
 * speed can be laid over the capture's time. A reader's buffer is part of it: it may have been
 * handed up to that much less. Once it has closed the file, that is all of it.
 *
 * Cost: a look at /proc a sample; the descriptor is searched for until it is found.
 */
#ifndef WEIR_BENCH_PEER_TIMELINE_H
#define WEIR_BENCH_PEER_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct peer_sample {
    uint64_t run_ns; /* since it was started */
    uint64_t read_bytes;
    uint64_t anon_bytes;
} peer_sample;

/* All zero but for the path is empty. */
typedef struct peer_timeline {
    const char *capture; /* by its full path */
    uint64_t capture_bytes;
    peer_sample *samples;
    size_t count, room;
    int descriptor; /* of the process, plus one; 0: not found yet */
} peer_timeline;

/* Appends a sample. Without memory for it, it is left out. */
void peer_timeline_look(peer_timeline *t, pid_t process, uint64_t run_ns, uint64_t anon_bytes);

/* The same of a process that says it has read all. */
void peer_timeline_end(peer_timeline *t, uint64_t run_ns, uint64_t anon_bytes);

void peer_timeline_free(peer_timeline *t);

#endif
