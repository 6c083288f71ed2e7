/* SPDX-License-Identifier: MIT */
/*
 * CSV: a row a benchmark, or a row a sample, for spreadsheets and gnuplot.
 *
 *      name,time_unit,repetitions,cpu_time,…,latency_ns.p99,…,holes.timeout,…,date,…,limits
 *
 * The columns have the names of the JSON file, with a dot where that is nested; the conditions come last. Times are
 * medians over the repetitions. What is not known is empty; a name with a comma or a quote is quoted (RFC 4180).
 */
#ifndef WEIR_BENCH_CSV_H
#define WEIR_BENCH_CSV_H

#include <stddef.h>
#include <stdio.h>

#include "atomic_file.h"
#include "conditions.h"
#include "latency.h"
#include "result.h"
#include "timeline.h"

/* Each: the file appears when it is whole; "-" is stdout. Returns 0 or an errno. */
int csv_save(const char *path, const conditions *where, const result *results, size_t count);

/* Columns: name, phase, packets, cpu_time, floor_cpu_time (medians), ledger_bytes, rss_anon_bytes, connections (at its
 * end), rss_anon_base_bytes. */
int csv_save_phases(const char *path, const result *of);

/* Columns: time_s, packets, packet_time_s, limit_bytes, ledger_bytes, held_bytes, rss_anon_bytes. */
int csv_save_timeline(const char *path, const timeline_sample *samples, size_t count);

/* Columns: one_in, quantile, all_ns, single_ns, growing_ns, least_ns, floor_ns. The quantile is
 * 1 - 1 / one_in, in twentieths of a power of ten; the last row is the longest of all, of which
 * there is one in all packets that were timed. What a column has too few packets to tell is empty. */
int csv_save_latency(const char *path, const latency_spread *spread);

/* For others who write rows: begins a file that appears when it is whole, and ends it; each returns 0 or an errno. */
int csv_begin(atomic_file *file, const char *path, FILE **to);
int csv_end(atomic_file *file);

/* A text as a field: quoted if it has to be. */
void csv_put_text(FILE *to, const char *text);

#endif
