/* SPDX-License-Identifier: MIT */
#include "rooms/table.h"

#include <string.h>

#include "rooms/core.h"

static inline uint32_t per_page(const weir_table *table)
{
    return UINT32_C(1) << table->shift;
}

static inline uint32_t *numbers(const weir_core *core, weir_page page)
{
    return (uint32_t *)(void *)weir_page_address(core->stock, page);
}

/* Where the directory keeps the page of bucket page `leaf`. */
static inline weir_page *leaf_page(const weir_core *core, uint32_t leaf)
{
    const weir_table *table = &core->table;
    weir_page page = table->directory[leaf >> table->shift];
    return &numbers(core, page)[leaf & (per_page(table) - 1)];
}

static inline weir_slot *bucket_at(const weir_core *core, uint32_t bucket)
{
    const weir_table *table = &core->table;
    weir_page page = *leaf_page(core, bucket >> table->shift);
    return &numbers(core, page)[bucket & (per_page(table) - 1)];
}

/* The bucket of a hash: as if there were twice as many as the power of two below, where they exist.
 * */
static inline uint32_t bucket_of(const weir_table *table, uint32_t hash)
{
    uint32_t power = UINT32_C(1) << weir_bit_highest(table->buckets);
    uint32_t bucket = hash & (2 * power - 1);
    return bucket < table->buckets ? bucket : bucket - power;
}

WEIR_COLD static weir_page take_zeroed(weir_core *core, int floor)
{
    weir_page page = weir_stock_take(core->stock, WEIR_USE_CONN);
    if (!page && floor) page = weir_stock_take_floor(core->stock, WEIR_USE_CONN);
    if (page) memset(weir_page_address(core->stock, page), 0, weir_page_bytes(core->stock));
    return page;
}

/* Makes the page that holds bucket number `bucket`, its first; 0 if refused, and then all is as it
 * was. */
WEIR_COLD static int add_leaf(weir_core *core, uint32_t bucket, int floor)
{
    weir_table *table = &core->table;
    uint32_t leaf = bucket >> table->shift, root = leaf >> table->shift;
    if (root >= WEIR_TABLE_DIRECTORY) return 0;
    weir_page directory = table->directory[root];
    if (!directory) directory = take_zeroed(core, floor);
    if (!directory) return 0;
    weir_page page = take_zeroed(core, floor);
    if (!page) {
        if (!table->directory[root]) weir_stock_put(core->stock, directory, WEIR_USE_CONN);
        return 0;
    }
    table->directory[root] = directory;
    *leaf_page(core, leaf) = page;
    return 1;
}

/* Takes away the bucket page whose first bucket was the last to go, and its directory page if that
 * was its first. */
WEIR_COLD static void remove_leaf(weir_core *core, uint32_t bucket)
{
    weir_table *table = &core->table;
    uint32_t leaf = bucket >> table->shift, root = leaf >> table->shift;
    weir_stock_put(core->stock, *leaf_page(core, leaf), WEIR_USE_CONN);
    if (leaf & (per_page(table) - 1)) return;
    weir_stock_put(core->stock, table->directory[root], WEIR_USE_CONN);
    table->directory[root] = 0;
}

WEIR_COLD int weir_table_open(weir_core *core)
{
    weir_table *table = &core->table;
    *table = (weir_table){.shift = core->stock->page_shift - 2};
    if (!add_leaf(core, 0, 1)) return WEIR_ERR_MEMORY;
    table->buckets = per_page(table);
    return WEIR_OK;
}

WEIR_COLD void weir_table_close(weir_core *core)
{
    weir_table *table = &core->table;
    for (uint32_t at = table->buckets; at > 0;) {
        at = (at - 1) & ~(per_page(table) - 1);
        remove_leaf(core, at);
    }
    table->buckets = 0;
}

/* Makes the page that holds bucket number `bucket`, its first. 0: there is none for it; where the
 * share of connections is reached none is asked for, as each SYN of a flood would. */
static int had_leaf(weir_core *core, uint32_t bucket)
{
    return !weir_pool_conn_share_reached(core->stock->pool) && add_leaf(core, bucket, 0);
}

/* One bucket more: the records of its lower half that belong there move over. 0: it cannot be. */
static int split(weir_core *core)
{
    weir_table *table = &core->table;
    uint32_t bucket = table->buckets;
    if (!(bucket & (per_page(table) - 1)) && !had_leaf(core, bucket)) return 0;
    uint32_t from = bucket - (UINT32_C(1) << weir_bit_highest(bucket));
    table->buckets++;
    weir_slot *keep = bucket_at(core, from), *move = bucket_at(core, bucket);
    for (weir_slot slot = *keep; slot;) {
        weir_record *record = weir_record_at(core, slot);
        weir_slot next = record->chain;
        weir_slot **end = bucket_of(table, record->hash) == bucket ? &move : &keep;
        **end = slot;
        *end = &record->chain;
        slot = next;
    }
    *keep = *move = 0;
    return 1;
}

/* One bucket less: its records go back to the lower half. */
static void merge(weir_core *core)
{
    weir_table *table = &core->table;
    uint32_t bucket = table->buckets - 1;
    weir_slot *end = bucket_at(core, bucket - (UINT32_C(1) << weir_bit_highest(bucket)));
    while (*end)
        end = &weir_record_at(core, *end)->chain;
    *end = *bucket_at(core, bucket);
    table->buckets = bucket;
    if (!(bucket & (per_page(table) - 1))) remove_leaf(core, bucket);
}

const weir_slot *weir_table_bucket(const weir_core *core, uint32_t hash)
{
    return bucket_at(core, bucket_of(&core->table, hash));
}

void weir_table_fetch_record(const weir_core *core, const weir_slot *bucket)
{
    weir_slot slot = *bucket;
    if (!slot) return;
    const uint8_t *record = (const uint8_t *)weir_record_at(core, slot);
    WEIR_PREFETCH(record);
    WEIR_PREFETCH(record + 64);
    WEIR_PREFETCH(record + 128);
    WEIR_PREFETCH(record + WEIR_RECORD_BYTES_V4 - 1);
}

static inline void find_in(const weir_core *core, const weir_slot *bucket, const weir_key *key,
                           weir_found *found)
{
    weir_slot slot = *bucket;
    while (slot) {
        found->record = weir_record_at(core, slot);
        if (WEIR_LIKELY(weir_key_matches(key, found->record))) break;
        slot = found->record->chain;
    }
    found->slot = slot;
    found->changes = core->table.changes;
}

void weir_table_find(const weir_core *core, const weir_key *key, weir_found *found)
{
    find_in(core, bucket_at(core, bucket_of(&core->table, key->hash)), key, found);
}

void weir_table_find_in(const weir_core *core, const weir_slot *bucket, const weir_key *key,
                        weir_found *found)
{
    find_in(core, bucket, key, found);
}

weir_slot weir_table_find_id(weir_core *core, uint32_t hash, uint64_t id)
{
    weir_slot slot = *bucket_at(core, bucket_of(&core->table, hash));
    while (slot && weir_record_at(core, slot)->id != id)
        slot = weir_record_at(core, slot)->chain;
    return slot;
}

void weir_table_add(weir_core *core, weir_slot slot)
{
    weir_table *table = &core->table;
    weir_record *record = weir_record_at(core, slot);
    weir_slot *bucket = bucket_at(core, bucket_of(table, record->hash));
    record->chain = *bucket;
    *bucket = slot;
    table->count++;
    table->changes++;
    for (int i = 0; i < 4 && table->count * 2 > table->buckets; i++) /* four: to catch up */
        if (!split(core)) break;
}

/* The place that names `slot` in its chain. */
static weir_slot *place_of(weir_core *core, weir_slot slot, uint32_t hash)
{
    weir_slot *place = bucket_at(core, bucket_of(&core->table, hash));
    while (*place != slot)
        place = &weir_record_at(core, *place)->chain;
    return place;
}

static int too_many_buckets(const weir_table *table)
{
    return table->buckets > per_page(table) &&
           table->count * 2 < table->buckets - table->buckets / 8;
}

void weir_table_remove(weir_core *core, weir_slot slot)
{
    weir_table *table = &core->table;
    const weir_record *record = weir_record_at(core, slot);
    *place_of(core, slot, record->hash) = record->chain;
    table->count--;
    table->changes++;
    for (int i = 0; i < 4 && too_many_buckets(table); i++)
        merge(core); /* four: to catch up */
}

void weir_table_moved(weir_core *core, weir_slot from, weir_slot to)
{
    *place_of(core, from, weir_record_at(core, to)->hash) = to;
    core->table.changes++;
}

/* A directory page is there if a bucket page of it is. */
static int directory_holds(const weir_table *table)
{
    for (uint32_t root = 0; root < WEIR_TABLE_DIRECTORY; root++) {
        uint64_t first = (uint64_t)root << 2 * table->shift;
        if ((table->directory[root] != 0) != (first < table->buckets)) return 0;
    }
    return 1;
}

int weir_table_check(weir_core *core)
{
    const weir_table *table = &core->table;
    uint32_t count = 0;
    if (!directory_holds(table)) return 0;
    for (uint32_t bucket = 0; bucket < table->buckets; bucket++) {
        for (weir_slot slot = *bucket_at(core, bucket); slot;) {
            const weir_record *record = weir_record_at(core, slot);
            if (bucket_of(table, record->hash) != bucket || ++count > table->count) return 0;
            slot = record->chain;
        }
    }
    return count == table->count;
}
