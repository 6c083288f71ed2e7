/* SPDX-License-Identifier: MIT */
/*
 * Interfaces, live: an HTTP server and clients on hosts of a network of the test's own (network.h),
 * captured by the program where they meet, at the ports of a bridge. What it saw is compared with
 * what they sent, byte by byte. Skipped where namespaces are not allowed.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/seen.h"
#include "support/tool.h"

enum { CLIENTS = 12, SKIPPED = 77 /* the exit code for it */ };

static network net;
static pid_t server;

/* ── What all do ─────────────────────────────────────────────────────────────────────────────── */

static void pause_ms(long ms)
{
    const struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
    (void)nanosleep(&pause, NULL);
}

/* Begins the capture, and returns when it has begun. */
static tool_job capture(const tool_place *place, const char *line)
{
    const tool_job job = tool_start(place, NULL, line);
    if (!tool_await(tool_path(place, TOOL_ERR), "capturing")) {
        const tool_result result = tool_finish(&job, SIGKILL);
        fail_msg("weir %s does not begin: %s", line, result.err);
    }
    return job;
}

static tool_result finish(const tool_job *job)
{
    const tool_result result = tool_finish(job, SIGTERM);
    if (result.exit_code != 0) fail_msg("exit %d: %s", result.exit_code, result.err);
    return result;
}

/* Whether the last whole line of a text has this in it. */
static bool last_line_has(char *text, const char *part)
{
    char *end = strrchr(text, '\n'), *begin;
    if (!end) return false;
    *end = 0;
    begin = strrchr(text, '\n');
    return strstr(begin ? begin : text, part) != NULL;
}

/* Asks for figures, again and again, until they have this in them, or have it no more. */
static void ask_until(const tool_job *job, const char *part, bool wanted)
{
    int tries;
    for (tries = 0; tries < 200; tries++) {
        char *said;
        bool found;
        (void)kill(job->pid, SIGUSR1);
        pause_ms(50);
        said = tool_read(tool_path(job->place, TOOL_ERR), NULL);
        found = last_line_has(said, part);
        free(said);
        if (found == wanted) return;
    }
    fail_msg("SIGUSR1 does not change about '%s'", part);
}

/* The last line. */
static const char *summary_of(const char *jsonl)
{
    const char *at = strstr(jsonl, "{\"type\":\"summary\"");
    assert_non_null(at);
    return at;
}

/* What the lines of holes add up to: also of streams that have no file, for they are nothing else. */
static int64_t missing_in_holes(const char *jsonl)
{
    int64_t sum = 0;
    const char *at;
    for (at = jsonl; (at = strstr(at, "{\"type\":\"hole\"")); at++)
        sum += tool_number(at, "missing_bytes");
    return sum;
}

static void exchange_bodies(exchange *e, size_t count, bool both)
{
    if (!exchange_many(e, count, &net, both)) fail_msg("the exchange itself does not work");
}

/* ── What was sent comes out ─────────────────────────────────────────────────────────────────── */

static void two_interfaces_see_every_byte(void **state)
{
    const tool_place *place = *state;
    exchange e[CLIENTS];
    const tool_job job = capture(place, "cat -i v1 -i v2 -o @/out --gaps zero --jsonl --holes");
    tool_result result;
    const char *summary;
    seen sum;
    exchange_bodies(e, CLIENTS, true);
    result = finish(&job);
    sum = seen_compare(tool_path(place, "out"), result.out, e, CLIENTS);
    /* v1 is the server's and sees all, v2 those of host 2: two thirds of them twice. */
    assert_int_equal(sum.streams, 2 * (CLIENTS + CLIENTS / 2));
    assert_int_equal(sum.whole, sum.streams);
    summary = summary_of(result.out);
    assert_int_equal(tool_number(summary, "missing_bytes"), 0);
    assert_int_equal(tool_number(summary, "dropped_packets"), 0);
    assert_int_equal(tool_number(summary, "clock_doubted"), 0);
    assert_non_null(
        strstr(result.out, "{\"type\":\"interface\",\"interface\":\"v2\",\"up\":true,"));
    tool_free(&result);
    exchange_free(e, CLIENTS);
}

static void a_ring_that_drops_leaves_holes_and_no_splice(void **state)
{
    const tool_place *place = *state;
    exchange e[CLIENTS];
    const tool_job job = capture(
        place,
        "cat -i v1 --buffer-size 256KiB -o @/out --gaps zero --jsonl --holes --mem 16MiB --strict");
    tool_result result;
    const char *summary;
    seen sum;
    size_t i;
    for (i = 0; i < CLIENTS; i++)
        assert_true(exchange_begin(&e[i], &net, 2, AF_INET, true) && exchange_ask(&e[i]));
    ask_until(&job, " 12 connections open", true);
    /* While it stands still the ring fills up, and streams go on when it is empty again. */
    (void)kill(job.pid, SIGSTOP);
    for (i = 0; i < CLIENTS; i++)
        assert_true(exchange_read(&e[i], EXCHANGE_BODY_BYTES / 2));
    (void)kill(job.pid, SIGCONT);
    ask_until(&job, " 0 dropped by the kernel", false);
    assert_true(tool_await(tool_path(place, TOOL_ERR),
                           "v1: packets are lost, its ring is full: raise --buffer-size (now 256"));
    assert_true(exchange_all(e, CLIENTS));
    result = tool_finish(&job, SIGTERM);
    assert_int_equal(result.exit_code, 3);
    sum = seen_compare(tool_path(place, "out"), result.out, e, CLIENTS);
    summary = summary_of(result.out);
    assert_true(sum.delivered_bytes > 0);
    assert_true(sum.holes > 0);
    assert_int_equal(tool_number(summary, "delivered_bytes"), sum.delivered_bytes);
    assert_int_equal(tool_number(summary, "missing_bytes"), missing_in_holes(result.out));
    assert_true(tool_number(summary, "dropped_packets") > 0);
    assert_true(tool_number(summary, "peak_bytes") <= 16 << 20);
    assert_non_null(strstr(result.err, "--buffer-size (now 256KiB)"));
    tool_free(&result);
    exchange_free(e, CLIENTS);
}

static void any_shows_bridged_packets_twice(void **state)
{
    const tool_place *place = *state;
    exchange e[CLIENTS];
    const tool_job job =
        capture(place, "cat -i any -o @/out --gaps zero --jsonl --holes --checksum count");
    tool_result result;
    const char *summary;
    seen sum;
    exchange_bodies(e, CLIENTS, false);
    result = finish(&job);
    sum = seen_compare(tool_path(place, "out"), result.out, e, CLIENTS);
    summary = summary_of(result.out);
    assert_int_equal(sum.streams, 2 * CLIENTS);
    assert_int_equal(sum.whole, sum.streams);
    assert_int_equal(tool_number(summary, "missing_bytes"), 0);
    /* Each packet once more: at least each with payload. */
    assert_true(tool_number(summary, "duplicate_packets") >= CLIENTS * 8);
    assert_true(tool_number(summary, "duplicate_bytes") >= tool_number(summary, "delivered_bytes"));
    tool_free(&result);
    exchange_free(e, CLIENTS);
}

/* Session ids tell which member a connection was in. */
static void members_of_a_fanout_get_both_directions(void **state)
{
    const tool_place *place = *state;
    exchange e[2 * CLIENTS];
    const tool_job job =
        capture(place, "cat -i v1 --fanout 2 -o @/out --gaps zero --jsonl --holes");
    tool_result result;
    const char *at;
    size_t of_member[2] = {0, 0};
    seen sum;
    exchange_bodies(e, 2 * CLIENTS, true);
    result = finish(&job);
    sum = seen_compare(tool_path(place, "out"), result.out, e, 2 * CLIENTS);
    assert_int_equal(sum.streams, 4 * CLIENTS);
    assert_int_equal(sum.whole, sum.streams);
    for (at = result.out; (at = strstr(at, "{\"type\":\"connection\"")); at++) {
        const char *s2c = strstr(at, "\"s2c\":");
        assert_true(tool_number(at, "delivered_bytes") > 0);
        assert_true(s2c && tool_number(s2c, "delivered_bytes") > 0);
        of_member[(tool_number(at, "id") - 1) % 2]++;
    }
    assert_int_equal(of_member[0] + of_member[1], 2 * CLIENTS);
    assert_true(of_member[0] > 0 && of_member[1] > 0);
    assert_int_equal(tool_number(summary_of(result.out), "connections"), 2 * CLIENTS);
    tool_free(&result);
    exchange_free(e, 2 * CLIENTS);
}

static void one_direction_and_a_filter(void **state)
{
    const tool_place *place = *state;
    exchange e[2];
    const tool_job job =
        capture(place, "cat -i v1 --direction in -o @/out --gaps zero --jsonl --holes "
                       "tcp port 8000 and host 10.9.0.2");
    tool_result result;
    seen sum;
    /* What comes in at the server's port is what the server says. */
    exchange_bodies(e, 2, false);
    result = finish(&job);
    /* The other direction takes no room in the ring. */
    assert_int_equal(tool_number(summary_of(result.out), "received_packets"),
                     tool_number(summary_of(result.out), "packets"));
    sum = seen_compare(tool_path(place, "out"), result.out, e, 2);
    assert_int_equal(sum.streams, 1);
    assert_int_equal(sum.whole, 1);
    assert_true(sum.delivered_bytes > EXCHANGE_BODY_BYTES);
    tool_free(&result);
    exchange_free(e, 2);
}

/* ── Time, signals ───────────────────────────────────────────────────────────────────────────── */

static void time_passes_without_packets(void **state)
{
    const tool_place *place = *state;
    const tool_job job = capture(place, "run -i v1 --jsonl --idle 1s");
    exchange e;
    tool_result result;
    assert_true(exchange_begin(&e, &net, 2, AF_INET, false));
    assert_true(send(e.fd, "GET", 3, 0) == 3);
    /* Nobody says anything more, and yet its end comes, and is written at once. */
    assert_true(tool_await(tool_path(place, TOOL_OUT), "\"closed_by\":\"idle\""));
    result = finish(&job);
    tool_free(&result);
    exchange_free(&e, 1);
}

static void signals_ask_and_end(void **state)
{
    const tool_place *place = *state;
    tool_job job = capture(place, "run -i v1 -i v3");
    exchange e;
    tool_result result;
    exchange_bodies(&e, 1, false);
    ask_until(&job, "256.2 KiB delivered", true);
    result = tool_finish(&job, SIGINT);
    assert_int_equal(result.exit_code, 0);
    assert_non_null(strstr(result.err, "2 of 2 interfaces up"));
    assert_non_null(strstr(result.out, "2 interfaces"));
    assert_non_null(strstr(result.out, "  dropped                0"));
    tool_free(&result);
    job = tool_start(place, NULL, "run -i v1 --duration 200ms");
    result = tool_finish(&job, 0);
    assert_int_equal(result.exit_code, 0);
    tool_free(&result);
    exchange_free(&e, 1);
}

/* Whoever asks for figures all the time does not know when it ends. */
static void figures_may_be_asked_until_the_end(void **state)
{
    const tool_place *place = *state;
    const tool_job job = capture(place, "run -i v1 --jsonl");
    tool_result result;
    int i;
    (void)kill(job.pid, SIGTERM);
    for (i = 0; i < 50; i++) {
        pause_ms(2);
        (void)kill(job.pid, SIGUSR1);
    }
    result = tool_finish(&job, 0);
    assert_int_equal(result.exit_code, 0);
    (void)summary_of(result.out);
    tool_free(&result);
}

/* ── A terminal that hangs up ────────────────────────────────────────────────────────────────── */

/* From here on this process and its children have no terminal, as a service has none. */
static void leave_terminal(void)
{
    const int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (fd < 0) return;
    (void)ioctl(fd, TIOCNOTTY);
    (void)close(fd);
}

/* Its end of a terminal of its own, as its controlling one. */
static bool take_terminal(int terminal)
{
    return setsid() >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0 &&
           open(ptsname(terminal), O_RDWR) >= 0;
}

/* weir run on v1 with a terminal. */
static tool_job capture_on(const tool_place *place, int terminal)
{
    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
    const int out = open(tool_path(place, TOOL_OUT), flags, 0600);
    const int err = open(tool_path(place, TOOL_ERR), flags, 0600);
    char program[TOOL_PATH_BYTES];
    const tool_job job = {place, fork()};
    tool_program(program);
    if (job.pid == 0) {
        if (dup2(out, 1) < 0 || dup2(err, 2) < 0 || !take_terminal(terminal)) _exit(127);
        (void)signal(SIGHUP, SIG_DFL);
        (void)execl(program, "weir", "run", "-i", "v1", (char *)NULL);
        _exit(127);
    }
    (void)close(out);
    (void)close(err);
    assert_true(tool_await(tool_path(place, TOOL_ERR), "capturing"));
    return job;
}

static void a_hangup_ends_who_has_a_terminal(void **state)
{
    const tool_place *place = *state;
    const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    tool_job job;
    tool_result result;
    assert_true(terminal >= 0);
    job = capture_on(place, terminal);
    (void)close(terminal);
    /* What the kernel says to the first process of the session, a shell says again. */
    (void)kill(job.pid, SIGHUP);
    result = tool_finish(&job, 0);
    assert_int_equal(result.exit_code, 0);
    assert_non_null(strstr(result.out, "  dropped                0"));
    tool_free(&result);
}

static void a_hangup_does_not_end_a_service(void **state)
{
    const tool_place *place = *state;
    tool_job job;
    tool_result result;
    leave_terminal();
    (void)signal(SIGHUP, SIG_DFL);
    job = capture(place, "run -i v1");
    (void)kill(job.pid, SIGHUP);
    assert_true(tool_await(tool_path(place, TOOL_ERR), "no --limits-file to be read again"));
    ask_until(&job, "1 of 1 interfaces up", true);
    result = finish(&job);
    tool_free(&result);
    /* nohup: not even that. */
    (void)signal(SIGHUP, SIG_IGN);
    job = capture(place, "run -i v1");
    (void)signal(SIGHUP, SIG_DFL);
    (void)kill(job.pid, SIGHUP);
    ask_until(&job, "1 of 1 interfaces up", true);
    result = finish(&job);
    assert_null(strstr(result.err, "SIGHUP"));
    tool_free(&result);
}

/* ── Interfaces come and go ──────────────────────────────────────────────────────────────────── */

static void an_interface_vanishes_and_comes_back(void **state)
{
    const tool_place *place = *state;
    const char *said = tool_path(place, TOOL_ERR);
    const tool_job job = capture(place, "cat -i v1 -i v2 -o @/out --gaps zero --jsonl --holes");
    exchange before, meanwhile, after;
    tool_result result;
    exchange_bodies(&before, 1, false);
    network_unplug(&net, 2);
    assert_true(tool_await(said, "v2: vanished; waiting for it to come back"));
    /* The other one is captured all the time. */
    assert_true(exchange_begin(&meanwhile, &net, 3, AF_INET, false));
    assert_true(exchange_all(&meanwhile, 1));
    assert_true(network_plug(&net, 2));
    assert_true(tool_await(said, "v2: is back, and captured again"));
    exchange_bodies(&after, 1, false);
    result = finish(&job);
    {
        exchange all[3] = {before, meanwhile, after};
        const seen sum = seen_compare(tool_path(place, "out"), result.out, all, 3);
        assert_int_equal(sum.streams, 2 * (2 + 1 + 2));
        assert_int_equal(sum.whole, sum.streams);
        exchange_free(all, 3);
    }
    tool_free(&result);
}

static void an_interface_goes_down_and_up(void **state)
{
    const tool_place *place = *state;
    const char *said = tool_path(place, TOOL_ERR);
    const tool_job job =
        capture(place, "cat -i v2 -o @/out --gaps zero --jsonl --holes --reopen off");
    exchange e;
    tool_result result;
    seen sum;
    assert_true(network_run(&net, 0, "ip link set v2 down"));
    assert_true(tool_await(said, "v2: went down"));
    assert_true(network_run(&net, 0, "ip link set v2 up"));
    assert_true(tool_await(said, "v2: is up again"));
    exchange_bodies(&e, 1, false);
    result = finish(&job);
    sum = seen_compare(tool_path(place, "out"), result.out, &e, 1);
    assert_int_equal(sum.streams, 2);
    assert_int_equal(sum.whole, 2);
    tool_free(&result);
    exchange_free(&e, 1);
}

static void an_interface_is_renamed(void **state)
{
    const tool_place *place = *state;
    const char *said = tool_path(place, TOOL_ERR);
    const tool_job job = capture(place, "cat -i v2 -o @/out --gaps zero --jsonl --holes");
    exchange e;
    tool_result result;
    seen sum;
    assert_true(
        network_run(&net, 0, "ip link set v2 down && ip link set v2 name w2 && ip link set w2 up"));
    assert_true(tool_await(said, "v2: has another name now, and is captured all the same"));
    exchange_bodies(&e, 1, false);
    ask_until(&job, "1 of 1 interfaces up", true);
    assert_true(
        network_run(&net, 0, "ip link set w2 down && ip link set w2 name v2 && ip link set v2 up"));
    assert_true(tool_await(said, "v2: is up again"));
    result = finish(&job);
    sum = seen_compare(tool_path(place, "out"), result.out, &e, 1);
    assert_int_equal(sum.streams, 2);
    assert_int_equal(sum.whole, 2);
    assert_null(strstr(result.err, "vanished"));
    tool_free(&result);
    exchange_free(&e, 1);
}

/* One of several, at the start. Its members meet in one group, whoever of them is the first. */
static void an_interface_comes_later(void **state)
{
    const tool_place *place = *state;
    const char *said = tool_path(place, TOOL_ERR);
    exchange e[CLIENTS];
    tool_job job;
    tool_result result;
    seen sum;
    network_unplug(&net, 3);
    tool_expect(place, "run -i v1 -i v3 --reopen off", 1, "-i v3: no such interface");
    tool_expect(place, "run -i v3", 1, "-i v3: no such interface; see: ip link\n");
    job = capture(place, "cat -i v1 -i v3 --fanout 2 -o @/out --gaps zero --jsonl --holes");
    assert_true(tool_await(said, "-i v3: no such interface; see: ip link; waiting for it\n"));
    assert_true(tool_await(said, "weir: capturing v1; SIGINT"));
    ask_until(&job, "1 of 2 interfaces up", true);
    assert_true(network_plug(&net, 3));
    assert_true(tool_await(said, "v3: is there now, and captured"));
    ask_until(&job, "2 of 2 interfaces up", true);
    exchange_bodies(e, CLIENTS, true);
    result = finish(&job);
    sum = seen_compare(tool_path(place, "out"), result.out, e, CLIENTS);
    /* v1 sees all, v3 those of its host. */
    assert_int_equal(sum.streams, 2 * (CLIENTS + CLIENTS / 2));
    assert_int_equal(sum.whole, sum.streams);
    tool_free(&result);
    exchange_free(e, CLIENTS);
}

static void options_that_cannot_be_kept_are_said(void **state)
{
    const tool_place *place = *state;
    const tool_job job = capture(place, "run -i v1 --snapshot-length 96");
    tool_result result;
    exchange e;
    exchange_bodies(&e, 1, false);
    result = finish(&job);
    assert_non_null(strstr(result.out, "raise --snapshot-length"));
    tool_free(&result);
    exchange_free(&e, 1);
    tool_expect(place, "run -i any --promiscuous on --duration 50ms", 0,
                "-i any: has no promiscuous mode");
}

/* A ring of 2,000 packets, more than there are. */
static void a_packet_at_a_time_and_promiscuous(void **state)
{
    const tool_place *place = *state;
    exchange e[2];
    const tool_job job = capture(place, "cat -i v1 --immediate on --promiscuous on --buffer-size "
                                        "128MiB -o @/out --gaps zero --jsonl --holes");
    tool_result result;
    seen sum;
    exchange_bodies(e, 2, true);
    result = finish(&job);
    sum = seen_compare(tool_path(place, "out"), result.out, e, 2);
    assert_int_equal(sum.streams, 4);
    assert_int_equal(sum.whole, sum.streams);
    tool_free(&result);
    exchange_free(e, 2);
}

/* Who asked for one direction does not want to be asked where the other is. */
static void advice_fits_what_was_asked_for(void **state)
{
    const tool_place *place = *state;
    exchange e[CLIENTS];
    tool_job job = capture(place, "run -i v1 --direction in");
    tool_result result;
    size_t i;
    exchange_bodies(e, CLIENTS, false);
    exchange_free(e, CLIENTS);
    result = finish(&job);
    assert_non_null(strstr(result.out, "connections             12"));
    assert_null(strstr(result.out, "direction"));
    tool_free(&result);
    job = capture(place, "run -i v1 --immediate on --buffer-size 128KiB");
    for (i = 0; i < CLIENTS; i++)
        assert_true(exchange_begin(&e[i], &net, 2, AF_INET, true) && exchange_ask(&e[i]));
    (void)kill(job.pid, SIGSTOP);
    for (i = 0; i < CLIENTS; i++)
        assert_true(exchange_read(&e[i], EXCHANGE_BODY_BYTES / 2));
    (void)kill(job.pid, SIGCONT);
    assert_true(exchange_all(e, CLIENTS));
    assert_true(tool_await(tool_path(place, TOOL_ERR), "its ring is full: use --immediate off"));
    result = finish(&job);
    assert_non_null(strstr(result.out, "use --immediate off"));
    tool_free(&result);
    exchange_free(e, CLIENTS);
}

/* Without CAP_NET_RAW, also as root. */
static void nobody_may(const tool_place *place)
{
    char program[TOOL_PATH_BYTES], text[2 * TOOL_PATH_BYTES];
    tool_program(program);
    (void)snprintf(text, sizeof text, "#!/bin/sh\nexec setpriv --bounding-set -all %s \"$@\"\n",
                   program);
    tool_write(tool_path(place, "weak"), text, strlen(text));
    assert_int_equal(chmod(tool_path(place, "weak"), 0755), 0);
    assert_int_equal(setenv("WEIR", tool_path(place, "weak"), 1), 0);
    tool_expect(place, "run -i v1", 1, "-i v1: not allowed to capture; use sudo");
    tool_expect(place, "cat -i any -o @/d", 1, "-i any: not allowed to capture; use sudo");
    assert_int_equal(setenv("WEIR", program, 1), 0);
}

static void what_cannot_be_captured_is_said(void **state)
{
    const tool_place *place = *state;
    tool_expect(place, "run -i nosuch", 1, "-i nosuch: no such interface");
    assert_true(network_run(
        &net, 0, "ip link add idle0 type dummy 2>/dev/null || ip link add idle0 type bridge"));
    tool_expect(place, "run -i idle0", 1, "ip link set idle0 up");
    assert_true(network_run(&net, 0, "ip link del idle0"));
    tool_expect(place, "run -i v1 no such filter", 2, "man pcap-filter");
    tool_expect(place, "run -i v1 --user no-such-user", 1, "no such user");
    if (network_run(&net, 0, "setpriv --version >/dev/null")) nobody_may(place);
}

static void a_name_may_be_anything(void **state)
{
    const tool_place *place = *state;
    tool_result result;
    assert_true(
        network_run(&net, 0, "ip link add 'a\"b\\c' type bridge && ip link set 'a\"b\\c' up"));
    result = tool_run(place, NULL, "run -i a\"b\\c --jsonl --duration 100ms --promiscuous on");
    assert_int_equal(result.exit_code, 0);
    assert_non_null(strstr(result.out, "\"interface\":\"a\\\"b\\\\c\","));
    assert_true(network_run(&net, 0, "ip link del 'a\"b\\c'"));
    tool_free(&result);
}

/* ── Privileges ──────────────────────────────────────────────────────────────────────────────── */

static void status_says(const tool_job *job, const char *line)
{
    char path[64];
    char text[8192];
    FILE *file;
    size_t length;
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)job->pid);
    file = fopen(path, "r");
    assert_non_null(file);
    length = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[length] = 0;
    if (!strstr(text, line)) fail_msg("not '%s' in %s", line, text);
}

static void privileges_are_dropped(void **state)
{
    const tool_place *place = *state;
    tool_job job = capture(place, "run -i v1");
    tool_result result;
    /* CAP_NET_RAW alone. */
    status_says(&job, "CapPrm:\t0000000000002000\n");
    status_says(&job, "CapBnd:\t0000000000000000\n");
    status_says(&job, "CapAmb:\t0000000000000000\n");
    status_says(&job, "NoNewPrivs:\t1\n");
    result = finish(&job);
    tool_free(&result);
    job = capture(place, "run -i v1 --reopen off");
    status_says(&job, "CapPrm:\t0000000000000000\n");
    result = finish(&job);
    tool_free(&result);
    if (!net.real_root) return; /* there is but one user in a user namespace */
    (void)setenv("SUDO_UID", "65534", 1);
    (void)setenv("SUDO_GID", "65534", 1);
    job = capture(place, "run -i v1");
    status_says(&job, "Uid:\t65534\t65534\t65534\t65534\n");
    status_says(&job, "Gid:\t65534\t65534\t65534\t65534\n");
    status_says(&job, "CapEff:\t0000000000002000\n");
    (void)unsetenv("SUDO_UID");
    (void)unsetenv("SUDO_GID");
    result = finish(&job);
    tool_free(&result);
}

/* ── The group ───────────────────────────────────────────────────────────────────────────────── */

/* The network and the server, whose files lie in *place. false: net.why_not says why not. */
static bool begin(const tool_place *place)
{
    if (!network_begin(&net, 3)) return false;
    server = exchange_serve(&net, place->path);
    if (server > 0) return true;
    (void)snprintf(net.why_not, sizeof net.why_not, "no server (Debian: python3)");
    return false;
}

int main(void)
{
#define LIVE(f) cmocka_unit_test_setup_teardown(f, tool_setup, tool_teardown)
    const struct CMUnitTest tests[] = {
        LIVE(two_interfaces_see_every_byte),
        LIVE(a_ring_that_drops_leaves_holes_and_no_splice),
        LIVE(any_shows_bridged_packets_twice),
        LIVE(members_of_a_fanout_get_both_directions),
        LIVE(one_direction_and_a_filter),
        LIVE(time_passes_without_packets),
        LIVE(signals_ask_and_end),
        LIVE(figures_may_be_asked_until_the_end),
        LIVE(a_hangup_ends_who_has_a_terminal),
        LIVE(a_hangup_does_not_end_a_service),
        LIVE(an_interface_vanishes_and_comes_back),
        LIVE(an_interface_goes_down_and_up),
        LIVE(an_interface_is_renamed),
        LIVE(an_interface_comes_later),
        LIVE(options_that_cannot_be_kept_are_said),
        LIVE(a_packet_at_a_time_and_promiscuous),
        LIVE(advice_fits_what_was_asked_for),
        LIVE(what_cannot_be_captured_is_said),
        LIVE(a_name_may_be_anything),
        LIVE(privileges_are_dropped),
    };
    void *place;
    int failed = SKIPPED;
    if (tool_setup(&place) != 0) return 1;
    if (begin(place))
        failed = cmocka_run_group_tests(tests, NULL, NULL);
    else
        printf("skipped: %s\n", net.why_not);
    network_kill(server);
    network_end(&net);
    (void)tool_teardown(&place);
    return failed;
}
