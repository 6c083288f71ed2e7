/* SPDX-License-Identifier: MIT */
#include "hold/receiver.h"

#include "hold/leaves.h"
#include "hold/redblack.h"

#define BEFORE_MOST (UINT32_C(1) << 30) /* how far before the hold a block may begin */

enum { LEFT, RIGHT };

typedef enum { DROPPED, JOINS, REPLACES, INSERTED } fate;

/* Where a segment goes. */
typedef struct {
    fate fate;
    uint32_t node;   /* that it joins or replaces; or its parent to be */
    uint32_t side;   /* … and on which side of it */
    uint32_t before; /* the largest end of blocks before it, from the tree's origin; 0: none */
} found;

/* A segment as the tree has it. */
typedef struct {
    uint32_t begin, end;
} range;

static range range_of(const weir_hold *hold, weir_extent segment)
{
    return (range){weir_leaves_short(hold, segment.begin), weir_leaves_short(hold, segment.end)};
}

static int has_tree(const weir_hold *hold, const weir_hold_context *context)
{
    return hold->books && weir_overlap_edges(context->overlap) == WEIR_EDGES_QUEUE;
}

static weir_redblack tree_of(const weir_hold *hold, const weir_hold_context *context)
{
    uint32_t origin = weir_leaves_short(hold, hold->begin) - BEFORE_MOST;
    return weir_redblack_open(context->stock, context->use, hold->books, origin);
}

/* ── where a segment goes ── */

static uint32_t reach_of(const weir_redblack *tree, uint32_t node)
{
    return node ? weir_redblack_node(tree, node)->reach - tree->origin : 0;
}

/* The largest end of all blocks but the last. */
static uint32_t reach_before(const weir_redblack *tree, uint32_t last)
{
    uint32_t reach = reach_of(tree, weir_redblack_node(tree, last)->child[LEFT]);
    for (uint32_t node = tree->head->root; node != last;) {
        const weir_node *block = weir_redblack_node(tree, node);
        reach = weir_max32(reach, reach_of(tree, block->child[LEFT]));
        reach = weir_max32(reach, block->end - tree->origin);
        node = block->child[RIGHT];
    }
    return reach;
}

/* The block that begins last is looked at first: 1 if the segment begins where it ends, or behind
 * that. */
static int goes_last(const weir_redblack *tree, range segment, found *at)
{
    uint32_t last = tree->head->last;
    const weir_node *block = weir_redblack_node(tree, last);
    if (segment.begin - tree->origin < block->end - tree->origin) return 0;
    *at = (found){.fate = INSERTED, .node = last, .side = RIGHT};
    if (block->end == segment.begin) at->fate = JOINS;
    at->before = at->fate == JOINS ? reach_before(tree, last) : reach_of(tree, tree->head->root);
    return 1;
}

/* The segment meets a block that begins before it or with it. */
static fate meet(const weir_redblack *tree, range segment, const weir_node *block)
{
    uint32_t begin = segment.begin - tree->origin, end = segment.end - tree->origin;
    uint32_t block_end = block->end - tree->origin;
    if (begin == block_end) return JOINS;
    if (begin > block_end) return INSERTED;
    if (end <= block_end) return DROPPED;
    return segment.begin == block->begin ? REPLACES : INSERTED;
}

static found seek(const weir_redblack *tree, range segment)
{
    found at = {.fate = INSERTED};
    if (goes_last(tree, segment, &at)) return at;
    for (uint32_t node = tree->head->root; node;) {
        const weir_node *block = weir_redblack_node(tree, node);
        at.node = node;
        at.side = block->begin - tree->origin <= segment.begin - tree->origin;
        if (at.side == RIGHT) {
            at.before = weir_max32(at.before, reach_of(tree, block->child[LEFT]));
            at.fate = meet(tree, segment, block);
            if (at.fate != INSERTED) break;
            at.before = weir_max32(at.before, block->end - tree->origin);
        }
        node = block->child[at.side];
    }
    return at;
}

/* The same where the queue is one block. */
static fate seek_single(weir_extent segment, weir_extent block)
{
    if (segment.begin == block.end) return JOINS;
    if (segment.begin < block.begin || segment.begin > block.end) return INSERTED;
    if (segment.end <= block.end) return DROPPED;
    return segment.begin == block.begin ? REPLACES : INSERTED;
}

static uint64_t single_wins_from(weir_extent segment, weir_extent block)
{
    switch (seek_single(segment, block)) {
    case DROPPED:
        return UINT64_MAX;
    case INSERTED:
        return segment.begin > block.begin ? block.end : 0;
    default:
        return 0;
    }
}

uint64_t weir_receiver_wins_from(const weir_hold *hold, const weir_hold_context *context,
                                 weir_extent segment)
{
    if (hold->records == 0) return 0;
    if (!hold->books) return single_wins_from(segment, (weir_extent){hold->begin, hold->end});
    weir_redblack tree = tree_of(hold, context);
    found at = seek(&tree, range_of(hold, segment));
    if (at.fate == DROPPED) return UINT64_MAX;
    return at.before > BEFORE_MOST ? hold->begin + (at.before - BEFORE_MOST) : 0;
}

/* ── noting it ── */

/* 1 if one block remains one when the segment comes, or becomes another. */
static int stays_single(weir_extent segment, weir_extent block)
{
    if (block.begin == block.end || seek_single(segment, block) != INSERTED) return 1;
    return segment.begin < block.begin && segment.end >= block.end;
}

weir_receiver_need weir_receiver_needs(const weir_hold *hold, const weir_hold_context *context,
                                       weir_extent segment, uint32_t blocks_most)
{
    if (hold->records == 0) return WEIR_RECEIVER_NOTHING;
    if (!hold->books) { /* it may cover that block, but then be taken in part */
        if (seek_single(segment, (weir_extent){hold->begin, hold->end}) != INSERTED)
            return WEIR_RECEIVER_NOTHING;
        return blocks_most < 2 ? WEIR_RECEIVER_FULL : WEIR_RECEIVER_PAGE;
    }
    weir_redblack tree = tree_of(hold, context);
    if (seek(&tree, range_of(hold, segment)).fate != INSERTED) return WEIR_RECEIVER_NOTHING;
    if (tree.head->nodes >= weir_min32(blocks_most, weir_redblack_most(context->stock)))
        return WEIR_RECEIVER_FULL;
    return weir_redblack_full(&tree) ? WEIR_RECEIVER_PAGE : WEIR_RECEIVER_NOTHING;
}

/* The node that begins there. */
static uint32_t node_at(const weir_redblack *tree, uint32_t begin)
{
    uint32_t node = tree->head->root;
    for (;;) {
        const weir_node *block = weir_redblack_node(tree, node);
        if (block->begin == begin) return node;
        node = block->child[block->begin - tree->origin < begin - tree->origin];
    }
}

/* Blocks behind the one that begins and ends so, and inside it, go; up to one that is not. */
static void drop_covered(weir_redblack *tree, range block)
{
    uint32_t node = weir_redblack_next(tree, node_at(tree, block.begin));
    if (!node) return;
    uint32_t end = weir_redblack_node(tree, node)->end;
    if (end - tree->origin <= block.end - tree->origin)
        weir_redblack_erase_run(tree, node, block.end);
}

/* A queue of one block is that which the hold says: it needs no page. */
static void end_single(weir_hold *hold, const weir_hold_context *context)
{
    if (hold->books && tree_of(hold, context).head->nodes <= 1) weir_receiver_end(hold, context);
}

/* Returns the page if it was not needed. */
static weir_page add(weir_redblack *tree, range segment, weir_page page)
{
    found at = seek(tree, segment);
    int full = at.fate == INSERTED && weir_redblack_full(tree);
    if (at.fate == INSERTED)
        weir_redblack_insert(tree, at.node, at.side, segment.begin, segment.end, page);
    else if (at.fate != DROPPED)
        weir_redblack_extend(tree, at.node, segment.end);
    if (at.fate == INSERTED || at.fate == REPLACES) drop_covered(tree, segment);
    return full ? 0 : page;
}

weir_page weir_receiver_note(weir_hold *hold, const weir_hold_context *context, weir_extent segment,
                             weir_extent held, weir_page page)
{
    if (!hold->books) {
        if (stays_single(segment, held)) return page;
        hold->books = page;
        weir_redblack_begin(context->stock, page);
        weir_redblack tree = tree_of(hold, context);
        range block = range_of(hold, held);
        weir_redblack_insert(&tree, 0, LEFT, block.begin, block.end, 0);
        page = 0;
    }
    weir_redblack tree = tree_of(hold, context);
    page = add(&tree, range_of(hold, segment), page);
    end_single(hold, context);
    return page;
}

void weir_receiver_forget(weir_hold *hold, const weir_hold_context *context, uint64_t offset)
{
    if (!has_tree(hold, context)) return;
    weir_redblack tree = tree_of(hold, context);
    uint32_t most = weir_leaves_short(hold, offset) - tree.origin;
    uint32_t first = weir_redblack_leftmost(&tree);
    if (weir_redblack_node(&tree, first)->end - tree.origin <= most)
        weir_redblack_erase_run(&tree, first, weir_leaves_short(hold, offset));
    end_single(hold, context);
}

void weir_receiver_end(weir_hold *hold, const weir_hold_context *context)
{
    if (!has_tree(hold, context)) return;
    weir_redblack tree = tree_of(hold, context);
    weir_redblack_end(&tree, hold->books);
    hold->books = 0;
}

int weir_receiver_check(const weir_hold *hold, const weir_hold_context *context)
{
    if (!has_tree(hold, context)) return 1;
    if (hold->records == 0) return 0;
    weir_redblack tree = tree_of(hold, context);
    if (tree.head->nodes < 2 || !weir_redblack_check(&tree)) return 0;
    const weir_node *first = weir_redblack_node(&tree, weir_redblack_leftmost(&tree));
    return first->begin - tree.origin <= BEFORE_MOST &&
           reach_of(&tree, tree.head->root) == BEFORE_MOST + (hold->end - hold->begin);
}
