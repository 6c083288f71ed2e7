/* SPDX-License-Identifier: MIT */
#include "rooms/late.h"

#include "rooms/events.h"
#include "rooms/tally.h"

static weir_late *late_at(const weir_core *core, weir_slot slot)
{
    return weir_slots_at(&core->lates, slot);
}

static weir_late *late_of(const weir_way *way)
{
    const weir_tally *tally = weir_tally_have(way);
    return tally && tally->late[way->s] ? late_at(way->core, tally->late[way->s]) : NULL;
}

static weir_late *need(const weir_way *way)
{
    weir_tally *tally = weir_tally_need(way);
    if (!tally || tally->late[way->s]) return late_of(way);
    tally->late[way->s] = weir_slots_take(&way->core->lates, 0);
    weir_late *late = late_of(way);
    if (late) *late = (weir_late){.owner = way->record->tally, .side = way->s};
    return late;
}

/* Puts a hole before place i. The next empty place from there on is taken for it, or the last,
 * whose hole is the oldest. */
static void insert(weir_late *late, uint32_t i, weir_late_hole hole)
{
    for (; i < WEIR_LATE_HOLES && hole.begin != hole.end; i++) {
        weir_late_hole next = late->holes[i];
        late->holes[i] = hole;
        hole = next;
    }
}

void weir_late_note(const weir_way *way, uint64_t begin, uint64_t end)
{
    weir_late *late = need(way);
    if (late) insert(late, 0, (weir_late_hole){begin, end});
}

/* The remembered hole that `offset` lies in, or else the first one behind it; WEIR_LATE_HOLES:
 * none. */
static uint32_t hole_at(const weir_late *late, uint64_t offset)
{
    uint32_t found = WEIR_LATE_HOLES;
    for (uint32_t i = 0; i < WEIR_LATE_HOLES; i++) {
        if (late->holes[i].begin == late->holes[i].end || late->holes[i].end <= offset) continue;
        if (found == WEIR_LATE_HOLES || late->holes[i].begin < late->holes[found].begin) found = i;
    }
    return found;
}

/* What of hole i is still missing after [begin, end) came. Two parts stay beside each other, so
 * that an old hole that comes in many pieces pushes out no newer one; the oldest keeps its larger
 * one. */
static void fill(weir_late *late, uint32_t i, uint64_t begin, uint64_t end)
{
    weir_late_hole *hole = &late->holes[i], part = {hole->begin, begin}, other = {end, hole->end};
    if (part.end - part.begin < other.end - other.begin) {
        part = other;
        other = (weir_late_hole){hole->begin, begin};
    }
    *hole = part;
    insert(late, i + 1, other);
}

/* Offers [begin, end) of the piece, whose hole has just been noted as filled there. */
static void offer(const weir_way *way, const weir_piece *piece, uint64_t begin, uint64_t end)
{
    weir_span span = {.data = piece->data + (begin - piece->begin),
                      .offset = begin,
                      .time_ns = piece->time_ns,
                      .length = (uint32_t)(end - begin),
                      .tag = piece->tag};
    weir_count(&way->core->stats.late_bytes, end - begin);
    weir_tally_discard(way, WEIR_DISCARDED_LATE, end - begin);
    weir_events_late(way, &span);
}

/* 1, and the bytes are counted, if the user has said in a callback that he wants no more. */
static int unwanted(const weir_way *way, uint64_t bytes)
{
    int closed = weir_way_over(way);
    if (!closed && way->side->next < weir_tally_stop(way)) return 0;
    weir_tally_discard(way, closed ? WEIR_DISCARDED_CLOSED : WEIR_DISCARDED_IGNORED, bytes);
    return 1;
}

void weir_late_sort(const weir_way *way, const weir_piece *piece)
{
    for (uint64_t at = piece->begin; at < piece->end;) {
        if (unwanted(way, piece->end - at)) return;
        weir_late *late = late_of(way);
        uint32_t i = late ? hole_at(late, at) : WEIR_LATE_HOLES;
        uint64_t begin = i < WEIR_LATE_HOLES ? weir_max64(late->holes[i].begin, at) : piece->end;
        if (begin >= piece->end) {
            weir_tally_duplicate(way, piece->end - at);
            return;
        }
        uint64_t end = weir_min64(late->holes[i].end, piece->end);
        weir_tally_duplicate(way, begin - at);
        fill(late_of(way), i, begin, end);
        offer(way, piece, begin, end);
        at = end;
    }
}

void weir_late_free(weir_core *core, weir_slot tally, uint32_t side)
{
    weir_slot at = weir_tally_at(core, tally)->late[side];
    if (!at) return;
    weir_tally_at(core, tally)->late[side] = 0;
    if (!weir_slots_put(&core->lates, at)) return;
    const weir_late *moved = late_at(core, at);
    weir_tally_at(core, moved->owner)->late[moved->side] = at;
}

void weir_late_owner_moved(weir_core *core, weir_slot tally)
{
    for (uint32_t s = 0; s < 2; s++) {
        weir_slot late = weir_tally_at(core, tally)->late[s];
        if (late) late_at(core, late)->owner = tally;
    }
}

int weir_late_check(const weir_way *way)
{
    const weir_late *late = late_of(way);
    if (!late) return 1;
    for (uint32_t i = 0; i < WEIR_LATE_HOLES; i++)
        if (late->holes[i].begin > late->holes[i].end || late->holes[i].end > way->side->next)
            return 0;
    return late->owner == way->record->tally && late->side == way->s;
}
