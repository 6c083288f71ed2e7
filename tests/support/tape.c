/* SPDX-License-Identifier: MIT */
#include "support/tape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t number_of(int64_t place)
{
    return place >= 0 ? place / TAPE_BLOCK_CELLS : -((-place - 1) / TAPE_BLOCK_CELLS) - 1;
}

/* The first block with this number or a higher one. */
static size_t lower_bound(const tape *t, int64_t number)
{
    size_t low = 0, high = t->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (t->blocks[middle]->number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void *must(void *memory)
{
    if (memory) return memory;
    fputs("tape: no memory\n", stderr);
    abort();
}

static tape_block *insert(tape *t, size_t at, int64_t number)
{
    if (t->count == t->room) {
        t->room = t->room ? 2 * t->room : 4;
        t->blocks = must(realloc(t->blocks, t->room * sizeof(tape_block *)));
    }
    tape_block *block = must(calloc(1, sizeof *block));
    block->number = number;
    memmove(t->blocks + at + 1, t->blocks + at, (t->count - at) * sizeof(tape_block *));
    t->blocks[at] = block;
    t->count++;
    return block;
}

static tape_cell *cell_of(tape_block *block, int64_t place)
{
    return &block->cells[place - block->number * TAPE_BLOCK_CELLS];
}

tape_cell *tape_have(const tape *t, int64_t place)
{
    int64_t number = number_of(place);
    size_t at = lower_bound(t, number);
    if (at == t->count || t->blocks[at]->number != number) return NULL;
    return cell_of(t->blocks[at], place);
}

tape_cell *tape_at(tape *t, int64_t place)
{
    int64_t number = number_of(place);
    size_t at = lower_bound(t, number);
    if (at < t->count && t->blocks[at]->number == number) return cell_of(t->blocks[at], place);
    return cell_of(insert(t, at, number), place);
}

int64_t tape_find(const tape *t, int64_t from, int64_t end, tape_state state)
{
    for (size_t at = lower_bound(t, number_of(from)); at < t->count; at++) {
        tape_block *block = t->blocks[at];
        int64_t first = block->number * TAPE_BLOCK_CELLS, place = first > from ? first : from;
        if (place >= end) break;
        for (; place < first + TAPE_BLOCK_CELLS && place < end; place++)
            if (cell_of(block, place)->state == state) return place;
    }
    return end;
}

void tape_free(tape *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->blocks[i]);
    free(t->blocks);
    *t = (tape){.count = 0};
}

int tape_may_be(const tape_cell *cell, uint8_t value)
{
    uint32_t known = cell->more_count < TAPE_MORE ? cell->more_count : TAPE_MORE;
    for (uint32_t i = 0; i < known; i++)
        if (cell->more[i] == value) return 1;
    return cell->value == value || cell->more_count > TAPE_MORE;
}
