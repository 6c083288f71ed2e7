/* SPDX-License-Identifier: MIT */
/*
 * weir-bench numbers: the table of what weir holds itself to: measured, wanted, met or not.
 *
 *      run (scenario, limits) ──> result ──> row, row …      a row reads one figure of one run
 *
 * A row about time is judged beside the floor of its own run and only told: machines differ. A row
 * about memory or right bytes is a gate: if it is not met, the exit code is 4.
 */
#ifndef WEIR_BENCH_NUMBERS_H
#define WEIR_BENCH_NUMBERS_H

/* The program's exit code. argv[0] is "numbers". */
int numbers_main(int argc, char **argv);

#endif
