/* SPDX-License-Identifier: MIT */
/*
 * Input: a file or standard input, as a source for the reader.
 */
#ifndef WEIR_TOOLS_INPUT_H
#define WEIR_TOOLS_INPUT_H

#include <stdbool.h>

#include "reader.h"

typedef struct input {
    const char *path; /* as given; "-" is standard input */
    const char *name; /* for messages */
    int fd;
    uint64_t size_bytes; /* of a regular file, else 0 */
    uint64_t device;     /* these two say which file it is, whatever its name */
    uint64_t file;
} input;

/* Opens it. false: a line says why, and nothing is open. */
bool input_open(input *in, const char *path);
void input_close(input *in);

/* The reader's source. `in` must stay where it is while it is read. */
reader_source input_source(input *in);

/* Whether it can be read only once: standard input, a pipe. */
bool input_is_stream(const char *path);

/* Lets one SIGINT pass: in `tcpdump -w - | weir run -r -` it is meant for tcpdump, whose end then
 * ends the stream, and what came is reported. The next one ends the program. */
void input_outlive_interrupt(void);

#endif
