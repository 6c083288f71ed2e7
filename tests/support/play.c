/* SPDX-License-Identifier: MIT */
#include "support/play.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "support/play_log.h"
#include "support/wire.h"

#define EPOCH_NS    (UINT64_C(1000000) * WEIR_SECOND)
#define TUPLES      70000u
#define TURN_TUPLES 1000u /* the first of those that c# and s# name */
#define PAYLOAD     65535u

const play_variant play_variants[PLAY_VARIANTS] = {
    {.name = "segments-1024", .page_bytes = 1024, .key = 1, .family = 4},
    {.name = "segments-4096-swapped", .page_bytes = 4096, .key = 2, .family = 4, .swapped = 1},
    {.name = "frames-4096", .page_bytes = 4096, .key = 1, .family = 4, .frames = 1},
    {.name = "frames-1024-swapped",
     .page_bytes = 1024,
     .key = 2,
     .family = 4,
     .swapped = 1,
     .frames = 1},
    {.name = "frames-2048-ipv6", .page_bytes = 2048, .key = 3, .family = 6, .frames = 1},
};

/* What a host of a tuple has sent. */
typedef struct {
    uint32_t isn;
    int64_t sent; /* one past it, relative to the ISN */
} host;

typedef struct {
    const trace *t;
    const play_variant *variant;
    play_log log;
    weir_pool *pool;
    weir_engine *engine;
    host (*hosts)[2]; /* by tuple */
    uint64_t time_ns; /* of the last line */
    uint32_t turn;    /* the tuple that c# names */
    weir_segment last;
    uint8_t payload[PAYLOAD];
    uint8_t frame[WIRE_HEADER_BYTES + PAYLOAD];
    uint8_t verdict;
} player;

/* ──── segments ──── */

static void set_address(const player *p, uint32_t tuple, uint32_t side, uint8_t address[16])
{
    int low = (side == 0) != p->variant->swapped;
    memset(address, 0, 16);
    address[0] = p->variant->family == 6 ? 0xfd : 10;
    address[p->variant->family == 6 ? 15 : 3] = low ? 1 : 2;
    if (side == 0) address[2] = (uint8_t)(tuple / 30000);
}

static uint16_t port_of(uint32_t tuple, uint32_t side)
{
    return (uint16_t)(side ? 80 : 20000 + tuple % 30000);
}

static uint32_t tuple_of(const player *p, const trace_step *step)
{
    return step->tuple == TRACE_TURN ? p->turn : step->tuple;
}

static void fill_payload(player *p, const trace_step *step, int64_t seq)
{
    int64_t first = seq - !(step->flags & WEIR_TCP_SYN); /* of its first byte, from 'a' on */
    if (step->data) memcpy(p->payload, step->data, step->length);
    for (uint32_t i = 0; i < step->length && !step->data; i++)
        p->payload[i] = (uint8_t)('a' + (first + 26000000 + i) % 26);
}

static void set_options(const trace_step *step, weir_segment *segment)
{
    if (step->scale != UINT32_MAX && step->flags & WEIR_TCP_SYN) {
        segment->options |= WEIR_OPTION_SCALE;
        segment->window_scale = (uint8_t)step->scale;
    }
    if (step->ts != UINT32_MAX) {
        segment->options |= WEIR_OPTION_TIMESTAMP;
        segment->ts_value = step->ts;
    }
    if (step->is_signed) segment->options |= WEIR_OPTION_MD5;
    if (step->flags & WEIR_TCP_URG) segment->urgent = (uint16_t)step->length;
    if (step->urgent != UINT32_MAX) segment->urgent = (uint16_t)step->urgent;
}

/* The segment of a step, and what the host has sent with it. */
static weir_segment compose(player *p, const trace_step *step)
{
    uint32_t tuple = tuple_of(p, step);
    host *own = &p->hosts[tuple][step->side], *peer = &p->hosts[tuple][step->side ^ 1];
    int syn = (step->flags & WEIR_TCP_SYN) != 0, fin = (step->flags & WEIR_TCP_FIN) != 0;
    int64_t seq = step->seq != TRACE_DEFAULT ? step->seq : syn ? 0 : own->sent > 1 ? own->sent : 1;
    int64_t ack = step->ack != TRACE_DEFAULT ? step->ack : peer->sent > 1 ? peer->sent : 1;
    seq += step->skip;
    fill_payload(p, step, seq);
    int64_t end = seq + syn + step->length + fin;
    if (end > own->sent && !(step->flags & WEIR_TCP_RST)) own->sent = end;
    weir_segment segment = {.payload = p->payload,
                            .payload_bytes = step->length - step->cut,
                            .wire_bytes = step->length,
                            .seq = own->isn + (uint32_t)seq,
                            .ack = step->flags & WEIR_TCP_ACK ? peer->isn + (uint32_t)ack : 0,
                            .flags = step->flags,
                            .family = p->variant->family,
                            .window = (uint16_t)step->window,
                            .source_port = port_of(tuple, step->side),
                            .destination_port = port_of(tuple, step->side ^ 1)};
    set_address(p, tuple, step->side, segment.source);
    set_address(p, tuple, step->side ^ 1, segment.destination);
    set_options(step, &segment);
    return segment;
}

static void hand_in(player *p, const weir_segment *segment)
{
    int error;
    if (p->variant->frames) {
        weir_packet packet = wire_packet(segment, p->frame);
        error = weir_engine_packets(p->engine, WIRE_LINK_TYPE, &packet, 1, &p->verdict);
    } else {
        error = weir_engine_segments(p->engine, segment, 1, &p->verdict);
    }
    if (error) play_log_add(&p->log, "! error %d: %s", error, weir_error_text(error));
}

/* A segment of a new packet: its own tag and IP id. */
static void send(player *p, const trace_step *step)
{
    weir_segment segment = compose(p, step);
    segment.time_ns = EPOCH_NS + p->time_ns;
    segment.tag = play_log_stamp(&p->log, segment.time_ns);
    segment.ip_id = p->variant->family == 4 ? segment.tag & 0xffff : 0;
    p->last = segment;
    if (!step->lost) hand_in(p, &segment);
}

static void send_again(player *p)
{
    p->last.time_ns = EPOCH_NS + p->time_ns;
    p->last.tag = play_log_stamp(&p->log, p->last.time_ns);
    hand_in(p, &p->last);
}

static void send_handshake(player *p, const trace_step *step)
{
    static const uint8_t flags[] = {WEIR_TCP_SYN, WEIR_TCP_SYN | WEIR_TCP_ACK, WEIR_TCP_ACK};
    for (uint32_t i = 0; i < 3; i++) {
        trace_step part = *step;
        part.flags = flags[i];
        part.side = i & 1;
        send(p, &part);
    }
}

/* ──── steps ──── */

static void advance(player *p)
{
    int more = 1;
    for (int i = 0; i < 100000 && more == 1; i++)
        more = weir_engine_advance(p->engine, EPOCH_NS + p->time_ns);
    if (more) play_log_add(&p->log, "! advance answers %d", more);
}

static void close_one(player *p, uint32_t id)
{
    weir_conn *conn = weir_engine_find(p->engine, play_log_ref(&p->log, id));
    if (!conn || weir_conn_close(conn)) play_log_add(&p->log, "! connection %u is not found", id);
}

static void set_isn(player *p, const trace_step *step)
{
    p->hosts[tuple_of(p, step)][step->side] = (host){.isn = step->number};
}

static void take_step(player *p, const trace_step *step)
{
    if (step->kind == TRACE_PACKET || step->kind == TRACE_HANDSHAKE || step->kind == TRACE_AGAIN ||
        step->kind == TRACE_ADVANCE)
        p->time_ns = step->after ? p->time_ns + step->time_ns : step->time_ns;
    switch (step->kind) {
    case TRACE_PACKET:
        send(p, step);
        break;
    case TRACE_HANDSHAKE:
        send_handshake(p, step);
        break;
    case TRACE_AGAIN:
        send_again(p);
        break;
    case TRACE_ADVANCE:
        advance(p);
        break;
    case TRACE_FLUSH:
        weir_engine_flush(p->engine);
        break;
    case TRACE_CLOSE:
        close_one(p, step->number);
        break;
    case TRACE_ISN:
        set_isn(p, step);
        break;
    default:
        break;
    }
}

/* ──── what is asked for ──── */

static void answer(player *p, const trace_step *step)
{
    char time[32];
    const char *text = step->text;
    if (!strncmp(text, "verdict ", 8)) {
        play_log_add(&p->log, "verdict %s", weir_packet_verdict_name(p->verdict));
    } else if (!strncmp(text, "stats ", 6)) {
        play_log_stats(&p->log, p->engine, text);
    } else if (!strncmp(text, "flow ", 5)) {
        play_log_flow(&p->log, p->engine, text);
    } else if (!strncmp(text, "now ", 4)) {
        play_log_time(weir_engine_now(p->engine) - EPOCH_NS, time);
        play_log_add(&p->log, "now %s", time);
    } else if (!strncmp(text, "deadline ", 9)) {
        uint64_t next = weir_engine_next_deadline(p->engine);
        play_log_time(next == WEIR_NEVER ? next : next - EPOCH_NS, time);
        play_log_add(&p->log, "deadline %s", time);
    }
}

/* Steps from `first` on, to the end or that of the repeat. */
static void take_steps(player *p, uint32_t first, int repeating);

/* Returns where it ends. */
static uint32_t repeat(player *p, uint32_t at)
{
    const trace_step *step = &p->t->steps[at];
    uint32_t end = at + 1;
    while (end < p->t->count && p->t->steps[end].kind != TRACE_END)
        end++;
    p->log.step = end;
    p->log.quiet = step->quietly;
    for (uint32_t i = 0; i < step->number; i++, p->turn++)
        take_steps(p, at + 1, 1);
    play_log_close_data(&p->log);
    p->log.quiet = 0;
    return end;
}

static void check(player *p)
{
    int error = weir_engine_check(p->engine);
    if (error) play_log_add(&p->log, "! weir_engine_check: %s", weir_error_text(error));
}

static void take_steps(player *p, uint32_t first, int repeating)
{
    for (uint32_t at = first; at < p->t->count && p->t->steps[at].kind != TRACE_END; at++) {
        const trace_step *step = &p->t->steps[at];
        if (!repeating) p->log.step = at;
        if (step->kind == TRACE_EXPECT) {
            answer(p, step);
        } else if (step->kind == TRACE_REPEAT) {
            at = repeat(p, at);
            check(p);
        } else {
            take_step(p, step);
            if (!repeating) play_log_close_data(&p->log);
            if (!p->log.quiet) check(p);
        }
    }
}

/* ──── begin, end ──── */

static int open_engine(player *p)
{
    uint8_t key[16];
    weir_pool_config pool_config;
    weir_pool_config_init(&pool_config);
    pool_config.limit_bytes = p->t->limit_bytes;
    pool_config.page_bytes = p->variant->page_bytes;
    weir_engine_config config = p->t->config;
    memset(key, p->variant->key, sizeof key);
    config.hash_key = key;
    weir_callbacks callbacks;
    play_log_callbacks(&callbacks);
    int error = weir_pool_create(&pool_config, &p->pool);
    if (!error) error = weir_engine_create(p->pool, &config, &callbacks, &p->log, &p->engine);
    p->log.engine = p->engine;
    return error;
}

/* The engine must end with nothing in its hands. */
static void close_engine(player *p)
{
    p->log.step = p->t->count;
    p->log.quiet = 1;
    weir_stats stats;
    weir_stats_init(&stats);
    weir_engine_flush(p->engine);
    check(p);
    weir_engine_stats(p->engine, &stats);
    p->log.quiet = 0;
    if (stats.held_bytes || stats.connections_open) play_log_add(&p->log, "! not empty at the end");
    weir_engine_destroy(p->engine);
    if (weir_pool_destroy(p->pool)) play_log_add(&p->log, "! the pool is not empty at the end");
}

static void set_hosts(player *p)
{
    for (uint32_t i = 0; i < TUPLES; i++) {
        p->hosts[i][0].isn = 1000 + 7 * i;
        p->hosts[i][1].isn = UINT32_C(3000000000) + 11 * i;
    }
}

int play(const trace *t, const play_variant *variant, int show, FILE *to)
{
    player *p = calloc(1, sizeof *p);
    int bad = 1;
    if (!p) return 1;
    p->t = t;
    p->variant = variant;
    p->turn = TURN_TUPLES;
    p->hosts = calloc(TUPLES, sizeof *p->hosts);
    int error = open_engine(p);
    if (!p->hosts || error) {
        fprintf(to, "no engine: %s\n", weir_error_text(error));
    } else {
        set_hosts(p);
        take_steps(p, 0, 0);
        close_engine(p);
        bad = play_log_compare(&p->log, t, show, to);
    }
    play_log_free(&p->log);
    free(p->hosts);
    free(p);
    return bad;
}
