/* SPDX-License-Identifier: MIT */
/*
 * Fray: one run of honest connections among hostile ones, by the time of their packets.
 *
 * The engine is set up as its defaults say; its user follows everything, and keeps for each honest connection
 * what it was told.
 */
#ifndef WEIR_BENCH_ADVERSARY_FRAY_H
#define WEIR_BENCH_ADVERSARY_FRAY_H

#include <stddef.h>
#include <stdint.h>

#define FRAY_HONEST "honest" /* the scenario of bench/traffic.h */

typedef struct fray_result {
    uint64_t connections;
    uint64_t whole; /* no hole, and every byte that its host sent was delivered */
    uint64_t split; /* evicted in between: opened more than once */
    uint64_t hostile_packets;
    uint64_t peak_bytes;
} fray_result;

/* 0: no memory, or the engine refused. scale: of the honest scenario. */
int fray_run(size_t family, uint64_t seed, uint64_t limit_bytes, double scale, fray_result *result);

#endif
