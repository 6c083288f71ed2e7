/* SPDX-License-Identifier: MIT */
/*
 * weir-bench: measures weir. Each subcommand is a room of its own; this file only finds it.
 */
#define _POSIX_C_SOURCE 200809L

#include "compare.h"
#include "engines.h"
#include "gen.h"
#include "honest.h"
#include "numbers.h"
#include "ordeal.h"
#include "peers.h"
#include "run.h"
#include "words.h"

#include <weir/weir.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *text;
} commands[] = {
    {"run", run_main, "measure a scenario or a capture file: time, memory, right bytes"},
    {"compare", compare_main, "two results of run: ratios, and what got worse"},
    {"numbers", numbers_main, "the table of numbers to hold: measured, wanted, met or not"},
    {"gen", gen_main, "write the packets of a scenario as a capture file"},
    {"peers", peers_main, "weir beside other reassemblers, as whole programs"},
    {"adversary", ordeal_main, "hostile traffic against the engine: what it costs"},
    {"engines", engines_main, "several engines on one pool: how throughput grows"},
    {"honest", honest_main, "honest connections beside hostile traffic: how many stay whole"},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static void print_help(FILE *file)
{
    (void)fputs("usage: weir-bench COMMAND [OPTION]...\n\n", file);
    for (size_t i = 0; i < COMMANDS; i++)
        (void)fprintf(file, "  %-10s %s\n", commands[i].name, commands[i].text);
    (void)fputs("\nweir-bench COMMAND --help says more. weir-bench --version names the version.\n",
                file);
}

int main(int argc, char **argv)
{
    /* A reader that goes away is a failed write, with a message, not a silent death. */
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0) return commands[i].run(argc - 1, argv + 1);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help(stdout);
        return EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)puts("weir-bench " WEIR_VERSION);
        return EXIT_OK;
    }
    (void)fprintf(stderr, "weir-bench: there is no command %s; see weir-bench --help\n", argv[1]);
    return EXIT_USAGE;
}
