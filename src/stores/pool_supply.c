/* SPDX-License-Identifier: MIT */
#include "stores/pool_state.h"

#include <string.h>

/* A system page may be smaller than the platform's unit; never smaller than this. */
#define TOUCH_BYTES 4096u
#define WARM_PAGES  64u /* most that weir_pool_warm touches in a call: 1.4 to 2.3 us each */

static uint32_t above_floor(uint32_t count)
{
    return count > WEIR_FLOOR_PAGES ? count - WEIR_FLOOR_PAGES : 0;
}

/* ── between pool and stock; under the lock ── */

/* While there is an excess nobody stocks up, and each put comes to weir_pool_put_over. */
uint32_t weir_pool_grant_stock(weir_stock *stock)
{
    const weir_pool *pool = stock->pool;
    uint32_t most = weir_ledger_excess(&pool->ledger) > 0 ? WEIR_FLOOR_PAGES : pool->stock_most;
    atomic_store_explicit(&stock->most, most, memory_order_relaxed);
    return most;
}

/* Pages from `first` on came lowest first; the lowest shall go out first. */
static void turn_over(weir_stock *stock, uint32_t first)
{
    for (uint32_t last = stock->count; first + 1 < last; first++) {
        weir_page page = stock->pages[--last];
        stock->pages[last] = stock->pages[first];
        stock->pages[first] = page;
    }
}

/* The lowest entries are the oldest and, as a rule, the highest pages. */
static void put_bottom(weir_stock *stock, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        weir_pages_put(&stock->pool->pages, stock->pages[i]);
    stock->count -= count;
    memmove(stock->pages, stock->pages + count, stock->count * sizeof stock->pages[0]);
    stock->low = weir_min32(stock->low, stock->count);
}

/* Fills the floor and half of what may be above it. More than `keep` pages is enough to go on; for
 * less it waits while pages are in transit. */
static void refill(weir_stock *stock, uint32_t keep)
{
    weir_pool *pool = stock->pool;
    uint32_t first = stock->count;
    pthread_mutex_lock(&pool->lock);
    uint32_t half = above_floor(weir_pool_grant_stock(stock)) / 2;
    uint32_t target = WEIR_FLOOR_PAGES + (half > 0 ? half : 1);
    while (stock->count < target) {
        weir_page page = weir_pages_take(&pool->pages);
        if (page)
            stock->pages[stock->count++] = page;
        else if (stock->count > keep || !weir_pool_wait_moved(pool))
            break;
    }
    pthread_mutex_unlock(&pool->lock);
    turn_over(stock, first);
}

static void put_back(weir_stock *stock, uint32_t count)
{
    weir_pool *pool = stock->pool;
    pthread_mutex_lock(&pool->lock);
    put_bottom(stock, count);
    (void)weir_pool_grant_stock(stock);
    pthread_mutex_unlock(&pool->lock);
}

/* ── take and put ── */

static int charge_up_to(_Atomic uint32_t *counter, uint32_t most, uint32_t pages)
{
    uint32_t now = atomic_load_explicit(counter, memory_order_relaxed);
    while (now + pages <= most) {
        if (atomic_compare_exchange_weak_explicit(counter, &now, now + pages, memory_order_relaxed,
                                                  memory_order_relaxed))
            return 1;
    }
    return 0;
}

static int charge_conn(weir_pool *pool, const _Atomic uint32_t *most)
{
    return charge_up_to(&pool->conn_pages, atomic_load_explicit(most, memory_order_relaxed), 1);
}

static void discharge_conn(weir_pool *pool)
{
    atomic_fetch_sub_explicit(&pool->conn_pages, 1, memory_order_relaxed);
}

/* What the engine shall have beyond its own part, it has of the common one. */
static int charge_common(weir_stock *stock, uint32_t over)
{
    weir_pool *pool = stock->pool;
    uint32_t most = atomic_load_explicit(&pool->frag_common_most, memory_order_relaxed);
    if (over <= stock->frag_over) return 1;
    if (!charge_up_to(&pool->frag_common, most, over - stock->frag_over)) return 0;
    stock->frag_over = over;
    return 1;
}

int weir_pool_charge_frag(weir_stock *stock, uint32_t pages)
{
    weir_pool *pool = stock->pool;
    uint32_t most = atomic_load_explicit(&pool->frag_most, memory_order_relaxed);
    stock->frag_wanted = pages;
    if (!charge_up_to(&pool->frag_pages, most, pages)) return 0;
    if (!charge_common(stock, weir_pool_frag_over(stock, pages))) {
        atomic_fetch_sub_explicit(&pool->frag_pages, pages, memory_order_relaxed);
        return 0;
    }
    stock->frag_wanted = 0;
    stock->frag_pages += pages;
    return 1;
}

void weir_pool_discharge_frag(weir_stock *stock, uint32_t pages)
{
    weir_pool *pool = stock->pool;
    WEIR_ASSERT(stock->frag_pages >= pages);
    atomic_fetch_sub_explicit(&pool->frag_pages, pages, memory_order_relaxed);
    stock->frag_pages -= pages;
    uint32_t over = weir_pool_frag_over(stock, 0);
    if (stock->frag_over <= over) return;
    atomic_fetch_sub_explicit(&pool->frag_common, stock->frag_over - over, memory_order_relaxed);
    stock->frag_over = over;
}

/* What is counted is charged first and taken after. */
static int charge(weir_stock *stock, weir_page_use use, uint32_t keep)
{
    weir_pool *pool = stock->pool;
    if (use == WEIR_USE_FRAG) return weir_pool_charge_frag(stock, 1);
    if (use == WEIR_USE_HOLD) return 1;
    return charge_conn(pool, keep > 0 ? &pool->conn_most : &pool->conn_most_floor);
}

static void discharge(weir_stock *stock, weir_page_use use)
{
    if (use == WEIR_USE_FRAG) weir_pool_discharge_frag(stock, 1);
    if (use == WEIR_USE_CONN) discharge_conn(stock->pool);
}

static weir_page refuse(weir_pool *pool)
{
    atomic_fetch_add_explicit(&pool->refused, 1, memory_order_relaxed);
    return 0;
}

weir_page weir_pool_take_scarce(weir_stock *stock, weir_page_use use, uint32_t keep)
{
    weir_pool *pool = stock->pool;
    if (!charge(stock, use, keep)) return refuse(pool);
    if (stock->count <= WEIR_FLOOR_PAGES) refill(stock, keep);
    if (stock->count > keep) return weir_pool_hand_out(stock);
    discharge(stock, use);
    return refuse(pool);
}

void weir_pool_put_over(weir_stock *stock, weir_page_use use)
{
    discharge(stock, use);
    if (stock->count <= atomic_load_explicit(&stock->most, memory_order_relaxed)) return;
    int excess = weir_ledger_excess(&stock->pool->ledger) > 0;
    uint32_t above = above_floor(stock->count);
    put_back(stock, excess ? above : (above + 1) / 2);
    if (excess) (void)weir_pool_return_due(stock->pool, 1);
}

void weir_pool_put_stock(weir_stock *stock)
{
    put_back(stock, above_floor(stock->count));
}

void weir_stock_return(weir_stock *stock)
{
    weir_pool_put_stock(stock);
    weir_stock_scratch_return(stock);
    if (weir_ledger_excess(&stock->pool->ledger) > 0) (void)weir_pool_return_due(stock->pool, 1);
}

/* ── time ── */

/* What stayed in stock for the interval goes back; the rest is exchanged for the lowest warm pages,
 * so that a stock does not hold the top of the pool up: its floor would stay there for good. */
static void settle_stock(weir_stock *stock)
{
    weir_pages *pages = &stock->pool->pages;
    uint32_t keep = stock->count - above_floor(stock->low);
    put_bottom(stock, stock->count);
    while (stock->count < keep)
        stock->pages[stock->count++] = weir_pages_take(pages);
    turn_over(stock, 0);
}

/* Who has seen the whole interval by his own clock ends it for all. */
static void end_interval(weir_stock *stock, uint64_t now_ns)
{
    weir_pool *pool = stock->pool;
    pthread_mutex_lock(&pool->lock);
    settle_stock(stock);
    if (stock->epoch == pool->epoch) {
        uint32_t low = pool->pages.low;
        pool->due = low > pool->slack ? low - pool->slack : 0;
        pool->pages.low = pool->pages.warm.set;
        pool->epoch++;
    }
    stock->epoch = pool->epoch;
    (void)weir_pool_grant_stock(stock);
    pthread_mutex_unlock(&pool->lock);
    stock->epoch_ns = now_ns;
    stock->low = stock->count;
    if (!stock->scratch_used) weir_stock_scratch_return(stock);
    stock->scratch_used = 0;
}

int weir_pool_tick_due(weir_stock *stock, uint64_t now_ns)
{
    uint64_t end_ns = weir_add_saturating(stock->epoch_ns, WEIR_POOL_INTERVAL_NS);
    if (stock->epoch == 0 || now_ns >= end_ns) end_interval(stock, now_ns);
    int more = weir_pool_return_due(stock->pool, 0);
    stock->due_ns = more ? 0 : weir_add_saturating(stock->epoch_ns, WEIR_POOL_INTERVAL_NS);
    return more;
}

/* ── warming ── */

static void touch(const weir_stock *stock, weir_page page)
{
    volatile uint8_t *byte = weir_page_address(stock, page);
    uint32_t bytes = weir_page_bytes(stock);
    weir_unpoison(weir_page_address(stock, page), bytes);
    for (uint32_t at = 0; at < bytes; at += TOUCH_BYTES)
        byte[at] = 0;
    weir_poison(weir_page_address(stock, page), bytes);
}

/* Takes pages of cold groups, as many as the slack lacks. Returns how many. */
static uint32_t take_cold(weir_pool *pool, weir_page *taken)
{
    weir_pages *pages = &pool->pages;
    uint32_t count = 0, in_group = 0;
    weir_page page = 0;
    while (count < WARM_PAGES && pages->warm.set + count < pool->slack) {
        if (in_group == 0) {
            page = weir_pages_warm(pages);
            if (page == 0) break;
            in_group = weir_pages_in(pages, page >> pages->plan.group_shift);
        }
        weir_pages_take_this(pages, page);
        taken[count++] = page++;
        in_group--;
    }
    return count;
}

int weir_pool_warm(weir_stock *stock)
{
    weir_pool *pool = stock->pool;
    weir_page taken[WARM_PAGES];
    weir_pool_enter_moving(pool);
    pthread_mutex_lock(&pool->lock);
    uint32_t count = take_cold(pool, taken);
    pool->in_motion = count > 0;
    pthread_mutex_unlock(&pool->lock);
    for (uint32_t i = 0; i < count; i++)
        touch(stock, taken[i]);
    pthread_mutex_lock(&pool->lock);
    for (uint32_t i = 0; i < count; i++)
        weir_pages_put(&pool->pages, taken[i]);
    pool->in_motion = 0;
    int more = count > 0 && pool->pages.warm.set < pool->slack;
    pthread_mutex_unlock(&pool->lock);
    weir_pool_leave_moving(pool);
    return more;
}
