/* SPDX-License-Identifier: MIT */
/*
 * A network of the test's own, in namespaces that nobody else sees:
 *
 *      host 1      host 2      host 3            each in a namespace: 10.9.0.N, fd09::N
 *        e1          e2          e3
 *        |           |           |               veth pairs
 *        v1          v2          v3
 *        └────── bridge br0 ─────┘               where the test itself is, and captures
 *
 * The test's process moves there for good. It needs root, or user namespaces for those who are not;
 * where neither is allowed, or there is no `ip` (iproute2), it says why, and the test is skipped.
 * All of it vanishes with the process.
 */
#ifndef WEIR_TESTS_NETWORK_H
#define WEIR_TESTS_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { NETWORK_HOSTS_MAX = 4, NETWORK_WHY_BYTES = 160 };

typedef struct network {
    size_t hosts;
    int home;                        /* descriptors of namespaces */
    int host[NETWORK_HOSTS_MAX + 1]; /* from 1 */
    bool real_root;                  /* it can become others too */
    char why_not[NETWORK_WHY_BYTES];
} network;

/* false: why_not says why it cannot be had here. */
bool network_begin(network *n, size_t hosts);
void network_end(network *n);

/* Adds host k and its pair, again after network_unplug. */
bool network_plug(network *n, size_t k);
void network_unplug(network *n, size_t k);

/* Runs a shell command where the test is (k = 0), or on a host. true: it went well. */
bool network_run(const network *n, size_t k, const char *format, ...);

/* The same, and goes on: end it with network_kill. */
pid_t network_spawn(const network *n, size_t k, const char *command);
void network_kill(pid_t child);

/* A socket of host k's. -1 if it cannot be had. */
int network_socket(const network *n, size_t k, int family, int type);

/* One for frames as they are, and *to its end of its pair, to send them there. -1 if it cannot be had. */
struct sockaddr_ll;
int network_raw(const network *n, size_t k, struct sockaddr_ll *to);

#endif
