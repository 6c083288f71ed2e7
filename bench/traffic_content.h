/* SPDX-License-Identifier: MIT */
/*
 * Content: the bytes of a stream, and their sum in the same pass, which the checksum needs.
 *
 * Cost: one multiplication and one store for 8 bytes.
 */
#ifndef WEIR_BENCH_TRAFFIC_CONTENT_H
#define WEIR_BENCH_TRAFFIC_CONTENT_H

#include "traffic.h"

/* As traffic_content; returns the sum of the little-endian 32-bit words of what was written, the
 * last one filled up with zeros. Exact for n below 2^32. */
uint64_t traffic_content_summed(uint64_t connection, traffic_direction direction, uint64_t offset,
                                uint8_t *out, size_t n);

#endif
