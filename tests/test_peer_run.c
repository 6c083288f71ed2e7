/* SPDX-License-Identifier: MIT */
/*
 * Programs run as peers: the two of this project, and what a run makes of programs that fail or take too much.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/peer_csv.h"
#include "bench/peer_judge.h"
#include "bench/peer_run.h"
#include "support/tool.h"

enum { MANY_SECONDS = 100 };
#define LONG_NS    (MANY_SECONDS * UINT64_C(1000000000))
#define MUCH_BYTES (UINT64_C(1) << 32)

/* The full path of a peer: a run is in a directory of its own. */
static char *peer_path(const char *name)
{
    static char path[PATH_MAX];
    char relative[TOOL_PATH_BYTES];
    const char *build = getenv("WEIR_BUILD");
    (void)snprintf(relative, sizeof relative, "%s/peers/%s", build ? build : "build", name);
    assert_non_null(realpath(relative, path));
    return path;
}

static peer_figures run(const tool_place *place, char *const *arguments, peer_plan plan)
{
    peer_figures figures;
    plan.arguments = arguments;
    plan.directory = place->path;
    if (plan.memory_bytes == 0) plan.memory_bytes = MUCH_BYTES;
    if (plan.time_ns == 0) plan.time_ns = LONG_NS;
    assert_true(peer_run(&plan, &figures));
    return figures;
}

static char *capture_of(const tool_place *place, const char *scenario, double scale,
                        traffic_totals *totals)
{
    static char path[PATH_MAX];
    char *own = realpath(place->path, NULL);
    *totals = tool_traffic(tool_path(place, "capture"), scenario, scale);
    (void)snprintf(path, sizeof path, "%s/capture", own);
    free(own);
    return path;
}

static void the_floor_touches_every_payload_byte(void **state)
{
    traffic_totals totals;
    char *file = capture_of(*state, "loss", 0.01, &totals);
    char *arguments[] = {peer_path("floor_pcap"), file, NULL};
    const peer_figures f = run(*state, arguments, (peer_plan){0});
    assert_int_equal(f.outcome, PEER_DONE);
    assert_int_equal(f.packets, totals.packets);
    assert_int_equal(f.delivered, totals.payload_bytes);
    assert_in_range(f.end_anon_bytes, 4096, f.peak_anon_bytes);
    assert_in_range(f.peak_bytes, f.end_anon_bytes, MUCH_BYTES);
    assert_in_range(f.cpu_ns, 1, LONG_NS);
}

static void weir_delivers_without_what_was_sent_twice(void **state)
{
    traffic_totals totals;
    char *file = capture_of(*state, "reorder", 0.01, &totals);
    char mem[] = "--mem", eight[] = "8388608";
    char *arguments[] = {peer_path("peer_weir"), mem, eight, file, NULL};
    const peer_figures f = run(*state, arguments, (peer_plan){0});
    assert_int_equal(f.outcome, PEER_DONE);
    assert_int_equal(f.delivered, totals.stream_bytes);
}

static void to_judge(void *user, const peer_record *record, const uint8_t *data, size_t bytes)
{
    if (record)
        judge_take(user, record, data, bytes);
    else
        judge_more(user, data, bytes);
}

static captured_map *map_of(const char *scenario, double scale)
{
    captured_map *all = captured_new(1);
    traffic *t = traffic_open(scenario, 1, scale);
    traffic_packet packet;
    while (traffic_next(t, &packet))
        assert_true(captured_add(all, packet.data, packet.captured_bytes));
    captured_settle(all);
    traffic_close(t);
    return all;
}

/* The records of weir itself, through the pipe, against what was generated. */
static void weir_is_right_by_the_judge(void **state)
{
    static const char *const names[] = {"loss", "reorder", "episode", "tso"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        traffic_totals totals;
        char text[160], check[] = "--check";
        char *file = capture_of(*state, names[i], 0.01, &totals);
        captured_map *all = map_of(names[i], 0.01);
        judge *j = judge_new(all);
        char *arguments[] = {peer_path("peer_weir"), check, file, NULL};
        const peer_figures f = run(*state, arguments, (peer_plan){.sink = to_judge, .user = j});
        const judge_verdict verdict = judge_sum(j);
        assert_int_equal(f.outcome, PEER_DONE);
        assert_string_equal(judge_say(&verdict, text, sizeof text), "right");
        assert_int_equal(verdict.right_bytes, totals.stream_bytes - totals.missing_bytes);
        judge_free(j);
        captured_free(all);
    }
}

static void a_file_that_cannot_be_read_is_a_result(void **state)
{
    char file[] = "no such file";
    char *arguments[] = {peer_path("peer_weir"), file, NULL};
    const peer_figures f = run(*state, arguments, (peer_plan){0});
    assert_int_equal(f.outcome, PEER_FAILED);
    assert_non_null(strstr(f.said, "no such file"));
}

static void a_program_that_is_not_there_is_a_result(void **state)
{
    char program[] = "/nowhere/peer";
    char *arguments[] = {program, NULL};
    assert_int_equal(run(*state, arguments, (peer_plan){0}).outcome, PEER_NOT_STARTED);
}

static void what_takes_too_long_is_killed(void **state)
{
    char shell[] = "/bin/sh", c[] = "-c", script[] = "sleep 1000 & wait";
    char *arguments[] = {shell, c, script, NULL};
    const peer_figures f = run(*state, arguments, (peer_plan){.time_ns = 20000000});
    assert_int_equal(f.outcome, PEER_KILLED_TIME);
}

static void what_holds_too_much_is_killed(void **state)
{
    char shell[] = "/bin/sh", c[] = "-c", script[] = "exec >/dev/null; sleep 1000";
    char *arguments[] = {shell, c, script, NULL};
    const peer_figures f = run(*state, arguments, (peer_plan){.memory_bytes = 1});
    assert_int_equal(f.outcome, PEER_KILLED_MEMORY);
    assert_in_range(f.peak_anon_bytes, 4096, MUCH_BYTES);
}

/* This process is the one that is watched: its descriptor stands where it was put. */
static void how_far_a_file_is_read_is_where_its_descriptor_stands(void **state)
{
    traffic_totals totals;
    struct stat about;
    peer_timeline t = {.capture = capture_of(*state, "loss", 0.01, &totals)};
    const int file = open(t.capture, O_RDONLY);
    assert_int_equal(fstat(file, &about), 0);
    t.capture_bytes = (uint64_t)about.st_size;
    peer_timeline_look(&t, getpid(), 1, 4096);
    assert_int_equal(lseek(file, 1000, SEEK_SET), 1000);
    peer_timeline_look(&t, getpid(), 2, 8192);
    assert_int_equal(lseek(file, 0, SEEK_END), about.st_size);
    peer_timeline_look(&t, getpid(), 3, 8192);
    (void)close(file);
    peer_timeline_look(&t, getpid(), 4, 4096);
    assert_int_equal(t.count, 4);
    assert_int_equal(t.samples[0].read_bytes, 0);
    assert_int_equal(t.samples[1].read_bytes, 1000);
    assert_int_equal(t.samples[1].run_ns, 2);
    assert_int_equal(t.samples[1].anon_bytes, 8192);
    assert_int_equal(t.samples[2].read_bytes, about.st_size);
    assert_int_equal(t.samples[3].read_bytes, about.st_size);
    peer_timeline_free(&t);
}

static void a_timeline_ends_with_the_memory_at_the_end(void **state)
{
    traffic_totals totals;
    char *file = capture_of(*state, "loss", 0.01, &totals);
    char *arguments[] = {peer_path("peer_weir"), file, NULL};
    peer_timeline t = {.capture = file, .capture_bytes = 12345};
    const peer_figures f = run(*state, arguments, (peer_plan){.timeline = &t});
    assert_true(t.count > 0);
    const peer_sample *last = &t.samples[t.count - 1];
    assert_int_equal(last->anon_bytes, f.end_anon_bytes);
    assert_int_equal(last->read_bytes, 12345);
    for (size_t i = 1; i < t.count; i++) {
        assert_true(t.samples[i - 1].run_ns <= t.samples[i].run_ns);
        assert_true(t.samples[i - 1].read_bytes <= t.samples[i].read_bytes);
    }
    peer_timeline_free(&t);
}

/* Reads a file of few lines whole. */
static void read_lines(const char *path, char *text, size_t bytes)
{
    FILE *from = fopen(path, "r");
    assert_non_null(from);
    text[fread(text, 1, bytes - 1, from)] = '\0';
    (void)fclose(from);
}

static void rows_are_written_with_what_could_not_be_had_left_empty(void **state)
{
    static const peer_entry entries[] = {
        {"floor", PEER_FLOOR, "floor", "", "", {NULL}},
        {"it", PEER_OTHER, "peer_it", "", "", {NULL}},
        {"  its limits", PEER_OTHER, "peer_it", "", "", {"--pages", "4"}},
    };
    static contest c; /* large for a stack */
    const peer_context context = {.capture = "loss", .scale = 0.5};
    const char *path = tool_path(*state, "rows.csv");
    char text[1024];
    c = (contest){.count = 3, .packets = 100};
    for (size_t i = 0; i < c.count; i++)
        c.rows[i].entry = &entries[i];
    c.rows[0] = (contest_row){&entries[0], .runs = 1, .median_cpu_ns = 250, .wall_ns = 300};
    c.rows[2] = (contest_row){&entries[2],     "1.0",
                              .right = true,   .verdict = "right",
                              .runs = 1,       .median_cpu_ns = 400,
                              .peak_bytes = 7, .end_anon_bytes = PEER_UNKNOWN};
    c.rows[1].outcome = PEER_NOT_STARTED;
    assert_int_equal(peer_csv_save(path, &context, &c), 0);
    read_lines(path, text, sizeof text);
    assert_string_equal(
        strchr(text, '\n') + 1,
        "loss,0.5,100,floor,,done,,,250.00,300.00,,0,0,0,\n"
        "loss,0.5,100,it,,not installed,false,,,,,,,,\n"
        "loss,0.5,100,\"it, its limits\",1.0,done,true,right,400.00,0.00,150.00,7,0,,"
        "--pages 4\n");
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, tool_setup, tool_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(the_floor_touches_every_payload_byte),
        IN_PLACE(weir_delivers_without_what_was_sent_twice),
        IN_PLACE(weir_is_right_by_the_judge),
        IN_PLACE(a_file_that_cannot_be_read_is_a_result),
        IN_PLACE(a_program_that_is_not_there_is_a_result),
        IN_PLACE(what_takes_too_long_is_killed),
        IN_PLACE(what_holds_too_much_is_killed),
        IN_PLACE(how_far_a_file_is_read_is_where_its_descriptor_stands),
        IN_PLACE(a_timeline_ends_with_the_memory_at_the_end),
        IN_PLACE(rows_are_written_with_what_could_not_be_had_left_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
