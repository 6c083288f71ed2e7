/* SPDX-License-Identifier: MIT */
/*
 * What is due by packet time: the heads of the core's queues, and nothing but the heads.
 *
 *      settling, due (grace), waiting, proven          holes
 *      linger, half open, open, tombstones             connections
 *      waiting, joined                                 IP packets that lack pieces, or did
 *
 * Every delay is constant and begins when something is queued. So nothing is due before the first
 * deadline that was found, nor, of what was queued since, before the shortest delay is over:
 * core->quiet_until_ns.
 *
 * Cost: a comparison while nothing can be due, else a look at nine heads; O(1) for each thing that
 * is due and for each record that it sets free. What is due may be 32 connections of 8,192 records
 * that wait: so a run ends after the one with which the user has been told of WEIR_TOLD_AT_ONCE
 * spans and holes, and goes on at the next packet.
 */
#ifndef WEIR_TIMEOUTS_H
#define WEIR_TIMEOUTS_H

#include "rooms/core.h"

#define WEIR_TIMEOUTS_AT_ONCE 32u
#define WEIR_TOLD_AT_ONCE     1024u

/* Does at most `most` things that are due, fewer if they set much free. Returns how many it did. No
 * record may be in hand. */
static inline uint32_t weir_timeouts_run(weir_core *core, uint32_t most);

/* The same where something may be due. */
uint32_t weir_timeouts_run_due(weir_core *core, uint32_t most);

/* When the next thing is due; WEIR_NEVER if nothing waits. */
uint64_t weir_timeouts_next(const weir_core *core);

/* ──── bodies ──── */

static inline uint32_t weir_timeouts_run(weir_core *core, uint32_t most)
{
    return WEIR_LIKELY(core->now_ns < core->quiet_until_ns) ? 0 : weir_timeouts_run_due(core, most);
}

#endif
