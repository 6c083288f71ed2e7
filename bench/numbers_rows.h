/* SPDX-License-Identifier: MIT */
/*
 * Numbers' rows: which runs are done, and which figures of them are wanted.
 */
#ifndef WEIR_BENCH_NUMBERS_ROWS_H
#define WEIR_BENCH_NUMBERS_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "result.h"

/* A run. Zero is the library's default. */
typedef struct numbers_run {
    const char *scenario;
    double scale; /* in the full table */
    double less;  /* of that, in the short one; 0: the short one leaves it out */
    uint64_t limit_bytes;
    uint32_t conn_share_percent;
    bool empty;    /* callbacks that do nothing */
    bool hot;      /* packets are in the cache */
    bool latency;  /* single packets are timed */
    bool uncapped; /* a connection may hold all, in a million pieces */
} numbers_run;

typedef enum numbers_unit {
    NUMBERS_NS,
    NUMBERS_BYTES,
    NUMBERS_PERCENT,
    NUMBERS_TIMES
} numbers_unit;

/* A figure of the run above it in the list. */
typedef struct numbers_row {
    const char *what;
    double (*figure)(const result *r);
    double most; /* at least, for NUMBERS_PERCENT */
    numbers_unit unit;
    bool gate;
    bool told; /* nothing is wanted of it: what others are to be seen beside */
} numbers_row;

/* Either a run, or a row: row.what is NULL then. The last entry has neither. */
typedef struct numbers_entry {
    numbers_run run;
    numbers_row row;
} numbers_entry;

extern const numbers_entry numbers_list[];

#endif
