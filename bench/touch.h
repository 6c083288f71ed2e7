/* SPDX-License-Identifier: MIT */
/*
 * Touch: reads each delivered byte once, as the least that a user of a stream does with it.
 *
 *      data: |8 bytes|8 bytes| ... |tail|      the sum of the words, and of the tail as a last word
 *
 * The same loop for all who are compared: weir, the floor, and the peers in C, C++ and Go, so that what they cost
 * differs only by what they do. The sum depends on where a stream is cut into spans: it is to be used up (printed, or
 * kept), not compared.
 *
 * Cost: one load and one addition for 8 bytes.
 */
#ifndef WEIR_BENCH_TOUCH_H
#define WEIR_BENCH_TOUCH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t touch(const uint8_t *data, size_t bytes)
{
    uint64_t sum = 0, word;
    for (; bytes >= sizeof word; data += sizeof word, bytes -= sizeof word) {
        memcpy(&word, data, sizeof word);
        sum += word;
    }
    word = 0;
    if (bytes > 0) memcpy(&word, data, bytes);
    return sum + word;
}

#endif
