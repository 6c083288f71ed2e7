/* SPDX-License-Identifier: MIT */
/*
 * Upkeep: what a run does now and then beside its packets.
 *
 *      tick ─┬─> progress          on a terminal, five times a second
 *            ├─> metrics file      each --metrics-every, and at the end
 *            ├─> timeline          each --timeline-every of packet time, and at the end
 *            ├─> memory pressure   four times a second: trim, a lower limit, and up again
 *            └─> limits file       after SIGHUP
 *
 * One thread does it: that of the engine where files are read, the one that waits for signals where
 * interfaces are captured. It asks a snapshot_source for what it tells. What cannot be written is
 * said once, and when it works again; no packet waits for it, and none is lost.
 *
 * Cost: a comparison or two a batch, a look at the clock every 256 batches (a millisecond or so).
 */
#ifndef WEIR_TOOLS_UPKEEP_H
#define WEIR_TOOLS_UPKEEP_H

#include "options.h"
#include "pressure.h"
#include "progress.h"
#include "relief.h"
#include "snapshot.h"
#include "timeline.h"

typedef struct upkeep {
    const options *options;
    weir_pool *pool;
    snapshot_source source;
    bool live;
    bool on; /* there is something to do, besides the progress */
    uint32_t ticks;
    double start_s;
    uint64_t started_ns;         /* of the machine's clock, as all but the next */
    uint64_t timeline_packet_ns; /* when the next row is due, in packet time */
    uint64_t timeline_ns;        /* live, where packet time is the machine's, the same here */
    uint64_t metrics_ns;
    uint64_t pressure_ns;
    bool metrics_failed;
    bool timeline_failed;
    double stalled;
    uint64_t reloads;
    pressure pressure;
    relief relief;
    timeline timeline;
    progress progress;
} upkeep;

/* Begins it: the files are there after it. The options, the pool and what the source needs outlive
 * it. `live`: interfaces are captured. Returns EXIT_OK, or EXIT_USAGE when a line has said which
 * option is to change; upkeep_end in both cases. */
int upkeep_begin(upkeep *u, const options *o, weir_pool *pool, snapshot_source source, bool live);

/* Files are read that are so long together; 0: nobody knows. From here on there is progress. */
void upkeep_expect(upkeep *u, uint64_t total_bytes);

/* The last metrics, the last row. */
void upkeep_end(upkeep *u);

/* What is due now. packet_ns: the stamp of the last packet; live, the machine's time of day. */
void upkeep_look(upkeep *u, uint64_t packet_ns);

/* Called once a batch. */
static inline void upkeep_tick(upkeep *u, uint64_t packet_ns)
{
    if (packet_ns >= u->timeline_packet_ns || (u->ticks++ & 255) == 0) upkeep_look(u, packet_ns);
}

/* How long one may wait for packets before upkeep_look; -1: for ever. */
int upkeep_wait_ms(const upkeep *u);

/* Whether the pool is within its limit. One that was lowered is met by the engines, each at its next
 * calls: whoever has an engine and no packets calls weir_engine_advance until it is. */
bool upkeep_limit_is_met(weir_pool *pool);

/* Takes the progress away, before something is said. */
static inline void upkeep_hush(upkeep *u)
{
    progress_clear(&u->progress);
}

#endif
