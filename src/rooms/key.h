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

#include "ground/load.h"
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
static inline void weir_key_of(const weir_siphash_key *secret, const weir_engine_config *config,
                               const weir_segment *segment, weir_key *key);

/* What is left of that for IPv6: all but the tail. */
void weir_key_take_ipv6(const weir_siphash_key *secret, const weir_segment *segment, uint64_t vlan,
                        weir_key *key);

/* 1 if the record is of this key. */
static inline int weir_key_matches(const weir_key *key, const weir_record *record);

/* Writes the key into a new record. */
void weir_key_store(const weir_key *key, weir_record *record);

/* ──── bodies ──── */

static inline uint64_t weir_key_ports(uint32_t vlan, uint32_t low, uint32_t high)
{
    return (uint64_t)vlan << 32 | low << 16 | high;
}

/* Two addresses of IPv4, as they are loaded. */
static inline uint64_t weir_key_pair(uint64_t low, uint64_t high)
{
    return high << 32 | low;
}

/* The halves of a word, of `bits` bits each, change places if `swapped` is 1. No branch: which end
 * sends is as good as random. */
static inline uint64_t weir_key_ordered(uint64_t word, uint32_t bits, uint32_t swapped)
{
    uint64_t other = word >> bits;
    uint64_t differ = (word ^ other) & ((UINT64_C(1) << bits) - 1) & (0 - (uint64_t)swapped);
    return word ^ differ ^ differ << bits;
}

static inline void weir_key_take_ipv4(const weir_siphash_key *secret, const weir_segment *segment,
                                      uint64_t vlan, weir_key *key)
{
    uint64_t from = weir_load_u32(segment->source), to = weir_load_u32(segment->destination);
    uint64_t low = segment->source_port, high = segment->destination_port;
    key->sender = (from << 16 | low) > (to << 16 | high);
    key->words[1] = weir_key_ordered(weir_key_pair(from, to), 32, key->sender);
    key->words[0] = vlan << 32 | weir_key_ordered(low << 16 | high, 16, key->sender);
    key->hash = (uint32_t)weir_siphash_pair(secret, key->words[0], key->words[1], key->tail);
}

static inline void weir_key_of(const weir_siphash_key *secret, const weir_engine_config *config,
                               const weir_segment *segment, weir_key *key)
{
    uint64_t vlan = config->key_vlan ? segment->vlan : 0;
    uint64_t tunnel = config->key_tunnel ? segment->tunnel : 0;
    key->ipv6 = segment->family == 6;
    key->tail = tunnel << 1 | key->ipv6;
    if (WEIR_LIKELY(!key->ipv6))
        weir_key_take_ipv4(secret, segment, vlan, key);
    else
        weir_key_take_ipv6(secret, segment, vlan, key);
}

static inline int weir_key_matches(const weir_key *key, const weir_record *record)
{
    if (record->hash != key->hash) return 0;
    if (weir_key_ports(record->vlan, record->ports[0], record->ports[1]) != key->words[0]) return 0;
    uint32_t ipv6 = (record->flags & WEIR_RECORD_IPV6) != 0;
    if (((uint64_t)record->tunnel << 1 | ipv6) != key->tail) return 0;
    const uint8_t *at = record->addresses;
    return ipv6 ? memcmp(key->words + 1, at, 32) == 0
                : weir_key_pair(weir_load_u32(at), weir_load_u32(at + 4)) == key->words[1];
}

#endif
