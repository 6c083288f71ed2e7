/* SPDX-License-Identifier: MIT */
/*
 * The machine's clocks, in nanoseconds.
 */
#ifndef WEIR_TOOLS_STEADY_H
#define WEIR_TOOLS_STEADY_H

#include <stdint.h>
#include <time.h>

static inline uint64_t steady_of(clockid_t which)
{
    struct timespec now;
    (void)clock_gettime(which, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Never set, never back: for what lasts. */
static inline uint64_t steady_ns(void)
{
    return steady_of(CLOCK_MONOTONIC);
}

/* That which packets are stamped with. */
static inline uint64_t steady_stamp_ns(void)
{
    return steady_of(CLOCK_REALTIME);
}

#endif
