/* SPDX-License-Identifier: MIT */
#include "sow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sow_begin(sow *s, int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        exit(2);
    }
    s->folder = argv[1];
    s->seeds = 0;
    s->random = 1;
    s->size = 0;
}

void sow_number(sow *s, uint64_t value, uint32_t bytes)
{
    while (bytes-- > 0) {
        uint8_t byte = bytes < 8 ? (uint8_t)(value >> (8 * bytes)) : 0;
        sow_bytes(s, &byte, 1);
    }
}

void sow_bytes(sow *s, const void *bytes, size_t count)
{
    if (count > sizeof s->bytes - s->size) return;
    memcpy(s->bytes + s->size, bytes, count);
    s->size += count;
}

void sow_end(sow *s)
{
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/%04u", s->folder, ++s->seeds);
    FILE *file = length > 0 && (size_t)length < sizeof path ? fopen(path, "wb") : NULL;
    if (!file || fwrite(s->bytes, 1, s->size, file) != s->size || fclose(file)) {
        perror(path);
        exit(1);
    }
    s->size = 0;
}

/* SplitMix64, as in replay.c. */
uint32_t sow_draw(sow *s, uint32_t bound)
{
    uint64_t z = (s->random += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ z >> 31) % bound);
}
