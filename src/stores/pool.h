/* SPDX-License-Identifier: MIT */
/*
 * The budget: one reservation of address space, cut into pages, shared by all engines.
 *
 *      header | bitmaps | engine rooms | scratch | descriptors, 32 bytes a page | pages 0 1 2 3 …
 *      └─ at creation ─┘└─ as engines ─┘└ as they └── committed prefixes that grow in 64 KiB ──┘
 *                          come           need it     steps
 *
 *      a page is      cold   not the system's memory: costs nothing
 *                     warm   free, but still committed
 *                     used   in an engine's stock, or in its hands
 *
 *      committed = fixed part + engine rooms + scratch + units that hold a warm or used page,
 *                  or a descriptor of one                                           <= limit
 *
 * (A unit is what goes back to the system at once: a system page, or the platform's larger unit.)
 * Taking prefers the lowest warm page, else the lowest cold one that the limit and the platform
 * allow; so live pages gather at the bottom and the top drains. At the limit no more than the last
 * unit or two stay unused.
 *
 * Free memory goes back by low water: what stayed warm for a whole interval (100 ms of some
 * engine's packet time), beyond a slack that stays (256 KiB, or a sixteenth of the limit if that is
 * less), highest first, in runs of up to 64 pages, one run a call. Returning at once would cost 50
 * times as much in a sawtooth load (first touch of a page costs 1.4 to 2.3 us).
 *
 * Each engine has a stock: pages taken in one go under the lock, so that its packet path needs
 * none. The lowest WEIR_FLOOR_PAGES of the stock are its floor: given out only by
 * weir_stock_take_floor, filled up again first. A page in a stock counts as used; what stayed in a
 * stock for an interval goes back to the pool, and what it keeps is exchanged for the lowest warm
 * pages.
 *
 * Scratch is memory in a row, for what must lie in a row for a moment: 64 KiB of address space for
 * each engine, committed unit by unit as far as it is needed, given back when an interval did not
 * need it. It counts in the share of fragments.
 *
 * After the limit was lowered there may be an excess. While there is, no cold page is taken, stocks
 * keep their floor only, and what is put goes back to the system at once.
 *
 * Threads: weir_pool_* from any; weir_stock_*, weir_pool_tick and weir_pool_warm from the engine's
 * own. The pool's lock is not held while the system takes memory back; whoever would be refused a
 * page waits for memory that is just then on its way. A forked child has no pool: it must not touch
 * it, nor its engines.
 *
 * This room knows numbers only: who shall pay when a page is refused is decided above
 * (house/pressure).
 *
 * Cost: take and put 2 to 3 ns together from the stock, 14 where counted (WEIR_USE_CONN), 11 to 15
 * in bursts that refill it (gcc 12 and clang 14, -O2, a 2-core Xeon; best of 60 runs of 100,000
 * pairs); a page is found in O(log64 pages).
 *
 * Poison (ASan): a page and its descriptor may be touched only while an engine has the page in
 * hands.
 */
#ifndef WEIR_POOL_H
#define WEIR_POOL_H

#include <stdatomic.h>

#include "ground/ground.h"
#include "weir/weir.h"

typedef uint32_t weir_page; /* the number of a page; 0 is none (page 0 is never given out) */

#define WEIR_FLOOR_PAGES      16u
#define WEIR_STOCK_PAGES      64u   /* most in a stock above the floor, or pool / 64 / engines */
#define WEIR_ROOM_BYTES       8192u /* memory of an engine for itself, aligned to 64 */
#define WEIR_DESCRIPTOR_BYTES 32u
#define WEIR_POOL_INTERVAL_NS (100 * WEIR_MILLISECOND)
#define WEIR_SCRATCH_BYTES    65536u /* an IP packet */

/* What a page is for: connections and tables have a share of the limit, and IP fragments; what they
 * do not use the rest may borrow. */
typedef enum weir_page_use { WEIR_USE_HOLD, WEIR_USE_CONN, WEIR_USE_FRAG } weir_page_use;

/* What the pool asks of an engine; set by others, read and cleared by it at its next call. */
enum {
    WEIR_ASK_STOCK = 1,   /* give your stock back (trim, or a lowered limit) */
    WEIR_ASK_GIVE_UP = 2, /* you are to pay first, and another engine has no page */
};

/* An engine's account with the pool. Private to the engine's thread but for the atomics. */
typedef struct weir_stock {
    weir_pool *pool;
    uint8_t *base;                        /* address of page 0 */
    uint8_t *descriptors;                 /* of page 0's descriptor */
    const _Atomic uint64_t *excess_bytes; /* the pool's: see weir_pool_excess */
    uint32_t page_shift;                  /* log2 of the page size */
    uint32_t count;                       /* pages in stock, floor included */
    uint32_t low;                         /* least count in this interval */
    uint32_t puts;                        /* pages that were put back, mod 2^32 */
    /* Beyond this, half of what is above the floor goes back to the pool; while there is an excess
     * it is the floor, and all above goes back. Written under the pool's lock. */
    _Atomic uint32_t most;
    uint64_t due_ns;        /* weir_pool_tick has nothing to do before */
    uint64_t epoch;         /* the pool's interval that this engine has seen begin … */
    uint64_t epoch_ns;      /* … at this time of its own clock */
    uint32_t slot;          /* of its room in the pool */
    uint32_t frag_pages;    /* of the share of fragments, what this engine has */
    uint32_t frag_over;     /* of the common half of it */
    uint32_t scratch_bytes; /* committed, from the start of its scratch on */
    uint32_t scratch_used;  /* 1: asked for in this interval */
    uint32_t frag_wanted;   /* pages that the share of fragments has refused it; 0: none */
    _Atomic uint32_t asks;  /* WEIR_ASK_*; set from any thread */
    /* Published: the engine's clock, and since when its first to pay holds something (WEIR_NEVER:
     * nobody does); how often that one's age is halved before it is compared. */
    _Atomic uint64_t clock_ns;
    _Atomic uint64_t oldest_since_ns;
    _Atomic uint32_t oldest_halved;
    const weir_stats *stats;                                  /* under the pool's lock */
    weir_page pages[WEIR_FLOOR_PAGES + 2 * WEIR_STOCK_PAGES]; /* the last goes out first */
} weir_stock;

/* ── engines come and go ── */

/* Admits an engine: *room is WEIR_ROOM_BYTES of zeroed memory that lives until weir_pool_dismiss,
 * *stock its account, with the floor in it. WEIR_ERR_ENGINES, or WEIR_ERR_MEMORY: nothing changed,
 * but that free memory may have gone back to make place for the room. */
int weir_pool_admit(weir_pool *pool, weir_stock **stock, void **room);

/* Takes back the stock and the room. All other pages of the engine must have been put back. `last`
 * is added to what weir_pool_stats sums for engines that are gone; it may lie in the room; NULL
 * adds nothing. */
void weir_pool_dismiss(weir_stock *stock, const weir_stats *last);

/* ── pages ── */

/* A page, or 0 if none can be had, or only one of the floor, or if the engines together have the
 * share of connections (WEIR_USE_CONN) or of fragments (WEIR_USE_FRAG: half of that is the engines'
 * in equal parts, the other half common). Its bytes are undefined; its descriptor is zero. */
weir_page weir_stock_take(weir_stock *stock, weir_page_use use);

/* The same, but may use the floor, and for WEIR_USE_CONN goes beyond the share by as many pages as
 * the engines' floors have. 0 only when that is spent too. */
weir_page weir_stock_take_floor(weir_stock *stock, weir_page_use use);

/* Puts a page back. Must be told the use that it was taken for. */
void weir_stock_put(weir_stock *stock, weir_page page, weir_page_use use);

/* 1 if connections and tables of all engines have their whole share of the limit. */
int weir_pool_conn_share_reached(const weir_pool *pool);

/* 1 if the share of fragments has no page more for this engine. */
int weir_stock_frag_share_reached(const weir_stock *stock);

/* 1 if the share has not what it last refused the engine, a page or scratch; 0 if it refused
 * nothing, or has it now: then it is the pool that is short. */
int weir_stock_frag_short(const weir_stock *stock);

/* `bytes` bytes in a row, at most WEIR_SCRATCH_BYTES: always the same memory, undefined but for
 * what the engine left there in this call. NULL if the share of fragments, the limit or the
 * platform refuses; nothing has changed then, but that free memory may have gone back to make
 * place. It is the engine's until weir_stock_scratch_return, or the end of an interval that did not
 * ask for it. */
uint8_t *weir_stock_scratch(weir_stock *stock, uint32_t bytes);

/* Gives it back to the system. */
void weir_stock_scratch_return(weir_stock *stock);

static inline uint8_t *weir_page_address(const weir_stock *stock, weir_page page)
{
    return stock->base + ((uint64_t)page << stock->page_shift);
}

static inline uint32_t weir_page_bytes(const weir_stock *stock)
{
    return (uint32_t)1 << stock->page_shift;
}

/* 32 bytes for whoever has the page, away from it and dense. Aligned to 32. */
static inline void *weir_page_descriptor(const weir_stock *stock, weir_page page)
{
    return stock->descriptors + (uint64_t)page * WEIR_DESCRIPTOR_BYTES;
}

/* ── time and pressure ── */

/* To be called as the engine's clock moves (a comparison when nothing is due): ends intervals, and
 * gives back at most one run. Returns 1 if another run waits. The clock may start anywhere and
 * never goes back. */
static inline int weir_pool_tick(weir_stock *stock, uint64_t now_ns);

/* What weir_pool_tick does when something is due. */
int weir_pool_tick_due(weir_stock *stock, uint64_t now_ns);

/* Off the packet path: fills up the warm slack by touching cold pages (at most 64 a call). Returns
 * 1 if more are to do. */
int weir_pool_warm(weir_stock *stock);

/* Puts the whole stock above the floor back, and the scratch (WEIR_ASK_STOCK). */
void weir_stock_return(weir_stock *stock);

/* Bytes committed beyond the limit after it was lowered and free memory went back; 0 as a rule.
 * O(1), no lock. */
uint64_t weir_pool_excess(const weir_pool *pool);

/* 1 if there is an excess, or somebody asks something of this engine. */
static inline int weir_stock_is_asked(const weir_stock *stock);

/* Tells the other engines who of this one would pay first: see the fields of weir_stock. */
static inline void weir_pool_publish_holder(weir_stock *stock, uint64_t clock_ns, uint64_t since_ns,
                                            uint32_t halved);

/* The engine whose first to pay has held longest by its own clock, halved as it says; NULL if none
 * has one. Another's account may be gone by the time you look at it: compare the address, no more.
 */
weir_stock *weir_pool_oldest_holder(weir_pool *pool);

/* Asks that engine to give up (WEIR_ASK_GIVE_UP). Returns 1 if it is another than the asker; 0 if
 * it is the asker himself, who is not asked, or there is none. */
int weir_pool_ask_oldest(weir_stock *asker);

/* The pool's limit now. */
uint64_t weir_pool_limit(const weir_pool *pool);

/* Bytes of pages in use (stocks included) and of their descriptors, the fixed part, and engine
 * rooms. For the watermark. O(1), no lock. */
uint64_t weir_pool_used(const weir_pool *pool);

/* watermark_percent of the configuration. */
uint32_t weir_pool_watermark(const weir_pool *pool);

/* frag_share_percent of the limit now, in bytes. */
uint64_t weir_pool_frag_share(const weir_pool *pool);

/* Where weir_pool_stats finds an engine's counters: the engine says so once, after it was admitted.
 * The sum reads them word by word, relaxed, while the engine works. */
void weir_pool_publish_stats(weir_stock *stock, const weir_stats *stats);

/* Verifies the equation above, the bitmaps against each other, and the engines' rooms and floors.
 * Waits for what is in transit. Slow: it reads all bitmaps. 1 if they hold. */
WEIR_COLD int weir_pool_check(weir_pool *pool);

/* Verifies the engine's own stock: its pages are the pool's, no two the same, none free. */
WEIR_COLD int weir_stock_check(weir_stock *stock);

static inline void weir_pool_publish_holder(weir_stock *stock, uint64_t clock_ns, uint64_t since_ns,
                                            uint32_t halved)
{
    atomic_store_explicit(&stock->clock_ns, clock_ns, memory_order_relaxed);
    atomic_store_explicit(&stock->oldest_since_ns, since_ns, memory_order_relaxed);
    atomic_store_explicit(&stock->oldest_halved, halved, memory_order_relaxed);
}

static inline int weir_stock_is_asked(const weir_stock *stock)
{
    return atomic_load_explicit(&stock->asks, memory_order_relaxed) != 0 ||
           atomic_load_explicit(stock->excess_bytes, memory_order_relaxed) != 0;
}

static inline int weir_pool_tick(weir_stock *stock, uint64_t now_ns)
{
    return now_ns < stock->due_ns ? 0 : weir_pool_tick_due(stock, now_ns);
}

#endif
