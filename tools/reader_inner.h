/* SPDX-License-Identifier: MIT */
/*
 * The reader's inside: what reader.c shares with the formats, and nobody else.
 *
 * The bytes [begin, end) of the buffer have been read and not been taken. A format's `take`
 * describes packets that lie there whole and moves `begin` past them. When it can describe none it
 * sets `need` to the bytes at `begin` that it must see to go on, more than there are, or stops the
 * reader.
 *
 *      0 <= begin <= end <= READER_BUFFER_BYTES,  need <= READER_BUFFER_BYTES
 *      offset = place of buffer[begin] in the file
 */
#ifndef WEIR_TOOLS_READER_INNER_H
#define WEIR_TOOLS_READER_INNER_H

#include <stdbool.h>

#include "reader.h"

/* A pcapng interface. 16 bytes, so that a file with many of them touches little memory. */
typedef struct reader_interface {
    uint16_t link_type;
    uint8_t resolution; /* if_tsresol as it stands in the file */
    uint8_t fcs_bytes;
    uint32_t snap_bytes;    /* 0: no limit */
    int64_t offset_seconds; /* if_tsoffset */
} reader_interface;

struct reader {
    reader_source source;
    reader_trouble trouble;
    size_t (*take)(reader *r, size_t max, reader_batch *batch);
    uint64_t offset;
    uint64_t packets; /* described so far */
    size_t begin;
    size_t end;
    size_t need;
    bool big;     /* the file is big-endian */
    bool drained; /* the source has no more */

    /* classic pcap */
    uint32_t header_bytes; /* of a record: 16, or 24 in the modified format */
    uint32_t ns_per_unit;
    uint32_t fcs_bytes;
    int link_type;
    uint16_t version; /* of the file, minor */
    uint8_t head[8];  /* its first bytes: magic number and version */

    /* pcapng */
    uint64_t last_ns;   /* of the last packet, for blocks without a stamp */
    uint32_t skip;      /* bytes of a block still to pass over, its trailer included; 0: none */
    uint32_t skip_size; /* what that trailer must say */
    uint32_t interfaces;
    reader_interface interface[READER_INTERFACES_MAX];

    weir_packet batch[READER_BATCH_MAX];
    uint8_t buffer[READER_BUFFER_BYTES]; /* last, so that its upper part stays untouched */
};

static inline uint32_t reader_load16(const reader *r, const uint8_t *at)
{
    return r->big ? (uint32_t)at[0] << 8 | at[1] : (uint32_t)at[1] << 8 | at[0];
}

static inline uint32_t reader_load32(const reader *r, const uint8_t *at)
{
    const uint32_t little =
        (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
    const uint32_t big =
        (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    return r->big ? big : little;
}

/* Moves past bytes that are in the buffer. */
static inline void reader_consume(reader *r, size_t bytes)
{
    r->begin += bytes;
    r->offset += bytes;
}

/* Ends the file here. */
void reader_stop(reader *r, reader_state state, const char *text);

/* Describes a packet whose bytes are at `data`; an announced checksum at its end is left out. */
static inline void reader_describe(weir_packet *packet, const uint8_t *data, uint64_t time_ns,
                                   uint32_t captured_bytes, uint32_t wire_bytes, uint32_t fcs_bytes)
{
    uint32_t wire = wire_bytes > captured_bytes ? wire_bytes : captured_bytes;
    wire = wire > fcs_bytes ? wire - fcs_bytes : 0;
    packet->data = data;
    packet->time_ns = time_ns;
    packet->captured_bytes = captured_bytes < wire ? captured_bytes : wire;
    packet->wire_bytes = wire;
    packet->tag = 0;
    packet->reserved = 0;
}

/* The formats. Each looks at the first four bytes; true if they are its own, and then `take` is
 * set. */
bool reader_pcap_begin(reader *r, const uint8_t magic[4]);
bool reader_pcapng_begin(reader *r, const uint8_t magic[4]);

#endif
