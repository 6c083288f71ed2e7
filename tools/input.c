/* SPDX-License-Identifier: MIT */
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

bool input_is_stream(const char *path)
{
    struct stat about;
    if (strcmp(path, "-") == 0) return true;
    return stat(path, &about) == 0 && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode);
}

static void let_pass(int number)
{
    (void)number;
}

void input_outlive_interrupt(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = let_pass;
    action.sa_flags = (int)SA_RESETHAND | SA_RESTART;
    (void)sigaction(SIGINT, &action, NULL);
}

static bool open_standard_input(input *in)
{
    in->name = "standard input";
    in->fd = STDIN_FILENO;
    if (!isatty(in->fd)) return true;
    say("standard input is a terminal; send it a capture: weir run -r - < FILE");
    return false;
}

bool input_open(input *in, const char *path)
{
    struct stat about;
    in->path = path;
    in->name = path;
    in->size_bytes = in->device = in->file = 0;
    if (strcmp(path, "-") == 0) return open_standard_input(in);
    in->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (in->fd < 0) {
        say("%s: %s; check the name given with -r", path, strerror(errno));
        return false;
    }
    if (fstat(in->fd, &about) != 0) memset(&about, 0, sizeof about);
    in->device = (uint64_t)about.st_dev;
    in->file = (uint64_t)about.st_ino;
    if (S_ISDIR(about.st_mode)) {
        say("%s: is a directory", path);
        input_close(in);
        return false;
    }
    if (S_ISREG(about.st_mode)) in->size_bytes = (uint64_t)about.st_size;
    (void)posix_fadvise(in->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return true;
}

void input_close(input *in)
{
    if (in->fd > STDIN_FILENO) (void)close(in->fd);
    in->fd = -1;
}

static ptrdiff_t read_input(void *user, void *into, size_t bytes)
{
    const input *in = user;
    ssize_t got;
    do
        got = read(in->fd, into, bytes);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

reader_source input_source(input *in)
{
    const reader_source source = {read_input, in};
    return source;
}
