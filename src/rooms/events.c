/* SPDX-License-Identifier: MIT */
#include "rooms/events.h"

#include "rooms/keep.h"

#include <string.h>

weir_conn *weir_events_lend(weir_core *core, weir_slot slot)
{
    for (uint32_t i = 0; i < core->lent; i++)
        if (core->handles[i].slot == slot) return &core->handles[i];
    uint32_t own = core->in_callback; /* the callback's own handle stays */
    uint32_t at =
        core->lent < WEIR_HANDLES ? core->lent++ : own + core->relent++ % (WEIR_HANDLES - own);
    weir_conn *conn = &core->handles[at];
    *conn = (weir_conn){.core = core, .slot = slot};
    return conn;
}

/* `side`: the direction that the event is of; NULL: the whole connection. */
static weir_conn *enter(weir_core *core, weir_slot slot, const weir_side *side)
{
    WEIR_ASSERT(!core->in_callback);
    core->in_callback = 1;
    core->busy = side;
    core->given = NULL;
    core->lent = core->relent = 0;
    return slot ? weir_events_lend(core, slot) : NULL;
}

static void leave(weir_core *core)
{
    core->in_callback = 0;
    core->busy = NULL;
    core->lent = core->relent = 0;
}

weir_verdict weir_events_open(weir_core *core, weir_slot slot)
{
    if (!core->callbacks.on_open) return WEIR_FOLLOW;
    weir_verdict verdict = core->callbacks.on_open(core->user, enter(core, slot, NULL));
    leave(core);
    return verdict;
}

static inline void call_on_data(const weir_way *way, const weir_span *spans, uint32_t count)
{
    weir_core *core = way->core;
    weir_conn *conn = enter(core, way->slot, way->side);
    core->given = spans;
    core->given_count = count;
    core->callbacks.on_data(core->user, conn, weir_way_direction(way), spans, count);
    leave(core);
}

/* What is kept comes first. */
WEIR_COLD static void data_after_kept(const weir_way *way, const weir_span *spans, uint32_t count)
{
    weir_span all[WEIR_KEEP_SPANS + WEIR_SPANS_AT_ONCE];
    uint32_t kept = weir_keep_spans(way, all);
    memcpy(all + kept, spans, count * sizeof *spans);
    way->core->told += kept;
    call_on_data(way, all, kept + count);
    weir_keep_settle(way);
}

void weir_events_data(const weir_way *way, const weir_span *spans, uint32_t count)
{
    weir_core *core = way->core;
    core->told += count;
    if (!core->callbacks.on_data) return;
    if (WEIR_UNLIKELY(weir_keep_has(way))) {
        data_after_kept(way, spans, count);
        return;
    }
    call_on_data(way, spans, count);
    if (WEIR_UNLIKELY(core->keep_asked)) weir_keep_settle(way);
}

WEIR_COLD void weir_events_unkept(const weir_way *way, uint64_t offset, uint64_t length)
{
    weir_core *core = way->core;
    core->told++;
    if (!core->callbacks.on_unkept) return;
    core->callbacks.on_unkept(core->user, enter(core, way->slot, way->side),
                              weir_way_direction(way), offset, length);
    leave(core);
}

void weir_events_hole(const weir_way *way, const weir_hole *hole)
{
    weir_core *core = way->core;
    core->told++;
    weir_keep_drop(way);
    if (!core->callbacks.on_hole) return;
    core->callbacks.on_hole(core->user, enter(core, way->slot, way->side), weir_way_direction(way),
                            hole);
    leave(core);
}

void weir_events_late(const weir_way *way, const weir_span *span)
{
    weir_core *core = way->core;
    if (!core->callbacks.on_late) return;
    core->callbacks.on_late(core->user, enter(core, way->slot, way->side), weir_way_direction(way),
                            span);
    leave(core);
}

WEIR_COLD void weir_events_conflict(const weir_way *way, const weir_conflict *conflict)
{
    weir_core *core = way->core;
    core->told++;
    core->callbacks.on_conflict(core->user, enter(core, way->slot, way->side),
                                weir_way_direction(way), conflict);
    leave(core);
}

WEIR_COLD void weir_events_urgent(const weir_way *way, const weir_span *span)
{
    weir_core *core = way->core;
    if (!core->callbacks.on_urgent) return;
    core->callbacks.on_urgent(core->user, enter(core, way->slot, way->side),
                              weir_way_direction(way), span);
    leave(core);
}

void weir_events_close(weir_core *core, weir_slot slot, weir_close_cause cause)
{
    core->told++;
    if (!core->callbacks.on_close) return;
    core->callbacks.on_close(core->user, enter(core, slot, NULL), cause);
    leave(core);
}

WEIR_COLD void weir_events_watermark(weir_core *core, int above, uint64_t used_bytes,
                                     uint64_t limit_bytes)
{
    if (!core->callbacks.on_watermark) return;
    enter(core, 0, NULL);
    core->callbacks.on_watermark(core->user, above, used_bytes, limit_bytes);
    leave(core);
}
