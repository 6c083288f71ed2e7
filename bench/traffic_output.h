/* SPDX-License-Identifier: MIT */
/*
 * Output: a file that appears whole or not at all.
 *
 *      FILE.tmp.<pid>  --commit-->  FILE
 *                      --discard-->  nothing
 *
 * "-" is stdout. What exists and is no regular file (a pipe, a device, a symbolic link) is written
 * in place: a rename would replace it. While there is a temporary file, SIGINT, SIGTERM and SIGHUP
 * wait: traffic_output_interrupted tells of them, and they strike when the output is closed, so
 * that they leave nothing behind.
 */
#ifndef WEIR_BENCH_TRAFFIC_OUTPUT_H
#define WEIR_BENCH_TRAFFIC_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

typedef struct {
    FILE *file;
    const char *path; /* the caller's, to live as long as the output */
    char *temporary;  /* NULL: written in place */
} traffic_output;

/* false: errno says why, and nothing is to be closed. */
bool traffic_output_open(traffic_output *output, const char *path);

/* Whether a signal wants the program to stop. Costs a system call. */
bool traffic_output_interrupted(const traffic_output *output);

/* Writes what is buffered and gives the file its name. false: errno says why; the output is then
 * discarded. Either way it is closed. */
bool traffic_output_commit(traffic_output *output);

/* Closes the output and removes the temporary file. Keeps errno. */
void traffic_output_discard(traffic_output *output);

/* What can be done about an errno of these calls or of writing, as the end of a sentence. */
const char *traffic_output_remedy(int error);

#endif
