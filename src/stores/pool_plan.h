/* SPDX-License-Identifier: MIT */
/*
 * What a pool's configuration comes to: whether it is possible, where everything lies, what it
 * costs.
 *
 *      0          rooms_at        scratch_at      descriptors_at     pages_at               total_bytes
 *      │ fixed    │ rooms         │ scratch       │ descriptors      │ pages                │
 *      │ header,  │ one for each  │ 64 KiB for    │ 32 bytes a page  │ page 0 is never used │
 *      │ bitmaps  │ engine        │ each engine   │                  │                      │
 *      each of the five begins at a multiple of the unit
 *
 *      group   the smallest whole number of pages and of units: max(page, unit); goes back as one
 *      cover   the groups whose descriptors share a unit, which is committed while one of them is
 *
 *      total_bytes <= fixed + rooms + scratch + ceiling + descriptors;  pages * page <= ceiling
 *
 * The fixed part, rounded up to a unit, is the header (1.5 KiB) and, of the ceiling, in parts per
 * million (computed by weir_plan_make for 16 GiB):
 *      4 KiB pages, 4 KiB units    66      (a bit a page warm, a bit a group cold, 16 bits a cover)
 *      1 KiB pages, 4 KiB units   202      (and a bit a group wholly warm)
 *     16 KiB pages, 4 KiB units    17
 *      4 KiB pages, 64 KiB units   38
 */
#ifndef WEIR_POOL_PLAN_H
#define WEIR_POOL_PLAN_H

#include "stores/pool.h"

#define WEIR_PAGES_MOST ((uint64_t)1 << 24) /* a page's number times 128 leaves a bit of 32 */

typedef struct weir_plan {
    uint64_t unit_bytes;
    uint64_t group_bytes;
    uint32_t page_shift;  /* log2 of a page's bytes */
    uint32_t group_shift; /* log2 of the pages in a group */
    uint32_t cover_shift; /* log2 of the groups in a cover */
    uint32_t pages, groups, covers;
    uint64_t fixed_bytes;
    uint64_t slot_bytes;    /* of an engine: its account and its room */
    uint64_t scratch_bytes; /* of an engine, in whole units */
    uint64_t rooms_at, scratch_at, descriptors_at, pages_at, total_bytes;
} weir_plan;

/* Copies a program's configuration over the defaults and verifies all of it but the limits; the
 * platform becomes the system's where none is given. WEIR_OK or an error: then *config is
 * undefined. */
int weir_plan_read(weir_pool_config *config, const weir_pool_config *given);

/* The plan of a verified configuration for a ceiling, with header_bytes for the pool itself. */
int weir_plan_make(weir_plan *plan, const weir_pool_config *config, uint64_t ceiling_bytes,
                   uint64_t header_bytes);

/* Memory that the plan needs with so many engines: rooms and floors, and something to hold. */
uint64_t weir_plan_need(const weir_plan *plan, const weir_pool_config *config, uint32_t engines);

/* The smallest limit of a verified configuration. 0 if its ceiling is too low or too high for
 * any. */
uint64_t weir_plan_smallest(const weir_pool_config *config, uint64_t header_bytes);

/* Units of all rooms. */
static inline uint32_t weir_plan_room_units(const weir_plan *plan)
{
    return (uint32_t)((plan->scratch_at - plan->rooms_at) / plan->unit_bytes);
}

/* Units of all scratch. */
static inline uint32_t weir_plan_scratch_units(const weir_plan *plan)
{
    return (uint32_t)((plan->descriptors_at - plan->scratch_at) / plan->unit_bytes);
}

#endif
