/* SPDX-License-Identifier: MIT */
/*
 * Shards: the hash is what weir.h says, forever; and the union of all shards is the whole.
 *
 * The vectors were computed by another implementation, in another language, from weir.h's words.
 */
#include "support/composed.h"
#include "support/tool.h"
#include "support/wire.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "weir/weir.h"

enum { SHARDS = 3, LINE_BYTES = 1024, FLOWS = 90, ETHERNET_BYTES = 14, IP_BYTES = 20 };

/* ── The hash ────────────────────────────────────────────────────────────────────────────────── */

static weir_segment between(const char *from, uint16_t port, const char *to, uint16_t to_port)
{
    weir_segment s;
    const int family = strchr(from, ':') ? AF_INET6 : AF_INET;
    memset(&s, 0, sizeof s);
    s.family = family == AF_INET6 ? 6 : 4;
    s.source_port = port;
    s.destination_port = to_port;
    assert_int_equal(inet_pton(family, from, s.source), 1);
    assert_int_equal(inet_pton(family, to, s.destination), 1);
    return s;
}

static void the_hash_is_frozen(void **state)
{
    static const struct {
        const char *from, *to;
        uint16_t port, to_port;
        uint32_t hash;
    } rows[] = {
        {"1.2.3.4", "5.6.7.8", 1000, 80, 0x2f45364a},
        {"0.0.0.0", "0.0.0.0", 0, 0, 0xe8b4b3b1},
        {"255.255.255.255", "10.0.0.1", 65535, 1, 0xa0e37176},
        {"2001:db8::1", "2001:db8::2", 1000, 80, 0xea51021f},
        {"fe80::1", "ff02::ffff", 443, 65535, 0xf6fe2bcc},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_segment s = between(rows[i].from, rows[i].port, rows[i].to, rows[i].to_port);
        assert_int_equal(weir_shard_hash(&s), rows[i].hash);
        s = between(rows[i].to, rows[i].to_port, rows[i].from, rows[i].port);
        assert_int_equal(weir_shard_hash(&s), rows[i].hash);
        s.vlan = 7; /* a tap may tag one direction only */
        s.tunnel = 9;
        assert_int_equal(weir_shard_hash(&s), rows[i].hash);
    }
}

/* What clients look like: addresses that count up, ports that count up by two, one server. */
static void shards_are_of_one_size(void **state)
{
    static uint32_t counts[16];
    const uint32_t flows = 64 * 1024, shards = sizeof counts / sizeof *counts;
    (void)state;
    memset(counts, 0, sizeof counts);
    for (uint32_t i = 0; i < flows; i++) {
        weir_segment s = between("10.0.0.0", (uint16_t)(32768 + 2 * (i >> 8)), "10.9.9.9", 443);
        s.source[3] = (uint8_t)i;
        counts[weir_shard_hash(&s) % shards]++;
    }
    /* 4,096 in each; 62 is the standard deviation if it were chance. */
    for (uint32_t i = 0; i < shards; i++)
        assert_in_range(counts[i], flows / shards - 310, flows / shards + 310);
}

static void impossible_shards_are_refused(void **state)
{
    static const struct {
        uint32_t index, count;
        int error;
    } rows[] = {
        {0, 0, WEIR_OK},           {0, 1, WEIR_OK},           {2, 3, WEIR_OK},
        {3, 3, WEIR_ERR_ARGUMENT}, {1, 0, WEIR_ERR_ARGUMENT},
    };
    weir_pool_config of;
    weir_engine_config config;
    weir_engine *engine;
    weir_pool *pool;
    (void)state;
    weir_pool_config_init(&of);
    assert_int_equal(weir_pool_create(&of, &pool), WEIR_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_engine_config_init(&config);
        config.shard_index = rows[i].index;
        config.shard_count = rows[i].count;
        assert_int_equal(weir_engine_create(pool, &config, NULL, NULL, &engine), rows[i].error);
        if (rows[i].error == WEIR_OK) assert_int_equal(weir_engine_destroy(engine), WEIR_OK);
    }
    assert_int_equal(weir_pool_destroy(pool), WEIR_OK);
}

/* Also segments that the user decoded: one engine of two takes them, whichever way they go. */
static void segments_have_shards_too(void **state)
{
    uint64_t taken[2] = {0, 0};
    weir_pool_config of;
    weir_pool *pool;
    (void)state;
    weir_pool_config_init(&of);
    assert_int_equal(weir_pool_create(&of, &pool), WEIR_OK);
    for (uint32_t index = 0; index < 2; index++) {
        weir_engine_config config;
        weir_engine *engine;
        weir_stats stats;
        weir_engine_config_init(&config);
        config.shard_index = index;
        config.shard_count = 2;
        assert_int_equal(weir_engine_create(pool, &config, NULL, NULL, &engine), WEIR_OK);
        for (uint16_t i = 0; i < 100; i++) {
            weir_segment s[2] = {between("10.0.0.1", i, "10.0.0.2", 80),
                                 between("10.0.0.2", 80, "10.0.0.1", i)};
            uint8_t verdicts[2];
            s[0].flags = WEIR_TCP_SYN;
            s[1].flags = WEIR_TCP_SYN | WEIR_TCP_ACK;
            s[1].ack = 1;
            assert_int_equal(weir_engine_segments(engine, s, 2, verdicts), WEIR_OK);
            assert_int_equal(verdicts[0], verdicts[1]);
            taken[index] += verdicts[0] == WEIR_PACKET_CONTROL;
        }
        weir_stats_init(&stats);
        assert_int_equal(weir_engine_stats(engine, &stats), WEIR_OK);
        assert_int_equal(stats.tcp_segments, 2 * taken[index]);
        assert_int_equal(stats.connections, taken[index]);
        assert_int_equal(stats.ignored_packets[WEIR_IGNORED_OTHER_SHARD], 200 - 2 * taken[index]);
        assert_int_equal(weir_engine_check(engine), WEIR_OK);
        assert_int_equal(weir_engine_destroy(engine), WEIR_OK);
    }
    assert_int_equal(weir_pool_destroy(pool), WEIR_OK);
    assert_int_equal(taken[0] + taken[1], 100);
    assert_in_range(taken[0], 1, 99);
}

/* ── The union ───────────────────────────────────────────────────────────────────────────────── */

/* Lines without their id, which is the place in an engine; and the sums of what adds up. */
typedef struct outcome {
    char **lines;
    size_t count;
    int64_t sums[16];
} outcome;

static const char *const added[] = {
    "tcp_segments",           "connections",   "evicted",    "payload_bytes",  "delivered_bytes",
    "duplicate_bytes",        "missing_bytes", "late_bytes", "conflict_bytes", "duplicate_packets",
    "retransmitted_segments", "bad_checksums",
};

static char *without_id(const char *line, size_t length)
{
    const char *id = strstr(line, "\"id\":");
    const size_t before = id ? (size_t)(id - line) : length;
    const size_t bytes = id ? strcspn(id, ",") + 1 : 0;
    char *made = calloc(1, length + 1);
    assert_non_null(made);
    assert_true(before + bytes < length);
    memcpy(made, line, before);
    memcpy(made + before, line + before + bytes, length - before - bytes);
    return made;
}

static void add(outcome *to, const char *text)
{
    for (const char *line = text, *end; *line; line = end + 1) {
        end = strchr(line, '\n');
        assert_non_null(end);
        if (strncmp(line, "{\"type\":\"summary\"", 17) == 0) {
            for (size_t i = 0; i < sizeof added / sizeof *added; i++)
                to->sums[i] += tool_number(line, added[i]);
            continue;
        }
        to->lines = realloc(to->lines, (to->count + 1) * sizeof *to->lines);
        assert_non_null(to->lines);
        to->lines[to->count++] = without_id(line, (size_t)(end - line));
    }
}

static int in_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_lines(outcome *o)
{
    if (o->count > 0) qsort(o->lines, o->count, sizeof *o->lines, in_order);
}

static void forget(outcome *o)
{
    for (size_t i = 0; i < o->count; i++)
        free(o->lines[i]);
    free(o->lines);
}

/* Runs it; false: this capture cannot be read at all. */
static bool add_run(const tool_place *place, const char *line, outcome *to)
{
    tool_result result = tool_run(place, NULL, line);
    const bool good = result.exit_code == 0;
    if (good) add(to, result.out);
    tool_free(&result);
    return good;
}

/* The union of `shards` runs is one run; each but an empty one has a part. */
static bool union_is_whole(const tool_place *place, const char *file, uint32_t shards)
{
    outcome whole = {NULL, 0, {0}}, parts = {NULL, 0, {0}};
    char line[LINE_BYTES];
    size_t most = 0;
    snprintf(line, sizeof line, "run -r %s --jsonl --holes --checksum count", file);
    if (!add_run(place, line, &whole)) return false;
    for (uint32_t i = 1; i <= shards; i++) {
        const size_t before = parts.count;
        snprintf(line, sizeof line, "run -r %s --jsonl --holes --checksum count --shard %u/%u",
                 file, i, shards);
        assert_true(add_run(place, line, &parts));
        if (parts.count - before > most) most = parts.count - before;
    }
    sort_lines(&whole);
    sort_lines(&parts);
    assert_int_equal(parts.count, whole.count);
    for (size_t i = 0; whole.lines && parts.lines && i < whole.count; i++)
        assert_string_equal(parts.lines[i], whole.lines[i]);
    assert_memory_equal(parts.sums, whole.sums, sizeof whole.sums);
    if (whole.count > 200) assert_true(most < whole.count / 2);
    forget(&whole);
    forget(&parts);
    return true;
}

static void shards_of_generated_traffic(void **state)
{
    static const struct {
        const char *scenario;
        double scale;
    } rows[] = {{"many", 0.01}, {"loss", 0.005}, {"churn", 0.001}, {"duplicated", 0.001}};
    const tool_place *place = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tool_traffic(tool_path(place, "in"), rows[i].scenario, rows[i].scale);
        assert_true(union_is_whole(place, "@/in", SHARDS));
    }
}

/* Tunnels, fragments, VLANs, cut files: whatever there is. */
static void shards_of_real_captures(void **state)
{
    const char *given = getenv("WEIR_CORPUS");
    const char *folder = given ? given : "../shared/corpus";
    const tool_place *place = *state;
    const struct dirent *entry;
    char path[LINE_BYTES - 128];
    struct stat about;
    size_t captures = 0;
    DIR *list = opendir(folder);
    if (!list) {
        print_message("left out: no folder of captures (WEIR_CORPUS, or ../shared/corpus)\n");
        skip();
        return;
    }
    while ((entry = readdir(list))) {
        const char *dot = strrchr(entry->d_name, '.');
        if (!dot || (strncmp(dot, ".pcap", 5) != 0 && strncmp(dot, ".cap", 4) != 0)) continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (stat(path, &about) != 0 || about.st_size > 8 << 20) continue;
        captures += union_is_whole(place, path, SHARDS);
    }
    closedir(list);
    print_message("%zu captures\n", captures);
    assert_true(captures > 0);
}

/* ── Packets that hide their ports ───────────────────────────────────────────────────────────── */

/* A segment of client `number`, as Ethernet. */
static weir_packet segment_of(uint8_t *frame, uint32_t number, int answer)
{
    weir_segment s = answer ? between("10.0.0.2", 80, "10.0.0.1", (uint16_t)(4000 + number))
                            : between("10.0.0.1", (uint16_t)(4000 + number), "10.0.0.2", 80);
    s.payload = (const uint8_t *)"twenty-four bytes of it.";
    s.payload_bytes = s.wire_bytes = 24;
    s.seq = 1000;
    s.ack = answer ? 1024 : 1000;
    s.flags = WEIR_TCP_ACK;
    return wire_packet(&s, frame);
}

static void put(composed *f, const void *bytes, uint32_t count)
{
    composed_record(f, 1, 0, count, count);
    composed_put(f, bytes, count);
}

/* In another IP packet, between addresses of which one comes from `number`. */
static void put_tunnelled(composed *f, const weir_packet *packet, uint32_t number)
{
    uint8_t made[256] = {0};
    const uint32_t inner = packet->captured_bytes - ETHERNET_BYTES, total = inner + IP_BYTES;
    memcpy(made, packet->data, ETHERNET_BYTES);
    memcpy(made + ETHERNET_BYTES, "\x45\0\0\0\0\0\0\0\x40\x04\0\0\xac\x10\0\0\xac\x10\0\x01",
           IP_BYTES);
    made[ETHERNET_BYTES + 3] = (uint8_t)total;
    made[ETHERNET_BYTES + 15] = (uint8_t)number;
    memcpy(made + ETHERNET_BYTES + IP_BYTES, packet->data + ETHERNET_BYTES, inner);
    put(f, made, ETHERNET_BYTES + total);
}

/* In two pieces, the later one first. */
static void put_pieces(composed *f, const weir_packet *packet, uint32_t number)
{
    const uint32_t head = ETHERNET_BYTES + IP_BYTES, first = 24;
    const uint32_t whole = packet->captured_bytes - head;
    uint8_t piece[256];
    for (uint32_t i = 2; i-- > 0;) {
        const uint32_t at = i * first, bytes = i == 0 ? first : whole - first;
        memcpy(piece, packet->data, head);
        memcpy(piece + head, packet->data + head + at, bytes);
        piece[ETHERNET_BYTES + 3] = (uint8_t)(IP_BYTES + bytes);
        piece[ETHERNET_BYTES + 5] = (uint8_t)number;
        piece[ETHERNET_BYTES + 6] = i == 0 ? 0x20 : 0;
        piece[ETHERNET_BYTES + 7] = (uint8_t)(at / 8);
        put(f, piece, head + bytes);
    }
}

/* A tag on one direction only, as some taps have it. */
static void put_tagged(composed *f, const weir_packet *packet)
{
    static const uint8_t tag[] = {0x81, 0, 0, 9};
    uint8_t made[256];
    memcpy(made, packet->data, 12);
    memcpy(made + 12, tag, sizeof tag);
    memcpy(made + 16, packet->data + 12, packet->captured_bytes - 12);
    put(f, made, packet->captured_bytes + 4);
}

static void pieces_and_tunnels_go_with_their_flow(void **state)
{
    const tool_place *place = *state;
    composed f = {malloc(COMPOSED_MAX), 0, false};
    uint8_t frame[WIRE_HEADER_BYTES + 64];
    outcome whole = {NULL, 0, {0}};
    assert_non_null(f.bytes);
    composed_pcap(&f, 0xa1b2c3d4, 4, 1);
    for (uint32_t number = 0; number < FLOWS; number++) {
        weir_packet packet = segment_of(frame, number, 0);
        if (number % 3 == 0)
            put(&f, packet.data, packet.captured_bytes);
        else if (number % 3 == 1)
            put_tunnelled(&f, &packet, number);
        else
            put_pieces(&f, &packet, number);
        packet = segment_of(frame, number, 1);
        put_tagged(&f, &packet);
    }
    tool_write(tool_path(place, "in"), f.bytes, f.size);
    free(f.bytes);
    assert_true(add_run(place, "run -r @/in --jsonl --key-vlan off", &whole));
    assert_int_equal(whole.count, FLOWS); /* each has found its other direction */
    forget(&whole);
    assert_true(union_is_whole(place, "@/in --key-vlan off", SHARDS));
    assert_true(union_is_whole(place, "@/in", SHARDS));
}

/* ── The option ──────────────────────────────────────────────────────────────────────────────── */

static void a_shard_is_a_number_of_so_many(void **state)
{
    static const char *const wrong[] = {"0/3", "4/3", "1/0",  "1",   "1/",
                                        "/3",  "x/3", "1/3x", "-1/3"};
    const tool_place *place = *state;
    char line[LINE_BYTES];
    tool_traffic(tool_path(place, "in"), "bulk", 0.00001);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(line, sizeof line, "run -r @/in --shard %s", wrong[i]);
        tool_expect(place, line, 2, "K/N, like 1/4");
    }
    tool_expect(place, "run -r @/in --shard 1/1", 0, "");
    tool_expect(place, "run -r @/in --shard 3/3", 0, "");
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, tool_setup, tool_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hash_is_frozen),
        cmocka_unit_test(shards_are_of_one_size),
        cmocka_unit_test(impossible_shards_are_refused),
        cmocka_unit_test(segments_have_shards_too),
        ROW(shards_of_generated_traffic),
        ROW(shards_of_real_captures),
        ROW(pieces_and_tunnels_go_with_their_flow),
        ROW(a_shard_is_a_number_of_so_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
