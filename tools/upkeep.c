/* SPDX-License-Identifier: MIT */
#include "upkeep.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "atomic_file.h"
#include "limits_file.h"
#include "metrics.h"
#include "process_memory.h"
#include "say.h"
#include "steady.h"
#include "units.h"

#define PRESSURE_NS (WEIR_SECOND / 4)

/* Durations and stamps of packets may be anything. */
static uint64_t after(uint64_t time_ns, uint64_t span_ns)
{
    return span_ns < WEIR_NEVER - time_ns ? time_ns + span_ns : WEIR_NEVER;
}

static snapshot take(const upkeep *u)
{
    snapshot now;
    memset(&now, 0, sizeof now);
    weir_stats_init(&now.stats);
    weir_memory_init(&now.memory);
    u->source.take(u->source.user, &now);
    return now;
}

/* ── Metrics, timeline ───────────────────────────────────────────────────────────────────────── */

static int save_metrics(const upkeep *u)
{
    const snapshot now = take(u);
    const metrics_process process = {.start_s = u->start_s,
                                     .anon_bytes = process_memory_anon_bytes(),
                                     .configured_bytes = u->relief.configured_bytes,
                                     .stalled = u->stalled,
                                     .reloads = u->reloads};
    atomic_file file;
    const int error = atomic_file_begin(&file, AT_FDCWD, u->options->metrics);
    if (error) return error;
    metrics_write(file.stream, &now, &process);
    return atomic_file_commit(&file);
}

/* A full disk is no reason to stop; it is said when it begins and when it is over. */
static void update_metrics(upkeep *u, uint64_t now_ns)
{
    const int error = save_metrics(u);
    u->metrics_ns = after(now_ns, u->options->metrics_every_ns);
    if (error && !u->metrics_failed) {
        upkeep_hush(u);
        say("--metrics %s: %s; it is tried again, the old file is %s old by now",
            u->options->metrics, strerror(error),
            units_duration(u->options->metrics_every_ns).text);
    } else if (!error && u->metrics_failed) {
        upkeep_hush(u);
        say("--metrics %s: is written again", u->options->metrics);
    }
    u->metrics_failed = error != 0;
}

static void add_row(upkeep *u, uint64_t now_ns)
{
    const snapshot now = take(u);
    const int error =
        timeline_add(&u->timeline, &now, now_ns - u->started_ns, process_memory_anon_bytes());
    if (error && !u->timeline_failed) {
        upkeep_hush(u);
        say("--timeline %s: %s; rows are missing from here on", u->options->timeline,
            strerror(error));
    } else if (!error && u->timeline_failed) {
        upkeep_hush(u);
        say("--timeline %s: is written again", u->options->timeline);
    }
    u->timeline_failed = error != 0;
}

/* ── Limits ──────────────────────────────────────────────────────────────────────────────────── */

/* Puts the relief's limit in force, and says so. false: the one before, stays. */
static bool set_limit(upkeep *u, const char *why, uint64_t before_bytes)
{
    const uint64_t bytes = u->relief.limit_bytes;
    const int error = weir_pool_set_limit(u->pool, bytes);
    upkeep_hush(u);
    if (error == WEIR_OK && bytes < u->relief.configured_bytes)
        say("%s: the memory limit is %s now, without pressure it is %s", why,
            units_bytes(bytes).text, units_bytes(u->relief.configured_bytes).text);
    else if (error == WEIR_OK)
        say("%s: the memory limit is %s now", why, units_bytes(bytes).text);
    else
        say("%s: the memory limit stays %s, because %s is too little for so many captures", why,
            units_bytes(before_bytes).text, units_bytes(bytes).text);
    return error == WEIR_OK;
}

static void look_at_pressure(upkeep *u, uint64_t now_ns)
{
    const uint64_t before_bytes = u->relief.limit_bytes;
    char why[96];
    u->pressure_ns = now_ns + PRESSURE_NS;
    u->stalled = pressure_look(&u->pressure, now_ns);
    if (relief_is_pressed(u->stalled)) (void)weir_pool_trim(u->pool);
    if (!relief_look(&u->relief, u->stalled, now_ns)) return;
    if (relief_is_pressed(u->stalled))
        (void)snprintf(why, sizeof why, "memory pressure %s, %.0f %% of the time stalled",
                       u->pressure.in_group ? "in this control group" : "on this machine",
                       100 * u->stalled);
    else
        (void)snprintf(why, sizeof why, "memory pressure is over");
    if (!set_limit(u, why, before_bytes)) relief_refuse(&u->relief, before_bytes);
}

/* SIGHUP: the one thing that a signal can reach is such a variable. */
static volatile sig_atomic_t hung_up;

static void on_hangup(int number)
{
    (void)number;
    hung_up = 1;
}

static void listen_for_hangup(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_hangup;
    hung_up = 0;
    (void)sigaction(SIGHUP, &action, NULL);
}

static void reload(upkeep *u)
{
    const char *path = u->options->limits_file;
    const relief before = u->relief;
    limits_file limits;
    memory_limit of;
    uint64_t bytes;
    hung_up = 0;
    upkeep_hush(u);
    if (!limits_file_read(path, &limits)) return;
    bytes = limits.has_mem ? memory_wish_bytes(&limits.mem, u->relief.configured_bytes, &of)
                           : u->relief.configured_bytes;
    if (bytes == 0) {
        say("%s: what this process may have is not known; give a size; the limit stays", path);
    } else if (bytes > u->options->pool.ceiling_bytes) {
        say("%s: mem is %s, above --mem-ceiling %s, which is settled at the start; the limit stays",
            path, units_bytes(bytes).text, units_exact_size(u->options->pool.ceiling_bytes).text);
    } else if (bytes < u->relief.least_bytes) {
        say("%s: mem is %s, too small to work with; give at least %s; the limit stays", path,
            units_bytes(bytes).text, units_exact_size(u->relief.least_bytes).text);
    } else {
        relief_configure(&u->relief, bytes, u->relief.least_bytes);
        if (set_limit(u, path, before.limit_bytes))
            u->reloads++;
        else
            u->relief = before;
    }
}

/* ── The whole ───────────────────────────────────────────────────────────────────────────────── */

void upkeep_expect(upkeep *u, uint64_t total_bytes)
{
    progress_begin(&u->progress, u->options->progress, total_bytes, steady_ns());
}

static int begin_metrics(upkeep *u)
{
    const char *path = u->options->metrics;
    const int error = path ? save_metrics(u) : 0;
    u->metrics_ns = after(u->started_ns, u->options->metrics_every_ns);
    if (!error) return EXIT_OK;
    say("--metrics %s: %s; give a file in a directory that can be written to", path,
        strerror(error));
    return EXIT_USAGE;
}

static int begin_timeline(upkeep *u)
{
    const char *path = u->options->timeline;
    int error;
    u->timeline_packet_ns = WEIR_NEVER;
    if (!path) return EXIT_OK;
    error = timeline_begin(&u->timeline, path);
    u->timeline_packet_ns = 0;
    if (!error) return EXIT_OK;
    say("--timeline %s: %s; give a file in a directory that can be written to", path,
        strerror(error));
    return EXIT_USAGE;
}

/* Where files are read, the machine's state would be in the result: only if asked for. */
static int begin_pressure(upkeep *u, bool live)
{
    const int mode = u->options->pressure;
    u->pressure.group.fd = u->pressure.machine.fd = -1;
    if (mode == OPTIONS_PRESSURE_OFF || (mode == OPTIONS_PRESSURE_AUTO && !live)) return EXIT_OK;
    if (pressure_begin(&u->pressure, u->started_ns)) return EXIT_OK;
    say("--pressure %s: this system does not tell of memory pressure (%s: %s); "
        "boot it with psi=1, or give --pressure off",
        mode == OPTIONS_PRESSURE_ON ? "on" : "auto", u->pressure.path, strerror(u->pressure.error));
    return mode == OPTIONS_PRESSURE_ON ? EXIT_USAGE : EXIT_OK;
}

int upkeep_begin(upkeep *u, const options *o, weir_pool *pool, snapshot_source source, bool live)
{
    int exit_code;
    memset(u, 0, sizeof *u);
    u->options = o;
    u->pool = pool;
    u->source = source;
    u->live = live;
    u->start_s = (double)steady_stamp_ns() / 1e9;
    u->started_ns = steady_ns();
    relief_configure(&u->relief, o->pool.limit_bytes, weir_pool_smallest_limit(&o->pool));
    if (o->limits_file) listen_for_hangup(); /* before the files tell that it runs */
    exit_code = begin_pressure(u, live);
    if (exit_code == EXIT_OK) exit_code = begin_timeline(u);
    if (exit_code == EXIT_OK) exit_code = begin_metrics(u);
    if (exit_code != EXIT_OK) return exit_code;
    u->on = o->metrics || o->timeline || o->limits_file || pressure_is_told(&u->pressure);
    return EXIT_OK;
}

void upkeep_end(upkeep *u)
{
    upkeep_hush(u);
    if (u->on && u->timeline.on) add_row(u, steady_ns());
    if (u->on && u->options->metrics) update_metrics(u, steady_ns());
    timeline_end(&u->timeline);
    pressure_end(&u->pressure);
    u->on = false;
}

static uint64_t sooner(uint64_t one_ns, bool is_due, uint64_t other_ns)
{
    return is_due && other_ns < one_ns ? other_ns : one_ns;
}

int upkeep_wait_ms(const upkeep *u)
{
    const uint64_t now_ns = steady_ns();
    uint64_t due_ns = WEIR_NEVER, wait_ns;
    due_ns = sooner(due_ns, u->progress.on, u->progress.next_ns);
    due_ns = sooner(due_ns, u->options->metrics, u->metrics_ns);
    due_ns = sooner(due_ns, pressure_is_told(&u->pressure), u->pressure_ns);
    due_ns = sooner(due_ns, u->timeline.on && u->live, u->timeline_ns);
    /* A signal that comes just before one waits does not wake. */
    due_ns = sooner(due_ns, u->options->limits_file, now_ns + WEIR_SECOND);
    if (due_ns == WEIR_NEVER) return -1;
    wait_ns = due_ns > now_ns ? due_ns - now_ns : 0;
    return wait_ns < 60 * WEIR_SECOND ? (int)(wait_ns / WEIR_MILLISECOND) + 1 : 60000;
}

bool upkeep_limit_is_met(weir_pool *pool)
{
    weir_memory memory;
    weir_memory_init(&memory);
    return weir_pool_memory(pool, &memory) != WEIR_OK ||
           memory.committed_bytes <= memory.limit_bytes;
}

/* Live by the steady clock: that of packets may be set back. */
static bool row_is_due(const upkeep *u, uint64_t packet_ns, uint64_t now_ns)
{
    if (!u->timeline.on) return false;
    return u->live ? now_ns >= u->timeline_ns : packet_ns >= u->timeline_packet_ns;
}

void upkeep_look(upkeep *u, uint64_t packet_ns)
{
    const uint64_t now_ns = steady_ns();
    if (progress_is_due(&u->progress, now_ns)) {
        const snapshot now = take(u);
        progress_show(&u->progress, &now, now_ns);
    }
    if (!u->on) return;
    if (hung_up && u->options->limits_file) reload(u);
    if (pressure_is_told(&u->pressure) && now_ns >= u->pressure_ns) look_at_pressure(u, now_ns);
    if (u->options->metrics && now_ns >= u->metrics_ns) update_metrics(u, now_ns);
    if (row_is_due(u, packet_ns, now_ns)) {
        add_row(u, now_ns);
        u->timeline_packet_ns = after(packet_ns, u->options->timeline_every_ns);
        u->timeline_ns = after(now_ns, u->options->timeline_every_ns);
    }
}
