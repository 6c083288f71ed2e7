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

/* Makes place 0 free; the holes stay in the order in which they were given up. */
static void age(weir_late *late)
{
    uint32_t gone = WEIR_LATE_HOLES - 1;
    for (uint32_t i = 0; i < WEIR_LATE_HOLES; i++)
        if (late->begin[i] == late->end[i]) gone = i;
    for (; gone > 0; gone--) {
        late->begin[gone] = late->begin[gone - 1];
        late->end[gone] = late->end[gone - 1];
    }
}

void weir_late_note(const weir_way *way, uint64_t begin, uint64_t end)
{
    weir_late *late = need(way);
    if (!late) return;
    age(late);
    late->begin[0] = begin;
    late->end[0] = end;
}

/* The remembered hole that `offset` lies in, or else the first one behind it; WEIR_LATE_HOLES:
 * none. */
static uint32_t hole_at(const weir_late *late, uint64_t offset)
{
    uint32_t found = WEIR_LATE_HOLES;
    for (uint32_t i = 0; i < WEIR_LATE_HOLES; i++) {
        if (late->begin[i] == late->end[i] || late->end[i] <= offset) continue;
        if (found == WEIR_LATE_HOLES || late->begin[i] < late->begin[found]) found = i;
    }
    return found;
}

/* What of hole i is still missing after [begin, end) came; of two parts the smaller may be
 * forgotten. */
static void fill(weir_late *late, uint32_t i, uint64_t begin, uint64_t end)
{
    uint64_t first = late->begin[i], last = late->end[i];
    if (begin == first) {
        late->begin[i] = end;
    } else {
        late->end[i] = begin;
        if (end == last) return;
        age(late);
        late->begin[0] = end;
        late->end[0] = last;
    }
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
        uint64_t begin = i < WEIR_LATE_HOLES ? weir_max64(late->begin[i], at) : piece->end;
        if (begin >= piece->end) {
            weir_tally_duplicate(way, piece->end - at);
            return;
        }
        uint64_t end = weir_min64(late->end[i], piece->end);
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
        if (late->begin[i] > late->end[i] || late->end[i] > way->side->next) return 0;
    return late->owner == way->record->tally && late->side == way->s;
}
