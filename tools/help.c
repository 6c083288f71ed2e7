/* SPDX-License-Identifier: MIT */
/* The help texts: see options.h. */
#include <string.h>

#include "option_table.h"
#include "units.h"

enum { HELP_COLUMN = 29, SET_COLUMNS = 8 };

/* The value that an option has when it is not given; "" where there is none to tell. */
static units_text default_text(const option_spec *spec, const options *o)
{
    const char *field = (const char *)o + spec->offset;
    units_text out = {""};
    uint32_t narrow = 0;
    uint64_t wide = 0;
    int choice = 0;
    if (spec->standard) (void)snprintf(out.text, sizeof out.text, "%s", spec->standard);
    if (spec->standard) return out;
    switch (spec->kind) {
    case OPTION_MEMORY: /* its size comes first */
    case OPTION_SIZE:
        memcpy(&wide, field, sizeof wide);
        return units_exact_size(wide);
    case OPTION_SIZE32:
        memcpy(&narrow, field, sizeof narrow);
        return units_exact_size(narrow);
    case OPTION_DURATION:
    case OPTION_DURATION_OFF:
        memcpy(&wide, field, sizeof wide);
        return units_exact_duration(wide);
    case OPTION_PERCENT:
    case OPTION_COUNT:
        memcpy(&narrow, field, sizeof narrow);
        (void)snprintf(out.text, sizeof out.text, "%u", (unsigned)narrow);
        return out;
    case OPTION_CHOICE:
        memcpy(&choice, field, sizeof choice);
        (void)snprintf(out.text, sizeof out.text, "%s", spec->choice(choice));
        return out;
    case OPTION_ON_OFF:
        (void)snprintf(out.text, sizeof out.text, "%s", *field ? "on" : "off");
        return out;
    default:
        return out;
    }
}

static void print_choices(const option_spec *spec, FILE *to)
{
    int i;
    for (i = 0; strcmp(spec->choice(i), "?") != 0; i++)
        (void)fprintf(to, "%s%s", i ? ", " : ": ", spec->choice(i));
}

/* On lines of their own. */
static void print_set(const option_spec *spec, FILE *to)
{
    int i;
    for (i = 0; strcmp(spec->choice(i), "?") != 0; i++) {
        if (i % SET_COLUMNS == 0) (void)fprintf(to, "\n%*s ", HELP_COLUMN, "");
        (void)fprintf(to, " %s", spec->choice(i));
    }
}

/* The text, its further lines under the first, and the default behind it. */
static void print_text(const option_spec *spec, const options *o, FILE *to)
{
    const units_text standard = default_text(spec, o);
    const char *at = spec->help;
    for (; *at; at++) {
        (void)fputc(*at, to);
        if (*at == '\n') (void)fprintf(to, "%*s", HELP_COLUMN, "");
    }
    if (spec->choice == weir_overlap_name) print_choices(spec, to);
    if (standard.text[0]) (void)fprintf(to, " [%s]", standard.text);
    if (spec->kind == OPTION_SET) print_set(spec, to);
    (void)fputc('\n', to);
}

static void print_options(options_command command, FILE *to)
{
    options o;
    const char *group = "";
    char name[32], head[64];
    size_t i;
    options_defaults(&o, command);
    for (i = 0; i < option_table_count; i++) {
        const option_spec *spec = &option_table[i];
        if (!option_is_of(spec, command) || !spec->help) continue;
        if (spec->group && strcmp(spec->group, group) != 0)
            (void)fprintf(to, "\n%s\n", group = spec->group);
        (void)snprintf(head, sizeof head, "%s%s%s", option_written(spec, name),
                       spec->argument ? " " : "", spec->argument ? spec->argument : "");
        (void)fprintf(to, "  %-*s", HELP_COLUMN - 2, head);
        print_text(spec, &o, to);
    }
}

static const char *const common_end =
    "\n"
    "Sizes are written 65536, 64KiB, 64MiB; durations 50ms, 2s. What is no option is a filter,\n"
    "as tcpdump knows it. Exit: 0 ok, 1 failed, 2 usage, 3 input incomplete under --strict.\n"
    "Environment: WEIR_SYSTEM_ROOT=DIR, /proc and /sys are looked for below DIR where memory is "
    "asked\n"
    "for; NO_COLOR=1, a report without colours.\n";

void options_help(options_command command, FILE *to)
{
    if (command == OPTIONS_CAT)
        (void)fputs(
            "weir cat: write the bytes of each TCP direction to a file\n\n"
            "usage: weir cat -r FILE [-r FILE]... -o DIR [options] [filter expression]\n"
            "       weir cat -i IFACE [-i IFACE]... -o DIR [options] [filter expression]\n\n"
            "  weir cat -r capture.pcap -o streams 'port 80'\n\n"
            "DIR gets a file a direction, named CLIENT.PORT-SERVER.PORT-ORDINAL.c2s (or .s2c),\n"
            "and streams.jsonl, which says for each what it is and what is missing.\n",
            to);
    else
        (void)fputs("weir run: reassemble TCP streams and report what was there\n\n"
                    "usage: weir run -r FILE [-r FILE]... [options] [filter expression]\n"
                    "       weir run -i IFACE [-i IFACE]... [options] [filter expression]\n\n"
                    "  weir run -r capture.pcap\n"
                    "  weir run -r capture.pcap --mem 16MiB --jsonl 'host 10.0.0.1 and port 443'\n"
                    "  tcpdump -i eth0 -s 0 -U -w - | weir run -r -\n"
                    "  sudo weir run -i eth0 -i eth1 --mem 16MiB 'tcp port 80'\n",
                    to);
    print_options(command, to);
    (void)fputs(common_end, to);
}

void options_help_all(FILE *to)
{
    (void)fputs("weir: TCP streams from packets, inside one memory budget\n\n"
                "usage: weir run -r FILE [options] [filter]          reassemble and report\n"
                "       weir run -i IFACE [options] [filter]         the same, live\n"
                "       weir cat -r FILE -o DIR [options] [filter]   write each stream to a file\n"
                "       weir cat -i IFACE -o DIR [options] [filter]  the same, live\n"
                "       weir run --help, weir cat --help             all options\n"
                "       weir --version\n",
                to);
}
