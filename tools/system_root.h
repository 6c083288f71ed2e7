/* SPDX-License-Identifier: MIT */
/*
 * System root: where /proc and /sys are looked for.
 *
 *      WEIR_SYSTEM_ROOT=/host   /proc/meminfo is read from /host/proc/meminfo
 *
 * The variable names the directory; without it, or if it is empty, the system's own root. It is for
 * tests, which bring a small tree of files, and for a container that has its host's /proc and /sys
 * mounted elsewhere. Only what weir asks about memory goes this way: not captures, not output.
 */
#ifndef WEIR_TOOLS_SYSTEM_ROOT_H
#define WEIR_TOOLS_SYSTEM_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { SYSTEM_PATH_BYTES = 4096 };

/* The path below the root. false, and "" in `to`: too long. */
bool system_path(const char *path, char to[SYSTEM_PATH_BYTES]);

/* Opens a file below the root for reading; NULL if it is not there. */
FILE *system_open(const char *path);

/* The whole number that the file begins with. false: no file, or no number in it. */
bool system_read_number(const char *path, uint64_t *number);

/* The whole number behind `key` at the beginning of a line of the file. */
bool system_number_behind(const char *path, const char *key, uint64_t *number);

#endif
