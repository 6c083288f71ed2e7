/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L

#include "gen.h"

#include "traffic.h"
#include "traffic_output.h"
#include "traffic_pcap.h"
#include "units.h"
#include "words.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PACKETS_PER_LOOK = 4096 };

typedef struct {
    const char *scenario;
    const char *output;
    uint64_t seed;
    double scale;
    bool list;
    bool help;
} gen_options;

#define fail(code, ...) words_fail("gen", code, __VA_ARGS__)

static int print_help(void)
{
    (void)puts("usage: weir-bench gen SCENARIO -o FILE|- [--seed N] [--scale X]\n"
               "       weir-bench gen --list\n"
               "\n"
               "Writes the packets of a scenario as a pcap file (nanoseconds, Ethernet).\n"
               "\n"
               "  -o FILE      the file, which appears when it is complete; - is stdout\n"
               "  --seed N     the same seed gives the same bytes (default 1)\n"
               "  --scale X    above 0, up to 50; 1 is the size that the list names (default 1)\n"
               "  --list       the scenarios, one a line");
    return EXIT_OK;
}

static int print_list(void)
{
    for (size_t i = 0; i < traffic_scenario_count(); i++)
        (void)printf("%-14s %s\n", traffic_scenario_name(i), traffic_scenario_text(i));
    return EXIT_OK;
}

/* ── Arguments ── */

static bool parse_scale(const char *text, double *scale)
{
    return words_real(text, scale) && *scale > 0 && *scale <= TRAFFIC_SCALE_MAX;
}

enum { OPTION_OUTPUT, OPTION_SEED, OPTION_SCALE, OPTIONS, OPTION_NONE = OPTIONS };

/* Which of the options with a value the argument is; *value is then what follows a '=', if any. */
static int option_of(const char *argument, const char **value)
{
    static const char *const names[OPTIONS] = {"-o", "--seed", "--scale"};
    for (int i = 0; i < OPTIONS; i++) {
        size_t n = strlen(names[i]);
        if (strncmp(argument, names[i], n) != 0) continue;
        if (argument[n] == '=') *value = argument + n + 1;
        if (argument[n] == '=' || argument[n] == '\0') return i;
    }
    return OPTION_NONE;
}

static int set_option(gen_options *options, int option, const char *value)
{
    if (option == OPTION_OUTPUT) options->output = value;
    if (option == OPTION_SEED && !units_parse_number(value, &options->seed))
        return fail(EXIT_USAGE, "--seed %s is not a whole number; try --seed 1", value);
    if (option == OPTION_SCALE && !parse_scale(value, &options->scale))
        return fail(EXIT_USAGE, "--scale %s is not above 0 and up to 50; try --scale 0.1", value);
    return EXIT_OK;
}

static int take_word(gen_options *options, const char *word)
{
    if (strcmp(word, "--list") == 0)
        options->list = true;
    else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        options->help = true;
    else if (*word == '-')
        return fail(EXIT_USAGE, "%s is no option; see weir-bench gen --help", word);
    else if (options->scenario != NULL)
        return fail(EXIT_USAGE, "%s is one scenario too many; write one file each", word);
    else
        options->scenario = word;
    return EXIT_OK;
}

/* One argument, or two. EXIT_OK, or the exit code after a message. */
static int take_argument(gen_options *options, int argc, char **argv, int *at)
{
    const char *argument = argv[*at];
    const char *value = NULL;
    int option = option_of(argument, &value);
    if (option == OPTION_NONE) return take_word(options, argument);
    if (value == NULL && *at + 1 < argc) value = argv[++*at];
    if (value == NULL)
        return fail(EXIT_USAGE, "%s wants a value; see weir-bench gen --help", argument);
    return set_option(options, option, value);
}

static int parse(gen_options *options, int argc, char **argv)
{
    *options = (gen_options){.seed = 1, .scale = 1};
    for (int at = 1; at < argc; at++) {
        int code = take_argument(options, argc, argv, &at);
        if (code != EXIT_OK) return code;
    }
    return EXIT_OK;
}

static int check(const gen_options *options)
{
    if (options->scenario == NULL)
        return fail(EXIT_USAGE, "no scenario is named; see weir-bench gen --list");
    if (!traffic_scenario_known(options->scenario))
        return fail(EXIT_USAGE, "there is no scenario %s; see weir-bench gen --list",
                    options->scenario);
    if (options->output == NULL || *options->output == '\0')
        return fail(EXIT_USAGE, "no output is named; add -o FILE, or -o - for stdout");
    if (strcmp(options->output, "-") == 0 && isatty(STDOUT_FILENO))
        return fail(EXIT_USAGE, "stdout is a terminal; redirect it or name a file");
    return EXIT_OK;
}

/* ── Work ── */

/* false: writing failed, or a signal came (then errno is EINTR). */
static bool write_packets(traffic *t, const traffic_output *output)
{
    traffic_packet packet;
    if (!traffic_pcap_begin(output->file)) return false;
    for (uint64_t n = 1; traffic_next(t, &packet); n++) {
        if (!traffic_pcap_put(output->file, &packet)) return false;
        if (n % PACKETS_PER_LOOK == 0 && traffic_output_interrupted(output)) {
            errno = EINTR;
            return false;
        }
    }
    return true;
}

static int generate(const gen_options *options, traffic *t)
{
    traffic_output output;
    if (!traffic_output_open(&output, options->output))
        return fail(EXIT_FAILED, "cannot write %s: %s; %s", options->output, strerror(errno),
                    traffic_output_remedy(errno));
    bool written = write_packets(t, &output);
    if (written)
        written = traffic_output_commit(&output);
    else
        traffic_output_discard(&output);
    if (!written)
        return fail(EXIT_FAILED, "cannot write %s: %s; %s", options->output, strerror(errno),
                    traffic_output_remedy(errno));
    (void)fprintf(stderr, "weir-bench gen: %s: %" PRIu64 " packets, %" PRIu64 " bytes\n",
                  options->scenario, traffic_truth(t)->packets, traffic_truth(t)->frame_bytes);
    return EXIT_OK;
}

int gen_main(int argc, char **argv)
{
    gen_options options;
    int code = parse(&options, argc, argv);
    if (code != EXIT_OK) return code;
    if (options.help) return print_help();
    if (options.list) return print_list();
    code = check(&options);
    if (code != EXIT_OK) return code;

    traffic *t = traffic_open(options.scenario, options.seed, options.scale);
    if (t == NULL) return fail(EXIT_FAILED, "not enough memory; lower --scale");
    code = generate(&options, t);
    traffic_close(t);
    return code;
}
