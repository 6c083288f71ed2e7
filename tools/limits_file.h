/* SPDX-License-Identifier: MIT */
/*
 * Limits file: limits that can change while weir runs.
 *
 *      # a comment
 *      mem = 256MiB        as --mem: a size, 25%, or auto
 *
 * Read at the start, and again on SIGHUP; write it anew beside its place and rename it, so that
 * nobody reads half of it. One limit is in it so far: those of a single connection are settled when
 * its engine is made.
 */
#ifndef WEIR_TOOLS_LIMITS_FILE_H
#define WEIR_TOOLS_LIMITS_FILE_H

#include "memory_limit.h"

typedef struct limits_file {
    bool has_mem;
    memory_wish mem;
} limits_file;

/* Reads it. false: a line says what is wrong with it and where, and *limits is not changed. */
bool limits_file_read(const char *path, limits_file *limits);

#endif
