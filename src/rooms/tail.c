/* SPDX-License-Identifier: MIT */
#include "rooms/tail.h"

#include <string.h>

/* The descriptor of a page of a tail. */
typedef struct {
    weir_page next;
    uint32_t tag; /* of the packet that brought its first byte, as is the time */
    uint64_t time_ns;
} page_link;

static page_link *link_of(const weir_core *core, weir_page page)
{
    return weir_page_descriptor(core->stock, page);
}

static weir_tail *tail_at(const weir_core *core, weir_slot slot)
{
    return weir_slots_at(&core->tails, slot);
}

weir_tail *weir_tail_need(const weir_way *way, uint32_t kind)
{
    weir_core *core = way->core;
    weir_tally *tally = weir_tally_need(way);
    if (!tally) return NULL;
    weir_slot *at = &tally->tails[kind + way->s];
    if (*at) return tail_at(core, *at);
    *at = weir_slots_take(&core->tails, 0);
    if (!*at) return NULL;
    *tail_at(core, *at) = (weir_tail){.owner = way->record->tally, .place = kind + way->s};
    weir_queue_append(weir_tail_queue(core, kind), *at);
    return tail_at(core, *at);
}

/* ── bytes ── */

uint32_t weir_tail_room(const weir_core *core, const weir_tail *tail)
{
    uint64_t bytes = (uint64_t)tail->pages * weir_page_bytes(core->stock);
    return (uint32_t)(bytes - (tail->end - tail->origin));
}

void weir_tail_add(const weir_core *core, weir_tail *tail, const uint8_t *data, uint32_t length)
{
    uint64_t at = (tail->end - tail->origin) & (weir_page_bytes(core->stock) - 1);
    memcpy(weir_page_address(core->stock, tail->last) + at, data, length);
    tail->end += length;
}

weir_span weir_tail_at(const weir_core *core, const weir_tail *tail, uint64_t offset)
{
    uint32_t size = weir_page_bytes(core->stock);
    weir_page page = tail->first;
    uint64_t at = offset - tail->origin;
    for (; at >= size; at -= size)
        page = link_of(core, page)->next;
    const page_link *link = link_of(core, page);
    return (weir_span){.data = weir_page_address(core->stock, page) + at,
                       .offset = offset,
                       .time_ns = link->time_ns,
                       .length = (uint32_t)weir_min64(size - at, tail->end - offset),
                       .tag = link->tag};
}

uint32_t weir_tail_spans(const weir_core *core, const weir_tail *tail, weir_span *spans)
{
    uint32_t size = weir_page_bytes(core->stock), count = 0;
    uint64_t at = tail->begin - tail->origin, end = tail->end - tail->origin;
    for (weir_page page = tail->first; page; page = link_of(core, page)->next) {
        const page_link *link = link_of(core, page);
        uint64_t length = weir_min64(size - (at & (size - 1)), end - at);
        spans[count++] =
            (weir_span){.data = weir_page_address(core->stock, page) + (at & (size - 1)),
                        .offset = tail->origin + at,
                        .time_ns = link->time_ns,
                        .length = (uint32_t)length,
                        .tag = link->tag};
        at += length;
    }
    return count;
}

/* ── pages ── */

void weir_tail_push(weir_core *core, weir_tail *tail, weir_page page, uint64_t time_ns,
                    uint32_t tag)
{
    WEIR_ASSERT(weir_tail_room(core, tail) == 0);
    *link_of(core, page) = (page_link){.tag = tag, .time_ns = time_ns};
    if (tail->last)
        link_of(core, tail->last)->next = page;
    else
        tail->first = page;
    tail->last = page;
    tail->pages++;
    if (tail->place >= WEIR_TAIL_KEPT) core->kept_pages++;
}

weir_page weir_tail_pop(weir_core *core, weir_tail *tail)
{
    weir_page page = tail->first;
    tail->first = link_of(core, page)->next;
    if (!tail->first) tail->last = 0;
    tail->pages--;
    if (tail->place >= WEIR_TAIL_KEPT) core->kept_pages--;
    tail->origin += weir_page_bytes(core->stock);
    tail->begin = weir_max64(tail->begin, tail->origin);
    tail->end = weir_max64(tail->end, tail->origin);
    return page;
}

void weir_tail_put_spare(const weir_core *core, weir_tail *tail, weir_page page)
{
    link_of(core, page)->next = tail->spare;
    tail->spare = page;
    tail->spares++;
}

weir_page weir_tail_take_spare(const weir_core *core, weir_tail *tail)
{
    weir_page page = tail->spare;
    if (!page) return 0;
    tail->spare = link_of(core, page)->next;
    tail->spares--;
    return page;
}

void weir_tail_clear(weir_core *core, weir_tail *tail, uint64_t offset)
{
    while (tail->first)
        weir_stock_put(core->stock, weir_tail_pop(core, tail), WEIR_USE_HOLD);
    for (weir_page page; (page = weir_tail_take_spare(core, tail)) != 0;)
        weir_stock_put(core->stock, page, WEIR_USE_HOLD);
    tail->origin = tail->begin = tail->end = offset;
}

/* ── giving back ── */

void weir_tail_free(weir_core *core, weir_slot tally, uint32_t place)
{
    weir_slot at = weir_tally_at(core, tally)->tails[place];
    if (!at) return;
    weir_tail_clear(core, tail_at(core, at), 0);
    weir_queue_remove(weir_tail_queue(core, place), at);
    weir_tally_at(core, tally)->tails[place] = 0;
    if (!weir_slots_put(&core->tails, at)) return;
    const weir_tail *moved = tail_at(core, at);
    weir_tally_at(core, moved->owner)->tails[moved->place] = at;
    weir_queue_moved(weir_tail_queue(core, moved->place), at);
}

void weir_tail_owner_moved(weir_core *core, weir_slot tally)
{
    for (uint32_t place = 0; place < WEIR_TAIL_PLACES; place++) {
        weir_slot at = weir_tally_at(core, tally)->tails[place];
        if (at) tail_at(core, at)->owner = tally;
    }
}

/* ── checking ── */

static int check_pages(const weir_core *core, const weir_tail *tail)
{
    uint32_t size = weir_page_bytes(core->stock), pages = 0;
    weir_page last = 0;
    for (weir_page page = tail->first; page && pages <= tail->pages; pages++) {
        last = page;
        page = link_of(core, page)->next;
    }
    return pages > 0 && pages == tail->pages && last == tail->last && !tail->spare &&
           tail->origin <= tail->begin && tail->begin < tail->end &&
           (tail->end - tail->origin + size - 1) / size == pages;
}

static int check_queue(weir_core *core, uint32_t kind, uint32_t *pages)
{
    const weir_queue *queue = weir_tail_queue(core, kind);
    uint64_t most = kind == WEIR_TAIL_KEPT ? WEIR_TAIL_MOST : core->config.recent_bytes;
    *pages = 0;
    if (!weir_queue_check(queue)) return 0;
    for (weir_slot at = queue->head; at; at = weir_queue_next(queue, at)) {
        const weir_tail *tail = tail_at(core, at);
        if (tail->place < kind || tail->place > kind + 1 || !check_pages(core, tail)) return 0;
        if (weir_tally_at(core, tail->owner)->tails[tail->place] != at) return 0;
        if (tail->end - tail->begin > most) return 0;
        *pages += tail->pages;
    }
    return 1;
}

int weir_tail_check(weir_core *core)
{
    uint32_t recent, kept;
    return check_queue(core, WEIR_TAIL_RECENT, &recent) &&
           check_queue(core, WEIR_TAIL_KEPT, &kept) && kept == core->kept_pages &&
           core->recent.count + core->kept.count == core->tails.count;
}
