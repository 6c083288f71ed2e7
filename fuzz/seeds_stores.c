/* SPDX-License-Identifier: MIT */
/*
 * For fuzz_stores.c: bitmaps of sizes about the edges of their levels; and for each kind of pool, loads that grow and
 * shrink, with and without changes of the limit.
 */
#include "sow.h"

static void bitmap(sow *s, uint32_t bits)
{
    sow_number(s, 0, 1);
    sow_number(s, bits - 1, 3);
    for (int i = 0; i < 40; i++) {
        sow_number(s, sow_draw(s, 8), 1);
        sow_number(s, sow_draw(s, bits), 3);
        sow_number(s, sow_draw(s, bits), 2);
    }
    sow_end(s);
}

/* Operations as fuzz_stores.c reads them: kind, account, how. */
static void operation(sow *s, uint32_t kind, uint32_t how)
{
    sow_number(s, kind | sow_draw(s, 3) << 3 | how << 5, 1);
}

static void grow(sow *s)
{
    operation(s, 0, sow_draw(s, 4));
    sow_number(s, 20 + sow_draw(s, 200), 1);
    operation(s, 4, sow_draw(s, 2));
    sow_number(s, sow_draw(s, 256), 1);
}

static void shrink(sow *s)
{
    operation(s, 2, 0);
    sow_number(s, sow_draw(s, 65536), 2);
    operation(s, 5, 0);
    sow_number(s, sow_draw(s, 65536), 2);
    operation(s, 6, 0);
    sow_number(s, 10 + sow_draw(s, 120), 1);
}

static void rarely(sow *s)
{
    uint32_t how = sow_draw(s, 8);
    operation(s, 7, how);
    if (how >= 4) sow_number(s, sow_draw(s, 256), 1);
}

static void pool(sow *s, uint32_t setup, int changes)
{
    sow_number(s, setup, 1);
    for (uint32_t account = 0; account < 3; account++)
        sow_number(s, account << 3, 1);
    for (int i = 0; i < 24; i++) {
        if (i / 6 % 2)
            shrink(s);
        else
            grow(s);
        if (changes && sow_draw(s, 3) == 0) rarely(s);
    }
    sow_end(s);
}

int main(int argc, char **argv)
{
    static const uint32_t sizes[] = {1, 63, 64, 65, 4095, 4096, 4097, 69999};
    static sow s;
    sow_begin(&s, argc, argv);
    for (uint32_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        bitmap(&s, sizes[i]);
    for (uint32_t setup = 64; setup < 64 + 48; setup++)
        pool(&s, setup, setup & 1);
    return 0;
}
