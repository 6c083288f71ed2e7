/* SPDX-License-Identifier: MIT */
/*
 * The TCP lens: header, options, checksum.
 *
 *      | 20 bytes | options | payload              |
 *      |<── data offset ───>|<─ captured ─>|
 *                           |<─ wire ─────────────>|
 *
 * Cost: one header read in order; options of the usual layout (two NOPs, time stamps) in one
 * comparison, others at most 40 steps. The checksum reads the payload: 8 bytes a step.
 */
#ifndef WEIR_SEGMENT_H
#define WEIR_SEGMENT_H

#include "ground/load.h"
#include "lenses/network.h"

/* The usual options: NOP, NOP, time stamps of 10 bytes. */
#define WEIR_SEGMENT_STAMPED UINT32_C(0x0101080a)

/* Fills *segment, all of it, from the TCP header at *view, and moves *view to the payload; time,
 * tag, vlan and tunnel are 0. Answers WEIR_DECODED; or WEIR_IGNORED_MALFORMED or _TRUNCATED_HEADER,
 * then both mean nothing. */
int weir_segment_read(weir_view *view, const weir_network *network, weir_segment *segment);

/* What the 20 bytes of the fixed header say, but for its length. */
static inline void weir_segment_fixed(const uint8_t *p, weir_segment *segment);

/* What `left` bytes of options say, for a segment whose fields for them are 0. */
void weir_segment_options(const uint8_t *p, uint32_t left, weir_segment *segment);

/* 1 if the checksum of the segment in *view, from its header on, fits; also where it cannot be
 * judged: the capture cut the segment, or its final destination is not known. */
int weir_segment_checksum_fits(const weir_view *view, const weir_network *network);

/* ──── bodies ──── */

static inline void weir_segment_fixed(const uint8_t *p, weir_segment *segment)
{
    segment->source_port = weir_load_be16(p);
    segment->destination_port = weir_load_be16(p + 2);
    segment->seq = weir_load_be32(p + 4);
    segment->ack = weir_load_be32(p + 8);
    segment->flags = p[13];
    segment->window = weir_load_be16(p + 14);
    segment->urgent = weir_load_be16(p + 18);
}

#endif
