/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "options.h"
#include "units.h"

static uint64_t clock_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * WEIR_SECOND + (uint64_t)now.tv_nsec;
}

void progress_begin(progress *p, int mode, uint64_t total_bytes)
{
    const progress fresh = {.terminal = isatty(STDERR_FILENO) != 0, .total_bytes = total_bytes};
    *p = fresh;
    p->on = mode == OPTIONS_PROGRESS_ALWAYS || (mode == OPTIONS_PROGRESS_AUTO && p->terminal);
    if (p->on) p->started_ns = clock_ns();
    /* Input that is read in a moment needs no line. */
    p->next_ns = mode == OPTIONS_PROGRESS_ALWAYS ? 0 : p->started_ns + WEIR_SECOND / 2;
}

void progress_show(progress *p, uint64_t bytes, uint64_t packets)
{
    const uint64_t now = clock_ns();
    const double seconds = (double)(now - p->started_ns) / 1e9;
    if (now < p->next_ns) return;
    p->next_ns = now + (p->terminal ? WEIR_SECOND / 5 : 2 * WEIR_SECOND);
    (void)fprintf(stderr, "%sweir: ", p->terminal ? "\r" : "");
    if (p->total_bytes > 0)
        (void)fprintf(stderr, "%3.0f %%  ", 100.0 * (double)bytes / (double)p->total_bytes);
    (void)fprintf(stderr, "%s read, %s packets", units_bytes(bytes).text,
                  units_count(packets).text);
    if (seconds > 0.1)
        (void)fprintf(stderr, ", %s/s", units_bytes((uint64_t)((double)bytes / seconds)).text);
    (void)fputs(p->terminal ? "\033[K" : "\n", stderr);
    p->shown = true;
}

void progress_clear(progress *p)
{
    if (p->shown && p->terminal) (void)fputs("\r\033[K", stderr);
    p->shown = false;
}
