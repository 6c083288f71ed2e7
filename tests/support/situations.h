/* SPDX-License-Identifier: MIT */
/*
 * Ways to a segment: what stands before an IP packet with TCP and "hello" in it, by layer. Tests of
 * the lenses go through them; they are seeds of fuzz_decode and of its corpus.
 *
 *      situations_links      link types and what is on links
 *      situations_wireless   802.11, radio headers, headers of capture systems
 *      situations_tunnels    tunnels, alone and nested
 *
 * Each list ends with a situation without a name.
 */
#ifndef WEIR_TESTS_SITUATIONS_H
#define WEIR_TESTS_SITUATIONS_H

#include <stddef.h>

#include "support/frame.h"

typedef struct situation {
    const char *name;
    int link;
    const char *headers;  /* as frame_hex takes them */
    int family;           /* of the innermost IP header */
    uint32_t vlan;        /* as the segment must say */
    uint32_t tunnel;      /* the same */
    const char *short_of; /* what a frame that ends in a header may be, beside malformed */
} situation;

extern const situation situations_links[];
extern const situation situations_wireless[];
extern const situation situations_tunnels[];

size_t situations_count(const situation *list);

/* Number i of all lists together, from 0; NULL behind the last. */
const situation *situations_at(size_t i);

/* Sets *f to the whole frame. */
void situations_compose(const situation *s, frame *f);

/* As many tunnels in one another as that: IPv4 in each, TCP innermost. */
void situations_nest(uint32_t depth, frame *f);

#endif
