/* SPDX-License-Identifier: MIT */
/*
 * Segments refused for where they lie, and the way back after a long loss of the capture.
 *
 *      next ─ ─ ─ more than 2^30, either way ─ ─ ─ ├─ refused ─┤├─ goes on: the stream is here now
 *      next ─ ─ ─ beyond the window's edge ─ ─ ─ ─ ├─ refused ─┤├─ goes on: the window was open
 *                                                      ▲ an ACK inside or after it: the peer is
 *                                                      there
 *
 * No sender is further than a window, at most 1 GiB (RFC 7323), beyond what its peer acknowledged;
 * how far it may be just now is rooms/edge.h's. One segment that is may be forged, or another
 * connection's: it is refused, and its span is remembered. If the next one goes on where it ended,
 * or the peer acknowledges it, then it was the capture that lost so much; else a direction would
 * stay blind for ever.
 *
 * Of what is more than 2^30 away the peer has all before it, or the sender could not be there: the
 * stream goes on there, behind a hole that is `acked`. Numbers have 32 bits: a loss is taken for
 * less than 4 GiB. What is nearer waits from then on as any other, and its hole ends as any other;
 * an ACK moves the edge by itself.
 *
 * Cost: O(1), 8 bytes in the tally.
 */
#ifndef WEIR_FAR_H
#define WEIR_FAR_H

#include "rooms/way.h"

#define WEIR_FAR_BYTES (INT64_C(1) << 30)

/* 1 if the offset is that far from `next`, and beyond what the peer acknowledged. */
int weir_far_is(const weir_way *way, int64_t offset);

/* A segment of these sequence numbers was refused. */
WEIR_COLD void weir_far_note(const weir_way *way, uint32_t begin, uint32_t end);

/* 1 if data that begins at `seq` goes on where the last refused segment ended. */
WEIR_COLD int weir_far_goes_on(const weir_way *way, uint32_t seq);

/* 1 if the last refused segment is 2^30 away and an ACK says that the peer has it, or is in the
 * middle of it: `end` is where that ended. */
int weir_far_acknowledged(const weir_way *way, uint32_t ack, uint32_t *end);

/* The stream is there now: the refused segment is forgotten. */
WEIR_COLD void weir_far_forget(const weir_way *way);

#endif
