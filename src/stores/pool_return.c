/* SPDX-License-Identifier: MIT */
#include "stores/pool_state.h"

void weir_pool_enter_moving(weir_pool *pool)
{
    pthread_mutex_lock(&pool->gate);
    pthread_mutex_lock(&pool->moving);
    pthread_mutex_unlock(&pool->gate);
}

void weir_pool_leave_moving(weir_pool *pool)
{
    pthread_mutex_unlock(&pool->moving);
}

/* In excess nothing cold may be taken, so there is nothing to wait for. */
int weir_pool_wait_moved(weir_pool *pool)
{
    if (!pool->in_motion || weir_ledger_excess(&pool->ledger) > 0) return 0;
    pthread_mutex_unlock(&pool->lock);
    weir_pool_enter_moving(pool);
    weir_pool_leave_moving(pool);
    pthread_mutex_lock(&pool->lock);
    return 1;
}

/* ── how many pages shall go ── */

static uint32_t no_limit(const weir_pool *pool)
{
    (void)pool;
    return UINT32_MAX;
}

/* In whole groups: the last one counts in full. */
static uint32_t over_limit(const weir_pool *pool)
{
    const weir_plan *plan = &pool->pages.plan;
    uint64_t bytes = weir_round_up(weir_ledger_excess(&pool->ledger), plan->group_bytes);
    return (uint32_t)(bytes >> plan->page_shift);
}

/* What stayed warm for an interval, less what was taken since, and less the slack. */
static uint32_t over_limit_or_idle(const weir_pool *pool)
{
    uint32_t warm = pool->pages.warm.set, over = over_limit(pool);
    uint32_t idle = weir_min32(pool->due, warm > pool->slack ? warm - pool->slack : 0);
    return over > idle ? over : idle;
}

/* ── a run ── */

/* Asks the platform, without the lock: in_motion tells those who would be refused meanwhile to
 * wait. */
static void hand_over(weir_pool *pool, weir_run *run, uint8_t *area, uint64_t piece_bytes)
{
    const weir_platform *platform = &pool->pages.platform;
    pool->in_motion = 1;
    pthread_mutex_unlock(&pool->lock);
    for (uint32_t p = 0; p < run->pieces; p++) {
        weir_run_piece *piece = &run->piece[p];
        uint8_t *at = area + piece->first * piece_bytes;
        piece->kept = platform->give_back(platform->user, at, piece->count * piece_bytes);
    }
    pthread_mutex_lock(&pool->lock);
    pool->in_motion = 0;
}

/* One run of groups below *below, of at most `most` pages, and the descriptors it leaves without
 * use. Both mutexes held. Returns the number of groups tried. */
static uint32_t run_once(weir_pool *pool, uint32_t *below, uint32_t most)
{
    weir_pages *pages = &pool->pages;
    weir_run run, covers;
    uint32_t groups = 0;
    *below = weir_pages_choose(pages, *below, most, &run);
    if (run.pieces == 0) return 0;
    for (uint32_t p = 0; p < run.pieces; p++)
        groups += run.piece[p].count;
    hand_over(pool, &run, pages->page_area.at, pages->plan.group_bytes);
    weir_pages_settle(pages, &run, &covers);
    if (covers.pieces > 0) {
        hand_over(pool, &covers, pages->cover_area.at, pages->plan.unit_bytes);
        weir_pages_settle_covers(pages, &covers);
    }
    return groups;
}

/* What is due and does not go back this time is not tried again before the next interval. */
static int return_due(weir_pool *pool)
{
    uint64_t before = pool->ledger.returned_bytes;
    uint32_t below = WEIR_BITMAP_NONE;
    uint32_t pages = run_once(pool, &below, over_limit_or_idle(pool))
                     << pool->pages.plan.group_shift;
    if (pool->ledger.returned_bytes == before) {
        pool->due = 0;
        return 0;
    }
    pool->due -= weir_min32(pool->due, pages);
    return over_limit_or_idle(pool) > 0;
}

int weir_pool_return_due(weir_pool *pool, int patient)
{
    if (patient)
        weir_pool_enter_moving(pool);
    else if (pthread_mutex_trylock(&pool->moving))
        return 1;
    pthread_mutex_lock(&pool->lock);
    int more = over_limit_or_idle(pool) > 0 && return_due(pool);
    pthread_mutex_unlock(&pool->lock);
    weir_pool_leave_moving(pool);
    return more;
}

/* From the top down, so that nothing is tried twice; between runs others may have both mutexes. */
static uint64_t return_pass(weir_pool *pool, uint32_t (*wanted)(const weir_pool *))
{
    uint32_t below = WEIR_BITMAP_NONE, tried = 1;
    uint64_t bytes = 0;
    while (tried > 0) {
        weir_pool_enter_moving(pool);
        pthread_mutex_lock(&pool->lock);
        uint64_t before = pool->ledger.returned_bytes;
        tried = run_once(pool, &below, wanted(pool));
        bytes += pool->ledger.returned_bytes - before;
        pthread_mutex_unlock(&pool->lock);
        weir_pool_leave_moving(pool);
    }
    return bytes;
}

uint64_t weir_pool_return_excess(weir_pool *pool)
{
    return return_pass(pool, over_limit);
}

uint64_t weir_pool_return_warm(weir_pool *pool)
{
    return return_pass(pool, no_limit);
}

uint64_t weir_pool_return_some(weir_pool *pool, uint32_t pages)
{
    uint32_t below = WEIR_BITMAP_NONE;
    weir_pool_enter_moving(pool);
    pthread_mutex_lock(&pool->lock);
    uint64_t before = pool->ledger.returned_bytes;
    (void)run_once(pool, &below, pages);
    uint64_t bytes = pool->ledger.returned_bytes - before;
    pthread_mutex_unlock(&pool->lock);
    weir_pool_leave_moving(pool);
    return bytes;
}
