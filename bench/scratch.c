/* SPDX-License-Identifier: MIT */
#include "scratch.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { OPEN_DIRECTORIES = 16 };

bool scratch_make(char path[PATH_MAX])
{
    const char *where = getenv("TMPDIR");
    (void)snprintf(path, PATH_MAX, "%s/weir-peers.XXXXXX", where && *where ? where : "/tmp");
    return mkdtemp(path) != NULL;
}

static int remove_entry(const char *path, const struct stat *unused, int kind, struct FTW *place)
{
    (void)unused;
    (void)kind;
    return place->level > 0 ? remove(path) : 0;
}

bool scratch_empty(const char *path)
{
    return nftw(path, remove_entry, OPEN_DIRECTORIES, FTW_DEPTH | FTW_PHYS) == 0;
}

bool scratch_remove(const char *path)
{
    return scratch_empty(path) && rmdir(path) == 0;
}
