/* SPDX-License-Identifier: MIT */
/*
 * Progress: how far a long input is, on stderr; never part of the result.
 *
 *      weir:  42 %  1:35 left, 3,104,000 packets/s, memory 1.4 MiB of 64.0 MiB, 17 holes
 *
 * On a terminal one line that overwrites itself five times a second and is cut at the terminal's
 * width, else (if asked for) a line every two seconds. Where nobody knows how long the input is,
 * what was read stands in the place of the share, and no time is left to tell. Packets a second are
 * those since the line before; time left goes by the bytes since the beginning.
 */
#ifndef WEIR_TOOLS_PROGRESS_H
#define WEIR_TOOLS_PROGRESS_H

#include "snapshot.h"

enum { PROGRESS_LINE_BYTES = 192 };

typedef struct progress {
    bool on;
    bool terminal;
    bool shown; /* there is a line on the terminal now */
    uint64_t started_ns;
    uint64_t next_ns;     /* of the machine's clock */
    uint64_t total_bytes; /* of all inputs; 0 if not known */
    uint64_t before_ns;   /* of the line before, and its packets */
    uint64_t before_packets;
} progress;

/* mode is an OPTIONS_PROGRESS_*. */
void progress_begin(progress *p, int mode, uint64_t total_bytes, uint64_t now_ns);

static inline bool progress_is_due(const progress *p, uint64_t now_ns)
{
    return p->on && now_ns >= p->next_ns;
}

void progress_show(progress *p, const snapshot *now, uint64_t now_ns);

/* The line itself, without what a terminal wants around it. */
void progress_line(const progress *p, const snapshot *now, uint64_t now_ns,
                   char line[PROGRESS_LINE_BYTES]);

/* Takes the line away, before something else is said and at the end. */
void progress_clear(progress *p);

#endif
