/* SPDX-License-Identifier: MIT */
#include "support/chaos.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LATE_MOST 64u /* segments on their way */

const chaos_style chaos_all = {.connections = 12,
                               .most_bytes = 1460,
                               .loss = 6,
                               .late = 24,
                               .again = 20,
                               .acks = 80,
                               .noise = 40,
                               .far = 1,
                               .other = 64,
                               .cut = 3,
                               .urgent = 8,
                               .jumps = 24};

const chaos_style chaos_small = {.connections = 4,
                                 .most_bytes = 12,
                                 .loss = 60,
                                 .late = 80,
                                 .again = 80,
                                 .acks = 2,
                                 .noise = 2,
                                 .other = 128,
                                 .cut = 3,
                                 .urgent = 2,
                                 .jumps = 4};

const chaos_style chaos_holes = {.connections = 40,
                                 .most_bytes = 9000,
                                 .loss = 20,
                                 .late = 60,
                                 .again = 40,
                                 .noise = 3,
                                 .far = 2,
                                 .other = 64,
                                 .jumps = 2};

/* A host's side of a connection. */
typedef struct {
    uint32_t isn;
    uint32_t sent;  /* bytes of the stream so far */
    uint32_t acked; /* that the other has acknowledged */
} host;

typedef struct {
    host hosts[2];
    uint32_t life; /* how many connections were on these ports before */
    uint32_t step; /* of the handshake */
    uint32_t left; /* segments until it ends */
    int is_signed; /* with MD5 signatures */
    int stamped;   /* with time stamps */
} talk;

typedef struct {
    uint64_t random;
    uint64_t now_ns;
    const chaos_style *style;
    chaos *out;
    size_t room;
    talk talks[64];
    weir_segment late[LATE_MOST];
    uint32_t late_count;
} maker;

uint64_t chaos_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint32_t chaos_below(uint64_t *state, uint32_t bound)
{
    return (uint32_t)((chaos_random(state) >> 32) * bound >> 32);
}

static int one_in(maker *m, uint32_t of)
{
    return chaos_below(&m->random, of) == 0;
}

/* With a probability of n / 256. */
static int chance(maker *m, uint32_t n)
{
    return chaos_below(&m->random, 256) < n;
}

static void *must(void *memory)
{
    if (memory) return memory;
    fputs("chaos: no memory\n", stderr);
    abort();
}

/* ── segments ── */

static void fill_payload(weir_segment *s, uint8_t *to, uint64_t key)
{
    for (uint32_t i = 0; i < s->payload_bytes; i++) {
        uint64_t x = (key ^ (s->seq + i)) * UINT64_C(0x9e3779b97f4a7c15);
        to[i] = (uint8_t)(x >> 56 ^ x >> 31);
    }
    s->payload = to;
}

static weir_segment segment_of(maker *m, uint32_t talk_number, uint32_t side, uint8_t flags)
{
    talk *t = &m->talks[talk_number];
    const host *own = &t->hosts[side], *peer = &t->hosts[side ^ 1];
    weir_segment s = {.flags = flags, .family = talk_number % 5 == 4 ? 6 : 4, .window = 65535};
    s.seq = own->isn + 1 + own->sent;
    s.ack = flags & WEIR_TCP_ACK ? peer->isn + 1 + peer->sent : 0;
    s.source[0] = (uint8_t)(1 + side);
    s.destination[0] = (uint8_t)(2 - side);
    s.source[3] = s.destination[3] = (uint8_t)talk_number;
    s.source_port = side ? 80 : (uint16_t)(40000 + talk_number);
    s.destination_port = side ? (uint16_t)(40000 + talk_number) : 80;
    s.ip_id = chaos_below(&m->random, 65536);
    if (one_in(m, 4)) s.window = (uint16_t)(chaos_below(&m->random, 65536) >> t->stamped * 4);
    if (flags & WEIR_TCP_SYN && t->stamped) {
        s.options |= WEIR_OPTION_SCALE;
        s.window_scale = (uint8_t)(t->life % 8);
    }
    if (t->is_signed != one_in(m, 64)) s.options |= WEIR_OPTION_MD5;
    if (t->stamped != one_in(m, 64)) {
        s.options |= WEIR_OPTION_TIMESTAMP;
        s.ts_value = (uint32_t)(m->now_ns / WEIR_MILLISECOND) * 4000 + side;
    }
    return s;
}

static void emit(maker *m, const weir_segment *s)
{
    if (m->out->count == m->room) return;
    weir_segment *to = &m->out->segments[m->out->count];
    *to = *s;
    to->time_ns = m->now_ns;
    to->tag = (uint32_t)++m->out->count;
}

static uint8_t *new_payload(chaos *c, uint32_t length)
{
    if (c->payload_count == c->payload_room) {
        c->payload_room = c->payload_room ? 2 * c->payload_room : 256;
        c->payloads = must(realloc(c->payloads, c->payload_room * sizeof(uint8_t *)));
    }
    uint8_t *bytes = must(malloc(length ? length : 1));
    c->payloads[c->payload_count++] = bytes;
    return bytes;
}

/* Gives the segment its bytes, of this stream or others. */
static void give_bytes(maker *m, weir_segment *s, uint32_t talk_number, uint32_t side,
                       uint32_t length, int other)
{
    const talk *t = &m->talks[talk_number];
    uint64_t key = (uint64_t)t->life << 40 | (uint64_t)talk_number << 34 | (uint64_t)side << 33;
    uint8_t *bytes = new_payload(m->out, length);
    s->payload_bytes = s->wire_bytes = length;
    fill_payload(s, bytes, key + (other ? 1 + chaos_below(&m->random, 3) : 0));
    if (chance(m, m->style->urgent)) {
        s->flags |= WEIR_TCP_URG;
        s->urgent = (uint16_t)chaos_below(&m->random, length + (one_in(m, 4) ? 1000 : 2));
    }
    if (chance(m, m->style->cut)) s->payload_bytes = chaos_below(&m->random, length + 1);
}

static void emit_or_delay(maker *m, const weir_segment *s)
{
    if (m->late_count < LATE_MOST && chance(m, m->style->late)) {
        weir_segment *aside = &m->late[m->late_count++];
        *aside = *s;
        return;
    }
    emit(m, s);
}

static uint32_t draw_length(maker *m)
{
    uint32_t most = m->style->most_bytes;
    switch (chaos_below(&m->random, 8)) {
    case 0:
        return 1 + chaos_below(&m->random, 8);
    case 1:
        return 1 + chaos_below(&m->random, most < 200 ? most : 200);
    default:
        return 1 + chaos_below(&m->random, most);
    }
}

/* ── what hosts do ── */

static void begin_talk(maker *m, uint32_t n)
{
    talk *t = &m->talks[n];
    t->life++;
    t->step = one_in(m, 5) ? 3 : 0; /* some are taken up midstream */
    t->left = 20 + chaos_below(&m->random, 400);
    t->is_signed = one_in(m, 4);
    t->stamped = one_in(m, 2);
    for (int i = 0; i < 2; i++) {
        uint32_t isn = (uint32_t)chaos_random(&m->random);
        if (one_in(m, 3)) isn = 0u - chaos_below(&m->random, 30000);
        t->hosts[i] = (host){.isn = isn};
    }
}

static void shake_hands(maker *m, uint32_t n)
{
    talk *t = &m->talks[n];
    static const uint8_t flags[3] = {WEIR_TCP_SYN, WEIR_TCP_SYN | WEIR_TCP_ACK, WEIR_TCP_ACK};
    weir_segment s = segment_of(m, n, t->step & 1, flags[t->step]);
    if (t->step < 2) s.seq--;
    if (one_in(m, 20) && t->step == 0) give_bytes(m, &s, n, 0, 100, 0);
    t->hosts[0].sent += s.wire_bytes;
    t->step++;
    if (!one_in(m, 16)) emit(m, &s);
}

static void send_data(maker *m, uint32_t n)
{
    talk *t = &m->talks[n];
    uint32_t side = chaos_below(&m->random, 4) == 0;
    host *own = &t->hosts[side];
    uint32_t length = draw_length(m);
    weir_segment s = segment_of(m, n, side, WEIR_TCP_ACK | (one_in(m, 4) ? WEIR_TCP_PSH : 0));
    if (!m->style->acks || one_in(m, 4))
        s.ack = t->hosts[side ^ 1].isn + 1 + t->hosts[side ^ 1].acked;
    if (chance(m, m->style->far)) own->sent += UINT32_C(1) << (20 + chaos_below(&m->random, 7));
    own->sent += length;
    if (chance(m, m->style->loss)) return;
    give_bytes(m, &s, n, side, length, 0);
    emit_or_delay(m, &s);
}

/* Bytes sent before, in other pieces. */
static void send_again(maker *m, uint32_t n)
{
    uint32_t side = chaos_below(&m->random, 2);
    const host *own = &m->talks[n].hosts[side];
    uint32_t back = 1 + chaos_below(&m->random, one_in(m, 8) ? 30000 : 4000);
    if (back > own->sent) back = own->sent + chaos_below(&m->random, 3);
    uint32_t length = draw_length(m);
    if (one_in(m, 16)) length = back + 1000;
    if (length > back && !one_in(m, 8)) length = back;
    weir_segment s = segment_of(m, n, side, WEIR_TCP_ACK);
    s.seq -= back;
    give_bytes(m, &s, n, side, length, chance(m, m->style->other));
    emit_or_delay(m, &s);
}

static void acknowledge(maker *m, uint32_t n)
{
    uint32_t side = chaos_below(&m->random, 2);
    host *peer = &m->talks[n].hosts[side ^ 1];
    weir_segment s = segment_of(m, n, side, WEIR_TCP_ACK);
    uint32_t ahead = peer->sent - peer->acked;
    if (one_in(m, 3)) peer->acked = peer->sent;
    if (one_in(m, 3)) peer->acked += chaos_below(&m->random, ahead + 1);
    s.ack = peer->isn + 1 + peer->acked;
    if (one_in(m, 12)) s.ack += chaos_below(&m->random, 3000);
    emit(m, &s);
}

static void end_talk(maker *m, uint32_t n)
{
    talk *t = &m->talks[n];
    uint32_t how = chaos_below(&m->random, 8);
    for (uint32_t side = 0; side < 2 && how < 6; side++) {
        weir_segment s = segment_of(m, n, side, WEIR_TCP_FIN | WEIR_TCP_ACK);
        if (how == 5) give_bytes(m, &s, n, side, 50, 0);
        s.ack += side;
        emit_or_delay(m, &s);
    }
    weir_segment last = segment_of(m, n, 0, how == 6 ? WEIR_TCP_RST : WEIR_TCP_ACK);
    last.seq += how < 6;
    last.ack += how < 6;
    if (how != 7) emit(m, &last);
    t->left = 0;
    if (!one_in(m, 4)) begin_talk(m, n);
}

/* ── noise ── */

static uint32_t garbage(maker *m)
{
    uint32_t shift = chaos_below(&m->random, 32);
    uint32_t number = (uint32_t)chaos_random(&m->random) >> shift;
    return one_in(m, 2) ? number : 0u - number;
}

static void make_noise(maker *m, uint32_t n)
{
    static const uint8_t flags[] = {WEIR_TCP_SYN,
                                    WEIR_TCP_SYN | WEIR_TCP_ACK,
                                    WEIR_TCP_FIN | WEIR_TCP_ACK,
                                    WEIR_TCP_RST,
                                    WEIR_TCP_RST | WEIR_TCP_ACK,
                                    WEIR_TCP_ACK,
                                    WEIR_TCP_ACK,
                                    WEIR_TCP_SYN | WEIR_TCP_FIN | WEIR_TCP_RST,
                                    0};
    uint32_t side = chaos_below(&m->random, 2);
    const talk *t = &m->talks[n];
    weir_segment s = segment_of(m, n, side, flags[chaos_below(&m->random, sizeof flags)]);
    uint32_t kind = chaos_below(&m->random, 4);
    if (kind == 0) s.seq += garbage(m);
    if (kind == 1) s.ack += garbage(m);
    if (kind == 2) { /* a keepalive, with its byte or without */
        s.flags = WEIR_TCP_ACK;
        s.seq = t->hosts[side].isn + t->hosts[side].acked;
        give_bytes(m, &s, n, side, chaos_below(&m->random, 2), one_in(m, 2));
    } else if (one_in(m, 3)) {
        give_bytes(m, &s, n, side, draw_length(m), one_in(m, 2));
    }
    if (one_in(m, 64)) memcpy(s.destination, s.source, sizeof s.source);
    emit(m, &s);
}

static void pass_time(maker *m)
{
    static const uint64_t jumps_ms[] = {5, 15, 30, 120, 900, 2500, 2500, 6000, 21000, 400000};
    m->now_ns += chaos_below(&m->random, 300000);
    if (chaos_below(&m->random, 4096) >= m->style->jumps) return;
    uint64_t jump = jumps_ms[chaos_below(&m->random, sizeof jumps_ms / sizeof jumps_ms[0])];
    m->now_ns += jump * WEIR_MILLISECOND;
    if (one_in(m, 8)) m->now_ns -= 2 * jump * WEIR_MILLISECOND;
}

static void step(maker *m)
{
    uint32_t n = chaos_below(&m->random, m->style->connections);
    talk *t = &m->talks[n];
    pass_time(m);
    if (m->late_count && one_in(m, 4)) {
        uint32_t i = chaos_below(&m->random, m->late_count);
        weir_segment s = m->late[i];
        m->late[i] = m->late[--m->late_count];
        emit(m, &s);
    } else if (chance(m, m->style->noise)) {
        make_noise(m, n);
    } else if (t->step < 3) {
        shake_hands(m, n);
    } else if (t->left == 0 || --t->left == 0) {
        end_talk(m, n);
    } else if (chance(m, m->style->again)) {
        send_again(m, n);
    } else if (chance(m, m->style->acks)) {
        acknowledge(m, n);
    } else {
        send_data(m, n);
    }
}

void chaos_make(chaos *c, const chaos_style *style, uint64_t seed, size_t count)
{
    maker *m = must(calloc(1, sizeof *m));
    m->random = seed;
    m->now_ns = 3600 * WEIR_SECOND;
    m->style = style;
    m->out = c;
    m->room = count;
    *c = (chaos){.segments = must(calloc(count, sizeof(weir_segment)))};
    for (uint32_t n = 0; n < style->connections; n++)
        begin_talk(m, n);
    while (c->count < count)
        step(m);
    free(m);
}

void chaos_free(chaos *c)
{
    for (size_t i = 0; i < c->payload_count; i++)
        free(c->payloads[i]);
    free(c->payloads);
    free(c->segments);
}
