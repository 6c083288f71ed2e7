/* SPDX-License-Identifier: MIT */
#include "run_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "result.h"
#include "traffic.h"
#include "units.h"
#include "words.h"

#define fail(...) words_fail("run", EXIT_USAGE, __VA_ARGS__)

static int print_help(void)
{
    (void)puts(
        "usage: weir-bench run [-r FILE... | --gen SCENARIO] [OPTION]...\n"
        "\n"
        "Measures weir over packets that are in memory beforehand: time beside a bare loop that\n"
        "decodes and touches the same packets, time of single packets, memory by weir's ledger "
        "and\n"
        "by the kernel, and every delivered byte beside what was sent.\n"
        "\n"
        "what\n"
        "  -r FILE            packets of capture files (pcap, pcapng)\n"
        "  --gen SCENARIO     packets that are made: see weir-bench gen --list\n"
        "  --seed N           the same seed gives the same packets (default 1)\n"
        "  --scale X          above 0, up to 50; 1 is the scenario's size (default 1)\n"
        "  --repeat N         times that time is measured, 1 to 64 (default 5)\n"
        "  --empty            callbacks that do nothing, instead of touching every byte;\n"
        "                     nothing is asked for ahead for them (prefetch_bytes 0)\n"
        "  --hot              time is measured with packets that are in the cache\n"
        "  --quick            without the times of single packets\n"
        "\n"
        "output, beside the report on stdout\n"
        "  --json FILE        google-benchmark's layout\n"
        "  --csv FILE         one row\n"
        "  --phases FILE      a row a phase, CSV: opening, talking, closing\n"
        "  --timeline FILE    memory over time, CSV\n"
        "  --latency FILE     times of single packets, CSV: quantile by quantile\n"
        "  --gate 'KEY<=V'    exit with 4 if a figure of the JSON is not so; may be repeated;\n"
        "                     also >=, <, >, ==; V may be 64MiB, 2s, true\n"
        "\n"
        "and of weir run: --mem, --conn-mem, --conn-records, --conn-share, --frag-share, --page,\n"
        "--hole-timeout, --acked-hole, --idle, --half-open, --linger, --overlap, --recent,\n"
        "--checksum, --paws, --window, --midstream, --key-vlan, --batch and others; see weir run "
        "--help");
    return EXIT_OK;
}

/* ── Options of a value, and those without ───────────────────────────────────────────────────── */

static int set_gate(run_options *o, const char *value)
{
    if (o->gate_count == RUN_GATES_MAX) return fail("at most %d times --gate", RUN_GATES_MAX);
    o->gates[o->gate_count++] = value;
    return -1;
}

static int set_seed(run_options *o, const char *value)
{
    if (units_parse_number(value, &o->seed)) return -1;
    return fail("--seed %s is not a whole number; try --seed 1", value);
}

static int set_scale(run_options *o, const char *value)
{
    if (words_real(value, &o->scale) && o->scale > 0 && o->scale <= TRAFFIC_SCALE_MAX) return -1;
    return fail("--scale %s is not above 0 and up to 50; try --scale 0.1", value);
}

static int set_repeat(run_options *o, const char *value)
{
    uint64_t n;
    const bool number = units_parse_number(value, &n);
    o->repeat = number ? (uint32_t)n : 0;
    if (number && n >= 1 && n <= RESULT_REPETITIONS_MAX) return -1;
    return fail("--repeat %s: give 1 to %d", value, RESULT_REPETITIONS_MAX);
}

static int set_text(run_options *o, size_t offset, const char *value)
{
    if (!*value) return fail("an output needs a name");
    *(const char **)(void *)((char *)o + offset) = value;
    return -1;
}

static const struct own {
    const char *name;
    int (*set)(run_options *o, const char *value);
    size_t text; /* set is NULL: the offset of a const char * */
} own[] = {
    {"--gen", NULL, offsetof(run_options, scenario)},
    {"--json", NULL, offsetof(run_options, json)},
    {"--csv", NULL, offsetof(run_options, csv)},
    {"--phases", NULL, offsetof(run_options, phases)},
    {"--timeline", NULL, offsetof(run_options, timeline)},
    {"--latency", NULL, offsetof(run_options, latency)},
    {"--seed", set_seed, 0},
    {"--scale", set_scale, 0},
    {"--repeat", set_repeat, 0},
    {"--gate", set_gate, 0},
};

enum { OWN = sizeof own / sizeof *own };

/* The option that argv[*at] is; *value what belongs to it, and *at moves over it. NULL: none. */
static const struct own *find(char **argv, int argc, int *at, const char **value)
{
    const char *word = argv[*at];
    for (int i = 0; i < OWN; i++) {
        const size_t n = strlen(own[i].name);
        if (strncmp(word, own[i].name, n) != 0 || (word[n] != '\0' && word[n] != '=')) continue;
        *value = word[n] == '=' ? word + n + 1 : NULL;
        if (!*value && *at + 1 < argc) *value = argv[++*at];
        return &own[i];
    }
    return NULL;
}

/* Takes this program's options out of argv; what is left goes to *rest, which has room for argc. */
static int take_own(run_options *o, int argc, char **argv, char **rest, int *left)
{
    for (int at = 1; at < argc; at++) {
        const char *value = NULL, *word = argv[at];
        const struct own *option = find(argv, argc, &at, &value);
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) return print_help();
        if (option && !value) return fail("%s wants a value; see weir-bench run --help", word);
        const int code = !option       ? -1
                         : option->set ? option->set(o, value)
                                       : set_text(o, option->text, value);
        if (code >= 0) return code;
        if (option) continue;
        if (strcmp(word, "--empty") == 0)
            o->empty = true;
        else if (strcmp(word, "--hot") == 0)
            o->hot = true;
        else if (strcmp(word, "--quick") == 0)
            o->quick = true;
        else
            rest[(*left)++] = argv[at];
    }
    return -1;
}

/* ── The whole ───────────────────────────────────────────────────────────────────────────────── */

static int check(const run_options *o)
{
    if (o->library.filter[0])
        return fail("%s: there are no filters here; write a smaller file with tcpdump -w",
                    o->library.filter);
    if (o->latency && o->quick) return fail("--quick leaves out what --latency writes");
    if (o->scenario && o->library.input_count) return fail("-r and --gen: give one of them");
    if (!o->scenario && !o->library.input_count)
        return fail(
            "nothing to measure: give --gen SCENARIO (see weir-bench gen --list) or -r FILE");
    if (o->scenario && !traffic_scenario_known(o->scenario))
        return fail("there is no scenario %s; see weir-bench gen --list", o->scenario);
    return -1;
}

int run_options_parse(run_options *o, int argc, char **argv)
{
    int left = 1;
    memset(o, 0, sizeof *o);
    o->seed = 1;
    o->scale = 1;
    o->repeat = RUN_REPEAT_DEFAULT;
    char **rest = calloc((size_t)argc + 1, sizeof *rest);
    if (!rest) return fail("no memory for the command line");
    rest[0] = argv[0];
    int code = take_own(o, argc, argv, rest, &left);
    if (code < 0) code = options_parse(&o->library, OPTIONS_BENCH, left, rest);
    free(rest);
    return code < 0 ? check(o) : code;
}

void run_options_free(run_options *o)
{
    options_free(&o->library);
}
