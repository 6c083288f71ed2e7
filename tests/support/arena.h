/* SPDX-License-Identifier: MIT */
/*
 * A platform for tests: real memory of the system behind any unit, that counts, verifies how it is
 * called, and refuses when told.
 *
 *      broken is set where the contract of weir_platform is: a range that is not whole units, committed
 *      twice, given back before it was committed, or outside of what was reserved
 */
#ifndef WEIR_TEST_ARENA_H
#define WEIR_TEST_ARENA_H

#include "weir/weir.h"

#define ARENA_UNITS_MOST 65536u

typedef struct test_arena {
    uint64_t unit_bytes;
    uint8_t *mapping, *reservation; /* the latter aligned to the unit */
    uint64_t mapping_bytes, bytes;
    uint64_t reserves, commits, give_backs, releases; /* calls */
    uint64_t refuse_commit;                           /* the number of the call, from 1; 0: none */
    int refuse_commits_after;                         /* and all behind it */
    int refuse_reserve, misalign, keep;               /* keep: refuses to take anything back */
    int broken;
    uint8_t committed[ARENA_UNITS_MOST];
} test_arena;

/* An arena of that unit, and the platform that it is. */
void arena_init(test_arena *arena, uint64_t unit_bytes, weir_platform *platform);

/* Bytes of [at, at + bytes) that are resident, as the kernel counts them. Both multiples of the
 * system's page. */
uint64_t arena_resident(const void *at, uint64_t bytes);

#endif
