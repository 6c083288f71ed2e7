/* SPDX-License-Identifier: MIT */
/* For fuzz_capture.c: some packets of many scenarios in each kind of file, in pools of several sizes. */
#include "film.h"

static void file(sow *s, film_kind kind, const char *scenario, uint32_t packets)
{
    sow_number(s, 0, 1);
    sow_number(s, sow_draw(s, 4) ? 0 : 1 + sow_draw(s, 127) * 2, 1);
    sow_number(s, sow_draw(s, 256), 1);
    sow_number(s, sow_draw(s, 16), 1);
    film(s, kind, scenario, packets, 400);
    sow_end(s);
}

int main(int argc, char **argv)
{
    static const char *const scenarios[] = {
        "messages", "reorder",       "loss",      "reversed",   "churn",
        "tiny",     "overlap-storm", "syn-flood", "duplicated", "hole-per-flow",
    };
    static sow s;
    sow_begin(&s, argc, argv);
    for (uint32_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++)
        for (uint32_t n = 0; n < 3; n++)
            file(&s, (film_kind)((i + n) % FILM_KINDS), scenarios[i], 6 + 12 * n);
    return 0;
}
