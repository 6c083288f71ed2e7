/* SPDX-License-Identifier: MIT */
/*
 * Say: one line on stderr, beginning with the program's name. What is said names the remedy.
 *
 * A macro, so that the compiler checks the format. A line stays one, whichever threads say something.
 */
#ifndef WEIR_TOOLS_SAY_H
#define WEIR_TOOLS_SAY_H

#include <stdio.h>

#define say(...)                                                                                   \
    (flockfile(stderr), (void)fputs("weir: ", stderr), (void)fprintf(stderr, __VA_ARGS__),         \
     (void)fputc('\n', stderr), funlockfile(stderr))

/* Exit codes. */
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_INCOMPLETE = 3 };

#endif
