/* SPDX-License-Identifier: MIT */
#include "hold/gap.h"

/* The rest of a page is filled with a part of a piece only if it is worth a slot and a span: a
 * 16th of the page. */
#define WORTH_FILLING(size) ((int32_t)((size) / 16))

typedef enum { TO_LEFT, TO_RIGHT, FILL_LEFT, OWN_PAGE } target;

/* How a piece goes between two pages with room for records of these lengths (negative: none). */
static target choose(int64_t left_room, int64_t right_room, uint64_t length, uint32_t size)
{
    if ((int64_t)length <= left_room) return TO_LEFT;
    if ((int64_t)length <= right_room) return TO_RIGHT;
    return left_room >= WORTH_FILLING(size) ? FILL_LEFT : OWN_PAGE;
}

static int32_t room_of(const weir_put *put, weir_page page)
{
    if (!page) return -1;
    weir_leaf leaf = weir_put_open(put, page);
    return weir_leaf_room(&leaf);
}

/* Makes the next bytes of the piece a record. */
static void insert(weir_put *put, weir_page page, uint32_t index, uint64_t length)
{
    weir_leaf leaf = weir_put_open(put, page);
    weir_leaf_entry entry = weir_put_entry(put, length);
    weir_put_count(put, length, length);
    weir_leaf_insert(&leaf, index, &entry);
}

static void insert_last(weir_put *put, weir_page page, uint64_t length)
{
    insert(put, page, weir_leaf_head_of(put->context->stock, page)->slots, length);
}

/* Follows the target chosen, for which a page is reserved if it needs one. `at` remains the first
 * record of `right`. */
static void place(weir_put *put, target chosen, weir_page left, weir_page right, uint64_t length)
{
    switch (chosen) {
    case TO_LEFT:
        insert_last(put, left, length);
        break;
    case TO_RIGHT:
        insert(put, right, 0, length);
        put->at.index = 1;
        break;
    case FILL_LEFT:
        insert_last(put, left, (uint64_t)room_of(put, left));
        break;
    case OWN_PAGE: {
        weir_page page = weir_put_page(put);
        weir_leaf leaf = weir_put_open(put, page);
        insert(put, page, 0, weir_min64(length, leaf.size - WEIR_LEAF_SLOT_BYTES));
        weir_leaves_link(put->hold, put->context, page, left);
    }
    }
}

static weir_hold_refusal fill_between(weir_put *put, weir_page left, weir_page right,
                                      uint64_t length)
{
    target chosen = choose(room_of(put, left), room_of(put, right), length,
                           weir_page_bytes(put->context->stock));
    if (chosen == OWN_PAGE && !weir_put_reserve(put, 1)) return WEIR_HOLD_PAGE;
    place(put, chosen, left, right, length);
    return WEIR_HOLD_TAKEN;
}

/* ── inside a page ── */

static uint32_t use_before(const weir_leaf *leaf, uint32_t index)
{
    uint32_t use = index * WEIR_LEAF_SLOT_BYTES;
    for (uint32_t i = 0; i < index; i++)
        use += weir_leaf_length(weir_leaf_slot_at(leaf, i));
    return use;
}

/* Where to split a page for a piece that belongs before record `index`, neither the first nor
 * behind the last. */
static uint32_t split_point(const weir_leaf *leaf, uint32_t index, uint64_t length)
{
    if (weir_leaf_is_newest(leaf, index - 1) || weir_leaf_is_newest(leaf, index)) return index;
    uint32_t middle = weir_leaf_middle(leaf), before = use_before(leaf, middle);
    uint32_t half = index < middle ? before : weir_leaf_use(leaf->head) - before;
    return half + WEIR_LEAF_SLOT_BYTES + length <= leaf->size ? middle : index;
}

static void fill_half(weir_put *put, weir_page left, weir_page right, uint32_t split,
                      uint64_t length)
{
    if (put->at.index < split)
        insert(put, left, put->at.index, length);
    else
        insert(put, right, put->at.index - split, length);
}

static weir_hold_refusal split_and_fill(weir_put *put, const weir_leaf *leaf, uint64_t length)
{
    weir_page page = put->at.page;
    uint32_t index = put->at.index, split = split_point(leaf, index, length);
    int64_t room = (int64_t)leaf->size - WEIR_LEAF_SLOT_BYTES, use = use_before(leaf, split);
    target chosen =
        choose(room - use, room - (weir_leaf_use(leaf->head) - use), length, leaf->size);
    uint32_t pages = split == index && chosen == OWN_PAGE ? 2 : 1;
    if (!weir_put_reserve(put, pages)) return WEIR_HOLD_PAGE;
    weir_page fresh = weir_put_page(put);
    weir_leaves_split(put->hold, put->context, page, split, fresh);
    if (split == index)
        place(put, chosen, page, fresh, length);
    else
        fill_half(put, page, fresh, split, length);
    weir_leaves_mend(put->hold, put->context, page, fresh);
    weir_put_locate(put);
    return WEIR_HOLD_TAKEN;
}

static weir_hold_refusal fill_inside(weir_put *put, uint64_t length)
{
    weir_leaf leaf = weir_put_open(put, put->at.page);
    if ((int64_t)length > weir_leaf_room(&leaf)) return split_and_fill(put, &leaf, length);
    insert(put, put->at.page, put->at.index, length);
    put->at.index++;
    return WEIR_HOLD_TAKEN;
}

weir_hold_refusal weir_gap_fill(weir_put *put, uint64_t end)
{
    uint64_t length = weir_min64(end - put->result.reached, put->bytes_left);
    if (length == 0) return WEIR_HOLD_BYTES;
    if (put->hold->records >= put->records_most) return WEIR_HOLD_RECORDS;
    if (put->at.index > 0) return fill_inside(put, length);
    weir_page right = put->at.page;
    weir_page left =
        right ? weir_leaf_head_of(put->context->stock, right)->previous : put->hold->tail;
    return fill_between(put, left, right, length);
}
