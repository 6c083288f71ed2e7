/* SPDX-License-Identifier: MIT */
/*
 * Reader: a capture file, as a stream of bytes, into batches of packets.
 *
 *      source ──> buffer ──> pcap   ┐
 *      (bytes)    (fixed)    pcapng ┴──> batch: packets of one link type, still in the buffer
 *
 * Why not libpcap: it refuses a pcapng file whose interfaces differ in link type or snapshot
 * length, wants a FILE, and costs every process that links it 170 KiB of anonymous memory
 * (measured: RssAnon of an empty program, 272 KiB against 100).
 *
 * Reads classic pcap (micro and nanoseconds, both byte orders, and the "modified" format with
 * longer record headers; also several of one kind, one behind the other) and pcapng (both byte orders, any number of sections; enhanced, simple and
 * obsolete packet blocks; if_tsresol, if_tsoffset, if_fcslen; other blocks are passed over).
 *
 * Memory: one allocation of READER_BUFFER_BYTES and a little, whatever the file says. Only the
 * first READER_CHUNK_BYTES of the buffer are touched while packets are smaller than that.
 *
 * Cost: 167 ns a packet of 1,514 bytes, 19 ns one of 130, where a bare libpcap loop takes 245 and
 * 58 (1 GB files in the page cache; CPU time of the process, least of 3). With chunks of 32 KiB the
 * former is 181, with 128 KiB 165: not worth 64 KiB more of touched memory.
 *
 * A file can be wrong at any byte. What was read before the fault is handed out first; the fault is
 * told by reader_trouble after that. Nothing is read behind it: there is no mark to start again
 * from.
 */
#ifndef WEIR_TOOLS_READER_H
#define WEIR_TOOLS_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir/weir.h"

enum {
    READER_CAPTURED_MAX = 262144, /* a larger packet is a fault of the file (libpcap's bound too) */
    READER_CHUNK_BYTES = 64 * 1024, /* read at a time while packets are smaller */
    READER_BUFFER_BYTES = READER_CAPTURED_MAX + 64 * 1024, /* the largest packet and its block */
    READER_BLOCK_MAX = 16 * 1024 * 1024,                   /* a longer pcapng block is a fault */
    READER_INTERFACES_MAX = 1024,                          /* of one pcapng section */
    READER_BATCH_MAX = 256
};

/* Where bytes come from: up to `bytes` of them, at least 1; 0 at the end; an errno negated if it
 * fails. */
typedef struct reader_source {
    ptrdiff_t (*read)(void *user, void *into, size_t bytes);
    void *user;
} reader_source;

/* How far a reader is. */
typedef enum reader_state {
    READER_READING,
    READER_COMPLETE,   /* at the end, nothing wrong */
    READER_CUT,        /* the file ends inside a header or packet */
    READER_CORRUPT,    /* a length or a reference that cannot be */
    READER_NO_CAPTURE, /* no format that is read here */
    READER_FAILED      /* the source failed */
} reader_state;

/* Why a reader stopped, and where. The texts are static. */
typedef struct reader_trouble {
    reader_state state;
    const char *text;   /* READER_CUT, _CORRUPT, _NO_CAPTURE: what is wrong; else NULL */
    const char *unpack; /* READER_NO_CAPTURE: the command that unpacks such a file; or NULL */
    bool empty;         /* READER_NO_CAPTURE: because there is not one byte */
    int error;          /* READER_FAILED: an errno */
    uint64_t offset;    /* of the record that could not be read, in bytes */
    uint64_t packet;    /* the number, from 1, that its packet would have had in the file */
} reader_trouble;

/* Packets of one link type. They point into the reader's buffer, and live there until its next
 * call. They may be reordered or overwritten by whoever gets them. weir_packet.tag is the
 * interface's number in its section. */
typedef struct reader_batch {
    int link_type;
    weir_packet *packets;
    size_t count;
} reader_batch;

typedef struct reader reader;

/* A reader that has no file yet. NULL without memory. */
reader *reader_create(void);

/* NULL is legal. */
void reader_destroy(reader *r);

/* Begins a file. *source is copied; what it needs must live as long as the file is read. */
void reader_open(reader *r, const reader_source *source);

/* The next 1 to `max` packets (max at most READER_BATCH_MAX) that can be had without waiting for
 * more than one. Returns batch->count; 0 when the file is over: reader_trouble_of says how. */
size_t reader_next(reader *r, size_t max, reader_batch *batch);

/* Valid until the reader's next call. */
const reader_trouble *reader_trouble_of(const reader *r);

/* Bytes of the file that have been taken so far. */
uint64_t reader_offset(const reader *r);

#endif
