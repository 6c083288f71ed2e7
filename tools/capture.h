/* SPDX-License-Identifier: MIT */
/*
 * Capture: one interface, live, through libpcap, as packets for the engine.
 *
 *      interface ──> kernel's ring ──> capture_read ──> sink(packets)
 *                    (buffer_bytes)         └── capture_wait, while there is none
 *
 * libpcap is loaded when the first interface is opened (libpcap.h), so that only those who capture
 * pay for it. The ring is the kernel's, outside of the pool's limit and of this process's anonymous
 * memory.
 *
 * An interface may go down, vanish, come back and get another name: capture_look tells. While it is
 * down the capture stays open and goes on by itself; when it has vanished it is closed, and
 * capture_open can be tried again. Counters go on over that.
 *
 * Never blocks but in capture_wait. One thread at a time for a capture.
 *
 * Cost: libpcap lends the bytes of one packet at a time, so packets go to the sink one by one and
 * where they lie; or, if that is wanted, those up to CAPTURE_COPIED_BYTES are copied and go many at a
 * time. A larger one goes alone in both cases: to copy it takes what that brings. 18 KiB a capture.
 */
#ifndef WEIR_TOOLS_CAPTURE_H
#define WEIR_TOOLS_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "capture_settings.h"
#include "weir/weir.h"

enum {
    CAPTURE_WHY_BYTES = 320,
    CAPTURE_READ_MAX = 1024, /* packets of one capture_read, so that others have their turn */
    CAPTURE_BATCH = 32,
    CAPTURE_COPIED_BYTES = 512,
    /* The kernel hands over a block of packets when it is full, or after this time. */
    CAPTURE_BLOCK_MS = 50
};

typedef enum capture_answer {
    CAPTURE_OK,
    CAPTURE_NO_LIBRARY,
    CAPTURE_NOT_THERE,   /* no interface of that name */
    CAPTURE_NOT_UP,      /* it is down */
    CAPTURE_NOT_ALLOWED, /* needs CAP_NET_RAW */
    CAPTURE_BAD_FILTER,
    CAPTURE_BAD_LINK, /* of a link type that the engine does not take */
    CAPTURE_FAILED
} capture_answer;

/* What an interface is found to be. */
typedef enum capture_state {
    CAPTURE_UP,
    CAPTURE_RENAMED, /* and up */
    CAPTURE_DOWN,    /* nothing comes; it goes on when it is up again */
    CAPTURE_GONE     /* vanished, or another one has its name: open it again */
} capture_state;

/* Why a call failed, in words, with the remedy where there is one. */
typedef struct capture_why {
    char text[CAPTURE_WHY_BYTES];
} capture_why;

typedef struct capture capture;

/* Not open yet. `name` and *settings must outlive it. NULL without memory. */
capture *capture_create(const char *name, const capture_settings *settings);
void capture_destroy(capture *c); /* NULL is legal */

/* Opens it, again after it was closed. On failure it is closed, and *why says why; else *why is "",
 * or a warning. */
capture_answer capture_open(capture *c, capture_why *why);
void capture_close(capture *c);
bool capture_is_open(const capture *c);

/* Of an open one: as weir_engine_packets wants it; the socket, for whoever wants to set more. */
int capture_link_type(const capture *c);
int capture_socket(const capture *c);

/* Gets packets, at least one; their bytes are lent until it returns, and the array is its own to
 * change until then. */
typedef void (*capture_sink)(void *user, weir_packet *packets, size_t count);

/* Hands over what is there, at most CAPTURE_READ_MAX packets, all of them before it returns, and
 * `together` at a time, 1 to CAPTURE_BATCH. Returns how many; -1 if it fails: then *why says why, and
 * it is to be closed. */
int capture_read(capture *c, size_t together, capture_sink sink, void *user, capture_why *why);

/* Waits until there may be packets, `wake` is readable, or the time is over. */
void capture_wait(const capture *c, int wake, int timeout_ms);

/* Asks the system for the state of the interface: some microseconds. */
capture_state capture_look(const capture *c);

/* What was counted so far. Asks the system where it is open. */
capture_totals capture_count(capture *c);

#endif
