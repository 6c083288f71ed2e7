/* SPDX-License-Identifier: MIT */
/*
 * What tells connections apart, in an order that is the same for both directions.
 *
 *      (address, port) of side 0  <  (address, port) of side 1,  VLAN, tunnel, family
 *
 * Any order of ends will do that both directions agree on: it is that of the words as the machine
 * loads them. A segment from a side to itself (equal addresses and ports) counts as side 0's: its
 * direction cannot be told. Cost: one SipHash over 21 or 45 bytes.
 */
#ifndef WEIR_KEY_H
#define WEIR_KEY_H

#include <string.h>

#include "ground/siphash.h"
#include "rooms/record.h"

typedef struct weir_key {
    uint64_t words[5]; /* ports and VLAN, then the addresses (IPv4: both in one) */
    uint64_t tail;     /* tunnel and family */
    uint32_t hash;
    uint32_t sender; /* the side that sent the segment */
    uint32_t ipv6;
} weir_key;

/* The key of a segment. VLAN and tunnel are left out (0) where the engine is told so. */
void weir_key_of(const weir_siphash_key *secret, const weir_engine_config *config,
                 const weir_segment *segment, weir_key *key);

/* 1 if the record is of this key. */
static inline int weir_key_matches(const weir_key *key, const weir_record *record);

/* Writes the key into a new record. */
void weir_key_store(const weir_key *key, weir_record *record);

/* ──── bodies ──── */

static inline uint64_t weir_key_ports(uint32_t vlan, uint32_t low, uint32_t high)
{
    return (uint64_t)vlan << 32 | low << 16 | high;
}

static inline int weir_key_matches(const weir_key *key, const weir_record *record)
{
    if (record->hash != key->hash) return 0;
    if (weir_key_ports(record->vlan, record->ports[0], record->ports[1]) != key->words[0]) return 0;
    uint32_t ipv6 = (record->flags & WEIR_RECORD_IPV6) != 0;
    if (((uint64_t)record->tunnel << 1 | ipv6) != key->tail) return 0;
    return ipv6 ? memcmp(key->words + 1, record->addresses, 32) == 0
                : memcmp(key->words + 1, record->addresses, 8) == 0;
}

#endif
