/* SPDX-License-Identifier: MIT */
/*
 * A packet captured twice, as the `any` device shows one that is bridged: it says nothing new, and
 * is no retransmission.
 *
 *      the same = direction, sequence, length, ACK, flags, window, IP id and time stamp of one of
 *                 the side's last two segments, within 10 ms
 *
 * Kept as 31 bits of a mix of these. Cost: O(1), 8 bytes a side.
 */
#ifndef WEIR_TWICE_H
#define WEIR_TWICE_H

#include "rooms/way.h"

/* 1 if the side's last two segments hold one that is this very packet; notes it otherwise. */
int weir_twice_seen(const weir_way *way, const weir_segment *segment);

#endif
