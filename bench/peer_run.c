/* SPDX-License-Identifier: MIT */
#include "peer_run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_MS = 10, LOOK_CLOSELY_MS = 1, PIECE_BYTES = 1 << 16, WALL_TIMES = 10 };

/* A run while it lasts. */
typedef struct watch {
    const peer_plan *plan;
    peer_figures *figures;
    pid_t process;
    int in, out; /* its stdin, its stdout; -1: closed */
    FILE *complaints;
    uint64_t started_ns, looked_ns;
    char line[256]; /* what it said so far, in a timed run */
    size_t line_bytes;
    peer_record record; /* in hand, in a checked one */
    size_t record_bytes;
    uint64_t left; /* bytes of it that are still to come */
    bool begun;    /* some of them were given to the sink */
    uint8_t piece[PIECE_BYTES];
} watch;

static uint64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ── Memory ── */

/* The number behind `key` in a file of the process, in bytes; PEER_UNKNOWN: it is not there. */
static uint64_t figure_of(pid_t process, const char *file_name, const char *key)
{
    char path[64], line[256];
    uint64_t kib, found = PEER_UNKNOWN;
    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)process, file_name);
    FILE *file = fopen(path, "r");
    if (!file) return PEER_UNKNOWN;
    while (found == PEER_UNKNOWN && fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0 &&
            sscanf(line + strlen(key), ": %" SCNu64, &kib) == 1)
            found = kib << 10;
    (void)fclose(file);
    return found;
}

static void raise_to(uint64_t *peak, uint64_t value)
{
    if (value != PEER_UNKNOWN && value > *peak) *peak = value;
}

static void end_it(watch *w, peer_outcome outcome)
{
    if (w->figures->outcome == PEER_DONE) w->figures->outcome = outcome;
    (void)kill(-w->process, SIGKILL);
}

/* Of all its threads so far. */
static uint64_t cpu_ns(pid_t process)
{
    clockid_t clock;
    struct timespec used;
    if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &used) != 0) return 0;
    return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

static bool interrupted(void)
{
    sigset_t waiting;
    if (sigpending(&waiting) != 0) return false;
    return sigismember(&waiting, SIGINT) == 1 || sigismember(&waiting, SIGTERM) == 1;
}

static int look_ms(const watch *w)
{
    return w->plan->timeline ? LOOK_CLOSELY_MS : LOOK_MS;
}

static void look_at_memory(watch *w, uint64_t now)
{
    raise_to(&w->figures->peak_bytes, figure_of(w->process, "status", "VmHWM"));
    const uint64_t anon = figure_of(w->process, "status", "RssAnon");
    raise_to(&w->figures->peak_anon_bytes, anon);
    if (w->plan->timeline && anon != PEER_UNKNOWN)
        peer_timeline_look(w->plan->timeline, w->process, now - w->started_ns, anon);
    if (anon != PEER_UNKNOWN && anon > w->plan->memory_bytes) end_it(w, PEER_KILLED_MEMORY);
}

/* At most every look_ms. What a program takes to end, after its last word, is not of its work: a sanitizer's, say. */
static void look(watch *w)
{
    const uint64_t now = now_ns();
    if (now - w->looked_ns < (uint64_t)look_ms(w) * 1000000u) return;
    w->looked_ns = now;
    if (w->figures->end_anon_bytes == PEER_UNKNOWN) look_at_memory(w, now);
    if (cpu_ns(w->process) > w->plan->time_ns) end_it(w, PEER_KILLED_TIME);
    if (now - w->started_ns > WALL_TIMES * w->plan->time_ns) end_it(w, PEER_KILLED_TIME);
    if (interrupted()) end_it(w, PEER_INTERRUPTED);
}

/* It has done its work and waits. */
static void look_at_end(watch *w)
{
    w->figures->end_anon_bytes = figure_of(w->process, "smaps_rollup", "Anonymous");
    const uint64_t anon = w->figures->end_anon_bytes;
    raise_to(&w->figures->peak_anon_bytes, anon);
    if (w->plan->timeline && anon != PEER_UNKNOWN)
        peer_timeline_end(w->plan->timeline, now_ns() - w->started_ns, anon);
    raise_to(&w->figures->peak_bytes, figure_of(w->process, "status", "VmHWM"));
}

/* ── What it says ── */

static void close_in(watch *w)
{
    if (w->in >= 0) (void)close(w->in);
    w->in = -1;
}

static void take_line(watch *w, const uint8_t *data, size_t bytes)
{
    for (size_t i = 0; i < bytes && w->in >= 0; i++) {
        if (data[i] != '\n') {
            if (w->line_bytes + 1 < sizeof w->line) w->line[w->line_bytes++] = (char)data[i];
            continue;
        }
        w->line[w->line_bytes] = '\0';
        (void)sscanf(w->line, "packets=%" SCNu64 " delivered=%" SCNu64, &w->figures->packets,
                     &w->figures->delivered);
        look_at_end(w);
        close_in(w);
    }
}

/* Up to all of the record's head, or some of its bytes. Returns how many it took. */
static size_t take_record(watch *w, const uint8_t *data, size_t bytes)
{
    if (w->left == 0) {
        const size_t wanted = sizeof w->record - w->record_bytes;
        const size_t n = bytes < wanted ? bytes : wanted;
        memcpy((uint8_t *)&w->record + w->record_bytes, data, n);
        w->record_bytes += n;
        if (w->record_bytes < sizeof w->record) return n;
        w->record_bytes = 0;
        w->left = w->record.bytes;
        w->begun = false;
        if (w->left == 0) w->plan->sink(w->plan->user, &w->record, data, 0);
        return n;
    }
    const size_t n = bytes < w->left ? bytes : (size_t)w->left;
    w->plan->sink(w->plan->user, w->begun ? NULL : &w->record, data, n);
    w->begun = true;
    w->left -= n;
    return n;
}

static void take_records(watch *w, const uint8_t *data, size_t bytes)
{
    while (bytes > 0) {
        const size_t n = take_record(w, data, bytes);
        data += n;
        bytes -= n;
    }
}

/* false: there will be no more. A pipe has less in it than a piece as a rule: what is there is taken whole, so that a
 * record's bytes are not cut more often than need be. */
static bool take_output(watch *w)
{
    const ssize_t n = read(w->out, w->piece, sizeof w->piece);
    if (n < 0) return errno == EINTR || errno == EAGAIN;
    if (n == 0) return false;
    if (w->plan->sink)
        take_records(w, w->piece, (size_t)n);
    else
        take_line(w, w->piece, (size_t)n);
    return true;
}

static void listen_to(watch *w)
{
    struct pollfd ready = {.fd = w->out, .events = POLLIN};
    for (bool more = true; more; look(w)) {
        const int n = poll(&ready, 1, look_ms(w));
        if (n > 0) more = take_output(w);
    }
}

/* ── Start and end ── */

/* Spawned and not forked: a forked child begins with the pages of its parent, and taking them down would be in its
 * time. */
static bool spawn(watch *w, int in, int out)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none, all;
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    if (posix_spawn_file_actions_init(&files) != 0) return false;
    if (posix_spawnattr_init(&how) != 0) return false;
    (void)posix_spawn_file_actions_addchdir_np(&files, w->plan->directory);
    (void)posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
    (void)posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    (void)posix_spawn_file_actions_adddup2(&files, fileno(w->complaints), STDERR_FILENO);
    (void)posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                             POSIX_SPAWN_SETSIGMASK);
    (void)posix_spawnattr_setsigmask(&how, &none);
    (void)posix_spawnattr_setsigdefault(&how, &all);
    const int error =
        posix_spawn(&w->process, w->plan->arguments[0], &files, &how, w->plan->arguments, environ);
    (void)posix_spawn_file_actions_destroy(&files);
    (void)posix_spawnattr_destroy(&how);
    if (error != 0) w->figures->outcome = PEER_NOT_STARTED;
    return error == 0;
}

/* Pipes that are closed in what is started: else it would not see the end of its stdin. */
static bool start(watch *w)
{
    int to[2], from[2];
    w->complaints = tmpfile();
    if (!w->complaints || pipe2(to, O_CLOEXEC) != 0) return false;
    w->in = to[1];
    if (pipe2(from, O_CLOEXEC) != 0) {
        (void)close(to[0]);
        return false;
    }
    w->out = from[0];
    w->started_ns = w->looked_ns = now_ns();
    const bool started = spawn(w, to[0], from[1]);
    (void)close(to[0]);
    (void)close(from[1]);
    return started;
}

static void settle(watch *w)
{
    struct rusage used;
    int status = 0;
    char *said = w->figures->said;
    close_in(w);
    /* What has closed its stdout may go on for long. */
    while (wait4(w->process, &status, WNOHANG, &used) == 0) {
        look(w);
        (void)poll(NULL, 0, 1);
    }
    w->figures->wall_ns = now_ns() - w->started_ns;
    w->figures->cpu_ns = (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000000u +
                         (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1000u;
    if (status != 0 && w->figures->outcome == PEER_DONE) w->figures->outcome = PEER_FAILED;
    rewind(w->complaints);
    if (!fgets(said, PEER_SAID_BYTES, w->complaints)) said[0] = '\0';
    said[strcspn(said, "\n")] = '\0';
}

const char *peer_outcome_name(peer_outcome outcome)
{
    static const char *const names[] = {
        [PEER_DONE] = "done",
        [PEER_NOT_STARTED] = "not installed",
        [PEER_FAILED] = "failed",
        [PEER_KILLED_MEMORY] = "killed (memory)",
        [PEER_KILLED_TIME] = "killed (time)",
        [PEER_INTERRUPTED] = "interrupted",
    };
    return names[outcome];
}

bool peer_run(const peer_plan *plan, peer_figures *figures)
{
    watch *w = calloc(1, sizeof *w);
    if (!w) return false;
    *figures = (peer_figures){.outcome = PEER_DONE, .end_anon_bytes = PEER_UNKNOWN};
    *w = (watch){.plan = plan, .figures = figures, .in = -1, .out = -1};
    const bool started = start(w);
    if (started) {
        listen_to(w);
        settle(w);
    }
    close_in(w);
    if (w->out >= 0) (void)close(w->out);
    if (w->complaints) (void)fclose(w->complaints);
    free(w);
    return started || figures->outcome == PEER_NOT_STARTED;
}
