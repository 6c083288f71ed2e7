/* SPDX-License-Identifier: MIT */
#include "timeline.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

int timeline_begin(timeline *t, const char *path)
{
    memset(t, 0, sizeof *t);
    t->to = fopen(path, "we");
    if (!t->to) return errno;
    (void)fputs("time_s,packets,packet_time_s,limit_bytes,ledger_bytes,held_bytes,rss_anon_bytes,"
                "connections,holes,dropped_packets\n",
                t->to);
    return fflush(t->to) == 0 ? 0 : errno;
}

static uint64_t holes_of(const weir_stats *stats)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < WEIR_HOLE_CAUSE_COUNT; i++)
        sum += stats->holes[i];
    return sum;
}

static uint64_t drops_of(const snapshot *now)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < now->interface_count; i++)
        sum += now->interfaces[i].kernel_drops + now->interfaces[i].interface_drops;
    return sum;
}

int timeline_add(timeline *t, const snapshot *now, uint64_t run_ns, uint64_t anon_bytes)
{
    /* Before the first packet there is no time to count from. */
    const bool begun = now->stats.packets > 0 && now->packet_ns > now->first_ns;
    const uint64_t span_ns = begun ? now->packet_ns - now->first_ns : 0;
    (void)fprintf(t->to, "%.6f,%" PRIu64 ",%.6f,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64,
                  (double)run_ns / 1e9, now->stats.packets, (double)span_ns / 1e9,
                  now->memory.limit_bytes, now->memory.committed_bytes, now->stats.held_bytes,
                  anon_bytes);
    (void)fprintf(t->to, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n", now->stats.connections_open,
                  holes_of(&now->stats), drops_of(now));
    if (fflush(t->to) == 0 || t->failed) return 0;
    t->failed = true;
    return errno;
}

void timeline_end(timeline *t)
{
    if (t->to) (void)fclose(t->to);
    t->to = NULL;
}
