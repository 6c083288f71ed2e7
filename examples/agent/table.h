/* SPDX-License-Identifier: MIT */
/*
 * Table: a fixed number of exchanges for one engine, the longest silent first to go.
 *
 *      oldest ──> … ──> newest        in use
 *      free ──> …                     given back, or never touched yet
 *
 * A connection takes a slot with its first byte and not with its SYN, so that SYNs cost none. When
 * there is none left, the caller forgets the oldest: that connection goes on as one taken up
 * midstream. Cost: count * sizeof(exchange), touched when first used; O(1).
 */
#ifndef AGENT_TABLE_H
#define AGENT_TABLE_H

#include "exchange.h"

typedef struct table {
    exchange *slots;
    size_t count;
    size_t touched; /* the first so many were used once */
    exchange *free; /* linked by `older` */
    exchange *oldest;
    exchange *newest;
} table;

/* 0: there is no memory. */
int table_open(table *t, size_t count);
void table_close(table *t);

/* A slot, as the newest; NULL: there is none. */
exchange *table_take(table *t);
void table_give(table *t, exchange *e);

/* It becomes the newest. */
void table_touch(table *t, exchange *e);

#endif
