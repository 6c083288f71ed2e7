/* SPDX-License-Identifier: MIT */
#include "support/model_conn.h"

#include <inttypes.h>
#include <string.h>

#include "rooms/core.h"

#define CLOSED_AT_ONCE                                                                             \
    100u /* 32 timeouts, 32 for a limit, 32 for a record, and what the packet closes */

/* ── sums ── */

void model_check_sums(const model *m, const weir_stats *now)
{
    uint64_t hand = m->segment ? m->segment->payload_bytes : 0, sum = model_sum(now);
    if (sum > now->payload_bytes || now->payload_bytes - sum > hand)
        model_fail(m, "payload %" PRIu64 ", accounted for %" PRIu64, now->payload_bytes, sum);
    if (now->delivered_bytes != m->delivered || now->missing_bytes != m->missing)
        model_fail(m, "delivered %" PRIu64 " missing %" PRIu64 ", not %" PRIu64 " and %" PRIu64,
                   now->delivered_bytes, now->missing_bytes, m->delivered, m->missing);
    if (now->late_bytes != m->late || now->discarded_bytes[WEIR_DISCARDED_LATE] != m->late)
        model_fail(m, "late %" PRIu64 ", not %" PRIu64, now->late_bytes, m->late);
    if (m->config.recent_bytes
            ? now->conflict_bytes < now->discarded_bytes[WEIR_DISCARDED_CONFLICT]
            : now->conflict_bytes != now->discarded_bytes[WEIR_DISCARDED_CONFLICT])
        model_fail(m, "conflicts are counted in two ways");
}

/* Every packet has one outcome. */
static void check_packets(const model *m, const weir_stats *now)
{
    uint64_t sum = now->tcp_segments + now->fragments_joined + now->fragments_held;
    for (int i = 0; i < WEIR_IGNORED_COUNT; i++) {
        int of_segments = i == WEIR_IGNORED_CHECKSUM || i == WEIR_IGNORED_NO_CONNECTION ||
                          i == WEIR_IGNORED_NO_MEMORY;
        if (!of_segments) sum += now->ignored_packets[i];
    }
    if (sum != now->packets)
        model_fail(m, "%" PRIu64 " packets, %" PRIu64 " outcomes", now->packets, sum);
}

void model_check_totals(const model *m, const weir_stats *now)
{
    check_packets(m, now);
    if (now->connections != m->last_id || now->connections_open != m->open)
        model_fail(m, "%" PRIu64 " connections open, not %" PRIu64, now->connections_open, m->open);
    for (int i = 0; i < WEIR_HOLE_CAUSE_COUNT; i++)
        if (now->holes[i] != m->holes[i]) model_fail(m, "holes: %s", weir_hole_cause_name(i));
    for (int i = 0; i < WEIR_CLOSE_CAUSE_COUNT; i++)
        if (now->closed[i] != m->closed[i]) model_fail(m, "closed: %s", weir_close_cause_name(i));
    if (m->open + CLOSED_AT_ONCE < m->before.connections_open && !m->ending)
        model_fail(m, "one call closed %" PRIu64, m->before.connections_open - m->open);
}

/* What became of the payload in hand, against what was there when it came. */
void model_check_arrival(const model *m, const weir_stats *now)
{
    const model_arrival *a = &m->arrival;
    if (!a->side || model_side_over(a->side)) return;
    uint64_t conflict = model_discarded(m, now, WEIR_DISCARDED_CONFLICT);
    uint64_t old = now->duplicate_bytes - m->before.duplicate_bytes + conflict + now->late_bytes -
                   m->before.late_bytes;
    if (model_discarded(m, now, WEIR_DISCARDED_IMPLAUSIBLE)) return;
    if (!model_refused(m)) model_side_offered(m, a->side);
    uint64_t differ = a->counts[MODEL_DIFFERENT], unsure = a->counts[MODEL_UNSURE];
    if (old != a->counts[MODEL_EQUAL] + differ + unsure + a->counts[MODEL_PASSED])
        model_fail(m,
                   "%" PRIu64 " bytes came again, not %" PRIu64 " equal, %" PRIu64
                   " different, %" PRIu64 " one of them, %" PRIu64 " passed",
                   old, a->counts[MODEL_EQUAL], differ, unsure, a->counts[MODEL_PASSED]);
    /* What waited may have gone out in the middle of it: then it is duplicate. */
    int may_differ = a->side->moved_at == m->packet || model_refused(m) != m->refused;
    if (now->conflict_bytes - m->before.conflict_bytes - conflict != m->told_delivered)
        model_fail(m, "conflicts with what is delivered, and not told");
    if (m->told > conflict || (m->told < conflict && a->based))
        model_fail(m, "%" PRIu64 " bytes conflict, told are %" PRIu64, conflict, m->told);
    if (conflict > differ + unsure || (conflict < differ && !may_differ))
        model_fail(m, "%" PRIu64 " bytes conflict, not %" PRIu64, conflict, differ);
}

/* ── connections ── */

void model_check_ends(model *m, const model_conn *own, const weir_conn_info *info)
{
    const weir_segment *of = &own->tuple->of;
    const uint8_t *ends[2] = {of->source, of->destination};
    const uint16_t ports[2] = {of->source_port, of->destination_port};
    uint32_t c = own->client;
    if (memcmp(info->source, ends[c], 16) != 0 || memcmp(info->destination, ends[c ^ 1], 16) != 0 ||
        info->source_port != ports[c] || info->destination_port != ports[c ^ 1])
        model_fail(m, "a connection of other addresses");
    if (info->family != of->family) model_fail(m, "a connection of another family");
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
    if (flow->ignored_bytes < side->taken || (!over && flow->ignored_bytes > side->taken))
        model_fail(m, "a flow took out %" PRIu64 ", not %" PRIu64, flow->ignored_bytes,
                   side->taken);
    if (flow->held_bytes != (over ? 0 : side->held))
        model_fail(m, "a flow holds %" PRIu64 ", not %" PRIu64, flow->held_bytes, side->held);
    if (partial) return;
    uint64_t sum =
        flow->delivered_bytes + flow->duplicate_bytes + flow->discarded_bytes + flow->held_bytes;
    if (sum != side->payload || flow->holes != side->holes)
        model_fail(m, "a flow's payload %" PRIu64 " is not %" PRIu64, sum, side->payload);
}

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

void model_check_conn(model *m, model_conn *own, const weir_stats *now)
{
    weir_conn *conn = lend(m, own);
    m->id = own->ref.id;
    if (own->closing) {
        if (conn && weir_conn_close(conn) != WEIR_ERR_STALE) model_fail(m, "closed, and is not");
        return;
    }
    if (!conn) model_fail(m, "a connection is gone without a word");
    if (weir_conn_user(conn) != own) model_fail(m, "a connection lost its user");
    weir_conn_info info = model_info(m, conn);
    model_check_ends(m, own, &info);
    check_caps(m, conn, &info);
    for (int d = 0; d < 2; d++) {
        model_side *side = &own->side[d];
        if (model_discarded(m, now, WEIR_DISCARDED_IMPLAUSIBLE))
            model_side_drop(m, side, info.flow[d].held_bytes);
        model_pass(m, own, conn, (weir_direction)d, info.flow[d].offset);
        check_flow(m, side, &info.flow[d], info.partial);
    }
}

void model_check_conns(model *m, const weir_stats *now)
{
    for (size_t i = 0; i < m->tuple_count; i++)
        if (m->tuples[i]->conn) model_check_conn(m, m->tuples[i]->conn, now);
}

/* ── everything ── */

static void check_memory(model *m)
{
    weir_memory memory;
    weir_memory_init(&memory);
    if (weir_pool_memory(m->pool, &memory)) model_fail(m, "no figures of the pool");
    uint64_t most =
        m->lowered && m->committed > memory.limit_bytes ? m->committed : memory.limit_bytes;
    if (!m->shared && memory.committed_bytes > most)
        model_fail(m, "%" PRIu64 " bytes committed of %" PRIu64, memory.committed_bytes, most);
    if (memory.used_bytes > memory.committed_bytes && !m->shared)
        model_fail(m, "more used than committed");
    m->committed = memory.committed_bytes;
}

void model_check(model *m)
{
    weir_stats now = model_stats(m);
    model_check_sums(m, &now);
    if (model_sum(&now) != now.payload_bytes) model_fail(m, "bytes are in nobody's hand");
    model_check_conns(m, &now);
    if (now.discarded_bytes[WEIR_DISCARDED_URGENT] != m->taken)
        model_fail(m, "urgent bytes are counted in two ways");
    check_memory(m);
    if (weir_engine_check(m->engine)) model_fail(m, "weir_engine_check");
}
