/* SPDX-License-Identifier: MIT */
#include "rooms/worth.h"

#define LEAST_BYTES 256u /* below it, what counts is who has spoken */

/* While a base settles, `next` is no number of the stream's. */
static uint64_t passed(const weir_side *side)
{
    return side->flags & WEIR_SIDE_SETTLING ? 0 : side->next - side->missing;
}

uint32_t weir_worth_of(const weir_record *record)
{
    const weir_side *side = record->side;
    uint64_t bytes = passed(&side[0]) + passed(&side[1]);
    int both = (side[0].flags & side[1].flags & WEIR_SIDE_SEEN) != 0;
    if (bytes < LEAST_BYTES) return !both ? 0 : bytes > 0 ? 2 : 1;
    uint32_t worth = 3 + (weir_bit_highest(bytes) - 8) / 2;
    return weir_min32(worth, WEIR_WORTHS - 1);
}
