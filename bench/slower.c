/* SPDX-License-Identifier: MIT */
#include "slower.h"

#include <math.h>
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
    double values[RESULT_REPETITIONS_MAX]; /* ascending */
} sample;

/* What of a repetition is looked at. A floor of 0 was not measured. */
typedef double measure(double cpu_ns, double wall_ns, double floor_ns);

static double cpu_alone(double cpu_ns, double wall_ns, double floor_ns)
{
    (void)wall_ns, (void)floor_ns;
    return cpu_ns;
}

static double beside_floor(double cpu_ns, double wall_ns, double floor_ns)
{
    (void)wall_ns;
    return floor_ns > 0 ? cpu_ns / floor_ns : 0;
}

static double half_beside_floor(double cpu_ns, double wall_ns, double floor_ns)
{
    (void)wall_ns;
    return floor_ns > 0 ? cpu_ns / sqrt(floor_ns) : 0;
}

static double waiting(double cpu_ns, double wall_ns, double floor_ns)
{
    (void)floor_ns;
    return cpu_ns > 0 ? wall_ns / cpu_ns : 0;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static sample take(const result *r, measure *of)
{
    sample s = {.count = r->repetitions};
    for (uint32_t i = 0; i < s.count; i++)
        s.values[i] = of(result_packet_ns(r, i, RESULT_CPU), result_packet_ns(r, i, RESULT_WALL),
                         result_packet_ns(r, i, RESULT_FLOOR_CPU));
    qsort(s.values, s.count, sizeof *s.values, compare);
    return s;
}

static double median(const sample *s)
{
    return s->count ? (s->values[(s->count - 1) / 2] + s->values[s->count / 2]) / 2 : 0;
}

static double lower_quartile(const sample *s)
{
    return s->count ? s->values[s->count / 4] : 0;
}

static double by(double b, double a)
{
    return a > 0 ? b / a : 0;
}

static double ratio_of(const result *a, const result *b, measure *of)
{
    const sample of_a = take(a, of), of_b = take(b, of);
    return by(median(&of_b), median(&of_a));
}

static double company(const result *a, const result *b)
{
    const sample of_a = take(a, waiting), of_b = take(b, waiting);
    const double more = median(&of_b) - median(&of_a) - 0.5;
    return more > 0 ? more / 10 : 0;
}

static bool has_floor(const result *r)
{
    for (uint32_t i = 0; i < r->repetitions; i++)
        if (r->times[i].floor_cpu_ns == 0) return false;
    return true;
}

/* Whether `to` is slower than `from`; fills what it is judged by. */
static bool is_slower(const result *from, const result *to, measure *of, double max_regress,
                      slower *s)
{
    const sample before = take(from, of), after = take(to, of);
    const double median_ratio = by(median(&after), median(&before));
    const double quartile_ratio = by(lower_quartile(&after), lower_quartile(&before));
    s->company = company(from, to);
    s->chance = slower_chance(before.values, before.count, after.values, after.count);
    const double bound = 1 + max_regress + s->company;
    return s->chance <= SLOWER_CHANCE && median_ratio > bound && quartile_ratio > bound;
}

/* Whether the two plain ratios, the other way round if `up` is false, are half as far above 1 as they may be. */
static bool both_agree(const slower *s, double max_regress, bool up)
{
    const double half = 1 + max_regress / 2;
    const double cpu = up ? s->cpu_ratio : by(1, s->cpu_ratio);
    const double floor = up ? s->floor_ratio : by(1, s->floor_ratio);
    return cpu > half && (s->floor_ratio == 0 || floor > half);
}

slower slower_judge(const result *a, const result *b, double max_regress)
{
    slower s = {.verdict = SLOWER_TOO_FEW, .chance = 1};
    const bool floor = has_floor(a) && has_floor(b);
    measure *of = floor ? half_beside_floor : cpu_alone;
    s.cpu_ratio = ratio_of(a, b, cpu_alone);
    s.floor_ratio = floor ? ratio_of(a, b, beside_floor) : 0;
    s.judged_ratio = ratio_of(a, b, of);
    if (a->repetitions < SLOWER_REPETITIONS_MIN || b->repetitions < SLOWER_REPETITIONS_MIN)
        return s;
    const bool up = s.judged_ratio >= 1;
    const bool beyond =
        up ? is_slower(a, b, of, max_regress, &s) : is_slower(b, a, of, max_regress, &s);
    s.verdict = SLOWER_NO;
    if (beyond && both_agree(&s, max_regress, up)) s.verdict = up ? SLOWER_YES : SLOWER_FASTER;
    return s;
}
