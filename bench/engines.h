/* SPDX-License-Identifier: MIT */
/*
 * weir-bench engines: 1, 2, 4 engines on one pool, each in a thread of its own.
 *
 *      packets (in memory, shared) ──> engine 0 ┐
 *                                  ──> engine 1 ┤── one pool of --mem
 *                                  ──>    …     ┘
 *
 * Each engine gets all packets, so that N engines do N times the work and, on as many cores, take the
 * same time. What is wanted: throughput grows with the cores, the limit holds for all together by the
 * kernel's count, and no engine starves: all are over at about the same time with about the same bytes.
 */
#ifndef WEIR_BENCH_ENGINES_H
#define WEIR_BENCH_ENGINES_H

/* The program's exit code. argv[0] is "engines". */
int engines_main(int argc, char **argv);

#endif
