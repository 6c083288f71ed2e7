/* SPDX-License-Identifier: MIT */
#include "live.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "advice.h"
#include "live_line.h"
#include "privilege.h"
#include "say.h"
#include "steady.h"
#include "units.h"

enum { ENGINES_MAX = 256 }; /* weir_pool_config.max_engines */

#define TICK_NS WEIR_SECOND

struct live {
    const options *options;
    lane *lanes; /* those of an interface side by side */
    size_t count;
    size_t opened;  /* of them */
    fanout *groups; /* by interface */
    weir_pool *pool;
    lane_control control;
    snapshot_interface *interfaces; /* of the last snapshot */
    bool *told;                     /* by interface: that it loses packets */
    upkeep upkeep;
    sigset_t mask; /* as it was */
    int signals;   /* a signalfd */
    bool attended; /* there is a terminal, whose end is this program's */
    uint64_t begun_ns;
    uint64_t end_ns; /* by --duration */
};

/* ── Opening ─────────────────────────────────────────────────────────────────────────────────── */

static void close_descriptor(int fd)
{
    if (fd >= 0) (void)close(fd);
}

/* Whether SIGHUP is this room's: not if it is the upkeep's, and not if somebody had it ignored (nohup),
 * for a signalfd would read it all the same. */
static bool hears_hangup(const options *o)
{
    struct sigaction now;
    return !o->limits_file && sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler != SIG_IGN;
}

static bool has_terminal(void)
{
    const int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
    close_descriptor(fd);
    return fd >= 0;
}

static bool open_signals(live *l)
{
    sigset_t wanted, blocked;
    (void)sigemptyset(&wanted);
    (void)sigaddset(&wanted, SIGINT);
    (void)sigaddset(&wanted, SIGTERM);
    (void)sigaddset(&wanted, SIGUSR1);
    if (hears_hangup(l->options)) (void)sigaddset(&wanted, SIGHUP);
    l->attended = has_terminal();
    blocked = wanted;
    /* The upkeep's waits until it listens. */
    if (l->options->limits_file) (void)sigaddset(&blocked, SIGHUP);
    /* Before there is a thread: all inherit it, and only the signalfd gets them. */
    if (pthread_sigmask(SIG_BLOCK, &blocked, &l->mask) != 0) return false;
    l->signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    l->control.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    l->control.done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return l->signals >= 0 && l->control.wake >= 0 && l->control.done >= 0;
}

static void begin_groups(live *l)
{
    for (size_t i = 0; i < l->options->interface_count; i++)
        fanout_begin(&l->groups[i]);
}

static live *make(const options *o)
{
    const size_t interfaces = o->interface_count;
    live *l = calloc(1, sizeof *l);
    if (!l) return NULL;
    l->options = o;
    l->count = interfaces * o->fanout;
    l->lanes = calloc(l->count, sizeof *l->lanes);
    l->groups = calloc(interfaces, sizeof *l->groups);
    l->signals = l->control.wake = l->control.done = -1;
    l->interfaces = calloc(interfaces, sizeof *l->interfaces);
    l->told = calloc(interfaces, sizeof *l->told);
    if (l->groups) begin_groups(l);
    if (l->lanes && l->groups && l->interfaces && l->told && open_signals(l)) return l;
    live_close(l);
    return NULL;
}

/* What is not there yet is waited for if there is something else to capture; else it is likelier that
 * somebody should know now. */
static int say_absent(const live *l)
{
    size_t i, absent = 0;
    for (i = 0; i < l->count; i++)
        absent += lane_is_absent(&l->lanes[i]);
    for (i = 0; i < l->count; i++) {
        const lane *one = &l->lanes[i];
        if (one->speaks && lane_is_absent(one))
            say("-i %s: %s%s", one->interface, one->absent.text,
                absent < l->count ? "; waiting for it" : "");
    }
    return absent < l->count ? EXIT_OK : EXIT_FAILED;
}

static int open_lanes(live *l)
{
    const options *o = l->options;
    int exit_code = EXIT_OK;
    while (l->opened < l->count && exit_code == EXIT_OK) {
        const size_t interface = l->opened / o->fanout;
        exit_code =
            lane_open(&l->lanes[l->opened], o, o->interfaces[interface],
                      o->fanout > 1 ? &l->groups[interface] : NULL, l->opened % o->fanout == 0);
        l->opened++;
    }
    return exit_code;
}

int live_open(live **l, const options *o)
{
    int exit_code;
    *l = NULL;
    if (o->interface_count * o->fanout > ENGINES_MAX) {
        say("%zu interfaces with --fanout %u: more than %d engines on one pool; use fewer",
            o->interface_count, (unsigned)o->fanout, ENGINES_MAX);
        return EXIT_USAGE;
    }
    *l = make(o);
    if (!*l) {
        say("no memory or no descriptors for %zu interfaces", o->interface_count);
        return EXIT_FAILED;
    }
    exit_code = open_lanes(*l);
    if (exit_code == EXIT_OK) exit_code = say_absent(*l);
    if (exit_code == EXIT_OK && !privilege_drop(o->user, o->reopen)) exit_code = EXIT_FAILED;
    return exit_code;
}

void live_close(live *l)
{
    size_t i;
    if (!l) return;
    for (i = 0; i < l->opened; i++)
        lane_close(&l->lanes[i]);
    if (l->pool) (void)weir_pool_destroy(l->pool);
    close_descriptor(l->signals);
    close_descriptor(l->control.wake);
    close_descriptor(l->control.done);
    free(l->lanes);
    free(l->groups);
    free(l->interfaces);
    free(l->told);
    free(l);
}

/* ── The main thread ─────────────────────────────────────────────────────────────────────────── */

static void look_at_lane(live *l, size_t which, snapshot *now)
{
    lane *one = &l->lanes[which];
    snapshot_interface *interface = &l->interfaces[which / l->options->fanout];
    lane_sample sample;
    lane_look(one, &sample);
    now->read_packets += sample.read_packets;
    now->read_bytes += sample.read_bytes;
    if (sample.first_ns != 0 && (now->first_ns == 0 || sample.first_ns < now->first_ns))
        now->first_ns = sample.first_ns;
    hole_histogram_take(&one->session.holes, &now->holes);
    interface->up &= sample.state <= CAPTURE_RENAMED;
    interface->received_packets += sample.capture.received_packets;
    interface->kernel_drops += sample.capture.dropped_packets;
    /* The same in all lanes of an interface. */
    if (one->speaks) interface->interface_drops = sample.capture.interface_dropped;
}

static void look_at_lanes(live *l, snapshot *now)
{
    size_t i;
    for (i = 0; i < l->options->interface_count; i++)
        l->interfaces[i] = (snapshot_interface){l->options->interfaces[i], true, 0, 0, 0};
    for (i = 0; i < l->count; i++)
        look_at_lane(l, i, now);
}

/* A snapshot_source, for the main thread. */
static void look(void *user, snapshot *now)
{
    live *l = user;
    (void)weir_pool_stats(l->pool, &now->stats);
    (void)weir_pool_memory(l->pool, &now->memory);
    look_at_lanes(l, now);
    now->packet_ns = steady_stamp_ns();
    now->interfaces = l->interfaces;
    now->interface_count = l->options->interface_count;
}

static void print_line(live *l)
{
    snapshot now;
    memset(&now, 0, sizeof now);
    weir_stats_init(&now.stats);
    weir_memory_init(&now.memory);
    look(l, &now);
    upkeep_hush(&l->upkeep);
    live_line_print(stderr, &now, steady_ns() - l->begun_ns);
}

/* Once, when it begins: the report is far, and nobody may be asking. */
static void tell_drops(live *l)
{
    snapshot now = {.first_ns = 0};
    char remedy[ADVICE_BYTES];
    size_t i;
    look_at_lanes(l, &now);
    advice_for_ring(l->options, remedy);
    for (i = 0; i < l->options->interface_count; i++) {
        if (l->told[i] || l->interfaces[i].kernel_drops == 0) continue;
        l->told[i] = true;
        upkeep_hush(&l->upkeep);
        say("%s: packets are lost, its ring is full: %s", l->interfaces[i].name, remedy);
    }
}

/* Whether it is to end. */
static bool answer_signals(live *l)
{
    struct signalfd_siginfo info;
    bool end = false;
    while (read(l->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGUSR1)
            print_line(l);
        else if (info.ssi_signo == SIGHUP && !l->attended)
            say("SIGHUP: there is no --limits-file to be read again");
        else
            end = true;
    }
    return end;
}

/* Milliseconds until there is something to do besides signals. */
static int time_left(const live *l, uint64_t now)
{
    const int upkeep_ms = upkeep_wait_ms(&l->upkeep);
    uint64_t left = TICK_NS;
    if (l->end_ns - now < left) left = l->end_ns - now;
    if (upkeep_ms >= 0 && (uint64_t)upkeep_ms * WEIR_MILLISECOND < left) return upkeep_ms;
    return (int)(left / WEIR_MILLISECOND) + 1;
}

static void watch(live *l)
{
    struct pollfd fds[2] = {{.fd = l->signals, .events = POLLIN},
                            {.fd = l->control.done, .events = POLLIN}};
    uint64_t now;
    while ((now = steady_ns()) < l->end_ns) {
        (void)poll(fds, 2, time_left(l, now));
        if (answer_signals(l) || (fds[1].revents & POLLIN)) break;
        upkeep_look(&l->upkeep, steady_stamp_ns());
        tell_drops(l);
    }
}

/* ── The run ─────────────────────────────────────────────────────────────────────────────────── */

static int make_engines(live *l, const weir_callbacks *callbacks, void *user)
{
    int exit_code = session_pool(l->options, (uint32_t)l->count, &l->pool);
    size_t i;
    for (i = 0; i < l->count && exit_code == EXIT_OK; i++) {
        const session_place place = {l->lanes[i].interface, (uint32_t)i, (uint32_t)l->count};
        exit_code =
            session_join(&l->lanes[i].session, l->pool, &place, l->options, callbacks, user);
    }
    return exit_code;
}

/* Whoever asks again wants it at once. Not who asks for figures, nor a terminal that vanishes, whose
 * shell says so too: nobody answers these any more, and by default they would end it. */
static void end_signals(const live *l)
{
    sigset_t rest = l->mask;
    (void)sigaddset(&rest, SIGUSR1);
    (void)sigaddset(&rest, SIGHUP);
    (void)pthread_sigmask(SIG_SETMASK, &rest, NULL);
}

/* Tells all lanes to end. */
static void tell_end(live *l)
{
    const uint64_t one = 1;
    atomic_store(&l->control.end_ns, steady_stamp_ns());
    atomic_store(&l->control.ending, true);
    (void)!write(l->control.wake, &one, sizeof one);
    end_signals(l);
}

static int start_lanes(live *l, size_t *started)
{
    /* Members of a group captured what is not theirs until the last had joined. */
    const uint64_t begin_ns = l->options->fanout > 1 ? steady_stamp_ns() : 0;
    int exit_code = EXIT_OK;
    sigset_t all, before;
    atomic_store(&l->control.end_ns, WEIR_NEVER);
    /* Signals are the main thread's. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    for (*started = 0; *started < l->count && exit_code == EXIT_OK; *started += 1)
        exit_code = lane_start(&l->lanes[*started], &l->control, begin_ns);
    if (exit_code != EXIT_OK) *started -= 1;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return exit_code;
}

/* Waits for all and adds up what they came to. The first that failed gives the exit code. */
static int gather(live *l, size_t started, session_outcome *outcome)
{
    int exit_code = EXIT_OK;
    size_t i;
    memset(outcome, 0, sizeof *outcome);
    for (i = 0; i < started; i++) {
        lane *one = &l->lanes[i];
        lane_join(one);
        if (!one->speaks) one->outcome.capture.interface_dropped = 0;
        session_add(outcome, &one->outcome);
        if (exit_code == EXIT_OK) exit_code = one->exit_code;
    }
    weir_memory_init(&outcome->memory);
    (void)weir_pool_memory(l->pool, &outcome->memory);
    return exit_code;
}

/* Whoever waits for it knows from here on that nothing is missed. */
static void say_begun(const live *l)
{
    const char *before = "";
    size_t i;
    flockfile(stderr);
    (void)fputs("weir: capturing", stderr);
    for (i = 0; i < l->count; i += l->options->fanout) {
        lane_sample sample;
        lane_look(&l->lanes[i], &sample);
        if (sample.state == CAPTURE_GONE) continue;
        (void)fprintf(stderr, "%s %s", before, l->lanes[i].interface);
        before = ",";
    }
    (void)fputs("; SIGINT or SIGTERM ends it\n", stderr);
    funlockfile(stderr);
}

static void let_in(int number)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, number);
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static int begin_upkeep(live *l)
{
    const snapshot_source source = {look, l};
    const int exit_code = upkeep_begin(&l->upkeep, l->options, l->pool, source, true);
    if (l->options->limits_file) let_in(SIGHUP);
    /* On a terminal only if asked for: lanes speak there too. */
    if (exit_code == EXIT_OK && l->options->progress == OPTIONS_PROGRESS_ALWAYS)
        upkeep_expect(&l->upkeep, 0);
    return exit_code;
}

int live_run(live *l, const weir_callbacks *callbacks, void *user, session_outcome *outcome)
{
    size_t started = 0;
    snapshot last = {.first_ns = 0};
    int gathered;
    int exit_code = make_engines(l, callbacks, user);
    if (exit_code != EXIT_OK) return exit_code;
    l->begun_ns = steady_ns();
    l->end_ns = l->begun_ns + l->options->duration_ns;
    if (l->end_ns < l->begun_ns) l->end_ns = WEIR_NEVER;
    exit_code = begin_upkeep(l);
    if (exit_code == EXIT_OK) exit_code = start_lanes(l, &started);
    if (exit_code == EXIT_OK) {
        say_begun(l);
        watch(l);
    }
    tell_end(l);
    gathered = gather(l, started, outcome);
    upkeep_end(&l->upkeep);
    look_at_lanes(l, &last);
    outcome->interfaces = l->interfaces;
    outcome->interface_count = l->options->interface_count;
    return exit_code != EXIT_OK ? exit_code : gathered;
}
