/* SPDX-License-Identifier: MIT */
#include "units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct unit {
    const char *name;
    uint64_t factor;
};

/* The first name of a factor is the one that is written. Largest first. */
static const struct unit sizes[] = {
    {"TiB", UINT64_C(1) << 40},
    {"GiB", UINT64_C(1) << 30},
    {"MiB", UINT64_C(1) << 20},
    {"KiB", UINT64_C(1) << 10},
    {"T", UINT64_C(1) << 40},
    {"G", UINT64_C(1) << 30},
    {"M", UINT64_C(1) << 20},
    {"K", UINT64_C(1) << 10},
    {"", 1},
    {"B", 1},
};

static const struct unit durations[] = {
    {"h", UINT64_C(3600000000000)}, {"min", UINT64_C(60000000000)}, {"s", UINT64_C(1000000000)},
    {"ms", UINT64_C(1000000)},      {"us", UINT64_C(1000)},         {"ns", 1},
};

enum { SIZES = sizeof sizes / sizeof *sizes, DURATIONS = sizeof durations / sizeof *durations };

/* Reads digits. Returns what stands behind them, NULL if there are none or too many. */
static const char *digits(const char *text, uint64_t *value)
{
    uint64_t sum = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        const uint64_t digit = (uint64_t)(*at - '0');
        if (sum > (UINT64_MAX - digit) / 10) return NULL;
        sum = sum * 10 + digit;
    }
    *value = sum;
    return at == text ? NULL : at;
}

static bool parse(const char *text, const struct unit *units, size_t count, uint64_t *value)
{
    uint64_t number;
    const char *rest = digits(text, &number);
    size_t i;
    if (!rest) return false;
    for (i = 0; i < count; i++) {
        if (strcmp(rest, units[i].name) != 0) continue;
        if (number > UINT64_MAX / units[i].factor) return false;
        *value = number * units[i].factor;
        return true;
    }
    return false;
}

bool units_parse_number(const char *text, uint64_t *value)
{
    static const struct unit plain = {"", 1};
    return parse(text, &plain, 1, value);
}

bool units_parse_size(const char *text, uint64_t *bytes)
{
    return parse(text, sizes, SIZES, bytes);
}

bool units_parse_duration(const char *text, uint64_t *ns)
{
    return parse(text, durations, DURATIONS, ns);
}

units_text units_bytes(uint64_t bytes)
{
    static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    units_text out;
    double value = (double)bytes;
    size_t step = 0;
    while (value >= 1023.95) { /* would be written as 1024.0 */
        value /= 1024;
        step++;
    }
    if (step == 0)
        (void)snprintf(out.text, sizeof out.text, "%" PRIu64 " B", bytes);
    else
        (void)snprintf(out.text, sizeof out.text, "%.1f %s", value, names[step]);
    return out;
}

units_text units_count(uint64_t count)
{
    units_text out;
    char plain[24];
    const size_t length = (size_t)snprintf(plain, sizeof plain, "%" PRIu64, count);
    size_t i, to = 0;
    for (i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) out.text[to++] = ',';
        out.text[to++] = plain[i];
    }
    out.text[to] = 0;
    return out;
}

units_text units_duration(uint64_t ns)
{
    units_text out;
    const double s = (double)ns / 1e9;
    if (ns == 0)
        (void)snprintf(out.text, sizeof out.text, "0 s");
    else if (s < 1e-3)
        (void)snprintf(out.text, sizeof out.text, "%.1f us", s * 1e6);
    else if (s < 1)
        (void)snprintf(out.text, sizeof out.text, "%.1f ms", s * 1e3);
    else if (s < 120)
        (void)snprintf(out.text, sizeof out.text, "%.1f s", s);
    else if (s < 7200)
        (void)snprintf(out.text, sizeof out.text, "%.1f min", s / 60);
    else if (s < 172800)
        (void)snprintf(out.text, sizeof out.text, "%.1f h", s / 3600);
    else
        (void)snprintf(out.text, sizeof out.text, "%.1f days", s / 86400);
    return out;
}

/* With the largest unit that leaves nothing over. */
static units_text exact(uint64_t value, const struct unit *units, size_t count)
{
    units_text out;
    size_t i = 0;
    while (i + 1 < count && (value < units[i].factor || value % units[i].factor != 0))
        i++;
    (void)snprintf(out.text, sizeof out.text, "%" PRIu64 "%s", value / units[i].factor,
                   units[i].name);
    return out;
}

units_text units_exact_size(uint64_t bytes)
{
    return exact(bytes, sizes, SIZES - 1); /* plain bytes without "B" */
}

units_text units_exact_duration(uint64_t ns)
{
    return exact(ns, durations + 2, DURATIONS - 2); /* 300s, not 5min: as the manual says it */
}
