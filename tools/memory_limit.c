/* SPDX-License-Identifier: MIT */
#include "memory_limit.h"

#include <inttypes.h>
#include <string.h>

#include "cgroup.h"
#include "units.h"

#define MIB ((uint64_t)1 << 20)

enum { AUTO_PERCENT = 25 };

/* ── What the system says ────────────────────────────────────────────────────────────────────── */

static void offer(memory_limit *limit, uint64_t bytes, const char *who, const char *where)
{
    if (bytes >= limit->bytes) return;
    limit->bytes = bytes;
    (void)snprintf(limit->text, sizeof limit->text, "%s%s", who, where);
}

/* "max" is no number, so no limit. */
static void offer_file(memory_limit *limit, const cgroup *group, const char *name)
{
    char path[SYSTEM_PATH_BYTES];
    uint64_t bytes;
    if (cgroup_file(group, name, path) && system_read_number(path, &bytes))
        offer(limit, bytes, "cgroup ", path);
}

/* The kernel's sum over the parents, also over those that a container cannot see. */
static void offer_hierarchy(memory_limit *limit, const cgroup *group)
{
    char path[SYSTEM_PATH_BYTES];
    uint64_t bytes;
    if (cgroup_file(group, "memory.stat", path) &&
        system_number_behind(path, "hierarchical_memory_limit ", &bytes))
        offer(limit, bytes, "cgroup ", path);
}

static void offer_cgroups(memory_limit *limit)
{
    cgroup group;
    if (cgroup_find(&group, CGROUP_V2)) {
        do {
            offer_file(limit, &group, "memory.max");
            offer_file(limit, &group, "memory.high");
        } while (cgroup_up(&group));
    }
    if (cgroup_find(&group, CGROUP_V1)) {
        do {
            offer_file(limit, &group, "memory.limit_in_bytes");
            offer_hierarchy(limit, &group);
        } while (cgroup_up(&group));
    }
}

void memory_limit_find(memory_limit *limit)
{
    uint64_t number;
    limit->bytes = UINT64_MAX;
    limit->text[0] = '\0';
    offer_cgroups(limit);
    /* The first number behind the name is the soft limit, "unlimited" is none. */
    if (system_number_behind("/proc/self/limits", "Max address space ", &number))
        offer(limit, number, "ulimit -v", "");
    if (system_number_behind("/proc/self/limits", "Max data size ", &number))
        offer(limit, number, "ulimit -d", "");
    if (system_number_behind("/proc/meminfo", "MemTotal:", &number) && number <= UINT64_MAX >> 10)
        offer(limit, number << 10, "memory of this host", "");
}

/* ── What is taken of it ─────────────────────────────────────────────────────────────────────── */

bool memory_wish_parse(const char *text, memory_wish *wish)
{
    const size_t length = strlen(text);
    memory_wish read = {0, 0};
    uint64_t percent;
    char number[8];
    if (strcmp(text, "auto") == 0) {
        *wish = read;
        return true;
    }
    if (length > 1 && length < sizeof number && text[length - 1] == '%') {
        (void)snprintf(number, sizeof number, "%.*s", (int)(length - 1), text);
        if (!units_parse_number(number, &percent) || percent < 1 || percent > 100) return false;
        wish->bytes = 0;
        wish->percent = (uint32_t)percent;
        return true;
    }
    if (!units_parse_size(text, &read.bytes)) return false;
    if (read.bytes == 0) read.bytes = 1; /* too small, as the library will say: not auto */
    *wish = read;
    return true;
}

/* Without overflow. */
static uint64_t share(uint64_t bytes, uint32_t percent)
{
    return bytes / 100 * percent + bytes % 100 * percent / 100;
}

static uint64_t automatic(uint64_t bytes)
{
    uint64_t take = share(bytes, AUTO_PERCENT);
    if (take < 4 * MIB) take = 4 * MIB < bytes / 2 ? 4 * MIB : bytes / 2;
    return take < 1024 * MIB ? take : 1024 * MIB;
}

uint64_t memory_wish_bytes(const memory_wish *wish, uint64_t otherwise, memory_limit *of)
{
    of->bytes = UINT64_MAX;
    of->text[0] = '\0';
    if (wish->bytes > 0) return wish->bytes;
    memory_limit_find(of);
    if (of->bytes == UINT64_MAX) return wish->percent > 0 ? 0 : otherwise;
    return wish->percent > 0 ? share(of->bytes, wish->percent) : automatic(of->bytes);
}
