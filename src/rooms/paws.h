/* SPDX-License-Identifier: MIT */
/*
 * Protection against wrapped sequence numbers (RFC 7323, section 5), where it is wanted.
 *
 *      stamp    of the last segment that counted: one at or below what the peer has acknowledged
 *               (what is next, where no ACK was seen), so not one that waits behind a hole (R3)
 *      older    than that, within 24 days: no host takes it, so neither do we: not its bytes, its
 *               ACK, its FIN nor its window (R1). Counted as `paws`
 *      exempt   resets (section 5.2), and SYNs: a new connection begins its stamps anew
 *
 * Off by default. A host judges what reaches it in the order in which that reaches it; a tap may
 * show another: where a retransmission overtakes what was sent before it, the host drops what is
 * behind, or has it and the tap is wrong. Then bytes that a host took would be missing here. On, it
 * tells copies of an old segment from new data where numbers wrap within seconds, and forged
 * segments whose maker does not know the clock of the host.
 *
 * Cost: one comparison a segment, and a memo for each connection with time stamps.
 */
#ifndef WEIR_PAWS_H
#define WEIR_PAWS_H

#include "rooms/way.h"

/* 1 if the segment is too old to be believed; otherwise its stamp may be noted. Not for a SYN or a
 * reset. */
WEIR_COLD int weir_paws_refuses(const weir_way *way, const weir_segment *segment);

/* The SYN that gave the side its base: its stamp is the first. */
WEIR_COLD void weir_paws_begin(const weir_way *way, const weir_segment *segment);

#endif
