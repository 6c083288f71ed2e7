/* SPDX-License-Identifier: MIT */
#include "stores/pool_state.h"

#include "ground/versioned.h"

void weir_memory_init_sized(weir_memory *given, size_t struct_size)
{
    const weir_memory own = {.struct_size = 0};
    weir_versioned_init(given, struct_size, &own, sizeof own);
}

/* ── numbers, without the lock ── */

uint64_t weir_pool_limit(const weir_pool *pool)
{
    return weir_ledger_limit(&pool->ledger);
}

uint64_t weir_pool_excess(const weir_pool *pool)
{
    return weir_ledger_excess(&pool->ledger);
}

uint64_t weir_pool_used(const weir_pool *pool)
{
    uint64_t page = ((uint64_t)1 << pool->pages.plan.page_shift) + WEIR_DESCRIPTOR_BYTES;
    return atomic_load_explicit(&pool->outside_bytes, memory_order_relaxed) +
           weir_pages_used(&pool->pages) * page;
}

uint32_t weir_pool_watermark(const weir_pool *pool)
{
    return pool->config.watermark_percent;
}

uint64_t weir_pool_frag_share(const weir_pool *pool)
{
    return weir_pool_limit(pool) / 100 * pool->config.frag_share_percent;
}

static uint32_t conn_pages(const weir_pool *pool)
{
    return atomic_load_explicit(&pool->conn_pages, memory_order_relaxed);
}

static uint32_t frag_pages(const weir_pool *pool)
{
    return atomic_load_explicit(&pool->frag_pages, memory_order_relaxed);
}

static int frag_has_room(const weir_stock *stock, uint32_t pages)
{
    const weir_pool *pool = stock->pool;
    uint32_t most = atomic_load_explicit(&pool->frag_most, memory_order_relaxed);
    uint32_t common_most = atomic_load_explicit(&pool->frag_common_most, memory_order_relaxed);
    uint32_t common = atomic_load_explicit(&pool->frag_common, memory_order_relaxed);
    uint32_t over = weir_pool_frag_over(stock, pages);
    return frag_pages(pool) + pages <= most &&
           (over <= stock->frag_over || common + over - stock->frag_over <= common_most);
}

int weir_stock_frag_share_reached(const weir_stock *stock)
{
    return !frag_has_room(stock, 1);
}

int weir_stock_frag_short(const weir_stock *stock)
{
    return stock->frag_wanted > 0 && !frag_has_room(stock, stock->frag_wanted);
}

int weir_pool_conn_share_reached(const weir_pool *pool)
{
    return conn_pages(pool) >= atomic_load_explicit(&pool->conn_most, memory_order_relaxed);
}

/* ── engines ── */

static uint32_t asked(weir_stock *stock)
{
    return atomic_load_explicit(&stock->asks, memory_order_relaxed);
}

static uint32_t silent_engines(const weir_pool *pool)
{
    uint32_t silent = 0;
    weir_stock *stock = weir_pool_engine_from(pool, 0);
    for (; stock; stock = weir_pool_engine_from(pool, stock->slot + 1))
        silent += asked(stock) != 0;
    return silent;
}

/* By its own clock: those of two engines may be years apart. 0: no hole. */
static uint64_t hole_age(weir_stock *stock)
{
    uint64_t since = atomic_load_explicit(&stock->oldest_since_ns, memory_order_relaxed);
    uint64_t now = atomic_load_explicit(&stock->clock_ns, memory_order_relaxed);
    uint32_t halved = atomic_load_explicit(&stock->oldest_halved, memory_order_relaxed);
    if (since == WEIR_NEVER) return 0;
    return now > since ? ((now - since) >> halved) + 1 : 1;
}

static weir_stock *oldest_holder(weir_pool *pool)
{
    weir_stock *oldest = NULL;
    uint64_t oldest_age = 0;
    weir_stock *stock = weir_pool_engine_from(pool, 0);
    for (; stock; stock = weir_pool_engine_from(pool, stock->slot + 1)) {
        uint64_t age = hole_age(stock);
        if (age <= oldest_age) continue;
        oldest = stock;
        oldest_age = age;
    }
    return oldest;
}

weir_stock *weir_pool_oldest_holder(weir_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    weir_stock *oldest = oldest_holder(pool);
    pthread_mutex_unlock(&pool->lock);
    return oldest;
}

int weir_pool_ask_oldest(weir_stock *asker)
{
    weir_pool *pool = asker->pool;
    pthread_mutex_lock(&pool->lock);
    weir_stock *oldest = oldest_holder(pool);
    int other = oldest && oldest != asker;
    if (other) atomic_fetch_or_explicit(&oldest->asks, WEIR_ASK_GIVE_UP, memory_order_relaxed);
    pthread_mutex_unlock(&pool->lock);
    return other;
}

/* ── reports ── */

static void snapshot(weir_pool *pool, weir_memory *memory)
{
    const weir_ledger *ledger = &pool->ledger;
    weir_memory_init(memory);
    memory->limit_bytes = weir_ledger_limit(ledger);
    memory->committed_bytes = ledger->committed_bytes;
    memory->peak_bytes = ledger->peak_bytes;
    memory->used_bytes = weir_pool_used(pool);
    memory->returned_bytes = ledger->returned_bytes;
    memory->not_returned_bytes = ledger->not_returned_bytes;
    memory->conn_bytes = (uint64_t)conn_pages(pool) << pool->pages.plan.page_shift;
    memory->refused = atomic_load_explicit(&pool->refused, memory_order_relaxed);
    memory->frag_bytes = (uint64_t)frag_pages(pool) << pool->pages.plan.page_shift;
    memory->engines = pool->engines;
    memory->silent_engines = silent_engines(pool);
}

int weir_pool_memory(weir_pool *pool, weir_memory *memory)
{
    weir_memory own;
    if (!pool || !memory) return WEIR_ERR_ARGUMENT;
    pthread_mutex_lock(&pool->lock);
    snapshot(pool, &own);
    pthread_mutex_unlock(&pool->lock);
    return weir_versioned_fill(memory, &own, sizeof own);
}

void weir_pool_publish_stats(weir_stock *stock, const weir_stats *stats)
{
    pthread_mutex_lock(&stock->pool->lock);
    stock->stats = stats;
    pthread_mutex_unlock(&stock->pool->lock);
}

/* Its engine may go on counting: each word is whole, the equations between them hold nearly. */
void weir_pool_add_stats(weir_stats *sum, const weir_stats *one)
{
    uint64_t *to = &sum->packets;
    const _Atomic uint64_t *from = (const _Atomic uint64_t *)&one->packets;
    size_t words = (sizeof *sum - offsetof(weir_stats, packets)) / sizeof *to;
    for (size_t i = 0; i < words; i++)
        to[i] += atomic_load_explicit(&from[i], memory_order_relaxed);
}

int weir_pool_stats(weir_pool *pool, weir_stats *stats)
{
    if (!pool || !stats) return WEIR_ERR_ARGUMENT;
    pthread_mutex_lock(&pool->lock);
    weir_stats sum = pool->gone;
    weir_stock *stock = weir_pool_engine_from(pool, 0);
    for (; stock; stock = weir_pool_engine_from(pool, stock->slot + 1)) {
        if (stock->stats) weir_pool_add_stats(&sum, stock->stats);
    }
    pthread_mutex_unlock(&pool->lock);
    return weir_versioned_fill(stats, &sum, sizeof sum);
}

/* ── audit ── */

int weir_stock_check(weir_stock *stock)
{
    weir_pool *pool = stock->pool;
    int holds = stock->count <= WEIR_FLOOR_PAGES + WEIR_STOCK_PAGES && stock->low <= stock->count &&
                stock->frag_over <= stock->frag_pages;
    pthread_mutex_lock(&pool->lock);
    for (uint32_t i = 0; holds && i < stock->count; i++) {
        weir_page page = stock->pages[i];
        holds = page > 0 && page < pool->pages.plan.pages &&
                !weir_bitmap_has(&pool->pages.warm, page) &&
                !weir_bitmap_has(&pool->pages.cold, page >> pool->pages.plan.group_shift);
        for (uint32_t j = 0; holds && j < i; j++)
            holds = stock->pages[j] != page;
    }
    pthread_mutex_unlock(&pool->lock);
    return holds;
}

/* Engines' rooms are committed; each owns a floor, in stock or in its hands. */
static int engines_hold(const weir_pool *pool)
{
    const weir_plan *plan = &pool->pages.plan;
    uint32_t engines = 0, scratch_units = 0;
    weir_stock *stock = weir_pool_engine_from(pool, 0);
    for (; stock; stock = weir_pool_engine_from(pool, stock->slot + 1)) {
        uint64_t at = stock->slot * plan->slot_bytes, last = at + plan->slot_bytes - 1;
        uint32_t first = (uint32_t)(at / plan->unit_bytes);
        uint32_t count = (uint32_t)(last / plan->unit_bytes) - first + 1;
        if (!weir_bitmap_has_range(&pool->rooms, first, count)) return 0;
        scratch_units += (uint32_t)(stock->scratch_bytes / plan->unit_bytes);
        engines++;
    }
    return engines == pool->engines && scratch_units <= pool->scratch.set &&
           weir_pages_used(&pool->pages) >= engines * WEIR_FLOOR_PAGES;
}

/* What an engine is about to take is charged to the share a moment before it is used: one page
 * each. */
static int pool_holds(const weir_pool *pool)
{
    uint64_t outside = weir_pool_outside(pool);
    uint32_t used = weir_pages_used(&pool->pages);
    return weir_bitmap_check(&pool->vacant) && weir_bitmap_check(&pool->rooms) &&
           weir_bitmap_check(&pool->scratch) &&
           outside == atomic_load_explicit(&pool->outside_bytes, memory_order_relaxed) &&
           conn_pages(pool) <= used + pool->engines &&
           (pool->engines > 0 || frag_pages(pool) == 0) && (pool->engines > 0 || used == 0) &&
           engines_hold(pool) && weir_pages_check(&pool->pages, outside);
}

int weir_pool_check(weir_pool *pool)
{
    weir_pool_enter_moving(pool);
    pthread_mutex_lock(&pool->lock);
    int holds = pool_holds(pool);
    pthread_mutex_unlock(&pool->lock);
    weir_pool_leave_moving(pool);
    return holds;
}
