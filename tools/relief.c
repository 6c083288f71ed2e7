/* SPDX-License-Identifier: MIT */
#include "relief.h"

#define SECOND UINT64_C(1000000000)

#define PRESSED 0.10
#define CALM    0.01

enum { LEAST_PART = 8, CALM_SECONDS = 10 };

static uint64_t least(const relief *r)
{
    const uint64_t part = r->configured_bytes / LEAST_PART;
    if (r->configured_bytes < r->least_bytes) return r->configured_bytes;
    return part > r->least_bytes ? part : r->least_bytes;
}

void relief_configure(relief *r, uint64_t configured_bytes, uint64_t least_bytes)
{
    unsigned halvings = 0;
    while (halvings < 3 && r->limit_bytes < r->configured_bytes >> halvings)
        halvings++;
    r->configured_bytes = configured_bytes;
    r->least_bytes = least_bytes;
    r->limit_bytes = configured_bytes >> halvings;
    if (r->limit_bytes < least(r)) r->limit_bytes = least(r);
}

bool relief_is_pressed(double stalled)
{
    return stalled >= PRESSED;
}

void relief_refuse(relief *r, uint64_t in_force_bytes)
{
    r->refused_bytes = r->limit_bytes;
    r->limit_bytes = in_force_bytes;
}

static bool lower(relief *r, uint64_t now_ns)
{
    const uint64_t half = r->limit_bytes / 2 > least(r) ? r->limit_bytes / 2 : least(r);
    if (r->limit_bytes <= least(r) || half <= r->refused_bytes) return false;
    if (r->lowered_ns > 0 && now_ns - r->lowered_ns < SECOND) return false;
    r->limit_bytes = half;
    r->lowered_ns = now_ns;
    return true;
}

static bool raise_again(relief *r, uint64_t now_ns)
{
    if (!r->calm) r->calm_ns = now_ns;
    r->calm = true;
    if (r->limit_bytes >= r->configured_bytes || now_ns - r->calm_ns < CALM_SECONDS * SECOND)
        return false;
    r->calm_ns = now_ns;
    r->limit_bytes =
        r->limit_bytes < r->configured_bytes / 2 ? r->limit_bytes * 2 : r->configured_bytes;
    return true;
}

bool relief_look(relief *r, double stalled, uint64_t now_ns)
{
    if (stalled < CALM) return raise_again(r, now_ns);
    r->calm = false;
    return relief_is_pressed(stalled) && lower(r, now_ns);
}
