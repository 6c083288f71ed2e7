/* SPDX-License-Identifier: MIT */
#include "rooms/worth.h"

#define FRAME_BYTES 78u  /* that a segment takes of the line beside its payload */
#define FULL_LINE   10u  /* log2 of what a full segment takes */
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

uint32_t weir_worth_of_holder(const weir_record *record, uint64_t held_bytes)
{
    uint32_t worth = weir_worth_of(record);
    uint32_t line = weir_bit_highest(held_bytes + FRAME_BYTES);
    uint32_t less = line < FULL_LINE ? FULL_LINE - line : 0;
    return worth > less ? worth - less : 0;
}
