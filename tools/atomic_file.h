/* SPDX-License-Identifier: MIT */
/*
 * Atomic file: written beside its place under another name, and renamed when it is whole. Whoever
 * looks sees the old file, or none, or all of the new one. A link there is replaced, not followed,
 * unless it leads to no regular file: a device or a pipe stays what it is and is written to.
 */
#ifndef WEIR_TOOLS_ATOMIC_FILE_H
#define WEIR_TOOLS_ATOMIC_FILE_H

#include <stdio.h>

typedef struct atomic_file {
    FILE *stream; /* to write to; NULL when nothing is open */
    int directory;
    char *name;
    char *temporary; /* NULL: written in place */
} atomic_file;

/* Begins a file of that name, a path from `directory` (a descriptor, or AT_FDCWD). Returns 0 or an
 * errno. */
int atomic_file_begin(atomic_file *file, int directory, const char *name);

/* Closes it and puts it in its place. Returns 0, or an errno: then it is gone, and what stood there
 * is as it was. */
int atomic_file_commit(atomic_file *file);

/* Closes and removes it. Legal when nothing is open. */
void atomic_file_abandon(atomic_file *file);

#endif
