/* SPDX-License-Identifier: MIT */
/*
 * What weir tells Prometheus: every counter of the library with its value, histograms, interfaces;
 * and that the format is kept, which the reader in support/exposition.h must be able to refuse.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "metrics.h"
#include "support/exposition.h"
#include "support/tool.h"

static const metrics_process process = {
    .start_s = 1.5, .anon_bytes = 7001, .configured_bytes = 7002, .stalled = 0.25, .reloads = 7003};

/* The text of a snapshot. Free it. */
static char *text_of(const snapshot *now)
{
    char *text = NULL, why[512];
    size_t bytes = 0;
    FILE *to = open_memstream(&text, &bytes);
    assert_non_null(to);
    metrics_write(to, now, &process);
    assert_int_equal(fclose(to), 0);
    if (exposition_is_wrong(text, why, sizeof why)) fail_msg("%s", why);
    return text;
}

static void value_is(const char *text, const char *series, double value)
{
    const double found = exposition_value(text, series);
    if (found < value - 1e-9 || found > value + 1e-9)
        fail_msg("%s is %g, not %g", series, found, value);
}

/* A series, and what it says. */
struct series {
    const char *name;
    double value;
};

static void values_are(const char *text, const struct series *wanted, size_t count)
{
    for (size_t i = 0; i < count; i++)
        value_is(text, wanted[i].name, wanted[i].value);
}

/* ── Counters ────────────────────────────────────────────────────────────────────────────────── */

/* Each counter has a value of its own, and each value must be in the text: none is forgotten, when
 * the library gets a new one either. */
static void every_counter_is_told(void **state)
{
    snapshot now;
    uint64_t next = 1000;
    char *text, wanted[64];
    (void)state;
    memset(&now, 0, sizeof now);
#define X(name, meaning) now.stats.name = next++;
    WEIR_COUNTERS(X)
#undef X
    now.stats.connections_open = next++;
    text = text_of(&now);
    for (uint64_t value = 1000; value < next; value++) {
        (void)snprintf(wanted, sizeof wanted, " %" PRIu64 "\n", value);
        if (!strstr(text, wanted)) fail_msg("counter %" PRIu64 " is not told", value - 1000);
    }
    value_is(text, "weir_packets_total", 1000);
    value_is(text, "weir_held_bytes", (double)now.stats.held_bytes);
    value_is(text, "weir_connections_open", (double)now.stats.connections_open);
    free(text);
}

static void every_cause_is_told(void **state)
{
    static const struct series rows[] = {
        {"weir_holes_total{cause=\"pool_cap\"}", 4},
        {"weir_ignored_packets_total{cause=\"not_tcp\"}", 5},
        {"weir_discarded_bytes_total{cause=\"window\"}", 6},
        {"weir_closed_connections_total{cause=\"rst\"}", 7},
    };
    snapshot now;
    char *text;
    (void)state;
    memset(&now, 0, sizeof now);
    now.stats.holes[WEIR_HOLE_POOL_CAP] = 4;
    now.stats.ignored_packets[WEIR_IGNORED_NOT_TCP] = 5;
    now.stats.discarded_bytes[WEIR_DISCARDED_WINDOW] = 6;
    now.stats.closed[WEIR_CLOSE_RST] = 7;
    text = text_of(&now);
    values_are(text, rows, sizeof rows / sizeof *rows);
    value_is(text, "weir_holes_total{cause=\"acked\"}", 0); /* also what never happened */
    free(text);
}

static void memory_and_process(void **state)
{
    static const struct series rows[] = {
        {"weir_memory_limit_bytes", 1},
        {"weir_memory_committed_bytes", 2},
        {"weir_memory_peak_bytes", 3},
        {"weir_memory_used_bytes", 4},
        {"weir_memory_returned_bytes_total", 5},
        {"weir_memory_not_returned_bytes_total", 6},
        {"weir_memory_connection_bytes", 7},
        {"weir_memory_refused_total", 8},
        {"weir_engines", 9},
        {"weir_silent_engines", 10},
        {"weir_memory_fragment_bytes", 11},
        {"weir_read_packets_total", 12},
        {"weir_read_bytes_total", 13},
        {"weir_filtered_packets_total", 14},
        {"weir_unsupported_packets_total", 15},
        {"weir_start_time_seconds", 1.5},
        {"weir_process_anonymous_bytes", 7001},
        {"weir_memory_configured_bytes", 7002},
        {"weir_memory_stalled_ratio", 0.25},
        {"weir_limits_reloads_total", 7003},
    };
    snapshot now;
    char *text;
    (void)state;
    memset(&now, 0, sizeof now);
    now.memory = (weir_memory){.limit_bytes = 1,
                               .committed_bytes = 2,
                               .peak_bytes = 3,
                               .used_bytes = 4,
                               .returned_bytes = 5,
                               .not_returned_bytes = 6,
                               .conn_bytes = 7,
                               .refused = 8,
                               .engines = 9,
                               .silent_engines = 10,
                               .frag_bytes = 11};
    now.read_packets = 12;
    now.read_bytes = 13;
    now.filtered_packets = 14;
    now.unsupported_packets = 15;
    now.packet_ns = 16000000001;
    text = text_of(&now);
    values_are(text, rows, sizeof rows / sizeof *rows);
    assert_non_null(strstr(text, "\nweir_packet_time_seconds 16.000000001\n"));
    free(text);
}

/* ── Histograms ──────────────────────────────────────────────────────────────────────────────── */

static void add_hole(hole_histogram *h, uint64_t waited_ns, uint64_t held_bytes)
{
    const weir_hole hole = {.waited_ns = waited_ns, .held_bytes = held_bytes};
    hole_histogram_add(h, &hole);
}

/* At a bound, one above it, and beyond all; of two engines. */
static void histograms_add_up(void **state)
{
    static const struct series rows[] = {
        {"weir_hole_wait_seconds_bucket{le=\"0.001\"}", 1},
        {"weir_hole_wait_seconds_bucket{le=\"0.01\"}", 1},
        {"weir_hole_wait_seconds_bucket{le=\"0.02\"}", 2},
        {"weir_hole_wait_seconds_bucket{le=\"0.04\"}", 3},
        {"weir_hole_wait_seconds_bucket{le=\"10\"}", 3},
        {"weir_hole_wait_seconds_bucket{le=\"+Inf\"}", 4},
        {"weir_hole_wait_seconds_count", 4},
        {"weir_hole_held_bytes_bucket{le=\"0\"}", 1},
        {"weir_hole_held_bytes_bucket{le=\"1024\"}", 2},
        {"weir_hole_held_bytes_bucket{le=\"4096\"}", 3},
        {"weir_hole_held_bytes_bucket{le=\"67108864\"}", 3},
        {"weir_hole_held_bytes_bucket{le=\"+Inf\"}", 4},
        {"weir_hole_held_bytes_sum", 1024 + 1025 + (1 << 30)},
    };
    static hole_histogram one, other;
    snapshot now;
    char *text;
    (void)state;
    memset(&now, 0, sizeof now);
    add_hole(&one, 0, 0);
    add_hole(&one, 20 * WEIR_MILLISECOND, 1024);
    add_hole(&one, 20 * WEIR_MILLISECOND + 1, 1025);
    add_hole(&other, 11 * WEIR_SECOND, (uint64_t)1 << 30);
    hole_histogram_take(&one, &now.holes);
    hole_histogram_take(&other, &now.holes);
    text = text_of(&now);
    values_are(text, rows, sizeof rows / sizeof *rows);
    assert_non_null(strstr(text, "weir_hole_wait_seconds_sum 11.040000001\n"));
    free(text);
}

/* ── Interfaces ──────────────────────────────────────────────────────────────────────────────── */

static void interfaces_have_a_label(void **state)
{
    const snapshot_interface interfaces[] = {
        {.name = "eth0", .up = true, .received_packets = 10, .kernel_drops = 2},
        {.name = "a\"b\\c\nd", .interface_drops = 3},
    };
    snapshot now;
    char *text;
    (void)state;
    memset(&now, 0, sizeof now);
    text = text_of(&now);
    assert_null(strstr(text, "weir_interface_")); /* files have none */
    free(text);
    now.interfaces = interfaces;
    now.interface_count = 2;
    text = text_of(&now);
    value_is(text, "weir_interface_up{interface=\"eth0\"}", 1);
    value_is(text, "weir_interface_up{interface=\"a\\\"b\\\\c\\nd\"}", 0);
    value_is(text, "weir_interface_received_packets_total{interface=\"eth0\"}", 10);
    value_is(text, "weir_interface_dropped_packets_total{interface=\"eth0\",where=\"ring\"}", 2);
    value_is(text,
             "weir_interface_dropped_packets_total{interface=\"a\\\"b\\\\c\\nd\","
             "where=\"interface\"}",
             3);
    free(text);
}

/* ── The format ──────────────────────────────────────────────────────────────────────────────── */

#define HEAD "# HELP weir_a_total Some.\n# TYPE weir_a_total counter\n"
#define HIST "# HELP weir_h Some.\n# TYPE weir_h histogram\n"

/* The reader refuses what promtool refuses. */
static void the_reader_refuses(void **state)
{
    static const char *const rows[][2] = {
        {"", "nothing in it"},
        {HEAD, "no samples"},
        {HEAD "weir_a_total 1", "does not end"},
        {HEAD "weir_b_total 1\n", "not of its family"},
        {HEAD "weir_a_total 1\nweir_a_total 2\n", "comes twice"},
        {HEAD "weir_a_total one\n", "no number"},
        {HEAD "weir_a_total -1\n", "no number"},
        {HEAD "weir_a_total{x=\"y\" 1\n", "no }"},
        {"# HELP weir_a Some.\nweir_a 1\n", "not of its family"},
        {"# HELP weir_a\n# TYPE weir_a gauge\nweir_a 1\n", "nothing behind it"},
        {"# HELP weir_a Some.\n# TYPE weir_b gauge\nweir_b 1\n", "not behind its HELP"},
        {"# HELP weir_a Some.\n# TYPE weir_a number\nweir_a 1\n", "no such type"},
        {"# HELP weir_a Some.\n# TYPE weir_a counter\nweir_a 1\n", "_total is for counters"},
        {"# HELP weir_a_total S.\n# TYPE weir_a_total gauge\nweir_a_total 1\n", "_total is"},
        {"# HELP weir_a_ms Some.\n# TYPE weir_a_ms gauge\nweir_a_ms 1\n", "not a base unit"},
        {"# HELP weir_aB Some.\n# TYPE weir_aB gauge\nweir_aB 1\n", "a letter"},
        {HIST "weir_h_bucket{le=\"1\"} 2\nweir_h_sum 1\nweir_h_count 2\n", "no +Inf"},
        {HIST "weir_h_bucket{le=\"1\"} 2\nweir_h_bucket{le=\"+Inf\"} 1\n", "buckets that fall"},
        {HIST "weir_h_bucket{le=\"+Inf\"} 1\nweir_h_count 2\n", "a count that is not"},
    };
    char why[512];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!exposition_is_wrong(rows[i][0], why, sizeof why)) fail_msg("taken: %s", rows[i][0]);
        if (!strstr(why, rows[i][1])) fail_msg("%s: says '%s'", rows[i][0], why);
    }
    assert_false(exposition_is_wrong(HEAD "weir_a_total 1\n", why, sizeof why));
}

/* Whether there are samples of that name, with labels or without. */
static bool is_series(const char *metrics, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = metrics; *at; at = strchr(at, '\n') + 1)
        if (strncmp(at, name, length) == 0 && (at[length] == ' ' || at[length] == '{')) return true;
    return false;
}

/* Every weir_… in a text is a series of the metrics, a histogram's name one of its buckets. */
static void names_are_known(const char *metrics, const char *text, const char *where)
{
    char name[64], buckets[80];
    size_t names = 0, length;
    for (const char *at = text; (at = strstr(at, "weir_")); at += length, names++) {
        length = strspn(at, "abcdefghijklmnopqrstuvwxyz_");
        assert_true(length < sizeof name);
        (void)snprintf(name, sizeof name, "%.*s", (int)length, at);
        (void)snprintf(buckets, sizeof buckets, "%s_bucket", name);
        if (!is_series(metrics, name) && !is_series(metrics, buckets))
            fail_msg("%s: there is no %s", where, name);
    }
    if (names < 5) fail_msg("%s: names %zu series", where, names);
}

/* What alerting rules and README tell people to look at is there. */
static void what_is_recommended_is_there(void **state)
{
    const snapshot_interface interface = {.name = "eth0"};
    snapshot now;
    char *metrics, *text, *section, *end;
    (void)state;
    memset(&now, 0, sizeof now);
    now.interfaces = &interface;
    now.interface_count = 1;
    metrics = text_of(&now);
    text = tool_read("examples/weir-alerts.yml", NULL);
    names_are_known(metrics, text, "weir-alerts.yml");
    free(text);
    text = tool_read("README.md", NULL);
    section = strstr(text, "\n## Operating it\n");
    assert_non_null(section);
    end = strstr(section + 1, "\n## ");
    assert_non_null(end);
    *end = '\0';
    names_are_known(metrics, section, "README.md");
    free(text);
    free(metrics);
}

/* Prometheus' own, where it is installed. */
static void promtool_agrees(void **state)
{
    const tool_place *place = *state;
    const snapshot_interface interface = {.name = "eth0"};
    snapshot now;
    char *text, command[2 * TOOL_PATH_BYTES];
    if (system("command -v promtool >/dev/null 2>&1") != 0) {
        print_message("promtool is not installed (Debian: prometheus)\n");
        skip();
    }
    memset(&now, 0, sizeof now);
    now.interfaces = &interface;
    now.interface_count = 1;
    text = text_of(&now);
    tool_write(tool_path(place, "m.prom"), text, strlen(text));
    free(text);
    (void)snprintf(command, sizeof command, "promtool check metrics <%s >%s 2>&1",
                   tool_path(place, "m.prom"), tool_path(place, "said"));
    const int status = system(command);
    text = tool_read(tool_path(place, "said"), NULL);
    if (status != 0 || text[0]) fail_msg("promtool: %s", text);
    free(text);
    assert_int_equal(system("promtool check rules examples/weir-alerts.yml >/dev/null"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_counter_is_told),
        cmocka_unit_test(every_cause_is_told),
        cmocka_unit_test(memory_and_process),
        cmocka_unit_test(histograms_add_up),
        cmocka_unit_test(interfaces_have_a_label),
        cmocka_unit_test(the_reader_refuses),
        cmocka_unit_test(what_is_recommended_is_there),
        cmocka_unit_test_setup_teardown(promtool_agrees, tool_setup, tool_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
