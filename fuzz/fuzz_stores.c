/* SPDX-License-Identifier: MIT */
/*
 * Bytes to operations on the stores: a bitmap beside an array, or a pool with up to three accounts and records on
 * one of them, beside its model (tests/support/pool_model.h). After each operation every page, sum and check is
 * compared. With a platform that refuses there is no model, but all else holds.
 *
 *      input      setup, operation, operation …
 *      setup      1 byte: 0 to 63 a bitmap, else a pool: page size, unit, limit, whether the platform refuses
 *      operation  1 byte for what and where, then its numbers; numbers that are missing are 0
 */
#include <stdlib.h>
#include <string.h>

#include "source.h"
#include "stores/slots.h"
#include "support/arena.h"
#include "support/pool_model.h"

enum {
    OPERATIONS_MOST = 300,
    BITS_MOST = 70000,
    HELD_MOST = 2048,
    RECORDS_MOST = 4096,
    RECORD_BYTES = 124
};

typedef struct {
    weir_page page;
    weir_page_use use;
} holding;

typedef struct {
    source from;
    test_arena arena;
    weir_pool *pool;
    model m;
    int modelled; /* the platform never refuses: the model predicts every page */
    weir_stock *stocks[MODEL_STOCKS];
    uint64_t clocks[MODEL_STOCKS];
    holding held[MODEL_STOCKS][HELD_MOST];
    uint32_t holds[MODEL_STOCKS];
    uint64_t least, ceiling;
    weir_slots slots; /* on account 0 */
    weir_slot records[RECORDS_MOST];
    uint32_t living;
} world;

static void demand(int holds)
{
    if (!holds) abort();
}

/* ── a bitmap ── */

static uint32_t next_of(const uint8_t *set, uint32_t bits, uint32_t from)
{
    while (from < bits && !set[from])
        from++;
    return from < bits ? from : WEIR_BITMAP_NONE;
}

static uint32_t previous_of(const uint8_t *set, uint32_t bits, uint32_t before)
{
    if (before > bits) before = bits;
    while (before > 0 && !set[before - 1])
        before--;
    return before > 0 ? before - 1 : WEIR_BITMAP_NONE;
}

static void operate_bitmap(weir_bitmap *map, uint8_t *set, source *from)
{
    uint32_t what = take(from, 1), bit = take(from, 3) % map->bits;
    uint32_t count = take(from, 2) % (map->bits - bit + 1);
    if (what % 4 == 0) what & 4 ? weir_bitmap_set(map, bit) : weir_bitmap_clear(map, bit);
    if (what % 4 == 0) set[bit] = what >> 2 & 1;
    if (what % 4 == 1) weir_bitmap_set_range(map, bit, count);
    if (what % 4 == 2) weir_bitmap_clear_range(map, bit, count);
    if (what % 4 == 1 || what % 4 == 2) memset(set + bit, what % 4 == 1, count);
    demand(weir_bitmap_check(map));
    demand(weir_bitmap_next(map, bit) == next_of(set, map->bits, bit));
    demand(weir_bitmap_previous(map, bit) == previous_of(set, map->bits, bit));
    demand(weir_bitmap_has(map, bit) == set[bit]);
    demand(weir_bitmap_has_range(map, bit, count) == !memchr(set + bit, 0, count));
}

static void fuzz_bitmap(source *from)
{
    static uint8_t set[BITS_MOST];
    uint32_t bits = 1 + take(from, 3) % BITS_MOST;
    void *memory = malloc(weir_bitmap_bytes(bits));
    weir_bitmap map;
    demand(memory != NULL);
    memset(set, 0, bits);
    weir_bitmap_init(&map, memory, bits);
    for (int i = 0; i < OPERATIONS_MOST && from->size; i++)
        operate_bitmap(&map, set, from);
    uint32_t count = 0;
    for (uint32_t i = 0; i < bits; i++)
        count += set[i];
    demand(count == map.set);
    free(memory);
}

/* ── the pool ── */

static void compare_stock(const world *w, uint32_t s)
{
    const weir_stock *stock = w->stocks[s];
    const model_stock *want = &w->m.stocks[s];
    demand(stock->count == want->count && stock->most == want->most && stock->low == want->low);
    for (uint32_t i = 0; i < want->count; i++)
        demand(stock->pages[i] == want->pages[i]);
}

static void compare_pages(const world *w)
{
    const weir_pages *pages = &w->pool->pages;
    for (uint32_t page = 1; page < w->m.pages; page++) {
        int cold = weir_bitmap_has(&pages->cold, page >> pages->plan.group_shift);
        int letter = weir_bitmap_has(&pages->warm, page) ? 'w' : cold ? 'c' : 'u';
        demand(letter == w->m.state[page]);
    }
    demand(w->pool->ledger.committed_bytes == model_committed(&w->m));
    demand(weir_pool_excess(w->pool) == model_excess(&w->m));
    demand(w->pool->ledger.returned_bytes == w->m.returned);
    demand(w->pool->conn_pages == w->m.conn);
    demand(pages->low == w->m.low && w->pool->due == w->m.due);
}

static void compare(world *w)
{
    demand(weir_pool_check(w->pool) && !w->arena.broken);
    if (w->stocks[0]) demand(weir_slots_check(&w->slots));
    for (uint32_t s = 0; s < MODEL_STOCKS; s++) {
        if (!w->stocks[s]) continue;
        demand(weir_stock_check(w->stocks[s]));
        if (w->modelled) compare_stock(w, s);
    }
    if (w->modelled) compare_pages(w);
}

static void admit(world *w, uint32_t s)
{
    uint64_t outside = w->pool->outside_bytes;
    uint64_t room = 6 * w->m.group_bytes + 16 * w->m.page_bytes;
    void *memory;
    if (w->modelled && w->m.limit < model_committed(&w->m) + room) return;
    int error = weir_pool_admit(w->pool, &w->stocks[s], &memory);
    demand(!error || (error == WEIR_ERR_MEMORY && !w->modelled));
    if (error) w->stocks[s] = NULL;
    if (error) return;
    if (w->modelled) demand(model_admit(&w->m, s, w->pool->outside_bytes - outside));
    if (s == 0) weir_slots_init(&w->slots, w->stocks[0], RECORD_BYTES, WEIR_USE_CONN);
}

static void take_pages(world *w, uint32_t s, uint32_t how, uint32_t count)
{
    weir_page_use use = how & 1 ? WEIR_USE_CONN : WEIR_USE_HOLD;
    int floor = how >> 1 & 1;
    for (; count > 0 && w->holds[s] < HELD_MOST; count--) {
        weir_page page =
            floor ? weir_stock_take_floor(w->stocks[s], use) : weir_stock_take(w->stocks[s], use);
        if (w->modelled) demand(page == model_take(&w->m, s, use, floor));
        if (!page) return;
        memset(weir_page_address(w->stocks[s], page), 1, weir_page_bytes(w->stocks[s]));
        w->held[s][w->holds[s]++] = (holding){page, use};
    }
}

static void put_pages(world *w, uint32_t s, uint32_t at, uint32_t count)
{
    for (; count > 0 && w->holds[s] > 0; count--) {
        holding *place = &w->held[s][at++ % w->holds[s]], held = *place;
        *place = w->held[s][--w->holds[s]];
        weir_stock_put(w->stocks[s], held.page, held.use);
        if (w->modelled) model_put(&w->m, s, held.page, held.use);
    }
}

/* ── records ── */

/* Each record says where it is remembered. */
static void add_records(world *w, uint32_t count, int floor)
{
    for (; count > 0 && w->living < RECORDS_MOST; count--) {
        int full = w->slots.count % w->slots.per_page == 0;
        weir_page want = 0;
        if (w->modelled && full) want = model_take(&w->m, 0, WEIR_USE_CONN, floor);
        weir_slot slot = weir_slots_take(&w->slots, floor);
        if (w->modelled && full) demand(slot / WEIR_SLOTS_PER_PAGE_MAX == want);
        if (!slot) return;
        uint8_t *record = weir_slots_at(&w->slots, slot);
        for (uint32_t i = 0; i < RECORD_BYTES; i++)
            demand(record[i] == 0);
        memset(record, (int)(w->living & 0xff), RECORD_BYTES);
        memcpy(record, &w->living, sizeof w->living);
        w->records[w->living++] = slot;
    }
}

static uint32_t owner_of(const world *w, weir_slot slot)
{
    const uint8_t *record = weir_slots_at(&w->slots, slot);
    uint32_t owner;
    memcpy(&owner, record, sizeof owner);
    demand(owner < w->living && w->records[owner] == slot);
    for (uint32_t i = sizeof owner; i < RECORD_BYTES; i++)
        demand(record[i] == record[RECORD_BYTES - 1]);
    return owner;
}

/* The last to be remembered takes the place of the one that goes. */
static void drop_record(world *w, uint32_t at)
{
    weir_slot slot = w->records[at];
    demand(owner_of(w, slot) == at);
    weir_page tail = w->slots.tail;
    int empties = w->slots.in_tail == 1;
    weir_slot moved = weir_slots_put(&w->slots, slot);
    if (w->modelled && empties) model_put(&w->m, 0, tail, WEIR_USE_CONN);
    if (moved) {
        uint32_t owner;
        memcpy(&owner, weir_slots_at(&w->slots, slot), sizeof owner);
        demand(w->records[owner] == moved);
        w->records[owner] = slot;
    }
    uint32_t last = --w->living;
    if (at == last) return;
    w->records[at] = w->records[last];
    memcpy(weir_slots_at(&w->slots, w->records[at]), &at, sizeof at);
}

static void drop_records(world *w, uint32_t at, uint32_t count)
{
    for (; count > 0 && w->living > 0; count--, at += 7)
        drop_record(w, at % w->living);
}

static void dismiss(world *w, uint32_t s)
{
    if (s == 0) drop_records(w, 0, RECORDS_MOST);
    put_pages(w, s, 0, HELD_MOST);
    uint64_t outside = w->pool->outside_bytes;
    weir_pool_dismiss(w->stocks[s], NULL);
    w->stocks[s] = NULL;
    if (w->modelled) model_dismiss(&w->m, s, outside - w->pool->outside_bytes);
}

/* ── operations ── */

static void set_limit(world *w, uint32_t part)
{
    uint64_t limit = w->least + (w->ceiling - w->least) * part / 255;
    demand(weir_pool_set_limit(w->pool, limit) == WEIR_OK);
    if (w->modelled) model_set_limit(&w->m, limit);
}

static void tick(world *w, uint32_t s, uint32_t ms)
{
    w->clocks[s] += ms * WEIR_MILLISECOND;
    int more = weir_pool_tick_due(w->stocks[s], w->clocks[s]);
    if (w->modelled) demand(more == model_tick(&w->m, s, w->clocks[s]));
}

static void refuse(world *w, uint32_t how)
{
    if (w->modelled) return;
    w->arena.refuse_commit = w->arena.commits + 1 + (how & 7);
    w->arena.refuse_commits_after = how >> 3 & 1;
    w->arena.keep = how >> 4 & 1;
}

static void operate_rarely(world *w, uint32_t s, uint32_t what)
{
    uint64_t bytes;
    int more;
    switch (what & 7) {
    case 0:
        bytes = weir_pool_trim(w->pool);
        if (w->modelled) demand(bytes == model_trim(&w->m));
        break;
    case 1:
        more = weir_pool_warm(w->stocks[s]);
        if (w->modelled) demand(more == model_warm(&w->m));
        break;
    case 2:
        weir_stock_return(w->stocks[s]);
        if (w->modelled) model_return(&w->m, s);
        break;
    case 3:
        dismiss(w, s);
        break;
    case 4:
        refuse(w, take(&w->from, 1));
        break;
    default:
        set_limit(w, take(&w->from, 1));
    }
}

static void operate(world *w)
{
    uint32_t what = take(&w->from, 1), s = (what >> 3) % MODEL_STOCKS;
    if (!w->stocks[s]) {
        admit(w, s);
        return;
    }
    switch (what & 7) {
    case 0:
    case 1:
        take_pages(w, s, what >> 5, 1 + take(&w->from, 1));
        break;
    case 2:
    case 3:
        put_pages(w, s, take(&w->from, 1), 1 + take(&w->from, 1));
        break;
    case 4:
        if (w->stocks[0]) add_records(w, 1 + take(&w->from, 1), what >> 5 & 1);
        break;
    case 5:
        if (w->stocks[0]) drop_records(w, take(&w->from, 1), 1 + take(&w->from, 1));
        break;
    case 6:
        tick(w, s, take(&w->from, 1));
        break;
    default:
        operate_rarely(w, s, what >> 5);
    }
}

static void configure(world *w, uint32_t setup, weir_pool_config *config)
{
    weir_pool_config_init(config);
    arena_init(&w->arena, setup & 4 ? 16384 : 4096, &config->platform);
    config->page_bytes = 1024u << setup % 3;
    config->max_engines = MODEL_STOCKS;
    config->conn_share_percent = 30;
    config->ceiling_bytes = UINT64_C(1) << (config->page_bytes > 1024 ? 20 : 19);
    config->limit_bytes = config->ceiling_bytes;
    w->modelled = !(setup & 8);
    w->ceiling = config->ceiling_bytes;
}

static void fuzz_pool(const source *from, uint32_t setup)
{
    static world w;
    weir_pool_config config;
    memset(&w, 0, sizeof w);
    w.from = *from;
    configure(&w, setup, &config);
    if (weir_pool_create(&config, &w.pool)) abort();
    w.least = weir_plan_need(&w.pool->pages.plan, &config, MODEL_STOCKS);
    demand(w.least < w.ceiling);
    model_init(&w.m, w.pool);
    for (uint32_t s = 0; s < MODEL_STOCKS; s++)
        w.clocks[s] = s * 1000000000 * WEIR_SECOND;
    for (int i = 0; i < OPERATIONS_MOST && w.from.size; i++) {
        operate(&w);
        compare(&w);
    }
    for (uint32_t s = 0; s < MODEL_STOCKS; s++)
        if (w.stocks[s]) dismiss(&w, s);
    compare(&w);
    demand(w.pool->ledger.peak_bytes <= w.ceiling && w.pool->conn_pages == 0);
    demand(weir_pool_destroy(w.pool) == WEIR_OK && !w.arena.broken);
    demand(w.arena.reserves == w.arena.releases);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    source from = {data, size};
    uint32_t setup = take(&from, 1);
    if (setup < 64)
        fuzz_bitmap(&from);
    else
        fuzz_pool(&from, setup);
    return 0;
}
