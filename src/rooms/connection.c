/* SPDX-License-Identifier: MIT */
#include "rooms/connection.h"

#include "rooms/direction.h"
#include "rooms/events.h"
#include "rooms/hole.h"
#include "rooms/memo.h"
#include "rooms/tally.h"

weir_queue *weir_connection_queue(weir_core *core, const weir_record *record)
{
    switch (record->state) {
    case WEIR_STATE_HALF_OPEN:
        return &core->half_open;
    case WEIR_STATE_OPEN:
        return &core->open[record->worth];
    case WEIR_STATE_LINGER:
        return &core->linger;
    case WEIR_STATE_TOMBSTONE:
        return &core->tombstones;
    default:
        return &core->doomed;
    }
}

void weir_connection_become(weir_core *core, weir_slot slot, uint8_t state)
{
    weir_record *record = weir_record_at(core, slot);
    weir_queue_remove(weir_connection_queue(core, record), slot);
    record->state = state;
    record->flags &= (uint8_t)~WEIR_RECORD_ACTIVE;
    record->worth = weir_connection_worth(record) & 0xff;
    weir_queue_append(weir_connection_queue(core, record), slot);
}

/* ── opening ── */

static void apply_verdict(weir_core *core, weir_slot slot, weir_verdict verdict)
{
    if (verdict == WEIR_FOLLOW) return;
    for (uint32_t s = 0; s < 2; s++) {
        weir_way way = weir_way_of(core, slot, s);
        weir_direction direction = weir_way_direction(&way);
        if (verdict == WEIR_IGNORE || (verdict == WEIR_FOLLOW_C2S && direction == WEIR_S2C) ||
            (verdict == WEIR_FOLLOW_S2C && direction == WEIR_C2S))
            weir_way_set(&way, WEIR_SIDE_IGNORED);
    }
}

/* Who is the client: the sender of a SYN, the receiver of a SYN+ACK, else the sender of the first
 * payload. */
static uint32_t client_side(const weir_key *key, const weir_segment *segment)
{
    uint32_t both = WEIR_TCP_SYN | WEIR_TCP_ACK;
    return (segment->flags & both) == both ? key->sender ^ 1 : key->sender;
}

static weir_slot open_at(weir_core *core, weir_slot slot, const weir_key *key,
                         const weir_segment *segment)
{
    weir_record *record = weir_record_at(core, slot);
    weir_key_store(key, record);
    record->id = ++core->next_id & (UINT64_MAX >> 8);
    record->start_ns = record->last_ns = core->now_ns;
    record->flags |= (uint8_t)client_side(key, segment);
    if (segment->options & WEIR_OPTION_MD5) record->flags |= WEIR_RECORD_SIGNED;
    record->side[0].flags = record->side[1].flags = WEIR_SIDE_SCALE_MASK;
    if (segment->flags & WEIR_TCP_SYN) {
        record->state = WEIR_STATE_HALF_OPEN;
    } else {
        record->state = WEIR_STATE_OPEN;
        record->flags |= WEIR_RECORD_MIDSTREAM;
    }
    weir_queue_append(weir_connection_queue(core, record), slot);
    weir_table_add(core, slot);
    weir_count(&core->stats.connections, 1);
    weir_count(&core->stats.connections_open, 1);
    return slot;
}

weir_slot weir_connection_open(weir_core *core, const weir_key *key, const weir_segment *segment,
                               int floor)
{
    weir_slot slot = weir_slots_take(&core->records[key->ipv6], floor);
    if (!slot) return 0;
    return open_at(core, key->ipv6 ? slot | WEIR_SLOT_IPV6 : slot, key, segment);
}

void weir_connection_announce(weir_core *core, weir_slot slot)
{
    apply_verdict(core, slot, weir_events_open(core, slot));
}

/* ── ageing ── */

void weir_connection_restamp(weir_core *core, weir_slot slot, uint64_t was_ns)
{
    weir_record *record = weir_record_at(core, slot);
    if (record->start_ns == was_ns && record->last_ns == was_ns) record->start_ns = core->now_ns;
    if (record->last_ns == was_ns) {
        record->last_ns = core->now_ns;
        weir_connection_become(core, slot, record->state);
    }
    for (uint32_t s = 0; s < 2; s++) {
        weir_way way = weir_way_of(core, slot, s);
        weir_hole_restamp(&way, was_ns);
    }
}

uint64_t weir_connection_deadline(const weir_core *core, weir_slot slot)
{
    const weir_record *record = weir_record_at(core, slot);
    uint64_t delay = core->config.linger_ns;
    if (record->state == WEIR_STATE_HALF_OPEN) delay = core->config.half_open_ns;
    if (record->state == WEIR_STATE_OPEN) delay = core->config.idle_ns;
    return weir_add_saturating(record->last_ns, delay);
}

weir_close_cause weir_connection_expiry(const weir_core *core, weir_slot slot)
{
    const weir_record *record = weir_record_at(core, slot);
    return record->state == WEIR_STATE_LINGER ? (weir_close_cause)record->cause : WEIR_CLOSE_IDLE;
}

static uint64_t idle_since(const weir_core *core, const weir_queue *queue)
{
    return queue->head ? weir_record_at(core, queue->head)->last_ns : WEIR_NEVER;
}

/* Those that prove nothing yet. */
static weir_slot newborn_victim(const weir_core *core)
{
    const weir_queue *unproven = &core->open[0];
    return idle_since(core, &core->half_open) <= idle_since(core, unproven) ? core->half_open.head
                                                                            : unproven->head;
}

/* Active since it was queued, and not long ago: at the end it is where it belongs, within that
 * time. */
static int is_active(const weir_core *core, const weir_record *record)
{
    return record->flags & WEIR_RECORD_ACTIVE &&
           !((core->now_ns - record->last_ns) >> core->grain_idle);
}

/* Who is active is not the one that is idle longest: it goes to the end. */
static void give_second_chances(weir_core *core)
{
    uint32_t left = WEIR_SECOND_CHANCES;
    for (uint32_t worth = WEIR_WORTH_PAID; worth < WEIR_WORTHS; worth++) {
        const weir_queue *queue = &core->open[worth];
        while (left && queue->head && is_active(core, weir_record_at(core, queue->head))) {
            weir_connection_become(core, queue->head, WEIR_STATE_OPEN);
            left--;
        }
    }
}

static weir_slot open_victim(weir_core *core)
{
    give_second_chances(core);
    weir_slot victim = 0;
    uint64_t most = 0;
    for (uint32_t worth = 1; worth < WEIR_WORTHS; worth++) {
        const weir_queue *queue = &core->open[worth];
        if (!queue->head) continue;
        uint64_t idle_ns = core->now_ns - idle_since(core, queue);
        uint64_t weight = weir_worth_weigh(idle_ns, worth) + 1;
        if (weight <= most) continue;
        most = weight;
        victim = queue->head;
    }
    return victim;
}

weir_slot weir_connection_victim(weir_core *core)
{
    uint32_t newborn = core->half_open.count + core->open[0].count;
    if (core->tombstones.head) return core->tombstones.head;
    if (newborn > core->table.count / WEIR_NEWBORN_SHARE) return newborn_victim(core);
    if (core->linger.head) return core->linger.head;
    weir_slot victim = open_victim(core);
    return victim ? victim : newborn_victim(core);
}

/* ── closing ── */

static void finish_sides(weir_core *core, weir_slot slot, weir_hole_cause holes)
{
    uint32_t client = weir_record_at(core, slot)->flags & WEIR_RECORD_CLIENT;
    weir_way first = weir_way_of(core, slot, client), second = weir_way_of(core, slot, client ^ 1);
    weir_direction_finish(&first, holes);
    weir_direction_finish(&second, holes);
}

/* Its last words; it is a tombstone then, and in no queue. */
static void end(weir_core *core, weir_slot slot, weir_close_cause cause, weir_hole_cause holes)
{
    weir_record *record = weir_record_at(core, slot);
    WEIR_ASSERT(record->state != WEIR_STATE_TOMBSTONE);
    finish_sides(core, slot, holes);
    if (record->state == WEIR_STATE_DOOMED) cause = WEIR_CLOSE_END; /* perhaps only just now */
    record->cause = (uint8_t)cause;
    weir_count(&core->stats.closed[cause], 1);
    weir_discount(&core->stats.connections_open, 1);
    weir_count(&core->stats.evicted, cause == WEIR_CLOSE_EVICTED);
    weir_count(&core->stats.partial_connections, (record->flags & WEIR_RECORD_PARTIAL) != 0);
    weir_queue_remove(weir_connection_queue(core, record), slot);
    record->state = WEIR_STATE_TOMBSTONE;
    weir_events_close(core, slot, cause);
    if (!record->tally) return; /* as most: no way is needed */
    weir_way way = weir_way_of(core, slot, 0);
    weir_tally_free(&way);
}

void weir_connection_close(weir_core *core, weir_slot slot, weir_close_cause cause,
                           weir_hole_cause holes)
{
    end(core, slot, cause, holes);
    weir_record_at(core, slot)->last_ns = core->now_ns; /* the tombstone's time begins */
    weir_queue_append(&core->tombstones, slot);
}

/* What points to the record that moved from `from` to `slot`. */
static void follow_move(weir_core *core, weir_slot from, weir_slot slot)
{
    weir_record *record = weir_record_at(core, slot);
    weir_table_moved(core, from, slot);
    weir_queue_moved(weir_connection_queue(core, record), slot);
    if (record->tally) weir_tally_at(core, record->tally)->owner = slot;
    for (uint32_t s = 0; s < 2; s++)
        if (record->side[s].block) weir_block_at(core, record->side[s].block)->owner = slot;
}

/* Nothing points to the record any more. */
static void detach(weir_core *core, weir_slot slot, weir_close_cause cause, weir_hole_cause holes)
{
    if (weir_record_at(core, slot)->state == WEIR_STATE_TOMBSTONE)
        weir_queue_remove(&core->tombstones, slot);
    else
        end(core, slot, cause, holes);
    weir_table_remove(core, slot);
}

void weir_connection_remove(weir_core *core, weir_slot slot, weir_close_cause cause,
                            weir_hole_cause holes)
{
    detach(core, slot, cause, holes);
    weir_slot top = slot & WEIR_SLOT_IPV6;
    weir_slot from = weir_slots_put(&core->records[top != 0], slot & ~top);
    if (from) follow_move(core, from | top, slot);
}

/* In a flood each packet takes the place of the queue's head. So what is needed of the next three is
 * asked for: a record, of the one before it its bucket, of the one before that its chain. */
static void fetch_victims(const weir_core *core, const weir_queue *queue)
{
    if (!queue->head) return;
    const weir_record *record = weir_record_at(core, queue->head);
    weir_table_fetch_record(core, weir_table_bucket(core, record->hash));
    if (!record->queue.next) return;
    record = weir_record_at(core, record->queue.next);
    WEIR_PREFETCH(weir_table_bucket(core, record->hash));
    if (!record->queue.next) return;
    const uint8_t *third = (const uint8_t *)weir_record_at(core, record->queue.next);
    WEIR_PREFETCH(third);
    WEIR_PREFETCH(third + 64);
    WEIR_PREFETCH(third + 128);
}

weir_slot weir_connection_replace(weir_core *core, weir_slot victim, const weir_key *key,
                                  const weir_segment *segment)
{
    weir_slot top = victim & WEIR_SLOT_IPV6;
    const weir_queue *queue = weir_connection_queue(core, weir_record_at(core, victim));
    if ((top != 0) != key->ipv6) return 0;
    detach(core, victim, WEIR_CLOSE_EVICTED, WEIR_HOLE_CLOSE);
    weir_slots_renew(&core->records[key->ipv6], victim & ~top);
    fetch_victims(core, queue);
    return open_at(core, victim, key, segment);
}

int weir_connection_check(weir_core *core, weir_slot slot)
{
    const weir_record *record = weir_record_at(core, slot);
    if (record->state == WEIR_STATE_TOMBSTONE)
        return !record->tally && !record->side[0].block && !record->side[1].block;
    for (uint32_t s = 0; s < 2; s++) {
        weir_way way = weir_way_of(core, slot, s);
        if (!weir_hole_check(&way)) return 0;
        if (way.side->missing + weir_memo_taken(&way) > way.side->next) return 0;
        if (!weir_tally_check(&way) || weir_tally_stop(&way) < way.side->missing) return 0;
    }
    return 1;
}
