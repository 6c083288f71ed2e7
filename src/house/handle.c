/* SPDX-License-Identifier: MIT */
/*
 * What the user does with a connection that is lent to him: look, name, keep, ignore, stop, close.
 *
 * The direction whose callback runs is not changed under it: flags are set, and the way out applies
 * them. Any other is changed at once. Closing is noted in the state, and on_close comes on the way
 * out.
 */
#include "ground/versioned.h"
#include "house/engine_state.h"
#include "rooms/connection.h"
#include "rooms/direction.h"
#include "rooms/events.h"
#include "rooms/keep.h"
#include "rooms/memo.h"
#include "rooms/tally.h"

static weir_way way_of(const weir_conn *conn, weir_direction direction)
{
    uint32_t client = weir_record_at(conn->core, conn->slot)->flags & WEIR_RECORD_CLIENT;
    return weir_way_of(conn->core, conn->slot, direction == WEIR_C2S ? client : client ^ 1);
}

static uint64_t held_of(const weir_way *way)
{
    const weir_block *block = weir_way_block(way);
    if (!block || !block->hold.records) return 0;
    uint64_t going = way->side->next > block->hold.begin ? way->side->next - block->hold.begin : 0;
    return weir_way_has(way, WEIR_SIDE_SETTLING) ? block->hold.bytes : block->hold.bytes - going;
}

static weir_flow flow_of(const weir_way *way)
{
    const weir_tally *tally = weir_tally_have(way);
    uint64_t next = weir_way_has(way, WEIR_SIDE_SETTLING) ? 0 : way->side->next;
    uint64_t wanted = weir_min64(next, weir_tally_stop(way)), taken = weir_memo_taken(way);
    weir_flow flow = {.seen = weir_way_has(way, WEIR_SIDE_SEEN) ? 1 : 0,
                      .offset = next,
                      .delivered_bytes = wanted - way->side->missing - taken,
                      .missing_bytes = way->side->missing,
                      .ignored_bytes = next - wanted + taken,
                      .held_bytes = held_of(way)};
    if (!tally) return flow;
    flow.duplicate_bytes = tally->duplicate[way->s];
    flow.discarded_bytes = tally->discarded[way->s];
    flow.conflict_bytes = tally->conflict[way->s];
    flow.holes = tally->holes[way->s];
    flow.out_of_order_segments = tally->out_of_order[way->s];
    flow.held_peak_bytes = tally->held_peak[way->s];
    return flow;
}

static void set_ends(const weir_record *record, weir_conn_info *info)
{
    uint32_t client = record->flags & WEIR_RECORD_CLIENT;
    size_t bytes = record->flags & WEIR_RECORD_IPV6 ? 16 : 4;
    memcpy(info->source, record->addresses + client * bytes, bytes);
    memcpy(info->destination, record->addresses + (client ^ 1) * bytes, bytes);
    info->source_port = record->ports[client];
    info->destination_port = record->ports[client ^ 1];
    info->family = bytes == 16 ? 6 : 4;
}

int weir_conn_get_info(const weir_conn *conn, weir_conn_info *info)
{
    if (!conn || !info) return WEIR_ERR_ARGUMENT;
    const weir_record *record = weir_record_at(conn->core, conn->slot);
    weir_way c2s = way_of(conn, WEIR_C2S), s2c = way_of(conn, WEIR_S2C);
    weir_conn_info own;
    weir_conn_info_init(&own);
    own.id = record->id;
    own.midstream = (record->flags & WEIR_RECORD_MIDSTREAM) != 0;
    own.partial = (record->flags & WEIR_RECORD_PARTIAL) != 0;
    set_ends(record, &own);
    own.vlan = record->vlan;
    own.tunnel = record->tunnel;
    own.start_ns = record->start_ns;
    own.end_ns = record->last_ns;
    own.flow[WEIR_C2S] = flow_of(&c2s);
    own.flow[WEIR_S2C] = flow_of(&s2c);
    return weir_versioned_fill(info, &own, sizeof own);
}

void weir_conn_set_user(weir_conn *conn, void *user)
{
    if (conn) weir_record_at(conn->core, conn->slot)->user = user;
}

void *weir_conn_user(const weir_conn *conn)
{
    return conn ? weir_record_at(conn->core, conn->slot)->user : NULL;
}

weir_ref weir_conn_ref(const weir_conn *conn)
{
    if (!conn) return (weir_ref){.id = 0};
    const weir_record *record = weir_record_at(conn->core, conn->slot);
    return (weir_ref){.id = record->id, .hash = record->hash};
}

/* Where nothing is wanted, a base need not settle. */
static void apply_stop(const weir_way *way)
{
    if (weir_way_has(way, WEIR_SIDE_SETTLING) && !weir_tally_stop(way))
        weir_direction_settle(way, weir_way_block(way)->hold.begin);
    else
        weir_direction_apply_stop(way);
}

int weir_conn_stop_after(weir_conn *conn, weir_direction direction, uint64_t bytes)
{
    if (!conn || (direction != WEIR_C2S && direction != WEIR_S2C)) return WEIR_ERR_ARGUMENT;
    weir_way way = way_of(conn, direction);
    uint64_t next = weir_way_has(&way, WEIR_SIDE_SETTLING) ? 0 : way.side->next;
    if (weir_way_over(&way)) return WEIR_ERR_STALE;
    if (weir_tally_stop(&way) <= next) return WEIR_OK; /* it has stopped already */
    weir_tally *tally = weir_tally_need(&way);
    if (!tally) return WEIR_ERR_MEMORY;
    tally->stop[way.s] = weir_max64(bytes, next);
    weir_way_set(&way, WEIR_SIDE_STOP);
    if (conn->core->busy != way.side) apply_stop(&way);
    return WEIR_OK;
}

int weir_conn_ignore(weir_conn *conn, weir_direction direction)
{
    return weir_conn_stop_after(conn, direction, 0);
}

/* What the connection holds and keeps, but for what this direction keeps: that is asked for anew. */
static uint64_t conn_bytes(const weir_way *way)
{
    weir_way back = weir_way_back(way);
    const weir_tail *kept = weir_tail_have(&back, WEIR_TAIL_KEPT);
    return held_of(way) + held_of(&back) + (kept ? kept->end - kept->begin : 0);
}

int weir_conn_keep(weir_conn *conn, uint64_t bytes)
{
    if (!conn) return WEIR_ERR_ARGUMENT;
    const weir_core *core = conn->core;
    const weir_record *record = weir_record_at(core, conn->slot);
    if (!core->in_callback || !core->given ||
        (core->busy != &record->side[0] && core->busy != &record->side[1]))
        return WEIR_ERR_BUSY;
    weir_way way = weir_way_of(conn->core, conn->slot, core->busy == &record->side[1]);
    if (bytes && bytes + conn_bytes(&way) > core->config.conn_held_bytes) return WEIR_ERR_KEEP;
    return weir_keep_ask(&way, bytes);
}

int weir_conn_close(weir_conn *conn)
{
    if (!conn) return WEIR_ERR_ARGUMENT;
    weir_core *core = conn->core;
    const weir_record *record = weir_record_at(core, conn->slot);
    if (record->state >= WEIR_STATE_TOMBSTONE) return WEIR_ERR_STALE;
    weir_connection_become(core, conn->slot, WEIR_STATE_DOOMED);
    return WEIR_OK;
}

weir_conn *weir_engine_find(weir_engine *engine, weir_ref ref)
{
    if (!engine || !ref.id) return NULL;
    weir_core *core = &engine->core;
    weir_slot slot = weir_table_find_id(core, ref.hash, ref.id);
    if (!slot || weir_record_at(core, slot)->state >= WEIR_STATE_TOMBSTONE) return NULL;
    return weir_events_lend(core, slot);
}
