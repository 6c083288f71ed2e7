/* SPDX-License-Identifier: MIT */
/*
 * For fuzz_hold.c: pieces in order, reversed, at random, doubled and small, with looks, cuts and refusals between them.
 */
#include "sow.h"

enum { WINDOW = 8192 };

/* As fuzz_hold.c reads it: kind and how, place, length, what it carries. */
static void piece(sow *s, uint32_t at, uint32_t length, uint32_t carries)
{
    int is_long = length > 63;
    sow_number(s, (is_long ? 2u : 0u), 1);
    sow_number(s, at, 2);
    sow_number(s, length, is_long ? 2 : 1);
    sow_number(s, carries & ~(8u | 16u | 32u | 64u), 1);
}

static void between(sow *s, uint32_t begin)
{
    switch (sow_draw(s, 6)) {
    case 0:
        sow_number(s, 4, 1); /* a look */
        break;
    case 1:
        sow_number(s, 5 | 1 << 3, 1); /* a cut */
        sow_number(s, begin, 2);
        break;
    case 2:
        sow_number(s, 6 | sow_draw(s, 8) << 3, 1); /* a refusal */
        break;
    case 3:
        sow_number(s, 3, 1); /* what meets the front */
        sow_number(s, sow_draw(s, 2000), 2);
        sow_number(s, 0, 1);
        break;
    case 4:
        sow_number(s, 7, 1); /* many small ones */
        sow_number(s, sow_draw(s, WINDOW), 2);
        sow_number(s, sow_draw(s, 0x10000), 2);
        break;
    default:
        break;
    }
}

static void run(sow *s, uint32_t setup, uint32_t order, uint32_t length)
{
    sow_number(s, setup, 1);
    for (uint32_t i = 0; i < 60; i++) {
        uint32_t n = order == 0 ? i : order == 1 ? 59 - i : sow_draw(s, 60);
        uint32_t at = (8 + n * (order == 3 ? length / 2 + 1 : length + 1)) % WINDOW;
        piece(s, at, length, sow_draw(s, order == 3 ? 8 : 1));
        if (i % 4 == 3) between(s, at);
    }
    sow_end(s);
}

int main(int argc, char **argv)
{
    static const uint32_t lengths[] = {1, 17, 60, 130, 1000};
    static sow s;
    sow_begin(&s, argc, argv);
    for (uint32_t order = 0; order < 4; order++)
        for (uint32_t i = 0; i < 5; i++)
            run(&s, (order * 5 + i) % 32, order, lengths[i]);
    return 0;
}
