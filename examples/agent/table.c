/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <stdlib.h>

int table_open(table *t, size_t count)
{
    *t = (table){.slots = calloc(count, sizeof *t->slots), .count = count};
    return t->slots != NULL;
}

void table_close(table *t)
{
    free(t->slots);
    t->slots = NULL;
}

static void append(table *t, exchange *e)
{
    e->older = t->newest;
    e->newer = NULL;
    *(t->newest ? &t->newest->newer : &t->oldest) = e;
    t->newest = e;
}

static void take_out(table *t, exchange *e)
{
    *(e->older ? &e->older->newer : &t->oldest) = e->newer;
    *(e->newer ? &e->newer->older : &t->newest) = e->older;
}

exchange *table_take(table *t)
{
    exchange *e = t->free;
    if (e)
        t->free = e->older;
    else if (t->touched < t->count)
        e = &t->slots[t->touched++];
    if (e) append(t, e);
    return e;
}

void table_give(table *t, exchange *e)
{
    take_out(t, e);
    e->older = t->free;
    t->free = e;
}

void table_touch(table *t, exchange *e)
{
    if (t->newest == e) return;
    take_out(t, e);
    append(t, e);
}
