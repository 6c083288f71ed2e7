/* SPDX-License-Identifier: MIT */
/*
 * What the receiver has, by its ACKs.
 *
 *      acked    highest ACK that is not beyond what was seen (and a FIN that the capture lost)
 *      ahead    of those beyond it the nearest: captured before its data, or forged. It counts when
 *               data reaches it. A farther one does not take its place: a forged ACK hides none
 *
 *      0 <= acked <= seen end + 1 < ahead;  next - acked < 2^31: an ACK below the base is none, and one
 *      that was left 2^29 behind, by a capture of one direction, is forgotten
 *
 * Cost: O(1), and what an ACK settles or sets free.
 */
#ifndef WEIR_ACK_H
#define WEIR_ACK_H

#include "rooms/way.h"

/* An ACK, for the side whose bytes it acknowledges. */
void weir_ack_take(const weir_way *way, uint32_t ack);

/* Data may have reached the ACK that was kept aside. */
void weir_ack_review(const weir_way *way);

/* The side moves on, and may have left its last ACK so far behind that its number, of 32 bits,
 * would soon seem to be ahead: then it is forgotten. */
WEIR_COLD void weir_ack_age(const weir_way *way);

/* The base is known now: an ACK that came before is believed no further than any other. */
WEIR_COLD void weir_ack_doubt_early(const weir_way *way);

/* The capture lost more than anybody waits for: the stream goes on at `seq`. */
WEIR_COLD void weir_ack_rejoin(const weir_way *way, uint32_t seq);

#endif
