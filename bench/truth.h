/* SPDX-License-Identifier: MIT */
/*
 * Truth: every byte that the library delivers beside what was sent.
 *
 *      span (connection, direction, offset, bytes) ──> traffic_content: the same bytes?
 *
 * A run of its own, not timed. Wrong is: a byte that is not the sender's at that offset; an offset
 * given twice, or passed over without a hole; a hole over bytes already given; and books that do not
 * balance (payload = delivered + duplicate + discarded). Of a connection that is taken up midstream
 * the offset is found by its first bytes, at or behind the place that was reached before.
 *
 * Of a file nobody knows the content; of hostile connections nobody cares.
 */
#ifndef WEIR_BENCH_TRUTH_H
#define WEIR_BENCH_TRUTH_H

#include "drive.h"
#include "result.h"

/* Runs the load and fills what *r says of honest connections, `verified` and `wrong`, in a process
 * of its own; *r is to lie in apart_memory. false: the run failed, and a line on stderr says why. */
bool truth_run(const drive_plan *plan, result *r);

#endif
