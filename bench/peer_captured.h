/* SPDX-License-Identifier: MIT */
/*
 * Captured: which bytes of which streams a generated capture holds.
 *
 *      frames ──> segments ──> spans of stream offsets, a list for each direction
 *      slot = 2 * connection + direction        honest and hostile ones in two arrays
 *
 * What the bytes are follows from their place (traffic_content); what has to be written down is which
 * places were captured. Read from the frames by code of its own, so that it tells what is in the file.
 * After captured_settle the spans of a slot are sorted, apart from each other and not empty.
 *
 * Memory: 16 bytes a slot and 16 bytes a span; in-order segments make one span.
 */
#ifndef WEIR_BENCH_PEER_CAPTURED_H
#define WEIR_BENCH_PEER_CAPTURED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traffic.h"

typedef struct captured_map captured_map;

typedef struct captured_span {
    uint64_t begin, end;
} captured_span;

/* The captured bytes of one direction. */
typedef struct captured_list {
    const captured_span *spans;
    size_t count;
} captured_list;

/* Initial sequence numbers follow from the seed. NULL: no memory. */
captured_map *captured_new(uint64_t seed);
void captured_free(captured_map *t);

/* Notes a frame. false: no memory. */
bool captured_add(captured_map *t, const uint8_t *frame, size_t bytes);

/* Notes bytes [begin, end) of a stream: what captured_add finds in a frame. */
bool captured_note(captured_map *t, uint64_t connection, traffic_direction direction,
                   uint64_t begin, uint64_t end);

/* To be called once, after the last frame. */
void captured_settle(captured_map *t);

/* What was captured of a direction; nothing, if nothing was. */
captured_list captured_of(const captured_map *t, uint64_t connection, traffic_direction direction);

/* A number below captured_slots(t) for each direction that there is, and captured_slots(t) for others. */
size_t captured_slots(const captured_map *t);
size_t captured_slot(const captured_map *t, uint64_t connection, traffic_direction direction);

/* Captured bytes of all honest streams, each byte once; over IPv6 among them. */
uint64_t captured_bytes(const captured_map *t);
uint64_t captured_bytes_ipv6(const captured_map *t);

#endif
