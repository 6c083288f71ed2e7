/* SPDX-License-Identifier: MIT */
#include "slower.h"

#include <stdlib.h>
#include <string.h>

enum { PAIRS_MAX = RESULT_REPETITIONS_MAX * RESULT_REPETITIONS_MAX };

/* ways[u]: in how many orders of n and m values there are u pairs in which b's is not above a's; the coefficients of
 *
 *      (1 - q^(m+1)) … (1 - q^(m+n)) / (1 - q) … (1 - q^n)
 *
 * up to q^most. Small ones are exact: they come from still smaller ones alone. */
static void count_orders(double *ways, uint32_t most, uint32_t n, uint32_t m)
{
    memset(ways, 0, (most + 1) * sizeof *ways);
    ways[0] = 1;
    for (uint32_t i = 1; i <= n; i++) {
        for (uint32_t u = most; u >= m + i; u--)
            ways[u] -= ways[u - m - i];
        for (uint32_t u = i; u <= most; u++)
            ways[u] += ways[u - i];
    }
}

static double all_orders(uint32_t n, uint32_t m)
{
    double product = 1;
    for (uint32_t i = 1; i <= n; i++)
        product = product * (m + i) / i;
    return product;
}

double slower_chance(const double *a, uint32_t n, const double *b, uint32_t m)
{
    static double ways[PAIRS_MAX + 1]; /* one at a time: this program has one thread */
    uint32_t against = 0;
    double sum = 0;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < m; k++)
            against += b[k] <= a[i];
    if (2 * against >= n * m) return 1; /* as likely as not, or more */
    count_orders(ways, against, n, m);
    for (uint32_t u = 0; u <= against; u++)
        sum += ways[u];
    return sum / all_orders(n, m);
}

typedef struct sample {
    uint32_t count;
    double values[RESULT_REPETITIONS_MAX];
} sample;

static void take_cpu(const result *r, sample *s)
{
    s->count = r->repetitions;
    for (uint32_t i = 0; i < s->count; i++)
        s->values[i] = result_packet_ns(r, i, RESULT_CPU);
}

/* false: a repetition has no floor. */
static bool take_floor_ratios(const result *r, sample *s)
{
    s->count = r->repetitions;
    for (uint32_t i = 0; i < s->count; i++) {
        const double floor_ns = result_packet_ns(r, i, RESULT_FLOOR_CPU);
        if (floor_ns <= 0) return false;
        s->values[i] = result_packet_ns(r, i, RESULT_CPU) / floor_ns;
    }
    return true;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const sample *s)
{
    sample sorted = *s;
    qsort(sorted.values, s->count, sizeof *sorted.values, compare);
    return s->count ? (sorted.values[(s->count - 1) / 2] + sorted.values[s->count / 2]) / 2 : 0;
}

static double ratio(const sample *a, const sample *b)
{
    const double base = median(a);
    return base > 0 ? median(b) / base : 0;
}

static double chance(const sample *a, const sample *b)
{
    return slower_chance(a->values, a->count, b->values, b->count);
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* Whether both ratios are above 1 + max_regress, of `from` to `to` or the other way round. */
static bool beyond(const slower *s, double max_regress, bool up)
{
    const double limit = 1 + max_regress;
    const double cpu = up ? s->cpu_ratio : s->cpu_ratio > 0 ? 1 / s->cpu_ratio : 0;
    const double floor = up ? s->floor_ratio : s->floor_ratio > 0 ? 1 / s->floor_ratio : 0;
    return cpu > limit && (s->floor_ratio == 0 || floor > limit);
}

slower slower_judge(const result *a, const result *b, double max_regress)
{
    sample cpu_a, cpu_b, floor_a, floor_b;
    slower s = {.verdict = SLOWER_TOO_FEW, .chance = 1};
    take_cpu(a, &cpu_a);
    take_cpu(b, &cpu_b);
    const bool has_floor = take_floor_ratios(a, &floor_a) && take_floor_ratios(b, &floor_b);
    s.cpu_ratio = ratio(&cpu_a, &cpu_b);
    s.floor_ratio = has_floor ? ratio(&floor_a, &floor_b) : 0;
    if (cpu_a.count < SLOWER_REPETITIONS_MIN || cpu_b.count < SLOWER_REPETITIONS_MIN) return s;
    const bool up = s.cpu_ratio >= 1;
    s.chance = up ? chance(&cpu_a, &cpu_b) : chance(&cpu_b, &cpu_a);
    if (has_floor)
        s.chance = larger(s.chance, up ? chance(&floor_a, &floor_b) : chance(&floor_b, &floor_a));
    s.verdict = SLOWER_NO;
    if (s.chance <= SLOWER_CHANCE && beyond(&s, max_regress, up))
        s.verdict = up ? SLOWER_YES : SLOWER_FASTER;
    return s;
}
