/* SPDX-License-Identifier: MIT */
#include "system_root.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool system_path(const char *path, char to[SYSTEM_PATH_BYTES])
{
    const char *root = getenv("WEIR_SYSTEM_ROOT");
    const int length = snprintf(to, SYSTEM_PATH_BYTES, "%s%s", root ? root : "", path);
    if (length >= 0 && length < SYSTEM_PATH_BYTES) return true;
    to[0] = '\0';
    return false;
}

FILE *system_open(const char *path)
{
    char full[SYSTEM_PATH_BYTES];
    return system_path(path, full) ? fopen(full, "re") : NULL;
}

bool system_read_number(const char *path, uint64_t *number)
{
    FILE *file = system_open(path);
    uint64_t read = 0;
    bool good;
    if (!file) return false;
    good = fscanf(file, "%20" SCNu64, &read) == 1;
    (void)fclose(file);
    if (good) *number = read;
    return good;
}

bool system_number_behind(const char *path, const char *key, uint64_t *number)
{
    FILE *file = system_open(path);
    const size_t length = strlen(key);
    char line[256];
    bool found = false;
    if (!file) return false;
    while (!found && fgets(line, sizeof line, file))
        found = strncmp(line, key, length) == 0 && sscanf(line + length, "%20" SCNu64, number) == 1;
    (void)fclose(file);
    return found;
}
