/* SPDX-License-Identifier: MIT */
/*
 * Tap: an interface or a capture file, with an engine and a thread of its own.
 *
 *      interface ──> pcap_t ──> engine ──> table of exchanges ──> ledger
 *                    └─────────── one thread ──────────────┘      (all threads)
 *
 * All engines are on one pool. While the link is idle the thread moves the engine's clock, so that
 * holes end and connections that fell silent are closed.
 */
#ifndef AGENT_TAP_H
#define AGENT_TAP_H

#include <pcap.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include <weir/weir.h>

#include "ledger.h"
#include "table.h"

typedef struct tap {
    const char *name;
    int is_live;
    pcap_t *pcap;
    weir_engine *engine;
    table table;
    ledger *ledger;
    const atomic_int *stop; /* set: end */
    pthread_t thread;
    atomic_int ended;
    atomic_uint connections;          /* slots ever used, of table.count */
    atomic_ullong received, dropped;  /* live: by the kernel's count */
    struct pcap_stat counted;         /* as libpcap had it last */
    char error[PCAP_ERRBUF_SIZE + 1]; /* why it ended before it should; "" if not. Once `ended` */
    int told;                         /* and this was printed */
} tap;

/* Opens an interface with a ring of ring_bytes in the kernel, or a file, with a filter in
 * libpcap's language. 0: `error` says why not. */
int tap_open(tap *t, const char *name, int is_live, const char *filter, int ring_bytes);

/* Makes engine and table and starts the thread. 0: `error` says why not. */
int tap_start(tap *t, weir_pool *pool, ledger *l, size_t slots, const atomic_int *stop);

/* After its thread has ended, or never began. */
void tap_close(tap *t);

#endif
