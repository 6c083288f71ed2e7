/* SPDX-License-Identifier: MIT */
#include "hold/clash.h"

#include "hold/contest.h"

#include <string.h>

/* How many of the eight bytes of a number are not 0: the top bit of each byte says so, then they are
 * added up. */
static uint64_t bytes_set(uint64_t number)
{
    const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f), ones = UINT64_C(0x0101010101010101);
    uint64_t tops = (((number & low) + low) | number) & ~low;
    return (tops >> 7) * ones >> 56;
}

uint64_t weir_clash_differing(const uint8_t *a, const uint8_t *b, uint64_t length)
{
    uint64_t differing = 0, i = 0;
    if (memcmp(a, b, length) == 0) return 0;
    for (; i + 8 <= length; i += 8) {
        uint64_t eight, other;
        memcpy(&eight, a + i, 8);
        memcpy(&other, b + i, 8);
        differing += bytes_set(eight ^ other);
    }
    for (; i < length; i++)
        differing += a[i] != b[i];
    return differing;
}

/* Notes how the next `length` bytes differ from those at `stored`, in record `index`, for whoever
 * wants to know: those that go are copied. */
static void note(weir_put *put, const weir_leaf *leaf, uint32_t index, const uint8_t *stored,
                 uint64_t length, int won)
{
    weir_clash *clash = put->clash;
    const uint8_t *fresh = weir_put_data(put);
    uint64_t first = 0, end = length;
    while (stored[first] == fresh[first])
        first++;
    while (stored[end - 1] == fresh[end - 1])
        end--;
    clash->offset = put->result.reached + first;
    clash->length = (uint32_t)(end - first);
    clash->stored_time_ns = weir_leaf_time(leaf, index);
    clash->stored_tag = weir_leaf_slot_at(leaf, index)->tag;
    clash->fresh_won = won;
    if (won) memcpy(clash->gone, stored + first, clash->length);
    clash->kept = won ? fresh + first : stored + first;
    clash->lost = won ? clash->gone : fresh + first;
}

/* Counts and takes the next `length` bytes, which record `index` has at `stored` too. */
static inline void count(weir_put *put, const weir_leaf *leaf, uint32_t index,
                         const uint8_t *stored, uint64_t length, int won)
{
    uint64_t conflict = weir_clash_differing(stored, weir_put_data(put), length);
    if (WEIR_UNLIKELY(put->clash != NULL) && conflict) {
        note(put, leaf, index, stored, length, won);
        put->clash->differing = (uint32_t)conflict;
    }
    put->result.conflict += conflict;
    put->result.duplicate += length - conflict;
    put->result.reached += length;
}

/* Writes the next bytes of the piece over record `index`, all of it. */
static void overwrite(weir_put *put, const weir_leaf *leaf, uint32_t index)
{
    const weir_leaf_slot *slot = weir_leaf_slot_at(leaf, index);
    weir_leaf_entry entry = weir_put_entry(put, weir_leaf_length(slot));
    uint8_t *stored = weir_leaf_data(leaf, slot);
    count(put, leaf, index, stored, entry.length, 1);
    memcpy(stored, entry.data, entry.length);
    weir_leaf_label(leaf, index, &entry);
}

/* Divides a record behind its first `length` bytes. Returns the second part. */
static weir_cursor divide(weir_put *put, weir_cursor at, uint32_t length)
{
    weir_leaf leaf = weir_put_open(put, at.page);
    put->hold->records++;
    if (weir_leaf_room(&leaf) >= 0) {
        weir_leaf_divide(&leaf, at.index, length);
        return (weir_cursor){at.page, at.index + 1};
    }
    weir_page fresh = weir_put_page(put);
    weir_leaf to = weir_put_open(put, fresh);
    weir_leaf_divide_to(&leaf, at.index, length, &to);
    weir_leaves_link(put->hold, put->context, fresh, at.page);
    return (weir_cursor){fresh, 0};
}

/* The piece has won `length` bytes of the record, `skip` bytes behind its begin. */
static weir_hold_refusal replace(weir_put *put, uint32_t skip, uint32_t length)
{
    weir_cursor at = put->at, after;
    weir_leaf leaf = weir_put_open(put, at.page);
    uint32_t whole = weir_leaf_length(weir_leaf_slot_at(&leaf, at.index));
    uint32_t parts = (uint32_t)(skip > 0) + (uint32_t)(skip + length < whole);
    if (put->hold->records + parts > put->records_most) return WEIR_HOLD_RECORDS;
    int crowded = weir_leaf_use(leaf.head) + parts * WEIR_LEAF_SLOT_BYTES > leaf.size;
    if (crowded && !weir_put_reserve(put, parts)) return WEIR_HOLD_PAGE;

    if (skip > 0) at = divide(put, at, skip);
    after = skip + length < whole ? divide(put, at, length) : at;
    leaf = weir_put_open(put, at.page);
    overwrite(put, &leaf, at.index);
    if (crowded) weir_leaves_mend(put->hold, put->context, put->at.page, after.page);
    if (crowded)
        weir_put_locate(put);
    else
        put->at = weir_leaves_next(put->context, at);
    return WEIR_HOLD_TAKEN;
}

weir_hold_refusal weir_clash_settle(weir_put *put)
{
    weir_leaf leaf = weir_put_open(put, put->at.page);
    const weir_leaf_slot *slot = weir_leaf_slot_at(&leaf, put->at.index);
    uint64_t begin = weir_leaves_offset(put->hold, slot), end = begin + weir_leaf_length(slot);
    uint64_t skip = put->result.reached - begin;
    uint64_t length =
        weir_contest_alike(put, weir_min64(end, put->piece->end) - put->result.reached);
    if (weir_contest_won(put, slot)) return replace(put, (uint32_t)skip, (uint32_t)length);
    count(put, &leaf, put->at.index, weir_leaf_data(&leaf, slot) + skip, length, 0);
    if (put->result.reached == end) put->at = weir_leaves_next(put->context, put->at);
    return WEIR_HOLD_TAKEN;
}

void weir_clash_settle_first(weir_put *put, uint64_t length)
{
    weir_leaf leaf = weir_put_open(put, put->hold->head);
    const weir_leaf_slot *slot = weir_leaf_slot_at(&leaf, 0);
    if (!weir_contest_won(put, slot)) {
        count(put, &leaf, 0, weir_leaf_data(&leaf, slot), length, 0);
        return;
    }
    int whole = length == weir_leaf_length(slot);
    if (!whole && weir_leaf_room(&leaf) >= 0) {
        divide(put, (weir_cursor){put->hold->head, 0}, (uint32_t)length);
        whole = 1;
    }
    if (whole) {
        overwrite(put, &leaf, 0);
    } else {
        const uint8_t *data = weir_put_data(put);
        count(put, &leaf, 0, weir_leaf_data(&leaf, slot), length, 1);
        memcpy(weir_leaf_data(&leaf, slot), data, length);
    }
}
