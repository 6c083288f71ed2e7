/* SPDX-License-Identifier: MIT */
/*
 * A direction in hand: the core, the connection's record, and the side that sends.
 *
 * Valid while no record is given back: records go only between packets (rooms/connection.h). Blocks
 * and tallies may move whenever one is given back, so they are looked up anew after anything that
 * may.
 */
#ifndef WEIR_WAY_H
#define WEIR_WAY_H

#include "rooms/core.h"

typedef struct weir_way {
    weir_core *core;
    weir_record *record;
    weir_side *side;
    weir_slot slot; /* of the record */
    uint32_t s;     /* 0 or 1: which side */
} weir_way;

static inline weir_way weir_way_of(weir_core *core, weir_slot slot, uint32_t s)
{
    weir_record *record = weir_record_at(core, slot);
    return (weir_way){core, record, &record->side[s], slot, s};
}

/* The other direction of the same connection. */
static inline weir_way weir_way_back(const weir_way *way)
{
    uint32_t s = way->s ^ 1;
    return (weir_way){way->core, way->record, &way->record->side[s], way->slot, s};
}

/* Its block, NULL if nothing is missing. */
static inline weir_block *weir_way_block(const weir_way *way)
{
    return way->side->block ? weir_block_at(way->core, way->side->block) : NULL;
}

static inline weir_direction weir_way_direction(const weir_way *way)
{
    return way->s == (way->record->flags & WEIR_RECORD_CLIENT) ? WEIR_C2S : WEIR_S2C;
}

/* The offset of a sequence number, nearest to what is expected next. */
static inline int64_t weir_way_offset(const weir_way *way, uint32_t seq)
{
    return weir_seq_offset(way->side->base, way->side->next, seq);
}

static inline int weir_way_has(const weir_way *way, uint32_t flags)
{
    return (way->side->flags & flags) == flags;
}

static inline void weir_way_set(const weir_way *way, uint32_t flags)
{
    way->side->flags = (uint16_t)(way->side->flags | flags);
}

static inline void weir_way_clear(const weir_way *way, uint32_t flags)
{
    way->side->flags = (uint16_t)(way->side->flags & ~flags);
}

/* 1 if the receiver has acknowledged the side's FIN. */
static inline int weir_way_fin_acked(const weir_way *way)
{
    return weir_way_has(way, WEIR_SIDE_FIN | WEIR_SIDE_ACKED) &&
           weir_seq_ahead(way->side->fin, way->side->acked) > 0;
}

/* Where the stream ends beyond doubt, because of that. UINT64_MAX: nowhere yet. */
static inline uint64_t weir_way_end(const weir_way *way)
{
    if (!weir_way_fin_acked(way)) return UINT64_MAX;
    int64_t end = weir_way_offset(way, way->side->fin);
    return end > 0 ? (uint64_t)end : 0;
}

/* 1 if the connection is closed, or the user has said so: nothing more is delivered. */
static inline int weir_way_over(const weir_way *way)
{
    return way->record->state >= WEIR_STATE_TOMBSTONE;
}

#endif
