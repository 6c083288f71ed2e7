/* SPDX-License-Identifier: MIT */
/*
 * Units: numbers as people write and read them.
 *
 * In: sizes 65536, 64KiB, 8MiB, 1GiB; durations 50ms, 2s, 5min, 1h. A number that does not fit, a
 * sign, a fraction or anything behind the unit is refused. Out: 12.4 MiB, 1,234,567, 40.2 s.
 */
#ifndef WEIR_TOOLS_UNITS_H
#define WEIR_TOOLS_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each is false, and writes nothing, if the text is not of its kind. */
bool units_parse_number(const char *text, uint64_t *value);
bool units_parse_size(const char *text, uint64_t *bytes);
bool units_parse_duration(const char *text, uint64_t *ns);

/* A number in words. Passed by value, so that several fit in one printf: units_bytes(n).text */
typedef struct units_text {
    char text[32];
} units_text;

units_text units_bytes(uint64_t bytes);       /* 12.4 MiB */
units_text units_count(uint64_t count);       /* 1,234,567 */
units_text units_duration(uint64_t ns);       /* 40.2 s */
units_text units_exact_size(uint64_t bytes);  /* as units_parse_size reads it: 64MiB */
units_text units_exact_duration(uint64_t ns); /* as units_parse_duration reads it: 20ms */

#endif
