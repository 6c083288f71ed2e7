/* SPDX-License-Identifier: MIT */
#include "rooms/key.h"
#include "ground/load.h"

/* Which end comes first: 1 if the destination does. Any order will do that both directions agree
 * on. */
static uint32_t destination_first(const weir_segment *segment, size_t bytes)
{
    int order = memcmp(segment->source, segment->destination, bytes);
    if (order) return order > 0;
    return segment->source_port > segment->destination_port;
}

static void set_addresses(weir_key *key, const weir_segment *segment)
{
    const uint8_t *low = key->sender ? segment->destination : segment->source;
    const uint8_t *high = key->sender ? segment->source : segment->destination;
    if (key->ipv6) {
        memcpy(key->words, low, 16);
        memcpy(key->words + 2, high, 16);
    } else {
        memcpy(key->words, low, 4);
        memcpy((uint8_t *)key->words + 4, high, 4);
    }
}

void weir_key_of(const weir_siphash_key *secret, const weir_engine_config *config,
                 const weir_segment *segment, weir_key *key)
{
    key->ipv6 = segment->family == 6;
    key->sender = destination_first(segment, key->ipv6 ? 16 : 4);
    set_addresses(key, segment);
    uint32_t low = key->sender ? segment->destination_port : segment->source_port;
    uint32_t high = key->sender ? segment->source_port : segment->destination_port;
    uint32_t vlan = config->key_vlan ? segment->vlan : 0;
    uint32_t tunnel = config->key_tunnel ? segment->tunnel : 0;
    uint32_t at = key->ipv6 ? 4 : 1;
    key->words[at] = (uint64_t)vlan << 32 | low << 16 | high;
    key->words[at + 1] = (uint64_t)tunnel << 1 | key->ipv6;
    key->count = at + 2;
    key->hash = (uint32_t)weir_siphash_words(secret, key->words, key->count);
}

int weir_key_matches(const weir_key *key, const weir_record *record)
{
    uint32_t at = key->count - 2;
    uint64_t ports_vlan =
        (uint64_t)record->vlan << 32 | (uint32_t)record->ports[0] << 16 | record->ports[1];
    if (record->hash != key->hash || key->words[at] != ports_vlan) return 0;
    if (key->words[at + 1] != ((uint64_t)record->tunnel << 1 | key->ipv6)) return 0;
    return memcmp(key->words, record->addresses, key->ipv6 ? 32 : 8) == 0;
}

void weir_key_store(const weir_key *key, weir_record *record)
{
    uint32_t at = key->count - 2;
    record->hash = key->hash;
    record->ports[0] = (uint16_t)(key->words[at] >> 16);
    record->ports[1] = (uint16_t)key->words[at];
    record->vlan = (uint32_t)(key->words[at] >> 32);
    record->tunnel = (uint32_t)(key->words[at + 1] >> 1);
    memcpy(record->addresses, key->words, key->ipv6 ? 32 : 8);
    if (key->ipv6) record->flags |= WEIR_RECORD_IPV6;
}
