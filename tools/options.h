/* SPDX-License-Identifier: MIT */
/*
 * Options: what the command line of `weir run` and `weir cat` says.
 *
 *      option_table ──> options_parse ──> struct options ──> session
 *                   └─> help
 *
 * The table of options is written once; getopt, the help text, the defaults it shows and the
 * explanation of a refusal come from it. Ranges are the library's to judge: options_explain turns
 * its answer into a line that names the option.
 */
#ifndef WEIR_TOOLS_OPTIONS_H
#define WEIR_TOOLS_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "capture_settings.h"
#include "memory_limit.h"
#include "weir/weir.h"

/* Bits: the table says of each option whose it is. OPTIONS_BENCH is weir-bench run, which has the
 * library's settings and options of its own (bench/run_options.h). */
typedef enum options_command {
    OPTIONS_RUN = 1,
    OPTIONS_CAT = 2,
    OPTIONS_TOOL = OPTIONS_RUN | OPTIONS_CAT,
    OPTIONS_BENCH = 4
} options_command;

enum { OPTIONS_GAPS_SKIP, OPTIONS_GAPS_ZERO };
enum { OPTIONS_PROGRESS_AUTO, OPTIONS_PROGRESS_ALWAYS, OPTIONS_PROGRESS_NEVER };
enum { OPTIONS_PRESSURE_AUTO, OPTIONS_PRESSURE_ON, OPTIONS_PRESSURE_OFF };
enum { OPTIONS_TABLE_MAX = 80 };

typedef struct options {
    options_command command;
    const char **inputs; /* in the order given; "-" is standard input */
    size_t input_count;
    char *filter;        /* "" if there is none */
    char *tagged_filter; /* NULL: as it is; else what stands for it where there are VLAN tags */
    bool vlan;
    const char **interfaces; /* in the order given */
    size_t interface_count;
    capture_settings capture;
    uint32_t fanout;      /* captures of each interface */
    uint8_t reopen;       /* keep what opening an interface again takes */
    const char *user;     /* who to become; NULL: who called sudo */
    uint64_t duration_ns; /* of a live capture; WEIR_NEVER: until it is told to end */
    const char *output;
    const char *metrics;
    uint64_t metrics_every_ns;
    const char *timeline;
    uint64_t timeline_every_ns;
    const char *limits_file;
    int pressure;
    bool force;
    bool jsonl;
    bool holes;
    bool conflicts;
    bool strict;
    int gaps;
    int progress;
    int overlap;
    int fragment_overlap;
    int checksum;
    int urgent;
    uint32_t batch;
    memory_wish mem;  /* becomes pool.limit_bytes */
    bool mem_of_file; /* it stands in the limits file */
    uint8_t hash_key[16];
    weir_pool_config pool;
    weir_engine_config engine; /* its hash_key may point into this struct: do not copy it */
    const char *given[OPTIONS_TABLE_MAX]; /* by place in the table: the value on the command line */
} options;

/*
 * Reads the command line; argv[0] is the command's name. Returns -1 if the program is to go on,
 * else the exit code: help was printed, or one line says what is wrong. options_free in both cases.
 */
int options_parse(options *o, options_command command, int argc, char **argv);
void options_free(options *o);

/* As if nothing had been given. */
void options_defaults(options *o, options_command command);

/* Says which option the library's refusal is about, and its reason. */
void options_explain(const options *o, int error);

/* The help text of a command; that of `weir` itself. */
void options_help(options_command command, FILE *to);
void options_help_all(FILE *to);

#endif
