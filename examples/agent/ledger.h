/* SPDX-License-Identifier: MIT */
/*
 * Ledger: what is known of all endpoints, for all threads, in memory that was fixed at the start.
 *
 *      GET /users/{id}     requests, status classes, a histogram of latencies
 *      POST /orders         …
 *      (other)              those that have no row
 *
 * Rows go to whom asks most: one that none is left for weakens the weakest of those where it might
 * stand, and in the end takes its place, whose figures go to (other). So a scanner that tries
 * thousands of paths neither drives out an endpoint in use, nor keeps one from coming.
 *
 * A latency is the time from a request's last byte to its response's first. Eight buckets for each
 * doubling, from 1 us to four minutes: a percentile is that of its bucket's end, at most 1/8 too
 * much.
 *
 * Cost: one lock and one probe of the table for a message; sizeof(ledger), about 250 KiB, of which
 * rows that are not used are not touched.
 */
#ifndef AGENT_LEDGER_H
#define AGENT_LEDGER_H

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

#include "path.h"

enum { LEDGER_ROWS = 256, LEDGER_OTHER = LEDGER_ROWS, LEDGER_BUCKETS = 208 };

/* What is counted beside endpoints: X(name, what it is). */
#define LEDGER_COUNTS(X)                                                                           \
    X(requests, "requests whose header was seen")                                                  \
    X(responses, "responses whose header was seen, but 1xx")                                       \
    X(paired, "of these, pairs")                                                                   \
    X(cut_requests, "requests that ended in a hole before their end was known")                    \
    X(cut_responses, "responses that did")                                                         \
    X(bridged, "holes inside a body whose end is known: it went on behind them")                   \
    X(resyncs, "times that a message was found again after a hole or an error")                    \
    X(lost_requests, "requests that no header was seen of, at least: in holes")                    \
    X(lost_responses, "responses that no header was seen of, at least: in holes")                  \
    X(unanswered, "requests without response, where no hole explains it")                          \
    X(unasked, "responses without request, where no hole explains it")                             \
    X(unpaired, "messages not paired because a hole and pipelining leave it open")                 \
    X(malformed, "messages that the parser refused")                                               \
    X(upgraded, "connections that became another protocol")                                        \
    X(foreign, "connections that are no HTTP/1")                                                   \
    X(evicted, "connections forgotten to make room, while they were open")

typedef enum ledger_count {
#define X(name, text) LEDGER_##name,
    LEDGER_COUNTS(X)
#undef X
        LEDGER_COUNT
} ledger_count;

typedef struct ledger_row {
    char method[16];
    char path[PATH_MAX_BYTES];
    uint64_t requests;
    uint64_t status[6]; /* [2]: 2xx …; [0]: none of these */
    uint64_t slowest_us;
    uint32_t latency[LEDGER_BUCKETS];
    uint32_t strength; /* requests, less those of others that wanted its place */
    uint32_t tenants;  /* how many had it before */
} ledger_row;

typedef struct ledger {
    pthread_mutex_t lock;
    uint64_t counts[LEDGER_COUNT];
    ledger_row rows[LEDGER_ROWS + 1]; /* by hash; the last is (other) */
} ledger;

/* Memory of zeros becomes a ledger. */
void ledger_begin(ledger *l);

/* From any thread. */
void ledger_add(ledger *l, ledger_count what, uint64_t count);

/* A request: returns its row, and which tenant of it this is, for ledger_answer. */
uint32_t ledger_ask(ledger *l, const char *method, const char *url, size_t length, int cut);
void ledger_answer(ledger *l, uint32_t tenant, unsigned status, uint64_t latency_ns);

/* The endpoints, most requests first, and the counts. Nothing is locked while it writes: a reader
 * that is slow holds up nobody but who prints. */
void ledger_print(ledger *l, FILE *out);

#endif
