/* SPDX-License-Identifier: MIT */
#include "fields.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double cpu_time(const result *of)
{
    return result_median_ns(of, RESULT_CPU);
}

static double real_time(const result *of)
{
    return result_median_ns(of, RESULT_WALL);
}

static double floor_cpu_time(const result *of)
{
    return result_median_ns(of, RESULT_FLOOR_CPU);
}

static double floor_real_time(const result *of)
{
    return result_median_ns(of, RESULT_FLOOR_WALL);
}

static double items_per_second(const result *of)
{
    const double ns = cpu_time(of);
    return ns > 0 ? 1e9 / ns : 0;
}

static double bytes_per_second(const result *of)
{
    return of->packets ? items_per_second(of) * (double)of->frame_bytes / (double)of->packets : 0;
}

/* The middle one of what the repetitions give: each compares itself with the floor beside it. */
static double median_of(const result *of, double (*get)(double cpu, double floor_cpu))
{
    double values[RESULT_REPETITIONS_MAX];
    const uint32_t n = of->repetitions;
    if (n == 0) return 0;
    for (uint32_t i = 0; i < n; i++) {
        const double value =
            get(result_packet_ns(of, i, RESULT_CPU), result_packet_ns(of, i, RESULT_FLOOR_CPU));
        uint32_t at = i;
        for (; at > 0 && values[at - 1] > value; at--)
            values[at] = values[at - 1];
        values[at] = value;
    }
    return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

static double minus(double cpu, double floor_cpu)
{
    return cpu - floor_cpu;
}

static double ratio(double cpu, double floor_cpu)
{
    return floor_cpu > 0 ? cpu / floor_cpu : 0;
}

static double over_floor_time(const result *of)
{
    return median_of(of, minus);
}

static double floor_ratio(const result *of)
{
    return median_of(of, ratio);
}

#define WHOLE(text, type, unit, member)                                                            \
    {                                                                                              \
        text, type, unit, offsetof(result, member), NULL                                           \
    }
#define VARIES(text, unit, get)                                                                    \
    {                                                                                              \
        text, FIELD_VARIES, unit, 0, get                                                           \
    }
#define HOLE(NAME, text) WHOLE("holes." text, FIELD_U64, FIELD_PLAIN, holes[WEIR_HOLE_##NAME]),

static const field fields[] = {
    WHOLE("repetitions", FIELD_U32, FIELD_PLAIN, repetitions),
    VARIES("cpu_time", FIELD_NS, cpu_time),
    VARIES("real_time", FIELD_NS, real_time),
    VARIES("items_per_second", FIELD_PLAIN, items_per_second),
    VARIES("bytes_per_second", FIELD_BYTES, bytes_per_second),
    WHOLE("packets", FIELD_U64, FIELD_PLAIN, packets),
    VARIES("floor_cpu_time", FIELD_NS, floor_cpu_time),
    VARIES("floor_real_time", FIELD_NS, floor_real_time),
    VARIES("over_floor_time", FIELD_NS, over_floor_time),
    VARIES("floor_ratio", FIELD_PLAIN, floor_ratio),
    WHOLE("latency_ns.p50", FIELD_REAL, FIELD_NS, latency.p50_ns),
    WHOLE("latency_ns.p90", FIELD_REAL, FIELD_NS, latency.p90_ns),
    WHOLE("latency_ns.p99", FIELD_REAL, FIELD_NS, latency.p99_ns),
    WHOLE("latency_ns.p999", FIELD_REAL, FIELD_NS, latency.p999_ns),
    WHOLE("latency_ns.max", FIELD_REAL, FIELD_NS, latency.max_ns),
    WHOLE("latency_ns.single_p99", FIELD_REAL, FIELD_NS, latency.single_p99_ns),
    WHOLE("latency_ns.single_p999", FIELD_REAL, FIELD_NS, latency.single_p999_ns),
    WHOLE("latency_ns.growing", FIELD_U64, FIELD_PLAIN, latency.growing),
    WHOLE("latency_ns.growing_p99", FIELD_REAL, FIELD_NS, latency.growing_p99_ns),
    WHOLE("latency_ns.floor_p50", FIELD_REAL, FIELD_NS, latency.floor_p50_ns),
    WHOLE("latency_ns.floor_p99", FIELD_REAL, FIELD_NS, latency.floor_p99_ns),
    WHOLE("latency_ns.floor_p999", FIELD_REAL, FIELD_NS, latency.floor_p999_ns),
    WHOLE("latency_ns.max_packet", FIELD_U64, FIELD_PLAIN, latency.max_packet),
    WHOLE("latency_ns.max_released", FIELD_U64, FIELD_PLAIN, latency.max_released),
    WHOLE("latency_ns.worst_share", FIELD_REAL, FIELD_PLAIN, latency.worst_share),
    WHOLE("latency_ns.clock", FIELD_REAL, FIELD_NS, latency.clock_ns),
    WHOLE("latency_ns.runs", FIELD_U32, FIELD_PLAIN, latency.runs),
    WHOLE("limit_bytes", FIELD_U64, FIELD_BYTES, limit_bytes),
    WHOLE("peak_bytes", FIELD_U64, FIELD_BYTES, peak_bytes),
    WHOLE("end_bytes", FIELD_U64, FIELD_BYTES, end_bytes),
    WHOLE("returned_bytes", FIELD_U64, FIELD_BYTES, returned_bytes),
    WHOLE("held_peak_bytes", FIELD_U64, FIELD_BYTES, held_peak_bytes),
    WHOLE("rss_anon_base_bytes", FIELD_U64, FIELD_BYTES, rss_anon_base_bytes),
    WHOLE("rss_anon_peak_bytes", FIELD_U64, FIELD_BYTES, rss_anon_peak_bytes),
    WHOLE("rss_anon_end_bytes", FIELD_U64, FIELD_BYTES, rss_anon_end_bytes),
    WHOLE("connections", FIELD_U64, FIELD_PLAIN, connections),
    WHOLE("peak_connections", FIELD_U64, FIELD_PLAIN, peak_connections),
    WHOLE("honest_connections", FIELD_U64, FIELD_PLAIN, honest_connections),
    WHOLE("honest_whole", FIELD_U64, FIELD_PLAIN, honest_whole),
    WHOLE("evicted", FIELD_U64, FIELD_PLAIN, evicted),
    WHOLE("payload_bytes", FIELD_U64, FIELD_BYTES, payload_bytes),
    WHOLE("delivered_bytes", FIELD_U64, FIELD_BYTES, delivered_bytes),
    WHOLE("missing_bytes", FIELD_U64, FIELD_BYTES, missing_bytes),
    WHOLE("captured_bytes", FIELD_U64, FIELD_BYTES, captured_bytes),
    WHOLE("honest_delivered_bytes", FIELD_U64, FIELD_BYTES, honest_delivered_bytes),
    WEIR_HOLE_CAUSES(HOLE) /* holes.CAUSE */
    WHOLE("verified", FIELD_VERIFIED, FIELD_PLAIN, verified),
    WHOLE("seed", FIELD_U64, FIELD_PLAIN, seed),
    WHOLE("scale", FIELD_REAL, FIELD_PLAIN, scale),
    WHOLE("frame_bytes", FIELD_U64, FIELD_BYTES, frame_bytes),
    WHOLE("empty", FIELD_U32, FIELD_PLAIN, empty),
    WHOLE("hot", FIELD_U32, FIELD_PLAIN, hot),
    WHOLE("batch", FIELD_U32, FIELD_PLAIN, batch),
    WHOLE("page_bytes", FIELD_U64, FIELD_BYTES, page_bytes),
    WHOLE("file.bytes", FIELD_U64, FIELD_BYTES, file.bytes),
    WHOLE("file.libpcap_cpu_ns", FIELD_U64, FIELD_NS, file.libpcap_cpu_ns),
    WHOLE("file.weir_cpu_ns", FIELD_U64, FIELD_NS, file.weir_cpu_ns),
};

enum { FIELDS = sizeof fields / sizeof *fields };

size_t field_count(void)
{
    return FIELDS;
}

const field *field_at(size_t i)
{
    return &fields[i];
}

const field *field_named(const char *name)
{
    for (size_t i = 0; i < FIELDS; i++)
        if (strcmp(fields[i].name, name) == 0) return &fields[i];
    return NULL;
}

static double verified_value(result_verified verified)
{
    if (verified == RESULT_UNKNOWN) return NAN;
    return verified == RESULT_RIGHT;
}

double field_value(const field *f, const result *of)
{
    const char *at = (const char *)of + f->offset;
    switch (f->kind) {
    case FIELD_U64:
        return (double)*(const uint64_t *)(const void *)at;
    case FIELD_U32:
        return *(const uint32_t *)(const void *)at;
    case FIELD_REAL:
        return *(const double *)(const void *)at;
    case FIELD_VERIFIED:
        return verified_value(of->verified);
    case FIELD_VARIES:
        break;
    }
    return f->value(of);
}

void field_set(const field *f, result *of, double value)
{
    char *at = (char *)of + f->offset;
    if (f->kind == FIELD_U64) *(uint64_t *)(void *)at = (uint64_t)value;
    if (f->kind == FIELD_U32) *(uint32_t *)(void *)at = (uint32_t)value;
    if (f->kind == FIELD_REAL) *(double *)(void *)at = value;
    if (f->kind == FIELD_VERIFIED)
        of->verified = isnan(value) ? RESULT_UNKNOWN : value != 0 ? RESULT_RIGHT : RESULT_WRONG;
}

bool field_known(const field *f, const result *of)
{
    return !isnan(field_value(f, of));
}

/* ── Phases ── */

static void name_phase(const result *of, uint32_t phase, result *part)
{
    unsigned same = 1;
    for (uint32_t i = 0; i < phase; i++)
        same += strcmp(of->phases[i].name, of->phases[phase].name) == 0;
    if (same == 1)
        (void)snprintf(part->name, sizeof part->name, "%s", of->phases[phase].name);
    else
        (void)snprintf(part->name, sizeof part->name, "%s%u", of->phases[phase].name, same);
}

void field_take_phase(const result *of, uint32_t phase, result *part)
{
    const result_phase *from = &of->phases[phase];
    *part = (result){.packets = from->packets,
                     .repetitions = of->repetitions,
                     .end_bytes = from->ledger_bytes,
                     .rss_anon_end_bytes = from->rss_anon_bytes,
                     .connections = from->connections};
    memcpy(part->times, from->times, sizeof part->times);
    name_phase(of, phase, part);
}

bool field_is_of_phase(const field *f)
{
    static const char *const names[] = {"packets",        "cpu_time",           "real_time",
                                        "floor_cpu_time", "over_floor_time",    "floor_ratio",
                                        "end_bytes",      "rss_anon_end_bytes", "connections"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(f->name, names[i]) == 0) return true;
    return false;
}
