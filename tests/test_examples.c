/* SPDX-License-Identifier: MIT */
/*
 * examples/: what they print of conversations that the test wrote, beside what was said.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/sanitized.h"
#include "support/scene.h"
#include "support/tool.h"

/* ──── programs ──── */

static const char *example(const char *name)
{
    static char path[TOOL_PATH_BYTES];
    const char *build = getenv("WEIR_BUILD");
    (void)snprintf(path, sizeof path, "%s/examples/%s", build ? build : "build", name);
    return path;
}

/* Runs it, and it must end well. Free the result. */
static tool_result run(const tool_place *place, const char *name, const char *line)
{
    tool_result result;
    assert_int_equal(setenv("WEIR", example(name), 1), 0);
    result = tool_run(place, NULL, line);
    assert_int_equal(unsetenv("WEIR"), 0);
    return result;
}

static void expect(const tool_place *place, const char *name, const char *line, int exit_code,
                   const char *out)
{
    tool_result result = run(place, name, line);
    assert_int_equal(result.exit_code, exit_code);
    assert_string_equal(result.out, out);
    tool_free(&result);
}

/* A scene in the test's directory. */
static scene begin(const tool_place *place)
{
    scene s;
    scene_open(&s, tool_path(place, "a.pcap"));
    return s;
}

/* ──── minimal ──── */

static void minimal_prints_bytes_and_holes(void **state)
{
    const tool_place *place = *state;
    scene s = begin(place);
    scene_connect(&s, 0);
    scene_say(&s, WEIR_C2S, "hello");
    scene_say(&s, WEIR_S2C, "good");
    s.lossy = true;
    scene_say(&s, WEIR_S2C, " evening");
    s.lossy = false;
    scene_say(&s, WEIR_S2C, " to you");
    scene_close(&s);
    expect(place, "minimal", "@/a.pcap", 0,
           "1 > 0: hello\n1 < 0: good\n1 < 4: 8 bytes are missing (flush)\n1 < 12:  to you\n");
    expect(place, "minimal", "@/none.pcap", 1, "");
}

/* ──── grep ──── */

static void grep_finds_across_segments(void **state)
{
    const tool_place *place = *state;
    scene s = begin(place);
    scene_connect(&s, 0);
    scene_say_in_pieces(&s, WEIR_C2S, "..secret..secsecretret", 1);
    scene_say(&s, WEIR_S2C, "the sec");
    scene_say_swapped(&s, WEIR_S2C, "re", "t is secret");
    scene_close(&s);
    expect(place, "grep", "secret @/a.pcap", 0,
           "10.0.0.1:40000 > 10.0.0.2:80 offset 2\n"
           "10.0.0.1:40000 > 10.0.0.2:80 offset 13\n"
           "10.0.0.1:40000 < 10.0.0.2:80 offset 4\n"
           "10.0.0.1:40000 < 10.0.0.2:80 offset 14\n");
    expect(place, "grep", "nothing @/a.pcap", 1, "");
    expect(place, "grep", "'' @/a.pcap", 2, "");
}

static void grep_finds_matches_that_overlap_once(void **state)
{
    const tool_place *place = *state;
    scene s = begin(place);
    scene_connect(&s, 0);
    scene_say(&s, WEIR_C2S, "aa");
    scene_say(&s, WEIR_C2S, "a");
    scene_say(&s, WEIR_C2S, "aa");
    scene_close(&s);
    expect(place, "grep", "aaa @/a.pcap", 0,
           "10.0.0.1:40000 > 10.0.0.2:80 offset 0\n"
           "10.0.0.1:40000 > 10.0.0.2:80 offset 1\n"
           "10.0.0.1:40000 > 10.0.0.2:80 offset 2\n");
}

static void grep_never_joins_what_a_hole_parts(void **state)
{
    const tool_place *place = *state;
    tool_result result;
    scene s = begin(place);
    scene_connect(&s, 0);
    scene_say(&s, WEIR_C2S, "sec");
    s.lossy = true;
    scene_say(&s, WEIR_C2S, "?");
    s.lossy = false;
    scene_say(&s, WEIR_C2S, "ret, secret");
    scene_close(&s);
    result = run(place, "grep", "secret @/a.pcap");
    assert_string_equal(result.out, "10.0.0.1:40000 > 10.0.0.2:80 offset 9\n");
    assert_non_null(strstr(result.err, "1 matches in 14 bytes; 1 bytes are missing"));
    tool_free(&result);
}

/* A capture of which weir does not know the link type: said, and not a search without a result. */
static void none_is_silent_about_what_it_cannot_read(void **state)
{
    static const char *const names[] = {"minimal", "grep", "agent"};
    static const char *const lines[] = {"@/a.pcap", "secret @/a.pcap", "-r @/a.pcap"};
    const tool_place *place = *state;
    scene s = begin(place);
    size_t bytes;
    char *capture;
    scene_connect(&s, 0);
    scene_close(&s);
    capture = tool_read(tool_path(place, "a.pcap"), &bytes);
    capture[20] = (char)147; /* the file's header: for private use */
    tool_write(tool_path(place, "a.pcap"), capture, bytes);
    free(capture);
    for (size_t i = 0; i < 3; i++) {
        tool_result result;
        if (access(example(names[i]), X_OK) != 0) continue;
        result = run(place, names[i], lines[i]);
        assert_int_equal(result.exit_code, i == 1 ? 2 : 1);
        assert_non_null(strstr(result.err, weir_error_text(WEIR_ERR_LINK_TYPE)));
        tool_free(&result);
    }
}

/* ──── agent: what it says ──── */

/* A row of the report; all 0 if it is not there. */
typedef struct {
    unsigned long requests, status[6], none;
    double p50, p90, p99, max;
} row;

static row row_of(const tool_result *report, const char *method, const char *path)
{
    char beginning[160];
    const char *at = report->out;
    row r;
    const int length = snprintf(beginning, sizeof beginning, "%-7s %-40s ", method, path);
    memset(&r, 0, sizeof r);
    while (at && strncmp(at, beginning, (size_t)length) != 0) {
        at = strchr(at, '\n');
        if (at) at++;
    }
    if (!at) return r;
    assert_int_equal(sscanf(at + length, "%lu %lu %lu %lu %lu %lu %lf %lf %lf %lf", &r.requests,
                            &r.status[2], &r.status[3], &r.status[4], &r.status[5], &r.none, &r.p50,
                            &r.p90, &r.p99, &r.max),
                     10);
    return r;
}

/* The number behind the first `name` at or after `section`. */
static uint64_t number(const tool_result *report, const char *section, const char *name)
{
    char spaced[64];
    const char *at = strstr(report->out, section);
    (void)snprintf(spaced, sizeof spaced, "%s ", name);
    if (at) at = strstr(at, spaced);
    if (!at) fail_msg("no %s in %s", name, report->out);
    return at ? strtoull(at + strlen(spaced), NULL, 10) : 0;
}

static uint64_t count(const tool_result *report, const char *name)
{
    return number(report, "\nrequests ", name);
}

static void assert_counted(const tool_result *report, const char *name, uint64_t wanted)
{
    if (count(report, name) != wanted)
        fail_msg("%s: not %" PRIu64 " in\n%s", name, wanted, report->out);
}

/* So many answers of this endpoint were of this class. */
static void assert_answered(const tool_result *report, const char *method, const char *path,
                            int status, unsigned long wanted)
{
    if (row_of(report, method, path).status[status] != wanted)
        fail_msg("%s %s: not %lu of %dxx in\n%s", method, path, wanted, status, report->out);
}

/* All counts that have to do with losses are 0. */
static void assert_no_loss(const tool_result *report)
{
    static const char *const names[] = {"cut_requests",  "cut_responses",  "bridged",    "resyncs",
                                        "lost_requests", "lost_responses", "unanswered", "unasked",
                                        "unpaired",      "malformed",      "foreign",    "evicted"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (count(report, names[i]) != 0) fail_msg("%s in\n%s", names[i], report->out);
}

static tool_result watch(const tool_place *place, scene *s)
{
    tool_result result;
    scene_close(s);
    result = run(place, "agent", "-r @/a.pcap");
    if (result.exit_code != 0) fail_msg("agent: exit %d: %s", result.exit_code, result.err);
    return result;
}

/* One of "unpaired 4", "no loss", "GET /a 2xx 1", "GET /a none 1", "GET /a requests 1". */
static void assert_says(const tool_result *report, const char *item)
{
    char first[32], second[160], what[16];
    unsigned long wanted = 0, found = 0;
    const int words = sscanf(item, "%31s %159s %15s %lu", first, second, what, &wanted);
    if (strcmp(item, "no loss") == 0) {
        assert_no_loss(report);
    } else if (words == 2) {
        assert_counted(report, first, strtoull(second, NULL, 10));
    } else {
        const row r = row_of(report, first, second);
        assert_int_equal(words, 4);
        if (strcmp(what, "none") == 0)
            found = r.none;
        else if (strcmp(what, "requests") == 0)
            found = r.requests;
        else
            found = r.status[what[0] - '0'];
        if (found != wanted) fail_msg("not %s in\n%s", item, report->out);
    }
}

/* What the agent says of the conversation, which ends here: items with ", " between them. */
static void expect_report(const tool_place *place, scene *s, const char *items)
{
    tool_result report = watch(place, s);
    while (*items) {
        const size_t length = strcspn(items, ",");
        char item[200];
        (void)snprintf(item, sizeof item, "%.*s", (int)length, items);
        assert_says(&report, item);
        items += length;
        items += strspn(items, ", ");
    }
    tool_free(&report);
}

/* Skips the test where there is no agent. */
static void need_agent(void)
{
    if (access(example("agent"), X_OK) == 0) return;
    print_message("skipped: llhttp is not installed, so examples/agent is not built\n");
    skip();
}

#define OK_EMPTY "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

static void ask(scene *s, const char *method, const char *path)
{
    char text[512];
    (void)snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: api\r\n\r\n", method, path);
    scene_say(s, WEIR_C2S, text);
}

static void answer(scene *s, const char *status)
{
    char text[256];
    (void)snprintf(text, sizeof text, "HTTP/1.1 %s\r\nContent-Length: 5\r\n\r\nhello", status);
    scene_say(s, WEIR_S2C, text);
}

static void talk(scene *s, const char *method, const char *path, const char *status)
{
    ask(s, method, path);
    answer(s, status);
}

/* A capture of which the first connection was opened. */
static scene converse(const tool_place *place)
{
    scene s;
    need_agent();
    s = begin(place);
    scene_connect(&s, 0);
    return s;
}

/* ──── agent: no loss ──── */

static void agent_counts_endpoints(void **state)
{
    const tool_place *place = *state;
    tool_result report;
    scene s = converse(place);
    row r;
    for (int i = 0; i < 10; i++) {
        ask(&s, "GET",
            i % 2 ? "/v2/users/4711/orders/9f86d081-884c" : "/v2/users/12/orders/7?all=1");
        scene_wait(&s, i == 9 ? 100 : 5);
        answer(&s, i == 9 ? "503 Busy" : "200 OK");
    }
    talk(&s, "GET", "http://api.example/oauth2/token", "404 Not Found");
    report = watch(place, &s);
    r = row_of(&report, "GET", "/v2/users/{id}/orders/{id}");
    assert_int_equal(r.requests, 10);
    assert_int_equal(r.status[2], 9);
    assert_int_equal(r.status[5], 1);
    assert_int_equal(r.none, 0);
    assert_true(r.p50 >= 5.1 && r.p50 < 5.1 * 9 / 8); /* a bucket's width */
    assert_true(r.p99 >= 100.0 && r.p99 < 100.2);
    assert_true(r.max >= 100.0 && r.max < 100.2);
    assert_answered(&report, "GET", "/oauth2/token", 4, 1);
    assert_counted(&report, "paired", 11);
    assert_no_loss(&report);
    tool_free(&report);
}

/* RFC 9112, section 3.2: the four forms of what a request asks for. */
static void agent_knows_all_forms_of_targets(void **state)
{
    const tool_place *place = *state;
    scene s = converse(place);
    talk(&s, "GET", "/?all=1", "200 OK");
    talk(&s, "GET", "http://api.example", "302 Found");
    talk(&s, "OPTIONS", "*", "200 OK");
    talk(&s, "CONNECT", "api7.example:443", "403 No");
    talk(&s, "GET", "//a/", "404 No");
    expect_report(place, &s,
                  "GET / requests 2, OPTIONS * 2xx 1, CONNECT api7.example:443 4xx 1, "
                  "GET //a/ 4xx 1, no loss");
}

static void agent_cuts_long_paths(void **state)
{
    const tool_place *place = *state;
    scene s = converse(place);
    tool_result report;
    char path[160], cut[160];
    for (int length = 70; length < 130; length++) {
        (void)snprintf(path, sizeof path, "/%.*s//", length,
                       "a-b/a-b/a-b/a-b/a-b/a-b/a-b/a-b/a-b/a-b/a-b/a-b/a-b/a-b/a-b/a-b/"
                       "a-b/a-b/a-b/a-b/a-b/a-b/a-b/a-b/a-b/a-b/a-b/a-b/a-b/a-b/a-b/a-b/");
        talk(&s, "GET", path, "200 OK");
    }
    (void)snprintf(cut, sizeof cut, "%.76s...", path);
    report = watch(place, &s);
    assert_answered(&report, "GET", cut, 2, 130 - 75);
    tool_free(&report);
}

static void agent_reads_headers_in_pieces(void **state)
{
    const tool_place *place = *state;
    scene s = converse(place);
    scene_say_in_pieces(&s, WEIR_C2S,
                        "POST /orders HTTP/1.1\r\nHost: api\r\nContent-Length: 4\r\n\r\nbody", 1);
    scene_say_in_pieces(&s, WEIR_S2C,
                        "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "5\r\nhello\r\n10;ext=1\r\n0123456789abcdef\r\n0\r\nTrailer: 1\r\n\r\n",
                        3);
    scene_say_swapped(&s, WEIR_C2S, "GET /next HT", "TP/1.1\r\n\r\n");
    answer(&s, "302 Found");
    expect_report(place, &s, "POST /orders 2xx 1, GET /next 3xx 1, no loss");
}

static void agent_pairs_pipelined_requests(void **state)
{
    const tool_place *place = *state;
    scene s = converse(place);
    scene_say(&s, WEIR_C2S,
              "GET /a HTTP/1.1\r\n\r\nHEAD /b HTTP/1.1\r\n\r\nGET /c HTTP/1.1\r\n\r\n");
    scene_say(&s, WEIR_S2C,
              "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none"
              "HTTP/1.1 302 Found\r\nContent-Length: 300\r\n\r\n"
              "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
    expect_report(place, &s, "GET /a 2xx 1, HEAD /b 3xx 1, GET /c 4xx 1, no loss");
}

/* More requests than may wait for their responses: then there are no pairs, and no wrong ones. */
static void agent_pairs_nothing_in_a_pipeline_that_is_too_deep(void **state)
{
    const tool_place *place = *state;
    scene s = converse(place);
    for (int i = 0; i < 20; i++)
        ask(&s, "GET", i < 10 ? "/first" : "/then");
    for (int i = 0; i < 20; i++)
        answer(&s, i < 10 ? "200 OK" : "500 No");
    expect_report(place, &s, "GET /first 5xx 0, GET /then 2xx 0, responses 20");
}

/* RFC 9112, section 6.3: which messages have no body whatever their header says. */
static void agent_knows_messages_without_a_body(void **state)
{
    const tool_place *place = *state;
    scene s = converse(place);
    tool_result report;
    ask(&s, "HEAD", "/head");
    scene_say(&s, WEIR_S2C, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    ask(&s, "DELETE", "/gone");
    scene_say(&s, WEIR_S2C, "HTTP/1.1 204 No Content\r\n\r\n");
    ask(&s, "GET", "/cached");
    scene_say(&s, WEIR_S2C, "HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n");
    scene_say(&s, WEIR_C2S,
              "PUT /big HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    scene_say(&s, WEIR_S2C, "HTTP/1.1 100 Continue\r\n\r\n");
    scene_wait(&s, 50);
    scene_say(&s, WEIR_C2S, "abc");
    scene_wait(&s, 2);
    answer(&s, "500 Oops");
    ask(&s, "GET", "/last");
    scene_say(&s, WEIR_S2C, "HTTP/1.0 200 OK\r\n\r\nuntil the end");
    scene_say(&s, WEIR_S2C, "HTTP/1.1 404 is body, too\r\n\r\n");
    report = watch(place, &s);
    assert_answered(&report, "HEAD", "/head", 2, 1);
    assert_answered(&report, "DELETE", "/gone", 2, 1);
    assert_answered(&report, "GET", "/cached", 3, 1);
    assert_answered(&report, "PUT", "/big", 5, 1);
    assert_true(row_of(&report, "PUT", "/big").max < 2.5); /* from the body's end on */
    assert_answered(&report, "GET", "/last", 2, 1);
    assert_counted(&report, "responses", 5);
    assert_no_loss(&report);
    tool_free(&report);
}

/* A final response follows, whatever an informational one says of a body. */
static void agent_knows_that_hints_have_no_body(void **state)
{
    const tool_place *place = *state;
    scene s = converse(place);
    ask(&s, "GET", "/a");
    scene_say(&s, WEIR_S2C, "HTTP/1.1 103 Early Hints\r\nContent-Length: 40\r\n\r\n");
    answer(&s, "404 No");
    talk(&s, "GET", "/b", "500 No");
    expect_report(place, &s, "GET /a 4xx 1, GET /b 5xx 1, no loss");
}

/* Responses that were captured in front of their requests: the first was to a HEAD, and what was
 * taken for its body is the second. */
static void agent_takes_back_the_body_of_a_head(void **state)
{
    const tool_place *place = *state;
    scene s = converse(place);
    scene_say(&s, WEIR_S2C,
              "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"
              "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n");
    ask(&s, "HEAD", "/a");
    ask(&s, "GET", "/b");
    talk(&s, "GET", "/c", "404 No");
    talk(&s, "GET", "/d", "500 No");
    expect_report(place, &s, "HEAD /a 2xx 1, GET /b 4xx 0, GET /c 5xx 0, GET /d 4xx 0");
}

static void agent_leaves_what_was_upgraded(void **state)
{
    static const char upgrade[] =
        "GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    const tool_place *place = *state;
    scene s = converse(place);
    scene_say(&s, WEIR_C2S, upgrade); /* declined: it stays HTTP */
    answer(&s, "200 OK");
    talk(&s, "GET", "/still", "200 OK");
    scene_say(&s, WEIR_C2S, upgrade);
    scene_say(&s, WEIR_S2C,
              "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    scene_say(&s, WEIR_C2S, "GET /no-request HTTP/1.1\r\n\r\n");
    scene_say(&s, WEIR_S2C, "HTTP/1.1 500 no response\r\n\r\n");
    expect_report(place, &s,
                  "GET /ws requests 2, GET /still 2xx 1, GET /no-request requests 0, "
                  "upgraded 1, responses 3, no loss");
}

/* What comes behind a request to upgrade may be a request as well. */
static void agent_reads_on_behind_an_upgrade_that_was_declined(void **state)
{
    const tool_place *place = *state;
    scene s = converse(place);
    scene_say(&s, WEIR_C2S,
              "GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
              "GET /b HTTP/1.1\r\n\r\n");
    answer(&s, "200 OK");
    answer(&s, "404 No");
    talk(&s, "GET", "/c", "500 No");
    scene_say(&s, WEIR_C2S,
              "GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    answer(&s, "200 OK");
    talk(&s, "PROPFIND", "/dav", "302 Found");
    talk(&s, "GET", "/d", "404 No");
    expect_report(place, &s,
                  "GET /ws 2xx 2, GET /b 4xx 1, GET /c 5xx 1, PROPFIND /dav 3xx 1, "
                  "GET /d 4xx 1, no loss");
}

static void agent_leaves_other_protocols(void **state)
{
    const tool_place *place = *state;
    scene s = converse(place);
    scene_send(&s, WEIR_C2S, "\x16\x03\x01\x02\x00\x01", 6);
    ask(&s, "GET", "/in-a-tunnel");
    scene_connect(&s, 1);
    scene_say(&s, WEIR_S2C, "220 mail.example ESMTP\r\n");
    scene_connect(&s, 2);
    scene_say(&s, WEIR_C2S, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    expect_report(place, &s, "foreign 3, requests 0");
}

/* A capture that began in the middle does not know who the client is. */
static void agent_joins_midstream(void **state)
{
    const tool_place *place = *state;
    scene s = begin(place);
    need_agent();
    scene_join(&s, 0);
    scene_say(&s, WEIR_S2C, "the end of a body");
    talk(&s, "GET", "/a", "404 No");
    talk(&s, "GET", "/b", "200 OK");
    expect_report(place, &s, "GET /a 4xx 1, GET /b 2xx 1, no loss");
}

/* Which response is to which request a client that pipelines does not tell by time. */
static void agent_pairs_nothing_in_a_pipeline_that_it_joins(void **state)
{
    const tool_place *place = *state;
    scene s;
    need_agent();
    s = begin(place);
    scene_join(&s, 0);
    ask(&s, "GET", "/a");
    ask(&s, "GET", "/b");
    answer(&s, "200 OK");
    answer(&s, "404 No");
    expect_report(place, &s, "GET /a none 1, GET /b none 1, unpaired 4");
}

static void agent_has_a_row_for_all_others(void **state)
{
    const tool_place *place = *state;
    scene s = converse(place);
    tool_result report;
    char path[32];
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(path, sizeof path, "/%c%c%c", 'a' + i % 10, 'a' + i / 10 % 10,
                       'a' + i / 100);
        talk(&s, "GET", path, "200 OK");
    }
    report = watch(place, &s);
    assert_in_range(row_of(&report, "(other)", "").status[2], 1000 - 256, 1000 - 200);
    assert_counted(&report, "paired", 1000);
    assert_no_loss(&report);
    tool_free(&report);
}

/* A scanner that tries thousands of paths: what is in use keeps its row, what comes into use gets
 * one, and a response that comes late goes to nobody else's. */
static void agent_gives_rows_to_what_is_asked_for(void **state)
{
    const tool_place *place = *state;
    scene s = converse(place);
    tool_result report;
    char path[32];
    for (int i = 0; i < 50; i++)
        talk(&s, "GET", "/used", "200 OK");
    scene_connect(&s, 1);
    ask(&s, "GET", "/slow");
    s.at = 0;
    for (int i = 0; i < 4000; i++) {
        (void)snprintf(path, sizeof path, "/%c%c%c%c", 'a' + i % 10, 'a' + i / 10 % 10,
                       'a' + i / 100 % 10, 'a' + i / 1000);
        talk(&s, "GET", path, "404 No");
    }
    for (int i = 0; i < 50; i++)
        talk(&s, "GET", "/new", "302 Found");
    s.at = 1;
    answer(&s, "500 No");
    report = watch(place, &s);
    assert_answered(&report, "GET", "/used", 2, 50);
    assert_in_range(row_of(&report, "GET", "/new").status[3], 40, 50);
    assert_answered(&report, "(other)", "", 5, 1);
    assert_counted(&report, "paired", 4101);
    assert_no_loss(&report);
    tool_free(&report);
}

/* ──── agent: holes ──── */

static void lose(scene *s, weir_direction direction, const char *text)
{
    s->lossy = true;
    scene_say(s, direction, text);
    s->lossy = false;
}

static void agent_bridges_holes_in_bodies(void **state)
{
    const tool_place *place = *state;
    scene s = converse(place);
    scene_say(&s, WEIR_C2S, "POST /a HTTP/1.1\r\nContent-Length: 30\r\n\r\n0123456789");
    lose(&s, WEIR_C2S, "0123456789");
    scene_say(&s, WEIR_C2S, "0123456789");
    answer(&s, "200 OK");
    ask(&s, "GET", "/b");
    scene_say(&s, WEIR_S2C, "HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n01234");
    lose(&s, WEIR_S2C, "5678901234");
    scene_say(&s, WEIR_S2C, "56789\r\n0\r\n\r\n");
    ask(&s, "GET", "/c");
    scene_say(&s, WEIR_S2C, "HTTP/1.1 500 No\r\nContent-Length: 10\r\n\r\n");
    lose(&s, WEIR_S2C, "0123456789"); /* to the last byte */
    talk(&s, "GET", "/d", "302 Found");
    ask(&s, "GET", "/e");
    scene_say(&s, WEIR_S2C, "HTTP/1.0 200 OK\r\n\r\nuntil ");
    lose(&s, WEIR_S2C, "it ");
    scene_say(&s, WEIR_S2C, "ends");
    expect_report(place, &s,
                  "bridged 4, resyncs 0, paired 5, POST /a 2xx 1, GET /b 4xx 1, GET /c 5xx 1, "
                  "GET /d 3xx 1, GET /e 2xx 1");
}

static void agent_finds_the_next_message(void **state)
{
    const tool_place *place = *state;
    scene s = converse(place);
    ask(&s, "GET", "/a");
    scene_say(&s, WEIR_S2C, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01");
    lose(&s, WEIR_S2C, "234\r\n5\r\n");
    scene_say(&s, WEIR_S2C, "56789\r\n0\r\n\r\n"); /* who knows */
    ask(&s, "GET", "/b");
    scene_say_in_pieces(&s, WEIR_S2C, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", 5);
    talk(&s, "GET", "/c", "500 No");
    expect_report(place, &s,
                  "cut_responses 1, lost_responses 0, resyncs 1, GET /a 2xx 1, GET /b 4xx 1, "
                  "GET /c 5xx 1");
}

static void agent_counts_lost_responses(void **state)
{
    const tool_place *place = *state;
    scene s = converse(place);
    tool_result report;
    talk(&s, "GET", "/a", "200 OK");
    ask(&s, "GET", "/b");
    lose(&s, WEIR_S2C, OK_EMPTY);
    scene_wait(&s, 10);
    ask(&s, "GET", "/c");
    scene_wait(&s, 3);
    answer(&s, "404 No");
    ask(&s, "GET", "/d");
    lose(&s, WEIR_S2C, "HTTP/1.1 200 OK\r\nContent-"); /* in its header */
    scene_say(&s, WEIR_S2C, "Length: 5\r\n\r\nhello");
    talk(&s, "GET", "/e", "500 No");
    ask(&s, "GET", "/a"); /* shows that no request is missing */
    answer(&s, "200 OK");
    report = watch(place, &s);
    assert_counted(&report, "lost_responses", 2);
    assert_counted(&report, "unanswered", 0);
    assert_int_equal(row_of(&report, "GET", "/b").none, 1);
    assert_answered(&report, "GET", "/c", 4, 1);
    assert_true(row_of(&report, "GET", "/c").max < 3.5);
    assert_int_equal(row_of(&report, "GET", "/d").none, 1);
    assert_answered(&report, "GET", "/e", 5, 1);
    tool_free(&report);
}

/* The request behind the hole is delivered late: its response, and that to the lost one, come
 * before it. */
static void agent_counts_lost_requests(void **state)
{
    const tool_place *place = *state;
    scene s = converse(place);
    tool_result report;
    talk(&s, "GET", "/a", "200 OK");
    s.lossy = true;
    ask(&s, "GET", "/lost");
    s.lossy = false;
    answer(&s, "302 Found");
    ask(&s, "GET", "/c");
    scene_wait(&s, 4);
    answer(&s, "404 No");
    scene_wait(&s, 100);
    talk(&s, "GET", "/d", "500 No");
    report = watch(place, &s);
    assert_counted(&report, "lost_requests", 1);
    assert_counted(&report, "unasked", 0);
    assert_int_equal(row_of(&report, "GET", "/lost").requests, 0);
    assert_answered(&report, "GET", "/c", 4, 1);
    assert_true(row_of(&report, "GET", "/c").max > 4 && row_of(&report, "GET", "/c").max < 4.5);
    assert_answered(&report, "GET", "/d", 5, 1);
    tool_free(&report);
}

/* Nobody can tell which of them was answered: rather none than a wrong one. */
static void agent_pairs_nothing_behind_a_hole_in_a_pipeline(void **state)
{
    const tool_place *place = *state;
    scene s = converse(place);
    ask(&s, "GET", "/a");
    ask(&s, "GET", "/b");
    talk(&s, "GET", "/c", "200 OK");
    lose(&s, WEIR_S2C, OK_EMPTY);
    answer(&s, "404 No");
    expect_report(place, &s, "paired 1, unpaired 3, GET /b none 1, GET /c none 1");
}

static void agent_pairs_nothing_in_a_pipeline_behind_a_hole(void **state)
{
    const tool_place *place = *state;
    scene s = converse(place);
    talk(&s, "GET", "/a", "200 OK");
    s.lossy = true;
    ask(&s, "GET", "/lost");
    s.lossy = false;
    answer(&s, "302 Found");
    ask(&s, "GET", "/c");
    ask(&s, "GET", "/d");
    scene_wait(&s, 100); /* the hole is given up */
    answer(&s, "404 No");
    answer(&s, "500 No");
    expect_report(place, &s, "GET /c none 1, GET /d none 1");
}

static void agent_goes_on_after_a_malformed_message(void **state)
{
    const tool_place *place = *state;
    scene s = converse(place);
    talk(&s, "GET", "/a", "200 OK");
    scene_say(&s, WEIR_C2S, "GET /b HTTP/1.1\r\nContent-Length: x\r\n\r\n");
    answer(&s, "404 No");
    talk(&s, "GET", "/c", "500 No");
    scene_connect(&s, 1);
    scene_say(&s, WEIR_C2S, "GET /d HTTP/1.1\r\n\r\n\1nonsense");
    answer(&s, "302 Found");
    talk(&s, "GET", "/e", "404 No");
    expect_report(place, &s, "malformed 2, GET /d 3xx 1, GET /e 4xx 1, GET /a 2xx 1, GET /c 5xx 1");
}

/* Endpoints that have a status each: a response that is given to another request is seen. */
enum { ENDPOINTS = 4 };
static const char *const endpoint_paths[] = {"/two", "/three", "/four", "/five"};
static const char *const endpoint_methods[] = {"HEAD", "GET", "PUT", "DELETE"};

static void ask_endpoint(scene *s, uint32_t which)
{
    ask(s, endpoint_methods[which], endpoint_paths[which]);
}

static void answer_endpoint(scene *s, uint32_t which)
{
    static const char *const statuses[] = {"200 OK", "302 Found", "404 No", "500 No"};
    if (which == 0) /* RFC 9112, section 6.3: the length is that of a body which does not come */
        scene_say(s, WEIR_S2C, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
    else
        answer(s, statuses[which]);
}

static void assert_no_wrong_answer(const tool_result *report)
{
    for (unsigned long which = 0; which < ENDPOINTS; which++) {
        const row r = row_of(report, endpoint_methods[which], endpoint_paths[which]);
        assert_true(r.requests > 500);
        for (unsigned long status = 2; status < 6; status++)
            if (status != which + 2 && r.status[status] != 0)
                fail_msg("%s has a wrong answer:\n%s", endpoint_paths[which], report->out);
        assert_true(r.max < 41);
    }
}

static uint32_t draw(uint32_t *random)
{
    return *random = *random * 1664525u + 1013904223u;
}

/* Whatever segments are lost, no response is given to a request that it does not answer. */
static void pair_with_losses(const tool_place *place, uint32_t random)
{
    tool_result report;
    scene s = begin(place);
    for (uint32_t exchange = 0; exchange < 4000; exchange++) {
        uint32_t which;
        if (exchange % 200 == 0) {
            s.ports += 4;
            scene_connect(&s, exchange / 200 % 4);
        }
        which = draw(&random) >> 30;
        s.lossy = exchange > 100 && (random >> 8) % 100 < exchange / 200;
        ask_endpoint(&s, which);
        scene_wait(&s, (random >> 16) % 40);
        (void)draw(&random);
        s.lossy = exchange > 100 && (random >> 8) % 100 < exchange / 200;
        answer_endpoint(&s, which);
        s.lossy = false;
        scene_wait(&s, (random >> 16) % 40);
    }
    report = watch(place, &s);
    assert_no_wrong_answer(&report);
    if (count(&report, "paired") <= 3000) fail_msg("%s", report.out);
    assert_true(count(&report, "lost_requests") > 100);
    assert_true(count(&report, "lost_responses") > 100);
    tool_free(&report);
}

/* Nor if nothing is lost and clients do not wait, however many requests they send at once. */
static void pair_in_pipelines(const tool_place *place, uint32_t random, uint32_t depth)
{
    uint8_t which[32];
    tool_result report;
    scene s = begin(place);
    uint64_t asked = 0;
    for (uint32_t batch = 0; asked < 4000; batch++) {
        const uint32_t size = 1 + (draw(&random) >> 16) % depth;
        if (batch % 8 == 0) {
            s.ports += 4;
            scene_connect(&s, batch / 8 % 4);
        }
        for (uint32_t i = 0; i < size; i++)
            ask_endpoint(&s, which[i] = (uint8_t)(draw(&random) >> 30));
        scene_wait(&s, (random >> 16) % 20);
        for (uint32_t i = 0; i < size; i++)
            answer_endpoint(&s, which[i]);
        asked += size;
    }
    report = watch(place, &s);
    assert_no_wrong_answer(&report);
    assert_counted(&report, "requests", asked);
    assert_counted(&report, "responses", asked);
    if (depth <= 8) assert_counted(&report, "paired", asked);
    tool_free(&report);
}

static void agent_never_pairs_what_does_not_belong_together(void **state)
{
    need_agent();
    pair_with_losses(*state, 20260401);
    pair_with_losses(*state, 39595); /* found a request behind a hole behind a doubted pair */
    pair_with_losses(*state, 229651);
    pair_in_pipelines(*state, 1, 8);
    pair_in_pipelines(*state, 2, 20);
}

/* ──── agent: memory ──── */

#define MEM_BYTES (4 << 20)

static void assert_within_limit(const tool_result *report)
{
    assert_int_equal(report->exit_code, 0);
    assert_int_equal(number(report, "memory: ", "limit"), MEM_BYTES);
    if (!SANITIZED && number(report, "memory: ", "peak") > MEM_BYTES) fail_msg("%s", report->out);
}

/* Requests that never end, on more connections than there is room for; then one that does. */
static void agent_stays_inside_its_limit(void **state)
{
    const tool_place *place = *state;
    tool_result report;
    scene s = begin(place);
    need_agent();
    for (uint32_t i = 0; i < 20000; i++) {
        s.ports = i;
        scene_connect(&s, 0);
        scene_say(&s, WEIR_C2S, "POST /never HTTP/1.1\r\nX-Long: ");
    }
    s.ports++;
    scene_connect(&s, 0);
    talk(&s, "GET", "/a", "200 OK");
    scene_close(&s);
    report = run(place, "agent", "-r @/a.pcap --mem 4MiB");
    assert_within_limit(&report);
    assert_true(number(&report, "connections at once", "at once") ==
                number(&report, "connections at once", "limit"));
    assert_true(count(&report, "evicted") > 0);
    assert_answered(&report, "GET", "/a", 2, 1);
    tool_free(&report);
}

/* A body of 16 MiB of which the capture lost one segment, and no acknowledgement says so. */
static void agent_stays_inside_its_limit_behind_a_hole(void **state)
{
    static char body[32 << 10];
    const tool_place *place = *state;
    tool_result report;
    scene s = converse(place);
    ask(&s, "GET", "/big");
    scene_say(&s, WEIR_S2C, "HTTP/1.1 200 OK\r\nContent-Length: 16777216\r\n\r\n");
    for (int i = 0; i < 512; i++) {
        s.lossy = i == 3;
        scene_send(&s, WEIR_S2C, body, sizeof body);
    }
    s.lossy = false;
    talk(&s, "GET", "/a", "404 No");
    scene_close(&s);
    report = run(place, "agent", "-r @/a.pcap --mem 4MiB");
    assert_within_limit(&report);
    assert_true(number(&report, "; pool ", "peak") > 256 << 10); /* it did hold */
    assert_counted(&report, "bridged", 1);
    assert_answered(&report, "GET", "/big", 2, 1);
    assert_answered(&report, "GET", "/a", 4, 1);
    tool_free(&report);
}

static void agent_stays_inside_its_limit_on(const tool_place *place, const char *scenario,
                                            double scale)
{
    tool_result report;
    (void)tool_traffic(tool_path(place, "t.pcap"), scenario, scale);
    report = run(place, "agent", "-r @/t.pcap -r @/t.pcap --mem 4MiB");
    assert_within_limit(&report);
    tool_free(&report);
}

static void agent_stays_inside_its_limit_whatever_comes(void **state)
{
    const tool_place *place = *state;
    need_agent();
    agent_stays_inside_its_limit_on(place, "incident", 0.01);
    agent_stays_inside_its_limit_on(place, "syn-flood", 0.01);
    agent_stays_inside_its_limit_on(place, "many", 0.01);
    agent_stays_inside_its_limit_on(place, "tiny-random", 0.01);
}

/* ──── agent: options ──── */

static void agent_adds_up_its_sources(void **state)
{
    const tool_place *place = *state;
    tool_result report;
    scene s = converse(place);
    talk(&s, "GET", "/a", "200 OK");
    scene_close(&s);
    report = run(place, "agent", "-r @/a.pcap -r @/a.pcap -r @/a.pcap --every 1 'tcp port 80'");
    assert_answered(&report, "GET", "/a", 2, 3);
    tool_free(&report);
    report = run(place, "agent", "-r @/a.pcap 'tcp port 81'");
    assert_counted(&report, "requests", 0);
    tool_free(&report);
}

static int open_pipe(const tool_place *place, const char *name)
{
    int fd;
    assert_int_equal(mkfifo(tool_path(place, name), 0600), 0);
    fd = open(tool_path(place, name), O_RDWR | O_NONBLOCK | O_CLOEXEC); /* waits for nobody */
    assert_true(fd >= 0);
    return fd;
}

/* Of several sources one that fails is told of while the others go on. */
static void agent_tells_at_once_of_a_source_that_fails(void **state)
{
    const tool_place *place = *state;
    scene s = converse(place);
    size_t bytes;
    char *capture;
    tool_result report;
    tool_job job;
    int fd, told;
    talk(&s, "GET", "/a", "200 OK");
    scene_close(&s);
    capture = tool_read(tool_path(place, "a.pcap"), &bytes);
    tool_write(tool_path(place, "cut.pcap"), capture, bytes - 3);
    fd = open_pipe(place, "fifo");
    assert_true(write(fd, capture, bytes) == (ssize_t)bytes);
    free(capture);
    assert_int_equal(setenv("WEIR", example("agent"), 1), 0);
    job = tool_start(place, NULL, "-r @/cut.pcap -r @/fifo");
    told = tool_await(tool_path(place, TOOL_ERR), "cut.pcap: ");
    (void)close(fd);
    report = tool_finish(&job, 0);
    assert_int_equal(unsetenv("WEIR"), 0);
    assert_true(told);
    assert_int_equal(row_of(&report, "GET", "/a").requests, 2);
    tool_free(&report);
}

/* Writes to a pipe as long as somebody reads from it. */
static bool write_all(int fd, const char *bytes, size_t count)
{
    for (int tries = 0; count > 0 && tries < 1000;) {
        const ssize_t written = write(fd, bytes, count);
        if (written > 0) {
            bytes += written;
            count -= (size_t)written;
        } else {
            (void)usleep(10 * 1000);
            tries++;
        }
    }
    return count == 0;
}

/* Waits until a pipe has so many bytes. */
static bool await_bytes(int fd, int wanted)
{
    int waiting = 0;
    for (int tries = 0; waiting < wanted && tries < 1000; tries++) {
        (void)usleep(10 * 1000);
        assert_int_equal(ioctl(fd, FIONREAD, &waiting), 0);
    }
    return waiting >= wanted;
}

/* Whoever does not read a report keeps nobody from capturing. */
static void agent_goes_on_while_its_report_is_not_read(void **state)
{
    const tool_place *place = *state;
    scene s = converse(place);
    const int in = open_pipe(place, "fifo"), out = open_pipe(place, TOOL_OUT);
    char path[32], *capture;
    size_t bytes;
    tool_job job;
    bool taken, stuck;
    for (int i = 0; i < 2000; i++) {
        (void)snprintf(path, sizeof path, "/%c%c", 'a' + i % 10, 'a' + i / 10 % 10);
        ask(&s, "GET", path);
    }
    scene_close(&s);
    capture = tool_read(tool_path(place, "a.pcap"), &bytes);
    assert_true(fcntl(out, F_SETPIPE_SZ, 4096) > 0);
    assert_int_equal(setenv("WEIR", example("agent"), 1), 0);
    job = tool_start(place, NULL, "-r @/fifo");
    taken = write_all(in, capture, bytes / 2);
    (void)kill(job.pid, SIGUSR1);
    stuck = await_bytes(out, 4096);
    taken = taken && write_all(in, capture + bytes / 2, bytes - bytes / 2);
    (void)kill(job.pid, SIGKILL);
    (void)waitpid(job.pid, NULL, 0);
    assert_int_equal(unsetenv("WEIR"), 0);
    free(capture);
    (void)close(in), (void)close(out);
    assert_true(stuck);
    assert_true(taken);
}

static void agent_says_what_is_wrong(void **state)
{
    static const char *const lines[] = {"",
                                        "--mem 16MiB",
                                        "-r @/a.pcap --mem 1MiB",
                                        "-r @/a.pcap --mem lots",
                                        "-x",
                                        "-r @/a.pcap --every lots",
                                        "-r @/a.pcap --every 0",
                                        "-r @/a.pcap --every 147573952589676413"};
    const tool_place *place = *state;
    tool_result report;
    need_agent();
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        report = run(place, "agent", lines[i]);
        assert_int_equal(report.exit_code, 2);
        tool_free(&report);
    }
    report = run(place, "agent", "-r @/none.pcap");
    assert_int_equal(report.exit_code, 1);
    assert_non_null(strstr(report.err, "none.pcap"));
    tool_free(&report);
}

#define IN_PLACE(f) cmocka_unit_test_setup_teardown(f, tool_setup, tool_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(minimal_prints_bytes_and_holes),
        IN_PLACE(grep_finds_across_segments),
        IN_PLACE(grep_finds_matches_that_overlap_once),
        IN_PLACE(grep_never_joins_what_a_hole_parts),
        IN_PLACE(none_is_silent_about_what_it_cannot_read),
        IN_PLACE(agent_counts_endpoints),
        IN_PLACE(agent_knows_all_forms_of_targets),
        IN_PLACE(agent_cuts_long_paths),
        IN_PLACE(agent_reads_headers_in_pieces),
        IN_PLACE(agent_pairs_pipelined_requests),
        IN_PLACE(agent_pairs_nothing_in_a_pipeline_that_is_too_deep),
        IN_PLACE(agent_knows_messages_without_a_body),
        IN_PLACE(agent_knows_that_hints_have_no_body),
        IN_PLACE(agent_takes_back_the_body_of_a_head),
        IN_PLACE(agent_leaves_what_was_upgraded),
        IN_PLACE(agent_reads_on_behind_an_upgrade_that_was_declined),
        IN_PLACE(agent_leaves_other_protocols),
        IN_PLACE(agent_joins_midstream),
        IN_PLACE(agent_pairs_nothing_in_a_pipeline_that_it_joins),
        IN_PLACE(agent_has_a_row_for_all_others),
        IN_PLACE(agent_gives_rows_to_what_is_asked_for),
        IN_PLACE(agent_bridges_holes_in_bodies),
        IN_PLACE(agent_finds_the_next_message),
        IN_PLACE(agent_counts_lost_responses),
        IN_PLACE(agent_counts_lost_requests),
        IN_PLACE(agent_pairs_nothing_behind_a_hole_in_a_pipeline),
        IN_PLACE(agent_pairs_nothing_in_a_pipeline_behind_a_hole),
        IN_PLACE(agent_goes_on_after_a_malformed_message),
        IN_PLACE(agent_never_pairs_what_does_not_belong_together),
        IN_PLACE(agent_stays_inside_its_limit),
        IN_PLACE(agent_stays_inside_its_limit_behind_a_hole),
        IN_PLACE(agent_stays_inside_its_limit_whatever_comes),
        IN_PLACE(agent_adds_up_its_sources),
        IN_PLACE(agent_tells_at_once_of_a_source_that_fails),
        IN_PLACE(agent_goes_on_while_its_report_is_not_read),
        IN_PLACE(agent_says_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
