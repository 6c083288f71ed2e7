/* SPDX-License-Identifier: MIT */
#include "rooms/worth.h"

#define FRAME_BYTES 78u /* that a segment takes of the line beside its payload */
#define FULL_LINE   10u /* log2 of what a full segment takes */

uint32_t weir_worth_of_holder(const weir_record *record, uint64_t held_bytes)
{
    uint32_t worth = weir_worth_of(record);
    uint32_t line = weir_bit_highest(held_bytes + FRAME_BYTES);
    uint32_t less = line < FULL_LINE ? FULL_LINE - line : 0;
    return worth > less ? worth - less : 0;
}
