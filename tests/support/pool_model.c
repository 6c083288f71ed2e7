/* SPDX-License-Identifier: MIT */
#include "support/pool_model.h"

#include <string.h>

#define NONE UINT32_MAX

/* ── counting ── */

static uint32_t first_of(const model *m, uint32_t group)
{
    return group == 0 ? 1 : group * m->in_group;
}

static int all(const model *m, uint32_t group, char letter)
{
    uint32_t end = (group + 1) * m->in_group;
    for (uint32_t page = first_of(m, group); page < end; page++)
        if (m->state[page] != letter) return 0;
    return first_of(m, group) < end;
}

static void mark(model *m, uint32_t group, char letter)
{
    for (uint32_t page = first_of(m, group); page < (group + 1) * m->in_group; page++)
        m->state[page] = letter;
}

uint32_t model_count(const model *m, char letter)
{
    uint32_t count = 0;
    for (uint32_t page = 0; page < m->pages; page++)
        count += m->state[page] == letter;
    return count;
}

static int is_cold(const model *m, uint32_t group)
{
    return all(m, group, 'c') || first_of(m, group) == (group + 1) * m->in_group;
}

uint64_t model_committed(const model *m)
{
    uint64_t bytes = m->outside;
    for (uint32_t group = 0; group < m->groups; group++)
        bytes += is_cold(m, group) ? 0 : m->group_bytes;
    for (uint32_t cover = 0; cover < m->covers; cover++)
        bytes += m->described[cover] ? m->unit_bytes : 0;
    return bytes;
}

uint64_t model_excess(const model *m)
{
    uint64_t committed = model_committed(m);
    return committed > m->limit ? committed - m->limit : 0;
}

static void note_low(model *m)
{
    uint32_t warm = model_count(m, 'w');
    if (warm < m->low) m->low = warm;
}

/* ── shares ── */

static void grant(model *m, model_stock *stock)
{
    stock->most = model_excess(m) > 0 ? WEIR_FLOOR_PAGES : m->stock_most;
}

static void share_out(model *m)
{
    uint32_t engines = m->engines ? m->engines : 1;
    uint64_t each = m->limit / m->page_bytes / 64 / engines;
    uint64_t slack = m->limit / 16 < 262144 ? m->limit / 16 : 262144;
    m->stock_most = WEIR_FLOOR_PAGES + (each < 64 ? (uint32_t)each : 64);
    m->conn_most = (uint32_t)(m->limit * m->conn_percent / 100 / m->page_bytes);
    m->conn_most_floor = m->conn_most + m->engines * WEIR_FLOOR_PAGES;
    m->slack = (uint32_t)(slack / m->page_bytes);
    for (uint32_t s = 0; s < MODEL_STOCKS; s++)
        if (m->stocks[s].present) grant(m, &m->stocks[s]);
}

void model_init(model *m, const weir_pool *pool)
{
    const weir_plan *plan = &pool->pages.plan;
    memset(m, 0, sizeof *m);
    m->page_bytes = pool->config.page_bytes;
    m->group_bytes = plan->group_bytes;
    m->unit_bytes = plan->unit_bytes;
    m->limit = weir_pool_limit(pool);
    m->outside = plan->fixed_bytes;
    m->conn_percent = pool->config.conn_share_percent;
    m->in_group = (uint32_t)(m->group_bytes / m->page_bytes);
    m->groups = plan->groups;
    m->pages = m->groups * m->in_group;
    m->in_cover = (uint32_t)(m->unit_bytes / WEIR_DESCRIPTOR_BYTES) / m->in_group;
    m->covers = (m->groups + m->in_cover - 1) / m->in_cover;
    m->epoch = 1;
    memset(m->state, 'c', m->pages);
    m->state[0] = '-';
    share_out(m);
}

/* ── pages ── */

/* The lowest cold group; NONE if there is none, or the limit does not allow it. */
static uint32_t warm_group(model *m)
{
    uint32_t group = 0;
    while (group < m->groups && !all(m, group, 'c'))
        group++;
    if (group == m->groups) return NONE;
    uint64_t cost = m->group_bytes + (m->described[group / m->in_cover] ? 0 : m->unit_bytes);
    if (model_committed(m) + cost > m->limit) return NONE;
    m->described[group / m->in_cover] = 1;
    mark(m, group, 'w');
    return group;
}

static weir_page take_page(model *m)
{
    weir_page page = 1;
    while (page < m->pages && m->state[page] != 'w')
        page++;
    if (page == m->pages) {
        uint32_t group = warm_group(m);
        if (group == NONE) return 0;
        page = first_of(m, group);
    }
    m->state[page] = 'u';
    note_low(m);
    return page;
}

/* One run: whole groups below `below`, the highest; at most 8 pieces, 64 pages or one group, `most`
 * pages. Returns how many pages they are; *below is the lowest. */
static uint32_t run(model *m, uint32_t *below, uint32_t most)
{
    uint32_t groups = 0, pieces = 0, last = NONE;
    uint32_t in_run = 64 / m->in_group ? 64 / m->in_group : 1;
    for (uint32_t group = *below; group-- > 0 && groups < in_run;) {
        if (!all(m, group, 'w') || (groups + 1) * m->in_group > most) continue;
        if (group + 1 != last && pieces++ == 8) break;
        mark(m, group, 'c');
        m->returned += m->group_bytes;
        groups++;
        *below = last = group;
    }
    for (uint32_t cover = 0; cover < m->covers; cover++) {
        int needed = 0;
        for (uint32_t g = cover * m->in_cover; g < (cover + 1) * m->in_cover && g < m->groups; g++)
            needed |= !is_cold(m, g);
        if (needed || !m->described[cover]) continue;
        m->described[cover] = 0;
        m->returned += m->unit_bytes;
    }
    note_low(m);
    return groups * m->in_group;
}

static uint32_t over_limit(const model *m)
{
    return (uint32_t)((model_excess(m) + m->group_bytes - 1) / m->group_bytes) * m->in_group;
}

static uint32_t over_limit_or_idle(const model *m)
{
    uint32_t warm = model_count(m, 'w'), over = over_limit(m), idle = m->due;
    uint32_t spare = warm > m->slack ? warm - m->slack : 0;
    if (idle > spare) idle = spare;
    return over > idle ? over : idle;
}

static int return_due(model *m)
{
    uint32_t below = m->groups, wanted = over_limit_or_idle(m);
    if (wanted == 0) return 0;
    uint32_t done = run(m, &below, wanted);
    if (done == 0)
        m->due = 0;
    else
        m->due -= done < m->due ? done : m->due;
    return done > 0 && over_limit_or_idle(m) > 0;
}

/* ── stocks ── */

static uint32_t above(uint32_t count)
{
    return count > WEIR_FLOOR_PAGES ? count - WEIR_FLOOR_PAGES : 0;
}

static void put_bottom(model *m, model_stock *stock, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        m->state[stock->pages[i]] = 'w';
    for (uint32_t i = count; i < stock->count; i++)
        stock->pages[i - count] = stock->pages[i];
    stock->count -= count;
    if (stock->count < stock->low) stock->low = stock->count;
}

/* Takes up to `target`; the first taken, which is the lowest, lies on top. */
static void fill(model *m, model_stock *stock, uint32_t target)
{
    weir_page taken[128];
    uint32_t count = 0;
    while (stock->count + count < target && (taken[count] = take_page(m)) != 0)
        count++;
    while (count > 0)
        stock->pages[stock->count++] = taken[--count];
}

weir_page model_take(model *m, uint32_t s, weir_page_use use, int floor)
{
    model_stock *stock = &m->stocks[s];
    uint32_t keep = floor ? 0 : WEIR_FLOOR_PAGES;
    if (use == WEIR_USE_CONN && m->conn >= (floor ? m->conn_most_floor : m->conn_most)) return 0;
    if (stock->count <= WEIR_FLOOR_PAGES) {
        grant(m, stock);
        uint32_t half = (stock->most - WEIR_FLOOR_PAGES) / 2;
        fill(m, stock, WEIR_FLOOR_PAGES + (half ? half : 1));
    }
    if (stock->count <= keep) return 0;
    m->conn += use == WEIR_USE_CONN;
    stock->count--;
    if (stock->count < stock->low) stock->low = stock->count;
    return stock->pages[stock->count];
}

void model_put(model *m, uint32_t s, weir_page page, weir_page_use use)
{
    model_stock *stock = &m->stocks[s];
    m->conn -= use == WEIR_USE_CONN;
    stock->pages[stock->count++] = page;
    if (stock->count <= stock->most) return;
    int excess = model_excess(m) > 0;
    put_bottom(m, stock, excess ? above(stock->count) : (above(stock->count) + 1) / 2);
    grant(m, stock);
    if (excess) (void)return_due(m);
}

void model_return(model *m, uint32_t s)
{
    put_bottom(m, &m->stocks[s], above(m->stocks[s].count));
    grant(m, &m->stocks[s]);
    if (model_excess(m) > 0) (void)return_due(m);
}

static void end_interval(model *m, model_stock *stock, uint64_t now_ns)
{
    uint32_t keep = stock->count - above(stock->low);
    put_bottom(m, stock, stock->count);
    fill(m, stock, keep);
    if (stock->epoch == m->epoch) {
        m->due = m->low > m->slack ? m->low - m->slack : 0;
        m->low = model_count(m, 'w');
        m->epoch++;
    }
    stock->epoch = m->epoch;
    stock->epoch_ns = now_ns;
    grant(m, stock);
    stock->low = stock->count;
}

int model_tick(model *m, uint32_t s, uint64_t now_ns)
{
    model_stock *stock = &m->stocks[s];
    if (stock->epoch == 0 || now_ns - stock->epoch_ns >= WEIR_POOL_INTERVAL_NS)
        end_interval(m, stock, now_ns);
    return return_due(m);
}

/* ── the rest ── */

/* Pages being touched are not warm meanwhile: 't'. */
int model_warm(model *m)
{
    uint32_t taken = 0, page = 0, end = 0;
    while (taken < 64 && model_count(m, 'w') + taken < m->slack) {
        if (page == end) {
            uint32_t group = warm_group(m);
            if (group == NONE) break;
            page = first_of(m, group);
            end = (group + 1) * m->in_group;
        }
        m->state[page++] = 't';
        note_low(m);
        taken++;
    }
    for (page = 0; page < m->pages; page++)
        if (m->state[page] == 't') m->state[page] = 'w';
    return taken > 0 && model_count(m, 'w') < m->slack;
}

uint64_t model_trim(model *m)
{
    uint64_t before = m->returned;
    uint32_t below = m->groups;
    while (run(m, &below, NONE) > 0) {
    }
    return m->returned - before;
}

void model_set_limit(model *m, uint64_t limit)
{
    uint32_t below = m->groups;
    m->limit = limit;
    share_out(m);
    while (model_excess(m) > 0 && run(m, &below, over_limit(m)) > 0) {
    }
}

int model_admit(model *m, uint32_t s, uint64_t room_bytes)
{
    model_stock *stock = &m->stocks[s];
    model before = *m;
    m->outside += room_bytes;
    memset(stock, 0, sizeof *stock);
    stock->low = WEIR_FLOOR_PAGES;
    fill(m, stock, WEIR_FLOOR_PAGES);
    if (stock->count < WEIR_FLOOR_PAGES || model_excess(m) > 0) {
        *m = before;
        return 0;
    }
    stock->present = 1;
    m->engines++;
    share_out(m);
    return 1;
}

void model_dismiss(model *m, uint32_t s, uint64_t room_bytes)
{
    uint32_t below = m->groups;
    put_bottom(m, &m->stocks[s], m->stocks[s].count);
    m->stocks[s].present = 0;
    m->engines--;
    share_out(m);
    m->outside -= room_bytes;
    m->returned += room_bytes;
    while (model_excess(m) > 0 && run(m, &below, over_limit(m)) > 0) {
    }
}
