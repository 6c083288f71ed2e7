/* SPDX-License-Identifier: MIT */
/*
 * System tree: a small /proc and /sys of a test's own, below its directory, which WEIR_SYSTEM_ROOT
 * names while the test runs.
 */
#ifndef WEIR_TESTS_SYSTEM_TREE_H
#define WEIR_TESTS_SYSTEM_TREE_H

#include "support/tool.h"

/* For cmocka: as tool_setup, and the variable is set to PATH/root, which is empty. */
int system_tree_setup(void **state);
int system_tree_teardown(void **state);

/* Writes a file below the root; its directories are made. */
void system_tree_put(const tool_place *place, const char *path, const char *text);

/* Removes one. */
void system_tree_drop(const tool_place *place, const char *path);

#endif
