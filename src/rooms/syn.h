/* SPDX-License-Identifier: MIT */
/*
 * Where a stream begins: at its SYN; at another one that took its tuple; or in the middle.
 *
 *      SYN        same number: a retransmission      no base yet: it gives the base
 *                 another: a candidate ──┬─ answered by a SYN+ACK, or used: a new connection
 *                                        ├─ the old one closed, reset, silent: the same, at once
 *                                        └─ the old one advances: forgotten, counted
 *      no SYN     the peer's ACK covers the first byte seen: that is the base, at once
 *                 otherwise what comes is held for 10 ms, and the lowest byte is the base
 *
 * A SYN that is signed where the connection is not, or not where it is, is a candidate at most:
 * only an answer to it or its data can prove it (rooms/bits.h).
 *
 * Two SYN+ACKs with different numbers may answer one SYN (several servers behind an address): the
 * one that the client acknowledges counts, unless the other brought bytes.
 *
 * A single byte at the beginning may be a keepalive's. It is taken for data: nothing in it tells,
 * and a rule by its flags and value loses true first bytes (tried: one in 732 directions of real
 * captures is such a byte and nothing else).
 *
 * A side has one base, set once:  base + 0 = sequence number of offset 0. Cost: O(1).
 */
#ifndef WEIR_SYN_H
#define WEIR_SYN_H

#include "rooms/way.h"

/* 1 if a segment may open a connection: a SYN, or payload. */
int weir_syn_opens(const weir_engine_config *config, const weir_segment *segment);

/* 1 if this segment belongs to a new connection on the record's tuple: close the old one as
 * replaced. */
int weir_syn_supersedes(const weir_way *way, const weir_segment *segment);

/* 1 if it does so because it proves a SYN seen before on the live tuple. */
int weir_syn_confirms(const weir_way *way, const weir_segment *segment);

/* The SYN of a side: its base, or a candidate, or one seen before. */
WEIR_COLD void weir_syn_take(const weir_way *way, const weir_segment *segment);

/* Data at a candidate's first byte opened this connection: its base is certain. */
WEIR_COLD void weir_syn_confirmed(const weir_way *way, const weir_segment *segment);

/* The side's SYN was answered a second time, and this ACK is of that answer: it begins anew there,
 * if the first brought no bytes. */
WEIR_COLD void weir_syn_answer_acked(const weir_way *way, uint32_t ack);

/* The connection advances: a candidate was none. */
void weir_syn_drop(const weir_way *way);

/* The base of a side whose SYN was not seen, decided at its first payload or FIN. */
WEIR_COLD void weir_syn_missed(const weir_way *way, const weir_segment *segment);

#endif
