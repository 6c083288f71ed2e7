/* SPDX-License-Identifier: MIT */
#include "rooms/keep.h"

#include "rooms/direction.h"
#include "rooms/events.h"
#include "rooms/recent.h"

uint32_t weir_keep_spans(const weir_way *way, weir_span *spans)
{
    const weir_tail *tail = weir_tail_have(way, WEIR_TAIL_KEPT);
    return tail ? weir_tail_spans(way->core, tail, spans) : 0;
}

/* ── asking ── */

static uint64_t end_of_given(const weir_core *core)
{
    const weir_span *last = &core->given[core->given_count - 1];
    return last->offset + last->length;
}

/* Pages for the bytes [from, end), of which the tail may have the first already: then it keeps the
 * page that `from` is in. */
static uint32_t pages_for(const weir_core *core, const weir_tail *tail, uint64_t from, uint64_t end)
{
    uint32_t size = weir_page_bytes(core->stock);
    if (tail->first && from < tail->end) from -= (from - tail->origin) & (size - 1);
    return (uint32_t)((end - from + size - 1) / size);
}

/* Nobody may be told of anything now, so nobody pays: a page is had at the next call. */
static void ask_for_page(weir_core *core)
{
    atomic_fetch_or_explicit(&core->stock->asks, WEIR_ASK_GIVE_UP, memory_order_relaxed);
}

static weir_page take_page(weir_core *core)
{
    weir_page page = weir_stock_take(core->stock, WEIR_USE_HOLD);
    if (!page && weir_recent_pay(core)) page = weir_stock_take(core->stock, WEIR_USE_HOLD);
    if (page) return page;
    ask_for_page(core);
    return weir_stock_take_floor(core->stock, WEIR_USE_HOLD);
}

/* 0 if a page is refused. Tails move when a window pays. */
static int take_pages(const weir_way *way, uint32_t count)
{
    while (count-- > 0) {
        weir_page page = take_page(way->core);
        if (!page) return 0;
        weir_tail_put_spare(way->core, weir_tail_have(way, WEIR_TAIL_KEPT), page);
    }
    return 1;
}

int weir_keep_ask(const weir_way *way, uint64_t bytes)
{
    weir_core *core = way->core;
    uint64_t end = end_of_given(core);
    if (bytes > end - core->given[0].offset) return WEIR_ERR_ARGUMENT;
    if (bytes > WEIR_KEEP_MOST) return WEIR_ERR_KEEP;
    core->keep_asked = 1;
    if (bytes > 0) {
        weir_tail *tail = weir_tail_need(way, WEIR_TAIL_KEPT);
        if (!tail) ask_for_page(core);
        if (!tail) return WEIR_ERR_MEMORY;
        uint32_t have = tail->pages + tail->spares;
        uint32_t want = pages_for(core, tail, end - bytes, end);
        if (want > have && !take_pages(way, want - have)) return WEIR_ERR_MEMORY;
    }
    core->keep_bytes = bytes;
    return WEIR_OK;
}

/* ── keeping ── */

/* What is before `from` goes; of the pages some are used again. */
static void trim(weir_core *core, weir_tail *tail, uint64_t from)
{
    uint32_t size = weir_page_bytes(core->stock);
    while (tail->first && (tail->origin + size <= from || tail->end <= from))
        weir_tail_put_spare(core, tail, weir_tail_pop(core, tail));
    tail->begin = from;
    if (!tail->first) tail->origin = tail->end = from;
}

static void add_span(weir_core *core, weir_tail *tail, const weir_span *span)
{
    uint64_t end = span->offset + span->length;
    while (tail->end < end) {
        if (!weir_tail_room(core, tail))
            weir_tail_push(core, tail, weir_tail_take_spare(core, tail), span->time_ns, span->tag);
        uint64_t part = weir_min64(end - tail->end, weir_tail_room(core, tail));
        weir_tail_add(core, tail, span->data + (tail->end - span->offset), (uint32_t)part);
    }
}

void weir_keep_settle(const weir_way *way)
{
    weir_core *core = way->core;
    uint64_t bytes = core->keep_bytes;
    core->keep_bytes = core->keep_asked = 0;
    weir_tail *tail = weir_tail_have(way, WEIR_TAIL_KEPT);
    if (!tail || !bytes || weir_way_over(way)) {
        weir_keep_drop(way);
        return;
    }
    trim(core, tail, end_of_given(core) - bytes);
    for (uint32_t i = 0; i < core->given_count; i++)
        add_span(core, tail, &core->given[i]);
    for (weir_page page; (page = weir_tail_take_spare(core, tail)) != 0;)
        weir_stock_put(core->stock, page, WEIR_USE_HOLD);
}

/* ── going ── */

void weir_keep_drop(const weir_way *way)
{
    if (weir_keep_has(way)) weir_tail_free(way->core, way->record->tally, WEIR_TAIL_KEPT + way->s);
}

void weir_keep_lose(const weir_way *way)
{
    const weir_tail *tail = weir_tail_have(way, WEIR_TAIL_KEPT);
    if (!tail) return;
    uint64_t offset = tail->begin, length = tail->end - tail->begin;
    weir_keep_drop(way);
    weir_count(&way->core->stats.unkept_bytes, length);
    if (weir_way_over(way)) return;
    weir_events_unkept(way, offset, length);
    weir_direction_apply_stop(way);
}

int weir_keep_pay(weir_core *core)
{
    if (!core->kept.head) return 0;
    const weir_tail *tail = weir_slots_at(&core->tails, core->kept.head);
    weir_slot owner = weir_tally_at(core, tail->owner)->owner;
    weir_way way = weir_way_of(core, owner, tail->place - WEIR_TAIL_KEPT);
    weir_keep_lose(&way);
    return 1;
}

int weir_keep_pay_share(weir_core *core)
{
    uint64_t bytes = (uint64_t)core->kept_pages * weir_page_bytes(core->stock);
    return bytes > weir_pool_limit(core->stock->pool) / WEIR_KEEP_SHARE && weir_keep_pay(core);
}
