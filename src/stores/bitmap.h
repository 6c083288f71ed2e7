/* SPDX-License-Identifier: MIT */
/*
 * A set of small numbers that knows its lowest and its highest.
 *
 *      level 2   [1 word]                  bit i: word i of level 1 is not zero
 *      level 1   [word][word] …            bit i: word i of level 0 is not zero
 *      level 0   [word][word][word][word]  bit i: i is in the set
 *
 *      a bit of a level above 0 is set  <=>  the word it stands for is not zero
 *
 * Up to 2^24 numbers in four levels, in memory that the caller gives: one bit each and a
 * sixty-third more. Cost: set and clear touch one word a level where a word fills or empties, else
 * one; finding touches one word a level, twice at most.
 */
#ifndef WEIR_BITMAP_H
#define WEIR_BITMAP_H

#include <stdint.h>

#define WEIR_BITMAP_LEVELS 4u
#define WEIR_BITMAP_MOST   ((uint32_t)1 << 24) /* numbers */
#define WEIR_BITMAP_NONE   UINT32_MAX          /* no such number */

typedef struct weir_bitmap {
    uint64_t *level[WEIR_BITMAP_LEVELS];
    uint32_t words[WEIR_BITMAP_LEVELS];
    uint32_t levels;
    uint32_t bits; /* numbers are below this */
    uint32_t set;  /* numbers in the set */
} weir_bitmap;

/* Memory that a bitmap of so many numbers needs, 1 to WEIR_BITMAP_MOST. A multiple of 8. */
uint64_t weir_bitmap_bytes(uint32_t bits);

/* An empty set in weir_bitmap_bytes(bits) of memory, aligned to 8, that stays the caller's. */
void weir_bitmap_init(weir_bitmap *bitmap, void *memory, uint32_t bits);

/* Puts a number in, takes it out. What is so already stays so. */
void weir_bitmap_set(weir_bitmap *bitmap, uint32_t bit);
void weir_bitmap_clear(weir_bitmap *bitmap, uint32_t bit);

/* The same for [first, first + count), a word at a time. */
void weir_bitmap_set_range(weir_bitmap *bitmap, uint32_t first, uint32_t count);
void weir_bitmap_clear_range(weir_bitmap *bitmap, uint32_t first, uint32_t count);

/* 1 if all of [first, first + count) are in the set. */
int weir_bitmap_has_range(const weir_bitmap *bitmap, uint32_t first, uint32_t count);

/* The lowest number at or above `from`; the highest below `before`. WEIR_BITMAP_NONE if there is
 * none. */
uint32_t weir_bitmap_next(const weir_bitmap *bitmap, uint32_t from);
uint32_t weir_bitmap_previous(const weir_bitmap *bitmap, uint32_t before);

/* Verifies the levels and the count. 1 if they hold. */
int weir_bitmap_check(const weir_bitmap *bitmap);

static inline int weir_bitmap_has(const weir_bitmap *bitmap, uint32_t bit)
{
    return (int)(bitmap->level[0][bit >> 6] >> (bit & 63) & 1);
}

#endif
