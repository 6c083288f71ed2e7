/* SPDX-License-Identifier: MIT */
#include "process_memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The KiB behind a key at the beginning of a line, as bytes; 0: it is not there. */
static uint64_t read_kib(const char *path, const char *key)
{
    char text[4096];
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    const char *line;
    ssize_t length;
    if (file < 0) return 0;
    length = read(file, text, sizeof text - 1);
    (void)close(file);
    if (length <= 0) return 0;
    text[length] = '\0';
    line = strstr(text, key);
    return line ? strtoull(line + strlen(key), NULL, 10) << 10 : 0;
}

uint64_t process_memory_anon_bytes(void)
{
    const uint64_t counted = read_kib("/proc/self/status", "\nRssAnon:");
    uint64_t walked;
    if (counted >= PROCESS_MEMORY_EXACT) return counted;
    walked = read_kib("/proc/self/smaps_rollup", "\nAnonymous:");
    return walked > 0 ? walked : counted;
}
