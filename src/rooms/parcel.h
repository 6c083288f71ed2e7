/* SPDX-License-Identifier: MIT */
/*
 * IP packets whose pieces come one by one: where they are kept until they are whole.
 *
 *      addresses, id, VLAN, tunnel, protocol (IPv4) ── keyed hash ──> tree ──> record
 *                                                                              │
 *      waiting   oldest ⇄ … ⇄ newest     packets that lack pieces              ├─ nook: one small piece
 *      joined    oldest ⇄ … ⇄ newest     packets that were whole a moment ago  └─ hold: several, or a large one
 *
 *      records = waiting + joined = nodes of the tree;   a record has a nook or a hold or neither
 *
 * The tree branches by the bits of the hash, one a level, and has a record at every node: nothing
 * is ever balanced, its depth is log2(records) and a few whatever comes and goes, and nobody who
 * does not know the key can make it deep. No table has to be sized.
 *
 * Most that an attacker sends is one small piece of a packet that never comes. It costs a record of
 * 160 bytes and a nook of 256, not a page: 9.5 a page of 4 KiB. The second piece moves the first
 * into a hold (hold/hold.h), which brings pages of its own.
 *
 * All of it is in the share of fragments. Cost: O(log records) to find, open and close; a record
 * and a nook are moved for each that goes (stores/slots.h).
 */
#ifndef WEIR_PARCEL_H
#define WEIR_PARCEL_H

#include "lenses/decode.h"
#include "hold/hold.h"
#include "stores/slots.h"

#define WEIR_NOOK_BYTES 252u /* most that a nook takes */

typedef enum weir_parcel_state {
    WEIR_PARCEL_OPEN,    /* lacks pieces */
    WEIR_PARCEL_SPOILED, /* will never be joined; what still comes of it is ignored */
    WEIR_PARCEL_JOINED   /* was joined; what still comes of it came twice */
} weir_parcel_state;

/* What tells packets apart. Every byte has a value: compared as a whole. */
typedef struct weir_parcel_key {
    uint64_t hash;
    uint32_t id, vlan, tunnel;
    uint8_t family;
    uint8_t protocol; /* IPv6: 0, pieces may differ in it (RFC 8200, section 4.5) */
    uint8_t reserved[2];
    uint8_t addresses[32];
} weir_parcel_key;

typedef struct weir_parcel {
    weir_parcel_key key;
    uint64_t since_ns; /* when its first piece came, or when it was joined */
    weir_hold hold;
    weir_slot child[2];
    weir_slot next, previous; /* of its list */
    weir_slot nook;           /* 0: none */
    uint16_t nook_begin, nook_bytes;
    uint32_t end;     /* of the whole, as sent; 0: not known */
    uint32_t reach;   /* where the piece that reaches farthest ends, as sent */
    uint32_t missing; /* bytes of its pieces that the capture cut off */
    uint32_t pieces;  /* packets that wait in it */
    uint8_t state;    /* weir_parcel_state */
    uint8_t cause;    /* spoiled: the weir_ignored of what still comes */
    uint8_t protocol; /* of the payload, whether its destination is stale, and how many tunnels */
    uint8_t stale;    /* it is in: as the first piece says */
    uint8_t depth;
    uint8_t overlapped;
    uint8_t reserved[2];
} weir_parcel;

typedef struct weir_parcel_list {
    weir_slot head, tail;
    uint32_t count;
} weir_parcel_list;

/* All of an engine. */
typedef struct weir_parcels {
    weir_slots records, nooks;
    weir_hold_context context; /* of their holds */
    weir_slot root;
    weir_parcel_list waiting, joined;
    weir_slot busy; /* the one in hand; mended when it moves. 0: none */
} weir_parcels;

void weir_parcels_init(weir_parcels *all, weir_stock *stock, const weir_siphash_key *key);

/* The key of the packet that a piece is of; VLAN and tunnel are left out (0) where the engine is
 * told so. */
void weir_parcel_key_of(const weir_parcels *all, const weir_engine_config *config,
                        const weir_fragment *piece, weir_parcel_key *key);

/* Its record, or 0. */
weir_slot weir_parcel_find(const weir_parcels *all, const weir_parcel_key *key);

/* A new record, the newest of those that wait. There must be none of this key. 0 if the memory is
 * refused: nothing changed. */
weir_slot weir_parcel_open(weir_parcels *all, const weir_parcel_key *key, uint64_t now_ns);

/* Gives back what it holds and takes it out. Another record may move into its place. */
void weir_parcel_close(weir_parcels *all, weir_slot slot);

/* Gives back what it holds. The record stays. */
void weir_parcel_empty(weir_parcels *all, weir_slot slot);

/* Makes it the newest of those that wait, or (JOINED) of those that were joined. */
void weir_parcel_renew(weir_parcels *all, weir_slot slot, weir_parcel_state state, uint64_t now_ns);

/* Puts at most WEIR_NOOK_BYTES bytes into a nook; the record holds nothing yet. 0 if refused. */
int weir_parcel_tuck(weir_parcels *all, weir_slot slot, const weir_fragment *piece);

/* Moves what is in the nook, if there is one, into the hold. 0 if refused: nothing changed. */
int weir_parcel_untuck(weir_parcels *all, weir_slot slot);

/* Verifies the equations above, tree, lists and holds; *pieces becomes the sum of all. 1 if they
 * hold. */
WEIR_COLD int weir_parcels_check(const weir_parcels *all, uint64_t *pieces);

static inline weir_parcel *weir_parcel_at(const weir_parcels *all, weir_slot slot)
{
    return weir_slots_at(&all->records, slot);
}

/* Bytes that it has. */
static inline uint32_t weir_parcel_bytes(const weir_parcel *parcel)
{
    return parcel->nook ? parcel->nook_bytes : (uint32_t)parcel->hold.bytes;
}

#endif
