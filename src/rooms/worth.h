/* SPDX-License-Identifier: MIT */
/*
 * Worth: what a connection has brought, and so how long it may stay idle, or wait, when memory is
 * short.
 *
 *      worth   0           1           2           3        4        5        6        7
 *      bytes   below 256   none        1 to 255    to 1 K   to 4 K   to 16 K  to 64 K  more
 *              one-sided   both sides  both sides
 *                          seen        seen
 *
 *      who goes first is who has the largest   age / 2^worth
 *
 * Addresses, handshakes and packets cost a sender nothing; bytes cost him his line. Who wants his
 * many connections to stay as long as an honest one must pay for them as it did. 2^worth grows as
 * the square root of the bytes: a connection that was busy once does not sit on its memory for
 * ever.
 *
 * Bytes are those passed in order, both directions; a hole's are none. Cost: O(1).
 */
#ifndef WEIR_WORTH_H
#define WEIR_WORTH_H

#include "rooms/record.h"

#define WEIR_WORTHS     8u
#define WEIR_WORTH_PAID 3u /* from here on it counts what was brought */

/* What the record is worth now. */
static inline uint32_t weir_worth_of(const weir_record *record);

/* What it is worth as the holder of so many bytes: less, the less they are. A page costs who sends
 * full segments 20 times as much line as who sends single bytes: that is what the pages would be
 * asked for with. */
uint32_t weir_worth_of_holder(const weir_record *record, uint64_t held_bytes);

/* Age by worth: the largest goes first. */
static inline uint64_t weir_worth_weigh(uint64_t age_ns, uint32_t worth)
{
    return age_ns >> worth;
}

/* ──── bodies ──── */

#define WEIR_WORTH_LEAST_BYTES 256u /* below it, what counts is who has spoken */

/* While a base settles, `next` is no number of the stream's. */
static inline uint64_t weir_worth_passed(const weir_side *side)
{
    return side->flags & WEIR_SIDE_SETTLING ? 0 : side->next - side->missing;
}

static inline uint32_t weir_worth_of(const weir_record *record)
{
    const weir_side *side = record->side;
    uint64_t bytes = weir_worth_passed(&side[0]) + weir_worth_passed(&side[1]);
    if (WEIR_UNLIKELY(bytes < WEIR_WORTH_LEAST_BYTES)) {
        int both = (side[0].flags & side[1].flags & WEIR_SIDE_SEEN) != 0;
        return !both ? 0 : bytes > 0 ? 2 : 1;
    }
    uint32_t worth = 3 + (weir_bit_highest(bytes) - 8) / 2;
    return weir_min32(worth, WEIR_WORTHS - 1);
}

#endif
