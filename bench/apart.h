/* SPDX-License-Identifier: MIT */
/*
 * Apart: work in a process of its own, forked for it, so that one measurement leaves nothing behind
 * for the next: no heap, no warm pages, no faults already taken.
 *
 * What the work finds out, it writes to memory that both processes see.
 */
#ifndef WEIR_BENCH_APART_H
#define WEIR_BENCH_APART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed memory that children share; NULL: none, and a line on stderr says so. */
void *apart_memory(size_t bytes);
void apart_free(void *memory, size_t bytes);

/* Runs work(argument) in a child and waits. false: it returned false, or died; the latter is said. */
bool apart_run(bool (*work)(void *argument), void *argument);

/* What the kernel counts as this process's anonymous resident memory, now (smaps_rollup). Takes no
 * memory itself. 0: the kernel does not tell. */
uint64_t apart_rss_anon_bytes(void);

#endif
