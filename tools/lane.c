/* SPDX-License-Identifier: MIT */
#include "lane.h"

#include <string.h>
#include <unistd.h>

#include "say.h"
#include "steady.h"
#include "units.h"

enum {
    ADVANCES_MAX = 64,          /* of one pass of time: the rest at the next */
    DRAIN_MAX_MS = 2000,        /* a flood must not keep the end away */
    WAIT_MS = CAPTURE_BLOCK_MS, /* an engine wants to be called every 100 ms */
    /* To open it again, in a row, until it is said: about a second, in which a name may not be
     * settled yet, and other members of a group not have left. */
    FAILURES_TOLD = 4,
    /* For so long after the start there may be packets of before it. The clock of stamps may be set
     * back later, and no packet would be taken until it has come there again. */
    SETTLED_MS = 1000
};

/* ── Opening ─────────────────────────────────────────────────────────────────────────────────── */

static void say_not_opened(const lane *l, capture_answer answer, const capture_why *why)
{
    if (answer == CAPTURE_BAD_FILTER)
        say("%s", why->text);
    else
        say("-i %s: %s", l->interface, why->text);
}

/* Joins its group; alone it needs none. */
static bool join_group(lane *l, capture_why *why)
{
    int error;
    if (!l->group) return true;
    error = fanout_join(l->group, capture_socket(l->capture));
    if (!error) return true;
    (void)snprintf(why->text, sizeof why->text, "--fanout: %s; capture with one member",
                   strerror(error));
    capture_close(l->capture);
    return false;
}

static void close_capture(lane *l)
{
    if (!capture_is_open(l->capture)) return;
    if (l->group) fanout_leave(l->group);
    capture_close(l->capture);
}

/* What is not there, or down, may come. */
static bool may_come(capture_answer answer)
{
    return answer == CAPTURE_NOT_THERE || answer == CAPTURE_NOT_UP;
}

static capture_answer open_capture(lane *l, capture_why *why)
{
    const capture_answer answer = capture_open(l->capture, why);
    if (answer != CAPTURE_OK) return answer;
    return join_group(l, why) ? CAPTURE_OK : CAPTURE_FAILED;
}

int lane_open(lane *l, const options *o, const char *interface, fanout *group, bool speaks)
{
    capture_answer answer;
    capture_why why;
    memset(l, 0, sizeof *l);
    l->options = o;
    l->interface = interface;
    l->group = group;
    l->speaks = speaks;
    l->capture = capture_create(interface, &o->capture);
    if (!l->capture) return EXIT_FAILED;
    answer = open_capture(l, &why);
    if (answer == CAPTURE_OK) {
        if (why.text[0] && speaks) say("-i %s: %s", interface, why.text);
        return EXIT_OK;
    }
    if (o->reopen && may_come(answer)) {
        l->absent = why;
        atomic_store(&l->state, CAPTURE_GONE);
        return EXIT_OK;
    }
    say_not_opened(l, answer, &why);
    return answer == CAPTURE_BAD_FILTER ? EXIT_USAGE : EXIT_FAILED;
}

bool lane_is_absent(const lane *l)
{
    return l->absent.text[0] != 0;
}

void lane_close(lane *l)
{
    session_close(&l->session);
    if (l->capture) close_capture(l);
    capture_destroy(l->capture);
    l->capture = NULL;
}

/* ── Packets and time ────────────────────────────────────────────────────────────────────────── */

static void count_packet(feed_totals *totals, const weir_packet *packet)
{
    if (totals->first_ns == 0) totals->first_ns = packet->time_ns;
    totals->read_packets++;
    totals->read_bytes += packet->captured_bytes;
    totals->cut_packets += packet->captured_bytes < packet->wire_bytes;
}

static void take(void *user, weir_packet *packets, size_t count)
{
    lane *l = user;
    const uint64_t end_ns = atomic_load_explicit(&l->control->end_ns, memory_order_relaxed);
    size_t i, kept = 0;
    if (l->session.stop != EXIT_OK) return;
    for (i = 0; i < count; i++) {
        if (packets[i].time_ns > end_ns) l->past_end = true;
        if (packets[i].time_ns < l->begin_ns || packets[i].time_ns > end_ns) continue;
        count_packet(&l->session.input, &packets[i]);
        packets[kept++] = packets[i];
    }
    (void)weir_engine_packets(l->session.engine, capture_link_type(l->capture), packets, kept,
                              NULL);
}

/* Moves the engine's clock while no packets do. */
static void pass_time(lane *l)
{
    const uint64_t silent_ns = steady_ns() - l->read_ns;
    const uint64_t lag_ns = LANE_LAG_MS * WEIR_MILLISECOND;
    uint64_t now_ns = WEIR_NEVER; /* before the first packet: memory alone */
    int i;
    if (l->clock_ns > 0) now_ns = l->clock_ns + (silent_ns > lag_ns ? silent_ns - lag_ns : 0);
    for (i = 0; i < ADVANCES_MAX; i++)
        if (weir_engine_advance(l->session.engine, now_ns) != 1 &&
            upkeep_limit_is_met(l->session.pool))
            break;
}

static void publish_reading(lane *l)
{
    atomic_store_explicit(&l->first_ns, l->session.input.first_ns, memory_order_relaxed);
    atomic_store_explicit(&l->read_packets, l->session.input.read_packets, memory_order_relaxed);
    atomic_store_explicit(&l->read_bytes, l->session.input.read_bytes, memory_order_relaxed);
}

static void lose_capture(lane *l, const char *why)
{
    close_capture(l);
    atomic_store(&l->state, CAPTURE_GONE);
    if (!l->speaks) return;
    if (l->options->reopen)
        say("%s: %s; waiting for it to come back", l->interface, why);
    else
        say("%s: %s; it is not captured any more (--reopen off)", l->interface, why);
}

/* Returns the packets read. */
static int read_packets(lane *l)
{
    capture_why why;
    int count = 0;
    if (capture_is_open(l->capture)) count = capture_read(l->capture, l->together, take, l, &why);
    if (count < 0)
        lose_capture(l, capture_look(l->capture) == CAPTURE_GONE ? "vanished" : why.text);
    if (count <= 0) return 0;
    l->clock_ns = weir_engine_now(l->session.engine);
    l->read_ns = steady_ns();
    publish_reading(l);
    return count;
}

/* Reads what was captured until now, of which some may wait in a block that is not full. */
static void drain(lane *l)
{
    const uint64_t begin = steady_ns();
    const uint64_t block_ns = begin + 2 * CAPTURE_BLOCK_MS * WEIR_MILLISECOND;
    const uint64_t end_ns = begin + DRAIN_MAX_MS * WEIR_MILLISECOND;
    while (capture_is_open(l->capture) && !l->past_end && l->session.stop == EXIT_OK) {
        const int count = read_packets(l);
        const uint64_t now = steady_ns();
        if (now > end_ns || (count == 0 && now > block_ns)) break;
        if (count == 0) capture_wait(l->capture, -1, 5);
    }
}

/* ── The interface ───────────────────────────────────────────────────────────────────────────── */

static void try_again(lane *l)
{
    capture_why why;
    capture_answer answer;
    if (!l->options->reopen) return;
    answer = open_capture(l, &why);
    if (answer == CAPTURE_OK) {
        l->failures = 0;
        atomic_store(&l->state, CAPTURE_UP);
        if (l->speaks)
            say("%s: is %s", l->interface,
                lane_is_absent(l) ? "there now, and captured" : "back, and captured again");
        l->absent.text[0] = 0;
        return;
    }
    if (may_come(answer) || l->failures >= FAILURES_TOLD) return;
    if (++l->failures == FAILURES_TOLD)
        say("%s: cannot be captured: %s; it is tried again", l->interface, why.text);
}

static void change_state(lane *l, capture_state state)
{
    if (state == CAPTURE_GONE) {
        drain(l);
        if (capture_is_open(l->capture)) lose_capture(l, "vanished");
        return;
    }
    atomic_store(&l->state, state);
    if (!l->speaks) return;
    if (state == CAPTURE_DOWN)
        say("%s: went down", l->interface);
    else if (state == CAPTURE_RENAMED)
        say("%s: has another name now, and is captured all the same", l->interface);
    else
        say("%s: is up again", l->interface);
}

static void publish_counts(lane *l)
{
    const capture_totals totals = capture_count(l->capture);
    atomic_store_explicit(&l->received_packets, totals.received_packets, memory_order_relaxed);
    atomic_store_explicit(&l->dropped_packets, totals.dropped_packets, memory_order_relaxed);
    atomic_store_explicit(&l->interface_dropped, totals.interface_dropped, memory_order_relaxed);
}

static void choose_batch(lane *l)
{
    weir_stats stats;
    weir_stats_init(&stats);
    (void)weir_engine_stats(l->session.engine, &stats);
    l->together = stats.connections_open < LANE_MANY ? 1 : CAPTURE_BATCH;
}

/* Four times a second. Whoever reads the output wants it when it is there. */
static void look_after(lane *l)
{
    const uint64_t now = steady_ns();
    capture_state state;
    if (now < l->look_ns) return;
    if (now > l->settled_ns) l->begin_ns = 0;
    l->look_ns = now + LANE_LOOK_MS * WEIR_MILLISECOND;
    publish_counts(l);
    choose_batch(l);
    if (l->session.place.number == 0) (void)fflush(stdout);
    if (!capture_is_open(l->capture)) {
        try_again(l);
        return;
    }
    state = capture_look(l->capture);
    if ((int)state != atomic_load(&l->state)) change_state(l, state);
}

/* ── The thread ──────────────────────────────────────────────────────────────────────────────── */

static void *lane_main(void *argument)
{
    const uint64_t one = 1;
    lane *l = argument;
    while (!atomic_load_explicit(&l->control->ending, memory_order_relaxed) &&
           l->session.stop == EXIT_OK) {
        if (read_packets(l) == 0) {
            capture_wait(l->capture, l->control->wake, WAIT_MS);
            pass_time(l);
        }
        look_after(l);
    }
    /* The others end too; the write fails only if they have been told often enough. */
    if (l->session.stop != EXIT_OK && write(l->control->done, &one, sizeof one) < 0)
        say("cannot wake the main thread");
    drain(l);
    publish_counts(l);
    l->exit_code = session_end(&l->session, &l->outcome);
    if (l->session.stop != EXIT_OK) l->exit_code = l->session.stop;
    l->outcome.live = true;
    l->outcome.capture = capture_count(l->capture);
    return NULL;
}

int lane_start(lane *l, lane_control *control, uint64_t begin_ns)
{
    l->control = control;
    l->begin_ns = begin_ns;
    l->settled_ns = steady_ns() + SETTLED_MS * WEIR_MILLISECOND;
    l->together = 1;
    if (pthread_create(&l->thread, NULL, lane_main, l) == 0) return EXIT_OK;
    say("cannot make a thread for %s; capture fewer interfaces", l->interface);
    return EXIT_FAILED;
}

void lane_join(lane *l)
{
    (void)pthread_join(l->thread, NULL);
}

void lane_look(lane *l, lane_sample *sample)
{
    sample->state = (capture_state)atomic_load(&l->state);
    sample->capture.received_packets = atomic_load(&l->received_packets);
    sample->capture.dropped_packets = atomic_load(&l->dropped_packets);
    sample->capture.interface_dropped = atomic_load(&l->interface_dropped);
    sample->first_ns = atomic_load(&l->first_ns);
    sample->read_packets = atomic_load(&l->read_packets);
    sample->read_bytes = atomic_load(&l->read_bytes);
}
