/* SPDX-License-Identifier: MIT */
/*
 * Streams: what an engine delivered, one entry for each direction that carried data: how many
 * bytes, how many are missing, in how many holes, and the SHA-256 of what was delivered.
 */
#ifndef WEIR_TESTS_STREAMS_H
#define WEIR_TESTS_STREAMS_H

#include <stddef.h>
#include <sys/types.h>
#include <sha2.h>

#include "weir/weir.h"

typedef struct stream {
    uint64_t connection;
    weir_direction direction;
    char source[48], destination[48]; /* sender and receiver of these bytes */
    uint16_t source_port, destination_port;
    uint64_t delivered, missing, holes, late, next;
    SHA2_CTX digest;
    char sha256[SHA256_DIGEST_STRING_LENGTH];
    int taken; /* for the test's own use */
} stream;

typedef struct streams {
    stream *list;
    size_t count;
    uint64_t connections, broken; /* broken: events that do not begin where the last ended */
} streams;

/* Callbacks that fill a streams, given as `user`. */
void streams_callbacks(weir_callbacks *callbacks);

/* After the engine's end: fixes the digests. */
void streams_finish(streams *s);
void streams_free(streams *s);

#endif
