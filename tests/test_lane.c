/* SPDX-License-Identifier: MIT */
/*
 * A lane above a capture that is played by this file, and the timeline beside it, while the clock that
 * packets are stamped with is set back: an hour, as at the start of a machine.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lane.h"
#include "steady.h"
#include "support/tool.h"
#include "support/wire.h"

#define HOUR_NS ((uint64_t)3600 * WEIR_SECOND)

/* ── A capture ───────────────────────────────────────────────────────────────────────────────── */

static struct play {
    atomic_uint reads;
    uint64_t late_ns; /* by so much stamps are behind */
} play;

static int one_capture;

capture *capture_create(const char *name, const capture_settings *settings)
{
    (void)name, (void)settings;
    return (capture *)(void *)&one_capture;
}

void capture_destroy(capture *c)
{
    (void)c;
}

capture_answer capture_open(capture *c, capture_why *why)
{
    (void)c;
    why->text[0] = 0;
    return CAPTURE_OK;
}

void capture_close(capture *c)
{
    (void)c;
}

bool capture_is_open(const capture *c)
{
    return c != NULL;
}

int capture_link_type(const capture *c)
{
    (void)c;
    return WIRE_LINK_TYPE;
}

int capture_socket(const capture *c)
{
    (void)c;
    return -1;
}

/* A packet each time. */
int capture_read(capture *c, size_t together, capture_sink sink, void *user, capture_why *why)
{
    static const uint8_t payload[10];
    uint8_t frame[WIRE_HEADER_BYTES + sizeof payload];
    weir_segment s = {.payload = payload,
                      .payload_bytes = sizeof payload,
                      .wire_bytes = sizeof payload,
                      .seq = (uint32_t)sizeof payload * atomic_fetch_add(&play.reads, 1),
                      .flags = WEIR_TCP_ACK,
                      .family = 4,
                      .source_port = 1000,
                      .destination_port = 80};
    weir_packet packet = wire_packet(&s, frame);
    (void)c, (void)together, (void)why;
    packet.time_ns = steady_stamp_ns() - play.late_ns;
    sink(user, &packet, 1);
    (void)usleep(1000);
    return 1;
}

void capture_wait(const capture *c, int wake, int timeout_ms)
{
    (void)c, (void)wake, (void)timeout_ms;
}

capture_state capture_look(const capture *c)
{
    (void)c;
    return CAPTURE_UP;
}

capture_totals capture_count(capture *c)
{
    (void)c;
    return (capture_totals){0, 0, 0};
}

/* ── What becomes of it ──────────────────────────────────────────────────────────────────────── */

/* Waits for a packet to come to the engine, for as long as it takes on a busy machine. */
static bool await_packets(lane *l)
{
    lane_sample sample = {.read_packets = 0};
    for (int tries = 0; tries < 3000 && sample.read_packets == 0; tries++) {
        (void)usleep(10000);
        lane_look(l, &sample);
    }
    return sample.read_packets > 0;
}

/* Captures with stamps that are so late, beside a moment from which packets are wanted. Returns how
 * many of them were left out. */
static uint64_t left_out(uint64_t late_ns)
{
    static const session_place alone = {"played", 0, 1};
    lane_control control = {.wake = eventfd(0, 0), .done = eventfd(0, 0)};
    weir_callbacks callbacks;
    weir_pool *pool;
    options o;
    lane l;
    weir_callbacks_init(&callbacks);
    options_defaults(&o, OPTIONS_RUN);
    atomic_store(&play.reads, 0);
    play.late_ns = late_ns;
    atomic_store(&control.end_ns, WEIR_NEVER);
    assert_int_equal(session_pool(&o, 1, &pool), 0);
    assert_int_equal(lane_open(&l, &o, "played", NULL, true), 0);
    assert_int_equal(session_join(&l.session, pool, &alone, &o, &callbacks, NULL), 0);
    assert_int_equal(lane_start(&l, &control, steady_stamp_ns()), 0);
    assert_true(await_packets(&l));
    atomic_store(&control.ending, true);
    atomic_store(&control.end_ns, 0);
    lane_join(&l);
    assert_int_equal(l.exit_code, 0);
    lane_close(&l);
    (void)weir_pool_destroy(pool);
    (void)close(control.wake);
    (void)close(control.done);
    return atomic_load(&play.reads) - l.outcome.stats.packets;
}

static void a_clock_set_back_does_not_deafen(void **state)
{
    (void)state;
    assert_true(left_out(HOUR_NS) > 0); /* what may be of before it began */
    (void)left_out(0);
}

static void count_nothing(void *user, snapshot *now)
{
    (void)user, (void)now;
}

static size_t lines_of(const char *path)
{
    char *text = tool_read(path, NULL);
    size_t count = 0;
    for (const char *at = text; (at = strchr(at, '\n')); at++)
        count++;
    free(text);
    return count;
}

static void a_clock_set_back_does_not_end_the_timeline(void **state)
{
    const snapshot_source source = {count_nothing, NULL};
    const char *path = tool_path(*state, "t.csv");
    const uint64_t stamp_ns = steady_stamp_ns();
    weir_pool *pool;
    options o;
    upkeep u;
    options_defaults(&o, OPTIONS_RUN);
    o.timeline = path;
    o.timeline_every_ns = 10 * WEIR_MILLISECOND;
    o.pressure = OPTIONS_PRESSURE_OFF;
    assert_int_equal(session_pool(&o, 1, &pool), 0);
    assert_int_equal(upkeep_begin(&u, &o, pool, source, true), 0);
    upkeep_look(&u, stamp_ns);
    for (uint64_t i = 1; i <= 3; i++) {
        (void)usleep(20000);
        upkeep_look(&u, stamp_ns - HOUR_NS + i * WEIR_MILLISECOND);
    }
    assert_int_equal(lines_of(path), 1 + 4);
    upkeep_end(&u);
    (void)weir_pool_destroy(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_set_back_does_not_deafen),
        cmocka_unit_test_setup_teardown(a_clock_set_back_does_not_end_the_timeline, tool_setup,
                                        tool_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
