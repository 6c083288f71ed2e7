/* SPDX-License-Identifier: MIT */
#include "hold/put.h"

/* Field by field: to clear the whole of it first costs more than to store a byte does. */
void weir_put_begin(weir_put *put, weir_hold *hold, const weir_hold_context *context,
                    const weir_piece *piece, const weir_hold_room *room, weir_cursor at)
{
    put->hold = hold;
    put->context = context;
    put->piece = piece;
    put->at = at;
    put->bytes_left = room->bytes;
    put->records_most =
        room->records < UINT32_MAX - hold->records ? hold->records + room->records : UINT32_MAX;
    put->floor = room->floor;
    put->piecemeal = 0;
    put->clash = NULL;
    put->apart = 0;
    put->edges = WEIR_EDGES_NONE;
    put->from = context->overlap == WEIR_OVERLAP_LAST ? 0 : UINT64_MAX;
    put->to = UINT64_MAX;
    put->spare = 0;
    put->reserved = 0;
    put->result.reached = piece->begin;
    put->result.held = put->result.duplicate = put->result.conflict = 0;
    put->result.refusal = WEIR_HOLD_TAKEN;
}

void weir_put_end(weir_put *put)
{
    if (put->spare) weir_stock_put(put->context->stock, put->spare, put->context->use);
    while (put->reserved > 0)
        weir_stock_put(put->context->stock, weir_put_page(put), put->context->use);
}

weir_page weir_put_take(weir_put *put)
{
    weir_stock *stock = put->context->stock;
    weir_page_use use = put->context->use;
    return put->floor ? weir_stock_take_floor(stock, use) : weir_stock_take(stock, use);
}

int weir_put_reserve(weir_put *put, uint32_t count)
{
    while (put->reserved < count) {
        weir_page page = weir_put_take(put);
        if (!page) return 0;
        put->pages[put->reserved++] = page;
    }
    return 1;
}

weir_page weir_put_page(weir_put *put)
{
    WEIR_ASSERT(put->reserved > 0);
    return put->pages[--put->reserved];
}

void weir_put_locate(weir_put *put)
{
    put->at = weir_leaves_find(put->hold, put->context, put->result.reached);
}

weir_leaf_entry weir_put_entry(const weir_put *put, uint64_t length)
{
    uint64_t begin = put->result.reached;
    return weir_put_entry_of(put->hold, put->piece, begin, begin + length);
}

void weir_put_count(weir_put *put, uint64_t length, uint64_t fresh)
{
    uint64_t begin = put->result.reached, end = begin + length;
    if (fresh && put->edges == WEIR_EDGES_RUN) put->from = weir_min64(put->from, begin);
    weir_put_widen(put->hold, begin, end);
    put->hold->bytes += fresh;
    put->bytes_left -= fresh;
    put->result.held += fresh;
    put->result.reached = end;
}
