/* SPDX-License-Identifier: MIT */
/*
 * weir-bench run: measures a scenario or capture files, and reports.
 */
#ifndef WEIR_BENCH_RUN_H
#define WEIR_BENCH_RUN_H

/* The program's exit code. argv[0] is "run". */
int run_main(int argc, char **argv);

#endif
