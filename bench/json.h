/* SPDX-License-Identifier: MIT */
/*
 * JSON: results as google-benchmark lays them out, so that its tools read them, and read back.
 *
 *      { "schema_version": 1, "context": { conditions }, "benchmarks": [
 *          { "name": "bulk",        "run_type": "iteration", "repetition_index": 0, … },   one a repetition
 *          { "name": "bulk",        "run_type": "iteration", "repetition_index": 1, … },
 *          { "name": "bulk_median", "run_type": "aggregate", "aggregate_name": "median", … } ] }
 *
 * Where connections open, talk and close in turn, each entry has "phases": { "talking": { "cpu_time": … } }, which are
 * not read back. Every entry has every key. Those of the whole run say the same in each of its entries; times and rates
 * are of the repetition, floor_cpu_time too. With one repetition there is one entry and no aggregate; with more
 * there are _mean, _median, _stddev and _cv, in which what does not vary has no deviation (0), as a
 * counter in google-benchmark. An iteration is a packet. Text that is no UTF-8 has a ? for each byte beyond ASCII.
 */
#ifndef WEIR_BENCH_JSON_H
#define WEIR_BENCH_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "conditions.h"
#include "result.h"

enum { JSON_SCHEMA_VERSION = 1, JSON_WHY_BYTES = 512 };

/* The file appears when it is whole; "-" is stdout. Returns 0 or an errno. */
int json_save(const char *path, const conditions *where, const result *results, size_t count);

typedef struct json_file {
    conditions where;
    result *results; /* in the order of their first entries */
    size_t count;
} json_file;

/* Reads what json_save wrote. A key that is missing is 0 (an older version had none), but for the name, the packets and
 * the times; a key of another type is an error. On false, `why` says in one line what is wrong, and there is nothing to
 * free. */
bool json_load(const char *path, json_file *file, char why[JSON_WHY_BYTES]);
void json_free(json_file *file);

#endif
