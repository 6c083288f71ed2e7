/* SPDX-License-Identifier: MIT */
/*
 * Wire: a segment as the packet that a capture would show: Ethernet, IPv4 or IPv6, TCP with its options.
 */
#ifndef WEIR_TESTS_WIRE_H
#define WEIR_TESTS_WIRE_H

#include "weir/weir.h"

#define WIRE_LINK_TYPE    1   /* Ethernet */
#define WIRE_HEADER_BYTES 120 /* most that stands in front of the payload */

/* Writes the packet's captured bytes to `frame`, WIRE_HEADER_BYTES + payload_bytes long at most, and describes it. */
weir_packet wire_packet(const weir_segment *segment, uint8_t *frame);

#endif
