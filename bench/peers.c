/* SPDX-License-Identifier: MIT */
#include "peers.h"

#include "peer_contest.h"
#include "peer_csv.h"
#include "peer_json.h"
#include "peer_table.h"
#include "resident.h"
#include "scratch.h"
#include "traffic_pcap.h"
#include "units.h"
#include "words.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct peers_options {
    const char *file, *scenario, *json, *csv, *timeline, *programs, *only;
    uint64_t seed, repeat;
    double scale;
    uint64_t mem_bytes, memory_bytes, time_ns;
} peers_options;

#define fail(code, ...) words_fail("peers", code, __VA_ARGS__)

static int print_help(void)
{
    (void)puts(
        "usage: weir-bench peers [-r FILE | --gen SCENARIO] [OPTION]...\n"
        "\n"
        "Runs the reassemblers that are installed, weir, and a bare libpcap loop (the floor) over "
        "the\n"
        "same capture, in turn, and checks what they deliver. make peers builds them.\n"
        "\n"
        "  -r FILE              a capture; what weir delivers of it is the yardstick\n"
        "  --gen SCENARIO       a generated one (weir-bench gen --list), whose truth is known\n"
        "  --seed N             the same seed gives the same capture (default 1)\n"
        "  --scale X            above 0, up to 50; 1 is the scenario's size (default 0.1)\n"
        "  --repeat N           timed runs of each, 1 to 50 (default 3)\n"
        "  --mem SIZE           weir's limit (default 64MiB)\n"
        "  --memory-limit SIZE  a program that holds more is killed (default 4GiB)\n"
        "  --time-limit TIME    so is one that takes more CPU time, or ten\n"
        "                       times that by the wall clock (default 60s)\n"
        "  --json FILE          the figures for programs; - is stdout\n"
        "  --csv FILE           the same as rows\n"
        "  --timeline FILE      memory over time, CSV: each is run once more for it\n"
        "  --only WORD          of the peers those with WORD in their program's name\n"
        "  --programs DIR       where they are (default: peers, beside weir-bench)\n"
        "\n"
        "CPU is that of the whole process, reading included; peak is VmHWM. See bench/peer_*.h.");
    return EXIT_OK;
}

/* ── Arguments ── */

static bool parse_real(const char *text, double *value)
{
    return words_real(text, value) && *value > 0 && *value <= TRAFFIC_SCALE_MAX;
}

/* -1: no such option. 0: its value is not of its kind. */
static int set_option(peers_options *o, const char *name, const char *value)
{
    if (strcmp(name, "-r") == 0) return (o->file = value) != NULL;
    if (strcmp(name, "--gen") == 0) return (o->scenario = value) != NULL;
    if (strcmp(name, "--json") == 0) return (o->json = value) != NULL;
    if (strcmp(name, "--csv") == 0) return (o->csv = value) != NULL;
    if (strcmp(name, "--timeline") == 0) return (o->timeline = value) != NULL;
    if (strcmp(name, "--only") == 0) return (o->only = value) != NULL;
    if (strcmp(name, "--programs") == 0) return (o->programs = value) != NULL;
    if (strcmp(name, "--seed") == 0) return units_parse_number(value, &o->seed);
    if (strcmp(name, "--scale") == 0) return parse_real(value, &o->scale);
    if (strcmp(name, "--mem") == 0) return units_parse_size(value, &o->mem_bytes);
    if (strcmp(name, "--memory-limit") == 0) return units_parse_size(value, &o->memory_bytes);
    if (strcmp(name, "--time-limit") == 0) return units_parse_duration(value, &o->time_ns);
    if (strcmp(name, "--repeat") == 0)
        return units_parse_number(value, &o->repeat) && o->repeat >= 1 &&
               o->repeat <= CONTEST_REPEAT_MAX;
    return -1;
}

/* "--name value" or "--name=value". -1: go on; else the exit code, after a message. */
static int take_argument(peers_options *o, int argc, char **argv, int *at)
{
    char name[32];
    const char *word = argv[*at], *equals = strchr(word, '=');
    const size_t n = equals && word[1] == '-' ? (size_t)(equals - word) : strlen(word);
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) return print_help();
    (void)snprintf(name, sizeof name, "%.*s", (int)n, word);
    const char *value = word[n] == '=' ? equals + 1 : *at + 1 < argc ? argv[*at + 1] : NULL;
    const int taken = set_option(o, name, value ? value : "");
    if (taken < 0) return fail(EXIT_USAGE, "%s is no option; see weir-bench peers --help", word);
    if (!value || !*value) return fail(EXIT_USAGE, "%s wants a value", name);
    if (taken == 0)
        return fail(EXIT_USAGE, "%s %s is not understood; see weir-bench peers --help", name,
                    value);
    if (word[n] != '=') ++*at;
    return -1;
}

static int parse(peers_options *o, int argc, char **argv)
{
    *o = (peers_options){.seed = 1,
                         .repeat = 3,
                         .scale = 0.1,
                         .mem_bytes = UINT64_C(64) << 20,
                         .memory_bytes = UINT64_C(4) << 30,
                         .time_ns = 60 * UINT64_C(1000000000)};
    for (int at = 1; at < argc; at++) {
        const int code = take_argument(o, argc, argv, &at);
        if (code >= 0) return code;
    }
    if (!o->file == !o->scenario)
        return fail(EXIT_USAGE, "name a capture: either -r FILE or --gen SCENARIO");
    if (o->scenario && !traffic_scenario_known(o->scenario))
        return fail(EXIT_USAGE, "there is no scenario %s; see weir-bench gen --list", o->scenario);
    return -1;
}

/* ── The capture ── */

/* Writes the packets of a scenario, and notes them. false: errno says why. */
static bool write_capture(traffic *t, FILE *file, captured_map *all)
{
    traffic_packet packet;
    if (!traffic_pcap_begin(file)) return false;
    while (traffic_next(t, &packet)) {
        if (!traffic_pcap_put(file, &packet)) return false;
        if (!captured_add(all, packet.data, packet.captured_bytes)) {
            errno = ENOMEM;
            return false;
        }
    }
    captured_settle(all);
    return fflush(file) == 0;
}

static int make_capture(const peers_options *o, const char *path, captured_map *all,
                        contest_plan *plan)
{
    traffic *t = traffic_open(o->scenario, o->seed, o->scale);
    FILE *file = t ? fopen(path, "wb") : NULL;
    errno = t ? errno : ENOMEM;
    bool written = file && write_capture(t, file, all);
    const int error = errno;
    if (file) written = fclose(file) == 0 && written;
    if (written) {
        plan->honest = traffic_truth(t)->connections;
        plan->connections = plan->honest + traffic_truth(t)->hostile_connections;
        plan->packets = traffic_truth(t)->packets;
    }
    traffic_close(t);
    if (!written) return fail(EXIT_FAILED, "cannot write %s: %s", path, strerror(error));
    return EXIT_OK;
}

/* ── The contest ── */

static void print_head(const peers_options *o, const contest *c, uint64_t capture_bytes)
{
    if (o->scenario)
        (void)printf("%s --scale %g --seed %" PRIu64, o->scenario, o->scale, o->seed);
    else
        (void)printf("%s", o->file);
    (void)printf(": %s packets, %s; weir --mem %s; %" PRIu64 " runs, CPU the median%s\n",
                 units_count(c->packets).text, units_bytes(capture_bytes).text,
                 units_exact_size(o->mem_bytes).text, o->repeat,
                 c->by_weir ? "; content unknown: weir is the yardstick" : "");
}

static int told(const char *path, int error)
{
    if (error == 0) return EXIT_OK;
    return fail(EXIT_FAILED, "cannot write %s: %s", path, strerror(error));
}

static int save(const peers_options *o, const peer_context *context, const contest *c)
{
    int code = EXIT_OK;
    if (o->json) code = told(o->json, peer_json_save(o->json, context, c) ? 0 : errno);
    if (o->csv && !code) code = told(o->csv, peer_csv_save(o->csv, context, c));
    if (o->timeline && !code) code = told(o->timeline, peer_csv_save_timeline(o->timeline, c));
    return code;
}

static int report(const peers_options *o, const contest *c, const char *capture)
{
    struct stat about = {0};
    (void)stat(capture, &about);
    const peer_context context = {.capture = o->scenario ? o->scenario : o->file,
                                  .seed = o->seed,
                                  .scale = o->scenario ? o->scale : 1,
                                  .capture_bytes = (uint64_t)about.st_size,
                                  .mem_bytes = o->mem_bytes,
                                  .memory_limit_bytes = o->memory_bytes,
                                  .time_limit_ns = o->time_ns,
                                  .repetitions = (uint32_t)o->repeat};
    print_head(o, c, context.capture_bytes);
    peer_table_print(stdout, c);
    return save(o, &context, c);
}

/* Everything that is to be removed afterwards is in `place`. */
static int run_in(const peers_options *o, const char *place)
{
    char capture[PATH_MAX + 16], directory[PATH_MAX + 16];
    contest *c = calloc(1, sizeof *c);
    captured_map *all = o->scenario ? captured_new(o->seed) : NULL;
    contest_plan plan = {.programs = o->programs,
                         .capture = capture,
                         .directory = directory,
                         .captured = all,
                         .only = o->only,
                         .repeat = (uint32_t)o->repeat,
                         .mem_bytes = o->mem_bytes,
                         .memory_bytes = o->memory_bytes,
                         .time_ns = o->time_ns,
                         .timeline = o->timeline != NULL};
    int code = EXIT_FAILED;
    (void)snprintf(directory, sizeof directory, "%s/run", place);
    (void)snprintf(capture, sizeof capture, "%s%s", o->scenario ? place : o->file,
                   o->scenario ? "/capture.pcap" : "");
    if (!c || (o->scenario && !all) || mkdir(directory, 0700) != 0)
        code = fail(EXIT_FAILED, "cannot begin: %s", strerror(errno));
    else if (!o->scenario || make_capture(o, capture, all, &plan) == EXIT_OK)
        code = contest_run(&plan, c) ? report(o, c, capture)
                                     : fail(EXIT_FAILED, "it was interrupted, or out of memory");
    captured_free(all);
    if (c) contest_free(c);
    free(c);
    return code;
}

/* Signals that would end the program wait until what it wrote is removed. */
static int run_held(const peers_options *o)
{
    char place[PATH_MAX];
    sigset_t held;
    (void)sigemptyset(&held);
    (void)sigaddset(&held, SIGINT);
    (void)sigaddset(&held, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &held, NULL);
    int code;
    if (scratch_make(place)) {
        code = run_in(o, place);
        (void)scratch_remove(place);
    } else {
        code = fail(EXIT_FAILED, "no temporary directory: %s; set TMPDIR", strerror(errno));
    }
    (void)sigprocmask(SIG_UNBLOCK, &held, NULL);
    return code;
}

int peers_main(int argc, char **argv)
{
    static char self[PATH_MAX], programs[PATH_MAX + 8], file[PATH_MAX];
    peers_options o;
    const int code = parse(&o, argc, argv);
    if (code >= 0) return code;
    if (o.file && !realpath(o.file, file))
        return fail(EXIT_FAILED, "cannot read %s: %s", o.file, strerror(errno));
    if (o.file) o.file = file;
    if (resident_self(self, sizeof self) < 0) return fail(EXIT_FAILED, "who am I?");
    *strrchr(self, '/') = '\0';
    if (o.programs && realpath(o.programs, self))
        (void)snprintf(programs, sizeof programs, "%s", self);
    else
        (void)snprintf(programs, sizeof programs, "%s/peers", self);
    o.programs = programs;
    return run_held(&o);
}
