/* SPDX-License-Identifier: MIT */
#include "rooms/hole.h"

static weir_queue *age_queue(weir_core *core, const weir_block *block)
{
    return block->queue == WEIR_AGE_PROVEN ? &core->proven : &core->waiting;
}

static weir_queue *due_queue(const weir_way *way)
{
    return weir_way_has(way, WEIR_SIDE_SETTLING) ? &way->core->settling : &way->core->due;
}

/* What the receiver has acknowledged beyond `next`; 0: nothing. */
static uint64_t evidence_now(const weir_way *way)
{
    if (!weir_way_has(way, WEIR_SIDE_ACKED | WEIR_SIDE_BASED)) return 0;
    int64_t acked = weir_way_offset(way, way->side->acked);
    return acked > (int64_t)way->side->next ? (uint64_t)acked : 0;
}

weir_block *weir_hole_need(const weir_way *way, int floor)
{
    weir_core *core = way->core;
    if (way->side->block) return weir_way_block(way);
    weir_slot slot = weir_slots_take(&core->blocks, floor);
    if (!slot) return NULL;
    way->side->block = slot;
    weir_block *block = weir_block_at(core, slot);
    block->owner = way->slot;
    block->side = (uint8_t)way->s;
    block->since_ns = block->begun_ns = core->now_ns;
    block->evidence = evidence_now(way);
    block->worth = (uint8_t)weir_worth_of(way->record);
    weir_queue_append(&core->waiting, slot);
    weir_queue_append(&core->holders[block->worth], slot);
    return block;
}

static void set_due(const weir_way *way, weir_block *block, uint64_t delay_ns)
{
    WEIR_ASSERT(block);
    block->pending = 1;
    block->due_ns = weir_add_saturating(way->core->now_ns, delay_ns);
    weir_queue_append(due_queue(way), way->side->block);
}

static void clear_due(const weir_way *way, weir_block *block)
{
    WEIR_ASSERT(block);
    if (!block->pending) return;
    weir_queue_remove(due_queue(way), way->side->block);
    block->pending = 0;
}

/* The block now at `slot` was elsewhere: its owner and its queues are told. */
static void follow_move(weir_core *core, weir_slot slot)
{
    weir_block *block = weir_block_at(core, slot);
    weir_way way = weir_way_of(core, block->owner, block->side);
    way.side->block = slot;
    weir_queue_moved(age_queue(core, block), slot);
    weir_queue_moved(&core->holders[block->worth], slot);
    if (block->pending) weir_queue_moved(due_queue(&way), slot);
}

void weir_hole_free(const weir_way *way)
{
    weir_core *core = way->core;
    weir_slot slot = way->side->block;
    weir_block *block = weir_block_at(core, slot);
    WEIR_ASSERT(block->hold.records == 0);
    clear_due(way, block);
    if (weir_way_has(way, WEIR_SIDE_SETTLING)) {
        weir_way_clear(way, WEIR_SIDE_SETTLING);
        way->side->base = weir_seq_of(way->side->base, way->side->next);
        way->side->next = 0;
    }
    weir_queue_remove(age_queue(core, block), slot);
    weir_queue_remove(&core->holders[block->worth], slot);
    way->side->block = 0;
    if (weir_slots_put(&core->blocks, slot)) follow_move(core, slot);
}

static int fin_missing(const weir_way *way)
{
    return weir_way_has(way, WEIR_SIDE_FIN) && !weir_way_has(way, WEIR_SIDE_ENDED);
}

uint64_t weir_hole_front_end(const weir_way *way)
{
    const weir_block *block = weir_way_block(way);
    if (block && block->hold.records) return weir_min64(block->hold.begin, weir_way_end(way));
    int64_t fin = fin_missing(way) ? weir_way_offset(way, way->side->fin) : -1;
    return fin > (int64_t)way->side->next ? (uint64_t)fin : way->side->next;
}

uint64_t weir_hole_seen_end(const weir_way *way)
{
    const weir_block *block = weir_way_block(way);
    uint64_t end = block && block->hold.records ? block->hold.end : way->side->next;
    int64_t fin = weir_way_has(way, WEIR_SIDE_FIN) ? weir_way_offset(way, way->side->fin) : -1;
    return fin >= (int64_t)end ? (uint64_t)fin + 1 : end;
}

static void requeue(const weir_way *way, weir_block *block, uint8_t queue)
{
    if (block->queue == queue && age_queue(way->core, block)->tail == way->side->block) return;
    weir_queue_remove(age_queue(way->core, block), way->side->block);
    block->queue = queue;
    weir_queue_append(age_queue(way->core, block), way->side->block);
}

/* It takes its place behind all holders of that worth, or before them if it has held for longer than
 * the first: who is paying goes on paying when that makes it worth less, until a page is free. */
static void hold_as(const weir_way *way, weir_block *block, uint32_t worth)
{
    weir_core *core = way->core;
    weir_queue *holders = &core->holders[worth];
    weir_queue_remove(&core->holders[block->worth], way->side->block);
    block->worth = (uint8_t)worth;
    if (holders->head && block->begun_ns < weir_block_at(core, holders->head)->begun_ns)
        weir_queue_prepend(holders, way->side->block);
    else
        weir_queue_append(holders, way->side->block);
}

/* What is held, or what its connection is worth, changed. */
static void review_worth(const weir_way *way, weir_block *block)
{
    uint32_t worth = weir_worth_of_holder(way->record, block->hold.bytes);
    if (worth != block->worth) hold_as(way, block, worth);
}

void weir_hole_restamp(const weir_way *way, uint64_t was_ns)
{
    weir_block *block = weir_way_block(way);
    if (block && block->begun_ns == was_ns) block->begun_ns = way->core->now_ns;
    if (!block || block->since_ns != was_ns) return;
    block->since_ns = way->core->now_ns;
    requeue(way, block, block->queue);
    if (!block->pending) return;
    uint64_t delay_ns = block->due_ns - was_ns;
    clear_due(way, block);
    set_due(way, block, delay_ns);
}

/* If the front hole is acknowledged and no grace runs yet, one starts. */
static void start_grace(const weir_way *way, weir_block *block)
{
    if (block->pending || way->core->config.acked_hole_ns == WEIR_NEVER) return;
    uint64_t end = weir_hole_front_end(way);
    if (end == way->side->next || end > block->evidence) return;
    block->mark = block->evidence;
    set_due(way, block, way->core->config.acked_hole_ns);
}

void weir_hole_moved(const weir_way *way)
{
    weir_block *block = weir_way_block(way);
    if (!block || weir_way_has(way, WEIR_SIDE_SETTLING)) return;
    if (!block->hold.records && weir_hole_front_end(way) == way->side->next) {
        weir_hole_free(way);
        return;
    }
    review_worth(way, block);
    block->since_ns = way->core->now_ns;
    block->proven = 0;
    block->moved = 1;
    requeue(way, block, WEIR_AGE_WAITING);
    start_grace(way, block);
}

void weir_hole_acked(const weir_way *way, uint64_t offset)
{
    weir_block *block = weir_way_block(way);
    if (!block || weir_way_has(way, WEIR_SIDE_SETTLING)) return;
    if (offset == way->side->next) block->proven = 1;
    block->evidence = weir_max64(block->evidence, offset);
    start_grace(way, block);
}

void weir_hole_review(const weir_way *way)
{
    weir_block *block = weir_way_block(way);
    if (!block) return;
    review_worth(way, block);
    if (!weir_way_has(way, WEIR_SIDE_SETTLING)) start_grace(way, block);
}

void weir_hole_settle_later(const weir_way *way)
{
    weir_way_set(way, WEIR_SIDE_SETTLING);
    set_due(way, weir_way_block(way), WEIR_GRACE_BASE_NS);
}

void weir_hole_settled(const weir_way *way)
{
    weir_block *block = weir_way_block(way);
    clear_due(way, block);
    weir_way_clear(way, WEIR_SIDE_SETTLING);
    block->begun_ns = way->core->now_ns; /* only now something may be missing */
    hold_as(way, block, block->worth);
}

uint64_t weir_hole_take_mark(const weir_way *way)
{
    weir_block *block = weir_way_block(way);
    clear_due(way, block);
    return block->mark;
}

int weir_hole_wait_longer(const weir_way *way)
{
    weir_block *block = weir_way_block(way);
    WEIR_ASSERT(block);
    if (!block->proven) return 0;
    requeue(way, block, WEIR_AGE_PROVEN); /* in order: blocks leave `waiting` oldest first */
    return 1;
}

weir_slot weir_hole_payer(const weir_core *core)
{
    weir_slot payer = 0;
    uint64_t most = 0;
    if (!core->blocks.count) return 0;
    if (core->settling.head) return core->settling.head;
    for (uint32_t worth = 0; worth < WEIR_WORTHS; worth++) {
        weir_slot first = core->holders[worth].head;
        if (!first) continue;
        uint64_t age_ns = core->now_ns - weir_block_at(core, first)->begun_ns;
        uint64_t weight = weir_worth_weigh(age_ns, worth) + 1;
        if (weight <= most) continue;
        most = weight;
        payer = first;
    }
    return payer;
}

int weir_hole_check(const weir_way *way)
{
    const weir_block *block = weir_way_block(way);
    if (!block) return !weir_way_has(way, WEIR_SIDE_SETTLING);
    if (block->owner != way->slot || block->side != way->s) return 0;
    if (!weir_hold_check(&block->hold, &way->core->hold)) return 0;
    if (weir_way_has(way, WEIR_SIDE_SETTLING)) return block->pending && block->hold.records;
    if (block->hold.records && block->hold.begin <= way->side->next) return 0;
    return weir_hole_front_end(way) > way->side->next;
}
