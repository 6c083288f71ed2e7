/* SPDX-License-Identifier: MIT */
/*
 * Peer CSV: contests for spreadsheets and gnuplot: a row a program, or a row a sample.
 *
 *      capture,scale,packets,name,version,outcome,right,verdict,cpu_time,real_time,over_floor_time,
 *      rss_peak_bytes,rss_anon_peak_bytes,rss_anon_end_bytes,arguments
 *
 *      name,arguments,time_s,read_bytes,capture_bytes,rss_anon_bytes
 *
 * Times are in ns a packet, as in the JSON. What could not be had is empty.
 */
#ifndef WEIR_BENCH_PEER_CSV_H
#define WEIR_BENCH_PEER_CSV_H

#include "peer_contest.h"
#include "peer_json.h"

/* "-" is stdout. Each returns 0 or an errno. */
int peer_csv_save(const char *path, const peer_context *context, const contest *c);
int peer_csv_save_timeline(const char *path, const contest *c);

#endif
