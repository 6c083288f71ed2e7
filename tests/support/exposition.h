/* SPDX-License-Identifier: MIT */
/*
 * Exposition: reads Prometheus' text format as strictly as it is written.
 *
 * Verified of the whole text: each line is HELP, TYPE or a sample; each family has one HELP and one
 * TYPE, directly before its samples, and some samples; names are of the right letters, a counter's
 * ends in _total and nobody else's does, units are base units; values are numbers; no series comes
 * twice; buckets of a histogram rise, the last is +Inf and equals _count. That is what `promtool
 * check metrics` wants, and a little more.
 */
#ifndef WEIR_TESTS_EXPOSITION_H
#define WEIR_TESTS_EXPOSITION_H

#include <stdbool.h>
#include <stddef.h>

/* What is wrong first, in `why` (with the line it is in). false: nothing is. */
bool exposition_is_wrong(const char *text, char *why, size_t bytes);

/* The value of a series, written as in the text: "weir_holes_total{cause=\"acked\"}"; -1: it is not
 * there. */
double exposition_value(const char *text, const char *series);

#endif
