/* SPDX-License-Identifier: MIT */
/*
 * The table of options: name, kind, where its value goes, which refusal is about it, and its help.
 */
#ifndef WEIR_TOOLS_OPTION_TABLE_H
#define WEIR_TOOLS_OPTION_TABLE_H

#include "options.h"

typedef enum option_kind {
    OPTION_FLAG,         /* bool */
    OPTION_ON_OFF,       /* uint8_t */
    OPTION_SIZE,         /* uint64_t, bytes */
    OPTION_SIZE32,       /* uint32_t, bytes */
    OPTION_MEMORY,       /* memory_wish */
    OPTION_DURATION,     /* uint64_t, ns */
    OPTION_DURATION_OFF, /* the same; "off" is WEIR_NEVER */
    OPTION_PERCENT,      /* uint32_t */
    OPTION_COUNT,        /* uint32_t */
    OPTION_CHOICE,       /* int */
    OPTION_SET,          /* uint32_t, bits by name: all, off, NAME,NAME or all,-NAME */
    OPTION_TEXT,         /* const char * */
    OPTION_INPUT,        /* adds to inputs */
    OPTION_INTERFACE,    /* adds to interfaces */
    OPTION_KEY,          /* hash_key */
    OPTION_SHARD,        /* engine.shard_index, shard_count */
    OPTION_HELP
} option_kind;

typedef struct option_spec {
    const char *name;     /* a long name, or a letter for "-r" */
    const char *argument; /* NULL: takes none */
    option_kind kind;
    size_t offset;                    /* of its value in struct options */
    const char *(*choice)(int value); /* OPTION_CHOICE, _SET: names from 0 on, then "?" */
    int error;                        /* the WEIR_ERR_* that is about it, or 0 */
    options_command only;             /* of these commands (bits), 0: of all */
    bool live;                        /* about interfaces; nothing where files are read */
    const char *with;                 /* the option without which it would do nothing, or NULL */
    const char *group;                /* a headline above it in the help, or NULL */
    const char *help;                 /* NULL: works, but is not shown */
    const char *standard; /* what the help shows as its default; NULL: the value itself */
} option_spec;

/* Whether a command has the option. */
static inline bool option_is_of(const option_spec *spec, options_command command)
{
    return spec->only == 0 || (spec->only & command) != 0;
}

extern const option_spec option_table[];
extern const size_t option_table_count;

/* As it is written on the command line: "--mem", "-r". Valid as long as *to. */
const char *option_written(const option_spec *spec, char to[32]);

#endif
