/* SPDX-License-Identifier: MIT */
/*
 * Ordinals: the how-manieth connection on its addresses and ports this is.
 *
 * An open hash table of 16 bytes a pair of endpoints, by the first 64 bits of a SHA-1. Two pairs
 * that agree in those share their count: ordinals then skip a number, and names stay unique. The
 * only memory of the tool that grows with the input; cat makes files for what it counts.
 */
#ifndef WEIR_TOOLS_ORDINALS_H
#define WEIR_TOOLS_ORDINALS_H

#include <stddef.h>

#include "weir/weir.h"

typedef struct ordinals {
    struct ordinals_entry *entries;
    size_t size; /* a power of two, or 0 */
    size_t used;
} ordinals;

/* The next ordinal for the connection's endpoints, from 1; the same whichever is the source. VLAN
 * and tunnel tell endpoints apart. 0: no memory. An ordinals of zeros is empty. */
uint32_t ordinals_next(ordinals *o, const weir_conn_info *info);

void ordinals_free(ordinals *o);

#endif
