/* SPDX-License-Identifier: MIT */
/*
 * The window that a receiver offers, as far as it was captured.
 *
 *      ack ─────── window << scale ──────> edge
 *      ──────────────────────────────────────┼─ ─ ─ nobody may send from here on
 *
 *      edge = the furthest of ack + (window << scale) so far, of those 0 to 2^30 ahead of next;
 *             scale unknown (its SYN was not seen): 14
 *
 * Where windows are validated (weir_engine_config.validate_window), a segment that begins beyond
 * the edge is refused (`window`), and a FIN there is none. The edge follows every ACK, evidence or
 * not: after a long loss the ACKs tell how far the stream is, and if they were lost too, data that
 * goes on where the refused segment ended ends the refusal (rooms/far.h). Then the edge is a window
 * beyond.
 *
 * Off by default: where the capture lost the ACK that opened the window, a true segment is refused,
 * and nobody sends it again. On, a forged segment or FIN in the 2^30 bytes ahead no longer makes a
 * hole that ends by time and takes the stream with it.
 *
 * Cost: O(1) an ACK, and a memo for each connection.
 */
#ifndef WEIR_EDGE_H
#define WEIR_EDGE_H

#include "rooms/way.h"

#define WEIR_SCALE_UNKNOWN 15u /* in weir_side.flags */
#define WEIR_SCALE_MOST    14u /* RFC 7323, section 2.3 */

/* The last window that the side offered, in bytes: the most that it may have been. */
WEIR_COLD uint32_t weir_edge_window(const weir_way *way);

/* An ACK, for the side whose bytes it acknowledges: the edge may move. */
WEIR_COLD void weir_edge_offered(const weir_way *way, const weir_segment *segment);

/* 1 if the sequence number lies beyond the edge. 0 as long as none is known. */
WEIR_COLD int weir_edge_excludes(const weir_way *way, uint32_t seq);

/* The side has sent up to `end`, beyond the edge: the window must have been open. */
WEIR_COLD void weir_edge_reopen(const weir_way *way, uint32_t end);

/* The stream is somewhere else: the next ACK will tell. */
WEIR_COLD void weir_edge_forget(const weir_way *way);

#endif
