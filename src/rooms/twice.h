/* SPDX-License-Identifier: MIT */
/*
 * A packet captured twice, as the `any` device shows one that is bridged: it says nothing new, and
 * is no retransmission.
 *
 *      the same = direction, sequence, length, ACK, flags, window, IP id and time stamp of one of
 *                 the side's last two segments, within 10 ms
 *
 * Kept as 31 bits of a mix of these. Cost: 50 instructions, 8 bytes a side.
 */
#ifndef WEIR_TWICE_H
#define WEIR_TWICE_H

#include "rooms/way.h"

/* 1 if the side's last two segments hold one that is this very packet; notes it otherwise. */
static inline int weir_twice_seen(const weir_way *way, const weir_segment *segment);

/* The same, where its size in the caller is worth more than a call. */
int weir_twice_is(const weir_way *way, const weir_segment *segment);

/* ──── bodies ──── */

#define WEIR_TWICE_MS   10u
#define WEIR_TWICE_MORE 15u /* ms between two prints that cannot both be recent */

static inline uint32_t weir_twice_print(const weir_segment *segment)
{
    uint64_t numbers = (uint64_t)segment->seq << 32 | segment->ack;
    uint64_t others = (uint64_t)segment->wire_bytes << 40 ^ (uint64_t)segment->flags << 32 ^
                      (uint64_t)segment->window << 16 ^ segment->ip_id;
    uint64_t mix =
        (numbers ^ segment->ts_value * UINT64_C(0x94d049bb133111eb)) * UINT64_C(0x9e3779b97f4a7c15);
    mix = (mix ^ mix >> 29 ^ others) * UINT64_C(0xbf58476d1ce4e5b9);
    return (uint32_t)(mix >> 32) | 1u; /* 0 is none */
}

static inline int weir_twice_seen(const weir_way *way, const weir_segment *segment)
{
    weir_record *record = way->record;
    uint32_t *prints = way->side->prints, print = weir_twice_print(segment), shift = 4 * way->s;
    uint16_t now_ms = (uint16_t)(way->core->now_ns / WEIR_MILLISECOND);
    uint32_t since_ms = (uint16_t)(now_ms - record->print_ms[way->s]);
    int recent = way->core->now_ns - record->last_ns <= WEIR_TWICE_MS * WEIR_MILLISECOND;
    if (WEIR_UNLIKELY(prints[0] == print || prints[1] == print) && recent) {
        uint32_t gap_ms = record->print_gap >> shift & WEIR_TWICE_MORE;
        if (since_ms + (prints[0] == print ? 0 : gap_ms) <= WEIR_TWICE_MS) return 1;
    }
    uint32_t gap_ms = recent ? weir_min32(since_ms, WEIR_TWICE_MORE) : WEIR_TWICE_MORE;
    uint32_t others = record->print_gap & ~(WEIR_TWICE_MORE << shift);
    record->print_gap = (uint8_t)(others | gap_ms << shift);
    record->print_ms[way->s] = now_ms;
    prints[1] = prints[0];
    prints[0] = print;
    return 0;
}

#endif
