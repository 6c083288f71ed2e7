/* SPDX-License-Identifier: MIT */
#include "histogram.h"

#include <string.h>

enum { STEP_BITS = 6 };

void histogram_clear(histogram *h)
{
    memset(h, 0, sizeof *h);
}

static uint32_t highest_bit(uint64_t value)
{
    uint32_t bit = 0;
    for (uint32_t half = 32; half > 0; half /= 2)
        if (value >> half) {
            value >>= half;
            bit += half;
        }
    return bit;
}

/* Above the first steps: the power of two, and the STEP_BITS behind its highest bit. */
uint32_t histogram_bucket(uint64_t value)
{
    uint32_t shift;
    if (value < HISTOGRAM_STEPS) return (uint32_t)value;
    shift = highest_bit(value) - STEP_BITS;
    return shift * HISTOGRAM_STEPS + (uint32_t)(value >> shift);
}

uint64_t histogram_first(uint32_t bucket)
{
    uint32_t shift;
    if (bucket < HISTOGRAM_STEPS) return bucket;
    shift = bucket / HISTOGRAM_STEPS - 1;
    return (uint64_t)(HISTOGRAM_STEPS + bucket % HISTOGRAM_STEPS) << shift;
}

uint64_t histogram_last(uint32_t bucket)
{
    return bucket + 1 < HISTOGRAM_BUCKETS ? histogram_first(bucket + 1) - 1 : UINT64_MAX;
}

void histogram_add_many(histogram *h, uint64_t value, uint64_t times)
{
    if (times == 0) return;
    h->counts[histogram_bucket(value)] += times;
    h->count += times;
    if (value > h->max) h->max = value;
}

void histogram_add(histogram *h, uint64_t value)
{
    histogram_add_many(h, value, 1);
}

void histogram_merge(histogram *h, const histogram *from)
{
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        h->counts[i] += from->counts[i];
    h->count += from->count;
    if (from->max > h->max) h->max = from->max;
}

/* How many values there are up to the quantile: q of all, rounded up, at least one. A product just above a whole number
 * is that number: 0.9 of 10 are 9. */
static uint64_t rank_of(uint64_t count, double q)
{
    const double exact = q * (double)count;
    uint64_t rank;
    if (!(exact > 1)) return 1;
    if (exact >= (double)count) return count;
    rank = (uint64_t)exact;
    return exact - (double)rank > 1e-9 * exact ? rank + 1 : rank;
}

uint64_t histogram_quantile(const histogram *h, double q)
{
    const uint64_t rank = rank_of(h->count, q);
    uint64_t seen = 0;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += h->counts[i];
        if (seen < rank) continue;
        return histogram_last(i) < h->max ? histogram_last(i) : h->max;
    }
    return 0;
}
