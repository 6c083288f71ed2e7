/* SPDX-License-Identifier: MIT */
/* For fuzz_reader.c: small files of each kind, whole and cut, also behind another's beginning; and records behind its
 * own beginnings. */
#include "film.h"

static void file(sow *s, uint32_t which, film_kind kind, const char *scenario, uint32_t snap_bytes)
{
    sow_number(s, 40 + kind, 1);
    sow_number(s, which, 1);
    film(s, kind, scenario, 4, snap_bytes);
    sow_end(s);
}

int main(int argc, char **argv)
{
    static sow s;
    sow_begin(&s, argc, argv);
    for (film_kind kind = 0; kind < FILM_KINDS; kind++) {
        file(&s, 0, kind, "messages", 65535);
        file(&s, 0, kind, "bulk", 54);
        file(&s, 0, kind, "syn-flood", 20);
        file(&s, 1, kind, "churn", 60);
    }
    for (uint32_t which = 1; which < 16; which++) {
        sow_number(&s, 10, 1);
        sow_number(&s, which, 1);
        sow_number(&s, 0, 24);
        sow_end(&s);
    }
    return 0;
}
