/* SPDX-License-Identifier: MIT */
/*
 * Clock: nanoseconds of this thread's CPU time, and of the wall.
 */
#ifndef WEIR_BENCH_CLOCK_H
#define WEIR_BENCH_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_of(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline uint64_t clock_cpu_ns(void)
{
    return clock_of(CLOCK_THREAD_CPUTIME_ID);
}

static inline uint64_t clock_wall_ns(void)
{
    return clock_of(CLOCK_MONOTONIC);
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
