/* SPDX-License-Identifier: MIT */
/*
 * The flow table: from a key to its record.
 *
 *      directory (pages of page numbers) ──> bucket pages ──> first record ──> chained records
 *
 * Linear hashing (Litwin, "Linear hashing: a new tool for file and table addressing", 1980):
 * buckets are added and taken away one at a time, at most four splits or merges for each connection
 * that comes or goes, so no packet ever pays for a rehash of the table. Records keep 32 bits of their
 * hash, so that splitting reads no key.
 *
 *      two buckets for each connection, within 1/8, unless memory for a bucket page is refused: then
 *      chains grow longer until it is had. Nothing visible depends on the order in a bucket.
 *
 * Two, because each further record in a chain is memory that nothing could ask for ahead: 4 bytes a
 * connection more than with one bucket, and a fifth less time in a flood of SYNs.
 *
 * Cost: a look-up is two dependent loads for the bucket, then one record on average.
 */
#ifndef WEIR_TABLE_H
#define WEIR_TABLE_H

#include "rooms/key.h"
#include "stores/slots.h"

#define WEIR_TABLE_DIRECTORY 64u

typedef struct weir_table {
    uint32_t count;   /* records */
    uint32_t buckets; /* never less than those of one page */
    uint32_t shift;   /* log2 of the numbers in a page */
    uint32_t changes; /* how often a record came, went or moved, mod 2^32 */
    weir_page directory[WEIR_TABLE_DIRECTORY];
} weir_table;

/* What a look-up found: good as long as table.changes is what it was. */
typedef struct weir_found {
    weir_slot slot; /* 0: there is none */
    uint32_t changes;
    weir_record *record;
} weir_found;

struct weir_core;

/* Takes the first two pages, from the engine's floor if need be. WEIR_OK or WEIR_ERR_MEMORY. */
int weir_table_open(struct weir_core *core);

/* Gives all pages back. */
void weir_table_close(struct weir_core *core);

/* Where the records of that hash begin: good until one comes or goes. */
const weir_slot *weir_table_bucket(const struct weir_core *core, uint32_t hash);

/* Finds the record of that key; in the bucket of its hash, if that is known. */
void weir_table_find(const struct weir_core *core, const weir_key *key, weir_found *found);
void weir_table_find_in(const struct weir_core *core, const weir_slot *bucket, const weir_key *key,
                        weir_found *found);

/* The record of that hash and id, or 0. */
weir_slot weir_table_find_id(struct weir_core *core, uint32_t hash, uint64_t id);

/* Adds a record whose hash is set. */
void weir_table_add(struct weir_core *core, weir_slot slot);

/* Asks for the first record of a bucket, before it is needed. */
void weir_table_fetch_record(const struct weir_core *core, const weir_slot *bucket);

void weir_table_remove(struct weir_core *core, weir_slot slot);

/* What was at `from` is at `to` now: mends the chain. */
void weir_table_moved(struct weir_core *core, weir_slot from, weir_slot to);

/* Verifies that every record is in the bucket of its hash, once, and the count. 1 if so. */
WEIR_COLD int weir_table_check(struct weir_core *core);

#endif
