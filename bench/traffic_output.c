/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L

#include "traffic_output.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER_BYTES = 1 << 20 };

static sigset_t stop_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return set;
}

static void hold_signals(int how)
{
    sigset_t set = stop_signals();
    sigprocmask(how, &set, NULL);
}

bool traffic_output_interrupted(const traffic_output *output)
{
    sigset_t pending;
    if (output->temporary == NULL || sigpending(&pending) != 0) return false;
    return sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1 ||
           sigismember(&pending, SIGHUP) == 1;
}

/* Whether a rename onto the path is what its owner means. */
static bool is_replaceable(const char *path)
{
    struct stat facts;
    return lstat(path, &facts) != 0 || S_ISREG(facts.st_mode);
}

static char *temporary_name(const char *path)
{
    size_t bytes = strlen(path) + 32;
    char *name = malloc(bytes);
    if (name != NULL) (void)snprintf(name, bytes, "%s.tmp.%ld", path, (long)getpid());
    return name;
}

static bool open_temporary(traffic_output *output)
{
    output->temporary = temporary_name(output->path);
    if (output->temporary == NULL) return false;
    hold_signals(SIG_BLOCK);
    output->file = fopen(output->temporary, "wb");
    if (output->file != NULL) return true;
    int error = errno;
    free(output->temporary);
    hold_signals(SIG_UNBLOCK);
    errno = error;
    return false;
}

bool traffic_output_open(traffic_output *output, const char *path)
{
    *output = (traffic_output){.path = path};
    bool opened = true;
    if (strcmp(path, "-") == 0)
        output->file = stdout;
    else if (is_replaceable(path))
        opened = open_temporary(output);
    else
        opened = (output->file = fopen(path, "wb")) != NULL;
    if (opened) (void)setvbuf(output->file, NULL, _IOFBF, BUFFER_BYTES);
    return opened;
}

bool traffic_output_commit(traffic_output *output)
{
    bool written = fflush(output->file) == 0 && !ferror(output->file);
    if (written && output->file != stdout) {
        written = fclose(output->file) == 0;
        output->file = NULL;
    }
    if (written && output->temporary != NULL)
        written = rename(output->temporary, output->path) == 0;
    if (!written) {
        traffic_output_discard(output);
        return false;
    }
    if (output->temporary != NULL) {
        free(output->temporary);
        hold_signals(SIG_UNBLOCK);
    }
    return true;
}

void traffic_output_discard(traffic_output *output)
{
    int error = errno;
    if (output->file != NULL && output->file != stdout) (void)fclose(output->file);
    if (output->temporary != NULL) {
        (void)remove(output->temporary);
        free(output->temporary);
        hold_signals(SIG_UNBLOCK);
    }
    errno = error;
}

const char *traffic_output_remedy(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return "create its directory first";
    case EISDIR:
        return "name a file in it";
    case EACCES:
    case EPERM:
    case EROFS:
        return "choose a place that you may write to";
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return "make room or lower --scale";
    case EPIPE:
        return "let the reader read to the end";
    default:
        return "choose another file";
    }
}
