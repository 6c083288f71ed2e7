/* SPDX-License-Identifier: MIT */
#include "option_table.h"

#include <stddef.h>

static const char *pick(const char *const *names, int count, int value)
{
    return value >= 0 && value < count ? names[value] : "?";
}

static const char *checksum_name(int value)
{
    static const char *const names[] = {"off", "count", "on"};
    return pick(names, 3, value);
}

static const char *progress_name(int value)
{
    static const char *const names[] = {"auto", "always", "never"};
    return pick(names, 3, value);
}

static const char *gaps_name(int value)
{
    static const char *const names[] = {"skip", "zero"};
    return pick(names, 2, value);
}

const option_spec option_table[] = {
    {.name = "r",
     .argument = "FILE",
     .kind = OPTION_INPUT,
     .group = "input",
     .help = "read a capture, pcap or pcapng; - is standard input. Several are\n"
             "read in the order given, as one capture"},
    {.name = "i", .argument = "IFACE", .kind = OPTION_TEXT, .offset = offsetof(options, interface)},
    {.name = "strict",
     .kind = OPTION_FLAG,
     .offset = offsetof(options, strict),
     .help = "input that is cut short or corrupt ends with exit code 3"},
    {.name = "o",
     .argument = "DIR",
     .kind = OPTION_TEXT,
     .offset = offsetof(options, output),
     .only = OPTIONS_CAT,
     .group = "output",
     .help = "directory to write to; made if it is not there"},
    {.name = "gaps",
     .argument = "HOW",
     .kind = OPTION_CHOICE,
     .offset = offsetof(options, gaps),
     .choice = gaps_name,
     .only = OPTIONS_CAT,
     .help = "missing bytes: skip, or zero (sparse, with late bytes in\n"
             "their place)"},
    {.name = "force",
     .kind = OPTION_FLAG,
     .offset = offsetof(options, force),
     .only = OPTIONS_CAT,
     .help = "write to DIR although it has a streams.jsonl already"},
    {.name = "jsonl",
     .kind = OPTION_FLAG,
     .offset = offsetof(options, jsonl),
     .group = "output",
     .help = "JSON on standard output: a line a connection, and a summary"},
    {.name = "holes",
     .kind = OPTION_FLAG,
     .offset = offsetof(options, holes),
     .help = "with --jsonl: a line a hole too"},
    {.name = "progress",
     .argument = "WHEN",
     .kind = OPTION_CHOICE,
     .offset = offsetof(options, progress),
     .choice = progress_name,
     .help = "on standard error: auto (on a terminal), always or never"},
    {.name = "mem",
     .argument = "SIZE",
     .kind = OPTION_SIZE,
     .offset = offsetof(options, pool.limit_bytes),
     .error = WEIR_ERR_LIMIT_TOO_SMALL,
     .group = "memory",
     .help = "bound on everything the library holds"},
    {.name = "conn-mem",
     .argument = "SIZE",
     .kind = OPTION_SIZE,
     .offset = offsetof(options, engine.conn_held_bytes),
     .error = WEIR_ERR_CONN_LIMIT,
     .help = "most that one connection may hold behind holes",
     .standard = "8MiB, at most mem/8"},
    {.name = "conn-records",
     .argument = "N",
     .kind = OPTION_COUNT,
     .offset = offsetof(options, engine.conn_records),
     .error = WEIR_ERR_CONN_RECORDS,
     .help = "most pieces that one direction may hold there"},
    {.name = "conn-share",
     .argument = "PCT",
     .kind = OPTION_PERCENT,
     .offset = offsetof(options, pool.conn_share_percent),
     .error = WEIR_ERR_SHARE,
     .help = "most of --mem for connections and tables, in percent"},
    {.name = "frag-share",
     .argument = "PCT",
     .kind = OPTION_PERCENT,
     .offset = offsetof(options, pool.frag_share_percent),
     .error = WEIR_ERR_SHARE,
     .help = "most of --mem for IP fragments, in percent"},
    {.name = "page",
     .argument = "SIZE",
     .kind = OPTION_SIZE32,
     .offset = offsetof(options, pool.page_bytes),
     .error = WEIR_ERR_PAGE_SIZE,
     .help = "page of the pool: 1, 2, 4, 8 or 16KiB"},
    {.name = "hole-timeout",
     .argument = "DUR",
     .kind = OPTION_DURATION,
     .offset = offsetof(options, engine.hole_timeout_ns),
     .error = WEIR_ERR_TIMEOUT,
     .group = "time (of the packets)",
     .help = "give up missing bytes after"},
    {.name = "acked-hole",
     .argument = "DUR|off",
     .kind = OPTION_DURATION_OFF,
     .offset = offsetof(options, engine.acked_hole_ns),
     .error = WEIR_ERR_TIMEOUT,
     .help = "give them up after, once their receiver has acknowledged them"},
    {.name = "idle",
     .argument = "DUR",
     .kind = OPTION_DURATION,
     .offset = offsetof(options, engine.idle_ns),
     .error = WEIR_ERR_TIMEOUT,
     .help = "forget a connection that is silent for"},
    {.name = "half-open",
     .argument = "DUR",
     .kind = OPTION_DURATION,
     .offset = offsetof(options, engine.half_open_ns),
     .error = WEIR_ERR_TIMEOUT,
     .help = "forget one that was never opened fully after"},
    {.name = "linger",
     .argument = "DUR",
     .kind = OPTION_DURATION,
     .offset = offsetof(options, engine.linger_ns),
     .error = WEIR_ERR_TIMEOUT,
     .help = "keep a closed one for"},
    {.name = "overlap",
     .argument = "POLICY",
     .kind = OPTION_CHOICE,
     .offset = offsetof(options, overlap),
     .choice = weir_overlap_name,
     .error = WEIR_ERR_POLICY,
     .group = "TCP",
     .help = "who wins bytes sent twice"},
    {.name = "checksum",
     .argument = "MODE",
     .kind = OPTION_CHOICE,
     .offset = offsetof(options, checksum),
     .choice = checksum_name,
     .help = "TCP checksums: off, count, or on (wrong ones are dropped)"},
    {.name = "urgent",
     .argument = "HOW",
     .kind = OPTION_CHOICE,
     .offset = offsetof(options, urgent),
     .choice = weir_urgent_name,
     .error = WEIR_ERR_POLICY,
     .help = "urgent bytes: inline, oob or drop (both: out of the stream)"},
    {.name = "key-vlan",
     .argument = "on|off",
     .kind = OPTION_ON_OFF,
     .offset = offsetof(options, engine.key_vlan),
     .help = "VLAN ids tell connections apart"},
    {.name = "key-tunnel",
     .argument = "on|off",
     .kind = OPTION_ON_OFF,
     .offset = offsetof(options, engine.key_tunnel),
     .help = "numbers of tunnels tell connections apart"},
    {.name = "tunnels",
     .argument = "LIST",
     .kind = OPTION_SET,
     .offset = offsetof(options, engine.tunnels),
     .choice = weir_tunnel_name,
     .help = "tunnels that are opened: all, off, NAME,NAME or all,-NAME",
     .standard = "all"},
    {.name = "midstream",
     .argument = "on|off",
     .kind = OPTION_ON_OFF,
     .offset = offsetof(options, engine.midstream),
     .help = "take up connections whose SYN was not seen"},
    {.name = "batch", .argument = "N", .kind = OPTION_COUNT, .offset = offsetof(options, batch)},
    {.name = "hash-key",
     .argument = "HEX32",
     .kind = OPTION_KEY,
     .offset = offsetof(options, hash_key)},
    {.name = "help", .kind = OPTION_HELP},
};

const size_t option_table_count = sizeof option_table / sizeof *option_table;

_Static_assert(sizeof option_table / sizeof *option_table <= OPTIONS_TABLE_MAX,
               "given[] too small");

const char *option_written(const option_spec *spec, char to[32])
{
    (void)snprintf(to, 32, "%s%s", spec->name[1] ? "--" : "-", spec->name);
    return to;
}
