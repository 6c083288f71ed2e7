/* SPDX-License-Identifier: MIT */
/*
 * Tagged: a TCP segment to a port, from 10.77.0.1 to 10.77.0.2, as Ethernet with up to two VLAN tags: the outer one
 * is 802.1ad, the inner one 802.1Q.
 */
#ifndef WEIR_TESTS_TAGGED_H
#define WEIR_TESTS_TAGGED_H

#include <stdint.h>

#define TAGGED_PAYLOAD       "twenty-four bytes of it."
#define TAGGED_PAYLOAD_BYTES 24u

enum { TAGGED_FRAME_BYTES = 192, TAGGED_ETHERNET_BYTES = 14, TAGGED_IP_BYTES = 20 };

/* Writes the frame; how many bytes it has. Without tags: Ethernet's header, IPv4's, TCP's of 20 bytes, the payload. */
uint32_t tagged_frame(uint8_t frame[TAGGED_FRAME_BYTES], uint16_t port, uint32_t tags);

#endif
