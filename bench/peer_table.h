/* SPDX-License-Identifier: MIT */
/*
 * Peer table: a contest in figures, a line a program.
 *
 *      program, version │ CPU a packet: ns, x floor, x weir; without the floor x weir │ memory │ bytes
 *
 * "Without the floor" is what the library adds to reading and touching: the whole less the floor. In each column the
 * best of those whose bytes are right is marked *, whoever it is; ~ marks what is better still, but not right. Of a
 * program that was killed the figures are those at its end: >.
 */
#ifndef WEIR_BENCH_PEER_TABLE_H
#define WEIR_BENCH_PEER_TABLE_H

#include <stdio.h>

#include "peer_contest.h"

void peer_table_print(FILE *to, const contest *c);

/* The row of the floor, and of weir. */
const contest_row *peer_table_floor(const contest *c);
const contest_row *peer_table_weir(const contest *c);

#endif
