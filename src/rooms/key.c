/* SPDX-License-Identifier: MIT */
#include "rooms/key.h"
#include "ground/load.h"

static inline int order(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static void take_ipv6(weir_key *key, const weir_segment *segment)
{
    const uint8_t *from = segment->source, *to = segment->destination;
    int first = order(weir_load_u64(from), weir_load_u64(to));
    if (!first) first = order(weir_load_u64(from + 8), weir_load_u64(to + 8));
    if (!first) first = order(segment->source_port, segment->destination_port);
    key->sender = first > 0;
    memcpy(key->words + 1, key->sender ? to : from, 16);
    memcpy(key->words + 3, key->sender ? from : to, 16);
}

static void take_ipv4(weir_key *key, const weir_segment *segment)
{
    uint64_t from = weir_load_u32(segment->source), to = weir_load_u32(segment->destination);
    int first = order(from << 16 | segment->source_port, to << 16 | segment->destination_port);
    key->sender = first > 0;
    uint32_t ends[2];
    ends[key->sender] = (uint32_t)from;
    ends[key->sender ^ 1] = (uint32_t)to;
    memcpy(key->words + 1, ends, 8);
}

void weir_key_of(const weir_siphash_key *secret, const weir_engine_config *config,
                 const weir_segment *segment, weir_key *key)
{
    key->ipv6 = segment->family == 6;
    if (key->ipv6)
        take_ipv6(key, segment);
    else
        take_ipv4(key, segment);
    uint32_t low = key->sender ? segment->destination_port : segment->source_port;
    uint32_t high = key->sender ? segment->source_port : segment->destination_port;
    key->words[0] = weir_key_ports(config->key_vlan ? segment->vlan : 0, low, high);
    key->tail = (uint64_t)(config->key_tunnel ? segment->tunnel : 0) << 1 | key->ipv6;
    uint64_t hash = key->ipv6 ? weir_siphash_tail(secret, key->words, 5, key->tail)
                              : weir_siphash_pair(secret, key->words[0], key->words[1], key->tail);
    key->hash = (uint32_t)hash;
}

void weir_key_store(const weir_key *key, weir_record *record)
{
    record->hash = key->hash;
    record->ports[0] = (uint16_t)(key->words[0] >> 16);
    record->ports[1] = (uint16_t)key->words[0];
    record->vlan = (uint32_t)(key->words[0] >> 32);
    record->tunnel = (uint32_t)(key->tail >> 1);
    memcpy(record->addresses, key->words + 1, key->ipv6 ? 32 : 8);
    if (key->ipv6) record->flags |= WEIR_RECORD_IPV6;
}
