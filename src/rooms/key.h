/* SPDX-License-Identifier: MIT */
/*
 * What tells connections apart, in an order that is the same for both directions.
 *
 *      (address, port) of side 0  <  (address, port) of side 1,  VLAN, tunnel, family
 *
 * A segment from a side to itself (equal addresses and ports) counts as side 0's: its direction
 * cannot be told. Cost: one SipHash over 24 or 48 bytes.
 */
#ifndef WEIR_KEY_H
#define WEIR_KEY_H

#include "ground/siphash.h"
#include "rooms/record.h"

typedef struct weir_key {
    uint64_t words[6]; /* addresses (IPv4: both in the first), ports and VLAN, tunnel and family */
    uint32_t count;    /* of words used: 3 or 6 */
    uint32_t hash;
    uint32_t sender; /* the side that sent the segment */
    uint32_t ipv6;
} weir_key;

/* The key of a segment. VLAN and tunnel are left out (0) where the engine is told so. */
void weir_key_of(const weir_siphash_key *secret, const weir_engine_config *config,
                 const weir_segment *segment, weir_key *key);

/* 1 if the record is of this key. */
int weir_key_matches(const weir_key *key, const weir_record *record);

/* Writes the key into a new record. */
void weir_key_store(const weir_key *key, weir_record *record);

#endif
