/* SPDX-License-Identifier: MIT */
/*
 * Addresses: what a connection's number says about it. 64 connections share a client address:
 *
 *      client = 10.0.0.1 + n / 64      port = 49152 + n % 64        (IPv6: the low 32 bits)
 *
 * There are addresses for 2^30 honest and 2^28 hostile connections; TRAFFIC_SCALE_MAX keeps every
 * scenario below that. The two public calls, traffic_tuple_of and traffic_identify, are in the .c
 * as well.
 */
#ifndef WEIR_BENCH_TRAFFIC_ADDRESS_H
#define WEIR_BENCH_TRAFFIC_ADDRESS_H

#include "traffic.h"

static inline bool traffic_is_hostile(uint64_t connection)
{
    return connection >= TRAFFIC_HOSTILE;
}

static inline bool traffic_is_ipv6(uint64_t connection)
{
    return connection % 16 == 15;
}

/* Whether its segments carry TCP time stamps. */
static inline bool traffic_is_stamped(uint64_t connection)
{
    return connection % 8 != 5;
}

/* The initial sequence number; see traffic.h about those that wrap early. */
uint32_t traffic_isn(uint64_t seed, uint64_t connection, traffic_direction direction);

#endif
