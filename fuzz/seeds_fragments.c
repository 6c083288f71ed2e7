/* SPDX-License-Identifier: MIT */
/*
 * For fuzz_fragments.c: packets in order, from the back, repeated, overlapping, with other bytes, cut and never
 * completed, with time and refusals between them.
 */
#include "sow.h"

/* As fuzz_fragments.c reads it: a piece of packet n, `eights` long. With `at` its place is given. */
static void piece(sow *s, uint32_t n, uint32_t how, int at, uint32_t eights)
{
    sow_number(s, 31 << 3 | n, 1);
    sow_number(s, how | (at >= 0 ? 4u : 0), 1);
    if (at >= 0) sow_number(s, (uint32_t)at, 2);
    sow_number(s, eights, 1);
    if (how & 32) sow_number(s, 20, 1);
    if (how & 128) sow_number(s, 3, 1);
}

static void between(sow *s)
{
    uint32_t kind = sow_draw(s, 4);
    if (kind < 3) sow_number(s, kind << 3 | sow_draw(s, 8), 1);
}

/* 0: in order; 1: from the back; 2: shuffled between packets; 3: overlapping; 4: other bytes; 5: cut */
static void run(sow *s, uint32_t setup, uint32_t order)
{
    sow_number(s, setup, 2);
    for (uint32_t packet = 0; packet < 12; packet++) {
        uint32_t n = packet & 7, eights = 4 + sow_draw(s, 40),
                 distort = order == 5   ? 32
                           : order == 4 ? 128
                                        : 0;
        for (uint32_t i = 0; i < 4; i++) {
            uint32_t part = order == 1 ? 3 - i : i;
            uint32_t at = part * eights;
            if (order == 2) n = sow_draw(s, 8);
            piece(s, n, (part < 3) | (i == 2 ? distort : 0), order == 1 ? (int)at : -1, eights);
            if (order == 3 && i == 1) piece(s, n, 1 | 16, -1, eights);
            if (order == 4 && i == 1) piece(s, n, 1 | 128, (int)at, eights);
        }
        between(s);
    }
    sow_end(s);
}

int main(int argc, char **argv)
{
    static sow s;
    sow_begin(&s, argc, argv);
    for (uint32_t order = 0; order < 6; order++)
        for (uint32_t i = 0; i < 4; i++)
            run(&s, i | 24 | 32 | (order & 1) << 2 | (i == 3 ? 512u : 0u), order);
    return 0;
}
