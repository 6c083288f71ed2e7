/* SPDX-License-Identifier: MIT */
#include "hold/leaves.h"

static weir_leaf_head *head_of(const weir_hold_context *context, weir_page page)
{
    return weir_leaf_head_of(context->stock, page);
}

static weir_treap treap_of(const weir_hold *hold, const weir_hold_context *context)
{
    return (weir_treap){.stock = context->stock,
                        .key = &context->key,
                        .origin = weir_leaves_short(hold, hold->begin)};
}

/* ── finding ── */

/* The last page that begins at or before the offset, which is at least hold->begin. */
static weir_page find_page(const weir_hold *hold, const weir_hold_context *context, uint32_t offset)
{
    weir_treap treap = treap_of(hold, context);
    if (offset - treap.origin >= head_of(context, hold->tail)->first - treap.origin)
        return hold->tail;
    return weir_treap_find(&treap, hold->root, offset);
}

weir_cursor weir_leaves_find(const weir_hold *hold, const weir_hold_context *context,
                             uint64_t offset)
{
    if (hold->records == 0 || offset >= hold->end) return (weir_cursor){0, 0};
    if (offset <= hold->begin) return (weir_cursor){hold->head, 0};
    uint32_t at = weir_leaves_short(hold, offset);
    weir_cursor found = {find_page(hold, context, at), 0};
    weir_leaf leaf = weir_leaf_open(context->stock, found.page);
    found.index = weir_leaf_find(&leaf, weir_leaves_short(hold, hold->begin), at);
    return found.index < leaf.head->slots ? found : (weir_cursor){leaf.head->next, 0};
}

weir_cursor weir_leaves_next(const weir_hold_context *context, weir_cursor at)
{
    const weir_leaf_head *head = head_of(context, at.page);
    return at.index + 1 < head->slots ? (weir_cursor){at.page, at.index + 1}
                                      : (weir_cursor){head->next, 0};
}

/* ── the chain ── */

static void chain(weir_hold *hold, const weir_hold_context *context, weir_page page,
                  weir_page previous)
{
    weir_leaf_head *head = head_of(context, page);
    head->previous = previous;
    head->next = previous ? head_of(context, previous)->next : hold->head;
    *(previous ? &head_of(context, previous)->next : &hold->head) = page;
    *(head->next ? &head_of(context, head->next)->previous : &hold->tail) = page;
}

static void unchain(weir_hold *hold, const weir_hold_context *context, weir_page page)
{
    const weir_leaf_head *head = head_of(context, page);
    *(head->previous ? &head_of(context, head->previous)->next : &hold->head) = head->next;
    *(head->next ? &head_of(context, head->next)->previous : &hold->tail) = head->previous;
}

void weir_leaves_link(weir_hold *hold, const weir_hold_context *context, weir_page page,
                      weir_page previous)
{
    weir_treap treap = treap_of(hold, context);
    chain(hold, context, page, previous);
    weir_treap_insert(&treap, &hold->root, page);
}

/* Out of order and chain, not yet back in the pool. */
static void detach(weir_hold *hold, const weir_hold_context *context, weir_page page)
{
    weir_treap treap = treap_of(hold, context);
    weir_treap_remove(&treap, &hold->root, page);
    unchain(hold, context, page);
}

void weir_leaves_unlink(weir_hold *hold, const weir_hold_context *context, weir_page page)
{
    detach(hold, context, page);
    weir_stock_put(context->stock, page, context->use);
}

void weir_leaves_split(weir_hold *hold, const weir_hold_context *context, weir_page page,
                       uint32_t index, weir_page fresh)
{
    weir_leaf from = weir_leaf_open(context->stock, page);
    weir_leaf to = weir_leaf_open(context->stock, fresh);
    WEIR_ASSERT(index > 0 && index < from.head->slots);
    weir_leaf_move(&from, index, &to);
    weir_leaves_link(hold, context, fresh, page);
}

void weir_leaves_cut(weir_hold *hold, const weir_hold_context *context, weir_page page)
{
    weir_treap treap = treap_of(hold, context);
    if (page)
        weir_treap_cut(&treap, &hold->root, head_of(context, page)->first);
    else
        hold->root = hold->tail = 0;
    while (hold->head != page) {
        const weir_leaf_head *gone = head_of(context, hold->head);
        weir_page next = gone->next;
        hold->bytes -= gone->live;
        hold->records -= gone->slots;
        weir_stock_put(context->stock, hold->head, context->use);
        hold->head = next;
    }
    if (page) head_of(context, page)->previous = 0;
}

/* ── density ── */

static int fit_together(const weir_hold_context *context, weir_page page, weir_page next)
{
    return weir_leaf_use(head_of(context, page)) + weir_leaf_use(head_of(context, next)) <=
           weir_page_bytes(context->stock);
}

static void join(weir_hold *hold, const weir_hold_context *context, weir_page page, weir_page next)
{
    weir_leaf to = weir_leaf_open(context->stock, page);
    weir_leaf from = weir_leaf_open(context->stock, next);
    detach(hold, context, next);
    weir_leaf_move(&from, 0, &to);
    weir_stock_put(context->stock, next, context->use);
}

void weir_leaves_mend(weir_hold *hold, const weir_hold_context *context, weir_page first,
                      weir_page last)
{
    weir_page before = head_of(context, first)->previous;
    weir_page page = before ? before : first;
    for (int done = 0; !done;) {
        weir_page next = head_of(context, page)->next;
        if (!next) return;
        done = page == last;
        if (!fit_together(context, page, next)) {
            page = next;
            continue;
        }
        if (next == last) last = page;
        join(hold, context, page, next);
    }
}

/* ── checking ── */

static int check_page(const weir_hold *hold, const weir_hold_context *context, weir_page page)
{
    weir_leaf leaf = weir_leaf_open(context->stock, page);
    weir_treap treap = treap_of(hold, context);
    if (!weir_leaf_check(&leaf, treap.origin)) return 0;
    if (weir_treap_find(&treap, hold->root, leaf.head->first) != page) return 0;
    weir_page next = leaf.head->next;
    return !next ||
           (head_of(context, next)->previous == page && !fit_together(context, page, next));
}

/* Where the page's last record ends. */
static uint64_t end_of(const weir_hold *hold, const weir_hold_context *context, weir_page page)
{
    weir_leaf leaf = weir_leaf_open(context->stock, page);
    const weir_leaf_slot *last = weir_leaf_slot_at(&leaf, leaf.head->slots - 1u);
    return weir_leaves_offset(hold, last) + weir_leaf_length(last);
}

static int check_empty(const weir_hold *hold)
{
    return hold->root == 0 && hold->head == 0 && hold->tail == 0 && hold->bytes == 0;
}

int weir_leaves_check(const weir_hold *hold, const weir_hold_context *context)
{
    if (hold->records == 0) return check_empty(hold);
    weir_treap treap = treap_of(hold, context);
    uint64_t bytes = 0, end = hold->begin;
    uint32_t records = 0, pages = 0, links = 1;
    if (!hold->root || !hold->head || head_of(context, hold->head)->previous) return 0;
    if (head_of(context, hold->head)->first != treap.origin) return 0;
    for (weir_page page = hold->head; page; page = head_of(context, page)->next) {
        const weir_leaf_head *head = head_of(context, page);
        if (!check_page(hold, context, page)) return 0;
        if (!weir_treap_check(&treap, page, &links)) return 0;
        if (hold->begin + (uint32_t)(head->first - treap.origin) < end) return 0;
        if (!head->next && page != hold->tail) return 0;
        end = end_of(hold, context, page);
        bytes += head->live;
        records += head->slots;
        pages++;
    }
    return end == hold->end && bytes == hold->bytes && records == hold->records && links == pages;
}
