/* SPDX-License-Identifier: MIT */
/*
 * Finds a leaf by offset: a treap over the pages of a hold.
 *
 *                 31                 in order:  by the first offset of the page
 *               /    \               upwards:   by priority, a keyed hash of the page's number
 *             12      9
 *
 *      for each page:  first of all left of it < its first < first of all right of it
 *                      its priority > that of its children
 *
 * The shape depends on the priorities alone, not on the order of arrival. A sender can neither
 * choose page numbers nor see the key, so he cannot make the tree deep: a page lies 1.4 log2(pages)
 * deep on average, the deepest about twice that. A few multiplications are hash enough for that,
 * and as they lose nothing two pages never have one priority.
 *
 * Nodes are the pages' descriptors. No links to parents, no recursion: each call goes down once.
 * Offsets have 32 bits and are compared by their distance from `origin`, which lies at or before
 * all of them.
 */
#ifndef WEIR_TREAP_H
#define WEIR_TREAP_H

#include "ground/siphash.h"
#include "hold/leaf.h"

/* What the calls work with. */
typedef struct weir_treap {
    const weir_stock *stock;
    const weir_siphash_key *key;
    uint32_t origin;
} weir_treap;

/* Adds a page; its `first` is no other page's. */
void weir_treap_insert(const weir_treap *treap, weir_page *root, weir_page page);

/* Takes out a page that is there. */
void weir_treap_remove(const weir_treap *treap, weir_page *root, weir_page page);

/* Takes out all pages that begin before `offset`. */
void weir_treap_cut(const weir_treap *treap, weir_page *root, uint32_t offset);

/* The last page that begins at or before `offset`; 0 if none does. */
weir_page weir_treap_find(const weir_treap *treap, weir_page root, uint32_t offset);

/* 1 if the page stands right to its children, and `*links` grows by their number. That all pages
 * stand right, can be found, and are linked once each, makes the tree sound. */
WEIR_COLD int weir_treap_check(const weir_treap *treap, weir_page page, uint32_t *links);

#endif
