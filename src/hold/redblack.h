/* SPDX-License-Identifier: MIT */
/*
 * A red-black tree of blocks, [begin, end) of the stream each, in pages of its own.
 *
 *      first page   │head│node 1│node 2│ …        │ page │ page │ …    the second half: references
 *      next page    │node│node│node│ …                               to the pages of further nodes
 *
 *      nodes are dense: node n moves to the place of one that goes, and the last page is given back
 *      begins rise from left to right, no two are the same; ends may lie in any order
 *      no red node has a red child; as many black ones on each way down
 *      reach = the largest end in a node's subtree
 *
 * Why red-black and no other: a Linux receiver keeps its out-of-order queue in one, and which block
 * a segment joins depends on the way down (hold/receiver.h). Inserting and erasing are the
 * textbook ones (Cormen, Leiserson, Rivest, Stein: Introduction to Algorithms, chapter 13), the
 * node that has two children being replaced by its successor, so that the trees have the kernel's
 * shapes.
 *
 * Cost: 24 bytes a node; all O(log nodes), no recursion. A tree of one node is a page: who has one
 * block only keeps none.
 */
#ifndef WEIR_REDBLACK_H
#define WEIR_REDBLACK_H

#include "stores/pool.h"

typedef struct weir_node {
    uint32_t begin, end; /* offsets as slots have them (hold/leaves.h) */
    uint32_t reach;
    uint32_t child[2]; /* left, right; 0: none */
    uint32_t parent;   /* shifted left by one; bit 0: red */
} weir_node;

typedef struct weir_redblack_head {
    uint32_t root;
    uint32_t last; /* the outermost on the right; 0: the tree is empty */
    uint32_t nodes;
} weir_redblack_head;

/* A tree in hand. Offsets are compared by how far they lie beyond `origin`. */
typedef struct weir_redblack {
    weir_stock *stock;
    weir_redblack_head *head;
    uint32_t origin;
    weir_page_use use;     /* of its pages */
    uint32_t first, rest;  /* nodes in the first page, and in each further one */
    uint64_t rest_inverse; /* 2^32 / rest, rounded up: a node is looked up at every step */
} weir_redblack;

/* The tree whose first page this is. */
weir_redblack weir_redblack_open(weir_stock *stock, weir_page_use use, weir_page first,
                                 uint32_t origin);

/* Makes an empty tree of a page. */
void weir_redblack_begin(weir_stock *stock, weir_page first);

/* Gives all its pages back, the first included, `first`. */
void weir_redblack_end(weir_redblack *tree, weir_page first);

/* How many nodes a tree may have, with pages of this size. */
uint32_t weir_redblack_most(const weir_stock *stock);

/* 1 if another node needs another page. */
int weir_redblack_full(const weir_redblack *tree);

/* Adds a node as a child of `parent` on that side (0 left, 1 right), where none is; the first one
 * has no parent. `page` is used if the tree is full. */
void weir_redblack_insert(weir_redblack *tree, uint32_t parent, uint32_t side, uint32_t begin,
                          uint32_t end, weir_page page);

/* Moves a node's end. */
void weir_redblack_extend(weir_redblack *tree, uint32_t node, uint32_t end);

/* Takes out a node and those behind it, one after the other, up to the first that ends beyond `end`
 * (the node itself may). Nodes that remain may have other numbers then. O(1) a node on average and
 * one way down. */
void weir_redblack_erase_run(weir_redblack *tree, uint32_t node, uint32_t end);

/* The outermost node on the left; 0 if the tree is empty. */
uint32_t weir_redblack_leftmost(const weir_redblack *tree);

/* The node behind this one; 0: none. */
uint32_t weir_redblack_next(const weir_redblack *tree, uint32_t node);

/* Verifies all that is said above. 1 if it holds. */
WEIR_COLD int weir_redblack_check(const weir_redblack *tree);

weir_node *weir_redblack_node(const weir_redblack *tree, uint32_t node);

#endif
