/* SPDX-License-Identifier: MIT */
/* Counters as the user sees them, and the audit of everything that an engine promises. */
#include "ground/versioned.h"
#include "house/engine_state.h"
#include "rooms/connection.h"
#include "rooms/tail.h"

int weir_engine_stats(const weir_engine *engine, weir_stats *stats)
{
    if (!engine || !stats) return WEIR_ERR_ARGUMENT;
    return weir_versioned_fill(stats, &engine->core.stats, sizeof engine->core.stats);
}

/* payload = delivered + duplicate + discarded + held */
static int conserved(const weir_stats *stats)
{
    uint64_t sum = stats->delivered_bytes + stats->duplicate_bytes + stats->held_bytes;
    for (int i = 0; i < WEIR_DISCARDED_COUNT; i++)
        sum += stats->discarded_bytes[i];
    return sum == stats->payload_bytes;
}

/* What a TCP segment is ignored for; the other causes are those of packets that are none. */
static int is_of_segments(int cause)
{
    return cause == WEIR_IGNORED_CHECKSUM || cause == WEIR_IGNORED_NO_CONNECTION ||
           cause == WEIR_IGNORED_NO_MEMORY;
}

/* packets = segments + what was ignored before it was one + pieces of IP packets */
static int every_packet_counted(const weir_stats *stats)
{
    uint64_t sum = stats->tcp_segments + stats->fragments_joined + stats->fragments_held;
    for (int i = 0; i < WEIR_IGNORED_COUNT; i++)
        if (!is_of_segments(i)) sum += stats->ignored_packets[i];
    return sum == stats->packets;
}

/* What connections have, in sum. */
typedef struct weir_sums {
    uint64_t held, connections, tallies, lates, memos;
} weir_sums;

static void add_record(weir_core *core, const weir_record *record, weir_sums *sums)
{
    for (uint32_t s = 0; s < 2; s++)
        if (record->side[s].block)
            sums->held += weir_block_at(core, record->side[s].block)->hold.bytes;
    sums->connections++;
    if (!record->tally) return;
    const weir_tally *tally = weir_tally_at(core, record->tally);
    sums->tallies++;
    sums->lates += (uint64_t)(tally->late[0] != 0) + (tally->late[1] != 0);
    sums->memos += tally->memo != 0;
}

/* Those of open ones are in order but for a grain (rooms/connection.h), and the user's doomed ones
 * as he closed them. */
static int is_ordered(const weir_core *core, const weir_queue *queue)
{
    return queue == &core->half_open || queue == &core->linger || queue == &core->tombstones;
}

static int check_queue(weir_core *core, const weir_queue *queue, weir_sums *sums)
{
    uint64_t last_ns = 0;
    if (!weir_queue_check(queue)) return 0;
    for (weir_slot slot = queue->head; slot; slot = weir_queue_next(queue, slot)) {
        const weir_record *record = weir_record_at(core, slot);
        if (weir_connection_queue(core, record) != queue) return 0;
        if (is_ordered(core, queue) && record->last_ns < last_ns) return 0;
        last_ns = record->last_ns;
        if (!weir_connection_check(core, slot)) return 0;
        add_record(core, record, sums);
    }
    return 1;
}

/* Nothing in the slots that hangs on no connection, and nothing on two. */
static int all_owned(const weir_core *core, const weir_sums *sums)
{
    return sums->held == core->stats.held_bytes && sums->tallies == core->tallies.count &&
           sums->lates == core->lates.count && sums->memos == core->memos.count &&
           sums->connections == (uint64_t)core->records[0].count + core->records[1].count;
}

static int check_connections(weir_core *core)
{
    const weir_queue *queues[4 + WEIR_WORTHS] = {&core->half_open, &core->linger, &core->doomed,
                                                 &core->tombstones};
    weir_sums sums = {0};
    for (uint32_t worth = 0; worth < WEIR_WORTHS; worth++)
        queues[4 + worth] = &core->open[worth];
    for (size_t i = 0; i < sizeof queues / sizeof queues[0]; i++)
        if (!check_queue(core, queues[i], &sums)) return 0;
    return all_owned(core, &sums) && sums.connections == core->table.count &&
           sums.connections - core->tombstones.count == core->stats.connections_open;
}

static int check_holders(weir_core *core)
{
    uint32_t count = 0;
    for (uint32_t worth = 0; worth < WEIR_WORTHS; worth++) {
        if (!weir_queue_check(&core->holders[worth])) return 0;
        count += core->holders[worth].count;
    }
    return count == core->blocks.count;
}

static int check_blocks(weir_core *core)
{
    return check_holders(core) && weir_queue_check(&core->waiting) &&
           weir_queue_check(&core->proven) && weir_queue_check(&core->due) &&
           weir_queue_check(&core->settling) &&
           core->waiting.count + core->proven.count == core->blocks.count;
}

static int check_slots(const weir_core *core)
{
    return weir_slots_check(&core->records[0]) && weir_slots_check(&core->records[1]) &&
           weir_slots_check(&core->tallies) && weir_slots_check(&core->lates) &&
           weir_slots_check(&core->memos) && weir_slots_check(&core->blocks) &&
           weir_slots_check(&core->tails);
}

int weir_engine_check(weir_engine *engine)
{
    if (!engine) return WEIR_ERR_ARGUMENT;
    weir_core *core = &engine->core;
    if (core->in_callback) return WEIR_ERR_BUSY;
    int holds = check_slots(core) && weir_fragments_check(core) &&
                every_packet_counted(&core->stats) && weir_table_check(core) &&
                check_blocks(core) && weir_tail_check(core) && check_connections(core) &&
                conserved(&core->stats) && weir_stock_check(core->stock) &&
                weir_pool_check(core->stock->pool);
    return holds ? WEIR_OK : WEIR_ERR_CHECK;
}
