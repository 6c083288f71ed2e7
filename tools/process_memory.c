/* SPDX-License-Identifier: MIT */
#include "process_memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

uint64_t process_memory_anon_bytes(void)
{
    static const char key[] = "\nAnonymous:";
    char text[4096];
    const int file = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
    const char *line;
    ssize_t length;
    if (file < 0) return 0;
    length = read(file, text, sizeof text - 1);
    (void)close(file);
    if (length <= 0) return 0;
    text[length] = '\0';
    line = strstr(text, key);
    return line ? strtoull(line + sizeof key - 1, NULL, 10) << 10 : 0;
}
