/* SPDX-License-Identifier: MIT */
#include "support/queue_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *grown(void *old, size_t bytes)
{
    void *block = realloc(old, bytes);
    if (block) return block;
    fprintf(stderr, "queue_model: no memory\n");
    exit(2);
}

/* ── blocks ── */

queue_block *queue_block_new(uint64_t begin, uint64_t end, uint32_t number)
{
    queue_block *block = grown(NULL, sizeof *block);
    *block = (queue_block){.begin = begin, .end = end, .red = 1};
    block->owners = grown(NULL, (size_t)(end - begin + 1) * sizeof *block->owners);
    for (uint64_t i = 0; i < end - begin; i++)
        block->owners[i] = number;
    return block;
}

void queue_block_free(queue_block *block)
{
    free(block->owners);
    free(block);
}

void queue_link(queue_model *queue, queue_block *block, queue_block *next)
{
    block->next = next;
    block->previous = next ? next->previous : queue->last;
    *(block->previous ? &block->previous->next : &queue->first) = block;
    *(next ? &next->previous : &queue->last) = block;
}

void queue_unlink(queue_model *queue, queue_block *block)
{
    *(block->previous ? &block->previous->next : &queue->first) = block->next;
    *(block->next ? &block->next->previous : &queue->last) = block->previous;
}

void queue_append(queue_block *block, queue_block *more)
{
    size_t own = (size_t)(block->end - block->begin), added = (size_t)(more->end - more->begin);
    block->owners = grown(block->owners, (own + added + 1) * sizeof *block->owners);
    memcpy(block->owners + own, more->owners, added * sizeof *block->owners);
    block->end = more->end;
    queue_block_free(more);
}

static void trim_front(queue_block *block, uint64_t begin)
{
    size_t kept = (size_t)(block->end - begin);
    memmove(block->owners, block->owners + (begin - block->begin), kept * sizeof *block->owners);
    block->begin = begin;
}

static void discard(queue_model *queue, queue_block *block)
{
    queue_unlink(queue, block);
    queue_block_free(block);
}

/* ── bsd: FreeBSD since 12.1 ── */

static void bsd_put(queue_model *queue, queue_block *fresh)
{
    queue_block *next = queue->first, *block;
    while (next && next->begin <= fresh->begin)
        next = next->next;
    block = next ? next->previous : queue->last;
    if (block && block->end >= fresh->end) {
        queue_block_free(fresh);
        return;
    }
    if (block && block->end >= fresh->begin) { /* it begins in that one, or where that ends */
        trim_front(fresh, block->end);
        queue_append(block, fresh);
    } else {
        queue_link(queue, fresh, next);
        block = fresh;
    }
    while ((next = block->next) != NULL && next->end <= block->end)
        discard(queue, next);
    if (!next || next->begin > block->end) return;
    trim_front(next, block->end);
    queue_unlink(queue, next);
    queue_append(block, next);
}

/* ── solaris ── */

/* Settles a block with those behind it: it swallows them, or ends where the first begins that goes
 * on for longer. */
static void solaris_settle(queue_model *queue, queue_block *block)
{
    queue_block *next;
    while ((next = block->next) != NULL && block->end > next->begin) {
        if (block->end < next->end) {
            block->end = next->begin;
            return;
        }
        discard(queue, next);
    }
}

/* Of blocks that were cut down to nothing only the first is kept: as much as a hold notes. */
static void forget_empty(queue_model *queue)
{
    queue_block *next;
    int found = 0;
    for (queue_block *block = queue->first; block; block = next) {
        next = block->next;
        if (block->begin < block->end) continue;
        if (found) discard(queue, block);
        found = 1;
    }
}

static void solaris_put(queue_model *queue, queue_block *fresh)
{
    queue_block *before = queue->first;
    if (!before || fresh->begin >= queue->last->end) {
        queue_link(queue, fresh, NULL);
        return;
    }
    if (fresh->begin < before->begin) {
        queue_link(queue, fresh, before);
        solaris_settle(queue, fresh);
        return;
    }
    while (before->next && before->next->begin < fresh->begin)
        before = before->next;
    queue_link(queue, fresh, before->next);
    solaris_settle(queue, fresh);
    solaris_settle(queue, before);
}

/* ── all ── */

void queue_open(queue_model *queue, weir_overlap policy)
{
    *queue = (queue_model){.policy = policy};
}

void queue_close(queue_model *queue)
{
    while (queue->first)
        discard(queue, queue->first);
    queue->root = NULL;
}

static queue_block *copy_tree(queue_model *to, const queue_block *from, queue_block *parent)
{
    if (!from) return NULL;
    queue_block *copy = queue_block_new(from->begin, from->end, 0);
    memcpy(copy->owners, from->owners, (size_t)(from->end - from->begin) * sizeof *copy->owners);
    copy->red = from->red;
    copy->parent = parent;
    copy->left = copy_tree(to, from->left, copy);
    queue_link(to, copy, NULL);
    copy->right = copy_tree(to, from->right, copy);
    return copy;
}

void queue_copy(queue_model *to, const queue_model *from)
{
    queue_open(to, from->policy);
    to->root = copy_tree(to, from->root, NULL);
    if (from->root) return;
    for (const queue_block *block = from->first; block; block = block->next) {
        queue_block *copy = queue_block_new(block->begin, block->end, 0);
        memcpy(copy->owners, block->owners,
               (size_t)(block->end - block->begin) * sizeof *copy->owners);
        queue_link(to, copy, NULL);
    }
}

void queue_put(queue_model *queue, uint64_t begin, uint64_t end, uint32_t number)
{
    queue_block *block = queue_block_new(begin, end, number);
    switch (queue->policy) {
    case WEIR_OVERLAP_LINUX:
        queue_linux_put(queue, block);
        break;
    case WEIR_OVERLAP_BSD:
        bsd_put(queue, block);
        break;
    case WEIR_OVERLAP_SOLARIS:
        solaris_put(queue, block);
        forget_empty(queue);
        break;
    default:
        queue_link(queue, block, NULL);
    }
}

/* Two segments have a byte, and neither was ever cut: does the later one win? */
static int later_wins(weir_overlap policy, const queue_block *later, const queue_block *earlier)
{
    if (policy != WEIR_OVERLAP_OLD_LINUX) return policy == WEIR_OVERLAP_LAST;
    if (later->begin != earlier->begin) return later->begin < earlier->begin;
    return later->end >= earlier->end;
}

uint32_t queue_owner(const queue_model *queue, uint64_t offset)
{
    const queue_block *winner = NULL;
    int in_arrival_order = queue->policy == WEIR_OVERLAP_FIRST ||
                           queue->policy == WEIR_OVERLAP_LAST ||
                           queue->policy == WEIR_OVERLAP_OLD_LINUX;
    for (const queue_block *block = queue->first; block; block = block->next) {
        if (offset < block->begin || offset >= block->end) continue;
        if (!winner || (in_arrival_order && later_wins(queue->policy, block, winner)))
            winner = block;
    }
    return winner ? winner->owners[offset - winner->begin] : 0;
}

void queue_forget(queue_model *queue, uint64_t offset)
{
    queue_block *next;
    for (queue_block *block = queue->first; block; block = next) {
        next = block->next;
        if (block->end > offset) {
            if (queue->policy == WEIR_OVERLAP_LINUX) return; /* in their order, one by one */
            continue;
        }
        if (queue->policy == WEIR_OVERLAP_LINUX) queue_linux_remove(queue, block);
        discard(queue, block);
    }
}
