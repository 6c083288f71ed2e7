/* SPDX-License-Identifier: MIT */
/*
 * Which page is cold, warm or used: the pool without its lock, its engines and its time.
 *
 *      cold ──take──> used <──take── warm      a group (pool_plan.h) is cold as a whole; of one
 *       ^                ──put────>   │        that is not, each page is warm or used
 *       └──────────── in transit <────┘        chosen to go back; the platform is being asked
 *
 *      pages  = 1 + used + warm + in transit + those of cold groups        (1: page 0, for no one)
 *      ledger = outside + groups not cold * group + covers described * unit
 *
 * The sets are bitmaps: `warm` by page, `cold` and `whole` by group, a group being whole while all
 * its pages are warm, so that it can go back; where a group is one page, `whole` is `warm` itself.
 * `live` counts a cover's groups that are not cold. A cover is described while its unit of
 * descriptors is committed.
 *
 * Giving back goes in steps, so that the platform can be asked without the lock:
 *
 *      weir_pages_choose       from warm to in transit, the highest first
 *      (the platform)          its answers in the run
 *      weir_pages_settle       to cold; or back to warm where it refused. Covers that this leaves
 *                              without a live group are hidden: their groups no longer count as
 *                              cold, so nobody takes one, …
 *      (the platform)
 *      weir_pages_settle_covers  … until their descriptors are gone too
 *
 * Nothing here is thread-safe. A refusal changes nothing (the platform may have committed further
 * ahead, which costs nothing until it is touched). Cost: take and put touch one word of a bitmap or
 * two and, where that fills or empties, one a level.
 */
#ifndef WEIR_PAGES_H
#define WEIR_PAGES_H

#include "stores/area.h"
#include "stores/bitmap.h"
#include "stores/ledger.h"
#include "stores/pool_plan.h"

/* Most pages in a run (or one group if that is more), and most calls of the platform for them: a
 * call costs 1.4 us, a page in it 0.3. */
#define WEIR_RUN_PAGES  64u
#define WEIR_RUN_PIECES 8u

/* Groups, or covers, that lie side by side. */
typedef struct weir_run_piece {
    uint32_t first, count;
    int kept; /* the platform's answer: not 0, it did not take them */
} weir_run_piece;

/* What goes back to the system in one go. */
typedef struct weir_run {
    uint32_t pieces;
    weir_run_piece piece[2 * WEIR_RUN_PIECES]; /* a piece of groups lies in at most two covers */
} weir_run;

typedef struct weir_pages {
    weir_platform platform;
    weir_plan plan;
    weir_ledger *ledger;
    weir_area page_area;  /* begins with page 0 */
    weir_area cover_area; /* a unit of descriptors each */
    weir_bitmap warm, cold, whole_groups, described;
    weir_bitmap *whole;
    uint16_t *live;
    _Atomic uint32_t used; /* written under the lock, read by anyone */
    uint32_t in_transit;
    uint32_t low; /* the least `warm.set` since it was last set to it */
} weir_pages;

/* All pages cold. `at` is memory for the bitmaps; returns what is behind it. */
uint8_t *weir_pages_init(weir_pages *pages, const weir_plan *plan, weir_ledger *ledger,
                         const weir_platform *platform, uint8_t *reservation, uint8_t *at);

/* 1 if `count` pages can be taken in a row, beside which `other_bytes` fit in the ledger. Nothing
 * is charged. */
int weir_pages_secure(weir_pages *pages, uint32_t count, uint64_t other_bytes);

/* The lowest warm page, else the lowest cold one, which warms its group. 0: neither can be had. */
weir_page weir_pages_take(weir_pages *pages);

/* A used page becomes warm. */
void weir_pages_put(weir_pages *pages, weir_page page);

/* Warms the lowest cold group. Its first page, or 0 if refused. */
weir_page weir_pages_warm(weir_pages *pages);

/* Takes a page that is warm. */
void weir_pages_take_this(weir_pages *pages, weir_page page);

/*
 * Chooses whole groups below group `below` for a run: the highest, at most `most` pages of them,
 * WEIR_RUN_PAGES, and WEIR_RUN_PIECES pieces. Returns the lowest group chosen, to go on below; 0 if
 * none was.
 */
uint32_t weir_pages_choose(weir_pages *pages, uint32_t below, uint32_t most, weir_run *run);

/* What becomes of a run once the platform has answered. Covers to be given back are put in
 * *covers. */
void weir_pages_settle(weir_pages *pages, const weir_run *run, weir_run *covers);
void weir_pages_settle_covers(weir_pages *pages, const weir_run *covers);

/* Verifies the equations above, `outside` being what else is charged; nothing may be in transit. 1
 * if they hold. */
WEIR_COLD int weir_pages_check(const weir_pages *pages, uint64_t outside);

static inline uint32_t weir_pages_used(const weir_pages *pages)
{
    return atomic_load_explicit(&pages->used, memory_order_relaxed);
}

static inline weir_page weir_pages_first_of(const weir_pages *pages, uint32_t group)
{
    return group == 0 ? 1 : group << pages->plan.group_shift;
}

/* Pages of a group; of the first, one less. */
static inline uint32_t weir_pages_in(const weir_pages *pages, uint32_t group)
{
    return ((uint32_t)1 << pages->plan.group_shift) - (group == 0);
}

#endif
