/* SPDX-License-Identifier: MIT */
#include "house/pressure.h"

#include "house/timeouts.h"
#include "rooms/connection.h"
#include "rooms/control.h"
#include "rooms/direction.h"
#include "rooms/events.h"
#include "rooms/hole.h"
#include "rooms/keep.h"
#include "rooms/recent.h"

/* The front hole of who pays first goes, not beyond the piece in hand (NULL: none) if it is of that
 * side. 0 if the engine has no hole. What it sets free is not of the packet in hand. */
static int give_up_one(weir_core *core, const weir_side *in_hand, const weir_piece *piece)
{
    weir_slot slot = weir_hole_payer(core);
    if (!slot) return 0;
    const weir_block *block = weir_block_at(core, slot);
    weir_way way = weir_way_of(core, block->owner, block->side);
    uint32_t events = core->segment_events;
    if (way.side == in_hand)
        weir_direction_make_way(&way, piece, WEIR_HOLE_POOL_CAP);
    else
        weir_direction_give_up(&way, WEIR_HOLE_POOL_CAP);
    weir_control_gave_up(&way);
    core->segment_events = events;
    return 1;
}

/* Who pays before any hole. */
static int pay_first(weir_core *core)
{
    return weir_recent_pay(core) || weir_keep_pay_share(core);
}

static int evict_one(weir_core *core)
{
    weir_slot victim = weir_connection_victim(core);
    if (!victim) return 0;
    weir_connection_remove(core, victim, WEIR_CLOSE_EVICTED, WEIR_HOLE_CLOSE);
    return 1;
}

/* Another engine is to pay first: it is asked. 0 if it is this one, or nobody has a hole. */
static int ask_older_engine(weir_core *core)
{
    return weir_pool_ask_oldest(core->stock);
}

/* 0 if fragments are within their share, or there are none. */
static int shed_fragments(weir_core *core)
{
    return weir_stock_frag_share_reached(core->stock) && weir_fragments_drop_oldest(core);
}

/* Fragments and connections beyond their share of the lowered limit go before anybody's bytes.
 * Returns how much that took, by calls to the system: pages go back one by one here. 0 if nobody
 * can pay. */
static uint32_t pay_for_limit(weir_core *core)
{
    if (pay_first(core) || shed_fragments(core)) return WEIR_SHRINK_HOLE;
    if (weir_pool_conn_share_reached(core->stock->pool) && evict_one(core)) return 1;
    if (give_up_one(core, NULL, NULL) || weir_keep_pay(core)) return WEIR_SHRINK_HOLE;
    return evict_one(core) != 0;
}

/* A lowered limit: who is to pay first pays first here too, as long as it is likely to be called.
 */
static void shrink(weir_engine *engine)
{
    weir_core *core = &engine->core;
    weir_pressure_publish(engine);
    if (engine->waited < WEIR_PATIENCE_CALLS && ask_older_engine(core)) {
        engine->waited++;
        return;
    }
    uint32_t told = core->told, cost = 1;
    for (uint32_t done = 0; done < WEIR_SHRINK_AT_ONCE && cost; done += cost) {
        if (!weir_pool_excess(core->stock->pool) || core->told - told >= WEIR_TOLD_AT_ONCE) break;
        cost = pay_for_limit(core);
        weir_stock_return(core->stock);
    }
}

/* For another engine: one hole may be a byte behind a byte, and what it has none of are pages. */
static void give_up_a_page(weir_core *core)
{
    uint32_t told = core->told, puts = core->stock->puts;
    while (core->stock->puts == puts && core->told - told < WEIR_TOLD_AT_ONCE)
        if (!pay_first(core) && !give_up_one(core, NULL, NULL) && !weir_keep_pay(core)) return;
}

void weir_pressure_listen(weir_engine *engine)
{
    weir_core *core = &engine->core;
    weir_stock *stock = core->stock;
    if (WEIR_UNLIKELY(atomic_load_explicit(&stock->asks, memory_order_relaxed))) {
        uint32_t asks = atomic_exchange_explicit(&stock->asks, 0, memory_order_relaxed);
        if (asks & WEIR_ASK_GIVE_UP) give_up_a_page(core);
        weir_stock_return(stock); /* so that the asker finds the pages in the pool */
    }
    if (WEIR_UNLIKELY(weir_pool_excess(stock->pool)))
        shrink(engine);
    else
        engine->waited = 0;
}

void weir_pressure_take(weir_engine *engine, const weir_way *way, weir_piece *piece)
{
    weir_core *core = &engine->core;
    if (WEIR_LIKELY(weir_direction_take(way, piece, 0))) return;
    if (weir_pool_excess(core->stock->pool) && weir_direction_take(way, piece, 1)) return;
    uint32_t told = core->told;
    for (uint32_t i = 0; i < WEIR_TOLD_FOR_PAGE && core->told - told < WEIR_TOLD_FOR_PAGE; i++) {
        if (pay_first(core)) {
            if (weir_direction_take(way, piece, 0)) return;
            continue;
        }
        weir_pressure_publish(engine);
        int asked = ask_older_engine(core);
        if (asked && weir_direction_take(way, piece, 1)) return;
        if (!give_up_one(core, way->side, piece) && !weir_keep_pay(core)) break;
        if (weir_direction_take(way, piece, 0)) return;
    }
    if (!weir_direction_take(way, piece, 1)) weir_direction_jump(way, piece);
}

/* Somebody makes room for a record. 0 if nobody can. */
static int pay_for_record(weir_engine *engine)
{
    weir_core *core = &engine->core;
    if (weir_pool_conn_share_reached(core->stock->pool)) return evict_one(core);
    if (pay_first(core)) return 1;
    weir_pressure_publish(engine);
    if (ask_older_engine(core)) return 0; /* the floor serves until it has paid */
    return give_up_one(core, NULL, NULL) || weir_keep_pay(core) || evict_one(core);
}

/* A connection in the place of another of its family, where the share of connections is what is
 * short: no page is asked for that would be refused. 0: not so. */
static weir_slot replace_one(weir_core *core, const weir_key *key, const weir_segment *segment)
{
    if (!weir_slots_full(&core->records[key->ipv6])) return 0;
    if (!weir_pool_conn_share_reached(core->stock->pool)) return 0;
    weir_slot victim = weir_connection_victim(core);
    return victim ? weir_connection_replace(core, victim, key, segment) : 0;
}

weir_slot weir_pressure_open(weir_engine *engine, const weir_key *key, const weir_segment *segment)
{
    weir_core *core = &engine->core;
    weir_slot slot = replace_one(core, key, segment);
    if (!slot) slot = weir_connection_open(core, key, segment, 0);
    for (uint32_t i = 0; !slot && i < WEIR_PAYERS_AT_ONCE && pay_for_record(engine); i++)
        slot = weir_connection_open(core, key, segment, 0);
    if (!slot) slot = weir_connection_open(core, key, segment, 1);
    if (!slot && evict_one(core)) slot = weir_connection_open(core, key, segment, 1);
    return slot;
}

/* Some packets, until the share has what it refused: those without bytes have but a record, and a
 * page up to 128 of these. 0 if there was none. */
static int drop_fragments(weir_core *core)
{
    uint32_t dropped = 0;
    while (dropped < WEIR_FRAGMENTS_AT_ONCE && weir_fragments_drop_oldest(core)) {
        dropped++;
        if (!weir_stock_frag_short(core->stock)) break;
    }
    return dropped > 0;
}

/* Somebody makes room for a piece. 0 if nobody can. */
static int pay_for_fragment(weir_engine *engine)
{
    weir_core *core = &engine->core;
    if (weir_stock_frag_short(core->stock)) return drop_fragments(core);
    if (pay_first(core)) return 1;
    weir_pressure_publish(engine);
    if (ask_older_engine(core)) return weir_fragments_drop_oldest(core);
    return give_up_one(core, NULL, NULL) || weir_keep_pay(core) || weir_fragments_drop_oldest(core);
}

int weir_pressure_join(weir_engine *engine, const weir_decoding *how, const weir_fragment *piece,
                       weir_fragment *whole)
{
    weir_core *core = &engine->core;
    int answer = weir_fragments_take(core, how, piece, whole);
    for (uint32_t i = 0; answer == WEIR_FRAGMENTS_REFUSED; i++) {
        if (i == WEIR_PAYERS_AT_ONCE || !pay_for_fragment(engine))
            return weir_fragments_abandon(core);
        answer = weir_fragments_take(core, how, piece, whole);
    }
    return answer;
}

void weir_pressure_watch(weir_engine *engine)
{
    const weir_pool *pool = engine->core.stock->pool;
    uint64_t used = weir_pool_used(pool), limit = weir_pool_limit(pool);
    uint64_t mark = limit / 100 * weir_pool_watermark(pool);
    uint64_t back = mark - weir_min64(limit / 16, mark / 2);
    if (engine->above_watermark ? used >= back : used < mark) return;
    engine->above_watermark = !engine->above_watermark;
    weir_events_watermark(&engine->core, (int)engine->above_watermark, used, limit);
}

void weir_pressure_publish(weir_engine *engine)
{
    weir_core *core = &engine->core;
    weir_slot payer = weir_hole_payer(core);
    const weir_block *block = payer ? weir_block_at(core, payer) : NULL;
    weir_pool_publish_holder(core->stock, core->now_ns, block ? block->begun_ns : WEIR_NEVER,
                             block ? block->worth : 0);
}
