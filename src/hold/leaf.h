/* SPDX-License-Identifier: MIT */
/*
 * One page of held bytes: consecutive records of one direction.
 *
 *      0            fill                                       size
 *      │ bytes ───>  │ . . . . free . . . . │ 0 │ 1 │ … │ n - 1 │
 *                                        slots, 20 bytes each; slot 0 is the first record's
 *
 *      slots are sorted by offset; records overlap neither in the stream nor in the page;
 *      live = sum of their lengths <= fill;  fill + 20 x slots <= size
 *
 * Bytes lie in the order of their arrival, so that a record never moves while others come and go;
 * what is no longer described (fill - live) is won back when room is short. Counts and links lie
 * outside the page, in its descriptor (stores/pool.h): heads inside the pages would all fall into a
 * few sets of the cache.
 *
 * Offsets in here have 32 bits and are compared by how far they lie beyond `origin`, an offset of
 * the same kind at or before all of them: exact while they span less than 2^32.
 *
 * Cost: finding a record O(log slots); insert and divide move the slots before the place (20 bytes
 * each) but no bytes; forgetting the first moves nothing. (With slot 0 at the page's end a run that
 * comes in its order moved nothing, but what was forgotten moved all: the same in sum, and twice
 * where a run comes in reverse.)
 */
#ifndef WEIR_LEAF_H
#define WEIR_LEAF_H

#include "stores/pool.h"

#define WEIR_LEAF_SLOT_BYTES 20u
#define WEIR_LEAF_BYTES_MOST 16384u /* of a page: positions and lengths have 14 bits */
#define WEIR_LEAF_EDGE_MOST  65535u /* edges saturate here */
#define WEIR_LEAF_BASE_SHIFT 20     /* time bases are multiples of 2^20 ns */

/* The descriptor of a page that is a leaf. */
typedef struct weir_leaf_head {
    weir_page left, right;    /* of the treap */
    weir_page next, previous; /* of the chain; 0: none */
    uint32_t first;           /* offset of slot 0 */
    uint16_t fill;
    uint16_t slots;
    uint16_t live;
    uint16_t base_high; /* of the times, in units of 2^20 ns */
    uint32_t base_low;
} weir_leaf_head;

/* Describes a record. Its parts are for this room; see the functions below. */
typedef struct weir_leaf_slot {
    uint32_t offset;
    uint32_t place; /* length (14 bits), position (14), and four flags: see leaf.c */
    uint32_t time;  /* distance from the page's base */
    uint32_t tag;
    uint16_t left, right; /* how far its segment extended beyond it */
} weir_leaf_slot;

_Static_assert(sizeof(weir_leaf_head) == WEIR_DESCRIPTOR_BYTES, "a descriptor holds a leaf's head");
_Static_assert(sizeof(weir_leaf_slot) == WEIR_LEAF_SLOT_BYTES, "a slot costs what is promised");

/* A page in hand: where its parts are. Valid as long as the page is this hold's. */
typedef struct weir_leaf {
    weir_leaf_head *head;
    uint8_t *bytes;
    uint32_t size;
} weir_leaf;

/* What is to become a record. */
typedef struct weir_leaf_entry {
    const uint8_t *data;
    uint32_t offset, length;
    uint64_t time_ns;
    uint32_t tag;
    uint32_t left, right; /* edges, see weir_leaf_edge */
    uint32_t cut;         /* 1: the bytes that `right` speaks of were cut off by the capture */
} weir_leaf_entry;

/* Gives record `index` its place, in front of the one that had this number. There must be room
 * (weir_leaf_room); bytes without a slot are won back first if that is what it takes. */
void weir_leaf_insert(const weir_leaf *leaf, uint32_t index, const weir_leaf_entry *entry);

/* Writes time, tag and edges of the entry, and whether it was cut, on record `index`. Its bytes
 * stay. */
void weir_leaf_label(const weir_leaf *leaf, uint32_t index, const weir_leaf_entry *entry);

/* Makes two records of record `index`: the first has `length` bytes, at least one less than all.
 * Needs room for a slot (weir_leaf_room is not negative). */
void weir_leaf_divide(const weir_leaf *leaf, uint32_t index, uint32_t length);

/* The same, but the second and all records behind it go to the leaf `to`, which is empty. Always
 * possible. */
void weir_leaf_divide_to(const weir_leaf *leaf, uint32_t index, uint32_t length,
                         const weir_leaf *to);

/* Moves records from `index` on to the end of the leaf `to`, which must have room for them. */
void weir_leaf_move(const weir_leaf *leaf, uint32_t index, const weir_leaf *to);

/* Forgets the first `count` records, fewer than all. Returns their bytes. */
uint32_t weir_leaf_drop_first(const weir_leaf *leaf, uint32_t count);

/* Forgets records from `index` on, not all. Returns their bytes. */
uint32_t weir_leaf_drop_from(const weir_leaf *leaf, uint32_t index);

/* Forgets the first `bytes` bytes of record 0, fewer than all. */
void weir_leaf_trim(const weir_leaf *leaf, uint32_t bytes);

/* The number of the first record that ends beyond `offset`; the number of slots if none does. */
uint32_t weir_leaf_find(const weir_leaf *leaf, uint32_t origin, uint32_t offset);

/* Where to split for balance: records before this number take at least half of what is in use. */
uint32_t weir_leaf_middle(const weir_leaf *leaf);

/* When record `index` was captured: exact within 4.2 s of the page's base, which is the time of
 * the first that came to it; to 1 us within 73 minutes, to 1.1 ms within 52 days; what is further
 * away is put there. */
uint64_t weir_leaf_time(const weir_leaf *leaf, uint32_t index);

/* Verifies the invariant above. 1 if it holds. */
WEIR_COLD int weir_leaf_check(const weir_leaf *leaf, uint32_t origin);

/* ── accessors ── */

static inline weir_leaf_head *weir_leaf_head_of(const weir_stock *stock, weir_page page)
{
    return weir_page_descriptor(stock, page);
}

static inline weir_leaf weir_leaf_open(const weir_stock *stock, weir_page page)
{
    return (weir_leaf){.head = weir_leaf_head_of(stock, page),
                       .bytes = weir_page_address(stock, page),
                       .size = weir_page_bytes(stock)};
}

static inline weir_leaf_slot *weir_leaf_slot_at(const weir_leaf *leaf, uint32_t index)
{
    return (weir_leaf_slot *)(void *)(leaf->bytes + leaf->size) - leaf->head->slots + index;
}

static inline uint32_t weir_leaf_length(const weir_leaf_slot *slot)
{
    return slot->place & 0x3fff;
}

static inline uint32_t weir_leaf_position(const weir_leaf_slot *slot)
{
    return slot->place >> 14 & 0x3fff;
}

static inline uint32_t weir_leaf_is_cut(const weir_leaf_slot *slot)
{
    return slot->place >> 28 & 1;
}

static inline uint8_t *weir_leaf_data(const weir_leaf *leaf, const weir_leaf_slot *slot)
{
    return leaf->bytes + weir_leaf_position(slot);
}

/* What a leaf with this head uses: its records' bytes and slots. */
static inline uint32_t weir_leaf_use(const weir_leaf_head *head)
{
    return head->live + WEIR_LEAF_SLOT_BYTES * head->slots;
}

/* The longest record that it has room for; negative if there is not even room for a slot. */
static inline int32_t weir_leaf_room(const weir_leaf *leaf)
{
    return (int32_t)(leaf->size - weir_leaf_use(leaf->head)) - (int32_t)WEIR_LEAF_SLOT_BYTES;
}

/* 1 if no other record came to this leaf after record `index` did. */
static inline int weir_leaf_is_newest(const weir_leaf *leaf, uint32_t index)
{
    const weir_leaf_slot *slot = weir_leaf_slot_at(leaf, index);
    return weir_leaf_position(slot) + weir_leaf_length(slot) == leaf->head->fill;
}

/* An edge as slots keep it: how far, at most so far. */
static inline uint32_t weir_leaf_edge(uint64_t distance)
{
    return (uint32_t)weir_min64(distance, WEIR_LEAF_EDGE_MOST);
}

#endif
