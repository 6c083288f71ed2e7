/* SPDX-License-Identifier: MIT */
/*
 * weir cat: the files it writes have the bytes that the generator sent, and its index says what
 * they are.
 */
#include "support/tool.h"

#include "support/composed.h"
#include "support/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glob.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* ── The index ───────────────────────────────────────────────────────────────────────────────── */

typedef struct entry {
    char file[256];
    traffic_tuple tuple;
    int c2s;
    int64_t ordinal, delivered, missing, holes;
} entry;

static int address(const char *text, uint8_t bytes[16])
{
    memset(bytes, 0, 16);
    if (inet_pton(AF_INET, text, bytes) == 1) return 4;
    assert_int_equal(inet_pton(AF_INET6, text, bytes), 1);
    return 6;
}

static entry parse_entry(const char *line)
{
    char text[64];
    entry e;
    memset(&e, 0, sizeof e);
    assert_true(tool_text(line, "file", e.file, sizeof e.file));
    assert_true(tool_text(line, "src", text, sizeof text));
    e.tuple.family = (uint8_t)address(text, e.tuple.src);
    assert_true(tool_text(line, "dst", text, sizeof text));
    (void)address(text, e.tuple.dst);
    e.tuple.src_port = (uint16_t)tool_number(line, "sport");
    e.tuple.dst_port = (uint16_t)tool_number(line, "dport");
    assert_true(tool_text(line, "direction", text, sizeof text));
    e.c2s = strcmp(text, "c2s") == 0;
    e.ordinal = tool_number(line, "ordinal");
    e.delivered = tool_number(line, "delivered_bytes");
    e.missing = tool_number(line, "missing_bytes");
    e.holes = tool_number(line, "holes");
    return e;
}

static char *read_index(const tool_place *place)
{
    return tool_read(tool_path(place, "out/streams.jsonl"), NULL);
}

static char *read_stream(const tool_place *place, const char *name, size_t *bytes)
{
    char path[512];
    (void)snprintf(path, sizeof path, "out/%s", name);
    return tool_read(tool_path(place, path), bytes);
}

/* Runs cat into out, which must succeed. */
static void cat(const tool_place *place, const char *line)
{
    tool_result result = tool_run(place, NULL, line);
    if (result.exit_code != 0) fail_msg("weir %s: exit %d: %s", line, result.exit_code, result.err);
    assert_non_null(strstr(result.err, "files with"));
    assert_string_equal(result.out, "");
    tool_free(&result);
}

/* ── Generated traffic ───────────────────────────────────────────────────────────────────────── */

/* What the generator sent in this direction, `size` bytes from the beginning. Free it. */
static uint8_t *sent(const entry *e, size_t size)
{
    uint8_t *content = malloc(size + 1);
    traffic_direction direction;
    uint64_t connection;
    assert_non_null(content);
    assert_true(traffic_identify(&e->tuple, &connection, &direction));
    assert_int_equal(direction, e->c2s ? TRAFFIC_C2S : TRAFFIC_S2C);
    traffic_content(connection, direction, 0, content, size);
    return content;
}

static void check_whole(const tool_place *place, const entry *e)
{
    size_t size;
    char *written = read_stream(place, e->file, &size);
    uint8_t *content = sent(e, size);
    assert_int_equal(size, e->delivered);
    assert_int_equal(e->missing, 0);
    assert_memory_equal(written, content, size);
    free(written);
    free(content);
}

/* Zeros only where bytes are missing, all others in their place. */
static void check_zeros(const tool_place *place, const entry *e)
{
    size_t size, i;
    char *written = read_stream(place, e->file, &size);
    uint8_t *content = sent(e, size);
    int64_t other = 0;
    assert_int_equal(size, e->delivered + e->missing);
    for (i = 0; i < size; i++) {
        if ((uint8_t)written[i] == content[i]) continue;
        assert_int_equal(written[i], 0);
        other++;
    }
    assert_true(other <= e->missing && other + 8 + e->missing / 64 >= e->missing); /* some are 0 */
    free(written);
    free(content);
}

/* Each direction once, and all bytes of the truth. Returns how many. */
static size_t check_all(const tool_place *place, const traffic_totals *truth,
                        void (*check)(const tool_place *place, const entry *e))
{
    char *index = read_index(place);
    const char *line;
    int64_t delivered = 0, missing = 0;
    size_t count = 0;
    for (line = index; *line; line = strchr(line, '\n') + 1) {
        const entry e = parse_entry(line);
        check(place, &e);
        delivered += e.delivered;
        missing += e.missing;
        count++;
    }
    assert_int_equal(delivered, truth->stream_bytes - truth->missing_bytes);
    assert_int_equal(missing, truth->missing_bytes);
    free(index);
    return count;
}

static void files_have_what_was_sent(void **state)
{
    const tool_place *place = *state;
    const traffic_totals truth = tool_traffic(tool_path(place, "t"), "reorder", 0.01);
    cat(place, "cat -r @/t -o @/out");
    assert_true(check_all(place, &truth, check_whole) > 0);
    cat(place, "cat -r @/t -o @/out --force --gaps zero");
    assert_true(check_all(place, &truth, check_zeros) > 0);
}

static size_t files_like(const tool_place *place, const char *pattern)
{
    glob_t found;
    size_t count = 0;
    if (glob(tool_path(place, pattern), 0, NULL, &found) == 0) count = found.gl_pathc;
    globfree(&found);
    return count;
}

/* More directions at once than descriptors: than the program has places for, and than it may have. */
static void open_files_are_bounded(void **state)
{
    const tool_place *place = *state;
    const traffic_totals truth = tool_traffic(tool_path(place, "t"), "messages", 0.15);
    static const rlim_t descriptors[] = {72, 12};
    struct rlimit before, low;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    for (size_t i = 0; i < 2; i++) {
        low = before;
        low.rlim_cur = descriptors[i];
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
        cat(place, "cat -r @/t -o @/out --force");
        cat(place, "cat -r @/t -o @/out --force --gaps zero");
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        assert_true(check_all(place, &truth, check_whole) > 200);
        assert_int_equal(files_like(place, "out/*.part"), 0);
    }
}

static void missing_bytes_are_zeros(void **state)
{
    const tool_place *place = *state;
    const traffic_totals truth = tool_traffic(tool_path(place, "t"), "loss", 0.02);
    struct stat about;
    char *index, path[512];
    entry e;
    assert_true(truth.missing_bytes > 0);
    cat(place, "cat -r @/t -o @/out --gaps zero");
    (void)check_all(place, &truth, check_zeros);
    cat(place, "cat -r @/t -o @/out --gaps skip --force");
    index = read_index(place);
    e = parse_entry(index);
    (void)snprintf(path, sizeof path, "out/%s", e.file);
    assert_int_equal(stat(tool_path(place, path), &about), 0);
    assert_int_equal(about.st_size, e.delivered);
    free(index);
}

/* ── Composed traffic ────────────────────────────────────────────────────────────────────────── */

typedef struct line {
    composed f;
    weir_segment s; /* what is put next; c2s unless it is turned */
    uint32_t seconds;
    const char *tags; /* VLAN tags: what stands between the addresses and the type */
    uint32_t tag_bytes;
} line;

static void begin(line *l)
{
    memset(l, 0, sizeof *l);
    l->f.bytes = malloc(COMPOSED_MAX);
    assert_non_null(l->f.bytes);
    composed_pcap(&l->f, 0xa1b2c3d4, 4, 1);
    l->s.family = 4;
    l->s.source_port = 4000;
    l->s.destination_port = 80;
    l->s.window = 65535;
    memcpy(l->s.source, "\x0a\0\0\1", 4);
    memcpy(l->s.destination, "\x0a\0\0\2", 4);
    l->seconds = 1;
    l->tags = "\x88\xa8\0\x09\x81\0\0\x07";
}

static void put(line *l, uint32_t seq, uint32_t ack, uint8_t flags, const char *payload)
{
    uint8_t frame[WIRE_HEADER_BYTES + 2000];
    weir_packet packet;
    l->s.seq = seq;
    l->s.ack = ack;
    l->s.flags = flags;
    l->s.payload = (const uint8_t *)payload;
    l->s.payload_bytes = (uint32_t)strlen(payload);
    l->s.wire_bytes = l->s.payload_bytes;
    packet = wire_packet(&l->s, frame);
    composed_record(&l->f, l->seconds, 0, packet.captured_bytes + l->tag_bytes,
                    packet.wire_bytes + l->tag_bytes);
    composed_put(&l->f, packet.data, 12);
    composed_put(&l->f, l->tags, l->tag_bytes);
    composed_put(&l->f, packet.data + 12, packet.captured_bytes - 12);
}

/* From here on the other side sends. */
static void turn(line *l)
{
    const weir_segment s = l->s;
    memcpy(l->s.source, s.destination, 16);
    memcpy(l->s.destination, s.source, 16);
    l->s.source_port = s.destination_port;
    l->s.destination_port = s.source_port;
}

static void open_both(line *l, uint32_t seq, uint32_t other)
{
    put(l, seq, 0, WEIR_TCP_SYN, "");
    turn(l);
    put(l, other, seq + 1, WEIR_TCP_SYN | WEIR_TCP_ACK, "");
    turn(l);
    put(l, seq + 1, other + 1, WEIR_TCP_ACK, "");
}

static void end(line *l, const tool_place *place)
{
    tool_write(tool_path(place, "c"), l->f.bytes, l->f.size);
    free(l->f.bytes);
}

static void expect_file(const tool_place *place, const char *name, const char *content)
{
    size_t size;
    char *written = read_stream(place, name, &size);
    assert_int_equal(size, strlen(content));
    assert_memory_equal(written, content, size);
    free(written);
}

/* The hole at 3 is given up after 2 s; its bytes come after that. */
static void late_bytes_go_to_their_place(void **state)
{
    const tool_place *place = *state;
    line l;
    char *written;
    size_t size;
    begin(&l);
    open_both(&l, 100, 500);
    put(&l, 101, 501, WEIR_TCP_ACK, "abc");
    put(&l, 107, 501, WEIR_TCP_ACK, "ghi"); /* def and jkl are missing */
    put(&l, 113, 501, WEIR_TCP_ACK, "mno");
    l.seconds = 10;
    put(&l, 116, 501, WEIR_TCP_ACK, "pqr");
    put(&l, 104, 501, WEIR_TCP_ACK, "def");
    end(&l, place);
    cat(place, "cat -r @/c -o @/out --gaps zero");
    written = read_stream(place, "10.0.0.1.4000-10.0.0.2.80-1.c2s", &size);
    assert_int_equal(size, 18);
    assert_memory_equal(written, "abcdefghi\0\0\0mnopqr", 18);
    free(written);
    cat(place, "cat -r @/c -o @/out --gaps skip --force");
    expect_file(place, "10.0.0.1.4000-10.0.0.2.80-1.c2s", "abcghimnopqr");
}

static const char two_connections_index[] =
    "{\"file\":\"10.0.0.1.4000-10.0.0.2.80-1.c2s\",\"src\":\"10.0.0.1\",\"sport\":4000,"
    "\"dst\":\"10.0.0.2\",\"dport\":80,\"direction\":\"c2s\",\"ordinal\":1,"
    "\"delivered_bytes\":5,\"missing_bytes\":0,\"holes\":0}\n"
    "{\"file\":\"10.0.0.1.4000-10.0.0.2.80-1.s2c\",\"src\":\"10.0.0.2\",\"sport\":80,"
    "\"dst\":\"10.0.0.1\",\"dport\":4000,\"direction\":\"s2c\",\"ordinal\":1,"
    "\"delivered_bytes\":6,\"missing_bytes\":0,\"holes\":0}\n"
    "{\"file\":\"10.0.0.1.4000-10.0.0.2.80-2.c2s\",\"src\":\"10.0.0.1\",\"sport\":4000,"
    "\"dst\":\"10.0.0.2\",\"dport\":80,\"direction\":\"c2s\",\"ordinal\":2,"
    "\"delivered_bytes\":3,\"missing_bytes\":0,\"holes\":0}\n";

/* The second one on the same ports is another file; a direction without a byte has none. */
static void ordinals_count_connections(void **state)
{
    const tool_place *place = *state;
    line l;
    char *index;
    begin(&l);
    open_both(&l, 100, 500);
    put(&l, 101, 501, WEIR_TCP_ACK, "first");
    turn(&l);
    put(&l, 501, 106, WEIR_TCP_ACK, "answer");
    put(&l, 507, 106, WEIR_TCP_ACK | WEIR_TCP_FIN, "");
    turn(&l);
    put(&l, 106, 508, WEIR_TCP_ACK | WEIR_TCP_FIN, "");
    turn(&l);
    put(&l, 508, 107, WEIR_TCP_ACK, "");
    turn(&l);
    l.seconds = 5;
    open_both(&l, 70000, 90000);
    put(&l, 70001, 90001, WEIR_TCP_ACK, "two");
    end(&l, place);
    cat(place, "cat -r @/c -o @/out");
    expect_file(place, "10.0.0.1.4000-10.0.0.2.80-1.c2s", "first");
    expect_file(place, "10.0.0.1.4000-10.0.0.2.80-1.s2c", "answer");
    expect_file(place, "10.0.0.1.4000-10.0.0.2.80-2.c2s", "two");
    assert_int_equal(access(tool_path(place, "out/10.0.0.1.4000-10.0.0.2.80-2.s2c"), F_OK), -1);
    index = read_index(place);
    assert_string_equal(index, two_connections_index);
    free(index);
}

static void names_tell_families_and_vlans_apart(void **state)
{
    const tool_place *place = *state;
    line l;
    begin(&l);
    put(&l, 101, 1, WEIR_TCP_ACK, "plain");
    l.tag_bytes = 4;
    put(&l, 101, 1, WEIR_TCP_ACK, "vlan");
    l.tag_bytes = 8;
    put(&l, 101, 1, WEIR_TCP_ACK, "vlans");
    l.tag_bytes = 0;
    l.s.family = 6;
    memcpy(l.s.source, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
    memcpy(l.s.destination, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2", 16);
    put(&l, 101, 1, WEIR_TCP_ACK, "six");
    end(&l, place);
    cat(place, "cat -r @/c -o @/out");
    expect_file(place, "10.0.0.1.4000-10.0.0.2.80-1.c2s", "plain");
    expect_file(place, "10.0.0.1.4000-10.0.0.2.80-1-vlan9.c2s", "vlan");
    expect_file(place, "10.0.0.1.4000-10.0.0.2.80-1-vlan9.7.c2s", "vlans");
    expect_file(place, "2001:db8::1.4000-2001:db8::2.80-1.c2s", "six");
}

/* ── The directory ───────────────────────────────────────────────────────────────────────────── */

static void a_directory_is_not_written_over(void **state)
{
    const tool_place *place = *state;
    (void)tool_traffic(tool_path(place, "t"), "reorder", 0.001);
    cat(place, "cat -r @/t -o @/out");
    tool_expect(place, "cat -r @/t -o @/out", 2, "has a streams.jsonl already");
    cat(place, "cat -r @/t -o @/out --force");
    tool_expect(place, "cat -r @/t -o @/no/such", 1, "No such file or directory");
    tool_expect(place, "cat -r @/t -o @/t", 1, "Not a directory");
}

/* Nothing is left where nothing was read. */
static void a_failure_leaves_no_index(void **state)
{
    const tool_place *place = *state;
    tool_expect(place, "cat -r @/missing -o @/out", 1, "No such file");
    assert_int_equal(access(tool_path(place, "out"), F_OK), -1);
}

/* A full disk, as a limit on the size of files: what is written beyond it fails. */
static void a_write_that_fails(void **state)
{
    const tool_place *place = *state;
    struct rlimit before, low;
    tool_result result;
    (void)tool_traffic(tool_path(place, "t"), "incident", 0.0005);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    low = before;
    low.rlim_cur = 65536;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    result = tool_run(place, NULL, "cat -r @/t -o @/out");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(result.exit_code, 1);
    assert_non_null(strstr(result.err, strerror(EFBIG)));
    assert_ptr_equal(strchr(result.err, '\n') + 1, strchr(result.err, 0)); /* one line */
    assert_int_equal(access(tool_path(place, "out/streams.jsonl"), F_OK), -1);
    assert_true(files_like(place, "out/*.part") > 0); /* what is not whole does not look whole */
    assert_int_equal(files_like(place, "out/*.c2s") + files_like(place, "out/*.s2c"), 0);
    tool_free(&result);
}

static void json_goes_with_it(void **state)
{
    const tool_place *place = *state;
    tool_result with, alone;
    (void)tool_traffic(tool_path(place, "t"), "loss", 0.005);
    with = tool_run(place, NULL, "cat -r @/t -o @/out --jsonl --holes");
    alone = tool_run(place, NULL, "run -r @/t --jsonl --holes");
    assert_int_equal(with.exit_code, 0);
    assert_string_equal(with.out, alone.out);
    tool_free(&with);
    tool_free(&alone);
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, tool_setup, tool_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(files_have_what_was_sent),
        ROW(open_files_are_bounded),
        ROW(missing_bytes_are_zeros),
        ROW(late_bytes_go_to_their_place),
        ROW(ordinals_count_connections),
        ROW(names_tell_families_and_vlans_apart),
        ROW(a_directory_is_not_written_over),
        ROW(a_failure_leaves_no_index),
        ROW(a_write_that_fails),
        ROW(json_goes_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
