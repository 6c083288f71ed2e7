/* SPDX-License-Identifier: MIT */
/*
 * The out-of-order queue of Linux since 4.9: a red-black tree of segments by their begins. On the
 * way down a segment may be dropped, may be appended to one it meets, or may replace one; the shape
 * of the tree decides what it meets. Nothing is trimmed: of two that have a byte the one that
 * begins first is delivered first.
 */
#include "support/queue_model.h"

static void hang(queue_model *queue, queue_block *parent, const queue_block *old,
                 queue_block *block)
{
    if (!parent)
        queue->root = block;
    else if (parent->left == old)
        parent->left = block;
    else
        parent->right = block;
    if (block) block->parent = parent;
}

static void rotate_left(queue_model *queue, queue_block *x)
{
    queue_block *y = x->right;
    x->right = y->left;
    if (y->left) y->left->parent = x;
    hang(queue, x->parent, x, y);
    y->left = x;
    x->parent = y;
}

static void rotate_right(queue_model *queue, queue_block *x)
{
    queue_block *y = x->left;
    x->left = y->right;
    if (y->right) y->right->parent = x;
    hang(queue, x->parent, x, y);
    y->right = x;
    x->parent = y;
}

static int red(const queue_block *block)
{
    return block && block->red;
}

static void after_insertion(queue_model *queue, queue_block *x)
{
    while (red(x->parent)) {
        queue_block *p = x->parent, *g = p->parent, *uncle = p == g->left ? g->right : g->left;
        if (red(uncle)) {
            p->red = uncle->red = 0;
            g->red = 1;
            x = g;
        } else if (p == g->left && x == p->right) {
            rotate_left(queue, x = p);
        } else if (p == g->right && x == p->left) {
            rotate_right(queue, x = p);
        } else {
            p->red = 0;
            g->red = 1;
            if (p == g->left)
                rotate_right(queue, g);
            else
                rotate_left(queue, g);
        }
    }
    queue->root->red = 0;
}

/* x (perhaps nothing) below p is short of a black one. */
static void after_erasure(queue_model *queue, queue_block *x, queue_block *p)
{
    while (p && !red(x)) {
        int left = x == p->left;
        queue_block *s = left ? p->right : p->left;
        if (red(s)) {
            s->red = 0;
            p->red = 1;
            if (left)
                rotate_left(queue, p);
            else
                rotate_right(queue, p);
            continue;
        }
        if (!red(s->left) && !red(s->right)) {
            s->red = 1;
            x = p;
            p = p->parent;
            continue;
        }
        if (left && !red(s->right)) {
            s->left->red = 0;
            s->red = 1;
            rotate_right(queue, s);
            continue;
        }
        if (!left && !red(s->left)) {
            s->right->red = 0;
            s->red = 1;
            rotate_left(queue, s);
            continue;
        }
        s->red = p->red;
        p->red = 0;
        (left ? s->right : s->left)->red = 0;
        if (left)
            rotate_left(queue, p);
        else
            rotate_right(queue, p);
        return;
    }
    if (x) x->red = 0;
}

void queue_linux_remove(queue_model *queue, queue_block *z)
{
    int lost_black = !z->red;
    queue_block *x, *p = z->parent;
    if (!z->left || !z->right) {
        x = z->left ? z->left : z->right;
        hang(queue, p, z, x);
    } else {
        queue_block *y = z->right;
        while (y->left)
            y = y->left;
        lost_black = !y->red;
        x = y->right;
        p = y->parent == z ? y : y->parent;
        if (y->parent != z) {
            hang(queue, y->parent, y, x);
            y->right = z->right;
            y->right->parent = y;
        }
        hang(queue, z->parent, z, y);
        y->left = z->left;
        y->left->parent = y;
        y->red = z->red;
    }
    if (lost_black) after_erasure(queue, x, p);
}

static void drop_covered(queue_model *queue, const queue_block *block)
{
    queue_block *next;
    while ((next = block->next) != NULL && next->end <= block->end) {
        queue_linux_remove(queue, next);
        queue_unlink(queue, next);
        queue_block_free(next);
    }
}

static void insert(queue_model *queue, queue_block *fresh, queue_block *parent, int right)
{
    if (!parent) {
        queue->root = fresh;
        queue_link(queue, fresh, NULL);
    } else if (right) {
        parent->right = fresh;
        queue_link(queue, fresh, parent->next);
    } else {
        parent->left = fresh;
        queue_link(queue, fresh, parent);
    }
    fresh->parent = parent;
    after_insertion(queue, fresh);
    drop_covered(queue, fresh);
}

void queue_linux_put(queue_model *queue, queue_block *fresh)
{
    queue_block *last = queue->last, *parent = NULL;
    int right = 0;
    if (last && last->end == fresh->begin) {
        queue_append(last, fresh);
        return;
    }
    if (last && last->end < fresh->begin) {
        insert(queue, fresh, last, 1);
        return;
    }
    for (queue_block *at = queue->root; at; at = right ? at->right : at->left) {
        parent = at;
        right = at->begin <= fresh->begin;
        if (!right) continue;
        if (fresh->begin < at->end && fresh->end <= at->end) {
            queue_block_free(fresh);
            return;
        }
        if (fresh->begin == at->begin) { /* and longer: it takes that one's place in the tree */
            uint32_t *owners = at->owners;
            at->owners = fresh->owners;
            fresh->owners = owners;
            at->end = fresh->end;
            queue_block_free(fresh);
            drop_covered(queue, at);
            return;
        }
        if (fresh->begin == at->end) {
            queue_append(at, fresh);
            return;
        }
    }
    insert(queue, fresh, parent, right);
}
