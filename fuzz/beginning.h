/* SPDX-License-Identifier: MIT */
/*
 * Beginning: the first bytes of a capture file, so that what follows them is read as records or blocks.
 *
 *      which % 4    0 nothing    1 pcap, little-endian (& 4 nanoseconds, & 8 modified)    2 pcap, big-endian
 *                   3 pcapng: a section and an interface
 */
#ifndef WEIR_FUZZ_BEGINNING_H
#define WEIR_FUZZ_BEGINNING_H

#include <stddef.h>
#include <stdint.h>

#define BEGINNING_MAX 48u

/* Writes it, and returns its length. All say Ethernet. */
size_t beginning(uint8_t which, uint8_t to[BEGINNING_MAX]);

#endif
