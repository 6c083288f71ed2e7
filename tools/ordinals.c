/* SPDX-License-Identifier: MIT */
#include "ordinals.h"

#include <sha1.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct ordinals_entry {
    uint64_t hash;
    uint32_t count; /* 0: free */
};

enum { FIRST_SIZE = 256 };

struct endpoint {
    uint8_t address[16];
    uint16_t port;
};

static uint64_t hash_of(const weir_conn_info *info)
{
    struct endpoint ends[2];
    const uint32_t rest[3] = {info->family, info->vlan, info->tunnel};
    uint8_t digest[SHA1_DIGEST_LENGTH];
    uint64_t hash;
    bool swap;
    SHA1_CTX sha;
    memset(ends, 0, sizeof ends);
    memcpy(ends[0].address, info->source, info->family == 4 ? 4 : 16);
    memcpy(ends[1].address, info->destination, info->family == 4 ? 4 : 16);
    ends[0].port = info->source_port;
    ends[1].port = info->destination_port;
    swap = memcmp(&ends[0], &ends[1], sizeof ends[0]) > 0;
    SHA1Init(&sha);
    SHA1Update(&sha, (const uint8_t *)&ends[swap], sizeof ends[0]);
    SHA1Update(&sha, (const uint8_t *)&ends[!swap], sizeof ends[0]);
    SHA1Update(&sha, (const uint8_t *)rest, sizeof rest);
    SHA1Final(digest, &sha);
    memcpy(&hash, digest, sizeof hash);
    return hash;
}

/* The entry with this hash, or the free one where it belongs. */
static struct ordinals_entry *find(const ordinals *o, uint64_t hash)
{
    size_t at = hash & (o->size - 1);
    while (o->entries[at].count > 0 && o->entries[at].hash != hash)
        at = (at + 1) & (o->size - 1);
    return &o->entries[at];
}

static bool grow(ordinals *o)
{
    ordinals wider = {NULL, o->size > 0 ? 2 * o->size : FIRST_SIZE, o->used};
    size_t i;
    wider.entries = calloc(wider.size, sizeof *wider.entries);
    if (!wider.entries) return false;
    for (i = 0; i < o->size; i++)
        if (o->entries[i].count > 0) *find(&wider, o->entries[i].hash) = o->entries[i];
    free(o->entries);
    *o = wider;
    return true;
}

uint32_t ordinals_next(ordinals *o, const weir_conn_info *info)
{
    const uint64_t hash = hash_of(info);
    struct ordinals_entry *entry;
    if (o->used * 4 >= o->size * 3 && !grow(o)) return 0;
    entry = find(o, hash);
    o->used += entry->count == 0;
    entry->hash = hash;
    return ++entry->count;
}

void ordinals_free(ordinals *o)
{
    free(o->entries);
    memset(o, 0, sizeof *o);
}
