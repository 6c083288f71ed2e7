/* SPDX-License-Identifier: MIT */
/*
 * weir-bench gen: writes the packets of a scenario as a capture file.
 */
#ifndef WEIR_BENCH_GEN_H
#define WEIR_BENCH_GEN_H

/* The program's exit code. argv[0] is "gen". */
int gen_main(int argc, char **argv);

#endif
