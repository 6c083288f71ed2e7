/* SPDX-License-Identifier: MIT */
/*
 * TCP sequence numbers, as an observer needs them (RFC 9293, section 3.4).
 *
 *      32-bit numbers live at the edge only. Inside, a byte has a 64-bit offset: 0 is the first
 *      byte of the stream. `base` is the sequence number of offset 0, so
 *
 *          seq(offset) = base + offset mod 2^32
 *
 * Of the many offsets that have a sequence number, the one nearest to a known offset is meant:
 * exact while the two are less than 2^31 apart. Cost: a few instructions.
 */
#ifndef WEIR_SEQ_H
#define WEIR_SEQ_H

#include <stdint.h>

/* How far b is ahead of a: negative if it is behind. */
static inline int32_t weir_seq_ahead(uint32_t a, uint32_t b)
{
    return (int32_t)(b - a);
}

/* The sequence number of an offset. */
static inline uint32_t weir_seq_of(uint32_t base, uint64_t offset)
{
    return base + (uint32_t)offset;
}

/* The offset, nearest to `near`, of a sequence number. Negative: before the stream's first byte. */
static inline int64_t weir_seq_offset(uint32_t base, uint64_t near, uint32_t seq)
{
    return (int64_t)near + weir_seq_ahead(weir_seq_of(base, near), seq);
}

#endif
