/* SPDX-License-Identifier: MIT */
#include "hold/treap.h"

static weir_leaf_head *node(const weir_treap *treap, weir_page page)
{
    return weir_leaf_head_of(treap->stock, page);
}

static uint32_t place(const weir_treap *treap, weir_page page)
{
    return node(treap, page)->first - treap->origin;
}

/* One to one: sums, odd factors and shifts can all be undone. */
static uint64_t priority(const weir_treap *treap, weir_page page)
{
    uint64_t x = (page + treap->key->k0) * UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 32) * (treap->key->k1 | 1);
    return (x ^ x >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
}

/* Hangs what lies before and after the page in `tree` below it. */
static void split_below(const weir_treap *treap, weir_page tree, weir_page page)
{
    uint32_t at = place(treap, page);
    weir_page *left = &node(treap, page)->left, *right = &node(treap, page)->right;
    while (tree) {
        if (place(treap, tree) < at) {
            *left = tree;
            left = &node(treap, tree)->right;
            tree = *left;
        } else {
            *right = tree;
            right = &node(treap, tree)->left;
            tree = *right;
        }
    }
    *left = *right = 0;
}

void weir_treap_insert(const weir_treap *treap, weir_page *root, weir_page page)
{
    uint64_t rank = priority(treap, page);
    uint32_t at = place(treap, page);
    weir_page *link = root;
    while (*link && priority(treap, *link) > rank)
        link = at < place(treap, *link) ? &node(treap, *link)->left : &node(treap, *link)->right;
    weir_page tree = *link;
    *link = page;
    split_below(treap, tree, page);
}

void weir_treap_remove(const weir_treap *treap, weir_page *root, weir_page page)
{
    uint32_t at = place(treap, page);
    weir_page *link = root;
    while (*link != page)
        link = at < place(treap, *link) ? &node(treap, *link)->left : &node(treap, *link)->right;
    weir_page left = node(treap, page)->left, right = node(treap, page)->right;
    while (left && right) {
        if (priority(treap, left) > priority(treap, right)) {
            *link = left;
            link = &node(treap, left)->right;
            left = *link;
        } else {
            *link = right;
            link = &node(treap, right)->left;
            right = *link;
        }
    }
    *link = left ? left : right;
}

void weir_treap_cut(const weir_treap *treap, weir_page *root, uint32_t offset)
{
    uint32_t at = offset - treap->origin;
    weir_page *link = root, tree = *root;
    while (tree) {
        if (place(treap, tree) < at) {
            tree = node(treap, tree)->right;
        } else {
            *link = tree;
            link = &node(treap, tree)->left;
            tree = *link;
        }
    }
    *link = 0;
}

weir_page weir_treap_find(const weir_treap *treap, weir_page root, uint32_t offset)
{
    uint32_t at = offset - treap->origin;
    weir_page found = 0;
    while (root) {
        const weir_leaf_head *head = node(treap, root);
        int beyond = head->first - treap->origin > at;
        found = beyond ? found : root;
        root = beyond ? head->left : head->right;
    }
    return found;
}

int weir_treap_check(const weir_treap *treap, weir_page page, uint32_t *links)
{
    weir_page left = node(treap, page)->left, right = node(treap, page)->right;
    *links += (uint32_t)(left != 0) + (uint32_t)(right != 0);
    if (left && priority(treap, left) >= priority(treap, page)) return 0;
    if (right && priority(treap, right) >= priority(treap, page)) return 0;
    if (left && place(treap, left) >= place(treap, page)) return 0;
    return !right || place(treap, right) > place(treap, page);
}
