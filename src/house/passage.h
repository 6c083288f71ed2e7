/* SPDX-License-Identifier: MIT */
/*
 * One segment's way through the rooms.
 *
 *      key ─> record (found, superseded, or new) ─> SYN ─> ACK ─> RST, or base ─> FIN ─> payload
 *          ─> what follows
 *
 * The order matters: a SYN gives the base that offsets count from; a FIN must be known before the
 * bytes in front of it; what follows (handshake, candidates, the end) is looked at when the bytes
 * are dealt with.
 */
#ifndef WEIR_PASSAGE_H
#define WEIR_PASSAGE_H

#include "house/engine_state.h"

#define WEIR_SEGMENT_MOST (UINT32_C(1) << 20) /* bytes of payload; offload makes at most 512 KiB */

/* `found` is what the table has of its key, by now. Returns its weir_packet_verdict. */
uint8_t weir_passage_take(weir_engine *engine, const weir_segment *segment, const weir_key *key,
                          const weir_found *found);

#endif
