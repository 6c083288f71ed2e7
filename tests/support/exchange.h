/* SPDX-License-Identifier: MIT */
/*
 * HTTP over a network of the test's: a server that is not ours (python3 -m http.server), and clients
 * that keep every byte they sent and received, to be compared with what a capture made of it.
 */
#ifndef WEIR_TESTS_EXCHANGE_H
#define WEIR_TESTS_EXCHANGE_H

#include <stdint.h>

#include "network.h"

enum { EXCHANGE_PORT = 8000, EXCHANGE_BODY_BYTES = 256 * 1024 };

/* A server on host 1, for IPv4 and IPv6, that serves `folder`, where a file `body` of random bytes
 * is made. Waits until it answers. -1: there is no python3, or it does not start. End it with
 * network_kill. */
pid_t exchange_serve(const network *n, const char *folder);

typedef struct exchange {
    int fd;
    int family;
    size_t host; /* the client's */
    uint16_t port;
    char sent[64];
    size_t sent_bytes;
    char *got;
    size_t got_bytes;
} exchange;

/* Connects from a host. `narrow`: with a receive window so small that the server has to wait for the
 * reader. false: it does not work. */
bool exchange_begin(exchange *e, const network *n, size_t host, int family, bool narrow);

/* Asks for the body. */
bool exchange_ask(exchange *e);

/* Reads until so many bytes have come in all. */
bool exchange_read(exchange *e, size_t bytes);

/* Asks for the body on all `count` connections that have not asked yet, then reads all answers at once
 * to their ends, and closes. true: each answer is a header and all of the body. */
bool exchange_all(exchange *e, size_t count);

/* `count` connections from the hosts 2 … in turn, IPv4 and IPv6 in turn if `both`. */
bool exchange_many(exchange *e, size_t count, const network *n, bool both);
void exchange_free(exchange *e, size_t count);

/* "10.9.0.2" or "fd09::2", of a host. */
const char *exchange_address(size_t host, int family, char text[32]);

#endif
