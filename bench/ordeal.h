/* SPDX-License-Identifier: MIT */
/*
 * weir-bench adversary: every family against weir, as a table.
 *
 *      family     instructions a packet at n and 4n (valgrind's callgrind, of the engine's calls alone), after
 *                 the packets that only prepare what the family is about
 *                 time: mean, the longest packet (least of 5 runs) and how much it released
 *                 memory: the ledger's peak, and the process's by the kernel every 10 ms
 *
 * One line a family, and one for each overlap policy where that matters. Exit code 4 if a bound is broken.
 */
#ifndef WEIR_BENCH_ORDEAL_H
#define WEIR_BENCH_ORDEAL_H

/* The program's exit code. argv[0] is "adversary". */
int ordeal_main(int argc, char **argv);

#endif
