/* SPDX-License-Identifier: MIT */
#include "pressure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"

enum { SHORT_PART = 10 }; /* of MemTotal */

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

/* ── Places ──────────────────────────────────────────────────────────────────────────────────── */

static void close_place(pressure_place *place)
{
    if (place->fd >= 0) (void)close(place->fd);
    place->fd = -1;
}

/* A kernel with psi=0 has the file, and refuses to be read. */
static void open_place(pressure *p, pressure_place *place, const char *path)
{
    if (!system_path(path, p->path)) return;
    place->fd = open(p->path, O_RDONLY | O_CLOEXEC);
    if (place->fd >= 0 && read_total(place->fd, &place->total_us)) return;
    p->error = errno;
    close_place(place);
}

/* The root group's pressure is the machine's; all others have this file. */
static bool is_root(const cgroup *group)
{
    char path[SYSTEM_PATH_BYTES];
    FILE *file = cgroup_file(group, "cgroup.events", path) ? system_open(path) : NULL;
    if (file) (void)fclose(file);
    return file == NULL;
}

/* What they waited in that time, as a share of it. */
static double look_at(pressure_place *place, uint64_t ns)
{
    const uint64_t before_us = place->total_us;
    double share;
    if (place->fd < 0 || !read_total(place->fd, &place->total_us)) return 0;
    if (place->total_us <= before_us) return 0;
    share = (double)(place->total_us - before_us) * 1e3 / (double)ns;
    return share < 1 ? share : 1;
}

/* ── The machine ─────────────────────────────────────────────────────────────────────────────── */

/* Whether little is available. If it is not told: yes, as somebody waits. */
static bool machine_is_short(void)
{
    uint64_t total, available;
    return !system_number_behind("/proc/meminfo", "MemTotal:", &total) ||
           !system_number_behind("/proc/meminfo", "MemAvailable:", &available) ||
           available < total / SHORT_PART;
}

/* A group of version 1 does not tell who waits in it. */
static bool group_is_full(void)
{
    char limit[SYSTEM_PATH_BYTES], usage[SYSTEM_PATH_BYTES];
    uint64_t most, used;
    cgroup group;
    return cgroup_find(&group, CGROUP_V1) && cgroup_file(&group, "memory.limit_in_bytes", limit) &&
           cgroup_file(&group, "memory.usage_in_bytes", usage) &&
           system_read_number(limit, &most) && system_read_number(usage, &used) &&
           used >= most - most / SHORT_PART;
}

/* ── The whole ───────────────────────────────────────────────────────────────────────────────── */

bool pressure_begin(pressure *p, uint64_t now_ns)
{
    char path[SYSTEM_PATH_BYTES];
    cgroup group;
    memset(p, 0, sizeof *p);
    p->group.fd = p->machine.fd = -1;
    p->looked_ns = now_ns;
    if (cgroup_find(&group, CGROUP_V2) && !is_root(&group) &&
        cgroup_file(&group, "memory.pressure", path))
        open_place(p, &p->group, path);
    open_place(p, &p->machine, "/proc/pressure/memory");
    return pressure_is_told(p);
}

void pressure_end(pressure *p)
{
    close_place(&p->group);
    close_place(&p->machine);
}

double pressure_look(pressure *p, uint64_t now_ns)
{
    const uint64_t ns = now_ns - p->looked_ns;
    double group, machine;
    if (ns == 0) return 0;
    p->looked_ns = now_ns;
    group = look_at(&p->group, ns);
    machine = look_at(&p->machine, ns);
    p->in_group = machine <= group || !machine_is_short();
    if (machine > group && (!p->in_group || group_is_full())) return machine;
    return group;
}
