/* SPDX-License-Identifier: MIT */
#include "rooms/paws.h"

#include "rooms/memo.h"

#define VALID_NS (24 * 24 * 3600 * WEIR_SECOND) /* RFC 7323, section 5.5 */

static void note(const weir_way *way, const weir_segment *segment)
{
    weir_memo *memo = weir_memo_need(way);
    if (!memo) return;
    memo->stamp[way->s] = segment->ts_value;
    memo->stamp_ns[way->s] = way->core->now_ns;
    memo->known = (uint8_t)(memo->known | WEIR_MEMO_STAMP << way->s);
}

/* RFC 7323, section 4.3, R3: SEG.SEQ <= Last.ACK.sent. */
static int counts(const weir_way *way, const weir_segment *segment)
{
    if (!weir_way_has(way, WEIR_SIDE_BASED)) return 0;
    if (weir_way_has(way, WEIR_SIDE_ACKED))
        return weir_seq_ahead(way->side->acked, segment->seq) <= 0;
    return !weir_way_has(way, WEIR_SIDE_SETTLING) &&
           weir_way_offset(way, segment->seq) <= (int64_t)way->side->next;
}

static int is_older(const weir_way *way, const weir_segment *segment)
{
    const weir_memo *memo = weir_memo_have(way);
    if (!memo || !(memo->known & WEIR_MEMO_STAMP << way->s)) return 0;
    if (way->core->now_ns - memo->stamp_ns[way->s] > VALID_NS) return 0;
    return weir_seq_ahead(memo->stamp[way->s], segment->ts_value) < 0;
}

int weir_paws_refuses(const weir_way *way, const weir_segment *segment)
{
    if (!(segment->options & WEIR_OPTION_TIMESTAMP)) return 0;
    if (is_older(way, segment)) return 1;
    if (counts(way, segment)) note(way, segment);
    return 0;
}

void weir_paws_begin(const weir_way *way, const weir_segment *segment)
{
    if (segment->options & WEIR_OPTION_TIMESTAMP) note(way, segment);
}
