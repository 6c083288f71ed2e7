/* SPDX-License-Identifier: MIT */
/*
 * Windows: the last bytes that were delivered of a side, to compare with what comes again.
 *
 *      delivered … │ begin ░░░░░░ end = next       a tail (rooms/tail.h) of recent_bytes at most; when
 *                                                  it is full its first page is used again
 *
 * The window has no gaps: where a hole was given up, or an urgent byte taken out, it begins anew.
 * Windows are the first to pay: they take pages only while less than half of the pool's limit is in
 * use, and when memory is short the window of the side that was silent longest goes before any hole
 * does. Without memory there is no window: each that there is has a page to pay with.
 *
 * Cost: a copy of what is delivered; comparing O(pages of the window) and the bytes.
 */
#ifndef WEIR_RECENT_H
#define WEIR_RECENT_H

#include "rooms/way.h"

#define WEIR_RECENT_MOST 65536u

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

#endif
