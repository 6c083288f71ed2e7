/* SPDX-License-Identifier: MIT */
/*
 * Conditions: what travels with the numbers, because they mean nothing without it.
 *
 *      build ──┐
 *      machine ┼──> conditions ──> `context` of the JSON file, the head of a report
 *      limits ─┘
 *
 * Where google-benchmark has a name for it, that is the name here. What this machine does not tell is
 * "" or 0.
 */
#ifndef WEIR_BENCH_CONDITIONS_H
#define WEIR_BENCH_CONDITIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "build_facts.h"
#include "weir/weir.h"

/* X(name, bytes) */
#define CONDITIONS_TEXTS(X)                                                                        \
    X(date, 40) /* ISO 8601, local, with its offset */                                             \
    X(host_name, 256)                                                                              \
    X(executable, 512)                                                                             \
    X(library_build_type, 16)                                                                      \
    X(weir_version, 32)                                                                            \
    X(commit, 80)                                                                                  \
    X(compiler, 128)                                                                               \
    X(flags, 1024)                                                                                 \
    X(cpu_model, 128)                                                                              \
    X(cpu_governor, 64)                                                                            \
    X(kernel, 256)                                                                                 \
    X(transparent_hugepage, 32)                                                                    \
    X(limits, 512) /* as `weir-bench run` reads them */

enum { CONDITIONS_CACHES = 8 };

typedef struct conditions_cache {
    char type[16]; /* "Data", "Instruction", "Unified" */
    uint32_t level;
    uint64_t size; /* in bytes */
    uint32_t num_sharing;
} conditions_cache;

typedef struct conditions {
#define X(name, bytes) char name[bytes];
    CONDITIONS_TEXTS(X)
#undef X
    uint32_t num_cpus;         /* online */
    uint32_t mhz_per_cpu;      /* the most, else what it says now */
    bool cpu_scaling_enabled;  /* a governor other than "performance" */
    uint32_t system_page_size; /* in bytes */
    double load_avg[3];
    uint32_t cache_count;
    conditions_cache caches[CONDITIONS_CACHES];
} conditions;

/* Looks around, now. */
void conditions_gather(conditions *c, const build_facts *build);

/* What bounds the library. */
void conditions_set_limits(conditions *c, const weir_pool_config *pool,
                           const weir_engine_config *engine);

/* Some lines for people. */
void conditions_print(const conditions *c, FILE *to);

#endif
