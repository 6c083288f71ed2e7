/* SPDX-License-Identifier: MIT */
#include "result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void result_name_manner(result *r)
{
    const size_t n = strlen(r->name);
    (void)snprintf(r->name + n, sizeof r->name - n, "%s%s", r->empty ? "/empty" : "",
                   r->hot ? "/hot" : "");
}

static double packet_ns(const result_time *time, uint64_t packets, result_clock clock)
{
    const uint64_t values[] = {
        [RESULT_CPU] = time->cpu_ns,
        [RESULT_WALL] = time->wall_ns,
        [RESULT_FLOOR_CPU] = time->floor_cpu_ns,
        [RESULT_FLOOR_WALL] = time->floor_wall_ns,
    };
    return packets ? (double)values[clock] / (double)packets : 0;
}

double result_packet_ns(const result *r, uint32_t repetition, result_clock clock)
{
    return packet_ns(&r->times[repetition], r->packets, clock);
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_ns(const result_time *times, uint32_t n, uint64_t packets, result_clock clock)
{
    double values[RESULT_REPETITIONS_MAX];
    if (n == 0) return 0;
    for (uint32_t i = 0; i < n; i++)
        values[i] = packet_ns(&times[i], packets, clock);
    qsort(values, n, sizeof *values, compare);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

double result_median_ns(const result *r, result_clock clock)
{
    return median_ns(r->times, r->repetitions, r->packets, clock);
}

double result_phase_median_ns(const result *r, uint32_t phase, result_clock clock)
{
    const result_phase *p = &r->phases[phase];
    return median_ns(p->times, r->repetitions, p->packets, clock);
}
