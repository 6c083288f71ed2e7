/* SPDX-License-Identifier: MIT */
/*
 * Memory limit: how much memory this process may have, and what weir takes of it.
 *
 *      cgroup v2   memory.max, memory.high             own and all parents'
 *      cgroup v1   memory.limit_in_bytes, and          own and all parents'
 *                  memory.stat hierarchical_memory_limit
 *      rlimit      address space, data size            /proc/self/limits
 *      host        MemTotal                            /proc/meminfo
 *                  ──> the smallest of those that are there
 *
 * memory.high counts like a limit: what goes above it is slowed down until it is as good as
 * stopped. What cannot be read does not count. /proc and /sys are looked for below the system root.
 *
 * `--mem 25%` is a share of that, as it is given. `--mem auto` is
 *
 *      25 % of it, at least 4 MiB but never more than half, at most 1 GiB
 *
 * A quarter, because a pool that is full must leave room for what is not weir's: the program itself
 * (about 1 MiB), the capture's ring, which the kernel keeps for each interface, and what else lives
 * in the same container. At least 4 MiB, because below it few connections fit. At most 1 GiB,
 * because more serves no honest traffic: 1 GiB is five million connections, or two seconds of
 * holes at 500 MB/s; a host without any limit would give a quarter of all it has.
 */
#ifndef WEIR_TOOLS_MEMORY_LIMIT_H
#define WEIR_TOOLS_MEMORY_LIMIT_H

#include "system_root.h"

enum { MEMORY_LIMIT_TEXT_BYTES = SYSTEM_PATH_BYTES + 64 };

typedef struct memory_limit {
    uint64_t bytes;                     /* UINT64_MAX: nothing is known */
    char text[MEMORY_LIMIT_TEXT_BYTES]; /* who says so: "cgroup /sys/fs/cgroup/box/memory.max" */
} memory_limit;

/* The smallest that applies. Of equal ones the first in the list above. */
void memory_limit_find(memory_limit *limit);

/* What --mem says: a size, a share, or auto. */
typedef struct memory_wish {
    uint64_t bytes;   /* a size; if it is 0, */
    uint32_t percent; /* a share, 1 to 100; and if that is 0 too, auto */
} memory_wish;

/* false, and nothing is written: the text is none of these. */
bool memory_wish_parse(const char *text, memory_wish *wish);

/* What the wish comes to. *of tells what a share was taken of; its bytes are UINT64_MAX if the wish
 * is a size, or nothing is known: then auto is `otherwise`, and a share gives 0. */
uint64_t memory_wish_bytes(const memory_wish *wish, uint64_t otherwise, memory_limit *of);

#endif
