/* SPDX-License-Identifier: MIT */
/*
 * The last bytes that were delivered of a side, to compare with what comes again.
 *
 *      delivered … │page│page│pa·  end = next       a chain of pages, full but for the last; the
 *                    ▲ begin                        first one is used again as the last
 *
 *      end - begin <= recent_bytes;  origin <= begin <= end, origin = the offset of the first page's
 *      first byte;  pages = (end - origin) / page size, rounded up
 *
 * The window has no gaps: where a hole was given up, or an urgent byte taken out, it begins anew.
 * Windows are the first to pay: they take pages only while less than half of the pool's limit is in
 * use, and when memory is short the window of the side that was silent longest goes before any hole
 * does. Without memory there is no window: each that there is has a page to pay with.
 *
 * Cost: a copy of what is delivered; 56 bytes a side and its pages; O(1) a page; comparing O(pages
 * of the window) and the bytes.
 */
#ifndef WEIR_RECENT_H
#define WEIR_RECENT_H

#include "rooms/way.h"

#define WEIR_RECENT_MOST 65536u

typedef struct weir_recent {
    weir_slot owner; /* the tally */
    uint32_t side;
    weir_slot prev, next; /* in core->recent, the side that delivered last behind all others */
    weir_page first, last;
    uint32_t pages;
    uint32_t reserved;
    uint64_t origin, begin, end;
} weir_recent;

/* 1 if windows are kept. */
static inline int weir_recent_wanted(const weir_way *way)
{
    return way->core->config.recent_bytes > 0;
}

/* Bytes that were delivered just now. */
void weir_recent_add(const weir_way *way, const weir_span *spans, uint32_t count);

/* Compares a piece below next with what was delivered: counts what differs, and tells of it, page
 * by page. */
void weir_recent_compare(const weir_way *way, const weir_piece *piece);

/* Gives back the pages of the window that was not added to for longest. 0 if there is none. */
int weir_recent_pay(weir_core *core);

/* For the tally that owns them, as in rooms/late.h. */
void weir_recent_free(weir_core *core, weir_slot tally, uint32_t side);
void weir_recent_owner_moved(weir_core *core, weir_slot tally);

/* Verifies all windows and their queue. 1 if they hold. */
int weir_recent_check(weir_core *core);

#endif
