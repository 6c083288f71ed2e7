/* SPDX-License-Identifier: MIT */
#include "result.h"

#include <stdlib.h>

double result_packet_ns(const result *r, uint32_t repetition, result_clock clock)
{
    const result_time *time = &r->times[repetition];
    const uint64_t values[] = {
        [RESULT_CPU] = time->cpu_ns,
        [RESULT_WALL] = time->wall_ns,
        [RESULT_FLOOR_CPU] = time->floor_cpu_ns,
        [RESULT_FLOOR_WALL] = time->floor_wall_ns,
    };
    return r->packets ? (double)values[clock] / (double)r->packets : 0;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double result_median_ns(const result *r, result_clock clock)
{
    double values[RESULT_REPETITIONS_MAX];
    const uint32_t n = r->repetitions;
    if (n == 0) return 0;
    for (uint32_t i = 0; i < n; i++)
        values[i] = result_packet_ns(r, i, clock);
    qsort(values, n, sizeof *values, compare);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}
