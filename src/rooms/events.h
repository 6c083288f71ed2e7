/* SPDX-License-Identifier: MIT */
/*
 * The one room that calls user code.
 *
 * While a callback runs, core->in_callback is set: calls that would move the engine are refused,
 * and the direction in hand (core->busy) is not changed under it: what the user wants of it is
 * noted in flags and states. Whoever calls an event reads the state again afterwards.
 */
#ifndef WEIR_EVENTS_H
#define WEIR_EVENTS_H

#include "rooms/way.h"

#define WEIR_SPANS_AT_ONCE 64u /* most that on_data is given, but for those kept */

weir_verdict weir_events_open(weir_core *core, weir_slot slot);
void weir_events_data(const weir_way *way, const weir_span *spans, uint32_t count);
void weir_events_unkept(const weir_way *way, uint64_t offset, uint64_t length);
void weir_events_hole(const weir_way *way, const weir_hole *hole);
void weir_events_late(const weir_way *way, const weir_span *span);
void weir_events_urgent(const weir_way *way, const weir_span *span);
void weir_events_conflict(const weir_way *way, const weir_conflict *conflict);
void weir_events_close(weir_core *core, weir_slot slot, weir_close_cause cause);
void weir_events_watermark(weir_core *core, int above, uint64_t used_bytes, uint64_t limit_bytes);

/* A handle for the record, good until handles are taken back or WEIR_HANDLES - 1 others are lent.
 */
weir_conn *weir_events_lend(weir_core *core, weir_slot slot);

#endif
