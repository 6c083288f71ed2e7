/* SPDX-License-Identifier: MIT */
/*
 * What the lenses say of a frame, in one line: the cause, or every field of the segment.
 *
 *      frame ──> heap block of exactly its captured size ──> weir_decode_packet ──> line
 *
 * so that AddressSanitizer sees a byte read too far. A line lives until the next but one.
 */
#ifndef WEIR_TESTS_LENS_H
#define WEIR_TESTS_LENS_H

#include "lenses/decode.h"
#include "support/frame.h"
#include "support/situations.h"

enum { LENS_LINE_BYTES = 512 };

const char *lens_cause(int cause);

/* Decodes the first `captured` bytes of a packet of `wire` bytes: all tunnels, or as *how says. */
const char *lens_decode_how(const weir_decoding *how, int link, const frame *f, uint32_t captured,
                            uint32_t wire);
const char *lens_decode_as(int link, const frame *f, uint32_t captured, uint32_t wire,
                           weir_checksum mode);

/* All of it, checksum counted. */
const char *lens_decode(int link, const frame *f);

/* The line of frame_ipv4 or frame_ipv6 with frame_tcp: without TCP options, payload as given. */
const char *lens_line(int family, uint32_t vlan, uint32_t wire, const char *payload);
const char *lens_line_in(int family, uint32_t vlan, uint32_t tunnel, uint32_t wire,
                         const char *payload);

/* Cut at every byte: truncated_header while headers are not whole, then the payload that there is.
 * `whole` is the line of the whole frame. */
void lens_check_cuts(const char *name, int link, const frame *f, const char *whole);

/* All that holds for every situation of the list: it leads to its segment, whole and cut at every
 * byte; and a frame that ends in one of its headers is no segment. */
void lens_check_situations(const situation *list, size_t count);

/* Random bits changed and lengths claimed, `rounds` times: a packet cut shorter gives the same
 * segment with less payload, the same refusal, or truncated_header. */
void lens_check_mutated(const situation *list, size_t count, uint32_t rounds, uint32_t seed);

#endif
