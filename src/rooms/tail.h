/* SPDX-License-Identifier: MIT */
/*
 * The last bytes that were delivered of a side, in pages of their own: to compare with what comes
 * again (rooms/recent.h), or to come again in front of the next (rooms/keep.h).
 *
 *      delivered … │page│page│pa·  end         a chain of pages, full but for the last; they go at
 *                    ▲ begin                   the front and come at the end
 *
 *      origin <= begin <= end, origin = the offset of the first page's first byte
 *      pages = (end - origin) / page size, rounded up
 *
 * A tail hangs on the connection's tally in one of four places, and in the queue of its kind. Its
 * pages are those of held bytes. Cost: 64 bytes a tail and its pages; O(1) a page; reading O(pages).
 */
#ifndef WEIR_TAIL_H
#define WEIR_TAIL_H

#include "rooms/tally.h"

/* In weir_tally.tails: plus the side. */
enum { WEIR_TAIL_RECENT = 0, WEIR_TAIL_KEPT = 2, WEIR_TAIL_PLACES = 4 };

#define WEIR_TAIL_MOST 65536u /* bytes; of a window recent_bytes */

typedef struct weir_tail {
    weir_slot owner; /* the tally */
    uint32_t place;
    weir_links links; /* in the queue of its kind */
    weir_page first, last;
    uint32_t pages;
    weir_page spare; /* taken for bytes that are to come; none but in a callback */
    uint32_t spares;
    uint64_t origin, begin, end;
} weir_tail;

/* The side's tail of that kind, NULL if it has none. Valid until a tail is given back. */
static inline weir_tail *weir_tail_have(const weir_way *way, uint32_t kind);

/* The same, made if need be, with no bytes and behind all others in its queue. NULL if refused. */
weir_tail *weir_tail_need(const weir_way *way, uint32_t kind);

/* The queue of that kind. */
static inline weir_queue *weir_tail_queue(weir_core *core, uint32_t kind);

/* How many bytes the last page has room for. */
uint32_t weir_tail_room(const weir_core *core, const weir_tail *tail);

/* Adds bytes at the end, at most that many. */
void weir_tail_add(const weir_core *core, weir_tail *tail, const uint8_t *data, uint32_t length);

/* Adds a page at the end, where the last one is full; `time_ns` and `tag` are those of the packet
 * that brings its first byte. */
void weir_tail_push(weir_core *core, weir_tail *tail, weir_page page, uint64_t time_ns,
                    uint32_t tag);

/* Takes the first page out. */
weir_page weir_tail_pop(weir_core *core, weir_tail *tail);

/* Spare pages, in any order. Taking one gives 0 if there is none. */
void weir_tail_put_spare(const weir_core *core, weir_tail *tail, weir_page page);
weir_page weir_tail_take_spare(const weir_core *core, weir_tail *tail);

/* Gives all pages back, and begins anew at an offset with no bytes. */
void weir_tail_clear(weir_core *core, weir_tail *tail, uint64_t offset);

/* The bytes from an offset in it on, as far as they lie together, with time and tag of the page. */
weir_span weir_tail_at(const weir_core *core, const weir_tail *tail, uint64_t offset);

/* All its bytes, a span a page, with time and tag of the page. Returns how many. */
uint32_t weir_tail_spans(const weir_core *core, const weir_tail *tail, weir_span *spans);

/* For the tally that owns them, as in rooms/late.h. */
void weir_tail_free(weir_core *core, weir_slot tally, uint32_t place);
void weir_tail_owner_moved(weir_core *core, weir_slot tally);

/* Verifies all tails and their queues. 1 if they hold. */
WEIR_COLD int weir_tail_check(weir_core *core);

/* ──── bodies ──── */

static inline weir_tail *weir_tail_have(const weir_way *way, uint32_t kind)
{
    const weir_tally *tally = weir_tally_have(way);
    weir_slot at = tally ? tally->tails[kind + way->s] : 0;
    return at ? weir_slots_at(&way->core->tails, at) : NULL;
}

static inline weir_queue *weir_tail_queue(weir_core *core, uint32_t kind)
{
    return kind < WEIR_TAIL_KEPT ? &core->recent : &core->kept;
}

#endif
