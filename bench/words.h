/* SPDX-License-Identifier: MIT */
/*
 * Words: what all commands of weir-bench share on their command lines: exit codes, the line that says
 * what is wrong and names the remedy, a number with a fraction. (Whole numbers, sizes and durations:
 * tools/units.h.)
 */
#ifndef WEIR_BENCH_WORDS_H
#define WEIR_BENCH_WORDS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_GATE = 4 };

/* "weir-bench COMMAND: ..." on stderr; its value is `code`. A macro, so that the compiler checks the
 * format. */
#define words_fail(command, code, ...)                                                             \
    ((void)fputs("weir-bench " command ": ", stderr), (void)fprintf(stderr, __VA_ARGS__),          \
     (void)fputc('\n', stderr), (code))

/* false: it is none, or something is behind it. */
static inline bool words_real(const char *text, double *value)
{
    char *end;
    *value = strtod(text, &end);
    return end != text && *end == '\0';
}

#endif
