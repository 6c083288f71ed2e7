/* SPDX-License-Identifier: MIT */
/*
 * Lane: a capture and its engine, in a thread of their own.
 *
 *      capture ──> sink ──> engine ──> callbacks          packets, as they come
 *         └── idle ─────────┘                             time, while none come
 *         └── vanished ··· back                           said, and gone on with
 *
 * All lanes share one pool and nothing else; whoever is in another thread may call lane_look alone.
 *
 * TIME. The engine's clock is that of the packets. While none come it goes on by the machine's
 * steady clock from where they left it, LANE_LAG_MS behind: packets may wait so long in a block
 * of the ring that is not full. So neither a clock that is set nor a late block moves time wrongly.
 *
 * BATCHES. The engine looks ahead in a batch of packets, which pays where its tables miss the cache:
 * from LANE_MANY open connections on, packets are collected for it (capture.h). Packets of `weir-bench
 * gen many --scale 0.3` (300,000 connections), sent over a veth pair at 150,000 a second, took 775 ns
 * of CPU that way and 1,338 one by one, the kernel's time in weir included; those of `messages` (300
 * connections) would take 183 and take 174.
 *
 * THE END. Once told to end, a lane takes what was captured until then and no more, ends its
 * connections, and is over.
 */
#ifndef WEIR_TOOLS_LANE_H
#define WEIR_TOOLS_LANE_H

#include <pthread.h>
#include <stdatomic.h>

#include "capture.h"
#include "fanout.h"
#include "session.h"

enum { LANE_LAG_MS = 3 * CAPTURE_BLOCK_MS, LANE_LOOK_MS = 250, LANE_MANY = 4096 };

/* What all lanes of a process look at. */
typedef struct lane_control {
    atomic_bool ending;
    atomic_ullong end_ns; /* packets stamped later are not taken */
    int wake;             /* an eventfd that is readable from then on */
    int done;             /* an eventfd: written to by a lane that cannot go on */
} lane_control;

typedef struct lane {
    const options *options;
    const char *interface;
    capture *capture;
    capture_why absent; /* why there is nothing to capture yet; "": there was */
    fanout *group;      /* of the interface; NULL: it has one lane */
    bool speaks;        /* for the interface: its first lane */
    lane_control *control;
    session session;
    session_outcome outcome;
    pthread_t thread;
    int exit_code; /* of its end */
    /* the thread's own */
    size_t together;     /* packets, for the engine */
    uint64_t begin_ns;   /* packets stamped before are not taken, … */
    uint64_t settled_ns; /* … until then, by the steady clock */
    bool past_end;       /* a packet stamped after the end was seen */
    int failures;        /* to open it again, in a row */
    uint64_t clock_ns;   /* the engine's clock after the last packet, … */
    uint64_t read_ns;    /* … and the machine's then */
    uint64_t look_ns;    /* when to look after the interface */
    /* for lane_look */
    atomic_int state; /* a capture_state */
    atomic_ullong received_packets, dropped_packets, interface_dropped;
    atomic_ullong first_ns, read_packets, read_bytes;
} lane;

/* What a lane is at. */
typedef struct lane_sample {
    capture_state state;
    capture_totals capture;
    uint64_t first_ns;     /* the first packet's stamp; 0: there was none */
    uint64_t read_packets; /* handed to the engine */
    uint64_t read_bytes;
} lane_sample;

/* Opens the capture, not yet the engine. Returns EXIT_OK, or an exit code when a line has said why
 * not. lane_close in both cases. EXIT_OK too where the interface is not there or down, and may be
 * opened later (--reopen): lane_is_absent. */
int lane_open(lane *l, const options *o, const char *interface, fanout *group, bool speaks);
bool lane_is_absent(const lane *l);
void lane_close(lane *l);

/* Makes the engine and begins with packets that are stamped at begin_ns or later. */
int lane_start(lane *l, lane_control *control, uint64_t begin_ns);

/* Waits for the end of the thread: then `outcome` and exit_code are set. */
void lane_join(lane *l);

/* From any thread. */
void lane_look(lane *l, lane_sample *sample);

#endif
