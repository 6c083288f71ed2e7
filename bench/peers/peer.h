/* SPDX-License-Identifier: MIT */
/*
 * Peer: what the programs that are compared have in common. For C and C++; common.go says the same.
 *
 *      peer_X [--check] [--OPTION VALUE]... FILE
 *
 * Timed (without --check): reads the capture as this library's own examples do, touches each byte
 * that it delivers once (../touch.h), flushes, prints one line
 *
 *      packets=N delivered=N touched=N
 *
 * and then waits for the end of stdin, so that whoever measures can look at its memory when all is
 * done and before all is gone. --check: no touching; writes what was delivered as records
 * (record.h) to stdout and ends. Exit code 0, or 1 after a message on stderr: it could not read.
 */
#ifndef WEIR_BENCH_PEERS_PEER_H
#define WEIR_BENCH_PEERS_PEER_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../touch.h"
#include "record.h"

typedef struct peer {
    int check;
    const char *file;
    uint64_t packets, delivered, touched;
} peer;

/* The text after --name, or `otherwise`. */
static inline const char *peer_option(int argc, char **argv, const char *name,
                                      const char *otherwise)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strncmp(argv[i], "--", 2) == 0 && strcmp(argv[i] + 2, name) == 0) return argv[i + 1];
    return otherwise;
}

static inline uint64_t peer_number(int argc, char **argv, const char *name, uint64_t otherwise)
{
    const char *text = peer_option(argc, argv, name, NULL);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static inline peer peer_begin(int argc, char **argv)
{
    peer p = {0, argc > 1 ? argv[argc - 1] : "", 0, 0, 0};
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--check") == 0) p.check = 1;
    if (p.check) (void)setvbuf(stdout, NULL, _IOFBF, 1 << 18);
    return p;
}

/* Bytes that the library delivered; `whose` tells the tuple and what was skipped. */
static inline void peer_take(peer *p, peer_record *whose, const void *data, size_t bytes)
{
    p->delivered += bytes;
    if (!p->check) {
        p->touched += touch((const uint8_t *)data, bytes);
        return;
    }
    whose->bytes = (uint32_t)bytes;
    (void)fwrite(whose, sizeof *whose, 1, stdout);
    if (bytes > 0) (void)fwrite(data, 1, bytes, stdout);
}

static inline int peer_failed(const char *what)
{
    (void)fprintf(stderr, "%s\n", what);
    return 1;
}

/* The exit code. */
static inline int peer_end(const peer *p)
{
    if (!p->check) {
        (void)printf("packets=%" PRIu64 " delivered=%" PRIu64 " touched=%" PRIu64 "\n", p->packets,
                     p->delivered, p->touched);
        (void)fflush(stdout);
        while (getchar() != EOF) {
        }
    }
    return fflush(stdout) == 0 ? 0 : 1;
}

#endif
