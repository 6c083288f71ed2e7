/* SPDX-License-Identifier: MIT */
#include "house/ahead.h"

#include "lenses/link_type.h"
#include "lenses/plain.h"
#include "lenses/shard.h"

static void look_at(const weir_core *core, const weir_packet *packet, weir_ahead *ahead)
{
    ahead->plain = weir_plain_read(packet, &ahead->segment);
    if (WEIR_LIKELY(ahead->plain))
        weir_key_of(&core->hold.key, &core->config, &ahead->segment, &ahead->key);
}

/* Segments of other shards are not looked for: all lenses see them again, which is not the usual
 * packet's way, and ignore them there. */
static void leave_others(const weir_core *core, weir_ahead *ahead, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ahead[i].plain && weir_shard_is_other(&core->config, &ahead[i].segment))
            ahead[i].plain = 0;
}

/* In a large table: each step asks for what the next one reads, of all packets. */
static void find_far(const weir_core *core, weir_ahead *ahead, size_t count)
{
    const weir_slot *buckets[WEIR_AHEAD_PACKETS];
    for (size_t i = 0; i < count; i++) {
        if (!ahead[i].plain) continue;
        buckets[i] = weir_table_bucket(core, ahead[i].key.hash);
        WEIR_PREFETCH(buckets[i]);
    }
    for (size_t i = 0; i < count; i++)
        if (ahead[i].plain) weir_table_fetch_record(core, buckets[i]);
    for (size_t i = 0; i < count; i++)
        if (ahead[i].plain) weir_table_find_in(core, buckets[i], &ahead[i].key, &ahead[i].found);
}

static void find_near(const weir_core *core, weir_ahead *ahead, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (WEIR_LIKELY(ahead[i].plain)) weir_table_find(core, &ahead[i].key, &ahead[i].found);
}

void weir_ahead_look(weir_core *core, int link_type, const weir_packet *packets, size_t count,
                     weir_ahead *ahead)
{
    int plain = link_type == WEIR_LINK_TYPE_ETHERNET && core->config.checksum == WEIR_CHECKSUM_OFF;
    for (size_t i = 0; i < count; i++) {
        ahead[i].plain = 0;
        if (WEIR_LIKELY(plain)) look_at(core, &packets[i], &ahead[i]);
    }
    if (WEIR_UNLIKELY(core->config.shard_count > 1)) leave_others(core, ahead, count);
    if (count > 1 && core->table.count > WEIR_AHEAD_RECORDS)
        find_far(core, ahead, count);
    else
        find_near(core, ahead, count);
}
