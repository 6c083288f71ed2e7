/* SPDX-License-Identifier: MIT */
/*
 * Process memory: what this process has of the machine's memory, by the kernel's count.
 */
#ifndef WEIR_TOOLS_PROCESS_MEMORY_H
#define WEIR_TOOLS_PROCESS_MEMORY_H

#include <stdint.h>

/* Resident and anonymous: what counts against limits and cannot be dropped. It walks the page
 * tables (smaps_rollup: exact, some 10 us a MiB). 0: the system does not tell. */
uint64_t process_memory_anon_bytes(void);

#endif
