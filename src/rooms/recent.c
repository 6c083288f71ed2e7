/* SPDX-License-Identifier: MIT */
#include "rooms/recent.h"

#include <string.h>

#include "hold/clash.h"
#include "rooms/events.h"
#include "rooms/tally.h"

/* The descriptor of a page of a window. */
typedef struct {
    weir_page next;
} page_link;

static page_link *link_of(const weir_core *core, weir_page page)
{
    return weir_page_descriptor(core->stock, page);
}

static weir_recent *recent_at(const weir_core *core, weir_slot slot)
{
    return weir_slots_at(&core->recents, slot);
}

static weir_slot slot_of(const weir_way *way)
{
    const weir_tally *tally = weir_tally_have(way);
    return tally ? tally->recent[way->s] : 0;
}

/* ── pages ── */

static weir_page pop_first(const weir_core *core, weir_recent *recent)
{
    weir_page page = recent->first;
    recent->first = link_of(core, page)->next;
    if (!recent->first) recent->last = 0;
    recent->pages--;
    recent->origin += weir_page_bytes(core->stock);
    recent->begin = weir_max64(recent->begin, recent->origin);
    return page;
}

static void push_last(const weir_core *core, weir_recent *recent, weir_page page)
{
    link_of(core, page)->next = 0;
    if (recent->last)
        link_of(core, recent->last)->next = page;
    else
        recent->first = page;
    recent->last = page;
    recent->pages++;
}

/* Begins anew at an offset, with no bytes. */
static void clear(weir_core *core, weir_recent *recent, uint64_t offset)
{
    while (recent->first)
        weir_stock_put(core->stock, pop_first(core, recent), WEIR_USE_HOLD);
    recent->origin = recent->begin = recent->end = offset;
}

/* A page for what comes next: a new one while the window may grow, else its first. 0: neither. */
static weir_page next_page(const weir_core *core, weir_recent *recent)
{
    const weir_pool *pool = core->stock->pool;
    uint32_t size = weir_page_bytes(core->stock);
    weir_page page = 0;
    int whole = recent->pages > (core->config.recent_bytes + size - 1) / size;
    if (!whole && weir_pool_used(pool) < weir_pool_limit(pool) / 2)
        page = weir_stock_take(core->stock, WEIR_USE_HOLD);
    return page || !recent->first ? page : pop_first(core, recent);
}

/* ── adding ── */

static void add_bytes(weir_core *core, weir_recent *recent, const uint8_t *data, uint64_t length)
{
    uint32_t size = weir_page_bytes(core->stock);
    while (length > 0) {
        uint64_t at = (recent->end - recent->origin) % size;
        if (at == 0) {
            weir_page page = next_page(core, recent);
            if (!page) {
                clear(core, recent, recent->end + length);
                return;
            }
            if (!recent->first) recent->origin = recent->begin = recent->end;
            push_last(core, recent, page);
        }
        uint64_t part = weir_min64(length, size - at);
        memcpy(weir_page_address(core->stock, recent->last) + at, data, part);
        recent->end += part;
        data += part;
        length -= part;
    }
    uint64_t most = core->config.recent_bytes;
    if (recent->end - recent->begin > most) recent->begin = recent->end - most;
}

static void add_span(weir_core *core, weir_recent *recent, const weir_span *span)
{
    uint64_t skip =
        span->length > core->config.recent_bytes ? span->length - core->config.recent_bytes : 0;
    if (span->offset != recent->end || skip) clear(core, recent, span->offset + skip);
    add_bytes(core, recent, span->data + skip, span->length - skip);
}

static weir_slot need(const weir_way *way)
{
    weir_core *core = way->core;
    weir_tally *tally = weir_tally_need(way);
    if (!tally) return 0;
    weir_slot at = tally->recent[way->s];
    if (at) {
        weir_queue_remove(core, &core->recent, at);
    } else {
        at = tally->recent[way->s] = weir_slots_take(&core->recents, 0);
        if (!at) return 0;
        *recent_at(core, at) = (weir_recent){.owner = way->record->tally, .side = way->s};
    }
    weir_queue_append(core, &core->recent, at);
    return at;
}

void weir_recent_add(const weir_way *way, const weir_span *spans, uint32_t count)
{
    weir_slot at = need(way);
    for (uint32_t i = 0; at && i < count; i++)
        add_span(way->core, recent_at(way->core, at), &spans[i]);
    if (at && !recent_at(way->core, at)->first)
        weir_recent_free(way->core, way->record->tally, way->s); /* whoever pays has a page */
}

/* ── comparing ── */

/* The bytes of the window from an offset in it on, as far as they lie together. */
static weir_span bytes_at(const weir_core *core, const weir_recent *recent, uint64_t offset)
{
    uint32_t size = weir_page_bytes(core->stock);
    weir_page page = recent->first;
    uint64_t at = offset - recent->origin;
    for (; at >= size; at -= size)
        page = link_of(core, page)->next;
    return (weir_span){.data = weir_page_address(core->stock, page) + at,
                       .offset = offset,
                       .length = (uint32_t)weir_min64(size - at, recent->end - offset)};
}

static void tell(const weir_way *way, const weir_piece *piece, const uint8_t *kept,
                 const uint8_t *lost, uint64_t offset, uint32_t length, uint64_t differing)
{
    uint32_t first = 0;
    while (kept[first] == lost[first])
        first++;
    while (kept[length - 1] == lost[length - 1])
        length--;
    weir_conflict conflict = {.offset = offset + first,
                              .kept = kept + first,
                              .lost = lost + first,
                              .lost_time_ns = piece->time_ns,
                              .lost_tag = piece->tag,
                              .length = length - first,
                              .differing = (uint32_t)differing,
                              .kept_is_delivered = 1};
    weir_events_conflict(way, &conflict);
}

/* Compares what lies together from `at` on; returns where that ends. */
static uint64_t compare_part(const weir_way *way, const weir_piece *piece, uint64_t at,
                             uint64_t end)
{
    weir_core *core = way->core;
    weir_span kept = bytes_at(core, recent_at(core, slot_of(way)), at);
    uint32_t length = (uint32_t)weir_min64(kept.length, end - at);
    const uint8_t *fresh = piece->data + (at - piece->begin);
    uint64_t differing = weir_clash_differing(kept.data, fresh, length);
    if (!differing) return at + length;
    weir_tally_delivered_conflict(way, differing);
    if (core->callbacks.on_conflict) tell(way, piece, kept.data, fresh, at, length, differing);
    return at + length;
}

void weir_recent_compare(const weir_way *way, const weir_piece *piece)
{
    weir_slot slot = slot_of(way);
    if (!slot) return;
    const weir_recent *recent = recent_at(way->core, slot);
    uint64_t at = weir_max64(piece->begin, recent->begin);
    uint64_t end = weir_min64(piece->end, recent->end);
    while (at < end && !weir_way_over(way) && way->side->next < weir_tally_stop(way))
        at = compare_part(way, piece, at, end);
}

/* ── giving back ── */

int weir_recent_pay(weir_core *core)
{
    weir_slot at = core->recent.head;
    if (!at) return 0;
    weir_recent *recent = recent_at(core, at);
    weir_slot owner = recent->owner;
    uint32_t side = recent->side;
    weir_recent_free(core, owner, side);
    return 1;
}

void weir_recent_free(weir_core *core, weir_slot tally, uint32_t side)
{
    weir_slot at = weir_tally_at(core, tally)->recent[side];
    if (!at) return;
    clear(core, recent_at(core, at), 0);
    weir_queue_remove(core, &core->recent, at);
    weir_tally_at(core, tally)->recent[side] = 0;
    weir_slot from = weir_slots_put(&core->recents, at);
    if (!from) return;
    const weir_recent *moved = recent_at(core, at);
    weir_tally_at(core, moved->owner)->recent[moved->side] = at;
    weir_queue_moved(core, &core->recent, from, at);
}

void weir_recent_owner_moved(weir_core *core, weir_slot tally)
{
    for (uint32_t s = 0; s < 2; s++) {
        weir_slot at = weir_tally_at(core, tally)->recent[s];
        if (at) recent_at(core, at)->owner = tally;
    }
}

/* ── checking ── */

static int check_window(const weir_core *core, weir_slot slot)
{
    const weir_recent *recent = recent_at(core, slot);
    uint32_t size = weir_page_bytes(core->stock), pages = 0;
    weir_page last = 0;
    for (weir_page page = recent->first; page && pages <= recent->pages; pages++) {
        last = page;
        page = link_of(core, page)->next;
    }
    return pages > 0 && pages == recent->pages && last == recent->last &&
           recent->origin <= recent->begin && recent->begin <= recent->end &&
           recent->end - recent->begin <= core->config.recent_bytes &&
           (recent->end - recent->origin + size - 1) / size == pages &&
           weir_tally_at(core, recent->owner)->recent[recent->side] == slot;
}

int weir_recent_check(weir_core *core)
{
    if (!weir_queue_check(core, &core->recent)) return 0;
    if (core->recent.count != core->recents.count) return 0;
    weir_slot at = core->recent.head;
    for (; at; at = weir_queue_next(core, &core->recent, at))
        if (!check_window(core, at)) return 0;
    return 1;
}
