/* SPDX-License-Identifier: MIT */
/*
 * Rig: a pool with one engine on it, and hosts that send segments to it, in a few words.
 *
 * Connections are numbered from 0; host C (10.0.0.1) is their client, S (10.0.0.2) their server. Sequence numbers are
 * relative: 0 is the SYN, 1 the first byte. An ACK is always of all that the other host has sent.
 */
#ifndef WEIR_TESTS_RIG_H
#define WEIR_TESTS_RIG_H

#include "weir/weir.h"

enum { C = 0, S = 1 };

/* Short names for flags. */
enum {
    SYN = WEIR_TCP_SYN,
    ACK = WEIR_TCP_ACK,
    FIN = WEIR_TCP_FIN | WEIR_TCP_ACK,
    RST = WEIR_TCP_RST | WEIR_TCP_ACK
};

#define RIG_CONNS 256u

typedef struct rig {
    weir_pool *pool;
    weir_engine *engine;
    uint64_t now_ns;             /* stamp of the next packet; each moves it by 1 ms */
    uint32_t tag;                /* of the next packet */
    uint32_t sent[RIG_CONNS][2]; /* one past all that the host has sent */
    uint8_t verdict;             /* of the last packet */
} rig;

/* Aborts if it cannot be had. Any configuration may be NULL: then 8 MiB, pages of 4096 bytes, defaults. */
void rig_open(rig *r, const weir_pool_config *pool, const weir_engine_config *engine,
              const weir_callbacks *callbacks, void *user);

/* Destroys both, and aborts if the pool is not empty then. */
void rig_close(rig *r);

/* A segment as the rig would send it, without sending. `data` may be NULL for zeros. */
weir_segment rig_segment(const rig *r, uint32_t conn, uint32_t host, uint8_t flags, uint32_t seq,
                         const void *data, uint32_t bytes);

/* Hands it in, then checks the engine; aborts if that fails. Returns the verdict. */
int rig_take(rig *r, const weir_segment *segment);

/* Both in one: a text. */
int rig_send(rig *r, uint32_t conn, uint32_t host, uint8_t flags, uint32_t seq, const char *text);

/* SYN, SYN+ACK, ACK. */
void rig_handshake(rig *r, uint32_t conn);

/* Moves time on by so much and does all that is due. */
void rig_advance(rig *r, uint64_t ns);

weir_stats rig_stats(const rig *r);
weir_memory rig_memory(const rig *r);

#endif
