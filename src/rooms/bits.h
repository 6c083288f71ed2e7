/* SPDX-License-Identifier: MIT */
/* What a segment's header says, apart from its numbers. */
#ifndef WEIR_BITS_H
#define WEIR_BITS_H

#include "rooms/record.h"

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

/*
 * 1 if it is signed and its connection is not, or the other way round. A host that wants signatures
 * drops what has none, and one that has no key drops what has one (RFC 2385, section 2.0; RFC 5925,
 * section 7.3): such a segment reaches nobody, whoever made it. weir cannot verify a signature, but
 * who can make one need not forge.
 */
static inline int weir_bits_foreign(const weir_record *record, const weir_segment *segment)
{
    return !(record->flags & WEIR_RECORD_SIGNED) != !(segment->options & WEIR_OPTION_MD5);
}

#endif
