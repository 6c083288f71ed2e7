/* SPDX-License-Identifier: MIT */
/*
 * Link types: what a frame of each begins with.
 *
 *      DLT_ or LINKTYPE_ number ──> WEIR_TYPE_*
 *
 * Where the two registers differ, or differ between systems, all numbers are taken. Capture headers
 * (PPI, PKTAP) name such numbers too.
 *
 * Left out, because no IP packet of theirs was found in the wild or their headers are long lists:
 * ATM cells, ARCNET, DOCSIS, Juniper's, Bluetooth, USB, 802.15.4, serial line IP. Cost: one switch.
 */
#ifndef WEIR_LINK_TYPE_H
#define WEIR_LINK_TYPE_H

#include <stdint.h>

#define WEIR_LINK_TYPE_ETHERNET 1

/* WEIR_TYPE_UNKNOWN for a link type that is not supported. */
uint32_t weir_link_type_first(int link_type);

#endif
