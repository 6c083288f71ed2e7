/* SPDX-License-Identifier: MIT */
/*
 * The queue of a receiving host, as that host keeps it: whole segments in lists and trees, cut,
 * joined and thrown away byte by byte. Slow, and written from what the hosts' sources do, not from
 * what a hold does: a hold must give each byte to the same segment.
 *
 *      first, last, old-linux   all segments are kept; who has a byte is settled when it is asked
 *      bsd                      a sorted list; what touches is joined
 *      solaris                  a sorted list; each is cut where its neighbour wins
 *      linux                    a red-black tree; nothing is cut (support/queue_linux.c)
 *
 * A segment is known by its number, from 1 on; 0 is nobody.
 */
#ifndef WEIR_TEST_QUEUE_MODEL_H
#define WEIR_TEST_QUEUE_MODEL_H

#include "weir/weir.h"

typedef struct queue_block {
    struct queue_block *previous, *next;       /* in the order of their begins; else of arrival */
    struct queue_block *left, *right, *parent; /* linux */
    int red;
    uint64_t begin, end;
    uint32_t *owners; /* of each byte */
} queue_block;

typedef struct queue_model {
    weir_overlap policy;
    queue_block *first, *last, *root;
} queue_model;

void queue_open(queue_model *queue, weir_overlap policy);
void queue_close(queue_model *queue);

/* The same queue once more. */
void queue_copy(queue_model *to, const queue_model *from);

/* The segment `number` has bytes [begin, end). */
void queue_put(queue_model *queue, uint64_t begin, uint64_t end, uint32_t number);

/* Whose byte is delivered, if all before it are there. */
uint32_t queue_owner(const queue_model *queue, uint64_t offset);

/* Bytes up to the offset have been delivered. */
void queue_forget(queue_model *queue, uint64_t offset);

/* ── for the kinds of queue ── */

queue_block *queue_block_new(uint64_t begin, uint64_t end, uint32_t number);
void queue_block_free(queue_block *block);
/* Links it before `next` (NULL: as the last). */
void queue_link(queue_model *queue, queue_block *block, queue_block *next);
void queue_unlink(queue_model *queue, queue_block *block);
/* The bytes of `more`, which begins where the block ends, become the block's. Frees `more`. */
void queue_append(queue_block *block, queue_block *more);

void queue_linux_put(queue_model *queue, queue_block *block);
void queue_linux_remove(queue_model *queue, queue_block *block);

#endif
