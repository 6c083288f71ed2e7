/* SPDX-License-Identifier: MIT */
#include "rooms/twice.h"

#define REPEATED_MS 10u
#define GAP_MORE    15u /* ms between two prints that cannot both be recent */

static uint32_t print_of(const weir_segment *segment)
{
    uint64_t mix = ((uint64_t)segment->seq << 32 | segment->ack) * UINT64_C(0x9e3779b97f4a7c15);
    mix ^= (uint64_t)segment->wire_bytes << 40 ^ (uint64_t)segment->flags << 32 ^
           (uint64_t)segment->window << 16 ^ segment->ip_id;
    mix = (mix ^ mix >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    mix = (mix ^ segment->ts_value ^ mix >> 32) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(mix >> 32) | 1u; /* 0 is none */
}

int weir_twice_seen(const weir_way *way, const weir_segment *segment)
{
    weir_record *record = way->record;
    uint32_t *prints = way->side->prints, print = print_of(segment), shift = 4 * way->s;
    uint16_t now_ms = (uint16_t)(way->core->now_ns / WEIR_MILLISECOND);
    uint32_t since_ms = (uint16_t)(now_ms - record->print_ms[way->s]);
    uint32_t gap_ms = record->print_gap >> shift & GAP_MORE;
    int recent = way->core->now_ns - record->last_ns <= REPEATED_MS * WEIR_MILLISECOND;
    if (recent && prints[0] == print && since_ms <= REPEATED_MS) return 1;
    if (recent && prints[1] == print && since_ms + gap_ms <= REPEATED_MS) return 1;
    gap_ms = recent && since_ms < GAP_MORE ? since_ms : GAP_MORE;
    record->print_gap = (uint8_t)((record->print_gap & ~(GAP_MORE << shift)) | gap_ms << shift);
    record->print_ms[way->s] = now_ms;
    prints[1] = prints[0];
    prints[0] = print;
    return 0;
}
