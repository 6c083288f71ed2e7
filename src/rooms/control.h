/* SPDX-License-Identifier: MIT */
/*
 * TCP's control bits as an observer may believe them (RFC 9293; RFC 5961 for who tries to forge
 * them).
 *
 *      segment ──> twice (captured twice?)
 *              ──> syn (where a stream begins) ──> ack (what the receiver has)
 *              ──> reset (which are believed)
 *              ──> fin (where it ends) ──> admit (which bytes are of it) ──> direction
 *              ──> control: what follows for the connection
 *
 * weir does not know what the receiver knows: its window, what it has got, whether a segment
 * reached it at all. So nothing that one forged segment says is taken for final if later traffic
 * can disprove it: a SYN on a live tuple is a candidate, a FIN is tentative until acknowledged, a
 * reset counts only where its number proves something, an ACK beyond all data seen is kept aside.
 *
 * Cost: O(1).
 */
#ifndef WEIR_CONTROL_H
#define WEIR_CONTROL_H

#include "rooms/way.h"

/* After a segment of this side was dealt with (it advanced from offset `before`, or not): what
 * follows for handshake, candidates, and the end. Returns 1 if both directions have ended and the
 * connection is to be closed. */
int weir_control_after(const weir_way *way, uint64_t before);

/* A hole of this side was given up, by time or by need: if that was all that its end waited for,
 * the connection is closed, or silence will close it. No packet may follow that would. */
void weir_control_gave_up(const weir_way *way);

#endif
