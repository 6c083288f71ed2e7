/* SPDX-License-Identifier: MIT */
#include "hold/leaf.h"

#include <string.h>

/* weir_leaf_slot.place: length, position, flags. */
#define POSITION_SHIFT 14
#define FLAG_CUT       (UINT32_C(1) << 28)
#define FLAG_BEFORE    (UINT32_C(1) << 29) /* the time is before the base */
#define SCALE_SHIFT    30                  /* the time is in units of 2^(10 x this) ns */
#define SCALE_MOST     2u
#define TIME_FLAGS     (FLAG_BEFORE | UINT32_C(3) << SCALE_SHIFT)

/* ── the free middle of a page is nobody's ── */

static void open_middle(const weir_leaf *leaf)
{
    weir_unpoison(leaf->bytes, leaf->size);
}

static uint32_t middle_bytes(const weir_leaf *leaf)
{
    return leaf->size - leaf->head->fill - WEIR_LEAF_SLOT_BYTES * leaf->head->slots;
}

static void close_middle(const weir_leaf *leaf)
{
    weir_poison(leaf->bytes + leaf->head->fill, middle_bytes(leaf));
}

/* ── time ── */

static uint64_t base_of(const weir_leaf *leaf)
{
    const weir_leaf_head *head = leaf->head;
    return ((uint64_t)head->base_high << 32 | head->base_low) << WEIR_LEAF_BASE_SHIFT;
}

static void set_base(const weir_leaf *leaf, uint64_t time_ns)
{
    uint64_t base = time_ns >> WEIR_LEAF_BASE_SHIFT;
    leaf->head->base_high = (uint16_t)(base >> 32);
    leaf->head->base_low = (uint32_t)base;
}

/* Sign and magnitude, so that coarse stamps survive a change of base unharmed: bases are
 * multiples of all units. */
static void stamp(const weir_leaf *leaf, weir_leaf_slot *slot, uint64_t time_ns)
{
    uint64_t base = base_of(leaf);
    uint64_t distance = time_ns < base ? base - time_ns : time_ns - base;
    uint32_t scale = 0;
    for (; distance > UINT32_MAX && scale < SCALE_MOST; scale++)
        distance >>= 10;
    slot->time = (uint32_t)weir_min64(distance, UINT32_MAX);
    slot->place &= ~TIME_FLAGS;
    slot->place |= scale << SCALE_SHIFT | (time_ns < base ? FLAG_BEFORE : 0);
}

uint64_t weir_leaf_time(const weir_leaf *leaf, uint32_t index)
{
    const weir_leaf_slot *slot = weir_leaf_slot_at(leaf, index);
    uint64_t distance = (uint64_t)slot->time << 10 * (slot->place >> SCALE_SHIFT);
    return slot->place & FLAG_BEFORE ? base_of(leaf) - distance : base_of(leaf) + distance;
}

/* ── slots ── */

static void set_length(weir_leaf_slot *slot, uint32_t length)
{
    slot->place = (slot->place & ~(uint32_t)0x3fff) | length;
}

static void set_position(weir_leaf_slot *slot, uint32_t position)
{
    slot->place &= ~((uint32_t)0x3fff << POSITION_SHIFT);
    slot->place |= position << POSITION_SHIFT;
}

/* Makes way for `count` new slots in front of slot `index`. Returns the first of them. */
static weir_leaf_slot *open_slots(const weir_leaf *leaf, uint32_t index, uint32_t count)
{
    weir_leaf_slot *first = weir_leaf_slot_at(leaf, 0);
    if (index > 0) memmove(first - count, first, index * sizeof(weir_leaf_slot));
    leaf->head->slots = (uint16_t)(leaf->head->slots + count);
    return first - count + index;
}

/* Slots from `index` on go. */
static void close_slots(const weir_leaf *leaf, uint32_t index)
{
    weir_leaf_slot *first = weir_leaf_slot_at(leaf, 0);
    memmove(first + (leaf->head->slots - index), first, index * sizeof(weir_leaf_slot));
    leaf->head->slots = (uint16_t)index;
}

static void set_label(const weir_leaf *leaf, weir_leaf_slot *slot, const weir_leaf_entry *entry)
{
    slot->tag = entry->tag;
    slot->left = (uint16_t)entry->left;
    slot->right = (uint16_t)entry->right;
    slot->place = (slot->place & ~FLAG_CUT) | (entry->cut ? FLAG_CUT : 0);
    stamp(leaf, slot, entry->time_ns);
}

void weir_leaf_label(const weir_leaf *leaf, uint32_t index, const weir_leaf_entry *entry)
{
    set_label(leaf, weir_leaf_slot_at(leaf, index), entry);
}

/* ── room ── */

static void add_live(const weir_leaf *leaf, uint32_t bytes)
{
    leaf->head->live = (uint16_t)(leaf->head->live + bytes);
}

static void subtract_live(const weir_leaf *leaf, uint32_t bytes)
{
    leaf->head->live = (uint16_t)(leaf->head->live - bytes);
}

static uint32_t bytes_between(const weir_leaf *leaf, uint32_t from, uint32_t to)
{
    uint32_t bytes = 0;
    for (uint32_t i = from; i < to; i++)
        bytes += weir_leaf_length(weir_leaf_slot_at(leaf, i));
    return bytes;
}

/* Moves the records' bytes together, in the order of the stream. By way of the stack: a page to
 * copy to might be refused, and what is held must not depend on that. */
static void compact(const weir_leaf *leaf)
{
    uint8_t scratch[WEIR_LEAF_BYTES_MOST];
    uint32_t fill = 0;
    for (uint32_t i = 0; i < leaf->head->slots; i++) {
        weir_leaf_slot *slot = weir_leaf_slot_at(leaf, i);
        memcpy(scratch + fill, weir_leaf_data(leaf, slot), weir_leaf_length(slot));
        set_position(slot, fill);
        fill += weir_leaf_length(slot);
    }
    memcpy(leaf->bytes, scratch, fill);
    leaf->head->fill = (uint16_t)fill;
}

static void want_middle(const weir_leaf *leaf, uint32_t bytes)
{
    if (WEIR_UNLIKELY(middle_bytes(leaf) < bytes)) compact(leaf);
    WEIR_ASSERT(middle_bytes(leaf) >= bytes);
}

void weir_leaf_insert(const weir_leaf *leaf, uint32_t index, const weir_leaf_entry *entry)
{
    weir_leaf_head *head = leaf->head;
    want_middle(leaf, entry->length + WEIR_LEAF_SLOT_BYTES);
    open_middle(leaf);
    if (head->slots == 0) set_base(leaf, entry->time_ns);
    if (index == 0) head->first = entry->offset;
    weir_leaf_slot *slot = open_slots(leaf, index, 1);
    slot->offset = entry->offset;
    slot->place = entry->length | (uint32_t)head->fill << POSITION_SHIFT;
    set_label(leaf, slot, entry);
    memcpy(leaf->bytes + head->fill, entry->data, entry->length);
    head->fill = (uint16_t)(head->fill + entry->length);
    add_live(leaf, entry->length);
    close_middle(leaf);
}

/* ── dividing and moving ── */

/* What the part of a record from `length` on would be, as an entry of its own. */
static weir_leaf_entry rest_of(const weir_leaf *leaf, uint32_t index, uint32_t length)
{
    const weir_leaf_slot *slot = weir_leaf_slot_at(leaf, index);
    return (weir_leaf_entry){.data = weir_leaf_data(leaf, slot) + length,
                             .offset = slot->offset + length,
                             .length = weir_leaf_length(slot) - length,
                             .time_ns = weir_leaf_time(leaf, index),
                             .tag = slot->tag,
                             .left = weir_leaf_edge((uint64_t)slot->left + length),
                             .right = slot->right,
                             .cut = weir_leaf_is_cut(slot)};
}

/* Leaves record `index` its first `length` bytes. */
static void shorten(weir_leaf_slot *slot, uint32_t length)
{
    slot->right = (uint16_t)weir_leaf_edge((uint64_t)slot->right + weir_leaf_length(slot) - length);
    slot->place &= ~FLAG_CUT;
    set_length(slot, length);
}

void weir_leaf_divide(const weir_leaf *leaf, uint32_t index, uint32_t length)
{
    WEIR_ASSERT(length > 0 && length < weir_leaf_length(weir_leaf_slot_at(leaf, index)));
    want_middle(leaf, WEIR_LEAF_SLOT_BYTES);
    open_middle(leaf);
    weir_leaf_slot *second = open_slots(leaf, index + 1, 1);
    weir_leaf_slot *first = weir_leaf_slot_at(leaf, index);
    *second = *first;
    second->offset += length;
    second->left = (uint16_t)weir_leaf_edge((uint64_t)first->left + length);
    set_length(second, weir_leaf_length(first) - length);
    set_position(second, weir_leaf_position(first) + length);
    shorten(first, length);
    close_middle(leaf);
}

void weir_leaf_divide_to(const weir_leaf *leaf, uint32_t index, uint32_t length,
                         const weir_leaf *to)
{
    weir_leaf_entry rest = rest_of(leaf, index, length);
    weir_leaf_insert(to, 0, &rest);
    weir_leaf_move(leaf, index + 1, to);
    shorten(weir_leaf_slot_at(leaf, index), length);
    subtract_live(leaf, rest.length);
}

/* Record `index` goes to the end of the leaf `to`, where it gets this slot. */
static void append_copy(const weir_leaf *leaf, uint32_t index, const weir_leaf *to,
                        weir_leaf_slot *slot)
{
    weir_leaf_head *head = to->head;
    const weir_leaf_slot *old = weir_leaf_slot_at(leaf, index);
    uint32_t length = weir_leaf_length(old);
    memcpy(to->bytes + head->fill, weir_leaf_data(leaf, old), length);
    *slot = *old;
    set_position(slot, head->fill);
    if (base_of(to) != base_of(leaf)) stamp(to, slot, weir_leaf_time(leaf, index));
    head->fill = (uint16_t)(head->fill + length);
    add_live(to, length);
}

void weir_leaf_move(const weir_leaf *leaf, uint32_t index, const weir_leaf *to)
{
    uint32_t slots = leaf->head->slots, bytes = bytes_between(leaf, index, slots);
    if (index == slots) return;
    want_middle(to, bytes + (slots - index) * WEIR_LEAF_SLOT_BYTES);
    open_middle(to);
    if (to->head->slots == 0) {
        set_base(to, base_of(leaf));
        to->head->first = weir_leaf_slot_at(leaf, index)->offset;
    }
    weir_leaf_slot *slot = open_slots(to, to->head->slots, slots - index);
    for (uint32_t i = index; i < slots; i++)
        append_copy(leaf, i, to, slot++);
    close_slots(leaf, index);
    subtract_live(leaf, bytes);
    close_middle(leaf);
    close_middle(to);
}

/* ── forgetting ── */

uint32_t weir_leaf_drop_first(const weir_leaf *leaf, uint32_t count)
{
    uint32_t slots = leaf->head->slots, bytes = bytes_between(leaf, 0, count);
    WEIR_ASSERT(count < slots);
    leaf->head->slots = (uint16_t)(slots - count);
    leaf->head->first = weir_leaf_slot_at(leaf, 0)->offset;
    subtract_live(leaf, bytes);
    close_middle(leaf);
    return bytes;
}

uint32_t weir_leaf_drop_from(const weir_leaf *leaf, uint32_t index)
{
    uint32_t bytes = bytes_between(leaf, index, leaf->head->slots);
    WEIR_ASSERT(index > 0);
    close_slots(leaf, index);
    subtract_live(leaf, bytes);
    close_middle(leaf);
    return bytes;
}

void weir_leaf_trim(const weir_leaf *leaf, uint32_t bytes)
{
    weir_leaf_slot *slot = weir_leaf_slot_at(leaf, 0);
    WEIR_ASSERT(bytes < weir_leaf_length(slot));
    slot->offset += bytes;
    slot->left = (uint16_t)weir_leaf_edge((uint64_t)slot->left + bytes);
    set_position(slot, weir_leaf_position(slot) + bytes);
    set_length(slot, weir_leaf_length(slot) - bytes);
    leaf->head->first = slot->offset;
    subtract_live(leaf, bytes);
}

/* ── looking ── */

/* How often it goes round does not depend on what is found: nothing for the processor to guess. Both
 * slots that the next round may look at are asked for, so that a leaf which is far away costs half of
 * the waits. */
uint32_t weir_leaf_find(const weir_leaf *leaf, uint32_t origin, uint32_t offset)
{
    const weir_leaf_slot *first = weir_leaf_slot_at(leaf, 0), *low = first;
    uint32_t at = offset - origin;
    for (uint32_t count = leaf->head->slots; count > 1;) {
        uint32_t half = count / 2;
        const weir_leaf_slot *middle = low + half;
        uint32_t next = (count - half) / 2;
        WEIR_PREFETCH(middle + next);
        WEIR_PREFETCH(low + next);
        low = middle->offset - origin <= at ? middle : low;
        count -= half;
    }
    uint32_t ends_before = low->offset - origin + weir_leaf_length(low) <= at;
    return (uint32_t)(low - first) + ends_before;
}

uint32_t weir_leaf_middle(const weir_leaf *leaf)
{
    uint32_t half = weir_leaf_use(leaf->head) / 2, used = 0, index = 0;
    for (; index < leaf->head->slots && used < half; index++)
        used += WEIR_LEAF_SLOT_BYTES + weir_leaf_length(weir_leaf_slot_at(leaf, index));
    return index;
}

/* ── checking ── */

/* Marks the bytes of a record in `seen`; 0 if one was marked before. */
static int mark_bytes(uint64_t *seen, const weir_leaf_slot *slot)
{
    uint32_t end = weir_leaf_position(slot) + weir_leaf_length(slot);
    for (uint32_t i = weir_leaf_position(slot); i < end; i++) {
        if (seen[i / 64] >> i % 64 & 1) return 0;
        seen[i / 64] |= UINT64_C(1) << i % 64;
    }
    return 1;
}

int weir_leaf_check(const weir_leaf *leaf, uint32_t origin)
{
    const weir_leaf_head *head = leaf->head;
    uint64_t seen[WEIR_LEAF_BYTES_MOST / 64] = {0};
    uint64_t end = 0;
    uint32_t live = 0;
    if (head->slots == 0 || head->fill + WEIR_LEAF_SLOT_BYTES * head->slots > leaf->size) return 0;
    if (head->first != weir_leaf_slot_at(leaf, 0)->offset) return 0;
    for (uint32_t i = 0; i < head->slots; i++) {
        const weir_leaf_slot *slot = weir_leaf_slot_at(leaf, i);
        uint32_t length = weir_leaf_length(slot);
        uint64_t begin = slot->offset - origin;
        if (begin < end || length == 0) return 0;
        if (weir_leaf_position(slot) + length > head->fill || !mark_bytes(seen, slot)) return 0;
        end = begin + length;
        live += length;
    }
    return live == head->live;
}
