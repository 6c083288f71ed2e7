/* SPDX-License-Identifier: MIT */
/*
 * Adversary: families of hostile traffic, each made to break one bound.
 *
 *      family, seed, n ──> step 0, step 1 … step n - 1      a segment, or a change of the limit
 *
 * A family is a function from a step's number to a step, so that it needs no capture, no memory that grows with
 * n, and is the same on every machine. Segments come as an engine takes them (weir_engine_segments): decoding
 * costs a packet the same whatever its sender wants. Pieces of IP packets come as they were captured. A step's time is that of its frame on half of a 1 Gbit/s
 * line, where a family does not wait on purpose; the other half is for honest hosts (bench/traffic.h).
 *
 * Families end where they please inside a round (a comb of 8,192 holes, say); n from 65,536 on has whole ones.
 * Hosts are 100.64.0.0/10 and 192.0.2.2, so that nobody honest is among them.
 */
#ifndef WEIR_BENCH_ADVERSARY_H
#define WEIR_BENCH_ADVERSARY_H

#include <stddef.h>
#include <stdint.h>

#include "weir/weir.h"

#define ADVERSARY_START_NS UINT64_C(1700000000000000000)

typedef struct adversary adversary;

typedef enum {
    ADVERSARY_SEGMENT,
    ADVERSARY_PACKET, /* Ethernet */
    ADVERSARY_LIMIT   /* the pool's limit becomes so many percent of what it was at first */
} adversary_act;

typedef struct {
    adversary_act act;
    uint32_t percent;
    weir_segment segment; /* its payload lives as long as the program */
    weir_packet packet;   /* its bytes live until the next step */
} adversary_step;

/* What the user of the engine does, if the family is about that. */
typedef enum {
    ADVERSARY_LISTENS, /* nothing */
    ADVERSARY_STOPS,   /* at the first bytes of a direction: no more than 4 bytes from there */
    ADVERSARY_CLOSES   /* closes a connection at its first bytes */
} adversary_user;

/* How many families there are; name, and one line of text, of each. Static storage. */
size_t adversary_count(void);
const char *adversary_name(size_t family);
int adversary_known(const char *name); /* 1: FAMILY, or FAMILY/POLICY if it overlaps */
const char *adversary_text(size_t family);

/* 1 if what it does depends on the overlap policy. */
int adversary_overlaps(size_t family);

adversary_user adversary_user_of(size_t family);

/* How many records a segment of it takes the place of that has more than 4,096 bytes. */
uint32_t adversary_replaces(size_t family);

/* How many steps it takes until it does what it is about: those are not its cost. */
uint64_t adversary_beginning(size_t family);

/* How many steps tell what it costs: at least so many, whole rounds of what it does. */
uint64_t adversary_rounds(size_t family, uint64_t steps);

/* 1 if its stamps are not those of a capture: no sender can do that. */
int adversary_forges_time(size_t family);

/* Sets what the family wants of the engine: a known hash key always; caps lifted where it is about those. An
 * engine so set up needs a pool of adversary_least_limit bytes. */
void adversary_configure(size_t family, weir_engine_config *engine);
uint64_t adversary_least_limit(size_t family);

/* A family of `steps` steps. NULL: no memory. */
adversary *adversary_open(size_t family, uint64_t seed, uint64_t steps);
void adversary_close(adversary *a);

/* The next step. 0: that was the last. */
int adversary_next(adversary *a, adversary_step *step);

#endif
