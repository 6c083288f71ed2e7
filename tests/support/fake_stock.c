/* SPDX-License-Identifier: MIT */
#include "support/fake_stock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUBBISH 0xa5

typedef struct {
    weir_stock stock; /* first: the two have one address */
    uint8_t *out;     /* by page: 1 if it is given out */
    weir_page *spare; /* those that are not; the last goes first */
    uint32_t spares, pages, limit, floor_pages;
    uint32_t used, peak, wanted, refuse_at;
    uint8_t *scratch;
} fake_stock;

static fake_stock *fake_of(weir_stock *stock)
{
    return (fake_stock *)(void *)stock;
}

static const fake_stock *fake_of_const(const weir_stock *stock)
{
    return (const fake_stock *)(const void *)stock;
}

static void *memory(uint64_t bytes)
{
    void *block = aligned_alloc(4096, weir_round_up(bytes, 4096));
    if (!block) {
        fprintf(stderr, "fake_stock: no memory\n");
        exit(2);
    }
    memset(block, 0, bytes);
    return block;
}

weir_stock *fake_stock_open(uint32_t page_bytes, uint32_t pages, uint32_t floor_pages)
{
    fake_stock *fake = memory(sizeof *fake);
    fake->stock.page_shift = weir_bit_lowest(page_bytes);
    fake->stock.base = memory(((uint64_t)pages + 1) * page_bytes);
    fake->stock.descriptors = memory(((uint64_t)pages + 1) * WEIR_DESCRIPTOR_BYTES);
    fake->out = memory((uint64_t)pages + 1);
    fake->spare = memory(((uint64_t)pages + 1) * sizeof *fake->spare);
    fake->pages = fake->limit = pages;
    fake->floor_pages = floor_pages;
    for (weir_page page = pages; page > 0; page--)
        fake->spare[fake->spares++] = page;
    fake->scratch = memory(WEIR_SCRATCH_BYTES);
    weir_poison(fake->stock.base, ((uint64_t)pages + 1) * page_bytes);
    weir_poison(fake->stock.descriptors, ((uint64_t)pages + 1) * WEIR_DESCRIPTOR_BYTES);
    return &fake->stock;
}

void fake_stock_close(weir_stock *stock)
{
    fake_stock *fake = fake_of(stock);
    weir_unpoison(stock->base, ((uint64_t)fake->pages + 1) << stock->page_shift);
    weir_unpoison(stock->descriptors, ((uint64_t)fake->pages + 1) * WEIR_DESCRIPTOR_BYTES);
    weir_unpoison(fake->scratch, WEIR_SCRATCH_BYTES);
    free(fake->scratch);
    free(stock->base);
    free(stock->descriptors);
    free(fake->out);
    free(fake->spare);
    free(fake);
}

uint32_t fake_stock_used(const weir_stock *stock)
{
    return fake_of_const(stock)->used;
}

uint32_t fake_stock_peak(weir_stock *stock)
{
    fake_stock *fake = fake_of(stock);
    uint32_t peak = fake->peak;
    fake->peak = fake->used;
    return peak;
}

void fake_stock_limit(weir_stock *stock, uint32_t pages)
{
    fake_of(stock)->limit = pages;
}

void fake_stock_refuse(weir_stock *stock, uint32_t nth)
{
    fake_of(stock)->refuse_at = nth ? fake_of(stock)->wanted + nth : 0;
}

uint32_t fake_stock_wanted(const weir_stock *stock)
{
    return fake_of_const(stock)->wanted;
}

static weir_page take(fake_stock *fake, uint32_t kept)
{
    fake->wanted++;
    if (fake->refuse_at && fake->wanted >= fake->refuse_at) return 0;
    if (fake->used + kept >= fake->limit || fake->spares == 0) return 0;
    weir_page page = fake->spare[--fake->spares];
    weir_unpoison(weir_page_address(&fake->stock, page), weir_page_bytes(&fake->stock));
    weir_unpoison(weir_page_descriptor(&fake->stock, page), WEIR_DESCRIPTOR_BYTES);
#ifdef WEIR_DEBUG
    memset(weir_page_address(&fake->stock, page), RUBBISH, weir_page_bytes(&fake->stock));
#endif
    memset(weir_page_descriptor(&fake->stock, page), 0, WEIR_DESCRIPTOR_BYTES);
    fake->out[page] = 1;
    if (++fake->used > fake->peak) fake->peak = fake->used;
    return page;
}

weir_page weir_stock_take(weir_stock *stock, weir_page_use use)
{
    (void)use;
    return take(fake_of(stock), fake_of(stock)->floor_pages);
}

weir_page weir_stock_take_floor(weir_stock *stock, weir_page_use use)
{
    (void)use;
    return take(fake_of(stock), 0);
}

void weir_stock_put(weir_stock *stock, weir_page page, weir_page_use use)
{
    fake_stock *fake = fake_of(stock);
    if (use == WEIR_USE_CONN || page == 0 || page > fake->pages || !fake->out[page]) {
        fprintf(stderr, "fake_stock: page %u put back, which is not given out\n", (unsigned)page);
        abort();
    }
    fake->out[page] = 0;
    fake->used--;
    fake->spare[fake->spares++] = page;
    weir_poison(weir_page_address(stock, page), weir_page_bytes(stock));
    weir_poison(weir_page_descriptor(stock, page), WEIR_DESCRIPTOR_BYTES);
}

uint8_t *weir_stock_scratch(weir_stock *stock, uint32_t bytes)
{
    fake_stock *fake = fake_of(stock);
    fake->wanted++;
    if (fake->refuse_at && fake->wanted >= fake->refuse_at) return NULL;
    weir_poison(fake->scratch, WEIR_SCRATCH_BYTES);
    weir_unpoison(fake->scratch, bytes);
    return fake->scratch;
}
