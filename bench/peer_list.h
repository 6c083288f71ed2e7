/* SPDX-License-Identifier: MIT */
/*
 * Peer list: the programs that are compared, and how each is called.
 *
 * Libraries are run with what their own documentation and examples say; what differs from that is in the arguments
 * here, and shown. In them %M is weir's limit in bytes, %S the number of connections in the capture (tshark wants to be
 * told which streams to follow), %N the size of libnids' table: its default, or twice the connections that a user would
 * expect, which are the honest ones.
 */
#ifndef WEIR_BENCH_PEER_LIST_H
#define WEIR_BENCH_PEER_LIST_H

#include <stddef.h>
#include <stdint.h>

enum { PEER_ARGUMENTS = 12, PEER_VERSION_BYTES = 48, PEER_ARGUMENT_BYTES = 32 };

typedef enum peer_role {
    PEER_FLOOR, /* follows no stream */
    PEER_WEIR,
    PEER_OTHER
} peer_role;

typedef struct peer_entry {
    const char *name;
    peer_role role;
    const char *program; /* in build/peers */
    const char *package; /* whose version is told; NULL: this project's */
    const char *install; /* what apt needs for it */
    const char *arguments[PEER_ARGUMENTS];
} peer_entry;

/* The floor first, then weir. */
size_t peer_count(void);
const peer_entry *peer_at(size_t i);

/* The installed version of its package; "" if there is none. Asks dpkg. */
void peer_version(const peer_entry *entry, char version[PEER_VERSION_BYTES]);

typedef struct peer_numbers {
    uint64_t mem_bytes;
    uint64_t connections; /* all */
    uint64_t expected;    /* of them, honest ones */
} peer_numbers;

/* One of its arguments, with these filled in. Returns `text`. */
char *peer_argument(const char *argument, const peer_numbers *n, char text[PEER_ARGUMENT_BYTES]);

#endif
