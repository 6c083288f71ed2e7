/* SPDX-License-Identifier: MIT */
#include "pressure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"

static bool read_total(int fd, uint64_t *total_us)
{
    char text[256];
    const char *total;
    const ssize_t length = pread(fd, text, sizeof text - 1, 0);
    if (length < 0) return false;
    text[length] = '\0';
    errno = EINVAL;
    if (strncmp(text, "some ", 5) != 0) return false;
    total = strstr(text, "total=");
    if (!total || total > strchr(text, '\n')) return false;
    *total_us = strtoull(total + strlen("total="), NULL, 10);
    return true;
}

/* A kernel with psi=0 has the file, and refuses to be read. */
static bool try(pressure *p, const char *path)
{
    if (!system_path(path, p->path)) return false;
    p->fd = open(p->path, O_RDONLY | O_CLOEXEC);
    if (p->fd >= 0 && read_total(p->fd, &p->total_us)) return true;
    p->error = errno;
    pressure_end(p);
    return false;
}

bool pressure_begin(pressure *p, uint64_t now_ns)
{
    char path[SYSTEM_PATH_BYTES];
    cgroup group;
    memset(p, 0, sizeof *p);
    p->fd = -1;
    p->looked_ns = now_ns;
    if (cgroup_find(&group, CGROUP_V2) && cgroup_file(&group, "memory.pressure", path) &&
        try(p, path))
        return true;
    return try(p, "/proc/pressure/memory");
}

void pressure_end(pressure *p)
{
    if (p->fd >= 0) (void)close(p->fd);
    p->fd = -1;
}

double pressure_look(pressure *p, uint64_t now_ns)
{
    const uint64_t before_us = p->total_us;
    const uint64_t ns = now_ns - p->looked_ns;
    uint64_t total_us;
    double share;
    if (p->fd < 0 || ns == 0 || !read_total(p->fd, &total_us)) return 0;
    p->total_us = total_us;
    p->looked_ns = now_ns;
    share = total_us > before_us ? (double)(total_us - before_us) * 1e3 / (double)ns : 0;
    return share < 1 ? share : 1;
}
