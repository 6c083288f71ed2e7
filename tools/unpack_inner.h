/* SPDX-License-Identifier: MIT */
/*
 * What unpack.c shares with the two kinds, and nobody else.
 *
 *      packed bytes ──> work.in [begin, end) ──> kind.step ──> the reader's buffer
 */
#ifndef WEIR_TOOLS_UNPACK_INNER_H
#define WEIR_TOOLS_UNPACK_INNER_H

#include "unpack.h"

enum { UNPACK_IN_BYTES = 64 * 1024 };

typedef struct unpack_work {
    void *library;
    void *decoder; /* the kind's own */
    size_t begin;
    size_t end;
    bool drained; /* there are no more packed bytes */
    bool between; /* of the decoder: behind a whole member or frame, before another */
    uint8_t in[UNPACK_IN_BYTES];
} unpack_work;

/* A way of packing. */
typedef struct unpack_kind {
    const char *name;
    const char *sonames[3];
    const char *package; /* Debian's, for the message that it is missing */
    const char *command; /* that unpacks */
    /* Makes the decoder; the library is loaded. false: it has not what is needed. */
    bool (*begin)(unpack_work *w);
    /* Unpacks from in[begin, end), up to `bytes`; how many. Moves begin, sets `between`. */
    size_t (*step)(unpack *u, uint8_t *into, size_t bytes);
    void (*end)(unpack_work *w);
} unpack_kind;

extern const unpack_kind unpack_gzip, unpack_zstd;

/* Whether these bytes, four at least, begin such data. */
bool unpack_gzip_begins(const uint8_t *at);
bool unpack_zstd_begins(const uint8_t *at);

/* Fills *pointer, a pointer to a function, with the library's function of that name. */
bool unpack_find(const unpack_work *w, const char *name, void *pointer);

/* No more comes after this. */
void unpack_stop(unpack *u, unpack_state state, const char *text);

#endif
