/* SPDX-License-Identifier: MIT */
/*
 * Pairs: which response answers which request of a connection.
 *
 *      in step        the n-th response answers the n-th request (RFC 9112, section 9.3), also where
 *                     the response is seen first, because the request waits behind a hole
 *      after a loss   the ordinals are gone. Without pipelining a response answers the last request
 *                     in front of it in time; what is skipped by that was lost. Behind a hole this
 *                     may be one that was lost as well: such a pair is in doubt until the next
 *                     request shows that none is missing between. With pipelining nothing is
 *                     certain any more, and nothing is paired: from two requests in one packet on,
 *                     or in front of one response when none is missing.
 *
 * A wrong pair would be a wrong latency and a wrong status: where it cannot be known there is none.
 * One thing is taken on trust: that a client which was never seen to pipeline did not begin to where
 * bytes are missing, nor had begun before the connection was joined.
 * Either requests wait or responses do, never both; at most PAIRS_MAX. Cost: 24 bytes each.
 */
#ifndef AGENT_PAIRS_H
#define AGENT_PAIRS_H

#include <stdbool.h>
#include <stdint.h>

#include "http.h"
#include "ledger.h"

enum { PAIRS_MAX = 8 };

typedef struct pairs_message {
    uint64_t time_ns; /* its first byte */
    uint64_t sent_ns; /* of a request: its last byte seen so far */
    uint32_t tenant;  /* of a request, in the ledger */
    uint16_t status;  /* of a response */
    uint8_t method;   /* of a request, as llhttp numbers them */
    uint8_t behind_hole : 1;
    uint8_t before_hole : 1;
    uint8_t is_first : 1; /* of a response: found where the connection was joined, without a hole */
} pairs_message;

typedef struct pairs {
    pairs_message waiting[PAIRS_MAX];
    pairs_message doubted[2];  /* by http_kind: a pair, if in_doubt */
    uint64_t response_ns;      /* of the last pair */
    uint32_t missing_heads[2]; /* by http_kind: lost, and counted already */
    uint8_t kind;              /* http_kind of those that wait */
    uint8_t first;
    uint8_t count;
    uint8_t in_doubt;
    uint8_t by_time;   /* the ordinals are gone */
    uint8_t pipelined; /* a request came before the response to the one before */
    uint8_t holed[2];  /* by http_kind: a hole was not bridged */
} pairs;

/* The request is complete up to its header. Returns the status of the response that had come
 * before it, or 0. */
uint16_t pairs_ask(pairs *p, ledger *l, const pairs_message *request);

/* More of the last request. */
void pairs_go_on(pairs *p, uint64_t time_ns);

/* A final response. true: *request is what it answers. */
bool pairs_answer(pairs *p, ledger *l, const pairs_message *response, pairs_message *request);

/* A direction lost its place, inside a header that is not counted yet or not. */
void pairs_lose(pairs *p, ledger *l, http_kind kind, bool by_hole, bool in_head);

/* The connection ends. to_the_end: all that the client sent was seen. */
void pairs_end(pairs *p, ledger *l, bool to_the_end);

#endif
