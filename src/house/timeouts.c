/* SPDX-License-Identifier: MIT */
#include "house/timeouts.h"

#include "rooms/connection.h"
#include "rooms/control.h"
#include "rooms/direction.h"
#include "rooms/hole.h"

static uint64_t pending_deadline(const weir_core *core, const weir_queue *queue)
{
    return queue->head ? weir_block_at(core, queue->head)->due_ns : WEIR_NEVER;
}

static uint64_t age_deadline(const weir_core *core, const weir_queue *queue, uint64_t factor)
{
    if (!queue->head) return WEIR_NEVER;
    uint64_t since = weir_block_at(core, queue->head)->since_ns;
    return weir_add_saturating(since, core->config.hole_timeout_ns * factor);
}

static uint64_t record_deadline(const weir_core *core, const weir_queue *queue)
{
    return queue->head ? weir_connection_deadline(core, queue->head) : WEIR_NEVER;
}

static weir_way way_of_block(weir_core *core, weir_slot slot)
{
    const weir_block *block = weir_block_at(core, slot);
    return weir_way_of(core, block->owner, block->side);
}

/* A grace, or the time for a base to settle, is over. */
static int run_pending(weir_core *core, weir_queue *queue)
{
    if (!queue->head || pending_deadline(core, queue) > core->now_ns) return 0;
    weir_way way = way_of_block(core, queue->head);
    weir_direction_grace_due(&way);
    weir_control_gave_up(&way);
    return 1;
}

static int run_waiting(weir_core *core)
{
    const weir_queue *queue = &core->waiting;
    if (!queue->head || age_deadline(core, queue, 1) > core->now_ns) return 0;
    weir_way way = way_of_block(core, core->waiting.head);
    if (weir_hole_wait_longer(&way)) return 1;
    weir_direction_give_up(&way, WEIR_HOLE_TIMEOUT);
    weir_control_gave_up(&way);
    return 1;
}

static int run_proven(weir_core *core)
{
    const weir_queue *queue = &core->proven;
    if (!queue->head || age_deadline(core, queue, WEIR_PROVEN_FACTOR) > core->now_ns) return 0;
    weir_way way = way_of_block(core, core->proven.head);
    weir_direction_give_up(&way, WEIR_HOLE_TIMEOUT);
    weir_control_gave_up(&way);
    return 1;
}

static int run_records(weir_core *core, weir_queue *queue)
{
    if (!queue->head || record_deadline(core, queue) > core->now_ns) return 0;
    weir_slot slot = queue->head;
    if (queue == &core->linger) /* its tombstone stays as long as any */
        weir_connection_close(core, slot, weir_connection_expiry(core, slot), WEIR_HOLE_CLOSE);
    else
        weir_connection_remove(core, slot, weir_connection_expiry(core, slot), WEIR_HOLE_CLOSE);
    return 1;
}

/* When the first open connection is idle for too long. */
static uint64_t open_deadline(const weir_core *core)
{
    uint64_t deadline = WEIR_NEVER;
    for (uint32_t worth = 0; worth < WEIR_WORTHS; worth++)
        deadline = weir_min64(deadline, record_deadline(core, &core->open[worth]));
    return deadline;
}

/* Deadlines only move on: none is before the earliest that was found, nor, of those that opened
 * since, before the delay itself. */
static int run_open(weir_core *core)
{
    if (WEIR_LIKELY(core->now_ns < core->open_due_ns)) return 0;
    for (uint32_t worth = 0; worth < WEIR_WORTHS; worth++)
        if (run_records(core, &core->open[worth])) return 1;
    uint64_t fresh_ns = weir_add_saturating(core->now_ns, core->config.idle_ns);
    core->open_due_ns = weir_min64(open_deadline(core), fresh_ns);
    return 0;
}

static int run_one(weir_core *core)
{
    return run_pending(core, &core->settling) || run_pending(core, &core->due) ||
           run_waiting(core) || run_proven(core) || run_records(core, &core->linger) ||
           run_records(core, &core->half_open) || run_open(core) ||
           run_records(core, &core->tombstones) || weir_fragments_run(core);
}

static uint64_t shortest_delay(const weir_engine_config *config)
{
    const uint64_t delays[] = {
        config->acked_hole_ns, config->hole_timeout_ns,     config->half_open_ns, config->idle_ns,
        config->linger_ns,     config->fragment_timeout_ns, WEIR_PARCEL_TWICE_NS};
    uint64_t shortest = WEIR_GRACE_BASE_NS;
    for (size_t i = 0; i < sizeof delays / sizeof delays[0]; i++)
        shortest = weir_min64(shortest, delays[i]);
    return shortest;
}

uint32_t weir_timeouts_run_due(weir_core *core, uint32_t most)
{
    uint32_t done = 0, told = core->told;
    core->quiet_until_ns = 0;
    while (done < most && core->told - told < WEIR_TOLD_AT_ONCE) {
        if (!run_one(core)) {
            uint64_t fresh_ns = weir_add_saturating(core->now_ns, shortest_delay(&core->config));
            core->quiet_until_ns = weir_min64(weir_timeouts_next(core), fresh_ns);
            break;
        }
        done++;
    }
    return done;
}

uint64_t weir_timeouts_next(const weir_core *core)
{
    const uint64_t deadlines[] = {
        pending_deadline(core, &core->settling),
        pending_deadline(core, &core->due),
        age_deadline(core, &core->waiting, 1),
        age_deadline(core, &core->proven, WEIR_PROVEN_FACTOR),
        record_deadline(core, &core->linger),
        record_deadline(core, &core->half_open),
        record_deadline(core, &core->tombstones),
        weir_fragments_deadline(core),
    };
    uint64_t next = open_deadline(core);
    for (size_t i = 0; i < sizeof deadlines / sizeof deadlines[0]; i++)
        next = weir_min64(next, deadlines[i]);
    return next;
}
