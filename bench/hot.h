/* SPDX-License-Identifier: MIT */
/*
 * Hot: packets a window at a time, moved into memory that the core has in its cache.
 *
 *      load   …│ window │ window │…
 *                  └─ copied ─> one buffer ─> measured, before the next one is copied
 *
 * So they lie in a capture ring that a card has just filled. A load of many packets does not: its
 * bytes come from memory, and what is measured is mostly that.
 *
 * A window is HOT_BYTES, which a core keeps to itself; copying it is nobody's time, and reading the
 * clock twice for each is 1 ns a packet of 1,500 bytes.
 */
#ifndef WEIR_BENCH_HOT_H
#define WEIR_BENCH_HOT_H

#include "load.h"

#define HOT_BYTES   ((size_t)512 << 10)
#define HOT_PACKETS (HOT_BYTES / 128)

typedef struct hot {
    weir_packet packets[HOT_PACKETS];
    uint8_t data[HOT_BYTES];
} hot;

/* This process's window, if one is wanted; else NULL. */
hot *hot_window(bool wanted);

/* Sets *packets to packets of the load from `begin` on, before `end`: as many as it returns, 1 at
 * least. One that is larger than a window stays where it is. With NULL for a window all stay, and
 * are taken at once. */
size_t hot_take(hot *h, const load *l, size_t begin, size_t end, const weir_packet **packets);

#endif
