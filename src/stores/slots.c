/* SPDX-License-Identifier: MIT */
#include "stores/slots.h"

#include <string.h>

/* In the page's descriptor. */
typedef struct link {
    weir_page before; /* the page taken before this one, full; 0: none */
} link;

static weir_page page_before(const weir_slots *slots, weir_page page)
{
    return ((const link *)weir_page_descriptor(slots->stock, page))->before;
}

static weir_slot slot_of(weir_page page, uint32_t in_page)
{
    return page * WEIR_SLOTS_PER_PAGE_MAX + in_page;
}

void weir_slots_init(weir_slots *slots, weir_stock *stock, uint32_t size, weir_page_use use)
{
    uint32_t fit = weir_page_bytes(stock) / size;
    WEIR_ASSERT(size % 4 == 0 && fit > 0);
    *slots = (weir_slots){
        .stock = stock,
        .base = stock->base,
        .page_shift = stock->page_shift,
        .size = size,
        .per_page = weir_min32(fit, WEIR_SLOTS_PER_PAGE_MAX),
        .use = use,
    };
}

/* A new tail, empty. */
static int add_page(weir_slots *slots, int floor)
{
    weir_page page = floor ? weir_stock_take_floor(slots->stock, slots->use)
                           : weir_stock_take(slots->stock, slots->use);
    if (page == 0) return 0;
    *(link *)weir_page_descriptor(slots->stock, page) = (link){slots->tail};
    weir_poison(weir_page_address(slots->stock, page), weir_page_bytes(slots->stock));
    slots->tail = page;
    slots->in_tail = 0;
    return 1;
}

/* The tail is empty: the page before it is the tail, and full. */
static void drop_page(weir_slots *slots)
{
    weir_page page = slots->tail;
    slots->tail = page_before(slots, page);
    slots->in_tail = slots->tail ? slots->per_page : 0;
    weir_stock_put(slots->stock, page, slots->use);
}

weir_slot weir_slots_take(weir_slots *slots, int floor)
{
    if (weir_slots_full(slots) && !add_page(slots, floor)) return 0;
    weir_slot slot = slot_of(slots->tail, slots->in_tail++);
    void *record = weir_slots_at(slots, slot);
    slots->count++;
    weir_unpoison(record, slots->size);
    memset(record, 0, slots->size);
    return slot;
}

void weir_slots_renew(weir_slots *slots, weir_slot slot)
{
    memset(weir_slots_at(slots, slot), 0, slots->size);
}

weir_slot weir_slots_put(weir_slots *slots, weir_slot slot)
{
    WEIR_ASSERT(slots->count > 0 && slot % WEIR_SLOTS_PER_PAGE_MAX < slots->per_page);
    weir_slot last = slot_of(slots->tail, --slots->in_tail);
    void *record = weir_slots_at(slots, last);
    if (slot != last) memcpy(weir_slots_at(slots, slot), record, slots->size);
    weir_poison(record, slots->size);
    slots->count--;
    if (slots->in_tail == 0) drop_page(slots);
    return slot != last ? last : 0;
}

int weir_slots_check(const weir_slots *slots)
{
    uint32_t most = (slots->count + slots->per_page - 1) / slots->per_page, pages = 0;
    for (weir_page page = slots->tail; page != 0; page = page_before(slots, page)) {
        if (++pages > most) return 0;
    }
    if (pages == 0) return slots->count == 0 && slots->in_tail == 0;
    return slots->in_tail > 0 && slots->in_tail <= slots->per_page &&
           (uint64_t)(pages - 1) * slots->per_page + slots->in_tail == slots->count;
}
