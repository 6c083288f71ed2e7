/* SPDX-License-Identifier: MIT */
/*
 * The log of a play: what an engine told, a line for each event, with the step of the script that caused it.
 */
#ifndef WEIR_TESTS_PLAY_LOG_H
#define WEIR_TESTS_PLAY_LOG_H

#include <stdio.h>

#include "support/trace.h"

typedef struct play_line {
    uint32_t step;
    char *text;
} play_line;

/* A connection as the log knows it. */
typedef struct play_conn {
    weir_ref ref;
    uint64_t next[2];
    uint64_t ignored[2];
    int open;
} play_conn;

typedef struct play_log {
    play_line *lines;
    uint32_t count, room;
    uint32_t step; /* that runs */
    int quiet;     /* events are not logged */
    weir_engine *engine;
    play_conn *conns; /* by id */
    uint64_t conn_room;
    uint64_t *stamps; /* by tag */
    uint32_t stamp_count, stamp_room;
    struct { /* bytes not yet a line */
        uint64_t id, offset;
        weir_direction direction;
        uint8_t *bytes;
        size_t count, room;
    } data;
} play_log;

/* Callbacks that write to a play_log, given as `user`. */
void play_log_callbacks(weir_callbacks *callbacks);

/* A line, as printf makes it. */
void play_log_add(play_log *log, const char *format, ...);

/* Makes a line of bytes that are still waiting for more. */
void play_log_close_data(play_log *log);

/* Notes a packet's time stamp; returns its tag. */
uint32_t play_log_stamp(play_log *log, uint64_t time_ns);

/* The name of a connection that was opened; none: id 0. */
weir_ref play_log_ref(const play_log *log, uint64_t id);

/* "20ms": in the largest unit that fits without a fraction; "never". */
void play_log_time(uint64_t ns, char text[32]);

/* Answers "stats NAME=N …" and "flow ID c2s|s2c NAME=N …" with the values as they are. */
void play_log_stats(play_log *log, const weir_engine *engine, const char *question);
void play_log_flow(play_log *log, weir_engine *engine, const char *question);

/* 0 if the log is what the trace expects; if not, or with `show`, both are written to `to`. */
int play_log_compare(const play_log *log, const trace *t, int show, FILE *to);

void play_log_free(play_log *log);

#endif
