/* SPDX-License-Identifier: MIT */
/*
 * The plain lens: Ethernet, IP and TCP with nothing in between, as most packets are.
 *
 *      | 14 | 20, or 40 of IPv6 | 20, options | payload | padding |
 *
 * Reads such a packet with one comparison a layer. All that it says is what the other lenses say of
 * the same packet; of all others it says nothing. Cost: 90 instructions, a third of theirs.
 */
#ifndef WEIR_PLAIN_H
#define WEIR_PLAIN_H

#include "weir/weir.h"

/* Fills *segment and returns 1 if the packet is plain and was captured whole; else 0, and *segment
 * means nothing. The checksum is not looked at. */
int weir_plain_read(const weir_packet *packet, weir_segment *segment);

#endif
