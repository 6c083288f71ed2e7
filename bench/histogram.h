/* SPDX-License-Identifier: MIT */
/*
 * Histogram: how often each time was seen, in a fixed room, however many there are.
 *
 *      0 1 2 … 63 │ 64 … 127 │ 128 130 … 254 │ 256 260 … 508 │ …      first value of each bucket
 *      one apart    one apart   two apart       four apart            64 buckets a power of two
 *
 * Every uint64_t has a bucket, and no bucket is wider than 1/64 of its first value: up to 127 exact,
 * above that within 1.6 %. A quantile is the last value of its bucket, so it is never below the true
 * one; the maximum is exact.
 *
 *      true <= histogram_quantile(q) <= true + true / 64, and <= max
 *
 * Cost: 30 KB, no allocation; a few instructions and one cache line a value; a quantile walks the buckets.
 */
#ifndef WEIR_BENCH_HISTOGRAM_H
#define WEIR_BENCH_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_STEPS   64u /* buckets a power of two */
#define HISTOGRAM_BUCKETS (59u * HISTOGRAM_STEPS)

/* All zero is empty. */
typedef struct histogram {
    uint64_t count; /* the sum of counts */
    uint64_t max;   /* 0 when empty */
    uint64_t counts[HISTOGRAM_BUCKETS];
} histogram;

void histogram_clear(histogram *h);
void histogram_add(histogram *h, uint64_t value);

/* The same value `times` times: a batch of packets that was timed as one. */
void histogram_add_many(histogram *h, uint64_t value, uint64_t times);

/* What `from` has counted, too. */
void histogram_merge(histogram *h, const histogram *from);

/* The value that a share q (0 to 1) of all values does not exceed: with q 0 the least, with 1 max. 0
 * when empty. */
uint64_t histogram_quantile(const histogram *h, double q);

/* The bucket of a value; the first and the last value of a bucket. For pictures. */
uint32_t histogram_bucket(uint64_t value);
uint64_t histogram_first(uint32_t bucket);
uint64_t histogram_last(uint32_t bucket);

#endif
