/* SPDX-License-Identifier: MIT */
/*
 * Run report: a result for people, one screen.
 */
#ifndef WEIR_BENCH_RUN_REPORT_H
#define WEIR_BENCH_RUN_REPORT_H

#include <stdio.h>

#include "result.h"

void run_report(const result *r, FILE *to);

#endif
