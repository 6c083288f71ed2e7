/* SPDX-License-Identifier: MIT */
/*
 * Packet time: what the stamps of packets say, as far as it can be believed. Never back.
 *
 *      up to 10 s ahead       believed; the clock is the highest of these
 *      more than 10 s ahead   doubted: the clock stays until the next stamp. If that is not more
 *                             than 10 s before the doubted one, time did jump; else one stamp was
 *                             wrong
 *      64 in a row more       it was the clock that was wrong: an offset is added from then on
 *      than 10 s behind
 *
 *      clock <= WEIR_CLOCK_MOST_NS, so that a deadline can lie behind it whatever stamps say
 *
 * Taking the highest stamp, or believing a jump only at the second packet of its connection, breaks
 * real captures.
 */
#ifndef WEIR_CLOCK_H
#define WEIR_CLOCK_H

#include "ground/ground.h"
#include "weir/weir.h"

#define WEIR_CLOCK_JUMP_NS (10 * WEIR_SECOND)
#define WEIR_CLOCK_BEHIND  64u
#define WEIR_CLOCK_MOST_NS (UINT64_MAX - 200 * 24 * 3600 * WEIR_SECOND)

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
static inline int weir_clock_stamp(weir_clock *clock, uint64_t stamp_ns, weir_stats *stats);

/* The same for stamps that need thought. */
int weir_clock_judge(weir_clock *clock, uint64_t stamp_ns, weir_stats *stats);

/* The user says what time it is, as stamps would: believed, but never back. WEIR_NEVER: he does
 * not. */
void weir_clock_advance(weir_clock *clock, uint64_t now_ns);

/* What a stamp says when the clock says time_ns. */
static inline uint64_t weir_clock_as_stamp(const weir_clock *clock, uint64_t time_ns)
{
    return time_ns == WEIR_NEVER ? WEIR_NEVER : time_ns - weir_min64(time_ns, clock->offset_ns);
}

/* ──── bodies ──── */

static inline int weir_clock_stamp(weir_clock *clock, uint64_t stamp_ns, weir_stats *stats)
{
    int plain = clock->started && !(clock->doubted_ns | clock->offset_ns) &&
                stamp_ns - clock->now_ns <= WEIR_CLOCK_JUMP_NS && stamp_ns < WEIR_CLOCK_MOST_NS;
    if (WEIR_UNLIKELY(!plain)) return weir_clock_judge(clock, stamp_ns, stats);
    clock->now_ns = stamp_ns;
    clock->behind = 0;
    return 0;
}

#endif
