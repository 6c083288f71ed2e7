/* SPDX-License-Identifier: MIT */
#include "support/model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lenses/decode.h"
#include "house/engine_state.h"

/* Addresses and ports, and the connection that is open there now. */
struct model_tuple {
    weir_segment of;      /* side 0 is its sender */
    model_marks starts[2]; /* by side: numbers that may be the base of what it sends */
    model_marks syns[2];   /* of them, those that SYNs gave */
    model_conn *conn;
};

struct model_conn {
    model_tuple *tuple;
    weir_ref ref;
    uint32_t client; /* the tuple's side */
    int closing;     /* the user closed it */
    int resets;      /* some came */
    int syn[2];      /* by direction: opened by this side's SYN */
    uint64_t active_ns; /* the last packet that was neither SYN nor RST */
    model_side side[2]; /* by direction */
};

/* ── tuples ── */

static int is_end(const weir_segment *of, const uint8_t *source, uint16_t source_port,
                  const uint8_t *destination, uint16_t destination_port)
{
    return of->source_port == source_port && of->destination_port == destination_port &&
           !memcmp(of->source, source, 16) && !memcmp(of->destination, destination, 16);
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

/* ── the connection in hand ── */

static weir_direction direction_of(const model_conn *conn, uint32_t side)
{
    return side == conn->client ? WEIR_C2S : WEIR_S2C;
}

static uint32_t side_of(const model_conn *conn, weir_direction direction)
{
    return direction == WEIR_C2S ? conn->client : conn->client ^ 1;
}

static weir_conn_info info_of(const model *m, const weir_conn *conn)
{
    weir_conn_info info;
    weir_conn_info_init(&info);
    if (weir_conn_get_info(conn, &info)) model_fail(m, "no info of a connection");
    return info;
}

static weir_stats stats_of(const model *m)
{
    weir_stats stats;
    weir_stats_init(&stats);
    if (weir_engine_stats(m->engine, &stats)) model_fail(m, "no statistics");
    return stats;
}

static uint64_t sum_of(const weir_stats *s)
{
    uint64_t sum = s->delivered_bytes + s->duplicate_bytes + s->held_bytes;
    for (int i = 0; i < WEIR_DISCARDED_COUNT; i++) sum += s->discarded_bytes[i];
    return sum;
}

static uint64_t discarded(const model *m, const weir_stats *now, weir_discarded cause)
{
    return now->discarded_bytes[cause] - m->before.discarded_bytes[cause];
}

/* Which of the payload in hand has arrived, by what the engine has discarded of it so far. */
static void arrive(model *m, const weir_stats *now)
{
    const weir_segment *s = m->segment;
    if (!s || now->payload_bytes == m->before.payload_bytes) return;
    if (now->payload_bytes - m->before.payload_bytes != s->payload_bytes)
        model_fail(m, "payload counted is not that of the packet");
    model_conn *conn = m->tuple->conn;
    if (!conn || conn->closing) return;
    model_side *side = &conn->side[direction_of(conn, m->sender)];
    if (model_side_over(side)) return;
    uint64_t none = discarded(m, now, WEIR_DISCARDED_RST) +
                    discarded(m, now, WEIR_DISCARDED_CANDIDATE) +
                    discarded(m, now, WEIR_DISCARDED_KEEPALIVE) +
                    discarded(m, now, WEIR_DISCARDED_WINDOW);
    uint64_t begin = discarded(m, now, WEIR_DISCARDED_BEFORE_BASE);
    uint64_t after = discarded(m, now, WEIR_DISCARDED_AFTER_FIN);
    if ((none && none != s->payload_bytes) || begin + after > s->payload_bytes)
        model_fail(m, "more was discarded than came");
    model_arrive(m, side, s, (uint32_t)begin, none ? (uint32_t)begin : s->payload_bytes - (uint32_t)after);
}

static void check_sums(const model *m, const weir_stats *now)
{
    uint64_t hand = m->segment ? m->segment->payload_bytes : 0, sum = sum_of(now);
    if (sum > now->payload_bytes || now->payload_bytes - sum > hand)
        model_fail(m, "payload %" PRIu64 ", accounted for %" PRIu64, now->payload_bytes, sum);
    if (now->delivered_bytes != m->delivered || now->missing_bytes != m->missing)
        model_fail(m, "delivered %" PRIu64 " missing %" PRIu64 ", not %" PRIu64 " and %" PRIu64,
                   now->delivered_bytes, now->missing_bytes, m->delivered, m->missing);
    if (now->late_bytes != m->late || now->discarded_bytes[WEIR_DISCARDED_LATE] != m->late)
        model_fail(m, "late %" PRIu64 ", not %" PRIu64, now->late_bytes, m->late);
    if (now->conflict_bytes != now->discarded_bytes[WEIR_DISCARDED_CONFLICT])
        model_fail(m, "conflicts are counted in two ways");
}

/* Where offset 0 of a direction is, as the engine has it. */
static uint32_t base_of(const weir_conn *conn, weir_direction direction)
{
    const weir_record *record = weir_record_at(conn->core, conn->slot);
    uint32_t client = record->flags & WEIR_RECORD_CLIENT;
    return record->side[direction == WEIR_C2S ? client : client ^ 1].base;
}

static void fix_base(model *m, model_conn *conn, weir_direction direction, uint32_t base)
{
    model_side *side = &conn->side[direction];
    if (side->based) return;
    uint32_t sender = side_of(conn, direction);
    if (conn->syn[direction] && !model_mark_has(&conn->tuple->syns[sender], base))
        model_fail(m, "base %" PRIu32 " is no SYN's", base);
    if (!model_mark_has(&conn->tuple->starts[sender], base))
        model_fail(m, "base %" PRIu32 " is no segment's", base);
    model_side_base(m, side, base);
}

/* ── callbacks ── */

static model_conn *enter(model *m, weir_conn *conn)
{
    model_conn *own = weir_conn_user(conn);
    m->id = weir_conn_ref(conn).id;
    if (!own || weir_conn_ref(conn).id != own->ref.id) model_fail(m, "a connection changed hands");
    if (own->tuple->conn != own) model_fail(m, "an event after on_close");
    m->clock_ns = weir_engine_now(m->engine);
    m->side = m->back = NULL;
    if (m->segment && m->tuple->conn) {
        weir_direction direction = direction_of(m->tuple->conn, m->sender);
        m->side = &m->tuple->conn->side[direction];
        m->back = &m->tuple->conn->side[direction ^ 1];
    }
    return own;
}

static weir_verdict act(model *m, weir_conn *conn, model_event event)
{
    return m->act ? m->act(m, conn, event) : WEIR_FOLLOW;
}

/* Events of a direction may come: it is wanted, and what arrived is known. */
static model_side *enter_side(model *m, weir_conn *conn, weir_direction direction)
{
    model_conn *own = enter(m, conn);
    model_side *side = &own->side[direction];
    weir_stats now = stats_of(m);
    arrive(m, &now);
    if (own->closing) model_fail(m, "an event after weir_conn_close");
    if (model_side_over(side)) model_fail(m, "an event of an ignored direction");
    fix_base(m, own, direction, base_of(conn, direction));
    m->implausible = discarded(m, &now, WEIR_DISCARDED_IMPLAUSIBLE) != 0;
    return side;
}

static void leave_side(model *m)
{
    weir_stats now = stats_of(m);
    check_sums(m, &now);
}

static void check_ends(model *m, const model_conn *own, const weir_conn_info *info)
{
    const weir_segment *of = &own->tuple->of;
    const uint8_t *ends[2] = {of->source, of->destination};
    const uint16_t ports[2] = {of->source_port, of->destination_port};
    uint32_t c = own->client;
    if (memcmp(info->source, ends[c], 16) || memcmp(info->destination, ends[c ^ 1], 16) ||
        info->source_port != ports[c] || info->destination_port != ports[c ^ 1])
        model_fail(m, "a connection of other addresses");
    if (info->family != of->family) model_fail(m, "a connection of another family");
}

static weir_verdict on_open(void *user, weir_conn *conn)
{
    model *m = user;
    weir_conn_info info = info_of(m, conn);
    if (!m->segment || m->tuple->conn) model_fail(m, "opened without need");
    if (info.id != ++m->last_id) model_fail(m, "an id was left out");
    model_conn *own = calloc(1, sizeof *own);
    if (!own) model_fail(m, "no memory");
    uint8_t both = WEIR_TCP_SYN | WEIR_TCP_ACK;
    own->tuple = m->tuple;
    own->tuple->conn = own;
    own->ref = weir_conn_ref(conn);
    own->client = (m->segment->flags & both) == both ? m->sender ^ 1 : m->sender;
    own->active_ns = m->clock_ns = weir_engine_now(m->engine);
    own->side[0].stop = own->side[1].stop = UINT64_MAX;
    weir_direction direction = direction_of(own, m->sender);
    own->syn[direction] = (m->segment->flags & WEIR_TCP_SYN) != 0;
    int candidate = model_mark_has(&m->tuple->syns[m->sender], m->segment->seq);
    if (info.midstream ? own->syn[direction] : !own->syn[direction] && !candidate)
        model_fail(m, "midstream %u is wrong", info.midstream);
    check_ends(m, own, &info);
    weir_conn_set_user(conn, own);
    m->open++;
    journal_open(&m->journal, conn);
    weir_verdict verdict = act(m, conn, MODEL_OPEN);
    if (verdict == WEIR_IGNORE || verdict == WEIR_FOLLOW_S2C) own->side[WEIR_C2S].stop = 0;
    if (verdict == WEIR_IGNORE || verdict == WEIR_FOLLOW_C2S) own->side[WEIR_S2C].stop = 0;
    return verdict;
}

static void on_data(void *user, weir_conn *conn, weir_direction direction, const weir_span *spans,
                    size_t count)
{
    model *m = user;
    model_side *side = enter_side(m, conn, direction);
    if (!count) model_fail(m, "no spans");
    for (size_t i = 0; i < count; i++) {
        model_side_data(m, side, &spans[i]);
        m->delivered += spans[i].length;
        journal_data(&m->journal, conn, direction, &spans[i]);
    }
    leave_side(m);
    (void)act(m, conn, MODEL_DATA);
}

/* Pages refused by the pool so far. */
static uint64_t refused_of(const model *m)
{
    weir_memory memory;
    weir_memory_init(&memory);
    if (weir_pool_memory(m->pool, &memory)) model_fail(m, "no figures of the pool");
    return memory.refused;
}

static void check_limit_cause(const model *m, const model_conn *own, const weir_hole *hole)
{
    uint64_t held = own->side[0].held + own->side[1].held, sources = 0;
    for (int d = 0; d < 2; d++) sources += own->side[d].source_count;
    sources += held / 1024; /* a record takes no more than a page */
    if (hole->cause == WEIR_HOLE_CONN_CAP && held < m->config.conn_held_bytes &&
        sources < m->config.conn_records / 4)
        model_fail(m, "conn_cap with %" PRIu64 " held", held);
    if (hole->cause != WEIR_HOLE_POOL_CAP || m->lowered || m->shared) return;
    if (!refused_of(m)) model_fail(m, "pool_cap, and nothing was ever refused");
}

static void on_hole(void *user, weir_conn *conn, weir_direction direction, const weir_hole *hole)
{
    model *m = user;
    model_side *side = enter_side(m, conn, direction);
    model_conn *own = weir_conn_user(conn);
    if (hole->cause == WEIR_HOLE_CLOSE) m->must_close = own;
    if (hole->cause == WEIR_HOLE_FLUSH && !m->ending) model_fail(m, "flush, and nobody asked");
    check_limit_cause(m, own, hole);
    model_side_hole(m, side, hole);
    m->missing += hole->length;
    m->holes[hole->cause]++;
    journal_hole(&m->journal, conn, direction, hole);
    leave_side(m);
    (void)act(m, conn, MODEL_HOLE);
}

static void on_late(void *user, weir_conn *conn, weir_direction direction, const weir_span *span)
{
    model *m = user;
    model_side *side = enter_side(m, conn, direction);
    model_side_late(m, side, span);
    m->late += span->length;
    journal_late(&m->journal, conn, direction, span);
    leave_side(m);
    (void)act(m, conn, MODEL_LATE);
}

static void check_flow(const model *m, const model_side *side, const weir_flow *flow, int partial)
{
    int over = model_side_over(side);
    if (flow->offset != flow->delivered_bytes + flow->missing_bytes + flow->ignored_bytes)
        model_fail(m, "an offset is not what it is made of");
    if (flow->delivered_bytes != side->delivered || flow->missing_bytes != side->missing)
        model_fail(m, "a flow delivered %" PRIu64 " missing %" PRIu64 ", not %" PRIu64 " %" PRIu64,
                   flow->delivered_bytes, flow->missing_bytes, side->delivered, side->missing);
    if (!over && flow->offset != side->next)
        model_fail(m, "a flow is at %" PRIu64 ", not %" PRIu64, flow->offset, side->next);
    if (flow->held_bytes != (over ? 0 : side->held))
        model_fail(m, "a flow holds %" PRIu64 ", not %" PRIu64, flow->held_bytes, side->held);
    if (partial) return;
    uint64_t sum = flow->delivered_bytes + flow->duplicate_bytes + flow->discarded_bytes +
                   flow->held_bytes;
    if (sum != side->payload || flow->holes != side->holes)
        model_fail(m, "a flow's payload %" PRIu64 " is not %" PRIu64, sum, side->payload);
}

static void check_close_cause(const model *m, const model_conn *own, weir_close_cause cause)
{
    const weir_engine_config *c = &m->config;
    const weir_segment *s = m->segment;
    int now = s && m->tuple == own->tuple;
    uint64_t least = c->idle_ns < c->half_open_ns ? c->idle_ns : c->half_open_ns;
    int fin = own->side[0].fins.count || own->side[1].fins.count ||
              (now && s->flags & WEIR_TCP_FIN);
    int reset = own->resets || (now && s->flags & WEIR_TCP_RST);
    if (own->closing && cause != WEIR_CLOSE_END) model_fail(m, "closed by the user, not so");
    if (cause == WEIR_CLOSE_FIN && !fin) model_fail(m, "no FIN came");
    if (cause == WEIR_CLOSE_RST && !reset) model_fail(m, "no reset came");
    if (cause == WEIR_CLOSE_IDLE && m->clock_ns - own->active_ns < least)
        model_fail(m, "idle after %" PRIu64 " ns", m->clock_ns - own->active_ns);
    if (cause == WEIR_CLOSE_REPLACED && !(now && (s->flags & WEIR_TCP_SYN || s->payload_bytes)))
        model_fail(m, "replaced by nothing");
    if (cause == WEIR_CLOSE_END && !own->closing && !m->ending) model_fail(m, "nobody ended it");
}

static void conn_free(model_conn *own)
{
    own->tuple->conn = NULL;
    model_side_free(&own->side[0]);
    model_side_free(&own->side[1]);
    free(own);
}

static void on_close(void *user, weir_conn *conn, weir_close_cause cause)
{
    model *m = user;
    model_conn *own = enter(m, conn);
    weir_stats now = stats_of(m);
    arrive(m, &now);
    check_close_cause(m, own, cause);
    if (m->must_close && m->must_close != own) model_fail(m, "another was to close");
    m->must_close = NULL;
    for (int d = 0; d < 2 && !own->closing; d++)
        if (own->side[d].held && !model_side_over(&own->side[d]) &&
            !discarded(m, &now, WEIR_DISCARDED_IMPLAUSIBLE))
            model_fail(m, "closed with %" PRIu64 " bytes held", own->side[d].held);
    m->open--;
    m->closed[cause]++;
    journal_close(&m->journal, conn, cause);
    (void)act(m, conn, MODEL_CLOSE);
    if (m->arrival.side == &own->side[0] || m->arrival.side == &own->side[1])
        m->arrival.side = NULL;
    conn_free(own);
}

static void on_watermark(void *user, int above, uint64_t used_bytes, uint64_t limit_bytes)
{
    model *m = user;
    if (above == m->above) model_fail(m, "watermark crossed twice");
    if (!limit_bytes || (above && !used_bytes)) model_fail(m, "watermark of nothing");
    m->above = above;
    (void)act(m, NULL, MODEL_WATERMARK);
}

/* ── verifying ── */

/* A handle for the connection. Handles are few: an empty call takes back those that were lent before. */
static weir_conn *lend(model *m, const model_conn *own)
{
    if (weir_engine_segments(m->engine, NULL, 0, NULL)) model_fail(m, "an empty call failed");
    return weir_engine_find(m->engine, own->ref);
}

/* Neither cap of a connection is passed. Records are in nobody's figures: a look inside. */
static void check_caps(const model *m, const weir_conn *conn, const weir_conn_info *info)
{
    const weir_record *record = weir_record_at(conn->core, conn->slot);
    if (info->flow[0].held_bytes + info->flow[1].held_bytes > m->config.conn_held_bytes)
        model_fail(m, "a connection holds more than its cap");
    for (int s = 0; s < 2; s++) {
        weir_slot block = record->side[s].block;
        if (block && weir_block_at(conn->core, block)->hold.records > m->config.conn_records)
            model_fail(m, "a direction holds more pieces than its cap");
    }
}

static void check_conn(model *m, model_conn *own, const weir_stats *now)
{
    weir_conn *conn = lend(m, own);
    m->id = own->ref.id;
    if (own->closing) {
        if (conn && weir_conn_close(conn) != WEIR_ERR_STALE) model_fail(m, "closed, and is not");
        return;
    }
    if (!conn) model_fail(m, "a connection is gone without a word");
    if (weir_conn_user(conn) != own) model_fail(m, "a connection lost its user");
    weir_conn_info info = info_of(m, conn);
    check_ends(m, own, &info);
    check_caps(m, conn, &info);
    for (int d = 0; d < 2; d++) {
        model_side *side = &own->side[d];
        if (discarded(m, now, WEIR_DISCARDED_IMPLAUSIBLE))
            model_side_drop(m, side, info.flow[d].held_bytes);
        check_flow(m, side, &info.flow[d], info.partial);
    }
}

static void check_conns(model *m, const weir_stats *now)
{
    for (size_t i = 0; i < m->tuple_count; i++)
        if (m->tuples[i]->conn) check_conn(m, m->tuples[i]->conn, now);
}

static void check_memory(model *m)
{
    weir_memory memory;
    weir_memory_init(&memory);
    if (weir_pool_memory(m->pool, &memory)) model_fail(m, "no figures of the pool");
    uint64_t most = m->lowered && m->committed > memory.limit_bytes ? m->committed
                                                                     : memory.limit_bytes;
    if (!m->shared && memory.committed_bytes > most)
        model_fail(m, "%" PRIu64 " bytes committed of %" PRIu64, memory.committed_bytes, most);
    if (memory.used_bytes > memory.committed_bytes && !m->shared)
        model_fail(m, "more used than committed");
    m->committed = memory.committed_bytes;
}

void model_check(model *m)
{
    weir_stats now = stats_of(m);
    check_sums(m, &now);
    if (sum_of(&now) != now.payload_bytes) model_fail(m, "bytes are in nobody's hand");
    check_conns(m, &now);
    check_memory(m);
    if (weir_engine_check(m->engine)) model_fail(m, "weir_engine_check");
}

static void check_totals(const model *m, const weir_stats *now)
{
    if (now->connections != m->last_id || now->connections_open != m->open)
        model_fail(m, "%" PRIu64 " connections open, not %" PRIu64, now->connections_open, m->open);
    for (int i = 0; i < WEIR_HOLE_CAUSE_COUNT; i++)
        if (now->holes[i] != m->holes[i]) model_fail(m, "holes: %s", weir_hole_cause_name(i));
    for (int i = 0; i < WEIR_CLOSE_CAUSE_COUNT; i++)
        if (now->closed[i] != m->closed[i]) model_fail(m, "closed: %s", weir_close_cause_name(i));
}

/* What became of the payload in hand, against what was there when it came. */
static void check_arrival(const model *m, const weir_stats *now)
{
    const model_arrival *a = &m->arrival;
    if (!a->side || model_side_over(a->side)) return;
    uint64_t conflict = now->conflict_bytes - m->before.conflict_bytes;
    uint64_t old = now->duplicate_bytes - m->before.duplicate_bytes + conflict + now->late_bytes -
                   m->before.late_bytes;
    if (discarded(m, now, WEIR_DISCARDED_IMPLAUSIBLE)) return;
    if (old != a->counts[MODEL_EQUAL] + a->counts[MODEL_DIFFERENT] + a->counts[MODEL_PASSED])
        model_fail(m,
                   "%" PRIu64 " bytes came again, not %" PRIu64 " equal, %" PRIu64
                   " different, %" PRIu64 " passed",
                   old, a->counts[MODEL_EQUAL], a->counts[MODEL_DIFFERENT],
                   a->counts[MODEL_PASSED]);
    /* What waited may have gone out in the middle of it: then it is duplicate. */
    int may_differ = a->side->moved_at == m->packet || refused_of(m) != m->refused;
    if (conflict > a->counts[MODEL_DIFFERENT] ||
        (conflict < a->counts[MODEL_DIFFERENT] && !may_differ))
        model_fail(m, "%" PRIu64 " bytes conflict, not %" PRIu64, conflict,
                   a->counts[MODEL_DIFFERENT]);
}

/* ── calls ── */

static void begin_call(model *m)
{
    m->calls++;
    m->before = stats_of(m);
    m->refused = refused_of(m);
    m->segment = NULL;
    m->tuple = NULL;
    m->arrival.side = NULL;
    m->implausible = 0;
}

/* What the packet said that may matter later. */
static void note_segment(model *m, const weir_segment *s, const weir_stats *now)
{
    model_conn *own = m->tuple->conn;
    if (!own) return;
    weir_direction direction = direction_of(own, m->sender);
    model_side *side = &own->side[direction], *back = &own->side[direction ^ 1];
    if (s->payload_bytes || s->wire_bytes) model_source_add(m, side, s);
    if (discarded(m, now, WEIR_DISCARDED_WINDOW) || (s->wire_bytes && !s->payload_bytes))
        model_mark_add(&side->fars, s->seq + (s->flags & WEIR_TCP_SYN ? 1 : 0) + s->wire_bytes, 0);
    if (s->flags & WEIR_TCP_FIN)
        model_mark_add(&side->fins, s->seq + (s->flags & WEIR_TCP_SYN ? 1 : 0) + s->wire_bytes,
                       m->clock_ns);
    if (s->flags & WEIR_TCP_ACK) model_mark_add(&back->acks, s->ack, m->clock_ns);
    if (s->flags & WEIR_TCP_RST)
        own->resets = 1;
    else if (!(s->flags & WEIR_TCP_SYN))
        own->active_ns = m->clock_ns;
}

static void end_call(model *m)
{
    weir_stats now = stats_of(m);
    m->clock_ns = weir_engine_now(m->engine);
    if (m->segment) {
        uint64_t payload = now.payload_bytes - m->before.payload_bytes;
        arrive(m, &now);
        check_arrival(m, &now);
        if (m->tuple->conn)
            m->tuple->conn->side[direction_of(m->tuple->conn, m->sender)].payload += payload;
        note_segment(m, m->segment, &now);
        m->segment = NULL;
    }
    if (m->must_close) model_fail(m, "holes went for a close that did not come");
    check_totals(m, &now);
    check_sums(m, &now);
    if (m->tuple && m->tuple->conn) check_conn(m, m->tuple->conn, &now);
    if (discarded(m, &now, WEIR_DISCARDED_IMPLAUSIBLE)) check_conns(m, &now);
    if (m->deep && m->calls % m->deep == 0) model_check(m);
}

static void check_verdict(const model *m, uint8_t verdict, uint32_t payload)
{
    weir_stats now = stats_of(m);
    if (verdict < WEIR_PACKET_IGNORED) {
        if (now.payload_bytes - m->before.payload_bytes != payload)
            model_fail(m, "payload of a packet that is not ignored is not counted");
        return;
    }
    int cause = verdict - WEIR_PACKET_IGNORED;
    if (cause >= WEIR_IGNORED_COUNT || now.payload_bytes != m->before.payload_bytes ||
        now.ignored_packets[cause] != m->before.ignored_packets[cause] + 1)
        model_fail(m, "verdict %u is not counted", verdict);
}

uint8_t model_feed(model *m, const weir_segment *segment)
{
    weir_segment own = *segment;
    uint8_t verdict = 0xff;
    begin_call(m);
    own.tag = (uint32_t)++m->packet;
    m->segment = &own;
    find_tuple(m, &own);
    note_starts(m, &own);
    if (weir_engine_segments(m->engine, &own, 1, &verdict)) model_fail(m, "segment refused");
    check_verdict(m, verdict, own.payload_bytes);
    end_call(m);
    return verdict;
}

uint8_t model_packet(model *m, int link_type, const weir_packet *packet)
{
    weir_packet own = *packet;
    weir_segment segment;
    int bad = 0;
    uint8_t verdict = 0xff;
    begin_call(m);
    own.tag = (uint32_t)++m->packet;
    int cause = weir_decode_packet(link_type, &own, m->config.checksum, &segment, &bad);
    if (cause == WEIR_DECODED) {
        m->segment = &segment;
        find_tuple(m, &segment);
        note_starts(m, &segment);
    }
    if (weir_engine_packets(m->engine, link_type, &own, 1, &verdict)) model_fail(m, "refused");
    if (cause != WEIR_DECODED && verdict != WEIR_PACKET_IGNORED + cause)
        model_fail(m, "the verdict is not what the lens says");
    check_verdict(m, verdict, m->segment ? segment.payload_bytes : 0);
    end_call(m);
    return verdict;
}

int model_advance(model *m, uint64_t now_ns)
{
    begin_call(m);
    int more = weir_engine_advance(m->engine, now_ns);
    if (more < 0) model_fail(m, "advance failed");
    end_call(m);
    return more;
}

void model_flush(model *m)
{
    begin_call(m);
    m->ending = 1;
    if (weir_engine_flush(m->engine)) model_fail(m, "flush failed");
    m->ending = 0;
    end_call(m);
    if (m->open) model_fail(m, "%" PRIu64 " connections survived a flush", m->open);
}

/* ── the user ── */

int model_stop(model *m, weir_conn *conn, weir_direction direction, uint64_t bytes)
{
    model_conn *own = weir_conn_user(conn);
    int error = weir_conn_stop_after(conn, direction, bytes);
    if (error) return error;
    if (own->closing) model_fail(m, "stopped, and closed already");
    model_side *side = &own->side[direction];
    if (model_side_over(side)) return error;
    side->stop = bytes > side->next ? bytes : side->next;
    return error;
}

int model_end(model *m, weir_conn *conn)
{
    model_conn *own = weir_conn_user(conn);
    int error = weir_conn_close(conn);
    if (error && error != WEIR_ERR_STALE) model_fail(m, "close failed");
    if (!error) own->closing = 1;
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
    weir_callbacks_init(&callbacks);
    callbacks.on_open = on_open;
    callbacks.on_data = on_data;
    callbacks.on_hole = on_hole;
    callbacks.on_late = on_late;
    callbacks.on_close = on_close;
    callbacks.on_watermark = on_watermark;
    int error = weir_engine_create(pool, config, &callbacks, m, &m->engine);
    if (error) model_fail(m, "no engine: %s", weir_error_text(error));
    m->config = m->engine->core.config; /* with what is filled in */
}

void model_close(model *m)
{
    begin_call(m);
    m->ending = 1;
    if (weir_engine_destroy(m->engine)) model_fail(m, "destroy failed");
    if (m->open || m->must_close) model_fail(m, "%" PRIu64 " connections survived", m->open);
    for (size_t i = 0; i < m->tuple_count; i++) {
        for (int s = 0; s < 2; s++) {
            free(m->tuples[i]->starts[s].list);
            free(m->tuples[i]->syns[s].list);
        }
        free(m->tuples[i]);
    }
    free(m->tuples);
    free(m->arrival.what);
    m->tuples = NULL;
    m->tuple_count = 0;
    m->arrival.what = NULL;
}
