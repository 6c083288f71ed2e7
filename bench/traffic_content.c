/* SPDX-License-Identifier: MIT */
#include "traffic_content.h"

#include "traffic_random.h"

#define STEP 0x9e3779b97f4a7c15u

/* Word i of a stream is hashed(key + i * STEP), its bytes little-endian. One multiplication: at 75
 * MB/s and more the content must cost less than the copy of it. */
static inline uint64_t hashed(uint64_t x)
{
    x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93u;
    return x ^ (x >> 32);
}

static uint64_t stream_key(uint64_t connection, traffic_direction direction)
{
    return traffic_mix2(connection, (uint64_t)direction);
}

/* Written out, because gcc makes one store of this and eight of a loop. */
static inline void store(uint8_t *out, uint64_t word)
{
    out[0] = (uint8_t)word;
    out[1] = (uint8_t)(word >> 8);
    out[2] = (uint8_t)(word >> 16);
    out[3] = (uint8_t)(word >> 24);
    out[4] = (uint8_t)(word >> 32);
    out[5] = (uint8_t)(word >> 40);
    out[6] = (uint8_t)(word >> 48);
    out[7] = (uint8_t)(word >> 56);
}

/* The sum of both halves, which is what a ones' complement sum wants of a word. */
static inline uint64_t halves(uint64_t word)
{
    return (word & 0xffffffffu) + (word >> 32);
}

/* The last n < 8 bytes: the bytes beyond are 0 in the sum. */
static uint64_t fill_tail(uint8_t *out, uint64_t word, size_t n)
{
    if (n == 0) return 0;
    word &= UINT64_MAX >> (64 - 8 * n);
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(word >> (8 * i));
    return halves(word);
}

/* Offsets that are multiples of 8. */
static uint64_t fill_aligned(uint64_t x, uint8_t *out, size_t n)
{
    uint64_t low = 0, high = 0;
    for (; n >= 8; n -= 8, out += 8, x += STEP) {
        uint64_t word = hashed(x);
        low += word & 0xffffffffu;
        high += word >> 32;
        store(out, word);
    }
    return low + high + fill_tail(out, hashed(x), n);
}

/* Others: each word is put together from two; shift is 8 to 56. */
static uint64_t fill_shifted(uint64_t x, unsigned shift, uint8_t *out, size_t n)
{
    uint64_t sum = 0;
    uint64_t word = hashed(x) >> shift;
    for (;; n -= 8, out += 8) {
        x += STEP;
        uint64_t next = hashed(x);
        word |= next << (64 - shift);
        if (n < 8) return sum + fill_tail(out, word, n);
        store(out, word);
        sum += halves(word);
        word = next >> shift;
    }
}

uint64_t traffic_content_summed(uint64_t connection, traffic_direction direction, uint64_t offset,
                                uint8_t *out, size_t n)
{
    uint64_t x = stream_key(connection, direction) + offset / 8 * STEP;
    unsigned shift = 8 * (unsigned)(offset % 8);
    return shift == 0 ? fill_aligned(x, out, n) : fill_shifted(x, shift, out, n);
}

void traffic_content(uint64_t connection, traffic_direction direction, uint64_t offset,
                     uint8_t *out, size_t n)
{
    (void)traffic_content_summed(connection, direction, offset, out, n);
}

uint8_t traffic_content_byte(uint64_t connection, traffic_direction direction, uint64_t offset)
{
    uint64_t word = hashed(stream_key(connection, direction) + offset / 8 * STEP);
    return (uint8_t)(word >> (8 * (offset % 8)));
}
