/* SPDX-License-Identifier: MIT */
/*
 * weir run, as scripts and people use it: exit codes, what it says, and every number it prints.
 */
#include "support/sanitized.h"
#include "support/tool.h"

#include "support/composed.h"
#include "support/wire.h"
#include "ground/ground.h"
#include "units.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* ── Helpers ─────────────────────────────────────────────────────────────────────────────────── */

static const char *last_line(const char *text)
{
    const char *at = text, *line = text;
    for (; *at; at++)
        if (at[0] == '\n' && at[1]) line = at + 1;
    return line;
}

static size_t lines_of(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += *text == '\n';
    return count;
}

/* Runs, wants exit code 0 and nothing on stderr, and returns stdout. */
static char *output(const tool_place *place, const char *input, const char *line)
{
    tool_result result = tool_run(place, input, line);
    if (result.exit_code != 0) fail_msg("weir %s: exit %d: %s", line, result.exit_code, result.err);
    assert_string_equal(result.err, "");
    free(result.err);
    return result.out;
}

/* Ethernet, IPv4, TCP from 10.0.0.1:port to 10.0.0.2:80; offset 0 is the byte after the SYN. */
static weir_packet segment(uint8_t *frame, uint16_t port, uint32_t offset, uint8_t flags,
                           const char *payload)
{
    weir_segment s;
    memset(&s, 0, sizeof s);
    s.payload = (const uint8_t *)payload;
    s.payload_bytes = (uint32_t)strlen(payload);
    s.wire_bytes = s.payload_bytes;
    s.seq = 1000 + offset + !(flags & WEIR_TCP_SYN);
    s.flags = flags;
    s.family = 4;
    s.source_port = port;
    s.destination_port = 80;
    memcpy(s.source, "\x0a\0\0\1", 4);
    memcpy(s.destination, "\x0a\0\0\2", 4);
    return wire_packet(&s, frame);
}

static void composed_segment(composed *f, uint32_t seconds, uint16_t port, uint32_t offset,
                             uint8_t flags, const char *payload)
{
    uint8_t frame[WIRE_HEADER_BYTES + 200];
    const weir_packet packet = segment(frame, port, offset, flags, payload);
    composed_record(f, seconds, 0, packet.captured_bytes, packet.captured_bytes);
    composed_put(f, packet.data, packet.captured_bytes);
}

static composed new_composed(void)
{
    composed f = {malloc(COMPOSED_MAX), 0, false};
    assert_non_null(f.bytes);
    return f;
}

static void save(composed *f, const char *path)
{
    tool_write(path, f->bytes, f->size);
    f->size = 0;
}

/* ── Usage ───────────────────────────────────────────────────────────────────────────────────── */

/* Each is refused with exit code 2 and one line that has this in it. */
static void usage_errors_are_one_line(void **state)
{
    static const char *const rows[][2] = {
        {"walk", "no such command"},
        {"run", "give -r FILE"},
        {"run -r - -r -", "read once"},
        {"run -r", "-r needs a value"},
        {"run -r @/a --mem", "--mem needs a value"},
        {"run -r @/a --unknown", "unknown option --unknown"},
        {"run -r @/a -x", "unknown option -x"},
        {"run -r @/a --jsonl=yes", "takes no value"},
        {"run -r @/a --mem lots", "a size, like"},
        {"run -r @/a --mem 64MB", "a size, like"},
        {"run -r @/a --mem -1", "a size, like"},
        {"run -r @/a --mem 1.5MiB", "a size, like"},
        {"run -r @/a --mem 18446744073709551616", "a size, like"},
        {"run -r @/a --mem 16777216TiB", "a size, like"},
        {"run -r @/a --mem 4KiB", "--mem 4KiB: too small"},
        {"run -r @/a --mem 4KiB", "at least"},
        {"run -r @/a --mem 8000000TiB", "--mem 8000000TiB"},
        {"run -r @/a --conn-mem 1KiB", "--conn-mem 1KiB: give at least 64KiB"},
        {"run -r @/a --conn-mem 1GiB", "--conn-mem 1GiB: give at least 64KiB"},
        {"run -r @/a --conn-records 10", "--conn-records 10: give 64"},
        {"run -r @/a --conn-records 1KiB", "a whole number"},
        {"run -r @/a --conn-share 95", "--conn-share 95: a share"},
        {"run -r @/a --conn-share 60 --frag-share 60", "--conn-share 60, --frag-share 60: a share"},
        {"run -r @/a --page 3KiB", "--page 3KiB: give 1KiB"},
        {"run -r @/a --hole-timeout 5", "a duration, like"},
        {"run -r @/a --hole-timeout 5us", "--hole-timeout 5us: a timeout"},
        {"run -r @/a --hole-timeout off", "a duration, like"},
        {"run -r @/a --acked-hole 31", "or off"},
        {"run -r @/a --idle 800h", "--idle 800h: a timeout"},
        {"run -r @/a --overlap sideways", "one of: first last"},
        {"run -r @/a --checksum maybe", "one of: off count on"},
        {"run -r @/a --urgent loudly", "one of: inline oob drop"},
        {"run -r @/a --paws maybe", "on or off"},
        {"run -r @/a --window maybe", "on or off"},
        {"run -r @/a --fragments maybe", "on or off"},
        {"run -r @/a --fragment-overlap luck", "one of: first last"},
        {"run -r @/a --fragment-timeout 1us", "--fragment-timeout 1us: a timeout must be"},
        {"run -r @/a --key-vlan maybe", "on or off"},
        {"run -r @/a --key-tunnel maybe", "on or off"},
        {"run -r @/a --tunnels wormhole", "all, off, or of these: ipip"},
        {"run -r @/a --tunnels gre,", "all, off, or of these: ipip"},
        {"run -r @/a --tunnels gre,,gtp", "all, off, or of these: ipip"},
        {"run -r @/a --tunnels GRE", "all, off, or of these: ipip"},
        {"run -r @/a --progress maybe", "one of: auto always never"},
        {"run -r @/a --holes", "--jsonl"},
        {"run -r @/a --conflicts", "--jsonl"},
        {"run -r @/a --batch 0", "1 to 256"},
        {"run -r @/a --batch 257", "1 to 256"},
        {"run -r @/a --hash-key 12", "32 digits"},
        {"run -i eth0 -r @/a", "not both"},
        {"run -i eth0 -i eth1 -i eth0", "once"},
        {"run -i eth0 --fanout 0", "1 to 64"},
        {"run -i eth0 --snapshot-length 63", "64 to 262144"},
        {"run -i eth0 --buffer-size 2GiB", "64KiB to 2047MiB"},
        {"run -i eth0 --direction back", "one of: both in out"},
        {"run -i eth0 --duration soon", "a duration, like"},
        {"run -r x --user nobody", "--user is about live capture: give -i IFACE"},
        {"cat -r x -o @/d --duration 1s", "--duration is about live capture"},
        {"run -r @/a --gaps zero", "unknown option --gaps"},
        {"cat -r @/a", "give -o DIR"},
        {"cat -r @/a -o @/out --gaps fill", "one of: skip zero"},
    };
    const tool_place *place = *state;
    composed f = new_composed();
    size_t i;
    composed_pcap(&f, 0xa1b2c3d4, 4, 1);
    save(&f, tool_path(place, "a"));
    free(f.bytes);
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        tool_result result = tool_run(place, NULL, rows[i][0]);
        if (result.exit_code != 2 || lines_of(result.err) != 1 || !strstr(result.err, rows[i][1]) ||
            result.out[0])
            fail_msg("weir %s: exit %d: %s%s", rows[i][0], result.exit_code, result.err,
                     result.out);
        tool_free(&result);
    }
}

/* Client and server of a connection with an urgent byte, an old time stamp, and a segment beyond the window. */
static void compose_doubtful(composed *f)
{
    static const struct {
        uint8_t flags, server;
        uint32_t seq, stamp;
        const char *payload;
    } rows[] = {{WEIR_TCP_SYN, 0, 0, 100, ""},
                {WEIR_TCP_SYN | WEIR_TCP_ACK, 1, 0, 100, ""},
                {WEIR_TCP_ACK | WEIR_TCP_URG, 0, 1, 200, "!abc"},
                {WEIR_TCP_ACK, 0, 5, 150, "old"},
                {WEIR_TCP_ACK, 0, 500, 300, "beyond"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t frame[WIRE_HEADER_BYTES + 200];
        uint32_t server = rows[i].server, bytes = (uint32_t)strlen(rows[i].payload);
        weir_segment s = {.payload = (const uint8_t *)rows[i].payload,
                          .payload_bytes = bytes,
                          .wire_bytes = bytes,
                          .seq = (server ? 9000 : 1000) + rows[i].seq,
                          .ack = server ? 1001 : 9001,
                          .flags = rows[i].flags,
                          .options = WEIR_OPTION_TIMESTAMP,
                          .ts_value = rows[i].stamp,
                          .family = 4,
                          .window = 100,
                          .source_port = server ? 80 : 4000,
                          .destination_port = server ? 4000 : 80,
                          .source = {10, 0, 0, (uint8_t)(1 + server)},
                          .destination = {10, 0, 0, (uint8_t)(2 - server)}};
        const weir_packet packet = wire_packet(&s, frame);
        composed_record(f, 100, (uint32_t)i, packet.captured_bytes, packet.captured_bytes);
        composed_put(f, packet.data, packet.captured_bytes);
    }
}

/* Each option reaches the engine. */
static void doubtful_segments_by_option(void **state)
{
    static const char *const rows[][2] = {
        {"", "\"discarded\":{}"},
        {" --urgent inline --paws off --window off", "\"discarded\":{}"},
        {" --urgent drop", "\"discarded\":{\"urgent\":1}"},
        {" --urgent oob", "\"discarded\":{\"urgent\":1}"},
        {" --paws on", "\"discarded\":{\"paws\":3}"},
        {" --window on", "\"discarded\":{\"window\":6}"},
    };
    const tool_place *place = *state;
    composed f = new_composed();
    composed_pcap(&f, 0xa1b2c3d4, 4, 1);
    compose_doubtful(&f);
    save(&f, tool_path(place, "a"));
    free(f.bytes);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[128];
        snprintf(line, sizeof line, "run -r @/a --jsonl%s", rows[i][0]);
        char *out = output(place, NULL, line);
        if (!strstr(out, rows[i][1])) fail_msg("weir %s: %s", line, out);
        free(out);
    }
}

static void help_and_version(void **state)
{
    static const char *const words[] = {
        "--mem",        "--conn-mem", "--conn-records", "--conn-share",       "--frag-share",
        "--page",       "--overlap",  "--hole-timeout", "--acked-hole",       "--idle",
        "--half-open",  "--linger",   "--checksum",     "--key-vlan",         "--midstream",
        "--key-tunnel", "--tunnels",  "--fragments",    "--fragment-timeout", "--fragment-overlap",
        "--jsonl",      "--holes",    "--conflicts",    "--progress",         "--strict",
        "[64MiB]",      "--urgent",   "--paws",         "--window",
    };
    char *run = output(*state, NULL, "run --help");
    char *cat = output(*state, NULL, "cat --help");
    char *version = output(*state, NULL, "--version");
    char *all = output(*state, NULL, "--help");
    size_t i;
    for (i = 0; i < sizeof words / sizeof *words; i++) {
        if (!strstr(run, words[i])) fail_msg("run --help without %s", words[i]);
        if (!strstr(cat, words[i])) fail_msg("cat --help without %s", words[i]);
    }
    assert_null(strstr(run, "--hash-key"));
    assert_null(strstr(run, "--gaps"));
    assert_non_null(strstr(cat, "--gaps"));
    assert_non_null(strstr(version, "weir " WEIR_VERSION));
    assert_non_null(strstr(all, "weir cat"));
    free(run);
    free(cat);
    free(version);
    free(all);
}

static void input_that_cannot_be_read(void **state)
{
    const tool_place *place = *state;
    tool_write(tool_path(place, "gz"), "\x1f\x8b\x08garbage", 10);
    tool_write(tool_path(place, "text"), "no capture at all\n", 18);
    tool_write(tool_path(place, "empty"), "", 0);
    tool_expect(place, "run -r @/missing", 1, "No such file");
    tool_expect(place, "run -r @", 1, "no capture is in this directory");
    tool_expect(place, "run -r @/gz", 1, "damaged: its gzip data");
    tool_expect(place, "run -r @/text", 1, "not a pcap or pcapng");
    tool_expect(place, "run -r @/empty", 1, "empty");
    /* Also when it is not the first: before the first is read. */
    (void)tool_traffic(tool_path(place, "good"), "reorder", 0.001);
    tool_expect(place, "run -r @/good -r @/missing", 1, "No such file");
    tool_expect(place, "run -r @/good -r @/text --jsonl", 1, "not a pcap or pcapng");
}

/* ── JSON ────────────────────────────────────────────────────────────────────────────────────── */

#define FLOW_KEYS                                                                                  \
    "{delivered_bytes,missing_bytes,holes,duplicate_bytes,discarded_bytes,conflict_bytes,"         \
    "out_of_order_segments,held_peak_bytes}"

static const char connection_keys[] =
    "{type,id,src,sport,dst,dport,community_id,start_ns,end_ns,opened_by,closed_by,c2s" FLOW_KEYS
    ",s2c" FLOW_KEYS "}";
static const char hole_keys[] = "{type,id,direction,offset,missing_bytes,cause,held_bytes,"
                                "waited_ns}";
static const char conflict_keys[] = "{type,id,direction,offset,length,differing_bytes,kept_is,kept,"
                                    "lost,kept_time_ns,lost_time_ns}";
/* In this order; causes stand between these. */
static const char *const summary_keys[] = {
    "{type,packets,tcp_segments,ignored{",
    "},connections,evicted,payload_bytes,delivered_bytes,duplicate_bytes,discarded{",
    "},held_bytes,held_peak_bytes,missing_bytes,holes{",
    "},late_bytes,conflict_bytes,duplicate_packets,retransmitted_segments,bad_checksums",
    ",clock_back,clock_doubted,memory{limit_bytes,peak_bytes,end_bytes,returned_bytes},incomplete,",
};

static void check_keys(const char *line)
{
    char keys[2048];
    const char *at = keys;
    size_t i;
    tool_keys(line, keys, sizeof keys);
    if (strncmp(line, "{\"type\":\"connection\"", 20) == 0) {
        assert_string_equal(keys, connection_keys);
    } else if (strncmp(line, "{\"type\":\"hole\"", 14) == 0) {
        assert_string_equal(keys, hole_keys);
    } else if (strncmp(line, "{\"type\":\"conflict\"", 18) == 0) {
        assert_string_equal(keys, conflict_keys);
    } else {
        for (i = 0; i < sizeof summary_keys / sizeof *summary_keys && at; i++)
            at = strstr(at, summary_keys[i]);
        if (!at) fail_msg("%s is not in %s", summary_keys[i - 1], keys);
    }
}

static const char *next_line(const char *text)
{
    text += strcspn(text, "\n");
    return *text ? text + 1 : text;
}

/* Adds up a key over all lines of a type. */
static int64_t sum_of(const char *text, const char *type, const char *key)
{
    int64_t sum = 0;
    char found[32];
    for (; *text; text = next_line(text)) {
        const char *again = text;
        if (!tool_text(text, "type", found, sizeof found) || strcmp(found, type) != 0) continue;
        /* in both directions of a connection */
        while ((again = strstr(again, key)) && again < next_line(text)) {
            sum += strtoll(again + strlen(key) + 2, NULL, 10);
            again++;
        }
    }
    return sum;
}

static int64_t sum_of_object(const char *summary, const char *key)
{
    char quoted[64];
    const char *at, *end;
    int64_t sum = 0;
    (void)snprintf(quoted, sizeof quoted, "\"%s\":{", key);
    at = strstr(summary, quoted);
    assert_non_null(at);
    at += strlen(quoted);
    end = strchr(at, '}');
    while ((at = strchr(at, ':')) && at < end)
        sum += strtoll(++at, NULL, 10);
    return sum;
}

static void every_byte_is_accounted_for(const char *text)
{
    const char *summary = last_line(text);
    assert_int_equal(tool_number(summary, "payload_bytes"),
                     tool_number(summary, "delivered_bytes") +
                         tool_number(summary, "duplicate_bytes") +
                         sum_of_object(summary, "discarded"));
    assert_int_equal(tool_number(summary, "held_bytes"), 0);
    assert_int_equal(tool_number(summary, "delivered_bytes"),
                     sum_of(text, "connection", "delivered_bytes"));
    assert_int_equal(tool_number(summary, "missing_bytes"),
                     sum_of(text, "connection", "missing_bytes"));
    assert_int_equal(tool_number(summary, "missing_bytes"), sum_of(text, "hole", "missing_bytes"));
    assert_int_equal(sum_of_object(summary, "holes"), sum_of(text, "connection", "holes"));
    assert_true(tool_number(summary, "peak_bytes") <= tool_number(summary, "limit_bytes"));
    assert_true(tool_number(summary, "end_bytes") <= tool_number(summary, "peak_bytes"));
}

static void json_of_generated_traffic(void **state)
{
    static const char *const scenarios[] = {"reorder", "loss", "episode", "churn", "duplicated"};
    const tool_place *place = *state;
    size_t i;
    for (i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        const double scale = strcmp(scenarios[i], "churn") == 0 ? 0.0002 : 0.005;
        const traffic_totals truth = tool_traffic(tool_path(place, "t"), scenarios[i], scale);
        char *text = output(place, NULL, "run -r @/t --jsonl --holes");
        const char *line, *summary = last_line(text);
        for (line = text; *line; line = next_line(line))
            check_keys(line);
        every_byte_is_accounted_for(text);
        assert_int_equal(tool_number(summary, "packets"), truth.packets);
        assert_int_equal(tool_number(summary, "connections"), truth.connections);
        assert_int_equal(tool_number(summary, "payload_bytes"), truth.payload_bytes);
        assert_int_equal(tool_number(summary, "delivered_bytes"),
                         truth.stream_bytes - truth.missing_bytes);
        assert_int_equal(tool_number(summary, "missing_bytes"), truth.missing_bytes);
        assert_non_null(strstr(summary, "\"incomplete\":false"));
        free(text);
    }
}

static void community_ids_are_everybodys(void **state)
{
    /* From the specification's own examples: 128.232.110.120:34855 to 66.35.250.204:80. */
    const tool_place *place = *state;
    composed f = new_composed();
    uint8_t frame[WIRE_HEADER_BYTES];
    weir_packet packet;
    weir_segment s;
    char *text;
    memset(&s, 0, sizeof s);
    s.family = 4;
    s.flags = WEIR_TCP_SYN;
    s.source_port = 34855;
    s.destination_port = 80;
    memcpy(s.source, "\x80\xe8\x6e\x78", 4);
    memcpy(s.destination, "\x42\x23\xfa\xcc", 4);
    packet = wire_packet(&s, frame);
    composed_pcap(&f, 0xa1b2c3d4, 4, 1);
    composed_record(&f, 1, 0, packet.captured_bytes, packet.captured_bytes);
    composed_put(&f, packet.data, packet.captured_bytes);
    save(&f, tool_path(place, "c"));
    text = output(place, NULL, "run -r @/c --jsonl");
    assert_non_null(strstr(text, "\"community_id\":\"1:LQU9qZlK+B5F3KDmev6m5PMibrg=\""));
    assert_non_null(strstr(text, "\"src\":\"128.232.110.120\",\"sport\":34855,"));
    free(text);
    free(f.bytes);
}

/* ── Same input, same bytes ──────────────────────────────────────────────────────────────────── */

static void nothing_depends_on_batches_keys_or_source(void **state)
{
    static const char *const ways[] = {
        "run -r @/t --jsonl --holes --batch 1",
        "run -r @/t --jsonl --holes --batch 7",
        "run -r @/t --jsonl --holes --batch 256",
        "run -r @/t --jsonl --holes --hash-key 00000000000000000000000000000000",
        "run -r @/t --jsonl --holes --hash-key 0123456789abcdef0123456789abcdef",
        "run -r - --jsonl --holes",
        "run -r @/t --jsonl --holes --progress never",
        "run --jsonl -r @/t --holes 'tcp'",
    };
    const tool_place *place = *state;
    char *first;
    size_t i;
    (void)tool_traffic(tool_path(place, "t"), "episode", 0.005);
    first = output(place, NULL, "run -r @/t --jsonl --holes");
    for (i = 0; i < sizeof ways / sizeof *ways; i++) {
        char *text = output(place, tool_path(place, "t"), ways[i]);
        if (strcmp(text, first) != 0) fail_msg("differs: %s", ways[i]);
        free(text);
    }
    free(first);
}

static void several_files_are_one_capture(void **state)
{
    const tool_place *place = *state;
    size_t size, at = 24, count = 0;
    char *bytes, *whole, *parts;
    FILE *second;
    (void)tool_traffic(tool_path(place, "t"), "reorder", 0.005);
    bytes = tool_read(tool_path(place, "t"), &size);
    while (count++ < 2000) {
        uint32_t captured;
        memcpy(&captured, bytes + at + 8, 4); /* written little-endian, as most machines are */
        at += 16 + captured;
    }
    tool_write(tool_path(place, "t1"), bytes, at);
    second = fopen(tool_path(place, "t2"), "wb");
    assert_non_null(second);
    assert_int_equal(fwrite(bytes, 1, 24, second), 24);
    assert_int_equal(fwrite(bytes + at, 1, size - at, second), size - at);
    assert_int_equal(fclose(second), 0);
    whole = output(place, NULL, "run -r @/t --jsonl");
    parts = output(place, NULL, "run -r @/t1 -r @/t2 --jsonl");
    assert_string_equal(whole, parts);
    free(parts);
    parts = output(place, tool_path(place, "t2"), "run -r @/t1 -r - --jsonl");
    assert_string_equal(whole, parts);
    free(whole);
    free(parts);
    free(bytes);
}

/* ── Faulty and mixed input ──────────────────────────────────────────────────────────────────── */

static void input_cut_short(void **state)
{
    const tool_place *place = *state;
    tool_result result;
    size_t size;
    char *bytes;
    (void)tool_traffic(tool_path(place, "t"), "reorder", 0.002);
    bytes = tool_read(tool_path(place, "t"), &size);
    tool_write(tool_path(place, "cut"), bytes, size - 10);
    free(bytes);
    result = tool_run(place, NULL, "run -r @/cut --jsonl");
    assert_int_equal(result.exit_code, 0);
    assert_int_equal(lines_of(result.err), 1);
    assert_non_null(strstr(result.err, "cut short"));
    assert_non_null(strstr(last_line(result.out), "\"incomplete\":true"));
    every_byte_is_accounted_for(result.out);
    tool_free(&result);
    tool_expect(place, "run -r @/cut --strict", 3, "cut short");
    tool_expect(place, "run -r @/t --strict", 0, "");
    tool_expect(place, "cat -r @/cut -o @/out --strict", 3, "cut short");
}

static void input_that_is_corrupt(void **state)
{
    const tool_place *place = *state;
    composed f = new_composed();
    tool_result result;
    composed_pcap(&f, 0xa1b2c3d4, 4, 1);
    composed_segment(&f, 1, 4000, 0, WEIR_TCP_SYN, "");
    composed_segment(&f, 1, 4000, 0, WEIR_TCP_ACK, "abc");
    composed_record(&f, 2, 0, 400000, 400000);
    save(&f, tool_path(place, "bad"));
    free(f.bytes);
    result = tool_run(place, NULL, "run -r @/bad --jsonl");
    assert_int_equal(result.exit_code, 0);
    assert_non_null(strstr(result.err, "corrupt at byte "));
    assert_non_null(strstr(result.err, "packet 3"));
    assert_int_equal(tool_number(last_line(result.out), "packets"), 2);
    assert_int_equal(tool_number(last_line(result.out), "delivered_bytes"), 3);
    tool_free(&result);
    tool_expect(place, "run -r @/bad --strict", 3, "corrupt");
}

/* A line for bytes that came twice, before the connection's own. */
static void conflicts_are_told(void **state)
{
    const tool_place *place = *state;
    composed f = new_composed();
    char *text;
    composed_pcap(&f, 0xa1b2c3d4, 4, 1);
    composed_segment(&f, 1, 4000, 0, WEIR_TCP_SYN, "");
    composed_segment(&f, 1, 4000, 3, WEIR_TCP_ACK, "def");
    composed_segment(&f, 1, 4000, 0, WEIR_TCP_ACK, "abcdEf");
    composed_segment(&f, 1, 4000, 0, WEIR_TCP_ACK, "aBc");
    save(&f, tool_path(place, "twice"));
    free(f.bytes);
    text = output(place, NULL, "run -r @/twice --jsonl --conflicts");
    check_keys(text);
    assert_non_null(strstr(text,
                           "\"type\":\"conflict\",\"id\":1,\"direction\":\"c2s\",\"offset\":4,"
                           "\"length\":1,\"differing_bytes\":1,\"kept_is\":\"held\","
                           "\"kept\":\"65\",\"lost\":\"45\""));
    free(text);
    text = output(place, NULL, "run -r @/twice --jsonl --conflicts --overlap linux");
    assert_non_null(strstr(text, "\"kept_is\":\"new\",\"kept\":\"45\",\"lost\":\"65\""));
    free(text);
    text = output(place, NULL, "run -r @/twice --jsonl --conflicts --recent 4096");
    assert_non_null(strstr(text, "\"kept_is\":\"delivered\",\"kept\":\"62\",\"lost\":\"42\""));
    free(text);
    text = output(place, NULL, "run -r @/twice --jsonl");
    assert_null(strstr(text, "\"type\":\"conflict\""));
    assert_int_equal(tool_number(last_line(text), "conflict_bytes"), 1);
    free(text);
}

static void link_types_are_mixed(void **state)
{
    const tool_place *place = *state;
    composed f = new_composed();
    uint8_t frame[WIRE_HEADER_BYTES + 200];
    weir_packet packet = segment(frame, 4000, 0, WEIR_TCP_SYN, "");
    tool_result result;
    composed_section(&f);
    composed_interface(&f, 1, 0, 9, 0);
    composed_interface(&f, 101, 0, 6, 0);
    composed_interface(&f, 220, 0, 6, 0);
    composed_enhanced(&f, 0, 1000, packet.data, packet.captured_bytes, packet.wire_bytes);
    composed_enhanced(&f, 2, 1, "usb", 3, 3);
    packet = segment(frame, 4000, 0, WEIR_TCP_ACK, "abc");
    composed_enhanced(&f, 1, 2, packet.data + 14, packet.captured_bytes - 14,
                      packet.wire_bytes - 14); /* the same connection, as raw IP */
    composed_enhanced(&f, 2, 3, "usb", 3, 3);
    save(&f, tool_path(place, "m"));
    result = tool_run(place, NULL, "run -r @/m --jsonl");
    assert_int_equal(result.exit_code, 0);
    assert_int_equal(lines_of(result.err), 1);
    assert_non_null(strstr(result.err, "USB_LINUX_MMAPPED (220)"));
    assert_int_equal(tool_number(last_line(result.out), "packets"), 2);
    assert_int_equal(tool_number(last_line(result.out), "unsupported_packets"), 2);
    assert_int_equal(tool_number(last_line(result.out), "connections"), 1);
    assert_int_equal(tool_number(last_line(result.out), "delivered_bytes"), 3);
    tool_free(&result);
    composed_pcap(&f, 0xa1b2c3d4, 4, 220);
    composed_record(&f, 1, 0, 1, 1);
    composed_put(&f, "u", 1);
    save(&f, tool_path(place, "usb"));
    tool_expect(place, "run -r @/usb", 1, "not supported"); /* nothing can be used */
    free(f.bytes);
}

/* ── Filters ─────────────────────────────────────────────────────────────────────────────────── */

static void filters_choose_packets(void **state)
{
    const tool_place *place = *state;
    composed f = new_composed();
    uint16_t port;
    char *text;
    composed_pcap(&f, 0xa1b2c3d4, 4, 1);
    for (port = 4000; port < 4010; port++) {
        composed_segment(&f, 1, port, 0, WEIR_TCP_SYN, "");
        composed_segment(&f, 1, port, 0, WEIR_TCP_ACK, "abc");
    }
    save(&f, tool_path(place, "f"));
    free(f.bytes);
    text = output(place, NULL, "run -r @/f --jsonl tcp port 4003 or port 4007");
    assert_int_equal(tool_number(last_line(text), "packets"), 4);
    assert_int_equal(tool_number(last_line(text), "filtered_packets"), 16);
    assert_int_equal(tool_number(last_line(text), "connections"), 2);
    free(text);
    text = output(place, NULL, "run port 4003 -r @/f --jsonl"); /* wherever it stands */
    assert_int_equal(tool_number(last_line(text), "packets"), 2);
    free(text);
    text = output(place, NULL, "run -r @/f 'host 10.9.9.9'");
    assert_non_null(strstr(text, "None of 20 packets passed the filter"));
    free(text);
    tool_expect(place, "run -r @/f port", 2, "man pcap-filter");
    tool_expect(place, "run -r @/f 'nonsense and'", 2, "man pcap-filter");
    tool_expect(place, "run -r @/f @/f", 2, "is a file");
}

/* ── The report ──────────────────────────────────────────────────────────────────────────────── */

static void check_screen(const char *text)
{
    const char *line = text;
    assert_in_range(lines_of(text), 1, 24);
    while (*line) {
        const size_t width = strcspn(line, "\n");
        if (width > 100) fail_msg("%zu columns: %.*s", width, (int)width, line);
        if (width > 0) assert_int_not_equal(line[width - 1], ' ');
        line += width + 1;
    }
    assert_null(strchr(text, '\033')); /* no terminal, no colour */
}

static void a_report_is_one_screen(void **state)
{
    static const char *const scenarios[] = {"reorder", "loss",         "churn",   "clock",
                                            "tso",     "syn-flood",    "hoarder", "one-sided",
                                            "tiny",    "overlap-storm"};
    const tool_place *place = *state;
    size_t i;
    for (i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        char *text;
        (void)tool_traffic(tool_path(place, "t"), scenarios[i], 0.0002);
        text = output(place, NULL, "run -r @/t");
        check_screen(text);
        free(text);
    }
}

/* What a person should change. */
static void reports_give_advice(void **state)
{
    const tool_place *place = *state;
    composed f = new_composed();
    uint8_t frame[WIRE_HEADER_BYTES + 200];
    weir_packet packet;
    char *text;
    uint16_t port;
    composed_pcap(&f, 0xa1b2c3d4, 4, 1);
    save(&f, tool_path(place, "none"));
    text = output(place, NULL, "run -r @/none");
    assert_non_null(strstr(text, "no packets"));
    free(text);
    composed_pcap(&f, 0xa1b2c3d4, 4, 1);
    for (port = 1; port < 9; port++)
        composed_segment(&f, 1, port, 0, WEIR_TCP_SYN, "");
    save(&f, tool_path(place, "syns"));
    text = output(place, NULL, "run -r @/syns");
    assert_non_null(strstr(text, "not one byte: only SYNs"));
    free(text);
    composed_pcap(&f, 0xa1b2c3d4, 4, 1);
    for (port = 1; port < 9; port++)
        composed_segment(&f, 1, port, 0, WEIR_TCP_ACK, "abc");
    save(&f, tool_path(place, "oneway"));
    text = output(place, NULL, "run -r @/oneway");
    assert_non_null(strstr(text, "One direction only"));
    free(text);
    composed_pcap(&f, 0xa1b2c3d4, 4, 1);
    packet = segment(frame, 4000, 0, WEIR_TCP_ACK, "abcdefghijklmnopqrstuvwxyz");
    composed_record(&f, 1, 0, packet.captured_bytes - 10, packet.captured_bytes);
    composed_put(&f, packet.data, packet.captured_bytes - 10);
    save(&f, tool_path(place, "snap"));
    text = output(place, NULL, "run -r @/snap");
    assert_non_null(strstr(text, "-s 0"));
    free(text);
    free(f.bytes);
}

static void a_limit_that_is_hit_is_named(void **state)
{
    const tool_place *place = *state;
    char *text;
    (void)tool_traffic(tool_path(place, "t"), "one-sided", 0.005);
    text = output(place, NULL, "run -r @/t --conn-mem 64KiB");
    check_screen(text);
    assert_non_null(strstr(text, "raise --conn-mem"));
    free(text);
    (void)tool_traffic(tool_path(place, "s"), "syn-flood", 0.01);
    text = output(place, NULL, "run -r @/s --mem 1MiB");
    check_screen(text);
    assert_non_null(strstr(text, "silent connections closed to make room"));
    free(text);
    (void)tool_traffic(tool_path(place, "m"), "many", 0.02);
    text = output(place, NULL, "run -r @/m --mem 1MiB");
    check_screen(text);
    assert_non_null(strstr(text, "raise --mem (now 1MiB)"));
    free(text);
    (void)tool_traffic(tool_path(place, "l"), "loss", 0.01);
    text = output(place, NULL, "run -r @/l");
    assert_non_null(strstr(text, "the capture lost what the receivers got"));
    free(text);
}

/* ── Streams ─────────────────────────────────────────────────────────────────────────────────── */

typedef struct piped {
    pid_t child;
    int end; /* to write to */
} piped;

/* weir with these words, its stdin a pipe, its stdout a file. */
static piped start_piped(const tool_place *place, char *const words[])
{
    static char *const no_environment[] = {NULL};
    const int flags = O_WRONLY | O_CREAT | O_TRUNC;
    posix_spawn_file_actions_t actions;
    piped p;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, ends[0], 0);
    (void)posix_spawn_file_actions_addopen(&actions, 1, tool_path(place, "piped"), flags, 0600);
    assert_int_equal(posix_spawn(&p.child, words[0], &actions, NULL, words, no_environment), 0);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(ends[0]);
    p.end = ends[1];
    return p;
}

/* Sends a file, and waits until it has been taken. */
static void send_file(const piped *p, const char *path)
{
    const struct timespec moment = {0, 200000000};
    size_t size, at = 0;
    char *bytes = tool_read(path, &size);
    while (at < size) {
        const ssize_t written = write(p->end, bytes + at, size - at);
        assert_true(written > 0);
        at += (size_t)written;
    }
    free(bytes);
    (void)nanosleep(&moment, NULL); /* the last pipeful */
}

static int end_piped(const piped *p)
{
    int status;
    (void)close(p->end);
    assert_int_equal(waitpid(p->child, &status, 0), p->child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Ctrl-C is meant for who captures. Lines are there before the end of the input. */
static void a_stream_outlives_one_interrupt(void **state)
{
    const tool_place *place = *state;
    char program[TOOL_PATH_BYTES], run[] = "run", jsonl[] = "--jsonl", r[] = "-r-";
    char *words[] = {program, run, r, jsonl, NULL};
    char *text;
    piped p;
    tool_program(program);
    (void)tool_traffic(tool_path(place, "t"), "churn", 0.0002);
    p = start_piped(place, words);
    send_file(&p, tool_path(place, "t"));
    text = tool_read(tool_path(place, "piped"), NULL);
    assert_true(lines_of(text) > 0);
    free(text);
    assert_int_equal(kill(p.child, SIGINT), 0);
    assert_int_equal(end_piped(&p), 0);
    text = tool_read(tool_path(place, "piped"), NULL);
    assert_non_null(strstr(last_line(text), "\"type\":\"summary\""));
    free(text);
    p = start_piped(place, words);
    send_file(&p, tool_path(place, "t"));
    assert_int_equal(kill(p.child, SIGINT), 0);
    (void)nanosleep(&(struct timespec){0, 100000000}, NULL);
    assert_int_equal(kill(p.child, SIGINT), 0);
    assert_int_equal(end_piped(&p), -1);
}

static void output_that_cannot_be_written(void **state)
{
    static char *const no_environment[] = {NULL};
    const tool_place *place = *state;
    char program[TOOL_PATH_BYTES], input[TOOL_PATH_BYTES + 8], run[] = "run", jsonl[] = "--jsonl";
    char *words[] = {program, run, input, jsonl, NULL};
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status;
    char *text;
    tool_program(program);
    (void)snprintf(input, sizeof input, "-r%s", tool_path(place, "t"));
    (void)tool_traffic(tool_path(place, "t"), "churn", 0.0002);
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addopen(&actions, 1, "/dev/full", O_WRONLY, 0);
    (void)posix_spawn_file_actions_addopen(&actions, 2, tool_path(place, "err"), O_WRONLY | O_CREAT,
                                           0600);
    assert_int_equal(posix_spawn(&child, program, &actions, NULL, words, no_environment), 0);
    (void)posix_spawn_file_actions_destroy(&actions);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    text = tool_read(tool_path(place, "err"), NULL);
    assert_non_null(strstr(text, "cannot write the output"));
    assert_int_equal(lines_of(text), 1);
    free(text);
}

/* ── Memory ──────────────────────────────────────────────────────────────────────────────────── */

#if !SANITIZED /* a sanitizer's own memory is not weir's */

static long anonymous_kib(pid_t child)
{
    char path[64], line[256];
    FILE *file;
    long kib = -1;
    (void)snprintf(path, sizeof path, "/proc/%ld/status", (long)child);
    file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "RssAnon: %ld", &kib) == 1) break;
    (void)fclose(file);
    return kib;
}

/* When it has taken a whole file, and still waits for more. */
static long memory_after(const tool_place *place, const char *name)
{
    char program[TOOL_PATH_BYTES], run[] = "run", mem[] = "--mem=1MiB", r[] = "-r-", tcp[] = "tcp";
    char *words[] = {program, run, r, mem, tcp, NULL};
    piped p;
    long kib;
    tool_program(program);
    p = start_piped(place, words);
    send_file(&p, tool_path(place, name));
    kib = anonymous_kib(p.child);
    assert_int_equal(end_piped(&p), 0);
    return kib;
}

/* --mem and 512 KiB: of the whole process, a filter included, with packets as large as can be. */
static void the_whole_process_is_bounded(void **state)
{
    const tool_place *place = *state;
    composed f = new_composed();
    size_t i;
    (void)tool_traffic(tool_path(place, "flood"), "syn-flood", 0.004);
    assert_in_range(memory_after(place, "flood"), 0, 1024 + 512);
    (void)tool_traffic(tool_path(place, "hoard"), "one-sided", 0.002);
    assert_in_range(memory_after(place, "hoard"), 0, 1024 + 512);
    composed_pcap(&f, 0xa1b2c3d4, 4, 1);
    for (i = 0; i < 5; i++) {
        composed_record(&f, 1, 0, 262144, 262144);
        memset(f.bytes + f.size, 7, 262144);
        f.size += 262144;
    }
    save(&f, tool_path(place, "large"));
    assert_in_range(memory_after(place, "large"), 0, 512);
    free(f.bytes);
}

#else

static void the_whole_process_is_bounded(void **state)
{
    (void)state;
    skip();
}

#endif

/* ── Units ───────────────────────────────────────────────────────────────────────────────────── */

static void numbers_for_people(void **state)
{
    uint64_t value = 5;
    (void)state;
    assert_string_equal(units_bytes(0).text, "0 B");
    assert_string_equal(units_bytes(1023).text, "1023 B");
    assert_string_equal(units_bytes(1024).text, "1.0 KiB");
    assert_string_equal(units_bytes(1048575).text, "1.0 MiB");
    assert_string_equal(units_bytes(13002342).text, "12.4 MiB");
    assert_string_equal(units_bytes(UINT64_MAX).text, "16.0 EiB");
    assert_string_equal(units_count(0).text, "0");
    assert_string_equal(units_count(999).text, "999");
    assert_string_equal(units_count(1234567).text, "1,234,567");
    assert_string_equal(units_count(UINT64_MAX).text, "18,446,744,073,709,551,615");
    assert_string_equal(units_duration(40200000000).text, "40.2 s");
    assert_string_equal(units_exact_size(67108864).text, "64MiB");
    assert_string_equal(units_exact_size(1000).text, "1000");
    assert_string_equal(units_exact_size(0).text, "0");
    assert_string_equal(units_exact_duration(20000000).text, "20ms");
    assert_string_equal(units_exact_duration(300000000000).text, "300s");
    assert_true(units_parse_duration("1h", &value) && value == 3600 * WEIR_SECOND);
    assert_true(units_parse_size("1TiB", &value) && value == UINT64_C(1) << 40);
    assert_false(units_parse_size("", &value) || units_parse_size("KiB", &value) ||
                 units_parse_size("1 KiB", &value) || units_parse_size("1KiBs", &value));
    assert_int_equal(value, UINT64_C(1) << 40); /* as it was */
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, tool_setup, tool_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(usage_errors_are_one_line),
        ROW(doubtful_segments_by_option),
        ROW(help_and_version),
        ROW(input_that_cannot_be_read),
        ROW(json_of_generated_traffic),
        ROW(conflicts_are_told),
        ROW(community_ids_are_everybodys),
        ROW(nothing_depends_on_batches_keys_or_source),
        ROW(several_files_are_one_capture),
        ROW(input_cut_short),
        ROW(input_that_is_corrupt),
        ROW(link_types_are_mixed),
        ROW(filters_choose_packets),
        ROW(a_report_is_one_screen),
        ROW(reports_give_advice),
        ROW(a_limit_that_is_hit_is_named),
        ROW(a_stream_outlives_one_interrupt),
        ROW(output_that_cannot_be_written),
        ROW(the_whole_process_is_bounded),
        cmocka_unit_test(numbers_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
