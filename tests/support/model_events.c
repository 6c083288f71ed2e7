/* SPDX-License-Identifier: MIT */
#include "support/model_conn.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rooms/core.h"

/* Where offset 0 of a direction is, as the engine has it. */
static uint32_t base_of(const weir_conn *conn, weir_direction direction)
{
    const weir_record *record = weir_record_at(conn->core, conn->slot);
    uint32_t client = record->flags & WEIR_RECORD_CLIENT;
    return record->side[direction == WEIR_C2S ? client : client ^ 1].base;
}

void model_fix_base(model *m, model_conn *conn, weir_direction direction, uint32_t base)
{
    model_side *side = &conn->side[direction];
    if (side->based) return;
    uint32_t sender = model_sender(conn, direction);
    if (conn->syn[direction] && !model_mark_has(&conn->tuple->syns[sender], base))
        model_fail(m, "base %" PRIu32 " is no SYN's", base);
    if (!model_mark_has(&conn->tuple->starts[sender], base))
        model_fail(m, "base %" PRIu32 " is no segment's", base);
    model_side_base(m, side, base);
}

void model_pass(model *m, model_conn *own, const weir_conn *conn, weir_direction direction,
                uint64_t offset)
{
    model_side *side = &own->side[direction];
    if (m->config.urgent != WEIR_URGENT_DROPPED || !offset || model_side_over(side)) return;
    model_fix_base(m, own, direction, base_of(conn, direction));
    model_side_pass(m, side, offset);
}

static model_conn *enter(model *m, weir_conn *conn)
{
    model_conn *own = weir_conn_user(conn);
    m->id = weir_conn_ref(conn).id;
    if (!own) abort();
    if (weir_conn_ref(conn).id != own->ref.id) model_fail(m, "a connection changed hands");
    if (own->tuple->conn != own) model_fail(m, "an event after on_close");
    m->clock_ns = weir_engine_now(m->engine);
    m->side = m->back = NULL;
    if (m->segment && m->tuple->conn) {
        weir_direction direction = model_direction(m->tuple->conn, m->sender);
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
    weir_stats now = model_stats(m);
    model_take_segment(m, &now);
    if (own->closing) model_fail(m, "an event after weir_conn_close");
    if (model_side_over(side)) model_fail(m, "an event of an ignored direction");
    model_fix_base(m, own, direction, base_of(conn, direction));
    m->implausible = model_discarded(m, &now, WEIR_DISCARDED_IMPLAUSIBLE) != 0;
    return side;
}

static void leave_side(model *m)
{
    weir_stats now = model_stats(m);
    model_check_sums(m, &now);
}

static weir_verdict on_open(void *user, weir_conn *conn)
{
    model *m = user;
    weir_conn_info info = model_info(m, conn);
    if (!m->segment || m->tuple->conn) model_fail(m, "opened without need");
    if (info.id != ++m->last_id) model_fail(m, "an id was left out");
    model_conn *own = calloc(1, sizeof *own);
    if (!own) abort();
    uint8_t both = WEIR_TCP_SYN | WEIR_TCP_ACK;
    own->tuple = m->tuple;
    own->tuple->conn = own;
    own->ref = weir_conn_ref(conn);
    own->client = (m->segment->flags & both) == both ? m->sender ^ 1 : m->sender;
    own->active_ns = m->clock_ns = weir_engine_now(m->engine);
    own->side[0].stop = own->side[1].stop = UINT64_MAX;
    weir_direction direction = model_direction(own, m->sender);
    own->syn[direction] = (m->segment->flags & WEIR_TCP_SYN) != 0;
    int candidate = model_mark_has(&m->tuple->syns[m->sender], m->segment->seq);
    if (info.midstream ? own->syn[direction] : !own->syn[direction] && !candidate)
        model_fail(m, "midstream %u is wrong", info.midstream);
    model_check_ends(m, own, &info);
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
    m->given_side = side;
    for (size_t i = model_keep_begin(m, side, spans, count); i < count; i++) {
        model_side_data(m, side, &spans[i]);
        m->delivered += spans[i].length;
        journal_data(&m->journal, conn, direction, &spans[i]);
    }
    leave_side(m);
    (void)act(m, conn, MODEL_DATA);
    model_keep_end(m, side);
}

static void on_unkept(void *user, weir_conn *conn, weir_direction direction, uint64_t offset,
                      uint64_t length)
{
    model *m = user;
    model_keep_lost(m, enter_side(m, conn, direction), offset, length);
    leave_side(m);
    (void)act(m, conn, MODEL_UNKEPT);
}

static void check_limit_cause(const model *m, const model_conn *own, const weir_hole *hole)
{
    uint64_t held = own->side[0].held + own->side[1].held, sources = 0;
    for (int d = 0; d < 2; d++)
        sources += own->side[d].source_count;
    sources += held / 1024; /* a record takes no more than a page */
    if (hole->cause == WEIR_HOLE_CONN_CAP && held < m->config.conn_held_bytes &&
        sources < m->config.conn_records / 4)
        model_fail(m, "conn_cap with %" PRIu64 " held", held);
    if (hole->cause != WEIR_HOLE_POOL_CAP || m->lowered || m->shared) return;
    if (!model_refused(m)) model_fail(m, "pool_cap, and nothing was ever refused");
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
    model_keep_gone(side);
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

static void on_urgent(void *user, weir_conn *conn, weir_direction direction, const weir_span *span)
{
    model *m = user;
    model_side *side = enter_side(m, conn, direction);
    model_side_urgent(m, side, span);
    journal_urgent(&m->journal, conn, direction, span);
    leave_side(m);
    (void)act(m, conn, MODEL_URGENT);
}

static void on_conflict(void *user, weir_conn *conn, weir_direction direction,
                        const weir_conflict *conflict)
{
    model *m = user;
    model_side *side = enter_side(m, conn, direction);
    model_side_conflict(m, side, conflict);
    *(conflict->kept_is_delivered ? &m->told_delivered : &m->told) += conflict->differing;
    journal_conflict(&m->journal, conn, direction, conflict);
    leave_side(m);
    (void)act(m, conn, MODEL_CONFLICT);
}

static void check_close_cause(const model *m, const model_conn *own, weir_close_cause cause)
{
    const weir_engine_config *c = &m->config;
    const weir_segment *s = m->segment;
    int now = s && m->tuple == own->tuple;
    uint64_t least = c->idle_ns < c->half_open_ns ? c->idle_ns : c->half_open_ns;
    int fin =
        own->side[0].fins.count || own->side[1].fins.count || (now && s->flags & WEIR_TCP_FIN);
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
    model_keep_gone(&own->side[0]);
    model_keep_gone(&own->side[1]);
    model_side_free(&own->side[0]);
    model_side_free(&own->side[1]);
    free(own);
}

static void on_close(void *user, weir_conn *conn, weir_close_cause cause)
{
    model *m = user;
    model_conn *own = enter(m, conn);
    weir_stats now = model_stats(m);
    model_take_segment(m, &now);
    check_close_cause(m, own, cause);
    if (m->must_close && m->must_close != own) model_fail(m, "another was to close");
    m->must_close = NULL;
    weir_conn_info info = model_info(m, conn);
    for (int d = 0; d < 2; d++)
        model_pass(m, own, conn, (weir_direction)d, info.flow[d].offset);
    for (int d = 0; d < 2 && !own->closing; d++)
        if (own->side[d].held && !model_side_over(&own->side[d]) &&
            !model_discarded(m, &now, WEIR_DISCARDED_IMPLAUSIBLE))
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

void model_callbacks(weir_callbacks *callbacks)
{
    weir_callbacks_init(callbacks);
    callbacks->on_open = on_open;
    callbacks->on_data = on_data;
    callbacks->on_hole = on_hole;
    callbacks->on_late = on_late;
    callbacks->on_close = on_close;
    callbacks->on_urgent = on_urgent;
    callbacks->on_unkept = on_unkept;
    callbacks->on_conflict = on_conflict;
    callbacks->on_watermark = on_watermark;
}
