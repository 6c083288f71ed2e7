/* SPDX-License-Identifier: MIT */
#include "rooms/key.h"

static inline int order(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

void weir_key_take_ipv6(const weir_siphash_key *secret, const weir_segment *segment, uint64_t vlan,
                        weir_key *key)
{
    const uint8_t *from = segment->source, *to = segment->destination;
    uint64_t low = segment->source_port, high = segment->destination_port;
    int first = order(weir_load_u64(from), weir_load_u64(to));
    if (!first) first = order(weir_load_u64(from + 8), weir_load_u64(to + 8));
    if (!first) first = order(low, high);
    key->sender = first > 0;
    memcpy(key->words + 1, key->sender ? to : from, 16);
    memcpy(key->words + 3, key->sender ? from : to, 16);
    key->words[0] = vlan << 32 | weir_key_ordered(low << 16 | high, 16, key->sender);
    key->hash = (uint32_t)weir_siphash_tail(secret, key->words, 5, key->tail);
}

static void store_ipv4(uint64_t pair, uint8_t *addresses)
{
    const uint32_t ends[2] = {(uint32_t)pair, (uint32_t)(pair >> 32)};
    memcpy(addresses, ends, 8);
}

void weir_key_store(const weir_key *key, weir_record *record)
{
    record->hash = key->hash;
    record->ports[0] = (uint16_t)(key->words[0] >> 16);
    record->ports[1] = (uint16_t)key->words[0];
    record->vlan = (uint32_t)(key->words[0] >> 32);
    record->tunnel = (uint32_t)(key->tail >> 1);
    if (key->ipv6)
        memcpy(record->addresses, key->words + 1, 32);
    else
        store_ipv4(key->words[1], record->addresses);
    if (key->ipv6) record->flags |= WEIR_RECORD_IPV6;
}
