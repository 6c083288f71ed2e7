/* SPDX-License-Identifier: MIT */
/*
 * weir-bench peers: weir beside what is used for the same today, as whole programs over one capture.
 *
 *      scenario ──> capture file, and what it holds ──┐
 *      -r FILE  ──────────────────────────────────────┴─> contest ──> table, JSON
 *
 * The file is written once, below TMPDIR, and removed at the end.
 */
#ifndef WEIR_BENCH_PEERS_H
#define WEIR_BENCH_PEERS_H

/* The program's exit code. argv[0] is "peers". */
int peers_main(int argc, char **argv);

#endif
