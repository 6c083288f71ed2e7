/* SPDX-License-Identifier: MIT */
#include "rooms/far.h"

#include "rooms/tally.h"

#define SEGMENT_MOST (INT32_C(1) << 20) /* an ACK may lie inside the refused segment */

int weir_far_is(const weir_way *way, int64_t offset)
{
    int64_t distance = offset - (int64_t)way->side->next;
    if (distance < -WEIR_FAR_BYTES) return 1;
    if (distance <= WEIR_FAR_BYTES) return 0;
    return !weir_way_has(way, WEIR_SIDE_ACKED) ||
           offset - weir_way_offset(way, way->side->acked) > WEIR_FAR_BYTES;
}

void weir_far_note(const weir_way *way, uint32_t end)
{
    weir_tally *tally = weir_tally_need(way);
    if (!tally) return;
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
    *end = tally->far_end[way->s];
    int32_t beyond = weir_seq_ahead(*end, ack);
    return beyond > -SEGMENT_MOST && beyond <= WEIR_FAR_BYTES;
}

void weir_far_forget(const weir_way *way)
{
    weir_tally *tally = weir_tally_have(way);
    if (tally) tally->far = (uint8_t)(tally->far & ~(1u << way->s));
}
