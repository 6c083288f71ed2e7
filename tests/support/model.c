/* SPDX-License-Identifier: MIT */
#include "support/model.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "house/engine_state.h"
#include "house/passage.h"
#include "house/timeouts.h"
#include "lenses/decode.h"
#include "support/model_conn.h"

/* ── tuples ── */

static int is_end(const weir_segment *of, const uint8_t *source, uint16_t source_port,
                  const uint8_t *destination, uint16_t destination_port)
{
    return of->source_port == source_port && of->destination_port == destination_port &&
           memcmp(of->source, source, 16) == 0 && memcmp(of->destination, destination, 16) == 0;
}

static int is_of(const model *m, const model_tuple *tuple, const weir_segment *s, uint32_t *sender)
{
    const weir_segment *of = &tuple->of;
    if (of->family != s->family) return 0;
    if (m->config.key_vlan && of->vlan != s->vlan) return 0;
    if (m->config.key_tunnel && of->tunnel != s->tunnel) return 0;
    *sender = 0;
    if (is_end(of, s->source, s->source_port, s->destination, s->destination_port)) return 1;
    *sender = 1;
    return is_end(of, s->destination, s->destination_port, s->source, s->source_port);
}

static void find_tuple(model *m, const weir_segment *segment)
{
    for (size_t i = 0; i < m->tuple_count; i++) {
        m->tuple = m->tuples[i];
        if (is_of(m, m->tuple, segment, &m->sender)) return;
    }
    if (m->tuple_count == m->tuple_room) {
        m->tuple_room = m->tuple_room ? 2 * m->tuple_room : 16;
        m->tuples = realloc(m->tuples, m->tuple_room * sizeof(model_tuple *));
    }
    m->tuple = calloc(1, sizeof *m->tuple);
    if (!m->tuples || !m->tuple) model_fail(m, "no memory");
    m->tuple->of = *segment;
    m->tuples[m->tuple_count++] = m->tuple;
    m->sender = 0;
}

/* What in the segment may become a base. */
static void note_starts(model *m, const weir_segment *s)
{
    model_marks *starts = m->tuple->starts;
    uint32_t syn = (s->flags & WEIR_TCP_SYN) != 0;
    if (syn || s->wire_bytes || s->flags & WEIR_TCP_FIN)
        model_mark_add(&starts[m->sender], s->seq + syn, 0);
    if (syn) model_mark_add(&m->tuple->syns[m->sender], s->seq + 1, 0);
    if (syn && s->flags & WEIR_TCP_ACK) model_mark_add(&starts[m->sender ^ 1], s->ack, 0);
}

/* ── the engine's words ── */

weir_direction model_direction(const model_conn *conn, uint32_t side)
{
    return side == conn->client ? WEIR_C2S : WEIR_S2C;
}

uint32_t model_sender(const model_conn *conn, weir_direction direction)
{
    return direction == WEIR_C2S ? conn->client : conn->client ^ 1;
}

weir_conn_info model_info(const model *m, const weir_conn *conn)
{
    weir_conn_info info;
    weir_conn_info_init(&info);
    if (weir_conn_get_info(conn, &info)) model_fail(m, "no info of a connection");
    return info;
}

weir_stats model_stats(const model *m)
{
    weir_stats stats;
    weir_stats_init(&stats);
    if (weir_engine_stats(m->engine, &stats)) model_fail(m, "no statistics");
    return stats;
}

/* Pages refused by the pool so far. */
uint64_t model_refused(const model *m)
{
    weir_memory memory;
    weir_memory_init(&memory);
    if (weir_pool_memory(m->pool, &memory)) model_fail(m, "no figures of the pool");
    return memory.refused;
}

uint64_t model_sum(const weir_stats *s)
{
    uint64_t sum = s->delivered_bytes + s->duplicate_bytes + s->held_bytes;
    for (int i = 0; i < WEIR_DISCARDED_COUNT; i++)
        sum += s->discarded_bytes[i];
    return sum;
}

uint64_t model_discarded(const model *m, const weir_stats *now, weir_discarded cause)
{
    return now->discarded_bytes[cause] - m->before.discarded_bytes[cause];
}

/* ── calls ── */

/* The engine's side of a direction, if it holds nothing; NULL if it does. */
static const weir_side *empty_side(const model *m, const model_conn *own, weir_direction direction)
{
    weir_core *core = &m->engine->core;
    weir_slot slot = weir_table_find_id(core, own->ref.hash, own->ref.id);
    if (!slot) return NULL;
    const weir_record *record = weir_record_at(core, slot);
    uint32_t client = record->flags & WEIR_RECORD_CLIENT;
    const weir_side *side = &record->side[direction == WEIR_C2S ? client : client ^ 1];
    const weir_block *block = side->block ? weir_block_at(core, side->block) : NULL;
    return block && block->hold.records ? NULL : side;
}

void model_take_ends(model *m, const weir_stats *now)
{
    if (!model_discarded(m, now, WEIR_DISCARDED_AFTER_FIN)) return;
    for (size_t i = 0; i < m->tuple_count; i++) {
        model_conn *own = m->tuples[i]->conn;
        for (int d = 0; own && !own->closing && d < 2; d++) {
            model_side *side = &own->side[d];
            const weir_side *there = side->held ? empty_side(m, own, (weir_direction)d) : NULL;
            if (!there || model_side_over(side)) continue;
            model_fix_base(m, own, (weir_direction)d, there->base);
            model_side_pass(m, side, there->next);
            if (there->next == side->next) m->beyond += model_side_end(m, side, there->next);
        }
    }
}

/* Which of the payload in hand has arrived, by what the engine has discarded of it so far. */
void model_take_segment(model *m, const weir_stats *now)
{
    const weir_segment *s = m->segment;
    m->clock_ns = weir_engine_now(m->engine);
    model_take_ends(m, now);
    if (!s || now->payload_bytes == m->before.payload_bytes) return;
    if (now->payload_bytes - m->before.payload_bytes != s->payload_bytes)
        model_fail(m, "payload counted is not that of the packet");
    model_conn *conn = m->tuple->conn;
    if (!conn || conn->closing) return;
    model_side *side = &conn->side[model_direction(conn, m->sender)];
    if (model_side_over(side)) return;
    uint64_t none = model_discarded(m, now, WEIR_DISCARDED_RST) +
                    model_discarded(m, now, WEIR_DISCARDED_CANDIDATE) +
                    model_discarded(m, now, WEIR_DISCARDED_KEEPALIVE) +
                    model_discarded(m, now, WEIR_DISCARDED_PAWS) +
                    model_discarded(m, now, WEIR_DISCARDED_WINDOW);
    uint64_t begin = model_discarded(m, now, WEIR_DISCARDED_BEFORE_BASE);
    uint64_t after = model_discarded(m, now, WEIR_DISCARDED_AFTER_FIN) - m->beyond;
    if ((none && none != s->payload_bytes) || begin + after > s->payload_bytes)
        model_fail(m, "more was discarded than came");
    model_arrive(m, side, s, (uint32_t)begin,
                 none ? (uint32_t)begin : s->payload_bytes - (uint32_t)after);
}

static void begin_call(model *m)
{
    m->told = m->told_delivered = 0;
    m->calls++;
    m->before = model_stats(m);
    m->refused = model_refused(m);
    m->segment = NULL;
    m->joined = 0;
    m->tuple = NULL;
    m->arrival.side = NULL;
    m->implausible = 0;
    m->beyond = 0;
}

/* What the packet said that may matter later. */
static void note_segment(model *m, const weir_segment *s, const weir_stats *now)
{
    model_conn *own = m->tuple->conn;
    if (!own) return;
    weir_direction direction = model_direction(own, m->sender);
    model_side *side = &own->side[direction], *back = &own->side[direction ^ 1];
    int old = model_discarded(m, now, WEIR_DISCARDED_PAWS) != 0;
    if (model_discarded(m, now, WEIR_DISCARDED_WINDOW)) model_check_window(m, side);
    if (!own->closing) model_check_stamp(m, side, old);
    if (old) return;
    if (s->payload_bytes || s->wire_bytes) model_source_add(m, side, s);
    model_urgent_add(m, side);
    model_offer(m, back);
    if (model_discarded(m, now, WEIR_DISCARDED_WINDOW) || (s->wire_bytes && !s->payload_bytes))
        model_mark_add(&side->fars, s->seq + (s->flags & WEIR_TCP_SYN ? 1 : 0) + s->wire_bytes, 0);
    if (s->flags & WEIR_TCP_FIN)
        model_mark_add(&side->fins, s->seq + (s->flags & WEIR_TCP_SYN ? 1 : 0) + s->wire_bytes,
                       m->clock_ns);
    if (s->flags & WEIR_TCP_ACK) model_mark_add(&back->acks, s->ack, m->clock_ns);
    if (s->flags & WEIR_TCP_RST)
        own->resets = 1;
    else if (!(s->flags & WEIR_TCP_SYN) && !model_may_be_refused(m))
        own->active_ns = m->clock_ns;
}

static void end_call(model *m)
{
    weir_stats now = model_stats(m);
    m->clock_ns = weir_engine_now(m->engine);
    model_take_ends(m, &now);
    if (m->segment) {
        uint64_t payload = now.payload_bytes - m->before.payload_bytes;
        model_take_segment(m, &now);
        model_check_arrival(m, &now);
        if (m->tuple->conn)
            m->tuple->conn->side[model_direction(m->tuple->conn, m->sender)].payload += payload;
        note_segment(m, m->segment, &now);
        m->segment = NULL;
    }
    if (m->must_close) model_fail(m, "holes went for a close that did not come");
    model_check_totals(m, &now);
    model_check_sums(m, &now);
    if (m->tuple && m->tuple->conn) model_check_conn(m, m->tuple->conn, &now);
    if (model_discarded(m, &now, WEIR_DISCARDED_IMPLAUSIBLE)) model_check_conns(m, &now);
    if (m->deep && m->calls % m->deep == 0) model_check(m);
}

static void check_verdict(const model *m, uint8_t verdict, uint32_t payload)
{
    weir_stats now = model_stats(m);
    if (verdict < WEIR_PACKET_IGNORED) {
        if (now.payload_bytes - m->before.payload_bytes != payload)
            model_fail(m, "payload of a packet that is not ignored is not counted");
        return;
    }
    int cause = verdict - WEIR_PACKET_IGNORED;
    if (cause >= WEIR_IGNORED_COUNT || now.payload_bytes != m->before.payload_bytes ||
        now.ignored_packets[cause] < m->before.ignored_packets[cause] + 1 ||
        now.ignored_packets[cause] - m->before.ignored_packets[cause] - 1 >
            m->before.fragments_held - now.fragments_held) /* pieces that waited may go with it */
        model_fail(m, "verdict %u is not counted", verdict);
}

static void take_in_hand(model *m)
{
    m->segment = &m->hand;
    find_tuple(m, m->segment);
    note_starts(m, m->segment);
    for (int d = 0; m->tuple->conn && d < 2; d++)
        m->tuple->conn->side[d].was_next = m->tuple->conn->side[d].next;
}

uint8_t model_feed(model *m, const weir_segment *segment)
{
    uint8_t verdict = 0xff;
    begin_call(m);
    m->hand = *segment;
    m->hand.tag = (uint32_t)++m->packet;
    take_in_hand(m);
    if (weir_engine_segments(m->engine, &m->hand, 1, &verdict)) model_fail(m, "refused");
    check_verdict(m, verdict, m->hand.payload_bytes);
    end_call(m);
    return verdict;
}

/* ── packets in pieces ── */

/* Tells the model of fragments what the clock will be when a packet of that stamp is taken. */
static void follow(model *m, uint64_t stamp_ns)
{
    weir_clock clock = m->engine->clock;
    weir_stats none;
    weir_stats_init(&none);
    int right = weir_clock_stamp(&clock, stamp_ns, &none);
    fragment_model_follow(m->fragments, &m->engine->core, clock.now_ns, right);
}

/* For a lowered limit packets that wait may go before the piece is looked at: not while that is to
 * be foreseen. */
static void settle_limit(model *m)
{
    for (int i = 0; i < 1000 && weir_pool_excess(m->pool); i++)
        (void)model_advance(m, WEIR_NEVER);
    if (weir_pool_excess(m->pool)) model_flush(m);
}

/* What a piece comes to: the cause of the packet that it completes, or of itself, or WAITS. */
static int foresee_piece(model *m, const weir_decoding *how, uint64_t stamp_ns,
                         weir_decoded *decoded)
{
    int cause = WEIR_IGNORED_FRAGMENT;
    weir_fragment whole;
    follow(m, stamp_ns);
    for (int i = 0; i < 4 && cause == WEIR_IGNORED_FRAGMENT; i++) {
        int answer = fragment_model_foresee(m->fragments, how, &decoded->fragment, &whole);
        if (answer != WEIR_FRAGMENTS_WHOLE) return answer;
        cause = weir_decode_joined(how, &whole, decoded);
    }
    return cause;
}

/* The piece was given up for want of memory: what it would have come to does not. */
static int was_given_up(model *m, uint8_t verdict)
{
    weir_stats now = model_stats(m);
    return verdict == WEIR_PACKET_IGNORED + WEIR_IGNORED_FRAGMENT &&
           now.evicted_datagrams > m->before.evicted_datagrams;
}

/* An aggregate of 802.11 is many packets in one call, and the model follows one. So its segments come as such. */
static uint8_t feed_apart(model *m, const weir_decoding *how, const weir_packet *packet, int cause,
                          weir_decoded *decoded)
{
    for (;;) {
        uint8_t verdict = (uint8_t)(WEIR_PACKET_IGNORED + cause);
        weir_rest rest = decoded->rest;
        if (cause == WEIR_DECODED && decoded->segment.wire_bytes <= WEIR_SEGMENT_MOST)
            verdict = model_feed(m, &decoded->segment);
        if (!rest.data) return verdict;
        cause = weir_decode_rest(how, packet, &rest, decoded);
    }
}

uint8_t model_packet(model *m, int link_type, const weir_packet *packet)
{
    weir_packet own = *packet;
    const weir_decoding how = {.checksum = m->config.checksum, .tunnels = m->config.tunnels};
    weir_decoded decoded;
    uint8_t verdict = 0xff;
    own.tag = (uint32_t)(m->packet + 1);
    int cause = weir_decode_packet(&how, link_type, &own, &decoded);
    if (decoded.rest.data) return feed_apart(m, &how, &own, cause, &decoded);
    int piece = cause == WEIR_IGNORED_FRAGMENT && m->config.fragments;
    if (piece) settle_limit(m);
    begin_call(m);
    m->packet++;
    m->joined = piece;
    if (piece) cause = foresee_piece(m, &how, own.time_ns, &decoded);
    if (cause == WEIR_DECODED) {
        m->hand = decoded.segment;
        take_in_hand(m);
    }
    if (weir_engine_packets(m->engine, link_type, &own, 1, &verdict)) model_fail(m, "refused");
    if (piece && was_given_up(m, verdict)) {
        cause = WEIR_IGNORED_FRAGMENT;
        m->segment = NULL;
    }
    int expected =
        cause == WEIR_FRAGMENTS_WAITS ? WEIR_PACKET_FRAGMENT : WEIR_PACKET_IGNORED + cause;
    if (cause != WEIR_DECODED && verdict != expected)
        model_fail(m, "the verdict is not what the lens says");
    check_verdict(m, verdict, m->segment ? m->hand.payload_bytes : 0);
    end_call(m);
    return verdict;
}

/* Who is to pay at the next call: bytes could not be kept, or another engine has no page. */
static int is_to_pay(const model *m)
{
    return (atomic_load(&m->engine->core.stock->asks) & WEIR_ASK_GIVE_UP) != 0;
}

int model_advance(model *m, uint64_t now_ns)
{
    int asked = m->shared || m->lowered || m->doomed || is_to_pay(m);
    begin_call(m);
    uint64_t events = m->journal.events, due = weir_timeouts_next(&m->engine->core);
    int more = weir_engine_advance(m->engine, now_ns);
    if (more < 0) model_fail(m, "advance failed");
    end_call(m);
    if (m->clock_ns < due && events != m->journal.events && !asked)
        model_fail(m, "something happened before the deadline");
    if (!more && weir_timeouts_next(&m->engine->core) <= m->clock_ns)
        model_fail(m, "advance says that nothing is due, the deadline does not");
    m->doomed = 0;
    return more;
}

void model_flush(model *m)
{
    begin_call(m);
    m->ending = 1;
    if (weir_engine_flush(m->engine)) model_fail(m, "flush failed");
    end_call(m);
    m->ending = 0;
    if (m->open) model_fail(m, "%" PRIu64 " connections survived a flush", m->open);
}

/* ── the user ── */

int model_stop(model *m, weir_conn *conn, weir_direction direction, uint64_t bytes)
{
    model_conn *own = weir_conn_user(conn);
    model_pass(m, own, conn, direction, model_info(m, conn).flow[direction].offset);
    int error = weir_conn_stop_after(conn, direction, bytes);
    if (error) return error;
    if (own->closing) model_fail(m, "stopped, and closed already");
    model_side *side = &own->side[direction];
    if (!model_side_over(side)) side->stop = bytes > side->next ? bytes : side->next;
    return WEIR_OK;
}

int model_end(model *m, weir_conn *conn)
{
    model_conn *own = weir_conn_user(conn);
    int error = weir_conn_close(conn);
    if (error && error != WEIR_ERR_STALE) model_fail(m, "close failed");
    if (!error) own->closing = m->doomed = 1;
    return error;
}

weir_conn *model_find(model *m, uint64_t n)
{
    if (!m->open) return NULL;
    n %= m->open;
    for (size_t i = 0; i < m->tuple_count; i++) {
        const model_conn *own = m->tuples[i]->conn;
        if (own && n-- == 0) return weir_engine_find(m->engine, own->ref);
    }
    return NULL;
}

/* ── life ── */

/* What the pool has in use without an engine; `otherwise` if it has one. */
static uint64_t used_by_others(const model *m, uint64_t otherwise)
{
    weir_memory memory;
    weir_memory_init(&memory);
    if (weir_pool_memory(m->pool, &memory)) model_fail(m, "no figures of the pool");
    return memory.engines ? otherwise : memory.used_bytes;
}

void model_open(model *m, weir_pool *pool, const weir_engine_config *config, const char *name,
                uint64_t seed)
{
    weir_callbacks callbacks;
    memset(m, 0, sizeof *m);
    m->name = name;
    m->seed = seed;
    m->pool = pool;
    m->config = *config;
    m->deep = 1;
    model_callbacks(&callbacks);
    m->used = used_by_others(m, UINT64_MAX);
    int error = weir_engine_create(pool, config, &callbacks, m, &m->engine);
    if (error) model_fail(m, "no engine: %s", weir_error_text(error));
    m->config = m->engine->core.config; /* with what is filled in */
    m->fragments = calloc(1, sizeof *m->fragments);
    if (!m->fragments) model_fail(m, "no memory");
    fragment_model_begin(m->fragments, name, seed);
}

void model_close(model *m)
{
    begin_call(m);
    m->ending = 1;
    if (weir_engine_destroy(m->engine)) model_fail(m, "destroy failed");
    if (m->open || m->must_close) model_fail(m, "%" PRIu64 " connections survived", m->open);
    if (m->used != UINT64_MAX && used_by_others(m, m->used) != m->used)
        model_fail(m, "the engine is gone, and memory with it");
    for (size_t i = 0; i < m->tuple_count; i++) {
        for (int s = 0; s < 2; s++) {
            free(m->tuples[i]->starts[s].list);
            free(m->tuples[i]->syns[s].list);
        }
        free(m->tuples[i]);
    }
    free(m->tuples);
    fragment_model_end(m->fragments);
    free(m->fragments);
    free(m->arrival.what);
    m->tuples = NULL;
    m->tuple_count = 0;
    m->arrival.what = NULL;
}
