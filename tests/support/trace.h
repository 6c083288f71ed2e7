/* SPDX-License-Identifier: MIT */
/*
 * Traces: a packet script and the callback log it must give, in plain text.
 *
 *      # comment
 *      config hole_timeout 2s                settings, before the first packet: see read_config in trace.c
 *      skip ipv6                             do not play it in variants whose name contains this word
 *      isn c 4294967290                      the initial sequence number of a host from here on
 *      0 handshake                           SYN, SYN+ACK, ACK, all at that time; win, scale, signed as below
 *      +5ms c ACK data "hello"               a packet
 *      = data 1 c2s 0 "hello"                what it must cause, line by line
 *      repeat 100 [quietly] … end            what is between, so many times; quietly: its events are not logged
 *      advance 2s, advance +1s               weir_engine_advance until nothing is due
 *      flush, close ID                       weir_engine_flush; weir_conn_close of connection ID
 *
 * A packet: TIME HOST FLAGS [seq N | seq +N] [ack N] [data "text" | len N] [cut N] [win N] [scale N] [ts N]
 *      [urg N] [signed] [lost], or TIME again: the packet before once more, bit for bit.
 *      TIME     since the start, or +TIME since the packet before: 5ms, 1.5s, 20us, 0
 *      HOST     c or s; c2, s2 … are other connections (another client port); in a repeat c# and s# are a
 *               new one in each turn
 *      FLAGS    SYN ACK FIN RST URG joined by +, or none
 *      seq, ack 0 is the host's ISN, so 1 is its first byte. As said nothing: one past all that the host, or its
 *               peer, has sent so far. seq +N: N beyond that
 *      data     in it \r \n \0 \\ \"; len N: N bytes of a running alphabet, 'a' at sequence number 1
 *      urg N    the urgent pointer; with URG alone it is the length of the data
 *      signed   with an MD5 signature (RFC 2385)
 *      cut N    the capture lost the last N bytes of it;   lost: the capture lost all of it
 *
 * Expected lines: see play.h.
 */
#ifndef WEIR_TESTS_TRACE_H
#define WEIR_TESTS_TRACE_H

#include "weir/weir.h"

typedef enum trace_kind {
    TRACE_PACKET,
    TRACE_HANDSHAKE,
    TRACE_AGAIN,
    TRACE_ADVANCE,
    TRACE_FLUSH,
    TRACE_CLOSE,
    TRACE_ISN,
    TRACE_REPEAT,
    TRACE_END,
    TRACE_EXPECT
} trace_kind;

#define TRACE_DEFAULT INT64_MIN /* seq, ack: not said */
#define TRACE_TURN    0u        /* tuple: a new one in each turn */

typedef struct trace_step {
    trace_kind kind;
    uint32_t line;    /* in the file, from 1 */
    const char *text; /* the line; of TRACE_EXPECT what follows "= " */
    uint64_t time_ns;
    int after;      /* time_ns counts from the packet before */
    uint32_t tuple; /* 1, 2 …, TRACE_TURN */
    uint32_t side;  /* 0: c, 1: s */
    uint8_t flags;
    int lost;
    int64_t seq, ack; /* TRACE_DEFAULT, or relative to the ISN */
    int64_t skip;     /* seq +N */
    uint8_t *data;    /* NULL: the running alphabet */
    uint32_t length, cut;
    uint32_t window, scale, ts; /* scale, ts: UINT32_MAX is none */
    uint32_t urgent;            /* UINT32_MAX: not said */
    int is_signed;
    uint32_t number; /* isn, id, or turns */
    int quietly;
} trace_step;

typedef struct trace {
    char *text; /* the file, its lines ended by 0 */
    trace_step *steps;
    uint32_t count;
    weir_engine_config config;
    uint64_t limit_bytes;
    char skip[32];
    char error[128]; /* empty: it could be read */
} trace;

/* Reads a file; what is wrong with it is in trace.error. Free it with trace_free in any case. */
void trace_load(trace *into, const char *path);
void trace_free(trace *t);

#endif
