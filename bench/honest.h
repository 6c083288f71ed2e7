/* SPDX-License-Identifier: MIT */
/*
 * weir-bench honest: honest connections beside hostile traffic at the pool's limit, and how many stay whole.
 *
 *      traffic `honest`   1,000 connections, 1 % of their segments displaced by up to 3 ms ──┐
 *      a family           half of a 1 Gbit/s line, from 100 ms before to the end ────────────┴─> one engine
 *
 *      whole = no hole, and every byte that its host sent was delivered
 *
 * One line a family, one column a pool size; in brackets how many were evicted on the way, and opened again at their
 * next packet: they lose no byte by it, but the user is told of two connections. Families that forge the capture's own time are left out: a sender
 * cannot.
 */
#ifndef WEIR_BENCH_HONEST_H
#define WEIR_BENCH_HONEST_H

/* The program's exit code. argv[0] is "honest". */
int honest_main(int argc, char **argv);

#endif
