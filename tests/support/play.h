/* SPDX-License-Identifier: MIT */
/*
 * Play: a trace handed to an engine, and the log that it gives, compared with the log expected.
 *
 *      open ID syn|midstream [by s]                    by s: the source is host s
 *      data ID c2s|s2c OFFSET "text"                   neighbours from one line of the script are joined; of the
 *      data ID c2s|s2c OFFSET+LENGTH a..z              running alphabet more than 40 bytes: the first and the last
 *      hole ID c2s|s2c OFFSET+LENGTH CAUSE waited TIME held BYTES
 *      late ID c2s|s2c OFFSET "text"
 *      urgent ID c2s|s2c OFFSET "x"
 *      close ID CAUSE
 *
 * These must stand below the line that causes them, all of them. The following ask for something, and may be left out:
 *      verdict NAME                                    of the last packet
 *      stats NAME=N …                                  counters; discarded.rst, holes.acked, ignored.tunnel, closed.fin
 *      flow ID c2s|s2c NAME=N …                        weir_flow of a connection that lives
 *      now TIME, deadline TIME|never                   the clock, weir_engine_next_deadline
 *
 * After each line weir_engine_check is called; in each callback offsets must go on where they were, must be
 * delivered + missing + ignored, and spans must have the time stamp of the packet that their tag names. What
 * does not hold is a line of the log that begins with "!".
 */
#ifndef WEIR_TESTS_PLAY_H
#define WEIR_TESTS_PLAY_H

#include <stdio.h>

#include "support/trace.h"

typedef struct play_variant {
    const char *name;
    uint32_t page_bytes;
    uint8_t key;    /* the hash key, 16 times */
    uint8_t family; /* 4 or 6 */
    int swapped;    /* the server has the lower address */
    int frames;     /* weir_engine_packets instead of weir_engine_segments */
} play_variant;

#define PLAY_VARIANTS 5
extern const play_variant play_variants[PLAY_VARIANTS];

/* 0 if the log is as expected; else both logs are written to `to`, side by side. With `show` they are in any case. */
int play(const trace *t, const play_variant *variant, int show, FILE *to);

#endif
