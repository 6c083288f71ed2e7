/* SPDX-License-Identifier: MIT */
#include "stores/pages.h"

/* ── setting up ── */

static uint8_t *carve_bitmap(weir_bitmap *bitmap, uint8_t *at, uint32_t bits)
{
    weir_bitmap_init(bitmap, at, bits);
    return at + weir_bitmap_bytes(bits);
}

/* Groups of a cover that can be cold: all, but the one that is page 0 alone. */
static void cover_groups(const weir_pages *pages, uint32_t cover, uint32_t *first, uint32_t *count)
{
    const weir_plan *plan = &pages->plan;
    uint32_t end = weir_min32((cover + 1) << plan->cover_shift, plan->groups);
    *first = cover << plan->cover_shift;
    if (*first == 0 && plan->group_shift == 0) *first = 1;
    *count = end - *first;
}

uint8_t *weir_pages_init(weir_pages *pages, const weir_plan *plan, weir_ledger *ledger,
                         const weir_platform *platform, uint8_t *reservation, uint8_t *at)
{
    *pages = (weir_pages){
        .platform = *platform,
        .plan = *plan,
        .ledger = ledger,
        .page_area = {reservation + plan->pages_at, plan->groups * plan->group_bytes, 0},
        .cover_area = {reservation + plan->descriptors_at, plan->covers * plan->unit_bytes, 0},
        .whole = plan->group_shift > 0 ? &pages->whole_groups : &pages->warm,
    };
    at = carve_bitmap(&pages->warm, at, plan->pages);
    at = carve_bitmap(&pages->cold, at, plan->groups);
    at = carve_bitmap(&pages->described, at, plan->covers);
    if (plan->group_shift > 0) at = carve_bitmap(&pages->whole_groups, at, plan->groups);
    pages->live = (uint16_t *)(void *)at;
    for (uint32_t cover = 0; cover < plan->covers; cover++) {
        uint32_t first, count;
        cover_groups(pages, cover, &first, &count);
        weir_bitmap_set_range(&pages->cold, first, count);
        pages->live[cover] = 0;
    }
    return at + plan->covers * sizeof *pages->live;
}

static void count_used(weir_pages *pages, uint32_t used)
{
    atomic_store_explicit(&pages->used, used, memory_order_relaxed);
}

/* ── from cold to warm ── */

/* All groups up to this one can be touched, and their descriptors. */
static int ready_up_to(weir_pages *pages, uint32_t group)
{
    const weir_plan *plan = &pages->plan;
    uint64_t cover_end = ((uint64_t)(group >> plan->cover_shift) + 1) * plan->unit_bytes;
    uint64_t page_end = ((uint64_t)group + 1) * plan->group_bytes;
    return weir_area_ready(&pages->cover_area, &pages->platform, cover_end) &&
           weir_area_ready(&pages->page_area, &pages->platform, page_end);
}

/* `count` pages of cold groups, the lowest, or 0. */
static int secure_cold(weir_pages *pages, uint32_t count, uint64_t bytes)
{
    uint32_t group = WEIR_BITMAP_NONE, last_cover = WEIR_BITMAP_NONE, from = 0;
    for (uint32_t more; count > 0; count -= weir_min32(count, more)) {
        group = weir_bitmap_next(&pages->cold, from);
        if (group == WEIR_BITMAP_NONE) return 0;
        uint32_t cover = group >> pages->plan.cover_shift;
        if (cover != last_cover && !weir_bitmap_has(&pages->described, cover))
            bytes += pages->plan.unit_bytes;
        bytes += pages->plan.group_bytes;
        last_cover = cover;
        from = group + 1;
        more = weir_pages_in(pages, group);
    }
    return weir_ledger_fits(pages->ledger, bytes) && ready_up_to(pages, group);
}

int weir_pages_secure(weir_pages *pages, uint32_t count, uint64_t other_bytes)
{
    if (count > pages->warm.set) return secure_cold(pages, count - pages->warm.set, other_bytes);
    return weir_ledger_fits(pages->ledger, other_bytes);
}

weir_page weir_pages_warm(weir_pages *pages)
{
    if (!secure_cold(pages, 1, 0)) return 0;
    uint32_t group = weir_bitmap_next(&pages->cold, 0);
    uint32_t cover = group >> pages->plan.cover_shift;
    if (!weir_bitmap_has(&pages->described, cover)) {
        weir_ledger_charge(pages->ledger, pages->plan.unit_bytes);
        weir_bitmap_set(&pages->described, cover);
    }
    weir_ledger_charge(pages->ledger, pages->plan.group_bytes);
    pages->live[cover]++;
    weir_bitmap_clear(&pages->cold, group);
    weir_bitmap_set_range(&pages->warm, weir_pages_first_of(pages, group),
                          weir_pages_in(pages, group));
    weir_bitmap_set(pages->whole, group);
    return weir_pages_first_of(pages, group);
}

/* ── between warm and used ── */

void weir_pages_take_this(weir_pages *pages, weir_page page)
{
    WEIR_ASSERT(weir_bitmap_has(&pages->warm, page));
    weir_bitmap_clear(&pages->warm, page);
    weir_bitmap_clear(pages->whole, page >> pages->plan.group_shift);
    count_used(pages, weir_pages_used(pages) + 1);
    pages->low = weir_min32(pages->low, pages->warm.set);
}

weir_page weir_pages_take(weir_pages *pages)
{
    weir_page page = weir_bitmap_next(&pages->warm, 0);
    if (page == WEIR_BITMAP_NONE) page = weir_pages_warm(pages);
    if (page) weir_pages_take_this(pages, page);
    return page;
}

void weir_pages_put(weir_pages *pages, weir_page page)
{
    uint32_t group = page >> pages->plan.group_shift;
    WEIR_ASSERT(page > 0 && page < pages->plan.pages && !weir_bitmap_has(&pages->warm, page));
    weir_bitmap_set(&pages->warm, page);
    count_used(pages, weir_pages_used(pages) - 1);
    if (weir_bitmap_has_range(&pages->warm, weir_pages_first_of(pages, group),
                              weir_pages_in(pages, group)))
        weir_bitmap_set(pages->whole, group);
}

/* ── from warm to cold ── */

/* Adds a group, or a cover, to a run: to its last piece if they are neighbours. 0: it has no
 * room. */
static int run_add(weir_run *run, uint32_t most_pieces, uint32_t number)
{
    weir_run_piece *last = run->pieces > 0 ? &run->piece[run->pieces - 1] : NULL;
    if (last && number + 1 == last->first) {
        last->first--;
        last->count++;
        return 1;
    }
    if (run->pieces == most_pieces) return 0;
    run->piece[run->pieces++] = (weir_run_piece){.first = number, .count = 1};
    return 1;
}

static void warm_to_transit(weir_pages *pages, uint32_t group)
{
    uint32_t count = weir_pages_in(pages, group);
    weir_bitmap_clear_range(&pages->warm, weir_pages_first_of(pages, group), count);
    weir_bitmap_clear(pages->whole, group);
    pages->in_transit += count;
    pages->low = weir_min32(pages->low, pages->warm.set);
}

static void transit_to_warm(weir_pages *pages, uint32_t group)
{
    uint32_t count = weir_pages_in(pages, group);
    weir_bitmap_set_range(&pages->warm, weir_pages_first_of(pages, group), count);
    weir_bitmap_set(pages->whole, group);
    pages->in_transit -= count;
    weir_ledger_kept(pages->ledger, pages->plan.group_bytes);
}

/* A cover that has no live group left is hidden, to go back itself. */
static void transit_to_cold(weir_pages *pages, uint32_t group, weir_run *covers)
{
    uint32_t cover = group >> pages->plan.cover_shift;
    weir_bitmap_set(&pages->cold, group);
    pages->in_transit -= weir_pages_in(pages, group);
    weir_ledger_gave_back(pages->ledger, pages->plan.group_bytes);
    if (--pages->live[cover] > 0) return;
    uint32_t first, count;
    cover_groups(pages, cover, &first, &count);
    weir_bitmap_clear_range(&pages->cold, first, count);
    int added = run_add(covers, 2 * WEIR_RUN_PIECES, cover);
    WEIR_ASSERT(added);
    (void)added;
}

uint32_t weir_pages_choose(weir_pages *pages, uint32_t below, uint32_t most, weir_run *run)
{
    uint32_t lowest = 0;
    uint32_t in_run = WEIR_RUN_PAGES >> pages->plan.group_shift;
    uint32_t groups = weir_min32(most >> pages->plan.group_shift, in_run > 0 ? in_run : 1);
    run->pieces = 0;
    while (groups-- > 0) {
        uint32_t group = weir_bitmap_previous(pages->whole, below);
        if (group == WEIR_BITMAP_NONE || !run_add(run, WEIR_RUN_PIECES, group)) break;
        warm_to_transit(pages, group);
        lowest = below = group;
    }
    return lowest;
}

void weir_pages_settle(weir_pages *pages, const weir_run *run, weir_run *covers)
{
    covers->pieces = 0;
    for (uint32_t p = 0; p < run->pieces; p++) {
        const weir_run_piece *piece = &run->piece[p];
        for (uint32_t group = piece->first + piece->count; group-- > piece->first;) {
            if (piece->kept)
                transit_to_warm(pages, group);
            else
                transit_to_cold(pages, group, covers);
        }
    }
}

void weir_pages_settle_covers(weir_pages *pages, const weir_run *covers)
{
    for (uint32_t p = 0; p < covers->pieces; p++) {
        const weir_run_piece *piece = &covers->piece[p];
        for (uint32_t cover = piece->first; cover < piece->first + piece->count; cover++) {
            uint32_t first, count;
            cover_groups(pages, cover, &first, &count);
            weir_bitmap_set_range(&pages->cold, first, count);
            if (piece->kept) {
                weir_ledger_kept(pages->ledger, pages->plan.unit_bytes);
                continue;
            }
            weir_bitmap_clear(&pages->described, cover);
            weir_ledger_gave_back(pages->ledger, pages->plan.unit_bytes);
        }
    }
}

/* ── audit ── */

/* A group is cold and has no warm page, or is whole as its pages say. */
static int group_holds(const weir_pages *pages, uint32_t group)
{
    uint32_t first = weir_pages_first_of(pages, group), count = weir_pages_in(pages, group);
    int cold = weir_bitmap_has(&pages->cold, group), whole = weir_bitmap_has(pages->whole, group);
    if (cold) return !whole && weir_bitmap_next(&pages->warm, first) - first >= count;
    if (((uint64_t)group + 1) * pages->plan.group_bytes > pages->page_area.ready) return 0;
    return whole == weir_bitmap_has_range(&pages->warm, first, count);
}

/* Counts a cover's live groups; a cover with one is described, and its descriptors can be
 * touched. */
static int cover_holds(const weir_pages *pages, uint32_t cover, uint32_t *live)
{
    uint32_t first, count;
    cover_groups(pages, cover, &first, &count);
    *live = 0;
    for (uint32_t group = first; group < first + count; group++) {
        if (!group_holds(pages, group)) return 0;
        *live += !weir_bitmap_has(&pages->cold, group);
    }
    if (*live > 0 && !weir_bitmap_has(&pages->described, cover)) return 0;
    if (*live > 0 && (cover + 1) * pages->plan.unit_bytes > pages->cover_area.ready) return 0;
    return *live == pages->live[cover];
}

/* Page 0 is never free; a group of it alone is not even cold. */
static int page_zero_holds(const weir_pages *pages)
{
    return !weir_bitmap_has(&pages->warm, 0) &&
           (pages->plan.group_shift > 0 || !weir_bitmap_has(&pages->cold, 0));
}

int weir_pages_check(const weir_pages *pages, uint64_t outside)
{
    const weir_plan *plan = &pages->plan;
    uint64_t groups = 0;
    if (!weir_bitmap_check(&pages->warm) || !weir_bitmap_check(&pages->cold) ||
        !weir_bitmap_check(pages->whole) || !weir_bitmap_check(&pages->described))
        return 0;
    for (uint32_t cover = 0; cover < plan->covers; cover++) {
        uint32_t live;
        if (!cover_holds(pages, cover, &live)) return 0;
        groups += live;
    }
    uint64_t ours = groups << plan->group_shift;
    if (plan->group_shift > 0 && !weir_bitmap_has(&pages->cold, 0)) ours--;
    return page_zero_holds(pages) && pages->in_transit == 0 && pages->low <= pages->warm.set &&
           ours == (uint64_t)weir_pages_used(pages) + pages->warm.set &&
           weir_ledger_check(pages->ledger) &&
           pages->ledger->committed_bytes ==
               outside + groups * plan->group_bytes + pages->described.set * plan->unit_bytes;
}
