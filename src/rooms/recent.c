/* SPDX-License-Identifier: MIT */
#include "rooms/recent.h"

#include "hold/clash.h"
#include "rooms/events.h"
#include "rooms/tail.h"

/* ── adding ── */

/* A page for what comes next: a new one while the window may grow, else its first. 0: neither. */
static weir_page next_page(weir_core *core, weir_tail *tail)
{
    const weir_pool *pool = core->stock->pool;
    uint32_t size = weir_page_bytes(core->stock);
    weir_page page = 0;
    int whole = tail->pages > (core->config.recent_bytes + size - 1) / size;
    if (!whole && weir_pool_used(pool) < weir_pool_limit(pool) / 2)
        page = weir_stock_take(core->stock, WEIR_USE_HOLD);
    return page || !tail->first ? page : weir_tail_pop(core, tail);
}

static void add_bytes(weir_core *core, weir_tail *tail, const weir_span *span, uint32_t skip)
{
    for (uint32_t at = skip, part; at < span->length; at += part) {
        if (!weir_tail_room(core, tail)) {
            weir_page page = next_page(core, tail);
            if (!page) {
                weir_tail_clear(core, tail, span->offset + span->length);
                return;
            }
            if (!tail->first) tail->origin = tail->begin = tail->end;
            weir_tail_push(core, tail, page, span->time_ns, span->tag);
        }
        part = weir_min32(span->length - at, weir_tail_room(core, tail));
        weir_tail_add(core, tail, span->data + at, part);
    }
    uint64_t most = core->config.recent_bytes;
    if (tail->end - tail->begin > most) tail->begin = tail->end - most;
}

static void add_span(weir_core *core, weir_tail *tail, const weir_span *span)
{
    uint32_t most = core->config.recent_bytes;
    uint32_t skip = span->length > most ? span->length - most : 0;
    if (span->offset != tail->end || skip) weir_tail_clear(core, tail, span->offset + skip);
    add_bytes(core, tail, span, skip);
}

void weir_recent_add(const weir_way *way, const weir_span *spans, uint32_t count)
{
    weir_core *core = way->core;
    weir_tail *tail = weir_tail_need(way, WEIR_TAIL_RECENT);
    if (!tail) return;
    weir_slot at = weir_tally_have(way)->tails[way->s];
    weir_queue_remove(&core->recent, at);
    weir_queue_append(&core->recent, at);
    for (uint32_t i = 0; i < count; i++)
        add_span(core, tail, &spans[i]);
    if (!tail->first) /* whoever pays has a page */
        weir_tail_free(core, way->record->tally, WEIR_TAIL_RECENT + way->s);
}

/* ── comparing ── */

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
    weir_span kept = weir_tail_at(core, weir_tail_have(way, WEIR_TAIL_RECENT), at);
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
    const weir_tail *tail = weir_tail_have(way, WEIR_TAIL_RECENT);
    if (!tail) return;
    uint64_t at = weir_max64(piece->begin, tail->begin);
    uint64_t end = weir_min64(piece->end, tail->end);
    while (at < end && !weir_way_over(way) && way->side->next < weir_tally_stop(way))
        at = compare_part(way, piece, at, end);
}

/* ── giving back ── */

int weir_recent_pay(weir_core *core)
{
    if (!core->recent.head) return 0;
    const weir_tail *tail = weir_slots_at(&core->tails, core->recent.head);
    weir_tail_free(core, tail->owner, tail->place);
    return 1;
}
