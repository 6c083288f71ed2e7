/* SPDX-License-Identifier: MIT */
#include "numbers_rows.h"

#define MIB (UINT64_C(1) << 20)
#define KIB 1024.0

/* ── Figures ─────────────────────────────────────────────────────────────────────────────────── */

static double cpu(const result *r)
{
    return result_median_ns(r, RESULT_CPU);
}

static double over_floor(const result *r)
{
    return cpu(r) - result_median_ns(r, RESULT_FLOOR_CPU);
}

static double talking(const result *r)
{
    return result_phase_median_ns(r, 1, RESULT_CPU);
}

/* Where connections only open, talk and close, the ledger's peak is theirs, but for what an engine
 * has without any: 350 KiB, less than half a byte each of 1,000,000. */
static double bytes_a_connection(const result *r)
{
    return (double)(r->peak_bytes - r->end_bytes) / (double)r->peak_connections;
}

/* After nine tenths are gone: the process's memory, beside that of the rest at the same rate. */
static double few_beside_need(const result *r)
{
    const result_phase *few = &r->phases[r->phase_count - 2];
    const double share = (double)few->connections / (double)r->peak_connections;
    const double all = (double)r->rss_anon_peak_bytes - (double)r->rss_anon_base_bytes;
    return ((double)few->rss_anon_bytes - (double)r->rss_anon_base_bytes) / (all * share);
}

static double rss_over_base(const result *r)
{
    return (double)r->rss_anon_peak_bytes - (double)r->rss_anon_base_bytes;
}

static double rss_end_over_base(const result *r)
{
    return (double)r->rss_anon_end_bytes - (double)r->rss_anon_base_bytes;
}

static double rss_over_limit(const result *r)
{
    return (double)r->rss_anon_peak_bytes - (double)r->limit_bytes;
}

static double held_peak(const result *r)
{
    return (double)r->held_peak_bytes;
}

/* Of the bytes that the capture has of honest streams. */
static double delivered(const result *r)
{
    return 100 * (double)r->honest_delivered_bytes / (double)r->captured_bytes;
}

static double whole(const result *r)
{
    return 100 * (double)r->honest_whole / (double)r->honest_connections;
}

static double pool_a_segment(const result *r)
{
    const double segments = (double)r->held_peak_bytes; /* of one byte */
    return (double)r->peak_bytes / segments;
}

static double p99(const result *r)
{
    return r->latency.single_p99_ns;
}

static double p999(const result *r)
{
    return r->latency.single_p999_ns;
}

static double floor_p99(const result *r)
{
    return r->latency.floor_p99_ns;
}

static double floor_p999(const result *r)
{
    return r->latency.floor_p999_ns;
}

static double growing_p99(const result *r)
{
    return r->latency.growing_p99_ns;
}

static double worst(const result *r)
{
    return 100 * (1 - r->latency.worst_share);
}

/* ── The list ────────────────────────────────────────────────────────────────────────────────── */

#define RUN(...)                                                                                   \
    {                                                                                              \
        .run = { __VA_ARGS__ }                                                                     \
    }
#define ROW(...)                                                                                   \
    {                                                                                              \
        .row = { __VA_ARGS__ }                                                                     \
    }
#define BESIDE(...)                                                                                \
    {                                                                                              \
        .row = { __VA_ARGS__, .told = true }                                                       \
    }
/* What a packet takes whose bytes need not come from memory first. */
#define IN_THE_CACHE(NAME, SCALE, LESS, LIMIT)                                                     \
    RUN(NAME, .scale = (SCALE), .less = (LESS), .limit_bytes = (LIMIT), .latency = true,           \
        .hot = true),                                                                              \
        BESIDE("  in the cache: one packet, p99", p99, 0, NUMBERS_NS, false),                      \
        BESIDE("  in the cache: one packet, p99.9", p999, 0, NUMBERS_NS, false)
/* Caps lifted; what is given up in the end is part of each packet's time. */
#define UNCAPPED(NAME, SCALE)                                                                      \
    RUN(NAME, .scale = (SCALE), .less = (SCALE), .limit_bytes = 256 * MIB, .uncapped = true)
#define TINY(NAME)                                                                                 \
    UNCAPPED(NAME, 0.01), ROW(NAME ", 10,000 held: a packet", cpu, 120, NUMBERS_NS, false),        \
        UNCAPPED(NAME, 1), ROW(NAME ", 1,000,000: a packet", cpu, 350, NUMBERS_NS, false),         \
        ROW("  pool a held segment", pool_a_segment, 36, NUMBERS_BYTES, true)
#define EVERYWHERE                                                                                 \
    ROW("  kernel's peak above the limit", rss_over_limit, 512 * KIB, NUMBERS_BYTES, true)

const numbers_entry numbers_list[] = {
    RUN("bulk", .scale = 1, .less = 0.3, .latency = true),
    ROW("bulk: above the floor", over_floor, 15, NUMBERS_NS, false),
    ROW("bulk: one packet, p99", p99, 500, NUMBERS_NS, false),
    BESIDE("  the floor alone", floor_p99, 0, NUMBERS_NS, false),
    ROW("bulk: one packet, p99.9", p999, 2000, NUMBERS_NS, false),
    BESIDE("  the floor alone", floor_p999, 0, NUMBERS_NS, false),
    EVERYWHERE,
    IN_THE_CACHE("bulk", 0.3, 0.3, 0),
    RUN("bulk", .scale = 1, .less = 0.3, .empty = true),
    ROW("bulk: empty callback", cpu, 40, NUMBERS_NS, false),
    RUN("messages", .scale = 1, .less = 0.2),
    ROW("messages: above the floor", over_floor, 34, NUMBERS_NS, false),
    RUN("many-rr", .scale = 1, .less = 0, .limit_bytes = 512 * MIB, .conn_share_percent = 90),
    ROW("many, round robin: a packet", talking, 80, NUMBERS_NS, false),
    ROW("many: bytes a connection", bytes_a_connection, 190, NUMBERS_BYTES, true),
    EVERYWHERE,
    RUN("many", .scale = 1, .less = 0.2, .limit_bytes = 512 * MIB, .conn_share_percent = 90),
    ROW("many, random order: a packet", talking, 150, NUMBERS_NS, false),
    ROW("many: bytes a connection", bytes_a_connection, 190, NUMBERS_BYTES, true),
    EVERYWHERE,
    RUN("many-then-few", .scale = 1, .less = 0.2, .limit_bytes = 512 * MIB,
        .conn_share_percent = 90),
    ROW("many, a tenth left: memory, of its need", few_beside_need, 1.5, NUMBERS_TIMES, true),
    EVERYWHERE,
    RUN("reversed", .scale = 0.3, .less = 0.3, .empty = true, .hot = true),
    ROW("reversed, in the cache: empty callback", cpu, 75, NUMBERS_NS, false),
    RUN("reversed", .scale = 0.3, .less = 0.3, .hot = true),
    ROW("reversed, in the cache: touching", cpu, 150, NUMBERS_NS, false),
    RUN("reversed", .scale = 0.3, .less = 0.3),
    BESIDE("  from memory", cpu, 0, NUMBERS_NS, false),
    EVERYWHERE,
    RUN("incident", .scale = 1, .less = 0.2),
    ROW("incident: bytes delivered", delivered, 100, NUMBERS_PERCENT, true),
    ROW("incident: kernel's peak", rss_over_base, 4 * MIB, NUMBERS_BYTES, true),
    ROW("incident: kernel, after", rss_end_over_base, 512 * KIB, NUMBERS_BYTES, true),
    RUN("loss", .scale = 1, .less = 0.3),
    ROW("loss: bytes delivered", delivered, 100, NUMBERS_PERCENT, true),
    ROW("loss: held at most", held_peak, 256 * KIB, NUMBERS_BYTES, true),
    EVERYWHERE,
    RUN("syn-flood", .scale = 1, .less = 0.2, .limit_bytes = 16 * MIB),
    ROW("syn-flood: a packet", cpu, 150, NUMBERS_NS, false),
    ROW("syn-flood: honest whole", whole, 99, NUMBERS_PERCENT, true),
    EVERYWHERE,
    RUN("hole-per-flow", .scale = 1, .less = 0.1, .limit_bytes = 16 * MIB),
    ROW("hole-per-flow: honest whole", whole, 99, NUMBERS_PERCENT, true),
    EVERYWHERE,
    RUN("hoarder", .scale = 1, .less = 0.2, .limit_bytes = 16 * MIB),
    ROW("hoarder: honest whole", whole, 99, NUMBERS_PERCENT, true),
    EVERYWHERE,
    RUN("reorder", .scale = 0.3, .less = 0.1, .limit_bytes = 8 * MIB, .latency = true),
    ROW("reorder in 8 MiB: one packet, p99", p99, 500, NUMBERS_NS, false),
    BESIDE("  the floor alone", floor_p99, 0, NUMBERS_NS, false),
    ROW("reorder in 8 MiB: one packet, p99.9", p999, 2000, NUMBERS_NS, false),
    BESIDE("  the floor alone", floor_p999, 0, NUMBERS_NS, false),
    ROW("reorder: longest packet, to spare", worst, 0, NUMBERS_PERCENT, false),
    EVERYWHERE,
    IN_THE_CACHE("reorder", 0.3, 0.1, 8 * MIB),
    RUN("episode", .scale = 1, .less = 0.3, .limit_bytes = 8 * MIB, .latency = true),
    ROW("episode in 8 MiB: one packet, p99", p99, 500, NUMBERS_NS, false),
    BESIDE("  the floor alone", floor_p99, 0, NUMBERS_NS, false),
    ROW("episode in 8 MiB: one packet, p99.9", p999, 2000, NUMBERS_NS, false),
    BESIDE("  the floor alone", floor_p999, 0, NUMBERS_NS, false),
    ROW("episode: one that the pool grows for, p99", growing_p99, 8000, NUMBERS_NS, false),
    ROW("episode: longest packet, to spare", worst, 0, NUMBERS_PERCENT, false),
    EVERYWHERE,
    IN_THE_CACHE("episode", 1, 0.3, 8 * MIB),
    TINY("tiny"),
    TINY("tiny-reversed"),
    TINY("tiny-random"),
    {.run = {.scenario = NULL}},
};
