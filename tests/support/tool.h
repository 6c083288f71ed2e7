/* SPDX-License-Identifier: MIT */
/*
 * The program `weir`, run as a person runs it: arguments in; exit code, stdout and stderr out.
 *
 * Which program: $WEIR, else $WEIR_BUILD/weir, else build/weir. Files go to a directory of the
 * test's own.
 */
#ifndef WEIR_TESTS_TOOL_H
#define WEIR_TESTS_TOOL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../../bench/traffic.h"

enum { TOOL_PATH_BYTES = 512, TOOL_ARGUMENTS_MAX = 40 };

/* A test's directory. */
typedef struct tool_place {
    char path[TOOL_PATH_BYTES];
} tool_place;

/* For cmocka: *state becomes a tool_place; the directory is made, and removed with all that is in
 * it. */
int tool_setup(void **state);
int tool_teardown(void **state);

/* PATH/name, in static storage of eight in turn. */
const char *tool_path(const tool_place *place, const char *name);

/* The program's path. */
void tool_program(char path[TOOL_PATH_BYTES]);

typedef struct tool_result {
    int exit_code; /* -1: killed by a signal */
    char *out;     /* ends with a 0 */
    size_t out_bytes;
    char *err;
} tool_result;

/* Runs weir with the words of `line`, separated by blanks; in it, @ stands for the directory. A
 * word may not hold a blank, but for what is in 'quotes'. input: a file for stdin, or NULL. Free
 * the result with tool_free. */
tool_result tool_run(const tool_place *place, const char *input, const char *line);
void tool_free(tool_result *result);

/* weir, while it runs: one at a time in a directory. Its stdout and stderr are files in it, TOOL_OUT and
 * TOOL_ERR. */
typedef struct tool_job {
    const tool_place *place;
    pid_t pid;
} tool_job;

#define TOOL_OUT ".stdout"
#define TOOL_ERR ".stderr"

/* Begins what tool_run does. */
tool_job tool_start(const tool_place *place, const char *input, const char *line);

/* Sends a signal, if it is not 0, and waits for the end. */
tool_result tool_finish(const tool_job *job, int number);

/* Waits until a file has this text in it, for some seconds. 0: it has not. */
int tool_await(const char *path, const char *text);

/* tool_run, where only the exit code counts and stderr must have this in it ("" for nothing at
 * all). */
void tool_expect(const tool_place *place, const char *line, int exit_code, const char *says);

/* A whole file; ends with a 0 that is not counted. Free it. */
char *tool_read(const char *path, size_t *bytes);
void tool_write(const char *path, const void *bytes, size_t count);

/* Generated traffic as a capture file. */
traffic_totals tool_traffic(const char *path, const char *scenario, double scale);

/* The number behind "key": in a line of JSON, also inside an object; -1 if it is not there. */
int64_t tool_number(const char *json, const char *key);

/* The text behind "key":" in a line of JSON, up to its quote. false: not there. */
int tool_text(const char *json, const char *key, char *text, size_t bytes);

/* All keys of a line in the order they come, with {} around those of an object: "type,c2s{holes}".
 */
void tool_keys(const char *json, char *keys, size_t bytes);

#endif
