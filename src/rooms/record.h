/* SPDX-License-Identifier: MIT */
/*
 * What is kept of a connection: one record in the pool, and parts that few connections need.
 *
 *      record (176 bytes for IPv4, 200 for IPv6)
 *        ├─ side 0, side 1   a side is a sender: the bytes it sends, in its own offsets
 *        │    └─ block       only while something is missing: hold, deadlines (rooms/hole.h)
 *        └─ tally            only after the first rare event: counters, stop offsets, candidate
 *             ├─ late        a side's last holes, for bytes that come after all (rooms/late.h)
 *             └─ memo        only for settings that are off by default (rooms/memo.h)
 *
 * Sides are numbered by the key's order (the lower address and port is side 0), so that both
 * directions of a connection have one key; which side is the client is a flag. All parts name each
 * other by slot, because records move (stores/slots.h); each part knows its owner.
 *
 *      side: delivered + missing + ignored = next
 *            ignored = urgent bytes taken out, and next - stop once it is ignored
 */
#ifndef WEIR_RECORD_H
#define WEIR_RECORD_H

#include "hold/hold.h"
#include "rooms/queue.h"

/* weir_side.flags */
enum {
    WEIR_SIDE_SCALE_MASK = 0x000f, /* window scale of its SYN; 15: unknown */
    WEIR_SIDE_SEEN = 0x0010,       /* a segment of it was captured */
    WEIR_SIDE_BASED = 0x0020,      /* base and next are valid */
    WEIR_SIDE_SYN = 0x0040,        /* base comes from its SYN */
    WEIR_SIDE_SETTLING = 0x0080,   /* midstream: base is not final, bytes are held meanwhile */
    WEIR_SIDE_ACKED = 0x0100,      /* acked is valid */
    WEIR_SIDE_AHEAD = 0x0200,      /* ahead is valid */
    WEIR_SIDE_FIN = 0x0400,        /* fin is valid: an end was announced */
    WEIR_SIDE_FIN_PAST = 0x0800,   /* one segment beyond fin was seen */
    WEIR_SIDE_ENDED = 0x1000,      /* next has reached fin */
    WEIR_SIDE_STOP = 0x2000,       /* tally.stop is valid: bytes from there on are not wanted */
    WEIR_SIDE_IGNORED = 0x4000,    /* next has passed the stop (0 without a tally) */
    WEIR_SIDE_URGENT = 0x8000,     /* the memo has urgent bytes that are to be taken out */
};

typedef struct weir_side {
    uint64_t next;      /* offset of the next byte expected */
    uint64_t missing;   /* bytes given up */
    uint32_t base;      /* sequence number of offset 0 */
    uint32_t acked;     /* highest believable ACK of the peer (sequence number) */
    uint32_t ahead;     /* the smallest ACK beyond all that was seen */
    uint32_t fin;       /* sequence number of the FIN */
    uint32_t prints[2]; /* fingerprints of its last two segments; 0: none */
    weir_slot block;    /* 0: nothing is missing */
    uint16_t window;    /* last one advertised by this side, not scaled */
    uint16_t flags;
} weir_side;

/* weir_record.state */
enum {
    WEIR_STATE_HALF_OPEN, /* handshake unfinished and no byte delivered either way */
    WEIR_STATE_OPEN,
    WEIR_STATE_LINGER,    /* open, but closes when silent for linger_ns: see weir_record.cause */
    WEIR_STATE_TOMBSTONE, /* closed; absorbs what is still on its way */
    WEIR_STATE_DOOMED     /* the user closed it; on_close comes on the way out */
};

/* weir_record.flags */
enum {
    WEIR_RECORD_CLIENT = 0x01, /* the number of the client's side */
    WEIR_RECORD_IPV6 = 0x02,
    WEIR_RECORD_MIDSTREAM = 0x04, /* taken up without a SYN */
    WEIR_RECORD_PARTIAL = 0x08,   /* a rare event could not be noted */
    WEIR_RECORD_HEARD = 0x10,     /* a byte was delivered */
    WEIR_RECORD_SIGNED = 0x20,    /* the segment that opened it was signed: so are all others */
    WEIR_RECORD_ACTIVE = 0x40,    /* it has been active since it was queued */
};

typedef struct weir_record {
    weir_slot chain; /* next in its bucket of the table */
    uint32_t hash;
    weir_links queue; /* in that of its state */
    uint64_t id : 56;
    uint64_t worth : 8; /* as it was when it was queued: see rooms/worth.h */
    uint64_t start_ns;
    uint64_t last_ns; /* the clock at the last packet that counted; in LINGER: when it began */
    void *user;
    weir_slot tally;      /* 0: none */
    uint8_t state;        /* WEIR_STATE_* */
    uint8_t flags;        /* WEIR_RECORD_* */
    uint8_t cause;        /* weir_close_cause: of a tombstone; why a LINGER will close */
    uint8_t print_gap;    /* ms between a side's two prints, 4 bits a side; 15: more */
    uint16_t print_ms[2]; /* when the sides' prints were taken, in ms mod 65,536 */
    uint16_t ports[2];    /* by side, as are addresses below */
    weir_side side[2];
    uint32_t vlan;
    uint32_t tunnel;
    uint8_t addresses[32]; /* IPv4: 2 x 4 bytes and no more; IPv6: 2 x 16 */
} weir_record;

#define WEIR_RECORD_BYTES_V4 (offsetof(weir_record, addresses) + 8)
#define WEIR_RECORD_BYTES_V6 sizeof(weir_record)

/* A slot of either size: the top bit tells which (references of pages stay below it). */
#define WEIR_SLOT_IPV6 UINT32_C(0x80000000)

/* Rare things of a connection, by side. */
typedef struct weir_tally {
    weir_slot owner;           /* the record */
    weir_slot late[2];         /* rooms/late.h */
    weir_slot tails[4];        /* rooms/tail.h */
    weir_slot memo;            /* rooms/memo.h */
    uint32_t candidate_isn;    /* a SYN on the live tuple, not yet believed */
    uint8_t candidate;         /* 0: none; else 1 + its side */
    uint8_t candidate_answers; /* it is another answer to the same SYN: not a new connection */
    uint8_t far;               /* bit s: the following are valid (rooms/far.h) */
    uint8_t reserved;
    uint32_t far_begin[2], far_end[2];
    uint32_t holes[2];
    uint32_t out_of_order[2];
    uint32_t held_peak[2];
    uint64_t duplicate[2];
    uint64_t discarded[2];
    uint64_t conflict[2];
    uint64_t stop[2];
} weir_tally;

/* While a side misses something: what waits, and until when. See rooms/hole.h. */
typedef struct weir_block {
    weir_hold hold;
    weir_slot owner; /* the record */
    uint8_t side;
    uint8_t queue;   /* which age queue it is in: WEIR_AGE_* */
    uint8_t proven;  /* the receiver asked for the missing bytes */
    uint8_t moved;   /* bytes were delivered before the hole while this waited */
    uint8_t pending; /* in the queue of deadlines */
    uint8_t worth;   /* which queue of holders it is in */
    uint8_t reserved[6];
    weir_links age, due, holder; /* in the queues of that name */
    uint64_t begun_ns;           /* since when it has held something without a break */
    uint64_t since_ns;           /* the front hole's age runs from here */
    uint64_t due_ns;             /* if pending */
    uint64_t mark;               /* holes that end here or before go when due */
    uint64_t evidence;           /* the receiver has everything before this offset; 0: not known */
} weir_block;

#endif
