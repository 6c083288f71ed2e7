/* SPDX-License-Identifier: MIT */
#include "atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void forget(atomic_file *file)
{
    free(file->name);
    free(file->temporary);
    memset(file, 0, sizeof *file);
}

/* The process's number keeps two runs apart. What is there by that name, left by one that was killed,
 * goes: a link that somebody put there must not be followed. */
static int open_temporary(atomic_file *file)
{
    const size_t bytes = strlen(file->name) + 32;
    int fd;
    file->temporary = malloc(bytes);
    if (!file->temporary) return -1;
    (void)snprintf(file->temporary, bytes, "%s.%ld.tmp", file->name, (long)getpid());
    (void)unlinkat(file->directory, file->temporary, 0);
    fd = openat(file->directory, file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) return -1;
    file->stream = fdopen(fd, "w");
    if (!file->stream) (void)close(fd);
    return file->stream ? 0 : -1;
}

/* Something that is no regular file stands there: a name is not to be taken from it. */
static bool stands_in_place(const atomic_file *file)
{
    struct stat is;
    return fstatat(file->directory, file->name, &is, 0) == 0 && !S_ISREG(is.st_mode);
}

/* A pipe that nobody reads is an error, and no reason to wait. */
static int open_in_place(atomic_file *file)
{
    const int fd = openat(file->directory, file->name, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return -1;
    if (fcntl(fd, F_SETFL, 0) == 0) file->stream = fdopen(fd, "w");
    if (!file->stream) (void)close(fd);
    return file->stream ? 0 : -1;
}

int atomic_file_begin(atomic_file *file, int directory, const char *name)
{
    int error;
    memset(file, 0, sizeof *file);
    file->directory = directory;
    file->name = strdup(name);
    if (file->name && (stands_in_place(file) ? open_in_place(file) : open_temporary(file)) == 0)
        return 0;
    error = errno;
    forget(file);
    return error;
}

int atomic_file_commit(atomic_file *file)
{
    const int failed = ferror(file->stream);
    int error = 0;
    errno = EIO; /* if an earlier write failed, why is no longer known */
    if (fclose(file->stream) != 0 || failed ||
        (file->temporary &&
         renameat(file->directory, file->temporary, file->directory, file->name) != 0))
        error = errno;
    if (error && file->temporary) (void)unlinkat(file->directory, file->temporary, 0);
    forget(file);
    return error;
}

void atomic_file_abandon(atomic_file *file)
{
    if (!file->stream) return;
    (void)fclose(file->stream);
    if (file->temporary) (void)unlinkat(file->directory, file->temporary, 0);
    forget(file);
}
