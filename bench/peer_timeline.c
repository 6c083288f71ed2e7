/* SPDX-License-Identifier: MIT */
#include "peer_timeline.h"

#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Whether that descriptor is the capture's. */
static bool is_capture(const peer_timeline *t, pid_t process, int descriptor)
{
    char path[64], target[PATH_MAX];
    (void)snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)process, descriptor);
    const ssize_t n = readlink(path, target, sizeof target - 1);
    if (n < 0) return false;
    target[n] = '\0';
    return strcmp(target, t->capture) == 0;
}

static void find_descriptor(peer_timeline *t, pid_t process)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/fd", (int)process);
    DIR *all = opendir(path);
    if (!all) return;
    for (const struct dirent *one; t->descriptor == 0 && (one = readdir(all)) != NULL;) {
        const int descriptor = atoi(one->d_name);
        if (one->d_name[0] != '.' && is_capture(t, process, descriptor))
            t->descriptor = descriptor + 1;
    }
    (void)closedir(all);
}

/* Where the descriptor stands; what was known before if it is gone. */
static uint64_t position(const peer_timeline *t, pid_t process, uint64_t before)
{
    char path[64];
    uint64_t at = before;
    if (!is_capture(t, process, t->descriptor - 1)) return t->capture_bytes;
    (void)snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", (int)process, t->descriptor - 1);
    FILE *file = fopen(path, "r");
    if (!file) return before;
    if (fscanf(file, "pos: %" SCNu64, &at) != 1) at = before;
    (void)fclose(file);
    return at < t->capture_bytes ? at : t->capture_bytes;
}

static bool widen(peer_timeline *t)
{
    if (t->count < t->room) return true;
    const size_t room = t->room ? 2 * t->room : 256;
    peer_sample *samples = realloc(t->samples, room * sizeof *samples);
    if (!samples) return false;
    t->samples = samples;
    t->room = room;
    return true;
}

static void append(peer_timeline *t, peer_sample sample)
{
    if (widen(t)) t->samples[t->count++] = sample;
}

void peer_timeline_look(peer_timeline *t, pid_t process, uint64_t run_ns, uint64_t anon_bytes)
{
    const uint64_t before = t->count ? t->samples[t->count - 1].read_bytes : 0;
    if (t->descriptor == 0) find_descriptor(t, process);
    append(t, (peer_sample){run_ns, t->descriptor ? position(t, process, before) : 0, anon_bytes});
}

void peer_timeline_end(peer_timeline *t, uint64_t run_ns, uint64_t anon_bytes)
{
    append(t, (peer_sample){run_ns, t->capture_bytes, anon_bytes});
}

void peer_timeline_free(peer_timeline *t)
{
    free(t->samples);
    t->samples = NULL;
    t->count = t->room = 0;
}
