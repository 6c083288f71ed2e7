/* SPDX-License-Identifier: MIT */
/*
 * Gate: a condition that a result must meet, as a script writes it.
 *
 *      KEY OP VALUE      peak_bytes<=4MiB   latency_ns.p99<500ns   holes.timeout==0   verified==true
 *
 * KEY is a name of the JSON file, with dots where that is nested (phases.talking.cpu_time); OP is <=, >=, <, > or ==. VALUE is a number (as in the
 * file: times are ns a packet), a size (64KiB) where the key is of bytes, a duration (2us) where it is of time, true or
 * false for `verified`. Of several repetitions the median counts. What is not known meets no gate.
 */
#ifndef WEIR_BENCH_GATE_H
#define WEIR_BENCH_GATE_H

#include <stdbool.h>

#include "fields.h"
#include "result.h"

enum { GATE_EXIT = 4, GATE_WHY_BYTES = 2048 };

typedef enum gate_op { GATE_AT_MOST, GATE_AT_LEAST, GATE_BELOW, GATE_ABOVE, GATE_EQUAL } gate_op;

typedef struct gate {
    const field *key;
    char phase[64]; /* "" of the whole */
    gate_op op;
    double wanted;
    char text[64]; /* OP and VALUE as they were written */
} gate;

/* On false, `why` says in one line what is wrong with the text; of an unknown key, which there are. */
bool gate_parse(const char *text, gate *g, char why[GATE_WHY_BYTES]);

/* On false, `why` says in one line: name, key, measured, wanted. */
bool gate_holds(const gate *g, const result *r, char why[GATE_WHY_BYTES]);

#endif
