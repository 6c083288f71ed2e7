/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "ground/platform.h"
#include "house/ahead.h"
#include "house/engine_state.h"
#include "house/pressure.h"
#include "house/passage.h"
#include "house/settings.h"
#include "house/timeouts.h"
#include "lenses/decode.h"
#include "lenses/shard.h"
#include "rooms/connection.h"
#include "rooms/late.h"
#include "rooms/memo.h"
#include "rooms/tail.h"
#include "rooms/tally.h"

/* Packets in packets, all of them in pieces: how many are joined for one that is handed in. */
#define FRAGMENTS_NESTED 4u

/* ── coming and going ── */

WEIR_COLD static void open_queues(weir_core *core)
{
    const size_t record = offsetof(weir_record, queue), age = offsetof(weir_block, age);
    const size_t due = offsetof(weir_block, due), tail = offsetof(weir_tail, links);
    weir_queue *records[] = {&core->half_open, &core->linger, &core->tombstones, &core->doomed};
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++)
        weir_queue_init(records[i], core->records, record);
    for (uint32_t worth = 0; worth < WEIR_WORTHS; worth++) {
        weir_queue_init(&core->open[worth], core->records, record);
        weir_queue_init(&core->holders[worth], &core->blocks, offsetof(weir_block, holder));
    }
    weir_queue_init(&core->waiting, &core->blocks, age);
    weir_queue_init(&core->proven, &core->blocks, age);
    weir_queue_init(&core->due, &core->blocks, due);
    weir_queue_init(&core->settling, &core->blocks, due);
    weir_queue_init(&core->recent, &core->tails, tail);
    weir_queue_init(&core->kept, &core->tails, tail);
}

WEIR_COLD static void open_slots(weir_core *core)
{
    weir_stock *stock = core->stock;
    weir_slots_init(&core->records[0], stock, WEIR_RECORD_BYTES_V4, WEIR_USE_CONN);
    weir_slots_init(&core->records[1], stock, WEIR_RECORD_BYTES_V6, WEIR_USE_CONN);
    weir_slots_init(&core->tallies, stock, sizeof(weir_tally), WEIR_USE_CONN);
    weir_slots_init(&core->lates, stock, sizeof(weir_late), WEIR_USE_HOLD);
    weir_slots_init(&core->memos, stock, sizeof(weir_memo), WEIR_USE_CONN);
    weir_slots_init(&core->tails, stock, sizeof(weir_tail), WEIR_USE_HOLD);
    weir_slots_init(&core->blocks, stock, sizeof(weir_block), WEIR_USE_HOLD);
}

WEIR_COLD static void set_keys(weir_core *core)
{
    uint8_t bytes[16];
    if (core->config.hash_key)
        memcpy(bytes, core->config.hash_key, sizeof bytes);
    else
        weir_platform_random(bytes);
    memcpy(&core->hold.key, bytes, sizeof core->hold.key);
    core->config.hash_key = NULL;
}

WEIR_COLD int weir_engine_create(weir_pool *pool, const weir_engine_config *config,
                                 const weir_callbacks *callbacks, void *user, weir_engine **engine)
{
    if (!pool || !engine) return WEIR_ERR_ARGUMENT;
    weir_engine_config own_config;
    weir_callbacks own_callbacks;
    int error = weir_settings_read(pool, config, callbacks, &own_config, &own_callbacks);
    if (error) return error;
    weir_stock *stock;
    void *room;
    error = weir_pool_admit(pool, &stock, &room);
    if (error) return error;
    weir_engine *made = room;
    weir_core *core = &made->core;
    core->stock = stock;
    core->config = own_config;
    core->callbacks = own_callbacks;
    core->user = user;
    open_queues(core);
    open_slots(core);
    set_keys(core);
    weir_fragments_init(core, &core->hold.key);
    core->young_ns =
        weir_min64(weir_min64(own_config.half_open_ns, own_config.idle_ns), own_config.linger_ns);
    core->grain_most = weir_bit_highest(own_config.idle_ns / 8);
    core->grain_idle = weir_min32(WEIR_GRAIN_IDLE, core->grain_most);
    core->unchecked = !own_config.paws && !own_config.validate_window && !own_config.recent_bytes;
    core->hold.stock = stock;
    core->hold.overlap = own_config.overlap;
    weir_stats_init(&core->stats);
    atomic_store_explicit(&stock->oldest_since_ns, WEIR_NEVER, memory_order_relaxed);
    if (weir_table_open(core)) {
        weir_pool_dismiss(stock, &core->stats);
        return WEIR_ERR_MEMORY;
    }
    weir_pool_publish_stats(stock, &core->stats);
    *engine = made;
    return WEIR_OK;
}

WEIR_COLD static void remove_from(weir_core *core, const weir_queue *queue)
{
    while (queue->head)
        weir_connection_remove(core, queue->head, WEIR_CLOSE_END, WEIR_HOLE_FLUSH);
}

WEIR_COLD static void remove_all(weir_core *core)
{
    remove_from(core, &core->half_open);
    remove_from(core, &core->linger);
    for (uint32_t worth = 0; worth < WEIR_WORTHS; worth++)
        remove_from(core, &core->open[worth]);
    remove_from(core, &core->doomed);
    remove_from(core, &core->tombstones);
}

WEIR_COLD int weir_engine_destroy(weir_engine *engine)
{
    if (!engine) return WEIR_OK;
    if (engine->core.in_callback) return WEIR_ERR_BUSY;
    remove_all(&engine->core);
    weir_fragments_flush(&engine->core);
    weir_table_close(&engine->core);
    weir_pool_dismiss(engine->core.stock, &engine->core.stats);
    return WEIR_OK;
}

/* ── packets ── */

/* The packet before this one was seen at `was_ns`, by a clock that stood still: it happened now. */
WEIR_COLD static void restamp_doubted(weir_engine *engine, uint64_t was_ns)
{
    weir_core *core = &engine->core;
    weir_slot slot = weir_table_find_id(core, engine->doubted.hash, engine->doubted.id);
    if (engine->doubted.id && slot) weir_connection_restamp(core, slot, was_ns);
    weir_fragments_restamp(core);
}

/* The packet's stamp is doubted: whose it was is kept until the next one tells. */
WEIR_COLD static void note_doubted(weir_engine *engine)
{
    weir_core *core = &engine->core;
    engine->doubted = (weir_ref){.id = 0};
    if (!engine->clock.doubted_ns || !core->touched) return;
    const weir_record *record = weir_record_at(core, core->touched);
    engine->doubted = (weir_ref){.id = record->id, .hash = record->hash};
}

/* What is to be done before a packet, with no record in hand. */
static inline void begin(weir_engine *engine, uint64_t stamp_ns)
{
    weir_core *core = &engine->core;
    uint64_t was_ns = core->now_ns;
    weir_count(&core->stats.packets, 1);
    int doubted_right = weir_clock_stamp(&engine->clock, stamp_ns, &core->stats);
    core->now_ns = engine->clock.now_ns;
    if (WEIR_UNLIKELY(doubted_right)) restamp_doubted(engine, was_ns);
    core->fragments.opened = 0;
    if (WEIR_UNLIKELY(weir_stock_is_asked(core->stock) | (engine->waited != 0)))
        weir_pressure_listen(engine);
    weir_timeouts_run(core, WEIR_TIMEOUTS_AT_ONCE);
}

/* Returns 1 if more memory waits to be given back. */
static inline int end(weir_engine *engine)
{
    weir_core *core = &engine->core;
    while (WEIR_UNLIKELY(core->doomed.head != 0))
        weir_connection_close(core, core->doomed.head, WEIR_CLOSE_END, WEIR_HOLE_CLOSE);
    if (WEIR_UNLIKELY((engine->clock.doubted_ns | engine->doubted.id) != 0)) note_doubted(engine);
    if (WEIR_UNLIKELY(core->callbacks.on_watermark != NULL)) weir_pressure_watch(engine);
    return weir_pool_tick(core->stock, core->now_ns);
}

/* The same two, where a call costs less than their size. */
WEIR_APART static void begin_packet(weir_engine *engine, uint64_t stamp_ns)
{
    begin(engine, stamp_ns);
}

WEIR_APART static int end_packet(weir_engine *engine)
{
    return end(engine);
}

static uint8_t ignore(weir_engine *engine, int cause)
{
    weir_count(&engine->core.stats.ignored_packets[cause], 1);
    return (uint8_t)(WEIR_PACKET_IGNORED + cause);
}

/* A piece of an IP packet. If it completes it, what that is; it may be a piece of an inner one, and
 * so on. */
WEIR_COLD static int join_pieces(weir_engine *engine, const weir_decoding *how,
                                 weir_decoded *decoded)
{
    weir_fragment whole;
    int cause = WEIR_IGNORED_FRAGMENT;
    if (!engine->core.config.fragments) return cause;
    for (uint32_t i = 0; i < FRAGMENTS_NESTED && cause == WEIR_IGNORED_FRAGMENT; i++) {
        decoded->bad_checksum = 0;
        int answer = weir_pressure_join(engine, how, &decoded->fragment, &whole);
        if (answer != WEIR_FRAGMENTS_WHOLE) return answer;
        cause = weir_decode_joined(how, &whole, decoded);
    }
    return cause;
}

/* The packet, or what *rest of it is not taken yet; sets *rest to what is left then. */
static uint8_t take_packet(weir_engine *engine, int link_type, const weir_packet *packet,
                           weir_rest *rest)
{
    weir_core *core = &engine->core;
    const weir_decoding how = {.checksum = core->config.checksum, .tunnels = core->config.tunnels};
    weir_decoded decoded;
    weir_key key;
    weir_found found;
    core->touched = 0;
    int cause = rest->data == NULL ? weir_decode_packet(&how, link_type, packet, &decoded)
                                   : weir_decode_rest(&how, packet, rest, &decoded);
    rest->data = decoded.rest.data;
    if (WEIR_UNLIKELY(rest->data != NULL)) *rest = decoded.rest;
    if (WEIR_UNLIKELY(cause == WEIR_IGNORED_FRAGMENT)) {
        cause = join_pieces(engine, &how, &decoded);
        if (cause == WEIR_FRAGMENTS_WAITS) return WEIR_PACKET_FRAGMENT;
    }
    if (cause == WEIR_DECODED && decoded.segment.wire_bytes > WEIR_SEGMENT_MOST)
        cause = WEIR_IGNORED_MALFORMED;
    int is_tcp = cause == WEIR_DECODED || cause == WEIR_IGNORED_CHECKSUM;
    if (is_tcp && weir_shard_is_other(&core->config, &decoded.segment))
        return ignore(engine, WEIR_IGNORED_OTHER_SHARD);
    weir_count(&core->stats.bad_checksums, decoded.bad_checksum != 0);
    weir_count(&core->stats.tcp_segments, is_tcp != 0);
    if (is_tcp && decoded.depth != 0) weir_count(&core->stats.tunnelled_segments, 1);
    if (cause != WEIR_DECODED) return ignore(engine, cause);
    weir_key_of(&core->hold.key, &core->config, &decoded.segment, &key);
    weir_table_find(core, &key, &found);
    return weir_passage_take(engine, &decoded.segment, &key, &found);
}

/* All of a packet that needs all lenses. */
static uint8_t take_whole(weir_engine *engine, int link_type, const weir_packet *packet)
{
    weir_rest rest = {.data = NULL};
    uint8_t verdict;
    do { /* once, but for an aggregate */
        begin_packet(engine, packet->time_ns);
        verdict = take_packet(engine, link_type, packet, &rest);
        end_packet(engine);
    } while (WEIR_UNLIKELY(rest.data != NULL));
    return verdict;
}

/* One that was decoded ahead. */
static uint8_t take_plain(weir_engine *engine, weir_ahead *ahead)
{
    weir_core *core = &engine->core;
    begin(engine, ahead->segment.time_ns);
    weir_count(&core->stats.tcp_segments, 1);
    if (WEIR_UNLIKELY(ahead->found.changes != core->table.changes))
        weir_table_find(core, &ahead->key, &ahead->found);
    uint8_t verdict = weir_passage_take(engine, &ahead->segment, &ahead->key, &ahead->found);
    end(engine);
    return verdict;
}

/* So many packets as are looked at in one go; behind them are `more`. */
static void take_some(weir_engine *engine, int link_type, const weir_packet *packets, size_t count,
                      size_t more, uint8_t *verdicts)
{
    weir_ahead ahead[WEIR_AHEAD_PACKETS];
    uint32_t reads = engine->core.callbacks.on_data ? engine->core.config.prefetch_bytes : 0;
    weir_ahead_look(&engine->core, link_type, packets, count, ahead);
    for (size_t i = 0; i < count; i++) {
        if (i < more) weir_ahead_fetch(&packets[count + i]);
        if (reads && i + WEIR_AHEAD_NEAR < count)
            weir_ahead_fetch_payload(&ahead[i + WEIR_AHEAD_NEAR], reads);
        uint8_t verdict = WEIR_LIKELY(ahead[i].plain) ? take_plain(engine, &ahead[i])
                                                      : take_whole(engine, link_type, &packets[i]);
        if (verdicts) verdicts[i] = verdict;
    }
}

int weir_engine_packets(weir_engine *engine, int link_type, const weir_packet *packets,
                        size_t count, uint8_t *verdicts)
{
    if (!engine || (count && !packets)) return WEIR_ERR_ARGUMENT;
    if (engine->core.in_callback) return WEIR_ERR_BUSY;
    if (!weir_link_type_supported(link_type)) return WEIR_ERR_LINK_TYPE;
    engine->core.lent = 0;
    if (engine->core.callbacks.on_data && count)
        weir_ahead_fetch_first(&packets[0], engine->core.config.prefetch_bytes);
    for (size_t i = 1; i < count && i < WEIR_AHEAD_PACKETS; i++)
        weir_ahead_fetch(&packets[i]);
    for (size_t at = 0, n; at < count; at += n) {
        n = count - at < WEIR_AHEAD_PACKETS ? count - at : WEIR_AHEAD_PACKETS;
        take_some(engine, link_type, packets + at, n, count - at - n,
                  verdicts ? verdicts + at : NULL);
    }
    weir_pressure_publish(engine);
    return WEIR_OK;
}

static uint8_t take_segment(weir_engine *engine, const weir_segment *segment)
{
    weir_core *core = &engine->core;
    weir_key key;
    weir_found found;
    weir_key_of(&core->hold.key, &core->config, segment, &key);
    weir_count(&core->stats.tcp_segments, 1);
    weir_table_find(core, &key, &found);
    return weir_passage_take(engine, segment, &key, &found);
}

/* What a decoder of the user's says is checked once, here. */
static int plausible(const weir_segment *segment)
{
    return (segment->family == 4 || segment->family == 6) &&
           (segment->payload || !segment->payload_bytes) &&
           segment->payload_bytes <= segment->wire_bytes &&
           segment->wire_bytes <= WEIR_SEGMENT_MOST;
}

int weir_engine_segments(weir_engine *engine, const weir_segment *segments, size_t count,
                         uint8_t *verdicts)
{
    if (!engine || (count && !segments)) return WEIR_ERR_ARGUMENT;
    if (engine->core.in_callback) return WEIR_ERR_BUSY;
    for (size_t i = 0; i < count; i++)
        if (!plausible(&segments[i])) return WEIR_ERR_ARGUMENT;
    engine->core.lent = 0;
    for (size_t i = 0; i < count; i++) {
        begin_packet(engine, segments[i].time_ns);
        uint8_t verdict = weir_shard_is_other(&engine->core.config, &segments[i])
                              ? ignore(engine, WEIR_IGNORED_OTHER_SHARD)
                              : take_segment(engine, &segments[i]);
        if (verdicts) verdicts[i] = verdict;
        end_packet(engine);
    }
    weir_pressure_publish(engine);
    return WEIR_OK;
}

/* ── time ── */

WEIR_COLD int weir_engine_advance(weir_engine *engine, uint64_t now_ns)
{
    if (!engine) return WEIR_ERR_ARGUMENT;
    weir_core *core = &engine->core;
    if (core->in_callback) return WEIR_ERR_BUSY;
    core->lent = 0;
    core->touched = 0;
    weir_clock_advance(&engine->clock, now_ns);
    core->now_ns = engine->clock.now_ns;
    weir_pressure_listen(engine);
    weir_timeouts_run(core, WEIR_TIMEOUTS_AT_ONCE);
    int more = end_packet(engine);
    weir_pressure_publish(engine);
    weir_pool_warm(core->stock);
    return more || weir_timeouts_next(core) <= core->now_ns;
}

uint64_t weir_engine_next_deadline(const weir_engine *engine)
{
    return engine ? weir_clock_as_stamp(&engine->clock, weir_timeouts_next(&engine->core))
                  : WEIR_NEVER;
}

uint64_t weir_engine_now(const weir_engine *engine)
{
    return engine ? engine->core.now_ns : 0;
}

WEIR_COLD int weir_engine_flush(weir_engine *engine)
{
    if (!engine) return WEIR_ERR_ARGUMENT;
    if (engine->core.in_callback) return WEIR_ERR_BUSY;
    engine->core.lent = 0;
    remove_all(&engine->core);
    weir_fragments_flush(&engine->core);
    weir_pressure_publish(engine);
    weir_pressure_watch(engine);
    return WEIR_OK;
}
