/* SPDX-License-Identifier: MIT */
#include "stores/pool_plan.h"

#include "ground/platform.h"
#include "ground/versioned.h"
#include "stores/bitmap.h"

#define DEFAULT_LIMIT ((uint64_t)64 << 20)
#define UNIT_LEAST    ((uint64_t)4096)
#define UNIT_MOST     ((uint64_t)2 << 20)
#define ENGINES_MOST  256u

/* "Some room to hold", beside an engine's floor: below this a pool lives from refusal to
 * refusal. */
#define HOLD_PAGES ((uint64_t)48)
/* The share of connections must have room for a table and some records. */
#define CONN_PAGES ((uint64_t)8)

void weir_pool_config_init_sized(weir_pool_config *given, size_t struct_size)
{
    const weir_pool_config own = {
        .limit_bytes = DEFAULT_LIMIT,
        .page_bytes = 4096,
        .conn_share_percent = 50,
        .frag_share_percent = 5,
        .max_engines = 16,
        .watermark_percent = 90,
    };
    weir_versioned_init(given, struct_size, &own, sizeof own);
}

/* ── is it possible ── */

static int is_power_of_two(uint64_t number)
{
    return number != 0 && (number & (number - 1)) == 0;
}

/* min to max, both legal. */
static int is_within(uint64_t number, uint64_t min, uint64_t max)
{
    return number >= min && number <= max;
}

static int platform_is_given(const weir_platform *platform)
{
    return platform->user || platform->unit_bytes || platform->reserve || platform->commit ||
           platform->give_back || platform->release;
}

static int platform_is_whole(const weir_platform *platform)
{
    return platform->reserve && platform->commit && platform->give_back && platform->release &&
           is_power_of_two(platform->unit_bytes) &&
           is_within(platform->unit_bytes, UNIT_LEAST, UNIT_MOST);
}

static int shares_are_legal(const weir_pool_config *config)
{
    return is_within(config->conn_share_percent, 1, 90) &&
           is_within(config->frag_share_percent, 1, 90) &&
           config->conn_share_percent + config->frag_share_percent <= 95;
}

int weir_plan_read(weir_pool_config *config, const weir_pool_config *given)
{
    weir_pool_config_init(config);
    int error = weir_versioned_read(config, sizeof *config, given);
    if (error) return error;
    if (!platform_is_given(&config->platform)) weir_platform_system(&config->platform);
    if (!is_power_of_two(config->page_bytes) || !is_within(config->page_bytes, 1024, 16384))
        return WEIR_ERR_PAGE_SIZE;
    if (!shares_are_legal(config)) return WEIR_ERR_SHARE;
    if (!is_within(config->max_engines, 1, ENGINES_MOST) ||
        !is_within(config->watermark_percent, 1, 100) || !platform_is_whole(&config->platform))
        return WEIR_ERR_ARGUMENT;
    return WEIR_OK;
}

/* ── where everything lies ── */

/* The header, and the bitmaps as weir_pages_init and the pool carve them. */
static uint64_t fixed_part(const weir_plan *plan, uint32_t max_engines, uint64_t header_bytes)
{
    uint64_t bytes = header_bytes + weir_bitmap_bytes(max_engines) +
                     weir_bitmap_bytes(weir_plan_room_units(plan)) +
                     weir_bitmap_bytes(weir_plan_scratch_units(plan)) +
                     weir_bitmap_bytes(plan->pages) + weir_bitmap_bytes(plan->groups) +
                     weir_bitmap_bytes(plan->covers) + sizeof(uint16_t) * plan->covers;
    if (plan->group_shift > 0) bytes += weir_bitmap_bytes(plan->groups);
    return weir_round_up(bytes, plan->unit_bytes);
}

/* Sizes of page, group and cover. A unit holds descriptors of unit / 32 pages, at least a group. */
static void cut(weir_plan *plan, const weir_pool_config *config)
{
    plan->unit_bytes = config->platform.unit_bytes;
    plan->group_bytes = weir_max64(config->page_bytes, plan->unit_bytes);
    plan->page_shift = weir_bit_lowest(config->page_bytes);
    plan->group_shift = weir_bit_lowest(plan->group_bytes) - plan->page_shift;
    plan->cover_shift =
        weir_bit_lowest(plan->unit_bytes / WEIR_DESCRIPTOR_BYTES) - plan->group_shift;
    plan->slot_bytes = weir_round_up(sizeof(weir_stock), 64) + WEIR_ROOM_BYTES;
    plan->scratch_bytes = weir_round_up(WEIR_SCRATCH_BYTES, plan->unit_bytes);
}

int weir_plan_make(weir_plan *plan, const weir_pool_config *config, uint64_t ceiling_bytes,
                   uint64_t header_bytes)
{
    cut(plan, config);
    if (ceiling_bytes > WEIR_PAGES_MOST << plan->page_shift) return WEIR_ERR_LIMIT_TOO_LARGE;
    plan->groups = (uint32_t)(ceiling_bytes / plan->group_bytes);
    if (plan->groups == 0) return WEIR_ERR_LIMIT_TOO_SMALL;
    plan->pages = plan->groups << plan->group_shift;
    plan->covers = ((plan->groups - 1) >> plan->cover_shift) + 1;

    uint64_t rooms = weir_round_up(config->max_engines * plan->slot_bytes, plan->unit_bytes);
    plan->rooms_at = 0;
    plan->scratch_at = rooms;
    plan->descriptors_at = rooms + config->max_engines * plan->scratch_bytes;
    plan->fixed_bytes = fixed_part(plan, config->max_engines, header_bytes);
    plan->rooms_at += plan->fixed_bytes;
    plan->scratch_at += plan->fixed_bytes;
    plan->descriptors_at += plan->fixed_bytes;
    plan->pages_at = plan->descriptors_at + plan->covers * plan->unit_bytes;
    plan->total_bytes = plan->pages_at + plan->groups * plan->group_bytes;
    return WEIR_OK;
}

/* ── what it costs ── */

uint64_t weir_plan_need(const weir_plan *plan, const weir_pool_config *config, uint32_t engines)
{
    uint64_t pages = 1 + (uint64_t)WEIR_FLOOR_PAGES * engines + HOLD_PAGES;
    uint64_t share = (CONN_PAGES * 100 / config->conn_share_percent + 1) << plan->page_shift;
    uint64_t need = plan->fixed_bytes +
                    weir_round_up(engines * plan->slot_bytes, plan->unit_bytes) +
                    weir_round_up(pages * WEIR_DESCRIPTOR_BYTES, plan->unit_bytes) +
                    weir_round_up(pages << plan->page_shift, plan->group_bytes);
    return weir_max64(need, share);
}

/* Where the ceiling is the limit, a higher limit needs larger bitmaps: the least one that is enough
 * for its own is found from below. Each round adds the bitmaps of what the last one added, a few in
 * ten thousand. */
uint64_t weir_plan_smallest(const weir_pool_config *config, uint64_t header_bytes)
{
    weir_plan plan;
    uint64_t ceiling = config->ceiling_bytes;
    uint64_t need = weir_max64(config->page_bytes, config->platform.unit_bytes);
    for (uint64_t tried = 0; tried != need;) {
        tried = need;
        if (weir_plan_make(&plan, config, ceiling ? ceiling : tried, header_bytes)) return 0;
        need = weir_plan_need(&plan, config, 1);
        if (ceiling && need > ceiling) return 0;
    }
    return need;
}
