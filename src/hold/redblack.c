/* SPDX-License-Identifier: MIT */
#include "hold/redblack.h"

enum { LEFT, RIGHT };

/* Below this, a number times 2^32 / rest rounded up, divided by 2^32, is that number divided by
 * rest: the error is less than number x rest / 2^32 of a rest-th, and rest is below 2^10. */
#define DIVIDED_MOST (UINT32_C(1) << 22)

/* ── where nodes are ── */

static uint32_t first_nodes(const weir_stock *stock)
{
    return (weir_page_bytes(stock) / 2 - (uint32_t)sizeof(weir_redblack_head)) /
           (uint32_t)sizeof(weir_node);
}

static uint32_t page_nodes(const weir_stock *stock)
{
    return weir_page_bytes(stock) / (uint32_t)sizeof(weir_node);
}

/* The references to further pages. */
static weir_page *pages_of(const weir_redblack *tree)
{
    uint8_t *first = (uint8_t *)tree->head;
    return (weir_page *)(void *)(first + weir_page_bytes(tree->stock) / 2);
}

weir_node *weir_redblack_node(const weir_redblack *tree, uint32_t node)
{
    WEIR_ASSERT(node > 0 && node <= tree->head->nodes);
    if (node <= tree->first) return (weir_node *)(void *)(tree->head + 1) + (node - 1);
    uint32_t at = node - 1 - tree->first;
    uint32_t page = (uint32_t)(at * tree->rest_inverse >> 32); /* at / rest: see DIVIDED_MOST */
    WEIR_ASSERT(at < DIVIDED_MOST && page == at / tree->rest);
    weir_node *nodes = (weir_node *)(void *)weir_page_address(tree->stock, pages_of(tree)[page]);
    return nodes + (at - page * tree->rest);
}

weir_redblack weir_redblack_open(weir_stock *stock, weir_page_use use, weir_page first,
                                 uint32_t origin)
{
    void *head = weir_page_address(stock, first);
    uint32_t rest = page_nodes(stock);
    return (weir_redblack){.stock = stock,
                           .head = head,
                           .origin = origin,
                           .use = use,
                           .first = first_nodes(stock),
                           .rest = rest,
                           .rest_inverse = (UINT64_C(1) << 32) / rest + 1};
}

void weir_redblack_begin(weir_stock *stock, weir_page first)
{
    weir_redblack_head *head = (void *)weir_page_address(stock, first);
    *head = (weir_redblack_head){0};
}

uint32_t weir_redblack_most(const weir_stock *stock)
{
    uint32_t pages = weir_page_bytes(stock) / 2 / (uint32_t)sizeof(weir_page);
    return first_nodes(stock) + pages * page_nodes(stock);
}

/* Further pages that so many nodes need. */
static uint32_t pages_for(const weir_stock *stock, uint32_t nodes)
{
    uint32_t first = first_nodes(stock), rest = page_nodes(stock);
    return nodes <= first ? 0 : (nodes - first + rest - 1) / rest;
}

int weir_redblack_full(const weir_redblack *tree)
{
    uint32_t nodes = tree->head->nodes;
    return pages_for(tree->stock, nodes + 1) > pages_for(tree->stock, nodes);
}

void weir_redblack_end(weir_redblack *tree, weir_page first)
{
    for (uint32_t i = pages_for(tree->stock, tree->head->nodes); i > 0; i--)
        weir_stock_put(tree->stock, pages_of(tree)[i - 1], tree->use);
    weir_stock_put(tree->stock, first, tree->use);
}

/* ── links and colours ── */

static uint32_t parent_of(const weir_redblack *tree, uint32_t node)
{
    return weir_redblack_node(tree, node)->parent >> 1;
}

static int is_red(const weir_redblack *tree, uint32_t node)
{
    return node && weir_redblack_node(tree, node)->parent & 1;
}

static void set_red(const weir_redblack *tree, uint32_t node, int red)
{
    weir_node *at = weir_redblack_node(tree, node);
    at->parent = (at->parent & ~1u) | (uint32_t)red;
}

static void set_parent(const weir_redblack *tree, uint32_t node, uint32_t parent)
{
    if (!node) return;
    weir_node *at = weir_redblack_node(tree, node);
    at->parent = parent << 1 | (at->parent & 1);
}

static uint32_t child_of(const weir_redblack *tree, uint32_t node, uint32_t side)
{
    return weir_redblack_node(tree, node)->child[side];
}

/* On which side of its parent a node is. */
static uint32_t side_of(const weir_redblack *tree, uint32_t parent, uint32_t node)
{
    return child_of(tree, parent, RIGHT) == node;
}

/* Puts `node` (0: nothing) where `old` was below `parent` (0: at the root). */
static void hang(const weir_redblack *tree, uint32_t parent, uint32_t old, uint32_t node)
{
    if (!parent)
        tree->head->root = node;
    else
        weir_redblack_node(tree, parent)->child[side_of(tree, parent, old)] = node;
}

/* ── walking ── */

static uint32_t down(const weir_redblack *tree, uint32_t node, uint32_t side)
{
    for (uint32_t next; node && (next = child_of(tree, node, side)) != 0;)
        node = next;
    return node;
}

uint32_t weir_redblack_leftmost(const weir_redblack *tree)
{
    return down(tree, tree->head->root, LEFT);
}

uint32_t weir_redblack_next(const weir_redblack *tree, uint32_t node)
{
    uint32_t right = child_of(tree, node, RIGHT), parent = parent_of(tree, node);
    if (right) return down(tree, right, LEFT);
    while (parent && side_of(tree, parent, node) == RIGHT) {
        node = parent;
        parent = parent_of(tree, node);
    }
    return parent;
}

/* ── the furthest end below a node ── */

static uint32_t later(const weir_redblack *tree, uint32_t a, uint32_t b)
{
    return a - tree->origin > b - tree->origin ? a : b;
}

static uint32_t reach_of(const weir_redblack *tree, const weir_node *at)
{
    uint32_t reach = at->end;
    for (uint32_t side = LEFT; side <= RIGHT; side++)
        if (at->child[side])
            reach = later(tree, reach, weir_redblack_node(tree, at->child[side])->reach);
    return reach;
}

/* 0 if it is as it was. */
static int set_reach(const weir_redblack *tree, uint32_t node)
{
    weir_node *at = weir_redblack_node(tree, node);
    uint32_t reach = reach_of(tree, at);
    if (reach == at->reach) return 0;
    at->reach = reach;
    return 1;
}

/* As far up as something changes. */
static void set_reach_up(const weir_redblack *tree, uint32_t node)
{
    while (node && set_reach(tree, node))
        node = parent_of(tree, node);
}

/* ── inserting ── */

/* The child on the other side comes up, the node goes down to `side`. */
static void rotate(const weir_redblack *tree, uint32_t node, uint32_t side)
{
    weir_node *down = weir_redblack_node(tree, node);
    uint32_t up = down->child[!side], parent = parent_of(tree, node);
    weir_node *risen = weir_redblack_node(tree, up);
    down->child[!side] = risen->child[side];
    set_parent(tree, risen->child[side], node);
    hang(tree, parent, node, up);
    set_parent(tree, up, parent);
    risen->child[side] = node;
    set_parent(tree, node, up);
    set_reach(tree, node);
    set_reach(tree, up);
}

static void mend_insertion(const weir_redblack *tree, uint32_t node)
{
    uint32_t parent;
    while (is_red(tree, parent = parent_of(tree, node))) {
        uint32_t grand = parent_of(tree, parent), side = side_of(tree, grand, parent);
        uint32_t uncle = child_of(tree, grand, !side);
        set_red(tree, grand, 1);
        if (is_red(tree, uncle)) {
            set_red(tree, parent, 0);
            set_red(tree, uncle, 0);
            node = grand;
            continue;
        }
        if (side_of(tree, parent, node) != side) {
            rotate(tree, parent, side);
            parent = node;
        }
        set_red(tree, parent, 0);
        rotate(tree, grand, !side);
        break;
    }
    set_red(tree, tree->head->root, 0);
}

void weir_redblack_insert(weir_redblack *tree, uint32_t parent, uint32_t side, uint32_t begin,
                          uint32_t end, weir_page page)
{
    if (weir_redblack_full(tree)) pages_of(tree)[pages_for(tree->stock, tree->head->nodes)] = page;
    uint32_t node = ++tree->head->nodes;
    *weir_redblack_node(tree, node) = (weir_node){
        .begin = begin, .end = end, .reach = end, .parent = parent << 1 | (parent != 0)};
    if (tree->head->last == parent && (!parent || side == RIGHT)) tree->head->last = node;
    if (!parent) {
        tree->head->root = node;
        return;
    }
    weir_redblack_node(tree, parent)->child[side] = node;
    set_reach_up(tree, parent);
    mend_insertion(tree, node);
}

void weir_redblack_extend(weir_redblack *tree, uint32_t node, uint32_t end)
{
    weir_redblack_node(tree, node)->end = end;
    set_reach_up(tree, node);
}

/* ── erasing ── */

/* A black node less on the way through `node` (0: nothing), a child of `parent`. */
static void mend_erasure(const weir_redblack *tree, uint32_t parent, uint32_t node, uint32_t side)
{
    while (parent && !is_red(tree, node)) {
        uint32_t sibling = child_of(tree, parent, !side);
        if (is_red(tree, sibling)) {
            set_red(tree, sibling, 0);
            set_red(tree, parent, 1);
            rotate(tree, parent, side);
            sibling = child_of(tree, parent, !side);
        }
        uint32_t near = child_of(tree, sibling, side), far = child_of(tree, sibling, !side);
        if (!is_red(tree, near) && !is_red(tree, far)) {
            set_red(tree, sibling, 1);
            node = parent;
            parent = parent_of(tree, node);
            side = parent ? side_of(tree, parent, node) : LEFT;
            continue;
        }
        if (!is_red(tree, far)) {
            set_red(tree, near, 0);
            set_red(tree, sibling, 1);
            rotate(tree, sibling, !side);
            sibling = near;
        }
        set_red(tree, sibling, is_red(tree, parent));
        set_red(tree, parent, 0);
        set_red(tree, child_of(tree, sibling, !side), 0);
        rotate(tree, parent, side);
        return;
    }
    if (node) set_red(tree, node, 0);
}

/* Takes out a node that has at most one child. */
static void splice_out(const weir_redblack *tree, uint32_t node)
{
    const weir_node *at = weir_redblack_node(tree, node);
    uint32_t child = at->child[LEFT] ? at->child[LEFT] : at->child[RIGHT];
    uint32_t parent = parent_of(tree, node);
    uint32_t side = parent ? side_of(tree, parent, node) : LEFT;
    int black = !is_red(tree, node);
    hang(tree, parent, node, child);
    set_parent(tree, child, parent);
    set_reach_up(tree, parent);
    if (black) mend_erasure(tree, parent, child, side);
}

/* A node gets the block of its successor, and the successor the node's. */
static void trade_places(const weir_redblack *tree, uint32_t node, uint32_t below)
{
    weir_node *high = weir_redblack_node(tree, node), *low = weir_redblack_node(tree, below);
    uint32_t begin = high->begin, end = high->end;
    high->begin = low->begin;
    high->end = low->end;
    low->begin = begin;
    low->end = end;
}

/* Takes a node out of the tree; its number is free then, or that of its successor, of which the
 * block has the node's number then. Returns the free one. */
static uint32_t take_out(const weir_redblack *tree, uint32_t node)
{
    const weir_node *at = weir_redblack_node(tree, node);
    uint32_t gone = node;
    if (at->child[LEFT] && at->child[RIGHT]) {
        gone = weir_redblack_next(tree, node);
        trade_places(tree, node, gone);
    }
    splice_out(tree, gone);
    if (gone != node) set_reach_up(tree, node);
    return gone;
}

/* ── free numbers ── */

/* A free number: its block is empty, and child[LEFT] the next free one. */
static void set_free(const weir_redblack *tree, uint32_t node, uint32_t next)
{
    *weir_redblack_node(tree, node) = (weir_node){.child = {next}};
}

static int is_free(const weir_redblack *tree, uint32_t node)
{
    const weir_node *at = weir_redblack_node(tree, node);
    return at->begin == at->end;
}

/* A node moves to a free number. */
static void move(const weir_redblack *tree, uint32_t node, uint32_t to)
{
    const weir_node *at = weir_redblack_node(tree, node);
    *weir_redblack_node(tree, to) = *at;
    hang(tree, at->parent >> 1, node, to);
    set_parent(tree, at->child[LEFT], to);
    set_parent(tree, at->child[RIGHT], to);
    if (tree->head->last == node) tree->head->last = to;
}

/* The last nodes move to the free numbers, `count` from `free` on: numbers are dense again. */
static void close_gaps(const weir_redblack *tree, uint32_t free, uint32_t count)
{
    uint32_t nodes = tree->head->nodes, rest = nodes - count;
    for (uint32_t node = nodes; node > rest; node--) {
        if (is_free(tree, node)) continue;
        while (free > rest)
            free = child_of(tree, free, LEFT);
        uint32_t to = free;
        free = child_of(tree, to, LEFT);
        move(tree, node, to);
    }
    tree->head->nodes = rest;
    for (uint32_t i = pages_for(tree->stock, nodes); i > pages_for(tree->stock, rest); i--)
        weir_stock_put(tree->stock, pages_of(tree)[i - 1], tree->use);
}

void weir_redblack_erase_run(weir_redblack *tree, uint32_t node, uint32_t end)
{
    uint32_t free = 0, count = 0;
    do {
        uint32_t next = weir_redblack_next(tree, node), gone = take_out(tree, node);
        set_free(tree, gone, free);
        free = gone;
        count++;
        if (gone == next) next = node;
        if (gone == tree->head->last)
            tree->head->last = next ? next : down(tree, tree->head->root, RIGHT);
        node = next;
    } while (node && weir_redblack_node(tree, node)->end - tree->origin <= end - tree->origin);
    close_gaps(tree, free, count);
}

/* ── checking ── */

/* Black nodes from here up to the root. */
static uint32_t black_above(const weir_redblack *tree, uint32_t node)
{
    uint32_t black = 0;
    for (; node; node = parent_of(tree, node))
        black += !is_red(tree, node);
    return black;
}

static int check_node(const weir_redblack *tree, uint32_t node)
{
    const weir_node *at = weir_redblack_node(tree, node);
    uint32_t parent = at->parent >> 1;
    if (at->end - tree->origin <= at->begin - tree->origin) return 0;
    if (parent ? child_of(tree, parent, side_of(tree, parent, node)) != node
               : tree->head->root != node || is_red(tree, node))
        return 0;
    if (parent && is_red(tree, node) && is_red(tree, parent)) return 0;
    return reach_of(tree, at) == at->reach;
}

int weir_redblack_check(const weir_redblack *tree)
{
    uint32_t count = 0, previous = 0, black = 0;
    uint32_t node = weir_redblack_leftmost(tree);
    for (; node && count <= tree->head->nodes; node = weir_redblack_next(tree, node), count++) {
        const weir_node *at = weir_redblack_node(tree, node);
        if (!check_node(tree, node)) return 0;
        if (previous &&
            weir_redblack_node(tree, previous)->begin - tree->origin >= at->begin - tree->origin)
            return 0;
        if (!at->child[LEFT] || !at->child[RIGHT]) {
            uint32_t here = black_above(tree, node);
            if (black && here != black) return 0;
            black = here;
        }
        previous = node;
    }
    return count == tree->head->nodes && previous == tree->head->last;
}
