/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "limits_file.h"
#include "option_table.h"
#include "reader.h"
#include "say.h"
#include "units.h"
#include "vlan_filter.h"

#define EVERY_LEAST_NS (10 * WEIR_MILLISECOND)
#define CEILING_LEAST  ((uint64_t)4 << 20)

enum { CEILING_TIMES = 4 }; /* of the limit, where it can be changed */
enum { CODE = 256 };        /* getopt's answer for place 0 of the table; letters are below */

static const char *command_name(options_command command)
{
    if (command == OPTIONS_BENCH) return "weir-bench run";
    return command == OPTIONS_CAT ? "weir cat" : "weir run";
}

/* ── Values ──────────────────────────────────────────────────────────────────────────────────── */

/* Each returns false, and sets nothing, if the text is not of the kind. */

static bool set_narrow(uint32_t *field, bool (*parse)(const char *text, uint64_t *value),
                       const char *text)
{
    uint64_t value;
    if (!parse(text, &value) || value > UINT32_MAX) return false;
    *field = (uint32_t)value;
    return true;
}

static bool set_duration(uint64_t *field, const option_spec *spec, const char *text)
{
    if (spec->kind == OPTION_DURATION_OFF && strcmp(text, "off") == 0) {
        *field = WEIR_NEVER;
        return true;
    }
    return units_parse_duration(text, field);
}

static bool set_percent(uint32_t *field, const char *text)
{
    char number[16];
    const size_t length = strlen(text);
    if (length == 0 || length >= sizeof number) return false;
    memcpy(number, text, length + 1);
    if (number[length - 1] == '%') number[length - 1] = 0;
    return set_narrow(field, units_parse_number, number);
}

static bool set_choice(int *field, const option_spec *spec, const char *text)
{
    int i;
    for (i = 0; strcmp(spec->choice(i), "?") != 0; i++) {
        if (strcmp(spec->choice(i), text) != 0) continue;
        *field = i;
        return true;
    }
    return false;
}

/* The bit of a name, those of "all" and "off"; 0 and false if it is none of these. */
static bool bits_of_name(const option_spec *spec, const char *name, size_t length, uint32_t *bits)
{
    uint32_t all = 0;
    int i;
    *bits = 0;
    for (i = 0; strcmp(spec->choice(i), "?") != 0; i++) {
        const char *known = spec->choice(i);
        all |= UINT32_C(1) << i;
        if (strlen(known) == length && memcmp(known, name, length) == 0) *bits = UINT32_C(1) << i;
    }
    if (length == 3 && memcmp(name, "all", 3) == 0) *bits = all;
    return *bits != 0 || (length == 3 && memcmp(name, "off", 3) == 0);
}

/* Names in turn, each added, or taken away where a - stands before it: if the first is, from all.
 */
static bool set_set(uint32_t *field, const option_spec *spec, const char *text)
{
    uint32_t set = 0, bits;
    if (*text == '-') (void)bits_of_name(spec, "all", 3, &set);
    for (;;) {
        const bool less = *text == '-';
        const size_t length = strcspn(text += less, ",");
        if (!bits_of_name(spec, text, length, &bits)) return false;
        set = less ? set & ~bits : set | bits;
        if (!text[length]) break;
        text += length + 1;
    }
    *field = set;
    return true;
}

static bool set_on_off(uint8_t *field, const char *text)
{
    if (strcmp(text, "on") != 0 && strcmp(text, "off") != 0) return false;
    *field = strcmp(text, "on") == 0;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

static bool set_key(options *o, const char *text)
{
    size_t i;
    if (strlen(text) != 32) return false;
    for (i = 0; i < 32; i++) {
        const int digit = hex_digit(text[i]);
        if (digit < 0) return false;
        o->hash_key[i / 2] = (uint8_t)(o->hash_key[i / 2] << 4 | digit);
    }
    o->engine.hash_key = o->hash_key;
    return true;
}

/* "1/4" */
static bool set_shard(weir_engine_config *engine, const char *text)
{
    char before[16];
    const size_t length = strcspn(text, "/");
    uint32_t number, count;
    if (!text[length] || length >= sizeof before) return false;
    memcpy(before, text, length);
    before[length] = 0;
    if (!set_narrow(&number, units_parse_number, before) ||
        !set_narrow(&count, units_parse_number, text + length + 1) || number < 1 || number > count)
        return false;
    engine->shard_index = number - 1;
    engine->shard_count = count;
    return true;
}

static bool set_value(options *o, const option_spec *spec, const char *text)
{
    void *field = (char *)o + spec->offset;
    switch (spec->kind) {
    case OPTION_FLAG:
        *(bool *)field = true;
        return true;
    case OPTION_ON_OFF:
        return set_on_off(field, text);
    case OPTION_SIZE:
        return units_parse_size(text, field);
    case OPTION_MEMORY:
        return memory_wish_parse(text, field);
    case OPTION_SIZE32:
        return set_narrow(field, units_parse_size, text);
    case OPTION_DURATION:
    case OPTION_DURATION_OFF:
        return set_duration(field, spec, text);
    case OPTION_PERCENT:
        return set_percent(field, text);
    case OPTION_COUNT:
        return set_narrow(field, units_parse_number, text);
    case OPTION_CHOICE:
        return set_choice(field, spec, text);
    case OPTION_SET:
        return set_set(field, spec, text);
    case OPTION_TEXT:
        *(const char **)field = text;
        return true;
    case OPTION_INPUT:
        o->inputs[o->input_count++] = text;
        return true;
    case OPTION_INTERFACE:
        o->interfaces[o->interface_count++] = text;
        return true;
    case OPTION_KEY:
        return set_key(o, text);
    case OPTION_SHARD:
        return set_shard(&o->engine, text);
    case OPTION_HELP:
        break;
    }
    return true;
}

static void say_choices(const option_spec *spec, const char *text)
{
    char name[32];
    int i;
    (void)fprintf(stderr, "weir: %s %s: not known; %s:", option_written(spec, name), text,
                  spec->kind == OPTION_SET ? "all, off, or of these" : "one of");
    for (i = 0; strcmp(spec->choice(i), "?") != 0; i++)
        (void)fprintf(stderr, " %s", spec->choice(i));
    (void)fputc('\n', stderr);
}

static void say_bad_value(const option_spec *spec, const char *text)
{
    static const char *const wanted[] = {
        [OPTION_ON_OFF] = "on or off",
        [OPTION_SIZE] = "a size, like 65536, 64KiB or 64MiB",
        [OPTION_SIZE32] = "a size, like 4096 or 4KiB",
        [OPTION_MEMORY] =
            "a size, like 64MiB; or a share of what this process may have, like 25%; or auto",
        [OPTION_DURATION] = "a duration, like 50ms or 2s",
        [OPTION_DURATION_OFF] = "a duration, like 50ms or 2s, or off",
        [OPTION_PERCENT] = "a whole number of percent, like 50",
        [OPTION_COUNT] = "a whole number",
        [OPTION_KEY] = "32 digits 0-9a-f",
        [OPTION_SHARD] = "K/N, like 1/4: K from 1 to N",
    };
    char name[32];
    if (spec->choice)
        say_choices(spec, text);
    else
        say("%s %s: give %s", option_written(spec, name), text, wanted[spec->kind]);
}

/* ── getopt ──────────────────────────────────────────────────────────────────────────────────── */

struct tables {
    struct option longs[OPTIONS_TABLE_MAX + 1];
    char shorts[2 * OPTIONS_TABLE_MAX + 2];
};

static void make_tables(struct tables *t, options_command command)
{
    size_t i, to = 0;
    char *letter = t->shorts;
    memset(t, 0, sizeof *t);
    *letter++ = ':'; /* so that a missing value is told apart from an unknown option */
    *letter++ = 'h';
    for (i = 0; i < option_table_count; i++) {
        const option_spec *spec = &option_table[i];
        if (!option_is_of(spec, command)) continue;
        if (spec->name[1]) {
            t->longs[to].name = spec->name;
            t->longs[to].has_arg = spec->argument ? required_argument : no_argument;
            t->longs[to++].val = CODE + (int)i;
        } else {
            *letter++ = spec->name[0];
            *letter++ = ':';
        }
    }
}

/* The place in the table of what getopt_long answered. */
static size_t place_of(int answer)
{
    size_t i;
    if (answer >= CODE) return (size_t)(answer - CODE);
    for (i = 0; i < option_table_count; i++)
        if (!option_table[i].name[1] && option_table[i].name[0] == answer) break;
    return i;
}

static void say_unknown(const options *o, int answer, char **argv)
{
    const char *name = command_name(o->command);
    const char *word = argv[optind - 1];
    if (answer == ':')
        say("%s needs a value; see: %s --help", word, name);
    else if (optopt >= CODE)
        say("%s: this option takes no value; see: %s --help", word, name);
    else if (optopt)
        say("unknown option -%c; see: %s --help", optopt, name);
    else
        say("unknown option %s; see: %s --help", word, name);
}

static int parse_options(options *o, int argc, char **argv)
{
    struct tables tables;
    int answer;
    make_tables(&tables, o->command);
    opterr = 0;
    optind = 0; /* glibc: begin anew, also if another command line was read before */
    while ((answer = getopt_long(argc, argv, tables.shorts, tables.longs, NULL)) != -1) {
        const size_t place = answer == ':' || answer == '?' ? option_table_count : place_of(answer);
        if (answer == 'h' ||
            (place < option_table_count && option_table[place].kind == OPTION_HELP)) {
            options_help(o->command, stdout);
            return EXIT_OK;
        }
        if (place == option_table_count) {
            say_unknown(o, answer, argv);
            return EXIT_USAGE;
        }
        o->given[place] = optarg ? optarg : "";
        if (!set_value(o, &option_table[place], o->given[place])) {
            say_bad_value(&option_table[place], o->given[place]);
            return EXIT_USAGE;
        }
    }
    return -1;
}

/* ── The whole ───────────────────────────────────────────────────────────────────────────────── */

/* The words that are no options, with blanks between them. */
static bool join_filter(options *o, int argc, char **argv)
{
    size_t bytes = 1, to = 0;
    int i;
    for (i = optind; i < argc; i++)
        bytes += strlen(argv[i]) + 1;
    o->filter = calloc(1, bytes);
    if (!o->filter) return false;
    for (i = optind; i < argc; i++)
        to += (size_t)snprintf(o->filter + to, bytes - to, "%s%s", i > optind ? " " : "", argv[i]);
    return true;
}

/* What is wrong with the options together. NULL: nothing. */
static size_t standard_inputs(const options *o)
{
    size_t count = 0;
    for (size_t i = 0; i < o->input_count; i++)
        /* There are input_count of them, none NULL.
         * NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
        count += strcmp(o->inputs[i], "-") == 0;
    return count;
}

static bool has_interface_twice(const options *o)
{
    size_t i, j;
    for (i = 0; i < o->interface_count; i++)
        for (j = 0; j < i; j++)
            /* There are interface_count of them, none NULL.
             * NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
            if (strcmp(o->interfaces[i], o->interfaces[j]) == 0) return true;
    return false;
}

static const char *conflict(const options *o)
{
    if (o->input_count == 0 && o->interface_count == 0 && o->command != OPTIONS_BENCH)
        return "no input: give -r FILE, -r - for standard input, or -i IFACE";
    if (o->input_count > 0 && o->interface_count > 0)
        return "files or interfaces: give -r or -i, not both";
    if (has_interface_twice(o)) return "an interface can be captured once: give each -i once";
    if (o->fanout < 1 || o->fanout > 64) return "--fanout: give 1 to 64";
    if (o->capture.buffer_bytes < 64 * 1024 || o->capture.buffer_bytes > INT32_MAX)
        return "--buffer-size: give 64KiB to 2047MiB";
    if (o->capture.snap_bytes < 64 || o->capture.snap_bytes > READER_CAPTURED_MAX)
        return "--snapshot-length: give 64 to 262144";
    if (standard_inputs(o) > 1) return "standard input can be read once: give -r - once";
    if (o->command == OPTIONS_CAT && !o->output) return "no place to write to: give -o DIR";
    if (o->vlan && !o->filter[0]) return "--vlan is about a filter: give one";
    if (o->holes && !o->jsonl) return "--holes adds lines to the JSON output: give --jsonl too";
    if (o->conflicts && !o->jsonl)
        return "--conflicts adds lines to the JSON output: give --jsonl too";
    if (o->metrics_every_ns < EVERY_LEAST_NS) return "--metrics-every: give 10ms or more";
    if (o->timeline_every_ns < EVERY_LEAST_NS) return "--timeline-every: give 10ms or more";
    if (o->metrics && strcmp(o->metrics, "-") == 0)
        return "--metrics -: standard output has the report; give a file";
    if (o->timeline && strcmp(o->timeline, "-") == 0)
        return "--timeline -: standard output has the report; give a file";
    if (o->batch < 1 || o->batch > READER_BATCH_MAX) return "--batch: give 1 to 256";
    return NULL;
}

static bool is_given(const options *o, const char *name)
{
    size_t i = 0;
    while (i < option_table_count && strcmp(option_table[i].name, name) != 0)
        i++;
    return i < option_table_count && o->given[i];
}

/* What would do nothing, silently: for --user that matters. NULL: there is none. */
static const option_spec *idle_option(const options *o)
{
    const bool live = o->interface_count > 0;
    for (const option_spec *at = option_table; at < option_table + option_table_count; at++)
        if (o->given[at - option_table] &&
            ((at->live && !live) || (at->with && !is_given(o, at->with))))
            return at;
    return NULL;
}

/* Whether the options fit together; if not, a line says so. */
static bool fits(const options *o)
{
    const char *wrong = conflict(o);
    const option_spec *idle = idle_option(o);
    char name[32];
    if (wrong)
        say("%s; see: %s --help", wrong, command_name(o->command));
    else if (idle && idle->with)
        say("%s does nothing without --%s: give it too, or leave it out",
            option_written(idle, name), idle->with);
    else if (idle)
        say("%s is about live capture: give -i IFACE, or leave it out", option_written(idle, name));
    return !wrong && !idle;
}

void options_defaults(options *o, options_command command)
{
    memset(o, 0, sizeof *o);
    o->command = command;
    o->batch = 32;
    o->metrics_every_ns = 15 * WEIR_SECOND;
    o->timeline_every_ns = WEIR_SECOND;
    o->capture.buffer_bytes = UINT64_C(16) << 20;
    o->capture.snap_bytes = READER_CAPTURED_MAX;
    o->fanout = 1;
    o->reopen = 1;
    o->duration_ns = WEIR_NEVER;
    weir_pool_config_init(&o->pool);
    weir_engine_config_init(&o->engine);
    o->mem.bytes = o->pool.limit_bytes;
    o->overlap = (int)o->engine.overlap;
    o->fragment_overlap = (int)o->engine.fragment_overlap;
    o->checksum = (int)o->engine.checksum;
    o->urgent = (int)o->engine.urgent;
}

/* The ceiling where nobody gave one: four times the limit, but not more than three quarters of what
 * this process may have, nor than pages can count (2^24 of them, with room to spare). */
static uint64_t standard_ceiling(const weir_pool_config *pool)
{
    const uint64_t limit = pool->limit_bytes, countable = (uint64_t)pool->page_bytes << 23;
    memory_limit of;
    uint64_t most = countable;
    memory_limit_find(&of);
    if (of.bytes / 4 * 3 < most) most = of.bytes / 4 * 3;
    if (limit < most / CEILING_TIMES) most = CEILING_TIMES * limit;
    if (most < CEILING_LEAST) most = CEILING_LEAST; /* a limit too small is another's to refuse */
    return most > limit ? most : limit;
}

/* The most that the limit can become while it runs. It costs address space, and 69 KiB of memory a
 * GiB (pages of 4 KiB). */
static bool settle_ceiling(options *o)
{
    weir_pool_config *pool = &o->pool;
    if (pool->ceiling_bytes == 0 && o->limits_file) pool->ceiling_bytes = standard_ceiling(pool);
    if (pool->ceiling_bytes == 0 || pool->ceiling_bytes >= pool->limit_bytes) return true;
    say("--mem-ceiling %s is below --mem, which is %s: raise it",
        units_exact_size(pool->ceiling_bytes).text, units_exact_size(pool->limit_bytes).text);
    return false;
}

/* What the limits file says goes before --mem. */
static bool read_limits(options *o)
{
    limits_file limits;
    if (!o->limits_file) return true;
    if (!limits_file_read(o->limits_file, &limits)) return false;
    if (limits.has_mem) o->mem = limits.mem;
    o->mem_of_file = limits.has_mem;
    return true;
}

/* Where it was said what mem is to be, as two parts of a line. */
#define MEM_FROM(o) (o)->mem_of_file ? (o)->limits_file : "--", (o)->mem_of_file ? ": " : ""

/* What --mem comes to here and now. A share is said, because nobody can know it beforehand. */
static int settle_memory(options *o)
{
    memory_limit of;
    const uint64_t standard = o->pool.limit_bytes;
    char written[16] = "auto";
    if (!read_limits(o)) return EXIT_USAGE;
    o->pool.limit_bytes = memory_wish_bytes(&o->mem, standard, &of);
    if (o->mem.bytes > 0) return settle_ceiling(o) ? -1 : EXIT_USAGE;
    if (o->mem.percent > 0)
        (void)snprintf(written, sizeof written, "%u%%", (unsigned)o->mem.percent);
    if (o->pool.limit_bytes == 0) {
        say("%s%smem %s: what this process may have is not known, /proc says nothing; "
            "give a size, like 64MiB",
            MEM_FROM(o), written);
        return EXIT_USAGE;
    }
    say("%s%smem %s is %s: %s%s%s%s", MEM_FROM(o), written, units_bytes(o->pool.limit_bytes).text,
        of.text[0] ? "of " : "what this process may have is not known",
        of.text[0] ? units_bytes(of.bytes).text : "", of.text[0] ? ", " : "", of.text);
    return settle_ceiling(o) ? -1 : EXIT_USAGE;
}

static int settle_filter(options *o)
{
    const char *obstacle = vlan_filter_obstacle(o->filter);
    if (!o->vlan) return -1;
    if (obstacle) {
        say("--vlan: the filter says '%s' itself, and that moves where libpcap looks; leave out "
            "one "
            "of them",
            obstacle);
        return EXIT_USAGE;
    }
    o->tagged_filter = vlan_filter_make(o->filter);
    o->capture.tagged_filter = o->tagged_filter;
    if (o->tagged_filter) return -1;
    say("no memory for the filter");
    return EXIT_FAILED;
}

int options_parse(options *o, options_command command, int argc, char **argv)
{
    int exit_code;
    options_defaults(o, command);
    o->inputs = calloc((size_t)argc + 1, sizeof *o->inputs);
    o->interfaces = calloc((size_t)argc + 1, sizeof *o->interfaces);
    exit_code = o->inputs && o->interfaces ? parse_options(o, argc, argv) : -1;
    if (exit_code >= 0) return exit_code;
    if (!o->inputs || !o->interfaces || !join_filter(o, argc, argv)) {
        say("no memory for the command line");
        return EXIT_FAILED;
    }
    o->capture.filter = o->filter;
    if (!fits(o)) return EXIT_USAGE;
    exit_code = settle_filter(o);
    if (exit_code >= 0) return exit_code;
    o->engine.overlap = (weir_overlap)o->overlap;
    o->engine.fragment_overlap = (weir_overlap)o->fragment_overlap;
    o->engine.checksum = (weir_checksum)o->checksum;
    o->engine.urgent = (weir_urgent)o->urgent;
    return settle_memory(o);
}

void options_free(options *o)
{
    free(o->inputs);
    free(o->interfaces);
    free(o->filter);
    free(o->tagged_filter);
    o->inputs = NULL;
    o->interfaces = NULL;
    o->filter = NULL;
    o->tagged_filter = NULL;
}

/* What is wrong, in words of the options and not of the library's fields. */
static const char *refusal(int error)
{
    switch (error) {
    case WEIR_ERR_LIMIT_TOO_SMALL:
        return "too small to work with";
    case WEIR_ERR_LIMIT_TOO_LARGE:
        return "more than pages of this size can count: lower --mem or raise --page";
    case WEIR_ERR_MEMORY:
        return "too little for so many captures, or more than the system gives (ulimit -v)";
    case WEIR_ERR_PAGE_SIZE:
        return "give 1KiB, 2KiB, 4KiB, 8KiB or 16KiB";
    case WEIR_ERR_CONN_LIMIT:
        return "give at least 64KiB, and at most what --mem says";
    case WEIR_ERR_CONN_RECORDS:
        return "give 64 to 1048576";
    default:
        return weir_error_text(error);
    }
}

void options_explain(const options *o, int error)
{
    char name[32];
    size_t i;
    bool named = false;
    (void)fputs("weir: ", stderr);
    for (i = 0; i < option_table_count; i++) {
        if (!option_table[i].error || option_table[i].error != error || !o->given[i]) continue;
        if (option_table[i].kind == OPTION_MEMORY && o->mem_of_file) continue;
        (void)fprintf(stderr, "%s%s %s", named ? ", " : "", option_written(&option_table[i], name),
                      o->given[i]);
        named = true;
    }
    if (!named)
        (void)fprintf(stderr, "%s%smem %s", MEM_FROM(o),
                      units_exact_size(o->pool.limit_bytes).text);
    (void)fprintf(stderr, ": %s", refusal(error));
    if (error == WEIR_ERR_LIMIT_TOO_SMALL)
        (void)fprintf(stderr, "; with these options at least %s",
                      units_exact_size(weir_pool_smallest_limit(&o->pool)).text);
    (void)fputc('\n', stderr);
}
