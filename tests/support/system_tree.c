/* SPDX-License-Identifier: MIT */
#include "system_tree.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

int system_tree_setup(void **state)
{
    if (tool_setup(state) != 0) return -1;
    const char *root = tool_path(*state, "root");
    return mkdir(root, 0777) == 0 && setenv("WEIR_SYSTEM_ROOT", root, 1) == 0 ? 0 : -1;
}

int system_tree_teardown(void **state)
{
    (void)unsetenv("WEIR_SYSTEM_ROOT");
    return tool_teardown(state);
}

void system_tree_put(const tool_place *place, const char *path, const char *text)
{
    char full[2 * TOOL_PATH_BYTES];
    (void)snprintf(full, sizeof full, "%s/root%s", place->path, path);
    for (char *slash = full + strlen(place->path) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        if (mkdir(full, 0777) != 0 && errno != EEXIST) fail_msg("%s: %s", full, strerror(errno));
        *slash = '/';
    }
    tool_write(full, text, strlen(text));
}

void system_tree_drop(const tool_place *place, const char *path)
{
    char full[2 * TOOL_PATH_BYTES];
    (void)snprintf(full, sizeof full, "%s/root%s", place->path, path);
    assert_int_equal(unlink(full), 0);
}
