/* SPDX-License-Identifier: MIT */
/*
 * weir run as an operator has it: metrics and timeline beside the report, limits that change while
 * it runs, a machine that is short of memory, progress. The pressure is a file of the test's own.
 */
#include "support/exposition.h"
#include "support/sanitized.h"
#include "support/system_tree.h"
#include "support/tool.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "atomic_file.h"
#include "options.h"
#include "progress.h"
#include "../tools/timeline.h"

#define MIB ((uint64_t)1 << 20)

/* ── Usage ───────────────────────────────────────────────────────────────────────────────────── */

static void wrong_input_is_one_line(void **state)
{
    static const char *const rows[][2] = {
        {"--metrics @/none/m", "--metrics @/none/m: No such file or directory; give a file in"},
        {"--metrics -", "standard output has the report"},
        {"--metrics @/m --metrics-every 1ms", "--metrics-every: give 10ms or more"},
        {"--metrics @/m --metrics-every 5", "a duration, like"},
        {"--timeline @/none/t", "--timeline @/none/t: No such file or directory; give a file in"},
        {"--timeline -", "standard output has the report"},
        {"--timeline @/t --timeline-every 0s", "--timeline-every: give 10ms or more"},
        {"--pressure maybe", "one of: auto on off"},
        {"--pressure on", "--pressure on: this system does not tell of memory pressure"},
        {"--metrics-every 1s", "--metrics-every does nothing without --metrics: give it too"},
        {"--timeline-every 1s", "--timeline-every does nothing without --timeline"},
        {"--mem-ceiling 1GiB", "--mem-ceiling does nothing without --limits-file"},
        {"--limits-file @/good --mem-ceiling 32MiB",
         "--mem-ceiling 32MiB is below --mem, which is 64MiB: raise it"},
        {"--limits-file @/none", "--limits-file @/none: No such file or directory; give a file"},
        {"--limits-file @/limits --mem 1GiB", "@/limits:2: names no limit that can change"},
    };
    const tool_place *place = *state;
    char line[512], says[TOOL_PATH_BYTES + 128];
    (void)tool_traffic(tool_path(place, "a"), "bulk", 0.0001);
    tool_write(tool_path(place, "limits"), "mem = 8MiB\nconn-mem = 1MiB\n", 27);
    tool_write(tool_path(place, "good"), "", 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *at = strchr(rows[i][1], '@');
        (void)snprintf(line, sizeof line, "run -r @/a %s", rows[i][0]);
        (void)snprintf(says, sizeof says, "%.*s%s%s", at ? (int)(at - rows[i][1]) : 0, rows[i][1],
                       at ? place->path : "", at ? at + 1 : rows[i][1]);
        tool_expect(place, line, 2, says);
    }
}

static void limits_files(void **state)
{
    static const struct {
        const char *text;
        int exit_code;
        const char *says;
    } rows[] = {
        {"", 0, ""},
        {"# nothing\n\n   \n", 0, ""},
        {"mem=8MiB", 0, ""},
        {"  mem =  8MiB  # so much\r\n", 0, ""},
        {"mem = lots\n", 2, ":1: mem: give a size, like 64MiB"},
        {"mem = 4KiB\n", 2, "limits: mem 4KiB: too small to work with"},
        {"mem = 50%\n", 2, "limits: mem 50%: what this process may have is not known"},
        {"\nmem 8MiB\n", 2, ":2: give NAME = VALUE, as mem = 64MiB"},
        {"= 8MiB\n", 2, ":1: names no limit"},
    };
    const tool_place *place = *state;
    char *text;
    (void)tool_traffic(tool_path(place, "a"), "bulk", 0.0001);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tool_write(tool_path(place, "limits"), rows[i].text, strlen(rows[i].text));
        tool_expect(place, "run -r @/a --mem 32MiB --limits-file @/limits", rows[i].exit_code,
                    rows[i].says);
    }
    text = malloc(400);
    assert_non_null(text);
    memset(text, ' ', 400);
    tool_write(tool_path(place, "limits"), text, 400);
    tool_expect(place, "run -r @/a --limits-file @/limits", 2, ":1: is too long");
    free(text);
}

/* ── Beside a report ─────────────────────────────────────────────────────────────────────────── */

static char *metrics_of(const tool_place *place)
{
    char *text = tool_read(tool_path(place, "m.prom"), NULL), why[512];
    if (exposition_is_wrong(text, why, sizeof why)) fail_msg("%s", why);
    return text;
}

/* The same numbers as in the summary. */
static void metrics_say_what_the_report_says(void **state)
{
    static const char *const same[][2] = {
        {"weir_packets_total", "packets"},
        {"weir_tcp_segments_total", "tcp_segments"},
        {"weir_connections_total", "connections"},
        {"weir_payload_bytes_total", "payload_bytes"},
        {"weir_delivered_bytes_total", "delivered_bytes"},
        {"weir_missing_bytes_total", "missing_bytes"},
        {"weir_held_peak_bytes", "held_peak_bytes"},
        {"weir_holes_total{cause=\"acked\"}", "acked"},
        {"weir_memory_limit_bytes", "limit_bytes"},
        {"weir_memory_peak_bytes", "peak_bytes"},
        {"weir_memory_returned_bytes_total", "returned_bytes"},
        {"weir_hole_wait_seconds_count", "acked"},
    };
    const tool_place *place = *state;
    struct stat about;
    tool_result result;
    char *text;
    (void)tool_traffic(tool_path(place, "a"), "loss", 0.01);
    result = tool_run(place, NULL, "run -r @/a --jsonl --metrics @/m.prom");
    assert_int_equal(result.exit_code, 0);
    assert_string_equal(result.err, "");
    text = metrics_of(place);
    const char *summary = strstr(result.out, "{\"type\":\"summary\"");
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        const double told = exposition_value(text, same[i][0]);
        const int64_t wanted = tool_number(summary, same[i][1]);
        if (told < 0 || (int64_t)told != wanted)
            fail_msg("%s is %g, the summary has %lld", same[i][0], told, (long long)wanted);
    }
    assert_true(exposition_value(text, "weir_hole_held_bytes_sum") > 0);
    assert_true(exposition_value(text, "weir_process_anonymous_bytes") > 0);
    assert_true(exposition_value(text, "weir_held_bytes") == 0);
    assert_int_equal(stat(tool_path(place, "m.prom"), &about), 0);
    assert_int_equal(about.st_mode & 0444, 0444 & ~umask(umask(0))); /* others read it */
    free(text);
    tool_free(&result);
}

/* Columns of the timeline. */
enum { TIME, PACKETS, PACKET_TIME, LIMIT, LEDGER, HELD, RSS, CONNECTIONS, HOLES, DROPPED, COLUMNS };

/* weir cat has them too. */
static void cat_has_metrics(void **state)
{
    const tool_place *place = *state;
    const traffic_totals truth = tool_traffic(tool_path(place, "a"), "loss", 0.01);
    char *text;
    tool_expect(place, "cat -r @/a -o @/d --metrics @/m.prom --timeline @/t.csv", 0, "written to");
    text = metrics_of(place);
    assert_true(exposition_value(text, "weir_packets_total") == (double)truth.packets);
    assert_true(exposition_value(text, "weir_hole_wait_seconds_count") == (double)truth.holes);
    assert_true(exposition_value(text, "weir_connections_open") == 0); /* of the end */
    free(text);
    tool_expect(place, "cat -r @/a -o @/d --force --metrics @/none/m", 2, "give a file in");
}

/* Reads the row's columns. */
static bool read_row(const char *line, double row[COLUMNS])
{
    for (int i = 0; i < COLUMNS; i++) {
        char *end;
        row[i] = strtod(line, &end);
        if (end == line || *end != (i + 1 < COLUMNS ? ',' : '\n')) return false;
        line = end + 1;
    }
    return true;
}

/* A row each 10 ms of packet time, which do not fall; the last is of the end. */
static void a_timeline(void **state)
{
    const tool_place *place = *state;
    double row[COLUMNS] = {0}, before[COLUMNS] = {0}, held = 0;
    size_t rows = 0;
    char *text;
    (void)tool_traffic(tool_path(place, "a"), "loss", 0.01);
    tool_expect(place, "run -r @/a --mem 8MiB --timeline @/t.csv --timeline-every 10ms", 0, "");
    text = tool_read(tool_path(place, "t.csv"), NULL);
    assert_int_equal(strncmp(text,
                             "time_s,packets,packet_time_s,limit_bytes,ledger_bytes,held_bytes,"
                             "rss_anon_bytes,connections,holes,dropped_packets\n",
                             113),
                     0);
    for (const char *line = strchr(text, '\n') + 1; *line; line = strchr(line, '\n') + 1, rows++) {
        assert_true(read_row(line, row));
        assert_true(row[TIME] >= before[TIME] && row[PACKETS] >= before[PACKETS]);
        assert_true(row[PACKET_TIME] >= before[PACKET_TIME] && row[HOLES] >= before[HOLES]);
        assert_true(row[LIMIT] == 8 * MIB && row[LEDGER] <= row[LIMIT] && row[RSS] > 0);
        if (row[HELD] > held) held = row[HELD];
        memcpy(before, row, sizeof row);
    }
    assert_in_range(rows, 10, 40); /* of some 100 to 300 ms */
    assert_true(held > 0 && row[HELD] == 0 && row[CONNECTIONS] == 0 && row[HOLES] > 0);
    free(text);
}

/* So seldom that it is never: a row at the begin, a row at the end. */
static void a_timeline_of_two_rows(void **state)
{
    const tool_place *place = *state;
    size_t lines = 0;
    char *text;
    (void)tool_traffic(tool_path(place, "a"), "bulk", 0.001);
    tool_expect(place, "run -r @/a --timeline @/t.csv --timeline-every 18446744073s", 0, "");
    text = tool_read(tool_path(place, "t.csv"), NULL);
    for (const char *at = text; *at; at++)
        lines += *at == '\n';
    free(text);
    assert_int_equal(lines, 3);
}

/* A file that may not grow: rows are whole or not there, said once, and once when they are again. */
static void a_row_is_whole_or_not_there(void **state)
{
    const tool_place *place = *state;
    const char *path = tool_path(place, "t.csv");
    struct rlimit before, narrow;
    double row[COLUMNS];
    snapshot now;
    size_t rows = 0;
    timeline t;
    char *text;
    memset(&now, 0, sizeof now);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(timeline_begin(&t, path), 0);
    for (narrow = before, narrow.rlim_cur = 100; narrow.rlim_cur < 400; narrow.rlim_cur += 10) {
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &narrow), 0);
        const int error = timeline_add(&t, &now, 0, 0);
        assert_true(error == 0 || error == EFBIG);
        rows += error == 0;
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, SIG_DFL);
    timeline_end(&t);
    text = tool_read(path, NULL);
    for (const char *line = strchr(text, '\n') + 1; *line; line = strchr(line, '\n') + 1, rows--)
        assert_true(read_row(line, row));
    free(text);
    assert_int_equal(rows, 0);
}

/* Somebody who knows the name it has before it is renamed puts a link there. */
static void a_link_is_not_followed(void **state)
{
    const tool_place *place = *state;
    const char *path = tool_path(place, "m"), *victim = tool_path(place, "victim");
    char name[TOOL_PATH_BYTES + 32], *text;
    atomic_file file;
    tool_write(victim, "mine", 4);
    (void)snprintf(name, sizeof name, "%s.%ld.tmp", path, (long)getpid());
    assert_int_equal(symlink(victim, name), 0);
    assert_int_equal(atomic_file_begin(&file, AT_FDCWD, path), 0);
    assert_true(fputs("new", file.stream) >= 0);
    assert_int_equal(atomic_file_commit(&file), 0);
    text = tool_read(victim, NULL);
    assert_string_equal(text, "mine");
    free(text);
    text = tool_read(path, NULL);
    assert_string_equal(text, "new");
    free(text);
}

/* A device or a pipe is no file that could be replaced: it is written to, and still there. Also where
 * a link leads to it. */
static void what_is_no_file_stays(void **state)
{
    const tool_place *place = *state;
    const char *pipe_path = tool_path(place, "pipe"), *link_path = tool_path(place, "link");
    atomic_file file;
    struct stat is;
    char text[8] = "";
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    assert_int_equal(symlink(pipe_path, link_path), 0);
    assert_int_equal(atomic_file_begin(&file, AT_FDCWD, link_path), ENXIO); /* nobody reads */
    const int fd = open(pipe_path, O_RDONLY | O_NONBLOCK);
    assert_true(fd >= 0);
    assert_int_equal(atomic_file_begin(&file, AT_FDCWD, link_path), 0);
    assert_true(fputs("new", file.stream) >= 0);
    assert_int_equal(atomic_file_commit(&file), 0);
    assert_int_equal(read(fd, text, sizeof text), 3);
    assert_string_equal(text, "new");
    assert_int_equal(atomic_file_begin(&file, AT_FDCWD, pipe_path), 0);
    atomic_file_abandon(&file);
    assert_int_equal(close(fd), 0);
    assert_int_equal(lstat(link_path, &is), 0);
    assert_true(S_ISLNK(is.st_mode));
    assert_int_equal(lstat(pipe_path, &is), 0);
    assert_true(S_ISFIFO(is.st_mode));
}

/* A thousandth of a day of short connections: once the first are forgotten (5 s), memory stays where
 * it is. bench/soak does all of it. */
static void a_day_is_flat(void **state)
{
    const tool_place *place = *state;
    const traffic_totals truth = tool_traffic(tool_path(place, "a"), "day", 0.001);
    double row[COLUMNS] = {0}, least[COLUMNS] = {0}, most[COLUMNS] = {0};
    size_t rows = 0;
    char *text;
    tool_expect(place, "run -r @/a --timeline @/t.csv", 0, "");
    text = tool_read(tool_path(place, "t.csv"), NULL);
    for (const char *line = strchr(text, '\n') + 1; *line; line = strchr(line, '\n') + 1) {
        assert_true(read_row(line, row));
        if (row[PACKET_TIME] < 20 || row[CONNECTIONS] == 0) continue;
        for (int i = 0; i < COLUMNS; i++) {
            if (rows == 0 || row[i] < least[i]) least[i] = row[i];
            if (rows == 0 || row[i] > most[i]) most[i] = row[i];
        }
        rows++;
    }
    free(text);
    assert_in_range(rows, 50, 70);
    assert_true(row[HOLES] == (double)truth.holes); /* of the last row: nothing is left out */
    assert_true(most[LEDGER] - least[LEDGER] <= 128 * 1024);
    if (!SANITIZED) assert_true(most[RSS] - least[RSS] <= 256 * 1024);
}

/* Nothing of it changes the result. */
static void the_result_is_the_same(void **state)
{
    const tool_place *place = *state;
    tool_result plain, watched;
    (void)tool_traffic(tool_path(place, "a"), "loss", 0.01);
    system_tree_put(place, "/proc/pressure/memory", "some avg10=0.00 total=0\n");
    tool_write(tool_path(place, "limits"), "mem=64MiB\n", 10);
    plain = tool_run(place, NULL, "run -r @/a --jsonl --holes");
    watched = tool_run(place, NULL,
                       "run -r @/a --jsonl --holes --metrics @/m.prom --metrics-every 10ms "
                       "--timeline @/t.csv --limits-file @/limits --mem-ceiling 64MiB "
                       "--pressure on");
    assert_int_equal(watched.exit_code, 0);
    assert_string_equal(plain.out, watched.out);
    tool_free(&plain);
    tool_free(&watched);
}

/* ── While it runs ───────────────────────────────────────────────────────────────────────────── */

typedef struct running {
    pid_t child;
    int end; /* of its standard input */
} running;

/* weir with a pipe for its standard input, metrics each 10 ms, and stderr in a file. */
static running start_from(const tool_place *place, const char *input, const char *more,
                          const char *value)
{
    char program[TOOL_PATH_BYTES], metrics[TOOL_PATH_BYTES + 64], root[TOOL_PATH_BYTES + 64];
    char run[] = "run", from[16], every[] = "--metrics-every=10ms", option[64],
         argument[TOOL_PATH_BYTES];
    char *words[] = {program, run, from, metrics, every, option, argument, NULL};
    char *environment[] = {root, NULL};
    posix_spawn_file_actions_t actions;
    running w;
    int ends[2];
    tool_program(program);
    (void)snprintf(metrics, sizeof metrics, "--metrics=%s", tool_path(place, "m.prom"));
    (void)snprintf(root, sizeof root, "WEIR_SYSTEM_ROOT=%s", tool_path(place, "root"));
    (void)snprintf(from, sizeof from, "%s", input);
    (void)snprintf(option, sizeof option, "%s", more);
    (void)snprintf(argument, sizeof argument, "%s", value);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, ends[0], 0);
    (void)posix_spawn_file_actions_addopen(&actions, 1, tool_path(place, "told"),
                                           O_WRONLY | O_CREAT | O_TRUNC, 0600);
    (void)posix_spawn_file_actions_addopen(&actions, 2, tool_path(place, "said"),
                                           O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(posix_spawn(&w.child, program, &actions, NULL, words, environment), 0);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(ends[0]);
    w.end = ends[1];
    return w;
}

static running start(const tool_place *place, const char *more, const char *value)
{
    return start_from(place, "-r-", more, value);
}

static void send_capture(const tool_place *place, const running *w)
{
    size_t bytes, sent = 0;
    char *capture = tool_read(tool_path(place, "a"), &bytes);
    while (sent < bytes) {
        const ssize_t written = write(w->end, capture + sent, bytes - sent);
        assert_true(written > 0);
        sent += (size_t)written;
    }
    free(capture);
}

/* Ends its input. */
static void stop(const running *w)
{
    int status;
    (void)close(w->end);
    assert_int_equal(waitpid(w->child, &status, 0), w->child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Waits until a metric has the value; `each`, if any, is done before each look. What is waited for
 * comes in moments; after a minute it does not come. */
static void wait_for(const tool_place *place, const char *series, double value,
                     void (*each)(const tool_place *place))
{
    const struct timespec moment = {0, 20000000};
    double found = -1;
    for (int i = 0; i < 3000; i++) {
        if (access(tool_path(place, "m.prom"), R_OK) == 0) {
            char *text = metrics_of(place); /* whole at any moment */
            found = exposition_value(text, series);
            free(text);
            if (found == value) return;
        }
        if (each) each(place);
        (void)nanosleep(&moment, NULL);
    }
    fail_msg("%s is %g, and does not become %g", series, found, value);
}

static void pause_a_little(void)
{
    const struct timespec moment = {0, 20000000};
    (void)nanosleep(&moment, NULL);
}

static bool is_in(const char *path, const char *what)
{
    char *said = tool_read(path, NULL);
    const bool is = strstr(said, what) != NULL;
    free(said);
    return is;
}

static bool is_said(const tool_place *place, const char *what)
{
    return is_in(tool_path(place, "said"), what);
}

/* The same with a text on stderr. */
static void wait_until_said(const tool_place *place, const char *what,
                            void (*each)(const tool_place *place))
{
    const struct timespec moment = {0, 20000000};
    for (int i = 0; i < 3000 && !is_said(place, what); i++) {
        if (each) each(place);
        (void)nanosleep(&moment, NULL);
    }
    if (!is_said(place, what)) fail_msg("%s: not said", what);
}

/* A pipe that is silent after its first packets: what came is told all the same. */
static void metrics_while_nothing_comes(void **state)
{
    const tool_place *place = *state;
    const traffic_totals truth = tool_traffic(tool_path(place, "a"), "bulk", 0.0001);
    const running w = start(place, "--pressure", "off");
    wait_for(place, "weir_packets_total", 0, NULL);
    send_capture(place, &w);
    wait_for(place, "weir_packets_total", (double)truth.packets, NULL);
    stop(&w);
}

static void put_limits(const tool_place *place, const char *text)
{
    tool_write(tool_path(place, "limits.new"), text, strlen(text));
    assert_int_equal(rename(tool_path(place, "limits.new"), tool_path(place, "limits")), 0);
}

static void hang_up(const tool_place *place, const running *w, const char *text, const char *says)
{
    put_limits(place, text);
    assert_int_equal(kill(w->child, SIGHUP), 0);
    wait_until_said(place, says, NULL);
}

static void limits_change_while_it_runs(void **state)
{
    const tool_place *place = *state;
    running w;
    char *told;
    (void)tool_traffic(tool_path(place, "a"), "bulk", 0.0001);
    put_limits(place, "mem = 32MiB\n");
    system_tree_put(place, "/proc/meminfo", "MemTotal: 163840 kB\n"); /* three quarters: 120 MiB */
    w = start(place, "--limits-file", tool_path(place, "limits"));
    send_capture(place, &w);
    wait_for(place, "weir_memory_limit_bytes", 32 * MIB, NULL);
    hang_up(place, &w, "mem = 100MiB\n", "the memory limit is 100.0 MiB now");
    wait_for(place, "weir_memory_limit_bytes", 100 * MIB, NULL);
    hang_up(place, &w, "mem = 200MiB\n", "mem is 200.0 MiB, above --mem-ceiling 120MiB");
    hang_up(place, &w, "mem = 1KiB\n", "mem is 1.0 KiB, too small to work with");
    hang_up(place, &w, "mem = x\n", "limits:1: mem: give a size");
    system_tree_drop(place, "/proc/meminfo");
    hang_up(place, &w, "mem = 50%\n", "what this process may have is not known");
    system_tree_put(place, "/proc/meminfo", "MemTotal: 32768 kB\n");
    hang_up(place, &w, "mem = 50%\n", "the memory limit is 16.0 MiB now");
    wait_for(place, "weir_memory_limit_bytes", 16 * MIB, NULL);
    wait_for(place, "weir_memory_configured_bytes", 16 * MIB, NULL);
    wait_for(place, "weir_limits_reloads_total", 2, NULL);
    stop(&w);
    told = tool_read(tool_path(place, "told"), NULL);
    assert_non_null(strstr(told, "of 32.0 MiB, at the end of 16.0 MiB\n"));
    free(told);
}

/* 4 MB wait behind a hole when the limit becomes 2 MiB, and no packet comes that would make the
 * engine work. */
static void a_lower_limit_is_met_while_nothing_comes(void **state)
{
    const tool_place *place = *state;
    const traffic_totals truth = tool_traffic(tool_path(place, "a"), "one-sided", 0.0015);
    running w;
    char *text;
    put_limits(place, "mem = 64MiB\n");
    w = start(place, "--limits-file", tool_path(place, "limits"));
    send_capture(place, &w);
    wait_for(place, "weir_packets_total", (double)truth.packets, NULL);
    text = metrics_of(place);
    assert_true(exposition_value(text, "weir_held_bytes") > 4e6);
    free(text);
    hang_up(place, &w, "mem = 2MiB\n", "the memory limit is 2.0 MiB now");
    wait_for(place, "weir_holes_total{cause=\"pool_cap\"}", 1, NULL);
    wait_for(place, "weir_held_bytes", 0, NULL);
    text = metrics_of(place);
    assert_true(exposition_value(text, "weir_memory_committed_bytes") <= 2 * MIB);
    free(text);
    stop(&w);
}

/* Half of the time since the last call somebody waited, and more. */
static void press(const tool_place *place)
{
    static unsigned total_us;
    char text[128];
    (void)snprintf(text, sizeof text, "some avg10=0.00 total=%u\n", total_us += 1000000);
    system_tree_put(place, "/proc/pressure/memory", text);
}

static void pressure_lowers_the_limit(void **state)
{
    const tool_place *place = *state;
    running w;
    (void)tool_traffic(tool_path(place, "a"), "bulk", 0.0001);
    system_tree_put(place, "/proc/pressure/memory", "some avg10=0.00 total=0\n");
    w = start(place, "--pressure", "on");
    send_capture(place, &w);
    wait_for(place, "weir_memory_limit_bytes", 64 * MIB, NULL);
    wait_until_said(place,
                    "% of the time stalled: the memory limit is 32.0 MiB now, "
                    "without pressure it is 64.0 MiB\n",
                    press);
    assert_true(is_said(place, "weir: memory pressure on this machine, "));
    wait_for(place, "weir_memory_configured_bytes", 64 * MIB, NULL);
    stop(&w);
}

static void to_directory(const tool_place *place)
{
    const char *path = tool_path(place, "m.prom");
    if (unlink(path) == 0) (void)mkdir(path, 0777); /* again if weir was faster */
}

/* A directory stands in the place of the file, and goes away again: said, and no reason to stop. */
static void metrics_that_cannot_be_written(void **state)
{
    const tool_place *place = *state;
    running w;
    (void)tool_traffic(tool_path(place, "a"), "bulk", 0.0001);
    w = start(place, "--pressure", "off");
    send_capture(place, &w);
    wait_for(place, "weir_held_bytes", 0, NULL);
    wait_until_said(place, "it is tried again", to_directory);
    assert_int_equal(rmdir(tool_path(place, "m.prom")), 0);
    wait_until_said(place, "is written again", NULL);
    wait_for(place, "weir_held_bytes", 0, NULL);
    stop(&w);
}

/* ── Live ────────────────────────────────────────────────────────────────────────────────────── */

/* Whether it captures; false: it may not here, and its line is why. */
static bool is_capturing(const tool_place *place, const running *w)
{
    const struct timespec moment = {0, 20000000};
    int status;
    while (access(tool_path(place, "m.prom"), R_OK) != 0) {
        if (waitpid(w->child, &status, WNOHANG) == w->child) {
            char *said = tool_read(tool_path(place, "said"), NULL);
            print_message("no live capture here: %s", said);
            free(said);
            (void)close(w->end);
            return false;
        }
        (void)nanosleep(&moment, NULL);
    }
    return true;
}

/* A connection over the loopback that carries so many bytes one way. */
static void talk(size_t bytes)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    char *text = calloc(1, bytes);
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int server;
    assert_non_null(text);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, length), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(connect(client, (struct sockaddr *)&address, length), 0);
    server = accept(listener, NULL, NULL);
    assert_true(server >= 0);
    assert_int_equal(send(client, text, bytes, 0), bytes);
    (void)close(client);
    while (recv(server, text, bytes, 0) > 0)
        continue;
    (void)close(server);
    (void)close(listener);
    free(text);
}

/* Others may talk over the loopback too: at least what was said must come. */
static void metrics_and_limits_live(void **state)
{
    const char *up = "weir_interface_up{interface=\"lo\"}";
    const tool_place *place = *state;
    running w;
    char *text;
    int status;
    put_limits(place, "mem = 32MiB\n");
    w = start_from(place, "-ilo", "--limits-file", tool_path(place, "limits"));
    if (!is_capturing(place, &w)) skip();
    wait_for(place, up, 1, NULL);
    wait_for(place, "weir_memory_limit_bytes", 32 * MIB, NULL);
    hang_up(place, &w, "mem = 16MiB\n", "the memory limit is 16.0 MiB now");
    wait_for(place, "weir_memory_limit_bytes", 16 * MIB, NULL);
    talk(10000);
    assert_int_equal(kill(w.child, SIGTERM), 0);
    assert_int_equal(waitpid(w.child, &status, 0), w.child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    (void)close(w.end);
    text = metrics_of(place); /* of the end */
    assert_true(exposition_value(text, "weir_delivered_bytes_total") >= 10000);
    assert_true(exposition_value(text, "weir_interface_received_packets_total{interface=\"lo\"}") >
                0);
    assert_true(exposition_value(text, "weir_packet_time_seconds") > 1.6e9);
    free(text);
}

/* Half of the limit is too little for so many engines: said once, and it is what it was. */
static void pressure_on_many_captures(void **state)
{
    const tool_place *place = *state;
    char said[TOOL_PATH_BYTES];
    tool_result result;
    tool_job job;
    size_t stays = 0;
    (void)snprintf(said, sizeof said, "%s", tool_path(place, TOOL_ERR));
    system_tree_put(place, "/proc/pressure/memory", "some avg10=0.00 total=0\n");
    tool_write(tool_path(place, "limits"), "mem = 1MiB\n", 11);
    job = tool_start(place, NULL,
                     "run -i lo --fanout 8 --buffer-size 64KiB --limits-file @/limits "
                     "--metrics @/m.prom --metrics-every 10ms");
    if (!tool_await(said, "weir: ") || is_in(said, "-i lo: ")) {
        result = tool_finish(&job, SIGTERM);
        print_message("no live capture here: %s", result.err);
        tool_free(&result);
        skip();
    }
    wait_for(place, "weir_memory_limit_bytes", MIB, NULL);
    for (int i = 0; i < 400 && !is_in(said, "stays 1.0 MiB, because 512.0 KiB is too little"); i++)
        press(place), pause_a_little();
    for (int i = 0; i < 100; i++)
        press(place), pause_a_little();
    wait_for(place, "weir_memory_limit_bytes", MIB, NULL);
    tool_write(tool_path(place, "limits"), "mem = 512KiB\n", 13);
    assert_int_equal(kill(job.pid, SIGHUP), 0);
    assert_true(tool_await(said, "limits: the memory limit stays 1.0 MiB, because "));
    wait_for(place, "weir_memory_configured_bytes", MIB, NULL);
    wait_for(place, "weir_limits_reloads_total", 0, NULL);
    result = tool_finish(&job, SIGTERM);
    for (const char *at = result.err; (at = strstr(at, "time stalled: ")); at++)
        stays++;
    assert_int_equal(stays, 1);
    tool_free(&result);
}

/* ── Progress ────────────────────────────────────────────────────────────────────────────────── */

static void line_is(const progress *p, const snapshot *now, uint64_t seconds, const char *wanted)
{
    char line[PROGRESS_LINE_BYTES];
    progress_line(p, now, seconds * WEIR_SECOND, line);
    assert_string_equal(line, wanted);
}

static void the_line_of_progress(void **state)
{
    progress p;
    snapshot now;
    (void)state;
    memset(&now, 0, sizeof now);
    progress_begin(&p, OPTIONS_PROGRESS_NEVER, 1000 * MIB, 0);
    assert_false(progress_is_due(&p, WEIR_SECOND));
    now.memory.limit_bytes = 64 * MIB;
    now.memory.committed_bytes = MIB;
    line_is(&p, &now, 0, "  0 %, memory 1.0 MiB of 64.0 MiB, 0 holes");
    now.read_bytes = 250 * MIB;
    now.read_packets = 2000000;
    now.stats.holes[WEIR_HOLE_ACKED] = 1;
    line_is(&p, &now, 10,
            " 25 %  0:30 left, 200,000 packets/s, memory 1.0 MiB of 64.0 MiB, 1 hole");
    now.stats.holes[WEIR_HOLE_TIMEOUT] = 1000;
    line_is(&p, &now, 4000,
            " 25 %  3:20:00 left, 500 packets/s, memory 1.0 MiB of 64.0 MiB, 1,001 holes");
    now.read_bytes = 1001 * MIB; /* it grew */
    line_is(&p, &now, 4000, "100 %, 500 packets/s, memory 1.0 MiB of 64.0 MiB, 1,001 holes");
    p.total_bytes = 0;
    line_is(&p, &now, 4000,
            "1001.0 MiB read, 500 packets/s, memory 1.0 MiB of 64.0 MiB, 1,001 holes");
}

static void progress_goes_to_stderr(void **state)
{
    const tool_place *place = *state;
    tool_result quiet, loud;
    (void)tool_traffic(tool_path(place, "a"), "loss", 0.01);
    quiet = tool_run(place, NULL, "run -r @/a --jsonl");
    loud = tool_run(place, NULL, "run -r @/a --jsonl --progress always");
    assert_string_equal(quiet.out, loud.out);
    assert_string_equal(quiet.err, ""); /* auto: no terminal here */
    assert_int_equal(strncmp(loud.err, "weir:   0 %, memory ", 20), 0);
    tool_free(&quiet);
    tool_free(&loud);
}

/* A pipe that is silent: the line goes on, and says so. */
static void progress_while_nothing_comes(void **state)
{
    const tool_place *place = *state;
    tool_result result;
    tool_job job;
    int end;
    (void)tool_traffic(tool_path(place, "a"), "bulk", 0.0001);
    assert_int_equal(mkfifo(tool_path(place, "pipe"), 0600), 0);
    end = open(tool_path(place, "pipe"), O_RDWR | O_CLOEXEC);
    assert_true(end >= 0);
    job = tool_start(place, NULL, "run -r @/pipe --progress always");
    send_capture(place, &(running){.end = end});
    assert_true(tool_await(tool_path(place, TOOL_ERR), " read, 0 packets/s, memory "));
    result = tool_finish(&job, SIGTERM);
    tool_free(&result);
    (void)close(end);
}

/* A terminal of 40 columns, and the name of the end that a program gets. */
static int open_terminal(char name[64])
{
    const struct winsize size = {.ws_row = 24, .ws_col = 40};
    const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(master >= 0);
    assert_int_equal(grantpt(master), 0);
    assert_int_equal(unlockpt(master), 0);
    assert_int_equal(ptsname_r(master, name, 64), 0);
    assert_int_equal(ioctl(master, TIOCSWINSZ, &size), 0);
    return master;
}

/* All that comes until the other end is closed by all who have it. */
static void read_terminal(int master, char *text, size_t bytes)
{
    size_t length = 0;
    ssize_t got;
    while (length + 1 < bytes && (got = read(master, text + length, bytes - 1 - length)) > 0)
        length += (size_t)got;
    text[length] = '\0';
}

/* One line, which never wraps, and is gone at the end. */
static void a_terminal_has_one_line(void **state)
{
    const tool_place *place = *state;
    char program[TOOL_PATH_BYTES], run[] = "run", input[TOOL_PATH_BYTES + 64], text[4096],
                                   always[] = "--progress=always", name[64];
    char *words[] = {program, run, input, always, NULL};
    char *environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    const int master = open_terminal(name);
    size_t lines = 0;
    pid_t child;
    int status;
    tool_program(program);
    (void)tool_traffic(tool_path(place, "a"), "loss", 0.01);
    (void)snprintf(input, sizeof input, "-r%s", tool_path(place, "a"));
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    (void)posix_spawn_file_actions_addopen(&actions, 2, name, O_WRONLY | O_NOCTTY, 0);
    assert_int_equal(posix_spawn(&child, program, &actions, NULL, words, environment), 0);
    (void)posix_spawn_file_actions_destroy(&actions);
    read_terminal(master, text, sizeof text);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    (void)close(master);
    for (const char *at = text; *at; lines++) {
        const size_t length = strcspn(at, "\033");
        assert_int_equal(*at, '\r');
        assert_in_range(length - 1, 0, 39);
        assert_int_equal(strncmp(at + length, "\033[K", 3), 0);
        at += length + 3;
    }
    assert_true(lines >= 2);
    assert_int_equal(strncmp(text, "\rweir:   0 %, memory ", 21), 0);
    assert_string_equal(text + strlen(text) - 4, "\r\033[K");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, system_tree_setup, system_tree_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(wrong_input_is_one_line),
        CASE(limits_files),
        CASE(metrics_say_what_the_report_says),
        CASE(cat_has_metrics),
        CASE(a_timeline),
        CASE(a_timeline_of_two_rows),
        CASE(a_row_is_whole_or_not_there),
        CASE(a_link_is_not_followed),
        CASE(what_is_no_file_stays),
        CASE(a_day_is_flat),
        CASE(the_result_is_the_same),
        CASE(metrics_while_nothing_comes),
        CASE(limits_change_while_it_runs),
        CASE(a_lower_limit_is_met_while_nothing_comes),
        CASE(pressure_lowers_the_limit),
        CASE(metrics_that_cannot_be_written),
        CASE(metrics_and_limits_live),
        CASE(pressure_on_many_captures),
        CASE(progress_goes_to_stderr),
        CASE(progress_while_nothing_comes),
        CASE(a_terminal_has_one_line),
        cmocka_unit_test(the_line_of_progress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
