/* SPDX-License-Identifier: MIT */
/*
 * Whole: capture files from the disk's cache to streams, reading included, beside a bare loop over
 * libpcap that looks at nothing.
 *
 *      file ──> libpcap ──> (nothing)
 *      file ──> weir's reader ──> engine ──> callbacks that do nothing
 *
 * In turn, as often as the other times are measured; what is kept is the median of each.
 */
#ifndef WEIR_BENCH_WHOLE_H
#define WEIR_BENCH_WHOLE_H

#include <stddef.h>

#include "drive.h"
#include "result.h"

/* Fills r->file; *r is to lie in apart_memory. libpcap_cpu_ns stays 0 if libpcap cannot read a file.
 * false: a line on stderr says why. */
bool whole_run(const drive_plan *plan, const char *const *paths, size_t count, result *r);

#endif
