/* SPDX-License-Identifier: MIT */
/*
 * Fields: the numbers of a result by the names under which they are written.
 *
 *      one table ──> json (nested at the dots) │ csv (columns) │ gate (keys) │ compare
 *
 * A field that varies is a time of one repetition, or follows from it; of a result with several
 * repetitions its value is the median. All others are of the whole run. Times are in ns a packet.
 *
 *      items_per_second = 1e9 / cpu_time        bytes_per_second = items_per_second x frame_bytes / packets
 *      over_floor_time = cpu_time - floor_cpu_time         floor_ratio = cpu_time / floor_cpu_time
 *      (of each repetition, then the median)
 */
#ifndef WEIR_BENCH_FIELDS_H
#define WEIR_BENCH_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "result.h"

typedef enum field_kind {
    FIELD_U64,
    FIELD_U32,
    FIELD_REAL,
    FIELD_VERIFIED, /* 1, 0, or NAN: nobody knows */
    FIELD_VARIES
} field_kind;

typedef enum field_unit { FIELD_PLAIN, FIELD_BYTES, FIELD_NS } field_unit;

typedef struct field {
    const char *name; /* with one dot if it is nested: "latency_ns.p99" */
    field_kind kind;
    field_unit unit;
    size_t offset;                     /* in a result, but for FIELD_VARIES */
    double (*value)(const result *of); /* FIELD_VARIES */
} field;

/* In the order in which they are written. */
size_t field_count(void);
const field *field_at(size_t i);

/* NULL: there is none of that name. */
const field *field_named(const char *name);

/* 0 where a time was not measured. */
double field_value(const field *f, const result *of);

/* Legal for all but FIELD_VARIES. */
void field_set(const field *f, result *of, double value);

/* Phases: the part of a result that each of them is, with its packets, its times, and end_bytes, rss_anon_end_bytes and
 * connections as they were at its end. Its name is the phase's, with a number from the second of that name on: "talking",
 * "talking2". Legal for phase < of->phase_count. */
void field_take_phase(const result *of, uint32_t phase, result *part);

/* Whether a phase has this field. */
bool field_is_of_phase(const field *f);

/* Where nobody can know it: `verified` of a file, what only a scenario has of a file, and the other way round. */
bool field_known(const field *f, const result *of);

#endif
