/* SPDX-License-Identifier: MIT */
/*
 * TCP's control bits as an observer may believe them (RFC 9293; RFC 5961 for who tries to forge
 * them).
 *
 * weir does not know what the receiver knows: its window, what it has got, whether a segment
 * reached it at all. So nothing that one forged segment says is taken for final if later traffic
 * can disprove it: a SYN on a live tuple is a candidate, a FIN is tentative until acknowledged, a
 * reset counts only where its number proves something, an ACK beyond all data seen is kept aside.
 *
 * Cost: O(1) for everything.
 */
#ifndef WEIR_CONTROL_H
#define WEIR_CONTROL_H

#include "rooms/way.h"

/* 1 if this segment belongs to a new connection on the record's tuple: close the old one as
 * replaced. */
int weir_control_supersedes(const weir_way *way, const weir_segment *segment);

/* 1 if it does so because it proves a SYN seen before on the live tuple. */
int weir_control_confirms(const weir_way *way, const weir_segment *segment);

/* 1 if a segment may open a connection: a SYN, or payload. */
int weir_control_opens(const weir_engine_config *config, const weir_segment *segment);

/* The SYN of a side: its base, or a candidate, or one seen before. */
void weir_control_syn(const weir_way *way, const weir_segment *segment);

/* Data at a candidate's first byte opened this connection: its base is certain. */
void weir_control_confirmed(const weir_way *way, const weir_segment *segment);

/* An ACK, for the side whose bytes it acknowledges. */
void weir_control_acknowledged(const weir_way *way, uint32_t ack);

/* The base of a side whose SYN was not seen, decided at its first payload or FIN. */
void weir_control_base(const weir_way *way, const weir_segment *segment);

/* A FIN announces the side's end. */
void weir_control_fin(const weir_way *way, const weir_segment *segment);

/* What the payload of a segment is: fills *piece and returns 1 if it is to be taken; else it is
 * counted and 0. `repeated`: this very packet came just before. */
int weir_control_payload(const weir_way *way, const weir_segment *segment, int repeated,
                         weir_piece *piece);

/* 1 if the reset may be believed: close the connection. Else it is counted, and the connection may
 * be on its linger. */
int weir_control_reset(const weir_way *way, const weir_segment *segment);

/* After a segment of this side was dealt with (it advanced from offset `before`, or not): what
 * follows for handshake, candidates, and the end. Returns 1 if both directions have ended and the
 * connection is to be closed. */
int weir_control_after(const weir_way *way, uint64_t before);

/* A hole of this side was given up, by time or by need: if that was all that its end waited for,
 * the connection is closed, or silence will close it. No packet may follow that would. */
void weir_control_gave_up(const weir_way *way);

/* 1 if the side's last two segments hold one that is this very packet; notes it otherwise. */
int weir_control_repeated(const weir_way *way, const weir_segment *segment);

#endif
