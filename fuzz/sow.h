/* SPDX-License-Identifier: MIT */
/*
 * Sow: seeds for a fuzzer, as files 0001, 0002, … of a folder. Each seeds_NAME.c is a program that sows for fuzz_NAME:
 * it knows the format of that fuzzer's inputs. Nothing but a fixed sequence of numbers is random: the same files each
 * time, on every machine.
 */
#ifndef WEIR_FUZZ_SOW_H
#define WEIR_FUZZ_SOW_H

#include <stddef.h>
#include <stdint.h>

#define SOW_MOST_BYTES 65536u

typedef struct sow {
    const char *folder;
    uint32_t seeds; /* written */
    uint64_t random;
    size_t size;
    uint8_t bytes[SOW_MOST_BYTES]; /* of the seed in hand */
} sow;

/* For the folder that is the program's only argument. Ends the program if there is none. */
void sow_begin(sow *s, int argc, char **argv);

/* Adds to the seed in hand: a number, most significant byte first; bytes as they are. What does not fit is left out. */
void sow_number(sow *s, uint64_t value, uint32_t bytes);
void sow_bytes(sow *s, const void *bytes, size_t count);

/* Writes the seed in hand and begins the next. Ends the program if it cannot be written. */
void sow_end(sow *s);

/* A number below `bound`. */
uint32_t sow_draw(sow *s, uint32_t bound);

#endif
