/* SPDX-License-Identifier: MIT */
/*
 * Floor: the least that any reassembler does with a packet, as a bare loop.
 *
 *      Ethernet (one VLAN tag) ──> IPv4, IPv6 ──> TCP ──> touch every byte of payload
 *
 * No connection, no order, no memory: a library can only come near to it. Lengths are checked
 * against what was captured, as anybody must. Of link types other than Ethernet everything captured
 * is touched.
 */
#ifndef WEIR_BENCH_FLOOR_H
#define WEIR_BENCH_FLOOR_H

#include <stddef.h>
#include <stdint.h>

#include "load.h"

/* The sum of what was touched, so that nobody can leave the loop out. */
uint64_t floor_run(int link_type, const weir_packet *packets, size_t count);

/* The same over all of a load: for a process that has its pages from another and is to measure what
 * somebody else does with them. The first touch of each is a fault, 4 us in all for 16 pages. */
uint64_t floor_run_all(const load *l);

#endif
