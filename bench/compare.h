/* SPDX-License-Identifier: MIT */
/*
 * weir-bench compare: two files of `weir-bench run --json`, and whether B is worse than A.
 *
 *      A.json ─┐ by name   ┌─> ratios B / A
 *      B.json ─┴───────────┼─> regressions: exit 4
 *                          └─> what was not the same: conditions, limits, benchmarks in one file only
 *
 * A regression of a benchmark, of which both files have the same packets:
 *   - CPU time: slower.h says how that is told from the machine's own pace;
 *   - verified in A, and wrong in B; fewer bytes delivered in B;
 *   - peak of the ledger or of the anonymous resident set: more than --max-regress above A's, and more than
 *     COMPARE_SLACK_BYTES: single pages are no trend.
 * Shown and not judged: wall time, which others' processes lengthen, and p99, which has no repetitions here.
 */
#ifndef WEIR_BENCH_COMPARE_H
#define WEIR_BENCH_COMPARE_H

#include <stdio.h>

#include "json.h"

#define COMPARE_SLACK_BYTES (128 * 1024)

/* Writes the comparison. Returns how many regressions there are, or -1: no benchmark is in both. */
int compare_files(const json_file *a, const json_file *b, double max_regress, FILE *to);

/* The program's exit code: 0, 1 unreadable or nothing in common, 2 usage, 4 a regression. argv[0] is "compare". */
int compare_main(int argc, char **argv);

#endif
