/* SPDX-License-Identifier: MIT */
#include "ledger.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    PROBES_MAX = 16,     /* a table that is nearly full must not become slow */
    STRENGTH_MAX = 1000, /* who is not asked for any more goes */
    ROW_BITS = 9         /* of a tenant: its row; above them, which it is */
};

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

/* Its figures go to (other). */
static void empty(ledger *l, ledger_row *row)
{
    ledger_row *other = &l->rows[LEDGER_OTHER];
    const uint32_t tenants = row->tenants + (row->requests > 0);
    other->requests += row->requests;
    for (int i = 0; i < 6; i++)
        other->status[i] += row->status[i];
    for (int i = 0; i < LEDGER_BUCKETS; i++)
        other->latency[i] += row->latency[i];
    if (row->slowest_us > other->slowest_us) other->slowest_us = row->slowest_us;
    memset(row, 0, sizeof *row);
    row->tenants = tenants;
}

static bool is_of(const ledger_row *row, const char *method, const char *path)
{
    return row->requests > 0 && strcmp(row->method, method) == 0 && strcmp(row->path, path) == 0;
}

/* The row of an endpoint; else the weakest of those where it may stand: one that is free, if any. */
static ledger_row *look_for(ledger *l, const char *method, const char *path)
{
    const uint32_t h = hash(method, path);
    ledger_row *weakest = &l->rows[h % LEDGER_ROWS];
    for (uint32_t i = 0; i < PROBES_MAX; i++) {
        ledger_row *row = &l->rows[(h + i) % LEDGER_ROWS];
        if (is_of(row, method, path)) return row;
        if (row->strength < weakest->strength) weakest = row;
    }
    return weakest;
}

static ledger_row *find_row(ledger *l, const char *method, const char *path)
{
    ledger_row *row = look_for(l, method, path);
    if (!is_of(row, method, path)) {
        if (row->strength > 0) {
            row->strength--;
            return &l->rows[LEDGER_OTHER];
        }
        empty(l, row);
        (void)snprintf(row->method, sizeof row->method, "%s", method);
        (void)snprintf(row->path, sizeof row->path, "%s", path);
    }
    if (row->strength < STRENGTH_MAX) row->strength++;
    return row;
}

static uint32_t tenant_of(const ledger *l, const ledger_row *row)
{
    return (uint32_t)(row - l->rows) | row->tenants << ROW_BITS;
}

/* (other), if the row has another by now. */
static ledger_row *row_of(ledger *l, uint32_t tenant)
{
    ledger_row *row = &l->rows[tenant % (1u << ROW_BITS)];
    return tenant_of(l, row) == tenant ? row : &l->rows[LEDGER_OTHER];
}

uint32_t ledger_ask(ledger *l, const char *method, const char *url, size_t length, int cut)
{
    char path[PATH_MAX_BYTES] = "";
    ledger_row *row;
    uint32_t tenant;
    path_fold(path, url, length, cut);
    (void)pthread_mutex_lock(&l->lock);
    row = find_row(l, method, path);
    row->requests++;
    l->counts[LEDGER_requests]++;
    tenant = tenant_of(l, row);
    (void)pthread_mutex_unlock(&l->lock);
    return tenant;
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

void ledger_answer(ledger *l, uint32_t tenant, unsigned status, uint64_t latency_ns)
{
    const uint64_t us = latency_ns / 1000;
    ledger_row *row;
    (void)pthread_mutex_lock(&l->lock);
    row = row_of(l, tenant);
    row->status[status / 100 < 6 ? status / 100 : 0]++;
    row->latency[bucket_of(us)]++;
    if (us > row->slowest_us) row->slowest_us = us;
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

typedef struct place {
    const ledger_row *row;
} place;

static int busier_first(const void *a, const void *b)
{
    const ledger_row *left = ((const place *)a)->row, *right = ((const place *)b)->row;
    int order = strcmp(left->path, right->path);
    if (order == 0) order = strcmp(left->method, right->method);
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

/* Lists the rows that are used, in order, and copies the counts. */
static size_t look(ledger *l, place used[static LEDGER_ROWS + 1],
                   uint64_t counts[static LEDGER_COUNT])
{
    size_t count = 0;
    (void)pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i <= LEDGER_ROWS; i++)
        if (l->rows[i].requests > 0) used[count++].row = &l->rows[i];
    qsort(used, count, sizeof used[0], busier_first);
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
    (void)fprintf(out, "%-7s %-40s %9s %8s %8s %8s %8s %8s %9s %9s %9s %9s\n", "method", "path",
                  "requests", "2xx", "3xx", "4xx", "5xx", "none", "p50_ms", "p90_ms", "p99_ms",
                  "max_ms");
    for (size_t i = 0; i < count; i++) {
        const ledger_row row = copy_of(l, used[i].row);
        print_row(&row, out);
    }
    print_counts(counts, out);
}
