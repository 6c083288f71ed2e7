/* SPDX-License-Identifier: MIT */
/*
 * The bytes of one direction that wait behind holes: sorted leaves.
 *
 *      root (treap over pages, by first offset)
 *        │
 *      page 12 ───────────> page 31 ───────────> page 9        chain in the order of the stream
 *      ┌──────────────┐     ┌──────────────┐
 *      │bytes ──>     │     │bytes ──>     │   bytes grow up from the start of the page,
 *      │      <─ slots│     │      <─ slots│   slots (20 bytes) grow down from its end
 *      └──────────────┘     └──────────────┘
 *
 * A slot describes a record: bytes [offset, offset + length) of the stream that came from one
 * segment, where they lie in the page, when that segment was captured, its tag, and how far the
 * segment extended beyond the record on both sides (the edges; policies need them). A page holds
 * consecutive records. Links and counts of a page lie in its descriptor, outside it.
 *
 *      records are sorted and never overlap;  bytes = sum of their lengths;
 *      no page is empty;  the records of two neighbours do not fit into one page, hence
 *      held bytes cost less than 2 x (bytes + 20 a record) + one page, in any order of arrival;
 *      linux: and hold/receiver.h, 24 bytes a block in pages of their own, where blocks are
 *      several
 *
 * Why this and not a list, a tree of segments or pages aligned to the sequence space: any order of
 * arrival costs O(log pages), a byte held never costs more than a page, and delivery frees pages in
 * order.
 *
 *      hold ── put ──┬─ contest  which bytes win               leaves     the pages in order, dense
 *                    ├─ gap      where new bytes go              ├─ treap finds a page
 *                    ├─ clash    bytes that are held already     └─ leaf  one page
 *                    └─ absorb   many small records at once    receiver   linux alone: its queue
 *
 * Cost: append at the end, or before the first, O(1), a page's slots and the copy; elsewhere
 * O(log pages) and at most a few pages' contents moved; a segment that covers more than WEIR_ABSORB_RECORDS records is taken page by page
 * as a whole, the old bytes patched in, so that it costs its bytes and not its pieces. No
 * recursion.
 */
#ifndef WEIR_HOLD_H
#define WEIR_HOLD_H

#include "ground/siphash.h"
#include "stores/pool.h"

#define WEIR_ABSORB_RECORDS 8u

/* Zero is empty. */
typedef struct weir_hold {
    weir_page root, head, tail;
    uint32_t records;
    uint64_t bytes;
    uint64_t begin, end; /* the first offset held, and one past the last; undefined while empty */
    uint32_t bias;       /* what slots have for offset 0 (mod 2^32): see weir_hold_rebase */
    /* of the policy: linux: the queue's first page (hold/receiver.h); solaris: a place
     * (hold/contest.h). 0: none */
    uint32_t books;
} weir_hold;

/* What a hold works with: the engine's, the same for all its holds. */
typedef struct weir_hold_context {
    weir_stock *stock;
    weir_siphash_key key; /* for the treap's priorities */
    weir_overlap overlap;
    weir_page_use use; /* of its pages: WEIR_USE_HOLD (0), or the share of fragments */
} weir_hold_context;

/* Bytes of a segment, or a part of them: [begin, end) of the stream. segment_begin and _end are the
 * whole segment's and enclose the piece. */
typedef struct weir_piece {
    const uint8_t *data; /* of begin */
    uint64_t begin, end;
    uint64_t segment_begin, segment_end;
    uint64_t time_ns;
    uint32_t tag;
    uint32_t cut;  /* bytes behind `end` that the capture cut off; 65,535 at most are remembered */
    uint32_t base; /* sequence number of offset 0: the direction's, the hold does not look at it */
} weir_piece;

/* What may still be held: refusals are decided before anything changes. */
typedef struct weir_hold_room {
    uint64_t bytes;   /* how many more, by the connection's cap */
    uint32_t records; /* how many more, by the direction's cap */
    int floor;        /* 1: the engine's floor of pages may be used */
} weir_hold_room;

typedef enum weir_hold_refusal {
    WEIR_HOLD_TAKEN,   /* all of it */
    WEIR_HOLD_BYTES,   /* room.bytes is used up */
    WEIR_HOLD_RECORDS, /* room.records is used up */
    WEIR_HOLD_PAGE     /* no page could be had */
} weir_hold_refusal;

/* What became of the bytes of a piece: held + duplicate + conflict = the bytes up to `reached`. */
typedef struct weir_hold_result {
    uint64_t reached;   /* the piece was taken up to this offset */
    uint64_t held;      /* new bytes that are held now */
    uint64_t duplicate; /* the loser of an overlap, equal to the winner */
    uint64_t conflict;  /* the loser of an overlap, not equal */
    weir_hold_refusal refusal;
} weir_hold_result;

/*
 * Takes a piece, from its begin on, as far as room, pages and policy allow. What is taken is taken
 * for good; from `reached` on nothing has changed, and the caller may call again with the rest once
 * there is room. The piece's data is copied. Of two different bytes at one place the policy's
 * winner stays (hold/contest.h), and the loser counts as conflict (whichever of the two it is);
 * each byte keeps the time, tag and edges of the segment that won it. Two exceptions: where small
 * records are absorbed, all bytes have those of the piece; bytes that lie in a page together but
 * were captured more than 4 s apart have their times to 1 us (see weir_leaf_time). A record takes
 * no more than a page, so a piece may become several. To let a winner in, one that is held may be
 * divided: that too needs room for records, and sometimes a page. A piece is at most 2^20 bytes. It
 * may begin before hold->begin; together with what is held it spans less than 2^32.
 */
weir_hold_result weir_hold_put(weir_hold *hold, const weir_hold_context *context,
                               const weir_piece *piece, const weir_hold_room *room);

/*
 * Two segments have different bytes at one place: what a record and a piece share, from the first
 * byte that differs to the last. Valid until the hold changes again.
 */
typedef struct weir_clash {
    uint64_t offset;
    uint32_t length; /* 0: there is none */
    uint32_t differing;
    const uint8_t *kept, *lost; /* in the piece, in a page, or in `gone` */
    uint64_t stored_time_ns;
    uint32_t stored_tag;
    int fresh_won;
    uint8_t gone[16384]; /* bytes that were written over */
} weir_clash;

struct weir_put;

/*
 * weir_hold_put in steps, for who wants to know of clashes. _on goes on to the next one, or to the
 * end: 1 if it has noted one in *clash, which counts in the result already; 0 at the end. _end must
 * be called, and may be called before that; what was taken by then stays. In between the hold may
 * move (put->hold), but must not change.
 */
void weir_hold_put_begin(struct weir_put *put, weir_hold *hold, const weir_hold_context *context,
                         const weir_piece *piece, const weir_hold_room *room, weir_clash *clash);
int weir_hold_put_on(struct weir_put *put);
void weir_hold_put_end(struct weir_put *put);

/*
 * In-order bytes meet what is held: piece->begin must be hold->begin. Settles by the policy the
 * bytes that the piece shares with the first record, in place, without memory, and counts them as
 * weir_hold_put does; `reached` is where that record or the piece ends. If the piece wins but ends
 * inside the record, time and tag of its bytes are right if the page had room for another slot,
 * else they remain the record's. `clash` (NULL: nobody wants to know) says how they differ.
 */
weir_hold_result weir_hold_meet(weir_hold *hold, const weir_hold_context *context,
                                const weir_piece *piece, weir_clash *clash);

/* Describes records from the first on, as long as each begins where the one before it ends: at most
 * `most`. Returns how many. The spans point into pages and are valid until weir_hold_cut. *cut: how
 * many bytes behind the last of them the capture cut off its segment, as far as is known; some may
 * be held from another. Untouched if nothing is held. */
uint32_t weir_hold_peek(const weir_hold *hold, const weir_hold_context *context, weir_span *spans,
                        uint32_t most, uint32_t *cut);

/* Forgets everything below `offset` (a record that straddles it keeps its rest) and gives pages
 * back. Returns the bytes forgotten. Pages forgotten cost O(log pages) for all of them together,
 * and O(1) each; of the page that is kept in part, nothing is moved. */
uint64_t weir_hold_cut(weir_hold *hold, const weir_hold_context *context, uint64_t offset);

/* Counts offsets from `base` on, which is at most hold->begin: each becomes itself - base. O(1). */
void weir_hold_rebase(weir_hold *hold, const weir_hold_context *context, uint64_t base);

/* Verifies the equations above, the treap, and every slot. 1 if they hold. */
WEIR_COLD int weir_hold_check(const weir_hold *hold, const weir_hold_context *context);

#endif
