/* SPDX-License-Identifier: MIT */
#include "ledger.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PROBES_MAX = 16 }; /* a table that is nearly full must not become slow */

void ledger_begin(ledger *l)
{
    (void)pthread_mutex_init(&l->lock, NULL);
    (void)strcpy(l->rows[LEDGER_OTHER].method, "(other)");
}

void ledger_add(ledger *l, ledger_count what, uint64_t count)
{
    (void)pthread_mutex_lock(&l->lock);
    l->counts[what] += count;
    (void)pthread_mutex_unlock(&l->lock);
}

/* ──── rows ──── */

static uint32_t hash(const char *method, const char *path)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (; *method; method++)
        h = (h ^ (uint8_t)*method) * 16777619u;
    for (; *path; path++)
        h = (h ^ (uint8_t)*path) * 16777619u;
    return h;
}

static uint16_t find_row(ledger *l, const char *method, const char *path)
{
    const uint32_t h = hash(method, path);
    for (uint32_t i = 0; i < PROBES_MAX; i++) {
        const uint16_t at = (uint16_t)((h + i) % LEDGER_ROWS);
        ledger_row *row = &l->rows[at];
        if (row->requests == 0) {
            (void)snprintf(row->method, sizeof row->method, "%s", method);
            (void)snprintf(row->path, sizeof row->path, "%s", path);
            return at;
        }
        if (strcmp(row->method, method) == 0 && strcmp(row->path, path) == 0) return at;
    }
    return LEDGER_OTHER;
}

uint16_t ledger_ask(ledger *l, const char *method, const char *url, size_t length, int cut)
{
    char path[PATH_MAX_BYTES] = "";
    uint16_t row;
    path_fold(path, url, length, cut);
    (void)pthread_mutex_lock(&l->lock);
    row = find_row(l, method, path);
    l->rows[row].requests++;
    l->counts[LEDGER_requests]++;
    (void)pthread_mutex_unlock(&l->lock);
    return row;
}

/* ──── latencies ──── */

/* 0 to 7 us have a bucket each; then eight for each doubling. */
static uint32_t bucket_of(uint64_t us)
{
    uint32_t doublings = 0;
    uint32_t bucket;
    while (us >> doublings >= 16)
        doublings++;
    bucket = us < 8 ? (uint32_t)us : doublings * 8 + (uint32_t)(us >> doublings);
    return bucket < LEDGER_BUCKETS ? bucket : LEDGER_BUCKETS - 1;
}

/* Where a bucket ends. */
static uint64_t bucket_end_us(uint32_t bucket)
{
    if (bucket < 8) return bucket + 1;
    return (uint64_t)(bucket % 8 + 9) << (bucket / 8 - 1);
}

void ledger_answer(ledger *l, uint16_t row, unsigned status, uint64_t latency_ns)
{
    ledger_row *r = &l->rows[row];
    const uint64_t us = latency_ns / 1000;
    (void)pthread_mutex_lock(&l->lock);
    r->status[status / 100 < 6 ? status / 100 : 0]++;
    r->latency[bucket_of(us)]++;
    if (us > r->slowest_us) r->slowest_us = us;
    l->counts[LEDGER_paired]++;
    (void)pthread_mutex_unlock(&l->lock);
}

/* The latency that `percent` of the pairs did not exceed, in milliseconds. */
static double percentile_ms(const ledger_row *row, unsigned percent)
{
    uint64_t pairs = 0, wanted, seen = 0, end_us;
    uint32_t b = 0;
    for (uint32_t i = 0; i < LEDGER_BUCKETS; i++)
        pairs += row->latency[i];
    wanted = (pairs * percent + 99) / 100;
    while (b < LEDGER_BUCKETS - 1 && seen + row->latency[b] < wanted)
        seen += row->latency[b++];
    end_us = bucket_end_us(b);
    if (pairs == 0) return 0;
    return (double)(end_us < row->slowest_us ? end_us : row->slowest_us) / 1000;
}

/* ──── the report ──── */

/* A row that is used, and how often when the report began. */
typedef struct place {
    const ledger_row *row;
    uint64_t requests;
} place;

/* Method and path of a row do not change any more. */
static int busier_first(const void *a, const void *b)
{
    const place *left = a, *right = b;
    int order = strcmp(left->row->path, right->row->path);
    if (order == 0) order = strcmp(left->row->method, right->row->method);
    if (left->requests != right->requests) order = left->requests < right->requests ? 1 : -1;
    return order;
}

static void print_row(const ledger_row *row, FILE *out)
{
    uint64_t answered = 0;
    for (int i = 0; i < 6; i++)
        answered += row->status[i];
    (void)fprintf(out,
                  "%-7s %-40s %9" PRIu64 " %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %8" PRIu64
                  " %8" PRIu64 " %9.3f %9.3f %9.3f %9.3f\n",
                  row->method, row->path, row->requests, row->status[2], row->status[3],
                  row->status[4], row->status[5], row->requests - answered, percentile_ms(row, 50),
                  percentile_ms(row, 90), percentile_ms(row, 99), (double)row->slowest_us / 1000);
}

static void print_counts(const uint64_t counts[static LEDGER_COUNT], FILE *out)
{
    static const char *const names[] = {
#define X(name, text) #name,
        LEDGER_COUNTS(X)
#undef X
    };
    for (int i = 0; i < LEDGER_COUNT; i++)
        (void)fprintf(out, "%s%s %" PRIu64, i == 0 ? "" : i % 8 ? ", " : "\n", names[i], counts[i]);
    (void)fputc('\n', out);
}

/* Lists the rows that are used, and copies the counts. */
static size_t look(ledger *l, place used[static LEDGER_ROWS + 1],
                   uint64_t counts[static LEDGER_COUNT])
{
    size_t count = 0;
    (void)pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i <= LEDGER_ROWS; i++)
        if (l->rows[i].requests > 0) used[count++] = (place){&l->rows[i], l->rows[i].requests};
    memcpy(counts, l->counts, sizeof l->counts);
    (void)pthread_mutex_unlock(&l->lock);
    return count;
}

static ledger_row copy_of(ledger *l, const ledger_row *row)
{
    ledger_row copy;
    (void)pthread_mutex_lock(&l->lock);
    copy = *row;
    (void)pthread_mutex_unlock(&l->lock);
    return copy;
}

void ledger_print(ledger *l, FILE *out)
{
    place used[LEDGER_ROWS + 1];
    uint64_t counts[LEDGER_COUNT];
    const size_t count = look(l, used, counts);
    qsort(used, count, sizeof used[0], busier_first);
    (void)fprintf(out, "%-7s %-40s %9s %8s %8s %8s %8s %8s %9s %9s %9s %9s\n", "method", "path",
                  "requests", "2xx", "3xx", "4xx", "5xx", "none", "p50_ms", "p90_ms", "p99_ms",
                  "max_ms");
    for (size_t i = 0; i < count; i++) {
        const ledger_row row = copy_of(l, used[i].row);
        print_row(&row, out);
    }
    print_counts(counts, out);
}
