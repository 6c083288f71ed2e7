/* SPDX-License-Identifier: MIT */
#include "beginning.h"

#include <string.h>

size_t beginning(uint8_t which, uint8_t to[BEGINNING_MAX])
{
    static const uint8_t little[24] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0,
                                       0,    0,    0,    0,    0, 0, 4, 0, 1, 0, 0, 0};
    static const uint8_t big[24] = {0xa1, 0xb2, 0xc3, 0xd4, 0, 2, 0, 4, 0, 0, 0, 0,
                                    0,    0,    0,    0,    0, 4, 0, 0, 0, 0, 0, 1};
    static const uint8_t section[48] = {
        0x0a, 0x0d, 0x0d, 0x0a, 28,   0,    0,    0,    0x4d, 0x3c, 0x2b, 0x1a, 1,  0, 0, 0,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 28,   0,    0,    0,    1,  0, 0, 0,
        20,   0,    0,    0,    1,    0,    0,    0,    0,    0,    4,    0,    20, 0, 0, 0};
    const uint8_t *from = which % 4 == 1 ? little : which % 4 == 2 ? big : section;
    const size_t size = which % 4 == 0 ? 0 : which % 4 == 3 ? sizeof section : sizeof little;
    memcpy(to, from, size);
    if (which % 4 == 1 && which & 4) to[0] = 0x4d, to[1] = 0x3c; /* nanoseconds */
    if (which % 4 == 1 && which & 8) to[0] = 0x34, to[1] = 0xcd; /* modified */
    return size;
}
