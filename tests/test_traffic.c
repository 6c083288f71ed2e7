/* SPDX-License-Identifier: MIT */
/*
 * Traffic, checked by an observer that shares nothing with its generator: it decodes each frame by
 * hand, adds up the checksums a byte at a time, and keeps for every byte of every stream whether it
 * was captured. What it finds must be what the generator says is the truth.
 */
#define _POSIX_C_SOURCE 200809L

#include "../bench/traffic.h"
#include "../bench/traffic_output.h"
#include "../bench/traffic_pcap.h"
#include "../bench/traffic_random.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { FIN = 1, SYN = 2, PSH = 8, ACK = 16 };
enum { CONNECTIONS_MAX = 12288, RUN_MAX = 64 };

#define SEED  7
#define SCALE 0.0005

/* ── A packet, decoded ───────────────────────────────────────────────────────────────────────── */

typedef struct {
    traffic_packet raw;
    traffic_tuple tuple;
    uint32_t ip_bytes; /* as the header says: 0 when offloaded */
    uint16_t ip_id;
    const uint8_t *tcp;
    uint32_t tcp_bytes; /* header and payload */
    uint32_t seq, ack;
    uint8_t flags;
    uint32_t header_bytes;
    const uint8_t *payload;
    uint32_t payload_bytes;
} packet;

static uint32_t be16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t be32(const uint8_t *p)
{
    return be16(p) << 16 | be16(p + 2);
}

static uint32_t sum16(uint32_t sum, const uint8_t *p, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

/* The frame's IP header; returns the bytes before TCP. */
static uint32_t decode_ip(packet *p)
{
    const uint8_t *ip = p->raw.data + 14;
    bool v4 = be16(p->raw.data + 12) == 0x0800;
    uint32_t n = v4 ? 4 : 16;
    const uint8_t *addresses = ip + (v4 ? 12 : 8);
    p->tuple.family = v4 ? 4 : 6;
    memcpy(p->tuple.src, addresses, n);
    memcpy(p->tuple.dst, addresses + n, n);
    if (!v4) {
        assert_int_equal(be16(p->raw.data + 12), 0x86dd);
        assert_int_equal(ip[0] >> 4, 6);
        assert_int_equal(ip[6], 6);
        p->ip_bytes = be16(ip + 4) == 0 ? 0 : 40 + be16(ip + 4);
        return 14 + 40;
    }
    assert_int_equal(ip[0], 0x45);
    assert_int_equal(ip[9], 6);
    assert_int_equal(sum16(0, ip, 20), 0xffff);
    p->ip_bytes = be16(ip + 2);
    p->ip_id = (uint16_t)be16(ip + 4);
    return 14 + 20;
}

static void check_sum(const packet *p)
{
    uint8_t tail[8] = {0, 0, 0, 0, 0, 0, 0, 6};
    uint32_t n = p->tuple.family == 4 ? 4 : 16;
    tail[1] = (uint8_t)(p->tcp_bytes >> 16);
    tail[2] = (uint8_t)(p->tcp_bytes >> 8);
    tail[3] = (uint8_t)p->tcp_bytes;
    uint32_t sum = sum16(sum16(0, p->tuple.src, n), p->tuple.dst, n);
    assert_int_equal(sum16(sum16(sum, tail, 8), p->tcp, p->tcp_bytes), 0xffff);
}

static packet decode(const traffic_packet *raw)
{
    packet p = {.raw = *raw};
    assert_true(raw->captured_bytes >= 60 && raw->captured_bytes <= TRAFFIC_FRAME_MAX);
    assert_int_equal(raw->captured_bytes, raw->wire_bytes);
    uint32_t before = decode_ip(&p);
    uint32_t frame = p.ip_bytes == 0 ? raw->captured_bytes : 14 + p.ip_bytes;
    assert_true(frame == raw->captured_bytes || (frame < 60 && raw->captured_bytes == 60));
    p.tcp = raw->data + before;
    p.tcp_bytes = frame - before;
    p.tuple.src_port = (uint16_t)be16(p.tcp);
    p.tuple.dst_port = (uint16_t)be16(p.tcp + 2);
    p.seq = be32(p.tcp + 4);
    p.ack = be32(p.tcp + 8);
    p.flags = p.tcp[13];
    p.header_bytes = 4u * (p.tcp[12] >> 4);
    p.payload = p.tcp + p.header_bytes;
    p.payload_bytes = p.tcp_bytes - p.header_bytes;
    if (p.ip_bytes != 0) check_sum(&p);
    return p;
}

/* ── The observer ────────────────────────────────────────────────────────────────────────────── */

typedef struct {
    uint8_t *seen; /* for each byte of the stream, whether it was captured */
    uint64_t room;
    uint64_t end;   /* of what was captured */
    uint64_t whole; /* captured without a hole from 0 */
    uint64_t acked; /* by the peer; one more with the FIN */
    uint32_t isn;
    uint32_t packets;
    uint16_t ip_id;
    bool syn, fin;
} stream;

typedef struct {
    stream streams[2];
    bool opened; /* the handshake's third packet was seen */
} connection;

typedef struct {
    const char *name;
    traffic *traffic;
    connection honest[CONNECTIONS_MAX];
    connection hostile[CONNECTIONS_MAX];
    bool lossy; /* acknowledgements may pass what was captured; ids and packets may be missing */
    uint64_t packets, payload, segments, hostile_packets, missing, holes, connections;
    uint64_t out_of_order, largest_gap_ns, last_ns, backward;
    uint64_t blind_ns; /* the largest gap within the talk */
    uint64_t by_phase[3];
} world;

static bool is(const world *w, const char *name)
{
    return strcmp(w->name, name) == 0;
}

static world *begin(const char *name, uint64_t seed, double scale)
{
    world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->name = name;
    w->traffic = traffic_open(name, seed, scale);
    assert_non_null(w->traffic);
    w->lossy = is(w, "loss") || is(w, "incident") || is(w, "episode") || is(w, "one-sided") ||
               is(w, "day");
    return w;
}

static void end(world *w)
{
    for (uint32_t i = 0; i < CONNECTIONS_MAX; i++)
        for (uint32_t d = 0; d < 2; d++) {
            free(w->honest[i].streams[d].seen);
            free(w->hostile[i].streams[d].seen);
        }
    traffic_close(w->traffic);
    free(w);
}

static connection *find(world *w, const packet *p)
{
    uint64_t number;
    traffic_direction direction;
    assert_true(traffic_identify(&p->tuple, &number, &direction));
    assert_int_equal(number, p->raw.connection);
    assert_int_equal(direction, p->raw.direction);
    uint64_t index = number % TRAFFIC_HOSTILE;
    assert_true(index < CONNECTIONS_MAX);
    return number >= TRAFFIC_HOSTILE ? &w->hostile[index] : &w->honest[index];
}

static void see_syn(connection *c, const packet *p)
{
    stream *s = &c->streams[p->raw.direction];
    const stream *peer = &c->streams[!p->raw.direction];
    assert_false(s->syn && s->isn != p->seq);
    assert_int_equal(p->payload_bytes, 0);
    assert_int_equal(peer->syn, (p->flags & ACK) != 0);
    if (p->flags & ACK) assert_int_equal(p->ack, peer->isn + 1);
    s->syn = true;
    s->isn = p->seq;
}

/* Marks the bytes, after comparing them. */
static void see_payload(world *w, stream *s, const packet *p)
{
    int32_t ahead = (int32_t)(p->seq - (s->isn + 1 + (uint32_t)s->end));
    uint64_t offset = (uint64_t)((int64_t)s->end + ahead);
    uint64_t last = offset + p->payload_bytes;
    if (last > s->room) {
        uint8_t *grown = realloc(s->seen, 2 * last);
        assert_non_null(grown);
        memset(grown + s->room, 0, 2 * last - s->room);
        s->seen = grown;
        s->room = 2 * last;
    }
    for (uint32_t i = 0; i < p->payload_bytes; i++)
        assert_int_equal(p->payload[i],
                         traffic_content_byte(p->raw.connection, p->raw.direction, offset + i));
    memset(s->seen + offset, 1, p->payload_bytes);
    w->out_of_order += offset < s->end;
    if (last > s->end) s->end = last;
    while (s->whole < s->end && s->seen[s->whole])
        s->whole++;
}

/* What `peer` acknowledges of s: it never goes back, nor beyond what it can have. */
static void see_ack(const world *w, stream *s, const packet *p)
{
    if (!s->syn) return; /* one-sided */
    uint64_t edge = s->acked + (uint32_t)(p->ack - (s->isn + 1 + (uint32_t)s->acked));
    uint64_t most = (w->lossy ? edge : s->whole) + s->fin;
    assert_true(edge - s->acked < 1u << 31);
    assert_true(edge <= most);
    s->acked = edge;
}

static void check_id(const world *w, const stream *s, const packet *p)
{
    bool again = is(w, "duplicated") && w->packets % 2 == 1;
    if (w->lossy || s->packets == 0 || p->tuple.family == 6) return;
    if (p->raw.connection >= TRAFFIC_HOSTILE) return;
    assert_int_equal(p->ip_id, (uint16_t)(s->ip_id + !again));
}

static void count(world *w, const packet *p)
{
    uint64_t gap_ns = p->raw.time_ns - w->last_ns;
    bool back = w->packets != 0 && p->raw.time_ns < w->last_ns;
    bool talk = p->raw.phase == TRAFFIC_TALKING && w->by_phase[TRAFFIC_TALKING] > 0;
    w->backward += back;
    if (w->packets != 0 && !back && gap_ns > w->largest_gap_ns) w->largest_gap_ns = gap_ns;
    if (talk && !back && gap_ns > w->blind_ns) w->blind_ns = gap_ns;
    w->last_ns = p->raw.time_ns;
    w->packets++;
    w->by_phase[p->raw.phase]++;
    if (p->raw.connection >= TRAFFIC_HOSTILE) {
        w->hostile_packets++;
        return;
    }
    w->payload += p->payload_bytes;
    w->segments += p->payload_bytes > 0;
}

static packet see(world *w, const traffic_packet *raw)
{
    packet p = decode(raw);
    connection *c = find(w, &p);
    stream *s = &c->streams[raw->direction];
    check_id(w, s, &p);
    s->ip_id = p.ip_id;
    s->packets++;
    if (p.flags & SYN)
        see_syn(c, &p);
    else
        assert_true(s->syn && (p.flags & ACK));
    if (p.flags & ACK) see_ack(w, &c->streams[!raw->direction], &p);
    if (p.payload_bytes > 0) {
        assert_true(c->opened);
        see_payload(w, s, &p);
    }
    if (p.flags & FIN) {
        assert_int_equal(
            p.seq, s->isn + 1 +
                       (uint32_t)traffic_stream_bytes(w->traffic, raw->connection, raw->direction));
        s->fin = true;
    }
    if ((p.flags & (SYN | ACK)) == ACK && raw->direction == TRAFFIC_C2S) c->opened = true;
    count(w, &p);
    return p;
}

static bool step(world *w, packet *p)
{
    traffic_packet raw;
    if (!traffic_next(w->traffic, &raw)) return false;
    *p = see(w, &raw);
    return true;
}

/* ── The truth, found again ──────────────────────────────────────────────────────────────────── */

static void count_missing(world *w, const stream *s, uint64_t bytes)
{
    bool before = true;
    assert_true(s->end <= bytes);
    for (uint64_t i = 0; i < bytes; i++) {
        bool here = i < s->end && s->seen[i];
        w->missing += !here;
        w->holes += before && !here;
        before = here;
    }
}

static void check_truth(world *w)
{
    const traffic_totals *truth = traffic_truth(w->traffic);
    uint64_t streams = 0;
    for (uint64_t i = 0; i < CONNECTIONS_MAX; i++) {
        if (!w->honest[i].streams[0].syn) continue;
        w->connections++;
        for (int d = 0; d < 2; d++) {
            traffic_direction direction = d ? TRAFFIC_S2C : TRAFFIC_C2S;
            uint64_t bytes = traffic_stream_bytes(w->traffic, i, direction);
            count_missing(w, &w->honest[i].streams[d], bytes);
            streams += bytes;
        }
    }
    assert_int_equal(truth->packets, w->packets);
    assert_int_equal(truth->connections, w->connections);
    assert_int_equal(truth->segments, w->segments);
    assert_int_equal(truth->payload_bytes, w->payload);
    assert_int_equal(truth->stream_bytes, streams);
    assert_int_equal(truth->missing_bytes, w->missing);
    assert_int_equal(truth->holes, w->holes);
    assert_int_equal(truth->duplicate_bytes, w->payload + w->missing - streams);
    assert_int_equal(truth->hostile_packets, w->hostile_packets);
    assert_int_equal(truth->end_ns, w->last_ns);
}

/* Every honest connection was opened, and closed with all its bytes acknowledged. */
static void check_closed(const world *w)
{
    for (uint64_t i = 0; i < CONNECTIONS_MAX; i++) {
        const connection *c = &w->honest[i];
        if (!c->streams[0].syn) continue;
        assert_true(c->opened);
        for (int d = 0; d < 2; d++) {
            traffic_direction direction = d ? TRAFFIC_S2C : TRAFFIC_C2S;
            assert_true(c->streams[d].fin);
            assert_int_equal(c->streams[d].acked,
                             traffic_stream_bytes(w->traffic, i, direction) + 1);
        }
    }
}

/* Runs a scenario to its end; the caller looks at the world and ends it. */
static world *run(const char *name, double scale)
{
    world *w = begin(name, SEED, scale);
    packet p;
    while (step(w, &p))
        continue;
    check_truth(w);
    bool left_open = strncmp(name, "tiny", 4) == 0 || is(w, "one-sided");
    if (!left_open) check_closed(w);
    if (!is(w, "clock")) assert_int_equal(w->backward, 0);
    return w;
}

/* ── All scenarios ───────────────────────────────────────────────────────────────────────────── */

static void every_scenario_is_what_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < traffic_scenario_count(); i++) {
        print_message("  %s\n", traffic_scenario_name(i));
        world *w = run(traffic_scenario_name(i), SCALE);
        assert_true(w->packets > 10);
        assert_true(w->connections > 0);
        end(w);
    }
}

static uint64_t digest(const char *name, uint64_t seed)
{
    traffic *t = traffic_open(name, seed, 0.0001);
    traffic_packet p;
    uint64_t hash = 0xcbf29ce484222325u;
    while (traffic_next(t, &p)) {
        for (uint32_t i = 0; i < p.captured_bytes; i++)
            hash = (hash ^ p.data[i]) * 0x100000001b3u;
        hash = (hash ^ p.time_ns) * 0x100000001b3u;
    }
    assert_false(traffic_next(t, &p));
    traffic_close(t);
    return hash;
}

static void a_seed_is_its_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < traffic_scenario_count(); i++) {
        const char *name = traffic_scenario_name(i);
        assert_true(digest(name, 1) == digest(name, 1));
        assert_true(digest(name, 1) != digest(name, 2));
    }
}

static void the_smallest_scale_still_does_the_thing(void **state)
{
    (void)state;
    for (size_t i = 0; i < traffic_scenario_count(); i++) {
        world *w = run(traffic_scenario_name(i), 1e-9);
        const traffic_totals *truth = traffic_truth(w->traffic);
        bool loses = w->lossy || strncmp(w->name, "tiny", 4) == 0;
        assert_int_equal(truth->holes > 0, loses);
        if (is(w, "reorder") || is(w, "reversed")) assert_true(truth->displaced_segments > 0);
        end(w);
    }
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    assert_null(traffic_open("no-such", 1, 1));
    assert_null(traffic_open("bulk", 1, 0));
    assert_null(traffic_open("bulk", 1, -1));
    assert_null(traffic_open("bulk", 1, TRAFFIC_SCALE_MAX * 2));
    assert_null(traffic_open("bulk", 1, strtod("nan", NULL)));
    assert_false(traffic_scenario_known("no-such"));
    traffic_close(NULL);
}

static void each_scenario_has_a_name_and_a_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < traffic_scenario_count(); i++) {
        assert_true(traffic_scenario_known(traffic_scenario_name(i)));
        assert_true(strlen(traffic_scenario_text(i)) > 10);
        assert_null(strchr(traffic_scenario_text(i), '\n'));
    }
}

/* ── One by one ──────────────────────────────────────────────────────────────────────────────── */

static void bulk_is_in_order_and_paced(void **state)
{
    (void)state;
    world *w = run("bulk", 0.1); /* enough for eight lanes */
    const traffic_totals *truth = traffic_truth(w->traffic);
    assert_int_equal(w->connections, 100);
    assert_int_equal(w->out_of_order, 0);
    assert_int_equal(truth->duplicate_bytes, 0);
    /* 100 MB at 1 Gbit/s, and 100 ms between the phases. */
    double seconds = (double)(w->last_ns - 1700000000000000000u) / 1e9;
    assert_true(seconds > 0.9 && seconds < 1.2);
    assert_true(w->by_phase[TRAFFIC_OPENING] == 300 && w->by_phase[TRAFFIC_CLOSING] == 300);
    /* An acknowledgement for every second segment, and one for an odd end. */
    uint64_t acks = w->by_phase[TRAFFIC_TALKING] - w->segments;
    assert_true(acks >= w->segments / 2 && acks <= w->segments / 2 + 100);
    end(w);
}

/* In the first talk of many-then-few each connection sends one message, which is acknowledged after
 * 40 ms and half a round trip. */
static void a_single_segment_is_acknowledged_late(void **state)
{
    (void)state;
    world *w = begin("many-then-few", SEED, 0.0001);
    uint64_t sent_ns[100] = {0};
    uint32_t late = 0;
    packet p;
    while (step(w, &p) && p.raw.phase != TRAFFIC_CLOSING) {
        uint64_t *sent = &sent_ns[p.raw.connection];
        if (p.payload_bytes > 0) *sent = p.raw.time_ns;
        if (p.payload_bytes > 0 || p.raw.phase != TRAFFIC_TALKING) continue;
        assert_int_equal(p.raw.time_ns - *sent, 40500000);
        late++;
    }
    assert_int_equal(late, 100);
    end(w);
}

static void messages_are_small_and_go_both_ways(void **state)
{
    (void)state;
    world *w = run("messages", 0.01);
    assert_int_equal(w->connections, 10);
    assert_int_equal(w->payload, 64 * w->segments);
    assert_int_equal(w->honest[3].streams[0].end, 64 * 1667);
    assert_int_equal(w->honest[3].streams[1].end, 64 * 1666);
    /* 5 M packets at scale 1. */
    assert_true(w->packets > 49000 && w->packets < 51000);
    end(w);
}

/* All open at once; `many` visits at random and `many-rr` in turn. */
static void many_are_open_at_once(void **state)
{
    (void)state;
    static const char *const names[] = {"many", "many-rr"};
    for (int i = 0; i < 2; i++) {
        world *w = begin(names[i], SEED, 0.001);
        packet p;
        uint64_t opened = 0, ascending = 0, previous = 0;
        while (step(w, &p)) {
            opened += (p.flags & SYN) && !(p.flags & ACK);
            if (p.payload_bytes == 0) continue;
            assert_int_equal(opened, 1000);
            ascending += p.raw.connection == previous + 1;
            previous = p.raw.connection;
        }
        assert_int_equal(w->segments, 4000);
        assert_true(i == 0 ? ascending < 100 : ascending > 3900);
        end(w);
    }
}

static void many_then_few_leaves_a_tenth(void **state)
{
    (void)state;
    world *w = begin("many-then-few", SEED, 0.001);
    packet p;
    uint64_t talks = 0, before = TRAFFIC_OPENING, from_ns = 0, alive = 0;
    while (step(w, &p)) {
        talks += p.raw.phase == TRAFFIC_TALKING && before != TRAFFIC_TALKING;
        before = p.raw.phase;
        if (talks < 2 || p.payload_bytes == 0) continue;
        const connection *c = &w->honest[p.raw.connection];
        assert_false(c->streams[0].fin || c->streams[1].fin);
        if (from_ns == 0) from_ns = p.raw.time_ns;
        assert_true(p.raw.time_ns - from_ns < 8000000000u);
    }
    for (uint64_t i = 0; i < 1000; i++)
        alive += traffic_stream_bytes(w->traffic, i, TRAFFIC_C2S) > 200;
    assert_int_equal(talks, 2);
    assert_int_equal(alive, 100);
    assert_true(w->last_ns - from_ns > 7900000000u);
    check_truth(w);
    check_closed(w);
    end(w);
}

/* At most 16 places and 5 ms within the flow; 1 % and 0.5 %. */
static void reorder_keeps_its_rates(void **state)
{
    (void)state;
    world *w = begin("reorder", SEED, 0.1);
    uint64_t places[128] = {0}, highest_ns[128] = {0};
    packet p;
    while (step(w, &p)) {
        uint64_t c = p.raw.connection;
        const stream *s = &w->honest[c].streams[p.raw.direction];
        if (p.payload_bytes == 0) continue;
        bool newest = p.seq + p.payload_bytes == s->isn + 1 + (uint32_t)s->end;
        if (s->whole < s->end)
            places[c]++;
        else
            places[c] = 0;
        if (newest && places[c] <= 1) highest_ns[c] = p.raw.time_ns;
        assert_true(places[c] <= 20); /* 16, more when two are on the way at once */
        if (places[c] > 0) assert_true(p.raw.time_ns - highest_ns[c] < 5000000);
    }
    check_truth(w);
    const traffic_totals *truth = traffic_truth(w->traffic);
    uint64_t segments = 74200;
    assert_true(truth->displaced_segments > segments * 98 / 10000);
    assert_true(truth->displaced_segments <= segments / 100 + 1);
    assert_true(truth->repeated_segments >= segments / 200 - 1);
    assert_true(truth->repeated_segments <= segments / 200 + 1);
    assert_int_equal(truth->duplicate_bytes / 1400, truth->repeated_segments * 1446 / 1400);
    assert_int_equal(w->out_of_order, truth->displaced_segments + truth->repeated_segments);
    assert_int_equal(truth->holes, 0);
    end(w);
}

static void reversed_sends_blocks_of_32_backwards(void **state)
{
    (void)state;
    world *w = begin("reversed", SEED, 0.1);
    uint64_t at[128] = {0};
    packet p;
    while (step(w, &p)) {
        if (p.payload_bytes == 0) continue;
        stream *s = &w->honest[p.raw.connection].streams[p.raw.direction];
        uint64_t n = at[p.raw.connection]++;
        uint64_t block = n / 32 * 32, size = block + 32 <= 742 ? 32 : 742 - block;
        uint64_t index = block + size - 1 - (n - block);
        assert_int_equal(p.seq, s->isn + 1 + (uint32_t)(index * p.payload_bytes));
        assert_int_equal(s->whole == s->end, n - block == size - 1);
    }
    check_truth(w);
    end(w);
}

static void incident_loses_one_early_segment(void **state)
{
    (void)state;
    world *w = run("incident", 0.001);
    const traffic_totals *truth = traffic_truth(w->traffic);
    const stream *s = &w->honest[0].streams[TRAFFIC_C2S];
    assert_int_equal(truth->lost_segments, 1);
    assert_int_equal(w->holes, 1);
    assert_int_equal(w->missing, 1448);
    assert_int_equal(s->whole, 99 * 1448);
    assert_int_equal(s->acked, s->end + 1);
    assert_int_equal(s->end, 2072 * 1448);
    /* 75 MB/s */
    double seconds = (double)(w->last_ns - 1700000000000000000u) / 1e9 - 0.1;
    assert_true((double)s->end / seconds > 70e6 && (double)s->end / seconds < 80e6);
    end(w);
}

static void one_sided_holds_nothing_of_the_server(void **state)
{
    (void)state;
    world *w = run("one-sided", 0.001);
    assert_int_equal(w->honest[0].streams[TRAFFIC_S2C].packets, 0);
    assert_true(w->honest[0].streams[TRAFFIC_C2S].fin);
    assert_int_equal(w->missing, 1448);
    assert_int_equal(w->holes, 1);
    end(w);
}

static void loss_is_a_thousandth_of_the_data(void **state)
{
    (void)state;
    world *w = run("loss", 0.02);
    const traffic_totals *truth = traffic_truth(w->traffic);
    uint64_t segments = w->segments + truth->lost_segments;
    assert_int_equal(segments, 20 * 742);
    assert_true(truth->lost_segments == 14 || truth->lost_segments == 15);
    assert_int_equal(w->out_of_order, 0);
    end(w);
}

static void episode_loses_everything_for_a_while(void **state)
{
    (void)state;
    world *w = run("episode", 0.1);
    const traffic_totals *truth = traffic_truth(w->traffic);
    assert_int_equal(w->connections, 1000);
    assert_true(w->blind_ns >= 20000000 && w->blind_ns < 21000000);
    assert_true(truth->lost_segments > 150 && truth->lost_segments < 175);
    assert_true(truth->holes > 30 && truth->holes < 60);
    end(w);
}

static void churn_is_eight_packets_each(void **state)
{
    (void)state;
    world *w = begin("churn", SEED, 0.001);
    uint64_t open = 0, peak = 0;
    packet p;
    while (step(w, &p)) {
        const connection *c = &w->honest[p.raw.connection];
        open += (p.flags & SYN) && !(p.flags & ACK);
        if (open > peak) peak = open;
        open -= (p.flags & FIN) && c->streams[0].fin && c->streams[1].fin;
    }
    check_truth(w);
    check_closed(w);
    assert_int_equal(w->packets, 8 * 5000);
    assert_int_equal(w->payload, 264 * 5000);
    assert_true(peak > 100 && peak < 1000 && open == 0);
    end(w);
}

/* 4 in 10,000 of it: 34.56 s, and a connection each 3.6 ms all the same. */
static void a_day_is_a_connection_each_3600_us(void **state)
{
    (void)state;
    world *w = run("day", 0.0004);
    const traffic_totals *truth = traffic_truth(w->traffic);
    assert_int_equal(truth->connections, 9600);
    assert_in_range(truth->lost_segments, 19, 20);
    assert_int_equal(w->packets, 8 * 9600 - truth->lost_segments);
    assert_in_range(truth->end_ns - 1700000000000000000u, 34550000000, 34570000000);
    end(w);
}

static void a_flood_is_bare_syns_from_distinct_tuples(void **state)
{
    (void)state;
    world *w = begin("syn-flood", SEED, 0.001);
    packet p;
    while (step(w, &p)) {
        if (p.raw.connection < TRAFFIC_HOSTILE) continue;
        assert_int_equal(p.flags, SYN);
        assert_int_equal(p.header_bytes, 20);
    }
    check_truth(w);
    check_closed(w);
    assert_int_equal(w->hostile_packets, 5000);
    for (uint64_t i = 0; i < 5000; i++)
        assert_int_equal(w->hostile[i].streams[0].packets, 1);
    assert_int_equal(w->holes, 0);
    end(w);
}

static void far_segments_lie_behind_holes(void **state)
{
    (void)state;
    world *w = run("hole-per-flow", 0.001);
    assert_int_equal(w->hostile_packets, 4 * 1000);
    for (uint64_t i = 0; i < 1000; i++) {
        const stream *s = &w->hostile[i].streams[TRAFFIC_C2S];
        assert_true(w->hostile[i].opened);
        assert_true(s->whole == 0 && s->end >= 1200 && s->end < 61200);
    }
    assert_int_equal(traffic_truth(w->traffic)->hostile_bytes, 200 * 1000);
    end(w);
}

static void hoarders_never_send_the_first_of_64(void **state)
{
    (void)state;
    world *w = run("hoarder", 0.05);
    assert_int_equal(traffic_truth(w->traffic)->hostile_connections, 3);
    for (int i = 0; i < 3; i++) {
        const stream *s = &w->hostile[i].streams[TRAFFIC_C2S];
        assert_int_equal(s->end, 11600 * 1448);
        assert_int_equal(s->acked, 0);
        for (uint64_t at = 0; at < s->end; at += 1448)
            assert_int_equal(s->seen[at], at / 1448 % 64 != 0);
    }
    assert_int_equal(w->holes, 0);
    end(w);
}

/* The order of the first connection's bytes: ascending, descending, or neither. */
static void tiny_segments_never_touch(void **state)
{
    (void)state;
    static const char *const names[] = {"tiny", "tiny-reversed", "tiny-random"};
    for (int i = 0; i < 3; i++) {
        world *w = begin(names[i], SEED, 0.02);
        uint64_t up = 0, down = 0;
        uint32_t previous = 0;
        packet p;
        while (step(w, &p)) {
            if (p.payload_bytes == 0) continue;
            assert_int_equal(p.payload_bytes, 1);
            if (p.raw.connection != 0) continue;
            uint32_t offset = p.seq - w->honest[0].streams[0].isn - 1;
            up += offset > previous;
            down += offset < previous;
            previous = offset;
        }
        check_truth(w);
        assert_int_equal(w->connections, 2);
        assert_int_equal(w->segments, 20000);
        assert_int_equal(w->holes, 20000);
        assert_int_equal(w->honest[0].streams[0].whole + w->honest[1].streams[1].whole, 0);
        assert_int_equal(w->honest[0].streams[0].acked, 0);
        assert_true(i == 0 ? up == 10000 : i == 1 ? down == 9999 : up > 4000 && down > 4000);
        end(w);
    }
}

static void a_storm_fills_its_windows(void **state)
{
    (void)state;
    world *w = run("overlap-storm", 0.02);
    assert_int_equal(w->segments, 123 * 127);
    assert_int_equal(w->holes, 0);
    assert_true(traffic_truth(w->traffic)->duplicate_bytes > w->payload / 3);
    end(w);
}

static void offloaded_segments_have_no_length(void **state)
{
    (void)state;
    world *w = begin("tso", SEED, 0.002);
    packet p;
    while (step(w, &p)) {
        if (p.payload_bytes == 0) continue;
        assert_int_equal(p.ip_bytes, 0);
        assert_int_equal(p.payload_bytes, 65536);
    }
    check_truth(w);
    assert_int_equal(w->segments, 32);
    end(w);
}

static void duplicated_holds_each_packet_twice(void **state)
{
    (void)state;
    static uint8_t first[TRAFFIC_FRAME_MAX];
    traffic *t = traffic_open("duplicated", SEED, 0.001);
    traffic_packet p;
    while (traffic_next(t, &p)) {
        uint32_t bytes = p.captured_bytes;
        uint64_t time_ns = p.time_ns;
        memcpy(first, p.data, bytes);
        assert_true(traffic_next(t, &p));
        assert_int_equal(p.captured_bytes, bytes);
        assert_memory_equal(p.data, first, bytes);
        assert_true(p.time_ns >= time_ns && p.time_ns - time_ns < 10000000);
    }
    assert_int_equal(traffic_truth(t)->duplicate_bytes, traffic_truth(t)->stream_bytes);
    traffic_close(t);
}

static void a_bad_clock_loses_no_byte(void **state)
{
    (void)state;
    world *w = run("clock", 0.01);
    assert_true(w->backward > 20);
    assert_true(w->largest_gap_ns > 3000000000000u);
    assert_int_equal(w->holes, 0);
    end(w);
}

/* ── Rooms below ─────────────────────────────────────────────────────────────────────────────── */

static void content_is_the_same_in_any_portion(void **state)
{
    (void)state;
    uint8_t whole[256], part[RUN_MAX + 1];
    traffic_content(5, TRAFFIC_S2C, 1000, whole, sizeof whole);
    for (size_t i = 0; i < sizeof whole; i++)
        assert_int_equal(whole[i], traffic_content_byte(5, TRAFFIC_S2C, 1000 + i));
    for (size_t at = 0; at < 32; at++)
        for (size_t n = 0; n <= RUN_MAX; n++) {
            part[n] = 0xa5;
            traffic_content(5, TRAFFIC_S2C, 1000 + at, part, n);
            assert_memory_equal(part, whole + at, n);
            assert_int_equal(part[n], 0xa5);
        }
    traffic_content(5, TRAFFIC_C2S, 1000, part, RUN_MAX);
    assert_memory_not_equal(part, whole, RUN_MAX);
    traffic_content(6, TRAFFIC_S2C, 1000, part, RUN_MAX);
    assert_memory_not_equal(part, whole, RUN_MAX);
}

static void a_tuple_names_its_connection(void **state)
{
    (void)state;
    static const uint64_t bases[] = {0, 1000000, 250000000, TRAFFIC_HOSTILE,
                                     TRAFFIC_HOSTILE + 250000000};
    for (size_t b = 0; b < 5; b++)
        for (uint64_t n = bases[b]; n < bases[b] + 300; n++)
            for (int d = 0; d < 2; d++) {
                traffic_tuple tuple;
                uint64_t number;
                traffic_direction direction;
                traffic_tuple_of(n, d ? TRAFFIC_S2C : TRAFFIC_C2S, &tuple);
                assert_true(traffic_identify(&tuple, &number, &direction));
                assert_int_equal(number, n);
                assert_int_equal(direction, d);
            }
}

static void foreign_tuples_are_nobodys(void **state)
{
    (void)state;
    uint64_t number = 77;
    traffic_direction direction = TRAFFIC_S2C;
    traffic_tuple tuple, changed;
    traffic_tuple_of(12, TRAFFIC_C2S, &tuple);
    for (int i = 0; i < 6; i++) {
        changed = tuple;
        if (i == 0) changed.family = 6;
        if (i == 1) changed.dst[3] ^= 2;
        if (i == 2) changed.dst_port = 444;
        if (i == 3) changed.src_port = 49151;
        if (i == 4) changed.src[0] = 11;
        if (i == 5) changed.src_port = 49152 + 64;
        assert_false(traffic_identify(&changed, &number, &direction));
    }
    assert_true(number == 77 && direction == TRAFFIC_S2C);
}

static void an_order_visits_each_place_once(void **state)
{
    (void)state;
    static const uint64_t counts[] = {1, 2, 3, 5, 64, 100, 4097};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
        for (uint64_t key = 0; key < 20; key++) {
            uint8_t seen[4097] = {0};
            traffic_order order = traffic_order_of(counts[c], key);
            for (uint64_t i = 0; i < counts[c]; i++) {
                uint64_t place = traffic_order_at(&order, i);
                assert_true(place < counts[c] && !seen[place]);
                seen[place] = 1;
            }
        }
}

static void sequence_numbers_wrap_where_promised(void **state)
{
    (void)state;
    world *w = run("many", 0.0001);
    for (uint64_t i = 0; i < 100; i++) {
        uint32_t isn = w->honest[i].streams[0].isn;
        if (i % 8 == 1) assert_true(isn + 256 < isn);
        if (i % 8 == 2) assert_true(isn + 65536 < isn);
    }
    end(w);
}

/* ── Files ───────────────────────────────────────────────────────────────────────────────────── */

static void a_pcap_is_little_endian_nanoseconds(void **state)
{
    (void)state;
    static const uint8_t head[24] = {0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4, 0, [18] = 4, [20] = 1};
    static const uint8_t record[16] = {1, 0, 0, 0, 0xff, 0xc9, 0x9a, 0x3b, 3, 0, 0, 0, 4, 0, 0, 0};
    uint8_t read[64];
    FILE *file = tmpfile();
    assert_non_null(file);
    traffic_packet p = {.time_ns = 1999999999,
                        .data = (const uint8_t *)"abc",
                        .captured_bytes = 3,
                        .wire_bytes = 4};
    assert_true(traffic_pcap_begin(file) && traffic_pcap_put(file, &p));
    rewind(file);
    assert_int_equal(fread(read, 1, sizeof read, file), 24 + 16 + 3);
    assert_memory_equal(read, head, 24);
    assert_memory_equal(read + 24, record, 16);
    assert_memory_equal(read + 40, "abc", 3);
    (void)fclose(file);
}

static void an_output_appears_whole_or_not_at_all(void **state)
{
    (void)state;
    char directory[] = "/tmp/weir-traffic-XXXXXX", path[64], temporary[96];
    assert_non_null(mkdtemp(directory));
    (void)snprintf(path, sizeof path, "%s/out", directory);
    (void)snprintf(temporary, sizeof temporary, "%s.tmp.%ld", path, (long)getpid());

    traffic_output output;
    assert_true(traffic_output_open(&output, path));
    assert_int_equal(access(temporary, F_OK), 0);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_false(traffic_output_interrupted(&output));
    traffic_output_discard(&output);
    assert_int_not_equal(access(temporary, F_OK), 0);

    assert_true(traffic_output_open(&output, path));
    assert_int_equal(fputs("x", output.file) >= 0, 1);
    assert_true(traffic_output_commit(&output));
    assert_int_equal(access(path, F_OK), 0);
    assert_int_not_equal(access(temporary, F_OK), 0);

    assert_int_equal(remove(path), 0);
    assert_false(traffic_output_open(&output, "/no/such/directory/out"));
    assert_int_equal(errno, ENOENT);
    assert_int_equal(rmdir(directory), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scenario_is_what_it_says),
        cmocka_unit_test(a_seed_is_its_bytes),
        cmocka_unit_test(the_smallest_scale_still_does_the_thing),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(each_scenario_has_a_name_and_a_text),
        cmocka_unit_test(bulk_is_in_order_and_paced),
        cmocka_unit_test(a_single_segment_is_acknowledged_late),
        cmocka_unit_test(messages_are_small_and_go_both_ways),
        cmocka_unit_test(many_are_open_at_once),
        cmocka_unit_test(many_then_few_leaves_a_tenth),
        cmocka_unit_test(reorder_keeps_its_rates),
        cmocka_unit_test(reversed_sends_blocks_of_32_backwards),
        cmocka_unit_test(incident_loses_one_early_segment),
        cmocka_unit_test(one_sided_holds_nothing_of_the_server),
        cmocka_unit_test(loss_is_a_thousandth_of_the_data),
        cmocka_unit_test(episode_loses_everything_for_a_while),
        cmocka_unit_test(churn_is_eight_packets_each),
        cmocka_unit_test(a_day_is_a_connection_each_3600_us),
        cmocka_unit_test(a_flood_is_bare_syns_from_distinct_tuples),
        cmocka_unit_test(far_segments_lie_behind_holes),
        cmocka_unit_test(hoarders_never_send_the_first_of_64),
        cmocka_unit_test(tiny_segments_never_touch),
        cmocka_unit_test(a_storm_fills_its_windows),
        cmocka_unit_test(offloaded_segments_have_no_length),
        cmocka_unit_test(duplicated_holds_each_packet_twice),
        cmocka_unit_test(a_bad_clock_loses_no_byte),
        cmocka_unit_test(content_is_the_same_in_any_portion),
        cmocka_unit_test(a_tuple_names_its_connection),
        cmocka_unit_test(foreign_tuples_are_nobodys),
        cmocka_unit_test(an_order_visits_each_place_once),
        cmocka_unit_test(sequence_numbers_wrap_where_promised),
        cmocka_unit_test(a_pcap_is_little_endian_nanoseconds),
        cmocka_unit_test(an_output_appears_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
