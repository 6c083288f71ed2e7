/* SPDX-License-Identifier: MIT */
/*
 * Composed: a capture file in memory, put together a record or block at a time, in either byte
 * order.
 */
#ifndef WEIR_TESTS_COMPOSED_H
#define WEIR_TESTS_COMPOSED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { COMPOSED_MAX = 2 * 1024 * 1024, COMPOSED_NO_RESOLUTION = 0x100 };

typedef struct composed {
    uint8_t *bytes;
    size_t size;
    bool big; /* byte order of what is put next */
} composed;

/* For cmocka: *state becomes an empty composed. */
int composed_setup(void **state);
int composed_teardown(void **state);

void composed_put(composed *f, const void *bytes, size_t count);
void composed_put16(composed *f, uint32_t value);
void composed_put32(composed *f, uint32_t value);
void composed_put64(composed *f, uint64_t value);

/* Puts a value over what stands at a place. */
void composed_overwrite32(composed *f, size_t at, uint32_t value);

/* Classic pcap, version 2.minor. A record's data follows its header. */
void composed_pcap(composed *f, uint32_t magic, uint32_t minor, uint32_t network);
void composed_record(composed *f, uint32_t seconds, uint32_t fraction, uint32_t captured,
                     uint32_t wire);

/* pcapng. What was put from `body` on becomes a block's body: padded, and framed. */
void composed_frame(composed *f, size_t body, uint32_t type);
void composed_section(composed *f);
void composed_option(composed *f, uint32_t code, uint64_t value, size_t width);
/* resolution COMPOSED_NO_RESOLUTION, offset 0: without the option */
void composed_interface(composed *f, uint32_t link_type, uint32_t snap, uint32_t resolution,
                        int64_t offset);
void composed_enhanced(composed *f, uint32_t interface_id, uint64_t time, const void *data,
                       uint32_t captured, uint32_t wire);
void composed_simple(composed *f, const void *data, uint32_t captured, uint32_t wire);
void composed_obsolete(composed *f, uint32_t interface_id, uint64_t time, const void *data,
                       uint32_t captured, uint32_t wire);
void composed_unknown(composed *f, uint32_t type, size_t bytes);

#endif
