/* SPDX-License-Identifier: MIT */
/*
 * Bytes to operations on a whole engine with tiny limits, beside its model (tests/support/model.h): what is delivered,
 * missing, late and closed, all counters, every room's check and the bound of memory are verified after
 * each operation. None of that is compiled out.
 *
 *      input      setup, operation, operation …
 *      setup      4 bytes: pages, limit, policy, timeouts; whether segments go as captured packets
 *      operation  1 byte for what, then its numbers; numbers that are missing are 0
 *
 * Segments are of 8 connections that follow what they have sent so far, so that few bytes reach deep; some have all
 * their fields from the input.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "source.h"
#include "support/arena.h"
#include "support/model.h"
#include "support/pieces.h"
#include "support/wire.h"

/* The ceiling is as low as it can be: weir_pool_check reads all that may become a page. */
enum { CONNECTIONS = 8, OPERATIONS_MOST = 600, PAYLOAD_MOST = 8192, LIMIT_MOST = 640 << 10 };

typedef struct {
    model m;
    test_arena arena;
    weir_pool *pool;
    source from;
    uint64_t now_ns;
    uint32_t next[CONNECTIONS][2]; /* the sequence number that a host sends next */
    int packets;                   /* segments go as captured packets */
    uint32_t patches;              /* bytes that are changed in the next of them */
    uint32_t pieces;               /* the next segment goes in so many fragments; 0: whole */
    uint32_t verbs;                /* what the user does in the next callback; 0: nothing */
} world;

/* Bytes of a stream by sequence number; another variant has others. */
static const uint8_t *payload_of(uint32_t seq, uint32_t bytes, uint32_t variant)
{
    static uint8_t payload[PAYLOAD_MOST];
    for (uint32_t i = 0; i < bytes; i++) {
        uint32_t at = seq + i;
        payload[i] = (uint8_t)((at * 0x9e3779b1u >> 24) ^ (at % 16 == variant ? variant : 0));
    }
    return payload;
}

static weir_verdict act(model *m, weir_conn *conn, model_event event)
{
    world *w = m->user;
    uint32_t what = w->verbs;
    w->verbs = 0;
    if (event == MODEL_OPEN && what & 8) return (weir_verdict)(what & 3);
    if (!what || event == MODEL_CLOSE || event == MODEL_WATERMARK) return WEIR_FOLLOW;
    weir_conn *other = what & 16 ? model_find(m, what >> 5) : conn;
    if (!other) return WEIR_FOLLOW;
    if ((what & 3) == 1) (void)model_stop(m, other, (weir_direction)(what >> 2 & 1), 0);
    if ((what & 3) == 2) (void)model_stop(m, other, (weir_direction)(what >> 2 & 1), what << 3);
    if ((what & 3) == 3) (void)model_end(m, other);
    if ((what & 3) == 0) (void)model_keep(m, other, what << 1 & 0x1ff);
    return WEIR_FOLLOW;
}

static void feed_piece(world *w, const pieces *of, const piece *what)
{
    static uint8_t frame[PIECES_FRAME_BYTES];
    weir_packet packet = pieces_cut(of, what, frame);
    evidence_packet(WIRE_LINK_TYPE, &packet);
    (void)model_packet(&w->m, WIRE_LINK_TYPE, &packet);
}

/* In fragments: backwards, one of them lost, one twice, one too long, as the input says. */
static void feed_pieces(world *w, const weir_segment *segment)
{
    static pieces of;
    uint32_t how = take(&w->from, 1), count = w->pieces;
    pieces_of(&of, segment, how >> 6);
    uint32_t each = (of.bytes / count + 7) & ~7u;
    w->pieces = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t n = how & 1 ? count - 1 - i : i, begin = n * each, end = begin + each;
        if (begin >= of.bytes) continue;
        if (how & 8 && n == (how >> 3 & 7)) end += 8;
        if (end > of.bytes) end = of.bytes;
        const piece what = {.offset = begin,
                            .bytes = end - begin,
                            .more = end < of.bytes,
                            .cut = how & 16 && n == 1 ? (end - begin) / 2 : 0,
                            .time_ns = w->now_ns};
        if (how & 2 && n == (how >> 3 & 3)) continue;
        feed_piece(w, &of, &what);
        if (how & 4) feed_piece(w, &of, &what);
    }
}

static void feed(world *w, const weir_segment *segment)
{
    if (w->pieces) {
        feed_pieces(w, segment);
        return;
    }
    static uint8_t frame[PAYLOAD_MOST + WIRE_HEADER_BYTES];
    weir_packet packet = wire_packet(segment, frame);
    if (!w->packets) {
        evidence_packet(WIRE_LINK_TYPE, &packet);
        (void)model_feed(&w->m, segment);
        return;
    }
    for (; w->patches > 0; w->patches--) { /* in its headers, mostly */
        uint32_t patch = take(&w->from, 2);
        if ((patch >> 8) < packet.captured_bytes) frame[patch >> 8] = (uint8_t)patch;
    }
    evidence_packet(WIRE_LINK_TYPE, &packet);
    (void)model_packet(&w->m, WIRE_LINK_TYPE, &packet);
}

/* A packet as the input has it. */
static void send_raw(world *w)
{
    static const int links[] = {1, 0, 101, 113, 276, 9, 50, 229};
    static uint8_t frame[256];
    int link = links[take(&w->from, 1) & 7];
    uint32_t bytes = take(&w->from, 1);
    for (uint32_t i = 0; i < bytes; i++)
        frame[i] = (uint8_t)take(&w->from, 1);
    weir_packet packet = {.data = frame,
                          .time_ns = w->now_ns,
                          .captured_bytes = bytes,
                          .wire_bytes = bytes + take(&w->from, 1)};
    evidence_packet(link, &packet);
    (void)model_packet(&w->m, link, &packet);
}

/* The kinds of segment that a connection may see, at its own numbers or elsewhere. */
static void shape(world *w, weir_segment *segment, uint32_t c, uint32_t host, uint32_t kind)
{
    static const uint32_t lengths[] = {1, 5, 40, 200, 600, 1000, 1448, 4000};
    static const uint8_t flags[16] = {16, 16, 16, 16, 24, 16, 2, 18, 16, 16, 17, 4, 20, 16, 16, 0};
    source *from = &w->from;
    uint32_t *next = w->next[c], arg = take(from, 1);
    segment->flags = flags[kind];
    segment->seq = next[host];
    segment->ack = next[host ^ 1];
    segment->window = 60000;
    if (kind < 6 || kind == 14) segment->payload_bytes = lengths[arg & 7];
    if (kind == 4) segment->seq += (arg >> 3) * 97;
    if (kind == 5) segment->seq -= (arg >> 3) * 53;
    if (kind == 6 || kind == 7) segment->seq = arg & 1 ? next[host] - 1 : take(from, 4);
    if (kind == 9) segment->ack += arg * 61;
    if (kind == 12) segment->seq += take(from, 2);
    if (kind == 13) segment->seq--, segment->payload_bytes = 1;
    segment->wire_bytes = segment->payload_bytes + (kind == 14 ? 1 + (arg >> 3) * 20 : 0);
    if (kind < 15) return;
    segment->flags = (uint8_t)take(from, 1);
    segment->seq = take(from, 4);
    segment->ack = take(from, 4);
    segment->payload_bytes = segment->wire_bytes = lengths[arg & 3];
}

/* Urgent bytes, signatures and time stamps, right ones and others. */
static void decorate(world *w, weir_segment *segment)
{
    uint32_t odd = take(&w->from, 2);
    if (odd & 1) segment->flags |= WEIR_TCP_URG;
    segment->urgent = (uint16_t)(odd >> 8);
    if (odd & 2) segment->options |= WEIR_OPTION_MD5;
    if (odd & 4) segment->options |= WEIR_OPTION_SCALE;
    segment->window_scale = odd >> 8 & 15;
    if (odd & 8) segment->options |= WEIR_OPTION_TIMESTAMP;
    segment->ts_value = (uint32_t)(w->now_ns / WEIR_MILLISECOND) - ((odd & 16) ? odd >> 4 : 0);
    if (odd & 32) segment->ts_value += UINT32_C(1) << (odd >> 8 & 31);
    if (odd & 64) segment->window = (uint16_t)(odd >> 8);
}

static void send_segment(world *w)
{
    uint32_t head = take(&w->from, 2), c = head & 7, host = head >> 3 & 1, kind = head >> 4 & 15;
    uint32_t variant = head >> 8 & 3 ? 0 : head >> 10 & 7;
    weir_segment s = {.family = 4, .time_ns = w->now_ns, .ip_id = w->from.size & 0xffff};
    memcpy(s.source, host ? "\x0a\0\0\2" : "\x0a\0\0\1", 4);
    memcpy(s.destination, host ? "\x0a\0\0\1" : "\x0a\0\0\2", 4);
    s.source_port = (uint16_t)(host ? 80 : 4000 + c);
    s.destination_port = (uint16_t)(host ? 4000 + c : 80);
    shape(w, &s, c, host, kind);
    if (head >> 15) decorate(w, &s);
    uint32_t first = s.seq + ((s.flags & WEIR_TCP_SYN) != 0);
    s.payload = payload_of(first, s.payload_bytes, variant);
    int sent = !(head >> 13 & 3) || kind > 3; /* else the capture loses it */
    if (kind != 5 && kind != 13 && kind != 15 && kind != 12)
        w->next[c][host] = first + s.wire_bytes + ((s.flags & WEIR_TCP_FIN) != 0);
    if (sent) feed(w, &s);
}

static void set_limit(world *w)
{
    uint64_t limit = UINT64_C(1024) * (64 + take(&w->from, 1) * 2);
    w->m.lowered = 1;
    (void)weir_pool_set_limit(w->pool, limit);
}

static void operate(world *w)
{
    static const uint32_t steps_ms[] = {0, 0, 1, 3, 11, 21, 150, 2100};
    uint32_t what = take(&w->from, 1);
    w->now_ns += (uint64_t)steps_ms[what & 7] * WEIR_MILLISECOND;
    switch (what >> 3) {
    case 0:
        (void)model_advance(&w->m, w->now_ns + (uint64_t)take(&w->from, 2) * WEIR_MILLISECOND);
        w->now_ns = w->m.clock_ns;
        break;
    case 1:
        set_limit(w);
        break;
    case 2:
        (void)weir_pool_trim(w->pool);
        break;
    case 3:
        w->arena.refuse_commit = w->arena.commits + 1 + (what & 3);
        w->arena.refuse_commits_after = what >> 2 & 1;
        break;
    case 4:
        w->verbs = 1 + take(&w->from, 1);
        break;
    case 5:
        if (what & 4) model_flush(&w->m);
        break;
    case 6:
        send_raw(w);
        break;
    case 7:
        w->patches = 1 + (what & 3);
        break;
    case 8:
        w->pieces = 2 + (what & 7);
        break;
    default:
        send_segment(w);
    }
}

static void configure(world *w, weir_pool_config *pool, weir_engine_config *engine)
{
    uint32_t setup = take(&w->from, 4);
    weir_pool_config_init(pool);
    weir_engine_config_init(engine);
    arena_init(&w->arena, 4096, &pool->platform);
    pool->max_engines = 1;
    pool->page_bytes = 1024u << setup % 3;
    pool->ceiling_bytes = LIMIT_MOST;
    pool->limit_bytes = weir_pool_smallest_limit(pool) + (setup >> 2 & 63) * 4096;
    engine->conn_records = 64;
    engine->conn_held_bytes = 65536;
    engine->overlap = (weir_overlap)((setup >> 8 & 1) | (setup >> 13 & 3) << 1);
    if (engine->overlap >= WEIR_OVERLAP_COUNT) engine->overlap = WEIR_OVERLAP_LINUX;
    engine->recent_bytes = (setup >> 15 & 3) * 700;
    engine->midstream = setup >> 9 & 1;
    engine->prefetch_bytes = setup >> 17 & 1 ? 0 : setup & 1 ? UINT32_MAX : 768;
    engine->checksum = WEIR_CHECKSUM_OFF;
    engine->fragments = !(setup >> 13 & 1);
    engine->fragment_overlap = (weir_overlap)(setup >> 14 & 1);
    if (setup >> 10 & 1) engine->acked_hole_ns = WEIR_NEVER;
    engine->urgent = (weir_urgent)((setup >> 13 & 3) % WEIR_URGENT_COUNT);
    engine->paws = setup >> 15 & 1;
    engine->validate_window = setup >> 16 & 1;
    w->packets = setup >> 11 & 1;
    for (uint32_t c = 0; c < CONNECTIONS; c++)
        for (uint32_t host = 0; host < 2; host++)
            w->next[c][host] = setup >> 12 & 1 ? 0xffffff00u + c : 1000 * (c + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static world w;
    weir_pool_config pool;
    weir_engine_config engine;
    memset(&w, 0, sizeof w);
    w.from = (source){data, size};
    w.now_ns = 1000 * WEIR_SECOND;
    configure(&w, &pool, &engine);
    if (engine.conn_held_bytes > pool.limit_bytes) engine.conn_held_bytes = 0;
    if (weir_pool_create(&pool, &w.pool)) abort();
    model_open(&w.m, w.pool, &engine, "fuzz", 0);
    w.m.act = act;
    w.m.user = &w;
    w.m.deep = 1;
    for (uint32_t i = 0; i < OPERATIONS_MOST && w.from.size; i++)
        operate(&w);
    model_close(&w.m);
    if (weir_pool_destroy(w.pool) || w.arena.broken) abort();
    return 0;
}
