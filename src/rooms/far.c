/* SPDX-License-Identifier: MIT */
#include "rooms/far.h"

#include "rooms/tally.h"

int weir_far_is(const weir_way *way, int64_t offset)
{
    int64_t distance = offset - (int64_t)way->side->next;
    if (distance < -WEIR_FAR_BYTES) return 1;
    if (distance <= WEIR_FAR_BYTES) return 0;
    return !weir_way_has(way, WEIR_SIDE_ACKED) ||
           offset - weir_way_offset(way, way->side->acked) > WEIR_FAR_BYTES;
}

void weir_far_note(const weir_way *way, uint32_t begin, uint32_t end)
{
    weir_tally *tally = weir_tally_need(way);
    if (!tally) return;
    tally->far_begin[way->s] = begin;
    tally->far_end[way->s] = end;
    tally->far = (uint8_t)(tally->far | 1u << way->s);
}

static const weir_tally *noted(const weir_way *way)
{
    const weir_tally *tally = weir_tally_have(way);
    return tally && tally->far & 1u << way->s ? tally : NULL;
}

int weir_far_goes_on(const weir_way *way, uint32_t seq)
{
    const weir_tally *tally = noted(way);
    return tally && tally->far_end[way->s] == seq;
}

int weir_far_acknowledged(const weir_way *way, uint32_t ack, uint32_t *end)
{
    const weir_tally *tally = noted(way);
    if (!tally) return 0;
    uint32_t begin = tally->far_begin[way->s];
    *end = tally->far_end[way->s];
    return weir_far_is(way, weir_way_offset(way, begin)) && weir_seq_ahead(begin, ack) > 0 &&
           weir_seq_ahead(*end, ack) <= WEIR_FAR_BYTES;
}

void weir_far_forget(const weir_way *way)
{
    weir_tally *tally = weir_tally_have(way);
    if (tally) tally->far = (uint8_t)(tally->far & ~(1u << way->s));
}
