/* SPDX-License-Identifier: MIT */
/*
 * Segments far from their stream, and the way back after a long loss of the capture.
 *
 *      next ─ ─ ─ more than 2^30, either way ─ ─ ─ ├─ refused ─┤├─ goes on: the stream is here now
 *      ─
 *
 * No sender is further than a window, at most 1 GiB (RFC 7323), beyond what its peer acknowledged.
 * One segment that is may be forged, or another connection's: it is refused, and where it ended is
 * remembered. If the next one goes on there, or the peer acknowledges it, then it was the capture
 * that lost so much; else a direction would stay blind for ever. The peer has what was lost, or the
 * sender could not be there, so its hole is `acked`. Numbers have 32 bits: a loss is taken for less
 * than 4 GiB.
 *
 * Cost: O(1), 4 bytes in the tally.
 */
#ifndef WEIR_FAR_H
#define WEIR_FAR_H

#include "rooms/way.h"

#define WEIR_FAR_BYTES (INT64_C(1) << 30)

/* 1 if the offset is that far from `next`, and beyond what the peer acknowledged. */
int weir_far_is(const weir_way *way, int64_t offset);

/* A segment was refused that ended there. */
void weir_far_note(const weir_way *way, uint32_t end);

/* 1 if data that begins at `seq` goes on where the last refused segment ended. */
int weir_far_goes_on(const weir_way *way, uint32_t seq);

/* 1 if an ACK says that the peer has the last refused segment, or is in the middle of it: `end` is
 * where that ended. */
int weir_far_acknowledged(const weir_way *way, uint32_t ack, uint32_t *end);

/* The stream is there now: the refused segment is forgotten. */
void weir_far_forget(const weir_way *way);

#endif
