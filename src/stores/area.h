/* SPDX-License-Identifier: MIT */
/*
 * A stretch of the reservation, committed from its start on as far as it was needed.
 *
 *      at                ready              bytes
 *      │ may be touched  │ without access   │
 *
 * The platform commits ahead, in steps of 64 KiB: a call costs 1 us, and what is committed and not
 * touched costs nothing. It is told of each byte once. Fresh bytes are poisoned.
 */
#ifndef WEIR_AREA_H
#define WEIR_AREA_H

#include "ground/ground.h"
#include "weir/weir.h"

#define WEIR_AREA_STEP_BYTES ((uint64_t)65536)

typedef struct weir_area {
    uint8_t *at;
    uint64_t bytes;
    uint64_t ready;
} weir_area;

/* Has the platform commit [0, end). 0 if it refuses: nothing changed. */
static inline int weir_area_ready(weir_area *area, const weir_platform *platform, uint64_t end)
{
    if (end <= area->ready) return 1;
    uint64_t step = weir_max64(WEIR_AREA_STEP_BYTES, platform->unit_bytes);
    uint64_t target = weir_min64(weir_round_up(end, step), area->bytes);
    uint8_t *from = area->at + area->ready;
    if (platform->commit(platform->user, from, target - area->ready)) return 0;
    weir_poison(from, target - area->ready);
    area->ready = target;
    return 1;
}

#endif
