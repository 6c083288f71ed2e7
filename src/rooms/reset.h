/* SPDX-License-Identifier: MIT */
/*
 * Which resets end a connection (RFC 5961, section 3, for one who does not know what the receiver
 * expects next).
 *
 *      its number is         what follows
 *      next, the end seen,   believed: the connection closes
 *        the peer's ACK
 *      in the window         counted; the connection goes on its linger clock: silence closes it as
 *                            reset, a segment that advances cancels that
 *      elsewhere             counted
 *      anything, but signed  counted: its receiver drops it (rooms/bits.h)
 *        where the connection
 *        is not, or not where
 *        it is
 *
 * In SYN-SENT there is no number: its ACK must be of the SYN (RFC 9293, section 3.10.7.3).
 * Cost: O(1).
 */
#ifndef WEIR_RESET_H
#define WEIR_RESET_H

#include "rooms/way.h"

/* 1 if the reset may be believed: close the connection. Else it is counted, and the connection may
 * be on its linger. */
WEIR_COLD int weir_reset_take(const weir_way *way, const weir_segment *segment);

#endif
