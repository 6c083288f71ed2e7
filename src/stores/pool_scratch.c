/* SPDX-License-Identifier: MIT */
/* Memory in a row, an engine's own: neither pages nor the lock are in its way once it is there. */
#include "stores/pool_state.h"

static uint8_t *address(const weir_stock *stock)
{
    const weir_pool *pool = stock->pool;
    return pool->scratch_area.at + stock->slot * pool->pages.plan.scratch_bytes;
}

/* The place of its first unit in the bitmap. */
static uint32_t first_unit(const weir_stock *stock)
{
    const weir_plan *plan = &stock->pool->pages.plan;
    return (uint32_t)(stock->slot * (plan->scratch_bytes / plan->unit_bytes));
}

/* Pages that so many bytes count for in the share. */
static uint32_t pages_of(const weir_stock *stock, uint64_t bytes)
{
    return (uint32_t)((bytes + weir_page_bytes(stock) - 1) >> stock->page_shift);
}

/* Under the lock: the first `units` units are committed and charged. Those that an engine before
 * could not give back still are. */
static int commit(weir_pool *pool, const weir_stock *stock, uint32_t units)
{
    const weir_plan *plan = &pool->pages.plan;
    uint32_t first = first_unit(stock), fresh = 0;
    for (uint32_t unit = first; unit < first + units; unit++)
        fresh += !weir_bitmap_has(&pool->scratch, unit);
    if (!weir_ledger_fits(&pool->ledger, fresh * plan->unit_bytes)) return 0;
    if (!weir_area_ready(&pool->scratch_area, &pool->pages.platform,
                         (stock->slot + 1) * plan->scratch_bytes))
        return 0;
    weir_ledger_charge(&pool->ledger, fresh * plan->unit_bytes);
    for (uint32_t unit = first; unit < first + units; unit++)
        if (!weir_bitmap_has(&pool->scratch, unit)) weir_bitmap_set(&pool->scratch, unit);
    weir_pool_count_outside(pool);
    return 1;
}

static int try_commit(weir_stock *stock, uint64_t bytes)
{
    weir_pool *pool = stock->pool;
    pthread_mutex_lock(&pool->lock);
    int done = commit(pool, stock, (uint32_t)(bytes / pool->pages.plan.unit_bytes));
    if (done) stock->scratch_bytes = (uint32_t)bytes; /* weir_pool_check reads it from any thread */
    pthread_mutex_unlock(&pool->lock);
    return done;
}

/* Scratch is not made of pages: at the limit, free ones make place for it only by going back. */
static int make_place(weir_stock *stock, uint64_t bytes)
{
    weir_pool_put_stock(stock);
    return weir_pool_return_some(stock->pool, pages_of(stock, bytes) + 1) > 0 &&
           try_commit(stock, bytes);
}

static int grow(weir_stock *stock, uint64_t bytes)
{
    uint32_t pages = pages_of(stock, bytes) - pages_of(stock, stock->scratch_bytes);
    if (!weir_pool_charge_frag(stock, pages)) return 0;
    if (!try_commit(stock, bytes) && !make_place(stock, bytes)) {
        weir_pool_discharge_frag(stock, pages);
        return 0;
    }
    return 1;
}

uint8_t *weir_stock_scratch(weir_stock *stock, uint32_t bytes)
{
    uint64_t whole = weir_round_up(bytes, stock->pool->pages.plan.unit_bytes);
    uint8_t *at = address(stock);
    WEIR_ASSERT(bytes > 0 && bytes <= WEIR_SCRATCH_BYTES);
    if (whole > stock->scratch_bytes && !grow(stock, whole)) {
        atomic_fetch_add_explicit(&stock->pool->refused, 1, memory_order_relaxed);
        return NULL;
    }
    stock->scratch_used = 1;
    weir_poison(at, stock->scratch_bytes);
    weir_unpoison(at, bytes);
    return at;
}

/* Nobody else touches these units, so the lock is not needed while the platform works on them. */
void weir_stock_scratch_return(weir_stock *stock)
{
    weir_pool *pool = stock->pool;
    const weir_platform *platform = &pool->pages.platform;
    uint64_t bytes = stock->scratch_bytes;
    if (bytes == 0) return;
    weir_poison(address(stock), bytes);
    int kept = platform->give_back(platform->user, address(stock), bytes);
    pthread_mutex_lock(&pool->lock);
    if (kept) {
        weir_ledger_kept(&pool->ledger, bytes);
    } else {
        weir_bitmap_clear_range(&pool->scratch, first_unit(stock),
                                (uint32_t)(bytes / pool->pages.plan.unit_bytes));
        weir_ledger_gave_back(&pool->ledger, bytes);
        weir_pool_count_outside(pool);
    }
    stock->scratch_bytes = 0;
    pthread_mutex_unlock(&pool->lock);
    weir_pool_discharge_frag(stock, pages_of(stock, bytes));
}
