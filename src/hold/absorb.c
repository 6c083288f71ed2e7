/* SPDX-License-Identifier: MIT */
#include "hold/absorb.h"

#include "hold/contest.h"

#include <string.h>

/* What one record can replace, counted from `reached` on. */
typedef struct {
    uint32_t length;
    uint32_t fresh;    /* bytes of it that are not held yet */
    uint32_t records;  /* that it covers … */
    weir_cursor after; /* … up to this one, … */
    uint32_t next;     /* … which begins here */
} window;

typedef struct {
    uint32_t origin;      /* `reached`, as slots have it */
    uint32_t length;      /* of piece and page */
    uint32_t fresh;       /* bytes that may be held */
    const weir_put *each; /* whose policy asks about each record; NULL: it does not */
} limits;

static uint32_t min_of(uint64_t a, uint32_t b)
{
    return (uint32_t)weir_min64(a, b);
}

static limits limits_of(const weir_put *put)
{
    uint32_t page = weir_page_bytes(put->context->stock) - WEIR_LEAF_SLOT_BYTES;
    uint64_t length = weir_min64(put->piece->end - put->result.reached, page);
    int each = put->edges == WEIR_EDGES_SENT;
    int gaps = each || put->edges != WEIR_EDGES_RUN || put->result.reached >= put->from;
    return (limits){.origin = weir_leaves_short(put->hold, put->result.reached),
                    .length = (uint32_t)weir_contest_alike(put, length),
                    .fresh = gaps ? min_of(put->bytes_left, page) : 0,
                    .each = each ? put : NULL};
}

/* Widens the window over the records of one page. 0 if it ends there. A record that begins
 * before `reached` seems to begin far beyond, and ends it. */
static int cover_page(const weir_leaf *leaf, const limits *most, window *found)
{
    uint32_t index = found->after.index, length = found->length, fresh = found->fresh, begin = 0;
    for (; index < leaf->head->slots; index++) {
        const weir_leaf_slot *slot = weir_leaf_slot_at(leaf, index);
        begin = slot->offset - most->origin;
        uint32_t end = begin + weir_leaf_length(slot), more = fresh + begin - length;
        if (end > most->length || more > most->fresh) break;
        if (most->each && !weir_contest_won(most->each, slot)) break;
        fresh = more;
        length = end;
    }
    found->records += index - found->after.index;
    found->after.index = index;
    found->length = length;
    found->fresh = fresh;
    found->next = begin;
    return index == leaf->head->slots;
}

/* Covers records as long as piece, page and room allow, then what of the gap behind them they
 * allow. */
static window survey(const weir_put *put)
{
    limits most = limits_of(put);
    window found = {.after = put->at};
    while (found.after.page) {
        weir_leaf leaf = weir_put_open(put, found.after.page);
        if (!cover_page(&leaf, &most, &found)) break;
        found.after = (weir_cursor){leaf.head->next, 0};
        found.next = UINT32_MAX;
    }
    uint32_t gap =
        weir_min32(weir_min32(found.next, most.length) - found.length, most.fresh - found.fresh);
    found.length += gap;
    found.fresh += gap;
    return found;
}

/* Writes the bytes held over those of the run if they stay. Returns how many differ. Records are
 * short here: a loop is quicker than calls. */
static uint32_t patch(uint8_t *run, const uint8_t *held, uint32_t length, int stay)
{
    uint32_t differing = 0;
    for (uint32_t i = 0; i < length; i++) {
        differing += run[i] != held[i];
        if (stay) run[i] = held[i];
    }
    return differing;
}

/* 1 if one of the records covered differs from the piece. */
static int differs(const weir_put *put, const window *found)
{
    uint32_t origin = weir_leaves_short(put->hold, put->result.reached);
    weir_cursor at = put->at;
    for (uint32_t left = found->records; left > 0; left--) {
        weir_leaf leaf = weir_put_open(put, at.page);
        const weir_leaf_slot *slot = weir_leaf_slot_at(&leaf, at.index);
        const uint8_t *fresh = weir_put_data(put) + (uint32_t)(slot->offset - origin);
        if (memcmp(fresh, weir_leaf_data(&leaf, slot), weir_leaf_length(slot)) != 0) return 1;
        at = weir_leaves_next(put->context, at);
    }
    return 0;
}

/* Meets records [from, to) of a page, of which slots give the place in the run. Returns how many
 * bytes differ. */
static uint32_t patch_page(const weir_leaf *leaf, uint32_t from, uint32_t to, uint8_t *run,
                           uint32_t origin, int stay)
{
    const weir_leaf_slot *slot = weir_leaf_slot_at(leaf, from);
    uint32_t differing = 0;
    for (uint32_t left = to - from; left > 0; left--, slot++)
        differing += patch(run + (slot->offset - origin), weir_leaf_data(leaf, slot),
                           weir_leaf_length(slot), stay);
    return differing;
}

/* Meets all covered records. Returns how many bytes differ. */
static uint32_t patch_all(const weir_put *put, const window *found, uint8_t *run)
{
    uint32_t origin = weir_leaves_short(put->hold, put->result.reached), differing = 0;
    weir_cursor at = put->at;
    weir_leaf leaf = weir_put_open(put, at.page);
    int stay = !weir_contest_won(put, weir_leaf_slot_at(&leaf, at.index));
    while (at.page != found->after.page) {
        differing += patch_page(&leaf, at.index, leaf.head->slots, run, origin, stay);
        at = (weir_cursor){leaf.head->next, 0};
        if (at.page) leaf = weir_put_open(put, at.page);
    }
    if (!at.page) return differing;
    return differing + patch_page(&leaf, at.index, found->after.index, run, origin, stay);
}

/* The covered records go. Of a page that keeps records on both sides, those behind go to a
 * reserved page. Returns the page before. */
static weir_page remove_records(weir_put *put, weir_cursor from, weir_cursor to)
{
    weir_leaf leaf = weir_put_open(put, from.page);
    weir_page previous = leaf.head->previous;
    if (from.page == to.page && from.index == 0) {
        weir_leaf_drop_first(&leaf, to.index);
        return previous;
    }
    if (from.page == to.page)
        weir_leaves_split(put->hold, put->context, from.page, to.index, weir_put_page(put));
    while (leaf.head->next != to.page && from.page != to.page)
        weir_leaves_unlink(put->hold, put->context, leaf.head->next);
    if (to.page && to.page != from.page && to.index > 0) {
        weir_leaf last = weir_put_open(put, to.page);
        weir_leaf_drop_first(&last, to.index);
    }
    if (from.index > 0) {
        weir_leaf_drop_from(&leaf, from.index);
        return from.page;
    }
    weir_leaves_unlink(put->hold, put->context, from.page);
    return previous;
}

static void replace(weir_put *put, const window *found)
{
    weir_page page = weir_put_page(put);
    weir_leaf run = weir_put_open(put, page);
    weir_leaf_entry entry = weir_put_entry(put, found->length);
    weir_leaf_insert(&run, 0, &entry);
    uint32_t conflict = patch_all(put, found, run.bytes);
    put->result.conflict += conflict;
    put->result.duplicate += found->length - found->fresh - conflict;
    weir_put_count(put, found->length, found->fresh);
    put->hold->records -= found->records;

    weir_page before = remove_records(put, put->at, found->after);
    weir_leaves_link(put->hold, put->context, page, before);
    weir_leaves_mend(put->hold, put->context, before ? before : page,
                     run.head->next ? run.head->next : page);
    weir_put_locate(put);
}

/* 1 if records stay whose edges will be asked for. */
static int keeps_edges(const weir_put *put)
{
    uint64_t reached = put->result.reached;
    return put->edges == WEIR_EDGES_TRIMMED && (reached < put->from || reached >= put->to);
}

int weir_absorb_window(weir_put *put)
{
    if (put->piecemeal || keeps_edges(put)) return 0;
    if (put->clash && put->result.reached < put->apart) return 0;
    window found = survey(put);
    if (found.records <= WEIR_ABSORB_RECORDS) return 0;
    if (put->clash && differs(put, &found)) {
        put->apart = put->result.reached + found.length;
        return 0;
    }
    uint32_t pages = put->at.page == found.after.page && put->at.index > 0 ? 2 : 1;
    put->piecemeal = !weir_put_reserve(put, pages);
    if (put->piecemeal) return 0;
    replace(put, &found);
    return 1;
}
