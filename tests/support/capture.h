/* SPDX-License-Identifier: MIT */
/*
 * Capture: a file's packets in memory, and what they are as TCP segments.
 *
 * For tests that hand the same packets in again and again, changed or not. Everything is copied;
 * free it with capture_free. Packets that are not TCP, or fragments, have no segment.
 */
#ifndef WEIR_TESTS_CAPTURE_H
#define WEIR_TESTS_CAPTURE_H

#include <stddef.h>

#include "weir/weir.h"

typedef struct capture_packet {
    weir_packet packet;
    int link_type;
} capture_packet;

typedef struct capture {
    capture_packet *packets;
    size_t packet_count;
    weir_segment *segments;
    size_t segment_count;
    uint32_t
        directions;     /* segments are tagged by direction: the two of a tuple are 2k and 2k + 1 */
    uint64_t fragments; /* packets that were not opened because of these */
    uint64_t tunnelled; /* segments that came out of tunnels */
} capture;

/* Reads a file. 0, or -1 if it cannot be opened or read at all. */
int capture_load(const char *path, capture *into);
void capture_free(capture *c);

#endif
