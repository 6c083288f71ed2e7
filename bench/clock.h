/* SPDX-License-Identifier: MIT */
/*
 * Clock: nanoseconds of this thread's CPU time, and of the wall.
 */
#ifndef WEIR_BENCH_CLOCK_H
#define WEIR_BENCH_CLOCK_H

#include "steady.h"

static inline uint64_t clock_cpu_ns(void)
{
    return steady_of(CLOCK_THREAD_CPUTIME_ID);
}

static inline uint64_t clock_wall_ns(void)
{
    return steady_ns();
}

/* Both at once, to be taken twice and subtracted. */
typedef struct clock_pair {
    uint64_t cpu_ns, wall_ns;
} clock_pair;

static inline clock_pair clock_now(void)
{
    return (clock_pair){clock_cpu_ns(), clock_wall_ns()};
}

#endif
