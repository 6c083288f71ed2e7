/* SPDX-License-Identifier: MIT */
#include "rooms/urgent.h"

#include <string.h>

#include "rooms/events.h"
#include "rooms/memo.h"

/* Keeps the nearest ones, each once. */
static void insert(const weir_way *way, weir_memo *memo, uint32_t seq, int64_t offset)
{
    uint32_t *marks = memo->urgent[way->s], count = memo->urgents[way->s], at = count;
    while (at && weir_way_offset(way, marks[at - 1]) > offset)
        at--;
    if ((at && marks[at - 1] == seq) || at == WEIR_MEMO_URGENT) return;
    if (count == WEIR_MEMO_URGENT) count--;
    memmove(marks + at + 1, marks + at, (count - at) * sizeof *marks);
    marks[at] = seq;
    memo->urgents[way->s] = (uint8_t)(count + 1);
}

void weir_urgent_note(const weir_way *way, const weir_segment *segment)
{
    if (segment->flags & WEIR_TCP_SYN) return;
    uint32_t seq = segment->seq + segment->urgent - (segment->urgent != 0);
    int64_t offset = weir_way_offset(way, seq);
    if (offset < (weir_way_has(way, WEIR_SIDE_SETTLING) ? 0 : (int64_t)way->side->next)) return;
    weir_memo *memo = weir_memo_need(way);
    if (!memo) return;
    insert(way, memo, seq, offset);
    weir_way_set(way, WEIR_SIDE_URGENT);
}

/* Forgets the first marks. */
static void forget(const weir_way *way, weir_memo *memo, uint32_t count)
{
    uint32_t *marks = memo->urgent[way->s], left = memo->urgents[way->s] - count;
    memmove(marks, marks + count, left * sizeof *marks);
    memo->urgents[way->s] = (uint8_t)left;
    if (!left) weir_way_clear(way, WEIR_SIDE_URGENT);
}

uint64_t weir_urgent_next(const weir_way *way)
{
    weir_memo *memo = weir_memo_have(way);
    const uint32_t *marks = memo->urgent[way->s];
    uint32_t passed = 0;
    while (passed < memo->urgents[way->s] &&
           weir_way_offset(way, marks[passed]) < (int64_t)way->side->next)
        passed++;
    if (passed) forget(way, memo, passed);
    return memo->urgents[way->s] ? (uint64_t)weir_way_offset(way, marks[0]) : UINT64_MAX;
}

void weir_urgent_take(const weir_way *way, const weir_span *span)
{
    weir_core *core = way->core;
    weir_memo *memo = weir_memo_have(way);
    forget(way, memo, 1);
    memo->taken[way->s]++;
    way->side->next++;
    way->record->flags |= WEIR_RECORD_HEARD;
    weir_tally_discard(way, WEIR_DISCARDED_URGENT, 1);
    weir_count(&core->stats.ignored_bytes, 1);
    if (core->config.urgent != WEIR_URGENT_OUT_OF_BAND) return;
    core->segment_events |= WEIR_DID_DELIVER;
    weir_events_urgent(way, span);
}
