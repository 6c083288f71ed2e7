/* SPDX-License-Identifier: MIT */
#include "support/overlap_cases.h"

enum { POINTS = 6 };

/* How two points, and so how two intervals lie to each other: a number for each of the 13. */
static uint32_t order(uint64_t a, uint64_t b)
{
    return (uint32_t)(a >= b) + (uint32_t)(a > b);
}

static uint32_t relation(const overlap_chunk *a, const overlap_chunk *b)
{
    return order(a->begin, b->begin) * 27 + order(a->begin, b->end) * 9 +
           order(a->end, b->begin) * 3 + order(a->end, b->end);
}

/* The relations of each to each. */
static uint64_t signature(const overlap_case *c)
{
    uint64_t all = c->count;
    for (uint32_t i = 0; i < c->count; i++)
        for (uint32_t j = i + 1; j < c->count; j++)
            all = all * 81 + relation(&c->chunks[i], &c->chunks[j]);
    return all;
}

/* 1 if the points that are used are the first ones: there are no letters to spare. */
static int is_dense(const overlap_case *c)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < c->count; i++)
        used |= UINT32_C(1) << c->chunks[i].begin | UINT32_C(1) << c->chunks[i].end;
    return (used & (used + 1)) == 0;
}

void overlap_add(overlap_case *c, uint64_t begin, uint64_t end)
{
    overlap_chunk *chunk = &c->chunks[c->count];
    uint32_t letters = 0;
    for (uint32_t i = 0; i < c->count; i++)
        letters += (uint32_t)(c->chunks[i].end - c->chunks[i].begin);
    *chunk = (overlap_chunk){.begin = begin, .end = end};
    for (uint64_t i = 0; i < end - begin; i++)
        chunk->letters[i] = (char)('A' + (letters + i) % 58);
    c->count++;
}

static uint32_t keep_if_new(overlap_case *cases, uint32_t count, const overlap_case *c)
{
    if (!is_dense(c)) return count;
    for (uint32_t i = 0; i < count; i++)
        if (signature(&cases[i]) == signature(c)) return count;
    cases[count] = *c;
    return count + 1;
}

/* All cases of so many segments: `which` counts through them. */
static uint32_t add_cases(overlap_case *cases, uint32_t count, uint32_t segments)
{
    uint32_t ways = 1;
    for (uint32_t i = 0; i < 2 * segments; i++)
        ways *= POINTS;
    for (uint32_t which = 0; which < ways; which++) {
        overlap_case c = {.count = 0};
        uint32_t rest = which, possible = 1;
        for (uint32_t i = 0; i < segments; i++, rest /= POINTS * POINTS) {
            uint32_t begin = rest % POINTS, end = rest / POINTS % POINTS;
            possible = possible && begin < end;
            if (possible) overlap_add(&c, begin, end);
        }
        if (possible && count < OVERLAP_PAIRS + OVERLAP_TRIPLETS)
            count = keep_if_new(cases, count, &c);
    }
    return count;
}

uint32_t overlap_cases(overlap_case cases[OVERLAP_PAIRS + OVERLAP_TRIPLETS])
{
    return add_cases(cases, add_cases(cases, 0, 2), 3);
}
