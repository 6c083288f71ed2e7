/* SPDX-License-Identifier: MIT */
/*
 * What weir wants of the system: address space, memory in it, and a few random bytes.
 *
 *      reserve       one private mapping without access: costs address space only
 *      commit        access to a piece of it; memory comes page by page as it is touched
 *      give_back     the memory of a piece goes back at once, the access stays; reads as zero
 *      release       the mapping goes
 *
 * Linux, and why so:
 *      MAP_NORESERVE     address space must not count as memory wanted
 *      MADV_NOHUGEPAGE   a huge page would come back whole where one page of it was given back:
 *                        khugepaged joins them again within a second
 *      MADV_DONTFORK     a child has none of it: else each page that either writes costs twice
 *      MADV_DONTDUMP     what was captured is nobody's business in a core file
 *      mprotect          so that RLIMIT_DATA and strict overcommit refuse with an error, not a kill
 *      MADV_DONTNEED     and never MADV_FREE, which gives back when the kernel pleases, so that no
 *                        figure of the kernel's could prove it
 *      _DONTNEED_LOCKED  the same where the program has locked its memory (since Linux 5.18)
 *
 * A program that locks all its memory must do so with MCL_ONFAULT: without, the kernel touches what
 * is committed ahead and not used, which no budget of ours counts.
 *
 * Elsewhere a piece is given back by mapping fresh memory over it. The one file with #if for
 * platforms.
 */
#ifndef WEIR_PLATFORM_H
#define WEIR_PLATFORM_H

#include "weir/weir.h"

/* Sets *platform to the system's own. */
void weir_platform_system(weir_platform *platform);

/*
 * Fills 16 bytes that nobody outside can guess, for a hash key. Never blocks. Returns 1 if they are
 * the system's random bytes; 0 if it had none (a system that has just started, or a filter that
 * forbids the call): then they are made of where the loader has put things, hard to guess and no
 * more.
 */
int weir_platform_random(uint8_t bytes[16]);

#endif
