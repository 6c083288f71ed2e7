/* SPDX-License-Identifier: MIT */
/*
 * Urgent data, where it is not left in the stream (weir_engine_config.urgent).
 *
 *      sequence   s ─────────────── s + pointer - 1 ───────>
 *      stream     … data │ data │ data │U│ data │ data …
 *                                       └─ taken out when the stream gets there: on_urgent, or dropped
 *
 * One byte is urgent: the one in front of where the pointer points, as every known host has it (RFC
 * 6093, sections 2.1 and 3.4, against the letter of RFC 1122); a pointer of 0 means the segment's
 * first byte, as Linux has it. Only segments whose payload is taken count: a host repeats the
 * pointer on those that bring the byte, and a forged pure ACK takes nothing out.
 *
 * Remembered are sequence numbers, not bytes in the hold: the mark comes ahead of its byte, waits
 * with it and may be in another segment. The 8 nearest of a side are kept: a mark beyond them, and
 * one for which there is no memory, leaves its byte in the stream. Linux keeps one, and gives back
 * to the stream a byte that was not read before the next mark came: when a program reads no capture
 * shows. A byte that comes late is in on_late as any other.
 *
 *      next = delivered + missing + taken, and these count as ignored (offsets) and urgent (bytes)
 *
 * Cost: at most 8 steps for a segment with URG, one comparison for a delivery while marks wait.
 */
#ifndef WEIR_URGENT_H
#define WEIR_URGENT_H

#include "rooms/way.h"

/* A segment with URG whose payload is taken: notes its urgent byte. */
WEIR_COLD void weir_urgent_note(const weir_way *way, const weir_segment *segment);

/* The offset of the next urgent byte, at `next` or beyond; UINT64_MAX: none. */
WEIR_COLD uint64_t weir_urgent_next(const weir_way *way);

/* The byte at `next` is urgent: counted, passed over, told. */
WEIR_COLD void weir_urgent_take(const weir_way *way, const weir_span *span);

#endif
