/* SPDX-License-Identifier: MIT */
#include "rooms/edge.h"

#include "rooms/far.h"
#include "rooms/memo.h"

static uint32_t scale_of(const weir_way *way)
{
    uint32_t scale = way->side->flags & WEIR_SIDE_SCALE_MASK;
    return scale == WEIR_SCALE_UNKNOWN ? WEIR_SCALE_MOST : scale;
}

uint32_t weir_edge_window(const weir_way *way)
{
    return (uint32_t)way->side->window << scale_of(way);
}

static void set_edge(const weir_way *way, weir_memo *memo, uint32_t edge)
{
    memo->edge[way->s] = edge;
    memo->known = (uint8_t)(memo->known | WEIR_MEMO_EDGE << way->s);
}

/* NULL if none is known. */
static weir_memo *with_edge(const weir_way *way)
{
    weir_memo *memo = weir_memo_have(way);
    return memo && memo->known & WEIR_MEMO_EDGE << way->s ? memo : NULL;
}

void weir_edge_offered(const weir_way *way, const weir_segment *segment)
{
    weir_way back = weir_way_back(way);
    int syn = (segment->flags & WEIR_TCP_SYN) != 0; /* its window is never scaled */
    uint32_t edge = segment->ack + ((uint32_t)segment->window << (syn ? 0 : scale_of(&back)));
    if (weir_way_has(way, WEIR_SIDE_BASED)) {
        int64_t ahead = weir_way_offset(way, edge) - (int64_t)way->side->next;
        if (ahead < 0 || ahead >= WEIR_FAR_BYTES) return;
    }
    weir_memo *memo = with_edge(way);
    if (memo && weir_seq_ahead(memo->edge[way->s], edge) <= 0) return;
    if (!memo) memo = weir_memo_need(way);
    if (memo) set_edge(way, memo, edge);
}

int weir_edge_excludes(const weir_way *way, uint32_t seq)
{
    const weir_memo *memo = with_edge(way);
    return memo && weir_seq_ahead(memo->edge[way->s], seq) > 0;
}

void weir_edge_reopen(const weir_way *way, uint32_t end)
{
    weir_way back = weir_way_back(way);
    weir_memo *memo = with_edge(way);
    if (memo) set_edge(way, memo, end + weir_edge_window(&back));
}

void weir_edge_forget(const weir_way *way)
{
    weir_memo *memo = with_edge(way);
    if (memo) memo->known = (uint8_t)(memo->known & ~(WEIR_MEMO_EDGE << way->s));
}
