/* SPDX-License-Identifier: MIT */
/*
 * Progress: how far a long input is, on stderr; never part of the result.
 *
 * On a terminal one line that overwrites itself five times a second, else (if asked for) a line
 * every two seconds. Costs a comparison a batch, and a look at the clock every 1,024 batches.
 */
#ifndef WEIR_TOOLS_PROGRESS_H
#define WEIR_TOOLS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct progress {
    bool on;
    bool terminal;
    bool shown; /* there is a line on the terminal now */
    uint32_t ticks;
    uint64_t started_ns;
    uint64_t next_ns;     /* of the machine's clock */
    uint64_t total_bytes; /* of all inputs; 0 if not known */
} progress;

/* mode is an OPTIONS_PROGRESS_*. */
void progress_begin(progress *p, int mode, uint64_t total_bytes);

/* Called once a batch. */
void progress_show(progress *p, uint64_t bytes, uint64_t packets);
static inline void progress_tick(progress *p, uint64_t bytes, uint64_t packets)
{
    if (p->on && (p->ticks++ & 1023) == 0) progress_show(p, bytes, packets);
}

/* Takes the line away, before something else is said and at the end. */
void progress_clear(progress *p);

#endif
