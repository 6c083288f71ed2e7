/* SPDX-License-Identifier: MIT */
/* weir: the program. Chooses the command and makes sure that its output arrived. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "options.h"
#include "say.h"

enum { STDOUT_BYTES = 16 * 1024 };

static int dispatch(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";
    if (strcmp(command, "run") == 0) return command_run(argc - 1, argv + 1);
    if (strcmp(command, "cat") == 0) return command_cat(argc - 1, argv + 1);
    if (strcmp(command, "--version") == 0 || strcmp(command, "-V") == 0)
        return printf("weir %s\n", weir_version()) < 0 ? EXIT_FAILED : EXIT_OK;
    if (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0 ||
        strcmp(command, "help") == 0)
        return options_help_all(stdout), EXIT_OK;
    if (argc < 2)
        options_help_all(stderr);
    else
        say("%s: no such command; there are: weir run, weir cat, weir --help", command);
    return EXIT_USAGE;
}

/* A write that failed is said here, whoever made it. */
static bool close_output(void)
{
    const bool failed = ferror(stdout) != 0;
    errno = 0;
    if (fclose(stdout) == 0 && !failed) return true;
    say("cannot write the output: %s", errno ? strerror(errno) : "no room, or nobody reads it");
    return false;
}

int main(int argc, char **argv)
{
    char *buffer = malloc(STDOUT_BYTES);
    int exit_code;
    if (buffer)
        (void)setvbuf(stdout, buffer, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF, STDOUT_BYTES);
    exit_code = dispatch(argc, argv);
    if (!close_output()) exit_code = EXIT_FAILED;
    free(buffer);
    return exit_code;
}
