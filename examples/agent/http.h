/* SPDX-License-Identifier: MIT */
/*
 * One direction of HTTP/1: llhttp, and what to do when bytes are missing.
 *
 *      fresh ──> in step ──────────── hole it cannot bridge, refused message ──┐
 *        │         ↑ └─ upgrade ──> upgraded                                   │
 *        └> foreign└──────────── a message begins a segment ──── lost <────────┘
 *
 * A hole inside a body or chunk whose length is known (RFC 9112, section 6) is bridged: the parser
 * is told of as many bytes, and nobody reads them. So is one in a body that ends with its
 * connection. After any other hole nothing says where the next message begins; servers and clients
 * write it at the beginning of a segment, so there it is looked for. A body that happens to look
 * like that is taken for a message: after a loss this cannot be excluded.
 *
 * Nothing is buffered: llhttp keeps its place between any two bytes. Cost: sizeof(http_side).
 */
#ifndef AGENT_HTTP_H
#define AGENT_HTTP_H

#include <llhttp.h>
#include <stddef.h>
#include <stdint.h>

typedef enum http_kind { HTTP_ASKS = 0, HTTP_ANSWERS = 1 } http_kind;

typedef enum http_state {
    HTTP_FRESH,   /* the first message may come */
    HTTP_IN_STEP, /* each byte's place is known */
    HTTP_LOST,    /* until a message begins */
    HTTP_FOREIGN, /* not HTTP/1 */
    HTTP_UPGRADED /* not any more */
} http_state;

typedef struct http_side {
    llhttp_t parser;
    uint64_t left;     /* bytes of this body or chunk that are to come */
    uint64_t begun_ns; /* when the message's first byte was captured */
    uint64_t now_ns;   /* when the bytes in hand were */
    uint8_t state;     /* http_state */
    uint8_t kind;      /* http_kind */
    uint8_t in_message;
    uint8_t in_body;     /* its header was seen */
    uint8_t body_begun;  /* and a byte of its body */
    uint8_t until_close; /* its body has no other end */
} http_side;

/* Who is told. head returns 0, or 1: no body follows whatever the header says, or 2: nor does
 * HTTP. */
typedef struct http_ear {
    void *user;
    void (*url)(void *user, const char *bytes, size_t count);
    int (*head)(void *user, http_side *side); /* parser.method, parser.status_code are set */
    void (*end)(void *user, http_side *side);
    /* The place is lost. by_hole: not by a message that was refused. */
    void (*lost)(void *user, http_side *side, int by_hole);
} http_ear;

void http_begin(http_side *side, http_kind kind, http_state state);

/* Passed over where the place is lost, and where it is no HTTP/1. */
void http_feed(http_side *side, const http_ear *ear, const uint8_t *bytes, size_t count,
               uint64_t time_ns);

/* 1: bridged, 0: it does not matter, or the place is lost. */
int http_hole(http_side *side, const http_ear *ear, uint64_t bytes);

/* The place is lost, and nobody is told: something else may follow. */
void http_lose(http_side *side);

/* Whether a message may begin with these bytes, the first HTTP_PEEK of a segment or, if it has no
 * more, fewer. (The longest method and its blank.) */
enum { HTTP_PEEK = 12 };
typedef enum http_guess { HTTP_NO, HTTP_TOO_SHORT, HTTP_REQUEST_LINE, HTTP_STATUS_LINE } http_guess;
http_guess http_look(const char *bytes, size_t count);

/* From HTTP_LOST: the next bytes fed begin a message. */
void http_find(http_side *side);

#endif
