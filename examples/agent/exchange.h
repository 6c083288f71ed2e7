/* SPDX-License-Identifier: MIT */
/*
 * Exchange: a connection on which requests and responses go. It is what the agent knows of it, and
 * all it knows: there is no other memory for a connection than this struct and weir's. The agent's
 * last line says how many bytes it has (688 on x86-64) and how many connections fit into --mem.
 *
 *      on_data, on_hole ──> side[HTTP_ASKS]    ──> url, head ──┐
 *                       ──> side[HTTP_ANSWERS] ──> head ───────┴──> pairs ──> ledger
 *
 * Which direction asks is the client's, as its SYN says; where that was not seen, the first message
 * found says it.
 */
#ifndef AGENT_EXCHANGE_H
#define AGENT_EXCHANGE_H

#include <weir/weir.h>

#include "http.h"
#include "ledger.h"
#include "pairs.h"

enum { EXCHANGE_URL_BYTES = 120, EXCHANGE_UNKNOWN = 2 };

/* Of a direction: what the next message comes behind. */
enum { EXCHANGE_IN_STEP, EXCHANGE_LOST, EXCHANGE_JOINED };

typedef struct exchange {
    weir_ref ref;           /* its connection */
    struct exchange *older; /* in the table */
    struct exchange *newer;
    ledger *ledger;
    http_side side[2]; /* by http_kind */
    pairs pairs;
    uint8_t client;  /* the weir_direction that asks, or EXCHANGE_UNKNOWN */
    uint8_t lost[2]; /* by http_kind */
    uint8_t orphan;  /* the request to the response in hand is not known for certain */
    uint8_t url_cut;
    uint16_t url_length;
    char url[EXCHANGE_URL_BYTES]; /* of the request whose header is coming */
} exchange;

/* Begins, in front of the first bytes that are looked at: spans[0] of that direction. */
void exchange_begin(exchange *e, ledger *l, const weir_conn *conn, weir_direction direction,
                    uint64_t offset);

/* As on_data, on_hole. false: this is no HTTP/1, or not any more; exchange_end it. */
bool exchange_data(exchange *e, weir_conn *conn, weir_direction direction, const weir_span *spans,
                   size_t count);
bool exchange_hole(exchange *e, weir_direction direction, uint64_t bytes);

/* Bytes that may have begun a message are gone: where its place was lost but the ordinals were not,
 * they are now. */
void exchange_unkept(exchange *e, weir_direction direction);

/* Counts what found no partner. to_the_end: the client ended it, and nothing is missing since. */
void exchange_end(exchange *e, bool to_the_end);

#endif
