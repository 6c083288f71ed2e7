/* SPDX-License-Identifier: MIT */
/*
 * Pressure: how much of the time somebody had to wait for memory, as the kernel counts it (PSI).
 *
 *      cgroup v2 memory.pressure       those in our own group wait: it is at a limit
 *      /proc/pressure/memory           somebody on the machine waits, and the machine is short:
 *                                      MemAvailable is below a tenth of MemTotal, or a cgroup v1
 *                                      of ours, which does not tell who waits, is at its limit
 *                                      ──> the larger share of the two
 *      "some avg10=… total=MICROSECONDS"
 *
 *      share = (total now - total at the last look) / time between
 *
 * The own group alone would not do: a service has a group of its own, in which nobody waits while
 * its neighbours do. Nor would the machine alone: it counts who waits at a limit of his own as well,
 * and nothing that is given back here would help him; therefore the second condition. It is looked
 * at only while somebody waits. Groups between, limits that several services share, are not asked.
 *
 * The sum is read, four times a second, and not the kernel's averages, which lag by ten seconds; nor
 * is a trigger set, for poll to wait on. Windows below 2 s take CAP_SYS_RESOURCE, which weir gives up
 * before it captures, and any trigger is written to a file that services and containers may only
 * read. When a reader begins to thrash in a cgroup of 32 MiB, weir says so after 0.36 to 0.73 s, and
 * a trigger of 100 ms in 2 s fires after 1.0 to 3.0 s (8 times both, side by side, Linux 6.18). A look
 * costs 0.7 us for each of the two (20,000 preads of /proc/pressure/memory, CPU time).
 */
#ifndef WEIR_TOOLS_PRESSURE_H
#define WEIR_TOOLS_PRESSURE_H

#include "system_root.h"

typedef struct pressure_place {
    int fd; /* -1: it does not tell */
    uint64_t total_us;
} pressure_place;

typedef struct pressure {
    pressure_place group;
    pressure_place machine;
    uint64_t looked_ns;
    bool in_group;                /* what the last look told is about the own group */
    char path[SYSTEM_PATH_BYTES]; /* neither tells: the last place that was tried, */
    int error;                    /* and why it cannot be read; an errno */
} pressure;

/* Opens it. false: the system does not tell, and `path` and `error` say why. */
bool pressure_begin(pressure *p, uint64_t now_ns);
void pressure_end(pressure *p);

static inline bool pressure_is_told(const pressure *p)
{
    return p->group.fd >= 0 || p->machine.fd >= 0;
}

/* The share of the time since the last look that tasks waited for memory, 0 to 1. */
double pressure_look(pressure *p, uint64_t now_ns);

#endif
