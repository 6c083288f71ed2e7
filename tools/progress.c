/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "options.h"
#include "units.h"

void progress_begin(progress *p, int mode, uint64_t total_bytes, uint64_t now_ns)
{
    const progress fresh = {.terminal = isatty(STDERR_FILENO) != 0,
                            .total_bytes = total_bytes,
                            .started_ns = now_ns,
                            .before_ns = now_ns};
    *p = fresh;
    p->on = mode == OPTIONS_PROGRESS_ALWAYS || (mode == OPTIONS_PROGRESS_AUTO && p->terminal);
    /* Input that is read in a moment needs no line. */
    p->next_ns = mode == OPTIONS_PROGRESS_ALWAYS ? 0 : now_ns + WEIR_SECOND / 2;
}

/* ── The line ────────────────────────────────────────────────────────────────────────────────── */

struct line {
    char *text;
    size_t length;
};

#define put(line, ...)                                                                             \
    ((line)->length += (size_t)snprintf((line)->text + (line)->length,                             \
                                        PROGRESS_LINE_BYTES - (line)->length, __VA_ARGS__))

/* 0:07, 12:30, 3:00:00 */
static void put_time(struct line *to, uint64_t seconds)
{
    if (seconds >= 3600)
        put(to, "%" PRIu64 ":%02u:%02u", seconds / 3600, (unsigned)(seconds / 60 % 60),
            (unsigned)(seconds % 60));
    else
        put(to, "%u:%02u", (unsigned)(seconds / 60), (unsigned)(seconds % 60));
}

/* Files grow while they are read: never more than all. */
static void put_share(const progress *p, const snapshot *now, uint64_t now_ns, struct line *to)
{
    const double seconds = (double)(now_ns - p->started_ns) / 1e9;
    const double total = (double)p->total_bytes, read = (double)now->read_bytes;
    if (p->total_bytes == 0) {
        put(to, "%s read", units_bytes(now->read_bytes).text);
        return;
    }
    put(to, "%3.0f %%", read < total ? 100 * read / total : 100.0);
    if (seconds < 1 || read <= 0 || read >= total) return;
    put(to, "  ");
    put_time(to, (uint64_t)(seconds * (total - read) / read));
    put(to, " left");
}

static void put_rate(const progress *p, const snapshot *now, uint64_t now_ns, struct line *to)
{
    const double seconds = (double)(now_ns - p->before_ns) / 1e9;
    if (seconds < 0.05 || now->read_packets < p->before_packets) return;
    put(to, ", %s packets/s",
        units_count((uint64_t)((double)(now->read_packets - p->before_packets) / seconds)).text);
}

void progress_line(const progress *p, const snapshot *now, uint64_t now_ns,
                   char line[PROGRESS_LINE_BYTES])
{
    const uint64_t holes = snapshot_holes(now);
    struct line to = {line, 0};
    put_share(p, now, now_ns, &to);
    put_rate(p, now, now_ns, &to);
    put(&to, ", memory %s of %s, %s hole%s", units_bytes(now->memory.committed_bytes).text,
        units_bytes(now->memory.limit_bytes).text, units_count(holes).text, holes == 1 ? "" : "s");
}

/* ── The terminal ────────────────────────────────────────────────────────────────────────────── */

/* A line that wraps could not be overwritten: one column less than there are. */
static int columns(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1) return size.ws_col - 1;
    return 79;
}

void progress_show(progress *p, const snapshot *now, uint64_t now_ns)
{
    char line[PROGRESS_LINE_BYTES], whole[PROGRESS_LINE_BYTES + 8];
    progress_line(p, now, now_ns, line);
    (void)snprintf(whole, sizeof whole, "weir: %s", line);
    if (p->terminal)
        (void)fprintf(stderr, "\r%.*s\033[K", columns(), whole);
    else
        (void)fprintf(stderr, "%s\n", whole);
    p->next_ns = now_ns + (p->terminal ? WEIR_SECOND / 5 : 2 * WEIR_SECOND);
    p->before_ns = now_ns;
    p->before_packets = now->read_packets;
    p->shown = true;
}

void progress_clear(progress *p)
{
    if (p->shown && p->terminal) (void)fputs("\r\033[K", stderr);
    p->shown = false;
}
