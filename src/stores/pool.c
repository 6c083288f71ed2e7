/* SPDX-License-Identifier: MIT */
#include "stores/pool.h"

#include <string.h>

#include "stores/pool_state.h"

/* Warm memory that stays: this, or a sixteenth of the limit. */
#define SLACK_BYTES ((uint64_t)262144)

static uint64_t header_bytes(void)
{
    return weir_round_up(sizeof(struct weir_pool), 64);
}

/* ── life ── */

uint64_t weir_pool_smallest_limit(const weir_pool_config *given)
{
    weir_pool_config config;
    if (!given || weir_plan_read(&config, given)) return 0;
    return weir_plan_smallest(&config, header_bytes());
}

/* The configuration as verified, and the plan for it. */
static int make_plan(const weir_pool_config *given, weir_pool_config *config, weir_plan *plan)
{
    int error = weir_plan_read(config, given);
    if (error) return error;
    if (config->ceiling_bytes == 0) config->ceiling_bytes = config->limit_bytes;
    if (config->limit_bytes > config->ceiling_bytes) return WEIR_ERR_LIMIT_TOO_LARGE;
    error = weir_plan_make(plan, config, config->ceiling_bytes, header_bytes());
    if (error) return error;
    if (config->limit_bytes < weir_plan_need(plan, config, 1)) return WEIR_ERR_LIMIT_TOO_SMALL;
    return WEIR_OK;
}

/* Address space, and the fixed part committed. */
static int reserve(const weir_platform *platform, const weir_plan *plan, uint8_t **reservation)
{
    uint8_t *at = platform->reserve(platform->user, plan->total_bytes);
    int error = WEIR_OK;
    if (!at) return WEIR_ERR_MEMORY;
    if ((uintptr_t)at & (uintptr_t)(plan->unit_bytes - 1))
        error = WEIR_ERR_ARGUMENT;
    else if (platform->commit(platform->user, at, plan->fixed_bytes))
        error = WEIR_ERR_MEMORY;
    if (error) platform->release(platform->user, at, plan->total_bytes);
    *reservation = at;
    return error;
}

/* What each engine may have, from the limit and their number. */
static void share_out(weir_pool *pool)
{
    uint32_t shift = pool->pages.plan.page_shift;
    uint64_t limit = weir_ledger_limit(&pool->ledger);
    uint64_t share = limit * pool->config.conn_share_percent / 100 >> shift;
    uint64_t each = (limit >> shift) / 64 / (pool->engines > 0 ? pool->engines : 1);
    uint64_t floors = (uint64_t)pool->engines * WEIR_FLOOR_PAGES;
    uint64_t fragments = weir_pool_frag_share(pool) >> shift;
    uint64_t part = fragments / 2 / (pool->engines > 0 ? pool->engines : 1);
    pool->slack = (uint32_t)(weir_min64(SLACK_BYTES, limit / 16) >> shift);
    pool->stock_most = WEIR_FLOOR_PAGES + (uint32_t)weir_min64(each, WEIR_STOCK_PAGES);
    atomic_store_explicit(&pool->frag_most, (uint32_t)fragments, memory_order_relaxed);
    atomic_store_explicit(&pool->frag_own, (uint32_t)part, memory_order_relaxed);
    atomic_store_explicit(&pool->frag_common_most, (uint32_t)(fragments - part * pool->engines),
                          memory_order_relaxed);
    atomic_store_explicit(&pool->conn_most, (uint32_t)share, memory_order_relaxed);
    atomic_store_explicit(&pool->conn_most_floor, (uint32_t)(share + floors), memory_order_relaxed);
    weir_stock *stock = weir_pool_engine_from(pool, 0);
    for (; stock; stock = weir_pool_engine_from(pool, stock->slot + 1))
        (void)weir_pool_grant_stock(stock);
}

uint64_t weir_pool_outside(const weir_pool *pool)
{
    const weir_plan *plan = &pool->pages.plan;
    return plan->fixed_bytes + (pool->rooms.set + pool->scratch.set) * plan->unit_bytes;
}

void weir_pool_count_outside(weir_pool *pool)
{
    atomic_store_explicit(&pool->outside_bytes, weir_pool_outside(pool), memory_order_relaxed);
}

static int make_mutexes(weir_pool *pool)
{
    if (pthread_mutex_init(&pool->lock, NULL)) return WEIR_ERR_MEMORY;
    if (pthread_mutex_init(&pool->moving, NULL) == 0) {
        if (pthread_mutex_init(&pool->gate, NULL) == 0) return WEIR_OK;
        pthread_mutex_destroy(&pool->moving);
    }
    pthread_mutex_destroy(&pool->lock);
    return WEIR_ERR_MEMORY;
}

/* In the committed fixed part, whose bytes are undefined: bitmaps behind the header as in
 * pool_plan.c. */
static void furnish(weir_pool *pool, const weir_pool_config *config, const weir_plan *plan)
{
    uint8_t *reservation = (uint8_t *)pool;
    uint8_t *at = reservation + header_bytes();
    uint32_t units = weir_plan_room_units(plan), scratch_units = weir_plan_scratch_units(plan);
    pool->config = *config;
    pool->epoch = 1;
    weir_bitmap_init(&pool->vacant, at, config->max_engines);
    at += weir_bitmap_bytes(config->max_engines);
    weir_bitmap_set_range(&pool->vacant, 0, config->max_engines);
    weir_bitmap_init(&pool->rooms, at, units);
    at += weir_bitmap_bytes(units);
    weir_bitmap_init(&pool->scratch, at, scratch_units);
    at += weir_bitmap_bytes(scratch_units);
    pool->room_area = (weir_area){reservation + plan->rooms_at, units * plan->unit_bytes, 0};
    pool->scratch_area =
        (weir_area){reservation + plan->scratch_at, scratch_units * plan->unit_bytes, 0};
    at = weir_pages_init(&pool->pages, plan, &pool->ledger, &config->platform, reservation, at);
    WEIR_ASSERT(at <= reservation + plan->fixed_bytes);
    (void)at;
    weir_ledger_set_limit(&pool->ledger, config->limit_bytes);
    weir_ledger_charge(&pool->ledger, plan->fixed_bytes);
    share_out(pool);
    weir_pool_count_outside(pool);
}

int weir_pool_create(const weir_pool_config *given, weir_pool **pool)
{
    weir_pool_config config;
    weir_plan plan;
    uint8_t *reservation;
    if (!given || !pool) return WEIR_ERR_ARGUMENT;
    int error = make_plan(given, &config, &plan);
    if (!error) error = reserve(&config.platform, &plan, &reservation);
    if (error) return error;
    weir_pool *made = (weir_pool *)(void *)reservation;
    memset(made, 0, sizeof *made);
    error = make_mutexes(made);
    if (error) {
        config.platform.release(config.platform.user, reservation, plan.total_bytes);
        return error;
    }
    furnish(made, &config, &plan);
    *pool = made;
    return WEIR_OK;
}

int weir_pool_destroy(weir_pool *pool)
{
    if (!pool) return WEIR_OK;
    pthread_mutex_lock(&pool->lock);
    uint32_t engines = pool->engines;
    pthread_mutex_unlock(&pool->lock);
    if (engines > 0) return WEIR_ERR_BUSY;
    weir_platform platform = pool->config.platform;
    uint64_t bytes = pool->pages.plan.total_bytes;
    weir_unpoison(pool, bytes);
    pthread_mutex_destroy(&pool->gate);
    pthread_mutex_destroy(&pool->moving);
    pthread_mutex_destroy(&pool->lock);
    platform.release(platform.user, pool, bytes);
    return WEIR_OK;
}

/* ── the limit ── */

static int change_limit(weir_pool *pool, uint64_t limit_bytes)
{
    uint32_t engines = pool->engines > 0 ? pool->engines : 1;
    if (limit_bytes > pool->config.ceiling_bytes) return WEIR_ERR_LIMIT_TOO_LARGE;
    if (limit_bytes < weir_ledger_limit(&pool->ledger) &&
        limit_bytes < weir_plan_need(&pool->pages.plan, &pool->config, engines))
        return WEIR_ERR_LIMIT_TOO_SMALL;
    weir_ledger_set_limit(&pool->ledger, limit_bytes);
    share_out(pool); /* also tells the stocks of an excess */
    return WEIR_OK;
}

void weir_pool_ask_all(weir_pool *pool, uint32_t asks)
{
    weir_stock *stock = weir_pool_engine_from(pool, 0);
    for (; stock; stock = weir_pool_engine_from(pool, stock->slot + 1))
        atomic_fetch_or_explicit(&stock->asks, asks, memory_order_relaxed);
}

int weir_pool_set_limit(weir_pool *pool, uint64_t limit_bytes)
{
    if (!pool) return WEIR_ERR_ARGUMENT;
    pthread_mutex_lock(&pool->lock);
    int error = change_limit(pool, limit_bytes);
    pthread_mutex_unlock(&pool->lock);
    if (error || weir_ledger_excess(&pool->ledger) == 0) return error;
    (void)weir_pool_return_excess(pool);
    pthread_mutex_lock(&pool->lock);
    if (weir_ledger_excess(&pool->ledger) > 0) weir_pool_ask_all(pool, WEIR_ASK_STOCK);
    pthread_mutex_unlock(&pool->lock);
    return WEIR_OK;
}

uint64_t weir_pool_trim(weir_pool *pool)
{
    if (!pool) return 0;
    pthread_mutex_lock(&pool->lock);
    weir_pool_ask_all(pool, WEIR_ASK_STOCK);
    pthread_mutex_unlock(&pool->lock);
    return weir_pool_return_warm(pool);
}

/* ── engines come and go ── */

static weir_stock *stock_at(const weir_pool *pool, uint32_t slot)
{
    return (weir_stock *)(void *)(pool->room_area.at + slot * pool->pages.plan.slot_bytes);
}

weir_stock *weir_pool_engine_from(const weir_pool *pool, uint32_t slot)
{
    while (slot < pool->config.max_engines && weir_bitmap_has(&pool->vacant, slot))
        slot++;
    return slot < pool->config.max_engines ? stock_at(pool, slot) : NULL;
}

/* The units that a place lies in: [*first, *end). */
static void units_of(const weir_pool *pool, uint32_t slot, uint32_t *first, uint32_t *end)
{
    const weir_plan *plan = &pool->pages.plan;
    *first = (uint32_t)(slot * plan->slot_bytes / plan->unit_bytes);
    *end = (uint32_t)(((slot + 1) * plan->slot_bytes - 1) / plan->unit_bytes) + 1;
}

/* What a place still costs: its units that no neighbour's room has committed. */
static uint64_t cost_of(const weir_pool *pool, uint32_t slot)
{
    uint32_t first, end;
    uint64_t bytes = 0;
    units_of(pool, slot, &first, &end);
    for (uint32_t unit = first; unit < end; unit++) {
        if (!weir_bitmap_has(&pool->rooms, unit)) bytes += pool->pages.plan.unit_bytes;
    }
    return bytes;
}

static int can_admit(weir_pool *pool, uint32_t slot)
{
    return weir_pages_secure(&pool->pages, WEIR_FLOOR_PAGES, cost_of(pool, slot)) &&
           weir_area_ready(&pool->room_area, &pool->pages.platform,
                           (slot + 1) * pool->pages.plan.slot_bytes);
}

/* A new account, without pages. */
static void open_account(weir_pool *pool, weir_stock *stock, uint32_t slot)
{
    weir_unpoison(stock, pool->pages.plan.slot_bytes);
    memset(stock, 0, (size_t)pool->pages.plan.slot_bytes);
    stock->pool = pool;
    stock->base = pool->pages.page_area.at;
    stock->descriptors = pool->pages.cover_area.at;
    stock->page_shift = pool->pages.plan.page_shift;
    stock->slot = slot;
    atomic_init(&stock->most, 0);
    atomic_init(&stock->asks, 0);
    stock->excess_bytes = &pool->ledger.excess_bytes;
    atomic_init(&stock->clock_ns, 0);
    atomic_init(&stock->oldest_since_ns, WEIR_NEVER);
}

/* Nothing here can be refused: can_admit was asked. */
static weir_stock *admit(weir_pool *pool, uint32_t slot)
{
    uint32_t first, end;
    weir_stock *stock = stock_at(pool, slot);
    weir_ledger_charge(&pool->ledger, cost_of(pool, slot));
    units_of(pool, slot, &first, &end);
    weir_bitmap_set_range(&pool->rooms, first, end - first);
    open_account(pool, stock, slot);
    weir_bitmap_clear(&pool->vacant, slot);
    pool->engines++;
    weir_pool_count_outside(pool);
    share_out(pool);
    for (uint32_t i = WEIR_FLOOR_PAGES; i-- > 0;)
        stock->pages[i] = weir_pages_take(&pool->pages);
    stock->count = stock->low = WEIR_FLOOR_PAGES;
    return stock;
}

/* With `moving` held nothing is in transit, so a refusal is final. */
static int try_admit(weir_pool *pool, weir_stock **stock)
{
    int error = WEIR_OK;
    weir_pool_enter_moving(pool);
    pthread_mutex_lock(&pool->lock);
    uint32_t slot = weir_bitmap_next(&pool->vacant, 0);
    if (slot == WEIR_BITMAP_NONE)
        error = WEIR_ERR_ENGINES;
    else if (!can_admit(pool, slot))
        error = WEIR_ERR_MEMORY;
    else
        *stock = admit(pool, slot);
    pthread_mutex_unlock(&pool->lock);
    weir_pool_leave_moving(pool);
    return error;
}

/* A room is not made of pages: at the limit, warm ones make place for it only by going back. */
int weir_pool_admit(weir_pool *pool, weir_stock **stock, void **room)
{
    int error = try_admit(pool, stock);
    if (error == WEIR_ERR_MEMORY && weir_pool_return_warm(pool) > 0) error = try_admit(pool, stock);
    if (!error) *room = (uint8_t *)*stock + weir_round_up(sizeof **stock, 64);
    return error;
}

/* The pages go back, the place is free; its units that no other engine lies in are [*first,
 * *end). */
static void dismiss(weir_pool *pool, weir_stock *stock, uint32_t *first, uint32_t *end)
{
    uint32_t slot = stock->slot;
    for (uint32_t i = 0; i < stock->count; i++)
        weir_pages_put(&pool->pages, stock->pages[i]);
    weir_bitmap_set(&pool->vacant, slot);
    pool->engines--;
    share_out(pool);
    units_of(pool, slot, first, end);
    for (uint32_t other = 0; other < pool->config.max_engines; other++) {
        uint32_t other_first, other_end;
        if (weir_bitmap_has(&pool->vacant, other)) continue;
        units_of(pool, other, &other_first, &other_end);
        if (other < slot && other_end > *first) *first = other_end;
        if (other > slot && other_first < *end) *end = other_first;
    }
}

/* The counterpart of what admit charges for rooms; the units are nobody's, and `moving` keeps
 * newcomers out. */
static void return_room(weir_pool *pool, uint32_t first, uint32_t end)
{
    const weir_platform *platform = &pool->pages.platform;
    uint64_t unit_bytes = pool->pages.plan.unit_bytes;
    if (first >= end) return;
    uint64_t bytes = (end - first) * unit_bytes;
    int kept = platform->give_back(platform->user, pool->room_area.at + first * unit_bytes, bytes);
    pthread_mutex_lock(&pool->lock);
    if (kept) {
        weir_ledger_kept(&pool->ledger, bytes);
    } else {
        weir_bitmap_clear_range(&pool->rooms, first, end - first);
        weir_ledger_gave_back(&pool->ledger, bytes);
        weir_pool_count_outside(pool);
    }
    pthread_mutex_unlock(&pool->lock);
}

void weir_pool_dismiss(weir_stock *stock, const weir_stats *last)
{
    weir_pool *pool = stock->pool;
    uint32_t first, end;
    weir_stock_scratch_return(stock);
    weir_pool_enter_moving(pool);
    pthread_mutex_lock(&pool->lock);
    if (last) weir_pool_add_stats(&pool->gone, last);
    dismiss(pool, stock, &first, &end);
    weir_poison(stock, pool->pages.plan.slot_bytes);
    pthread_mutex_unlock(&pool->lock);
    return_room(pool, first, end);
    weir_pool_leave_moving(pool);
    if (weir_ledger_excess(&pool->ledger) > 0) (void)weir_pool_return_excess(pool);
}
