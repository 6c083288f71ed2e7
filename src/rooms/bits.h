/* SPDX-License-Identifier: MIT */
/* Control bits of a segment, and what they do to its sequence numbers. */
#ifndef WEIR_BITS_H
#define WEIR_BITS_H

#include "weir/weir.h"

/* 1 if it has all of these flags. */
static inline int weir_bits_has(const weir_segment *segment, uint8_t flags)
{
    return (segment->flags & flags) == flags;
}

/* The sequence number of its first byte of payload: a SYN takes one. */
static inline uint32_t weir_bits_first(const weir_segment *segment)
{
    return segment->seq + ((segment->flags & WEIR_TCP_SYN) != 0);
}

#endif
