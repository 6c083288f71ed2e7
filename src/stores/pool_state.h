/* SPDX-License-Identifier: MIT */
/*
 * The pool from inside: for pool*.c and their tests.
 *
 *      pool.c           its life and its limit; engines come and go
 *      pool_return.c    memory back to the system: how much, when, and without the lock
 *      pool_stock.c     an engine's own pages: the short way
 *      pool_supply.c    between stocks and pool, and what becomes of a stock with time
 *      pool_scratch.c   memory in a row for a moment
 *      pool_report.c    what others may know
 *
 * Three mutexes. `lock` guards all that is not atomic, for as long as it takes to move numbers (and
 * to mprotect, 1 us). `moving` is held by whoever has pages in transit while the platform works on
 * them: one at a time. `gate` is held while waiting for `moving`, so that one who gives back run
 * after run cannot keep out one who waits for a page. The order is gate, moving, lock.
 *
 *      ledger = outside + pages' part (pages.h),  outside = fixed part + units of rooms and scratch
 *      pages in stocks and in engines' hands = used
 */
#ifndef WEIR_POOL_STATE_H
#define WEIR_POOL_STATE_H

#include <pthread.h>
#include <stdalign.h>
#include <string.h>

#include "stores/pages.h"

struct weir_pool {
    /* Read on packet paths, seldom written: */
    weir_ledger ledger;
    _Atomic uint32_t conn_most;       /* pages that are the share of connections and tables … */
    _Atomic uint32_t conn_most_floor; /* … and with the engines' floors */
    _Atomic uint32_t frag_most; /* pages that are the share of fragments: half of it in equal */
    _Atomic uint32_t frag_own;  /* parts, so much for each engine, the rest for whoever comes */
    _Atomic uint32_t frag_common_most;
    _Atomic uint64_t outside_bytes;

    /* Written on packet paths: */
    alignas(64) _Atomic uint32_t conn_pages;
    _Atomic uint32_t frag_pages;  /* in use, and of these … */
    _Atomic uint32_t frag_common; /* … beyond the engines' own parts */
    _Atomic uint64_t refused;

    alignas(64) pthread_mutex_t lock;
    pthread_mutex_t moving;
    pthread_mutex_t gate;
    weir_pages pages;
    int in_motion;       /* who holds `moving` has pages in transit */
    uint64_t epoch;      /* number of the interval, from 1 */
    uint32_t due;        /* warm pages that shall go back, by the last interval's low water */
    uint32_t slack;      /* warm pages that stay */
    uint32_t stock_most; /* weir_stock.most for all, while there is no excess */
    uint32_t engines;
    weir_bitmap vacant;  /* places for engines */
    weir_bitmap rooms;   /* units of the rooms that are committed */
    weir_bitmap scratch; /* units of the scratch that are */
    weir_area room_area, scratch_area;
    weir_pool_config config; /* as verified; the ceiling is never 0, the limit is the ledger's */
    weir_stats gone;         /* sums over engines that are gone */
};

/* ── under the lock ── */

/* The first engine's account at or behind a place, NULL if there is none. */
weir_stock *weir_pool_engine_from(const weir_pool *pool, uint32_t slot);

/* Sets weir_stock.most as it is to be now, and returns it. */
uint32_t weir_pool_grant_stock(weir_stock *stock);

/* Sets what each engine must read and clear. */
void weir_pool_ask_all(weir_pool *pool, uint32_t asks);

/* What is charged to the ledger besides pages and descriptors; and says so to those without the
 * lock. */
uint64_t weir_pool_outside(const weir_pool *pool);
void weir_pool_count_outside(weir_pool *pool);

/* Adds an engine's counters, all words from the first counter on. */
void weir_pool_add_stats(weir_stats *sum, const weir_stats *one);

/* Waits, with the lock given away, until who moves pages has done a run. 0 if it would be in vain.
 */
int weir_pool_wait_moved(weir_pool *pool);

/* ── with no mutex held ── */

void weir_pool_enter_moving(weir_pool *pool);
void weir_pool_leave_moving(weir_pool *pool);

/* Gives back one run at most of what is too much by the limit and by low water. If another is at
 * it, waits for him, or with `patient` 0 leaves it to him. Returns 1 if more is to do. */
int weir_pool_return_due(weir_pool *pool, int patient);

/* Gives back what is above the limit, or all that is warm, highest first, as far as the platform
 * takes it. Each page is tried once. Returns the bytes. */
uint64_t weir_pool_return_excess(weir_pool *pool);
uint64_t weir_pool_return_warm(weir_pool *pool);

/* Gives back one run of what is warm, of at most so many pages. Returns the bytes. */
uint64_t weir_pool_return_some(weir_pool *pool, uint32_t pages);

/* ── pool_supply.c, with no mutex held ── */

/* A page where the stock has none above its floor, or the page is counted (WEIR_USE_CONN). `keep`
 * pages stay in stock. 0: refused, and counted. */
weir_page weir_pool_take_scarce(weir_stock *stock, weir_page_use use, uint32_t keep);

/* Charges pages to the share of fragments. 0, and nothing charged, if it has not so many for this
 * engine. */
int weir_pool_charge_frag(weir_stock *stock, uint32_t pages);
void weir_pool_discharge_frag(weir_stock *stock, uint32_t pages);

/* A page was put that has to be counted, or that makes the stock more than it may be. */
void weir_pool_put_over(weir_stock *stock, weir_page_use use);

/* All above the floor goes back to the pool. */
void weir_pool_put_stock(weir_stock *stock);

/* Of the share of fragments, what the engine would have of the common half if it had so many pages
 * more. */
static inline uint32_t weir_pool_frag_over(const weir_stock *stock, uint32_t pages)
{
    uint32_t own = atomic_load_explicit(&stock->pool->frag_own, memory_order_relaxed);
    uint32_t all = stock->frag_pages + pages;
    return all > own ? all - own : 0;
}

/* Gives out the last page in stock; there is one. */
static inline weir_page weir_pool_hand_out(weir_stock *stock)
{
    weir_page page = stock->pages[--stock->count];
    void *descriptor = weir_page_descriptor(stock, page);
    stock->low = weir_min32(stock->low, stock->count);
    weir_unpoison(weir_page_address(stock, page), weir_page_bytes(stock));
    weir_unpoison(descriptor, WEIR_DESCRIPTOR_BYTES);
    memset(descriptor, 0, WEIR_DESCRIPTOR_BYTES);
#ifdef WEIR_DEBUG
    memset(weir_page_address(stock, page), 0xa5, weir_page_bytes(stock)); /* count on nothing */
#endif
    return page;
}

#endif
