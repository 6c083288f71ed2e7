/* SPDX-License-Identifier: MIT */
#include "cgroup.h"

#include <stdlib.h>
#include <string.h>

enum { FIELDS_MAX = 32 };

/* Whether a list separated by commas has the word. */
static bool list_has(const char *list, const char *word)
{
    const size_t length = strlen(word);
    while (*list) {
        const size_t item = strcspn(list, ",");
        if (item == length && memcmp(list, word, length) == 0) return true;
        list += item + (list[item] == ',');
    }
    return false;
}

/* ── /proc/self/cgroup: NUMBER:CONTROLLERS:PATH ──────────────────────────────────────────────── */

/* The path, if the line is of the version; NULL if not. Cuts the line. */
static const char *own_path(char *line, cgroup_version version)
{
    char *controllers = strchr(line, ':');
    char *path = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!path) return NULL;
    *controllers++ = '\0';
    *path++ = '\0';
    path[strcspn(path, "\n")] = '\0';
    if (version == CGROUP_V1) return list_has(controllers, "memory") ? path : NULL;
    return strcmp(line, "0") == 0 && *controllers == '\0' ? path : NULL;
}

static bool find_path(cgroup_version version, char to[SYSTEM_PATH_BYTES])
{
    FILE *file = system_open("/proc/self/cgroup");
    const char *path = NULL;
    char *line = NULL;
    size_t room = 0;
    if (!file) return false;
    while (!path && getline(&line, &room, file) > 0)
        path = own_path(line, version);
    if (path) (void)snprintf(to, SYSTEM_PATH_BYTES, "%s", path);
    free(line);
    (void)fclose(file);
    return path != NULL;
}

/* ── /proc/self/mountinfo ────────────────────────────────────────────────────────────────────── */

/* A line of it: "31 23 0:28 ROOT POINT rw,relatime shared:1 - TYPE SOURCE OPTIONS". */
struct mount {
    const char *root, *point, *type, *options;
};

/* Blanks in a path stand there as \040, and so on. */
static void unescape(char *text)
{
    char *to = text;
    while (*text) {
        if (text[0] == '\\' && strspn(text + 1, "01234567") >= 3) {
            *to++ = (char)((text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0'));
            text += 4;
        } else {
            *to++ = *text++;
        }
    }
    *to = '\0';
}

static bool split(char *line, struct mount *m)
{
    char *field[FIELDS_MAX], *rest = NULL;
    size_t count = 0, dash = 6;
    for (char *at = strtok_r(line, " \n", &rest); at && count < FIELDS_MAX;
         at = strtok_r(NULL, " \n", &rest))
        field[count++] = at;
    while (dash < count && strcmp(field[dash], "-") != 0)
        dash++;
    if (dash + 3 >= count) return false;
    unescape(field[3]);
    unescape(field[4]);
    *m = (struct mount){field[3], field[4], field[dash + 1], field[dash + 3]};
    return true;
}

static bool is_of(const struct mount *m, cgroup_version version)
{
    if (version == CGROUP_V2) return strcmp(m->type, "cgroup2") == 0;
    return strcmp(m->type, "cgroup") == 0 && list_has(m->options, "memory");
}

/* What of the path lies below a mount's root; NULL: it is elsewhere. */
static const char *below(const char *path, const char *root)
{
    const size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);
    if (strncmp(path, root, length) != 0) return NULL;
    if (path[length] != '\0' && path[length] != '/') return NULL;
    return strncmp(path + length, "/..", 3) == 0 ? NULL : path + length;
}

/* Takes the mount if nothing was found before, or if it shows the path and what was found does
 * not. Returns whether it shows the path. */
static bool take(cgroup *group, const struct mount *m, const char *path, bool found)
{
    const char *rest = below(path, m->root);
    size_t length;
    if (found && !rest) return false;
    (void)snprintf(group->directory, sizeof group->directory, "%s%s", m->point, rest ? rest : "");
    length = strlen(group->directory);
    while (length > 1 && group->directory[length - 1] == '/')
        group->directory[--length] = '\0';
    group->mount_length = strlen(m->point) < length ? strlen(m->point) : length;
    return rest != NULL;
}

bool cgroup_find(cgroup *group, cgroup_version version)
{
    char path[SYSTEM_PATH_BYTES];
    FILE *file;
    struct mount m;
    char *line = NULL;
    size_t room = 0;
    bool found = false, shown = false;
    memset(group, 0, sizeof *group);
    if (!find_path(version, path)) return false;
    file = system_open("/proc/self/mountinfo");
    while (file && !shown && getline(&line, &room, file) > 0) {
        if (!split(line, &m) || !is_of(&m, version)) continue;
        shown = take(group, &m, path, found);
        found = true;
    }
    free(line);
    if (file) (void)fclose(file);
    return found;
}

bool cgroup_up(cgroup *group)
{
    size_t length = strlen(group->directory);
    if (length <= group->mount_length) return false;
    while (length > group->mount_length && group->directory[length - 1] != '/')
        length--;
    if (length > group->mount_length) length--; /* the slash */
    group->directory[length] = '\0';
    return true;
}

bool cgroup_file(const cgroup *group, const char *name, char path[SYSTEM_PATH_BYTES])
{
    const int length = snprintf(path, SYSTEM_PATH_BYTES, "%s/%s", group->directory, name);
    return length > 0 && length < SYSTEM_PATH_BYTES;
}
