/* SPDX-License-Identifier: MIT */
/* The short way of a page, without the lock and without a count. What takes longer is in
 * pool_supply.c: there no compiler can draw it in here. */
#include "stores/pool_state.h"

weir_page weir_stock_take(weir_stock *stock, weir_page_use use)
{
    if (use == WEIR_USE_HOLD && WEIR_LIKELY(stock->count > WEIR_FLOOR_PAGES))
        return weir_pool_hand_out(stock);
    return weir_pool_take_scarce(stock, use, WEIR_FLOOR_PAGES);
}

weir_page weir_stock_take_floor(weir_stock *stock, weir_page_use use)
{
    if (use == WEIR_USE_HOLD && WEIR_LIKELY(stock->count > WEIR_FLOOR_PAGES))
        return weir_pool_hand_out(stock);
    return weir_pool_take_scarce(stock, use, 0);
}

/* Empty but in debug builds. */
static void assert_new_in_stock(const weir_stock *stock)
{
    uint32_t last = stock->count - 1;
    WEIR_ASSERT(last < WEIR_FLOOR_PAGES + 2 * WEIR_STOCK_PAGES && stock->pages[last] > 0);
    for (uint32_t i = 0; i < last; i++)
        WEIR_ASSERT(stock->pages[i] != stock->pages[last]);
}

void weir_stock_put(weir_stock *stock, weir_page page, weir_page_use use)
{
    weir_poison(weir_page_address(stock, page), weir_page_bytes(stock));
    weir_poison(weir_page_descriptor(stock, page), WEIR_DESCRIPTOR_BYTES);
    stock->pages[stock->count++] = page;
    stock->puts++;
    assert_new_in_stock(stock);
    if (use != WEIR_USE_HOLD ||
        WEIR_UNLIKELY(stock->count > atomic_load_explicit(&stock->most, memory_order_relaxed)))
        weir_pool_put_over(stock, use);
}
