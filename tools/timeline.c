/* SPDX-License-Identifier: MIT */
#include "timeline.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { ROW_BYTES = 10 * 24 };

/* What follows half a row would be glued to it. */
static int put_whole(const timeline *t, const char *text, size_t bytes)
{
    const off_t before = lseek(t->fd, 0, SEEK_END); /* -1: a pipe */
    size_t done = 0;
    while (done < bytes) {
        const ssize_t written = write(t->fd, text + done, bytes - done);
        const int error = errno;
        if (written >= 0) done += (size_t)written;
        if (written >= 0 || error == EINTR) continue;
        if (done > 0 && before >= 0) (void)!ftruncate(t->fd, before);
        return error;
    }
    return 0;
}

int timeline_begin(timeline *t, const char *path)
{
    static const char head[] =
        "time_s,packets,packet_time_s,limit_bytes,ledger_bytes,held_bytes,rss_anon_bytes,"
        "connections,holes,dropped_packets\n";
    t->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    t->on = t->fd >= 0;
    return t->on ? put_whole(t, head, sizeof head - 1) : errno;
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
    char row[ROW_BYTES];
    const int bytes =
        snprintf(row, sizeof row,
                 "%.6f,%" PRIu64 ",%.6f,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
                 ",%" PRIu64 ",%" PRIu64 "\n",
                 (double)run_ns / 1e9, now->stats.packets, (double)span_ns / 1e9,
                 now->memory.limit_bytes, now->memory.committed_bytes, now->stats.held_bytes,
                 anon_bytes, now->stats.connections_open, snapshot_holes(now), drops_of(now));
    return put_whole(t, row, (size_t)bytes);
}

void timeline_end(timeline *t)
{
    if (t->on) (void)close(t->fd);
    t->on = false;
}
