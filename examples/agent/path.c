/* SPDX-License-Identifier: MIT */
#include "path.h"

#include <string.h>

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int is_id(const char *part, size_t length)
{
    size_t digits = 0;
    for (size_t i = 0; i < length; i++)
        digits += (size_t)is_digit(part[i]);
    return (length > 0 && digits == length) || (digits > 0 && length >= 8) || length >= 25;
}

/* Appends, and cuts what is too long. A byte that a terminal might obey becomes '?'. */
static size_t append(char *path, size_t used, const char *text, size_t length)
{
    if (used > PATH_MAX_BYTES - 4) return used;
    for (size_t i = 0; i < length; i++) {
        if (used == PATH_MAX_BYTES - 4) {
            memcpy(path + used, "...", 4);
            return PATH_MAX_BYTES; /* full: what comes is not wanted */
        }
        path[used++] = text[i] > ' ' && text[i] <= '~' ? text[i] : '?';
    }
    path[used] = '\0';
    return used;
}

/* Where the path begins, behind "http://host". */
static const char *skip_host(const char *url, const char *end)
{
    const char *host, *slash;
    if (url >= end || *url == '/' || *url == '*') return url;
    host = memchr(url, ':', (size_t)(end - url));
    if (!host || end - host < 3 || memcmp(host, "://", 3) != 0) return url;
    slash = memchr(host + 3, '/', (size_t)(end - host - 3));
    return slash ? slash : end;
}

void path_fold(char path[static PATH_MAX_BYTES], const char *url, size_t length, int cut)
{
    const char *query = memchr(url, '?', length);
    const char *end = query ? query : url + length;
    const char *part = skip_host(url, end);
    size_t used = 0;
    if (part == end) used = append(path, used, "/", 1);
    while (part < end && *part == '/') {
        const char *name = part + 1;
        const char *next = memchr(name, '/', (size_t)(end - name));
        const size_t bytes = (size_t)((next ? next : end) - name);
        used = append(path, used, "/", 1);
        if (is_id(name, bytes))
            used = append(path, used, "{id}", 4);
        else
            used = append(path, used, name, bytes);
        part = next ? next : end;
    }
    used = append(path, used, part, (size_t)(end - part)); /* "*", or "host:443": no path */
    if (cut && !query) (void)append(path, used, "...", 3);
}
