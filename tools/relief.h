/* SPDX-License-Identifier: MIT */
/*
 * Relief: what weir does when memory is short on its machine, and when it no longer is.
 *
 *      stalled >= 10 % for a look   ──> limit / 2, not below configured / 8; at most once a second
 *      stalled <   1 % for 10 s     ──> limit * 2, up to the configured one; and so on each 10 s
 *      between                      ──> as it is
 *
 * Whenever it is pressed it also gives free memory back (weir_pool_trim, the caller's). Down fast
 * and up slowly: a limit that came back at once would bring the pressure back with it. An eighth
 * and no less, because below it honest connections would pay for what another program does.
 *
 * Only numbers: no clock, no pool.
 */
#ifndef WEIR_TOOLS_RELIEF_H
#define WEIR_TOOLS_RELIEF_H

#include <stdbool.h>
#include <stdint.h>

typedef struct relief {
    uint64_t configured_bytes;
    uint64_t least_bytes;   /* the smallest limit that the pool can have */
    uint64_t limit_bytes;   /* to be in force */
    uint64_t refused_bytes; /* what was too little for the pool's engines: nothing below is tried */
    uint64_t lowered_ns;    /* when it was last lowered; 0: never */
    uint64_t calm_ns;       /* since when it is calm, or was raised */
    bool calm;
} relief;

/* The limit that was asked for, at the start and when it changes: a lowered one keeps its share of
 * it. */
void relief_configure(relief *r, uint64_t configured_bytes, uint64_t least_bytes);

/* Takes a look's share. Returns whether limit_bytes has changed. */
bool relief_look(relief *r, double stalled, uint64_t now_ns);

/* The pool has refused limit_bytes: what was in force, stays. */
void relief_refuse(relief *r, uint64_t in_force_bytes);

/* Whether free memory is to go back now. */
bool relief_is_pressed(double stalled);

#endif
