/* SPDX-License-Identifier: MIT */
/*
 * Source: a fuzzer's input, taken as big-endian numbers from its start. What is missing is 0, so that every input means
 * something.
 */
#ifndef WEIR_FUZZ_SOURCE_H
#define WEIR_FUZZ_SOURCE_H

#include <stddef.h>
#include <stdint.h>

typedef struct source {
    const uint8_t *data;
    size_t size; /* left */
} source;

/* The next number of at most 4 bytes. */
static inline uint32_t take(source *from, uint32_t bytes)
{
    uint32_t value = 0;
    for (; bytes > 0; bytes--) {
        value = value << 8 | (from->size ? *from->data : 0);
        if (from->size) from->data++, from->size--;
    }
    return value;
}

#endif
