/* SPDX-License-Identifier: MIT */
/*
 * Packet time: what the stamps of packets say, as far as it can be believed. Never back.
 *
 *      stamp ≤ clock + 10 s       believed; the clock is the highest of these
 *      stamp > clock + 10 s       doubted: the clock stays until the next stamp: if that is not
 *      more than 10 s
 *                                 before the doubted one, time did jump; else one stamp was wrong
 *      64 in a row more than 10 s behind: it was the clock that was wrong; an offset is added from
 *      then on
 *
 * Taking the highest stamp, or believing a jump only at the second packet of its connection, breaks
 * real captures.
 */
#ifndef WEIR_CLOCK_H
#define WEIR_CLOCK_H

#include "weir/weir.h"

#define WEIR_CLOCK_JUMP_NS (10 * WEIR_SECOND)
#define WEIR_CLOCK_BEHIND  64u

typedef struct weir_clock {
    uint64_t now_ns;
    uint64_t doubted_ns; /* 0: none */
    uint64_t offset_ns;  /* added to stamps */
    uint32_t behind;     /* stamps in a row that were far behind */
    uint32_t started;
} weir_clock;

/* A packet's stamp. Counts clock_back and clock_doubted. Returns 1 if it proves that the packet
 * before it, whose stamp was doubted, was right: then that packet happened now, and not when the
 * clock stood still. */
int weir_clock_stamp(weir_clock *clock, uint64_t stamp_ns, weir_stats *stats);

/* The user says what time it is: believed, but never back. */
void weir_clock_advance(weir_clock *clock, uint64_t now_ns);

#endif
