/* SPDX-License-Identifier: MIT */
/*
 * Link types: what a frame of each begins with.
 *
 *      DLT_ or LINKTYPE_ number ──> WEIR_TYPE_*
 *
 * Where the two registers differ, or differ between systems, all numbers are taken. Capture headers
 * (PPI, PKTAP) name such numbers too.
 *
 * Which are left out, and why, is in ARCHITECTURE.md. Cost: a few switches, none for Ethernet.
 */
#ifndef WEIR_LINK_TYPE_H
#define WEIR_LINK_TYPE_H

#include <stdint.h>

#define WEIR_LINK_TYPE_ETHERNET 1

/* WEIR_TYPE_UNKNOWN for a link type that is not supported. */
uint32_t weir_link_type_first(int link_type);

#endif
