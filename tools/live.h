/* SPDX-License-Identifier: MIT */
/*
 * Live: interfaces captured until somebody says that it is enough.
 *
 *      -i A ──> lane 0 ──> engine 0 ┐
 *      -i B ──> lane 1 ──> engine 1 ┤── one pool           main thread: signals, upkeep
 *       …  (--fanout N lanes each)  ┘
 *
 *      live_open ──> (privileges are gone) ──> live_run ──> outcome ──> live_close
 *
 * Signals: SIGINT and SIGTERM end it, a second one ends the program at once; SIGUSR1 prints a line
 * of figures on stderr. SIGHUP has the limits file read again (upkeep.h); where there is none, it
 * ends a program that has a terminal, which hung up, and does nothing to a service, which somebody
 * wants to reload. Callbacks are called in the lanes' threads, several at once: what they share is
 * theirs to lock.
 */
#ifndef WEIR_TOOLS_LIVE_H
#define WEIR_TOOLS_LIVE_H

#include "lane.h"

typedef struct live live;

/* Opens all interfaces of the options and drops privileges: what is opened later is opened without
 * them. Returns EXIT_OK, or an exit code when a line has said why not. live_close in both cases. */
int live_open(live **l, const options *o);
void live_close(live *l); /* NULL is legal */

/* Makes pool and engines and captures until the end. The callbacks' `user` is a session, whose
 * `user` is this one. Fills *outcome if it returns EXIT_OK. */
int live_run(live *l, const weir_callbacks *callbacks, void *user, session_outcome *outcome);

/* Whether packets were dropped, which makes a capture incomplete. */
static inline bool live_lost(const session_outcome *outcome)
{
    return outcome->capture.dropped_packets + outcome->capture.interface_dropped > 0;
}

#endif
