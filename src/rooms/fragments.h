/* SPDX-License-Identifier: MIT */
/*
 * Joins the pieces of IP packets (RFC 791, RFC 8200 section 4.5).
 *
 *      piece ──> judged ──> put beside the others ──> all there? ──> copied into the scratch, in a
 *                  │                 │                     │          row, for the lenses to go on
 *                  └ ignored         └ refused: no page    └ waits
 *
 *      packets handed in that are pieces = those that waited and were joined (fragments_joined)
 *                                        + those that wait now              (fragments_held)
 *                                        + ignored, by cause
 *                                        + those that completed a packet: what that became
 *
 * What each kind of piece is answered with:
 *
 *      no bytes; ends beyond 65,535; more to      malformed, alone: the others wait on. (Linux cuts
 *      come, and not a multiple of 8 long         such a length of IPv4 down to the multiple)
 *      came twice, the same bytes                 fragment; the first stays (RFC 8200 allows it)
 *      overlaps, IPv6                             the packet is spoiled (RFC 5722)
 *      overlaps, IPv4                             the policy fragment_overlap says which bytes stay;
 *                                                 `linux` spoils the packet (so does Linux, since
 *                                                 4.19; its TCP keeps bytes)
 *      ends where another says it does not,       the packet is spoiled
 *      or beyond the end
 *      first, and the headers do not fit in:      counted (RFC 1858, 3128); IPv6: the packet is
 *      IPv4: or begins inside of TCP's            spoiled (RFC 7112)
 *      first, and shows that the packet is        the packet is spoiled: all of it not_tcp or tunnel
 *      not TCP, or a tunnel that stays closed
 *      cut by the capture                         counts as far as it was on the wire: the whole
 *                                                 ends, truncated, at its first byte not captured
 *      cut before its first byte, or cut in a     the packet is spoiled: no one can tell what lies
 *      packet with overlaps                       where
 *
 * Spoiled: what waited is ignored (fragment), and so is what still comes, until the timeout. It
 * holds a record and no bytes. A packet that was joined is known for another 10 ms, so that a piece
 * captured twice does not begin a new one.
 *
 * Time: from its first piece on a packet may take fragment_timeout_ns: 30 s, as Linux and FreeBSD
 * give IPv4 (RFC 791 says 15 s at first, RFC 8200 60 s). Both lists are in order of their
 * deadlines.
 *
 * Memory: a piece that finds none is refused, with nothing lost: weir_fragments_take goes on where
 * it stopped when somebody has paid (house/pressure), or weir_fragments_abandon gives its packet
 * up.
 *
 * Cost of a piece: O(log records + log pages), its bytes, and those of the whole for the one that
 * completes it: each byte is copied twice at most. An overlap costs what it does in the hold.
 */
#ifndef WEIR_FRAGMENTS_H
#define WEIR_FRAGMENTS_H

#include "rooms/parcel.h"

struct weir_core;

#define WEIR_PARCEL_BYTES_MOST 65535u                  /* of a payload */
#define WEIR_PARCEL_TWICE_NS   (10 * WEIR_MILLISECOND) /* how long it is known once joined */

/* What weir_fragments_take answers besides a weir_ignored. */
enum {
    WEIR_FRAGMENTS_WHOLE = WEIR_DECODED,
    WEIR_FRAGMENTS_WAITS = -2,
    WEIR_FRAGMENTS_REFUSED = -3 /* no memory: call again, or give it up */
};

/* How far the piece in hand has come. */
typedef enum weir_fragments_stage {
    WEIR_FRAGMENTS_NEW,
    WEIR_FRAGMENTS_OPENED, /* its record is there */
    WEIR_FRAGMENTS_JUDGED, /* and it is to be put, from `reached` on */
    WEIR_FRAGMENTS_PUT     /* and completes the packet */
} weir_fragments_stage;

typedef struct weir_fragments {
    weir_parcels all;
    weir_fragments_stage stage;
    uint32_t reached;
    uint8_t opened;    /* the last piece was the first of its packet */
    uint8_t strict;    /* an overlap spoils the packet */
    uint8_t twice;     /* the piece in hand is there already, by place and length */
    uint8_t fresh;     /* it brought new bytes */
    uint8_t overlap;   /* it shares bytes with another */
    uint8_t different; /* it has other bytes than another had in the same place */
} weir_fragments;

void weir_fragments_init(struct weir_core *core, const weir_siphash_key *key);

/* Takes a piece. WHOLE: *whole is the packet it completed; its bytes lie in the scratch until the
 * next one is joined. It has time and tag of this piece. After REFUSED the same piece must be given
 * again, or given up, before anything else is asked of this room but _drop_oldest. */
int weir_fragments_take(struct weir_core *core, const weir_decoding *how,
                        const weir_fragment *piece, weir_fragment *whole);

/* Gives up a refused piece, and with it its packet. Returns the weir_ignored of the piece. */
int weir_fragments_abandon(struct weir_core *core);

/* The oldest packet goes, but not that of the piece in hand. 0 if there is none. */
int weir_fragments_drop_oldest(struct weir_core *core);

/* All that wait are dropped. */
void weir_fragments_flush(struct weir_core *core);

/* The last piece that was taken came when the clock stood still; it happened now. */
void weir_fragments_restamp(struct weir_core *core);

/* Does one thing that is due. Returns 1 if there was one. */
int weir_fragments_run(struct weir_core *core);

/* When the next is due; WEIR_NEVER: nothing waits. */
uint64_t weir_fragments_deadline(const struct weir_core *core);

/* Verifies all that this room and the one below keep, against fragments_held. 1 if it holds. */
WEIR_COLD int weir_fragments_check(const struct weir_core *core);

#endif
