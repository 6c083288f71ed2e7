/* SPDX-License-Identifier: MIT */
#include "stores/bitmap.h"

#include <string.h>

#include "ground/ground.h"

/* How many bits are set. (The compiler's own becomes a call into its library where the machine may
 * lack the instruction.) */
static uint32_t bits_in(uint64_t word)
{
    word -= word >> 1 & UINT64_C(0x5555555555555555);
    word = (word & UINT64_C(0x3333333333333333)) + (word >> 2 & UINT64_C(0x3333333333333333));
    word = (word + (word >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (uint32_t)(word * UINT64_C(0x0101010101010101) >> 56);
}

static uint32_t words_for(uint32_t bits)
{
    return (bits + 63) >> 6;
}

uint64_t weir_bitmap_bytes(uint32_t bits)
{
    uint64_t words = 0;
    do {
        bits = words_for(bits);
        words += bits;
    } while (bits > 1);
    return words * sizeof(uint64_t);
}

void weir_bitmap_init(weir_bitmap *bitmap, void *memory, uint32_t bits)
{
    uint64_t *at = memory;
    *bitmap = (weir_bitmap){.bits = bits};
    memset(memory, 0, (size_t)weir_bitmap_bytes(bits));
    do {
        bits = words_for(bits);
        bitmap->level[bitmap->levels] = at;
        bitmap->words[bitmap->levels++] = bits;
        at += bits;
    } while (bits > 1);
}

/* A word of level 0 was zero, and is not any more. */
static void raise(weir_bitmap *bitmap, uint32_t word)
{
    uint64_t before = 0;
    for (uint32_t l = 1; before == 0 && l < bitmap->levels; l++) {
        uint64_t *above = &bitmap->level[l][word >> 6];
        before = *above;
        *above = before | UINT64_C(1) << (word & 63);
        word >>= 6;
    }
}

/* A word of level 0 has become zero. */
static void lower(weir_bitmap *bitmap, uint32_t word)
{
    uint64_t after = 0;
    for (uint32_t l = 1; after == 0 && l < bitmap->levels; l++) {
        uint64_t *above = &bitmap->level[l][word >> 6];
        after = *above & ~(UINT64_C(1) << (word & 63));
        *above = after;
        word >>= 6;
    }
}

static void set_in_word(weir_bitmap *bitmap, uint32_t word, uint64_t mask)
{
    uint64_t before = bitmap->level[0][word];
    bitmap->level[0][word] = before | mask;
    bitmap->set += bits_in(mask & ~before);
    if (before == 0) raise(bitmap, word);
}

static void clear_in_word(weir_bitmap *bitmap, uint32_t word, uint64_t mask)
{
    uint64_t before = bitmap->level[0][word];
    uint64_t after = before & ~mask;
    bitmap->level[0][word] = after;
    bitmap->set -= bits_in(before & mask);
    if (before != 0 && after == 0) lower(bitmap, word);
}

void weir_bitmap_set(weir_bitmap *bitmap, uint32_t bit)
{
    uint64_t *word = &bitmap->level[0][bit >> 6];
    if (weir_bitmap_has(bitmap, bit)) return;
    if (*word == 0) raise(bitmap, bit >> 6);
    *word |= UINT64_C(1) << (bit & 63);
    bitmap->set++;
}

void weir_bitmap_clear(weir_bitmap *bitmap, uint32_t bit)
{
    uint64_t *word = &bitmap->level[0][bit >> 6];
    if (!weir_bitmap_has(bitmap, bit)) return;
    *word &= ~(UINT64_C(1) << (bit & 63));
    if (*word == 0) lower(bitmap, bit >> 6);
    bitmap->set--;
}

/* The first piece of [first, first + count) that lies in one word: its mask, and its length in
 * *length. */
static uint64_t piece_mask(uint32_t first, uint32_t count, uint32_t *length)
{
    *length = weir_min32(count, 64 - (first & 63));
    return (*length == 64 ? UINT64_MAX : (UINT64_C(1) << *length) - 1) << (first & 63);
}

void weir_bitmap_set_range(weir_bitmap *bitmap, uint32_t first, uint32_t count)
{
    for (uint32_t length; count > 0; first += length, count -= length) {
        uint64_t mask = piece_mask(first, count, &length);
        set_in_word(bitmap, first >> 6, mask);
    }
}

void weir_bitmap_clear_range(weir_bitmap *bitmap, uint32_t first, uint32_t count)
{
    for (uint32_t length; count > 0; first += length, count -= length) {
        uint64_t mask = piece_mask(first, count, &length);
        clear_in_word(bitmap, first >> 6, mask);
    }
}

int weir_bitmap_has_range(const weir_bitmap *bitmap, uint32_t first, uint32_t count)
{
    for (uint32_t length; count > 0; first += length, count -= length) {
        uint64_t mask = piece_mask(first, count, &length);
        if ((bitmap->level[0][first >> 6] & mask) != mask) return 0;
    }
    return 1;
}

/* From an entry of a level down to the lowest number below it. */
static uint32_t lowest_below(const weir_bitmap *bitmap, uint32_t level, uint32_t entry)
{
    while (level-- > 0)
        entry = entry << 6 | weir_bit_lowest(bitmap->level[level][entry]);
    return entry;
}

static uint32_t highest_below(const weir_bitmap *bitmap, uint32_t level, uint32_t entry)
{
    while (level-- > 0)
        entry = entry << 6 | weir_bit_highest(bitmap->level[level][entry]);
    return entry;
}

/* Up through the levels until a word has something at or above `from`, then down again. */
uint32_t weir_bitmap_next(const weir_bitmap *bitmap, uint32_t from)
{
    for (uint32_t l = 0; l < bitmap->levels && from >> 6 < bitmap->words[l]; l++) {
        uint64_t word = bitmap->level[l][from >> 6] & UINT64_MAX << (from & 63);
        if (word) return lowest_below(bitmap, l, (from & ~63u) | weir_bit_lowest(word));
        from = (from >> 6) + 1;
    }
    return WEIR_BITMAP_NONE;
}

uint32_t weir_bitmap_previous(const weir_bitmap *bitmap, uint32_t before)
{
    before = weir_min32(before, bitmap->bits);
    for (uint32_t l = 0; l < bitmap->levels && before > 0; l++) {
        uint32_t last = before - 1;
        uint64_t word = bitmap->level[l][last >> 6] & UINT64_MAX >> (63 - (last & 63));
        if (word) return highest_below(bitmap, l, (last & ~63u) | weir_bit_highest(word));
        before = last >> 6;
    }
    return WEIR_BITMAP_NONE;
}

/* Each bit of level l above 0 against the word it stands for; none beyond the last word. */
static int level_holds(const weir_bitmap *bitmap, uint32_t l)
{
    for (uint32_t i = 0; i < bitmap->words[l] << 6; i++) {
        int want = i < bitmap->words[l - 1] && bitmap->level[l - 1][i] != 0;
        if ((int)(bitmap->level[l][i >> 6] >> (i & 63) & 1) != want) return 0;
    }
    return 1;
}

int weir_bitmap_check(const weir_bitmap *bitmap)
{
    uint32_t set = 0;
    uint32_t tail = bitmap->bits & 63;
    for (uint32_t i = 0; i < bitmap->words[0]; i++)
        set += bits_in(bitmap->level[0][i]);
    for (uint32_t l = 1; l < bitmap->levels; l++) {
        if (!level_holds(bitmap, l)) return 0;
    }
    if (tail && bitmap->level[0][bitmap->words[0] - 1] >> tail) return 0;
    return set == bitmap->set;
}
