/* SPDX-License-Identifier: MIT */
/*
 * Families: what makes their steps, and the words they share.
 *
 *      hold      bytes that wait: combs, storms, swallows        one direction or a few, long
 *      control   SYN, FIN, RST, ACK, time                        few connections, many claims
 *      crowd     numbers of connections                          many connections, few packets each
 *      fragments IP packets in pieces                            no connection at all
 *
 * Sequence numbers are relative to the sender's ISN: 0 is the SYN, 1 the first byte.
 */
#ifndef WEIR_BENCH_ADVERSARY_FAMILY_H
#define WEIR_BENCH_ADVERSARY_FAMILY_H

#include "adversary.h"

#define ADVERSARY_COMB 8192u /* holes in a comb: as many as a direction may hold records */

enum { CLIENT, SERVER };

enum {
    SYN = WEIR_TCP_SYN,
    ACK = WEIR_TCP_ACK,
    FIN = WEIR_TCP_FIN | WEIR_TCP_ACK,
    RST = WEIR_TCP_RST | WEIR_TCP_ACK
};

struct adversary {
    size_t family;
    uint64_t seed;
    uint64_t steps; /* in all */
    uint64_t at;    /* number of the next one */
    uint64_t now_ns;
    uint64_t found; /* `bucket`: where to look on for a tuple */
    uint8_t frame[1536];
};

/* Makes step a->at. */
typedef void adversary_make(adversary *a, uint64_t i, adversary_step *step);

typedef struct {
    const char *name;
    const char *text;
    adversary_make *make;
    uint32_t conn_records;    /* 0: the default */
    uint64_t conn_held_bytes; /* 0: the default */
    adversary_user user;
    uint32_t replaces;  /* records that a large segment of it takes the place of */
    uint32_t beginning; /* steps before it does what it is about … */
    uint32_t round;     /* … and in which it then comes round, if those are many */
    int overlaps;
    int forges_time;
} adversary_family;

extern const adversary_family adversary_hold_families[], adversary_control_families[],
    adversary_crowd_families[], adversary_fragment_families[];
extern const size_t adversary_hold_count, adversary_control_count, adversary_crowd_count,
    adversary_fragment_count;

/* A number drawn from seed and i, below `bound`. */
uint64_t adversary_draw(const adversary *a, uint64_t i, uint64_t bound);

/* A segment of connection `conn`, acknowledging byte 1 (nothing) if it has ACK. Its bytes are a function of
 * their sequence numbers. */
weir_segment *adversary_send(adversary *a, adversary_step *step, uint64_t conn, uint32_t host,
                             uint32_t flags, uint32_t seq, uint32_t bytes);

/* Sets what it acknowledges. */
void adversary_acks(const adversary *a, adversary_step *step, uint64_t conn, uint32_t seq);

/* Other bytes than its sequence numbers would have. */
void adversary_lies(adversary_step *step, uint32_t variant);

/* Packet k = 0, 1, 2 of a handshake. */
void adversary_handshake(adversary *a, adversary_step *step, uint64_t conn, uint64_t k);

#endif
