/* SPDX-License-Identifier: MIT */
#include "rooms/fragments.h"

#include <string.h>

#include "lenses/overlap.h"
#include "rooms/core.h"
#include "hold/leaves.h"

#define GO_ON        (-4) /* between the stages */
#define PROTOCOL_TCP 6

static weir_parcel *in_hand(const weir_core *core)
{
    return weir_parcel_at(&core->fragments.all, core->fragments.all.busy);
}

static uint32_t end_of(const weir_fragment *piece)
{
    return piece->offset + piece->bytes + piece->missing;
}

void weir_fragments_init(weir_core *core, const weir_siphash_key *key)
{
    core->fragments = (weir_fragments){.stage = WEIR_FRAGMENTS_NEW};
    weir_parcels_init(&core->fragments.all, core->stock, key);
}

/* ── packets end ── */

/* What waited in it is ignored. */
static void release(weir_core *core, weir_slot slot, int cause)
{
    uint32_t pieces = weir_parcel_at(&core->fragments.all, slot)->pieces;
    weir_discount(&core->stats.fragments_held, pieces);
    weir_count(&core->stats.ignored_packets[cause], pieces);
    weir_parcel_empty(&core->fragments.all, slot);
}

static void drop(weir_core *core, weir_slot slot)
{
    release(core, slot, WEIR_IGNORED_FRAGMENT);
    weir_parcel_close(&core->fragments.all, slot);
}

/* The packet in hand will not be joined. Returns the cause, for the piece. */
static int spoil(weir_core *core, int cause, uint64_t *counter)
{
    weir_parcel *parcel = in_hand(core);
    if (counter) weir_count(counter, 1);
    release(core, core->fragments.all.busy, cause);
    parcel->state = WEIR_PARCEL_SPOILED;
    parcel->cause = (uint8_t)cause;
    return cause;
}

static uint64_t deadline_of(const weir_core *core, const weir_parcel_list *list)
{
    if (!list->head) return WEIR_NEVER;
    const weir_parcel *parcel = weir_parcel_at(&core->fragments.all, list->head);
    uint64_t delay = parcel->state == WEIR_PARCEL_JOINED ? WEIR_PARCEL_TWICE_NS
                                                         : core->config.fragment_timeout_ns;
    return weir_add_saturating(parcel->since_ns, delay);
}

uint64_t weir_fragments_deadline(const weir_core *core)
{
    const weir_parcels *all = &core->fragments.all;
    return weir_min64(deadline_of(core, &all->waiting), deadline_of(core, &all->joined));
}

static void time_out(weir_core *core, weir_slot slot)
{
    int open = weir_parcel_at(&core->fragments.all, slot)->state == WEIR_PARCEL_OPEN;
    weir_count(&core->stats.timed_out_datagrams, open != 0);
    drop(core, slot);
}

int weir_fragments_run(weir_core *core)
{
    weir_parcels *all = &core->fragments.all;
    if (deadline_of(core, &all->joined) <= core->now_ns)
        drop(core, all->joined.head);
    else if (deadline_of(core, &all->waiting) <= core->now_ns)
        time_out(core, all->waiting.head);
    else
        return 0;
    return 1;
}

int weir_fragments_drop_oldest(weir_core *core)
{
    weir_parcels *all = &core->fragments.all;
    weir_slot slot = all->waiting.head;
    if (slot && slot == all->busy) slot = weir_parcel_at(all, slot)->next;
    if (!slot) slot = all->joined.head;
    if (!slot) return 0;
    int open = weir_parcel_at(all, slot)->state == WEIR_PARCEL_OPEN;
    weir_count(&core->stats.evicted_datagrams, open != 0);
    drop(core, slot);
    return 1;
}

int weir_fragments_abandon(weir_core *core)
{
    weir_fragments *own = &core->fragments;
    weir_count(&core->stats.evicted_datagrams, 1);
    if (own->all.busy) drop(core, own->all.busy);
    own->stage = WEIR_FRAGMENTS_NEW;
    own->opened = 0;
    return WEIR_IGNORED_FRAGMENT;
}

void weir_fragments_flush(weir_core *core)
{
    weir_parcels *all = &core->fragments.all;
    while (all->waiting.head)
        drop(core, all->waiting.head);
    while (all->joined.head)
        drop(core, all->joined.head);
}

/* Of the two lists one ends with it; only that can still be of the time before. */
void weir_fragments_restamp(weir_core *core)
{
    weir_parcels *all = &core->fragments.all;
    if (!core->fragments.opened || !all->waiting.tail) return;
    weir_parcel_at(all, all->waiting.tail)->since_ns = core->now_ns;
}

/* ── a piece is judged ── */

/* What the lenses make of a first piece if `extra` bytes more follow. */
static int look_ahead(const weir_decoding *how, const weir_fragment *piece, uint32_t extra)
{
    weir_decoding quiet = *how;
    weir_fragment front = *piece;
    weir_decoded decoded;
    quiet.checksum = WEIR_CHECKSUM_OFF;
    front.more = 0;
    front.missing += extra;
    return weir_decode_joined(&quiet, &front, &decoded);
}

static int judge_first(weir_core *core, const weir_decoding *how, const weir_fragment *piece)
{
    int far = look_ahead(how, piece, WEIR_PARCEL_BYTES_MOST - end_of(piece));
    if (far == WEIR_IGNORED_NOT_TCP || far == WEIR_IGNORED_TUNNEL) return spoil(core, far, NULL);
    if (far != WEIR_IGNORED_TRUNCATED_HEADER) return GO_ON;
    if (look_ahead(how, piece, 0) != WEIR_IGNORED_MALFORMED) return GO_ON; /* the capture cut it */
    weir_count(&core->stats.fragments_tiny, 1);
    return piece->family == 6 ? spoil(core, WEIR_IGNORED_FRAGMENT, NULL) : GO_ON;
}

static int ends_contradict(const weir_parcel *parcel, const weir_fragment *piece)
{
    uint32_t end = end_of(piece);
    if (parcel->end && (piece->more ? end > parcel->end : end != parcel->end)) return 1;
    return !piece->more && parcel->reach > end;
}

/* The record in front of that one; page 0: none. */
static weir_cursor before(const weir_parcels *all, const weir_hold *hold, weir_cursor at)
{
    if (at.page && at.index > 0) return (weir_cursor){at.page, at.index - 1};
    const weir_stock *stock = all->context.stock;
    weir_page page = at.page ? weir_leaf_head_of(stock, at.page)->previous : hold->tail;
    return (weir_cursor){page, page ? weir_leaf_head_of(stock, page)->slots - 1u : 0};
}

/* Where the piece that a record came with began and ended on the wire. */
static weir_extent extent_of(const weir_parcels *all, const weir_hold *hold, weir_cursor at)
{
    weir_leaf leaf = weir_leaf_open(all->context.stock, at.page);
    const weir_leaf_slot *slot = weir_leaf_slot_at(&leaf, at.index);
    uint64_t begin = weir_leaves_offset(hold, slot);
    return (weir_extent){begin - slot->left, begin + weir_leaf_length(slot) + slot->right};
}

/* 1 if the piece overlaps one that is held. Of pieces that do not, each has the records between its
 * begin and its end: the two neighbours of a place tell. *twice: it is the same by place and
 * length. */
static int overlaps(const weir_parcels *all, const weir_hold *hold, const weir_fragment *piece,
                    uint8_t *twice)
{
    *twice = 0;
    if (!hold->records) return 0;
    weir_cursor after = weir_leaves_find(hold, &all->context, piece->offset);
    weir_cursor front = before(all, hold, after);
    if (after.page) {
        weir_extent other = extent_of(all, hold, after);
        *twice = other.begin == piece->offset && other.end == end_of(piece);
        if (other.begin < end_of(piece)) return 1;
    }
    return front.page && extent_of(all, hold, front).end > piece->offset;
}

/* Overlaps that nothing can be made of: of IPv6, and where the capture cut something. */
static int judge_place(weir_core *core, const weir_fragment *piece)
{
    weir_fragments *own = &core->fragments;
    weir_parcel *parcel = in_hand(core);
    int cut = parcel->missing > 0 || piece->missing > 0;
    int other = overlaps(&own->all, &parcel->hold, piece, &own->twice) && !own->twice;
    if (cut && parcel->overlapped)
        return spoil(core, WEIR_IGNORED_FRAGMENT, &core->stats.cut_datagrams);
    if (!other || (!own->strict && !cut)) return GO_ON;
    weir_count(&core->stats.fragments_overlapping, 1);
    return spoil(core, WEIR_IGNORED_FRAGMENT,
                 own->strict ? &core->stats.conflicting_datagrams : &core->stats.cut_datagrams);
}

static int judge(weir_core *core, const weir_decoding *how, const weir_fragment *piece)
{
    weir_fragments *own = &core->fragments;
    int answer = piece->offset == 0 ? judge_first(core, how, piece) : GO_ON;
    if (answer != GO_ON) return answer;
    if (ends_contradict(in_hand(core), piece))
        return spoil(core, WEIR_IGNORED_FRAGMENT, &core->stats.conflicting_datagrams);
    if (piece->bytes == 0) return spoil(core, WEIR_IGNORED_FRAGMENT, &core->stats.cut_datagrams);
    answer = judge_place(core, piece);
    if (answer != GO_ON) return answer;
    if (piece->family == 4 && piece->protocol == PROTOCOL_TCP && piece->offset == 8)
        weir_count(&core->stats.fragments_tiny, 1);
    own->stage = WEIR_FRAGMENTS_JUDGED;
    own->reached = piece->offset;
    own->fresh = own->overlap = own->different = 0;
    return GO_ON;
}

/* ── a piece is put ── */

static void note_extent(weir_parcel *parcel, const weir_fragment *piece)
{
    if (end_of(piece) > parcel->reach) parcel->reach = end_of(piece);
    if (!piece->more) parcel->end = end_of(piece);
    if (piece->offset > 0) return;
    parcel->protocol = piece->protocol;
    parcel->stale = piece->stale;
    parcel->depth = piece->depth;
}

/* What became of the piece's bytes from `reached` on. */
static void note_result(weir_core *core, const weir_hold_result *result)
{
    weir_fragments *own = &core->fragments;
    weir_parcel *parcel = in_hand(core);
    own->reached = (uint32_t)result->reached;
    own->fresh |= result->held > 0;
    own->different |= result->conflict > 0;
    own->overlap |= result->duplicate + result->conflict > 0;
    if (own->overlap && !own->twice) parcel->overlapped = 1;
    if (own->twice && parcel->missing > 0) /* the first was cut shorter */
        parcel->missing -= (uint32_t)result->held;
}

static int put_in_hold(weir_core *core, const weir_fragment *piece)
{
    static const weir_hold_room room = {UINT64_MAX, UINT32_MAX, 0};
    weir_fragments *own = &core->fragments;
    uint32_t done = own->reached - piece->offset;
    const weir_piece rest = {.data = piece->data + done,
                             .begin = own->reached,
                             .end = piece->offset + piece->bytes,
                             .segment_begin = piece->offset,
                             .segment_end = end_of(piece),
                             .cut = piece->missing};
    own->all.context.overlap = own->strict ? WEIR_OVERLAP_FIRST : core->config.fragment_overlap;
    weir_hold_result result = weir_hold_put(&in_hand(core)->hold, &own->all.context, &rest, &room);
    note_result(core, &result);
    return result.refusal ? WEIR_FRAGMENTS_REFUSED : GO_ON;
}

/* It waits, or it brought nothing, or it completes the packet. */
static int settle(weir_core *core, const weir_fragment *piece)
{
    weir_fragments *own = &core->fragments;
    weir_parcel *parcel = in_hand(core);
    if (own->strict && own->different) {
        weir_count(&core->stats.fragments_overlapping, 1);
        return spoil(core, WEIR_IGNORED_FRAGMENT, &core->stats.conflicting_datagrams);
    }
    if (!own->twice) parcel->missing += piece->missing;
    note_extent(parcel, piece);
    weir_count(&core->stats.fragments_overlapping, own->overlap && (own->fresh || own->different));
    if (!own->fresh && !own->different) {
        weir_count(&core->stats.fragments_duplicate, 1);
        return WEIR_IGNORED_FRAGMENT;
    }
    if (parcel->end && weir_parcel_bytes(parcel) + parcel->missing == parcel->end) {
        own->stage = WEIR_FRAGMENTS_PUT;
        return GO_ON;
    }
    parcel->pieces++;
    weir_count(&core->stats.fragments_held, 1);
    return WEIR_FRAGMENTS_WAITS;
}

/* It is the first to come, small, and not all there is. */
static int may_be_tucked(const weir_parcel *parcel, const weir_fragment *piece)
{
    return parcel->hold.records == 0 && piece->bytes <= WEIR_NOOK_BYTES && piece->missing == 0 &&
           (piece->offset > 0 || piece->more);
}

static int put(weir_core *core, const weir_fragment *piece)
{
    weir_fragments *own = &core->fragments;
    weir_parcel *parcel = in_hand(core);
    if (may_be_tucked(parcel, piece)) {
        if (!weir_parcel_tuck(&own->all, own->all.busy, piece)) return WEIR_FRAGMENTS_REFUSED;
        own->fresh = 1;
    } else if (put_in_hold(core, piece) != GO_ON) {
        return WEIR_FRAGMENTS_REFUSED;
    }
    return settle(core, piece);
}

/* ── a packet is whole ── */

/* Copies what lies in a row from the first byte on. Returns how much it was. */
static uint32_t gather(const weir_parcels *all, const weir_hold *hold, uint8_t *to)
{
    weir_cursor at = {hold->head, 0};
    uint32_t copied = 0;
    while (at.page) {
        weir_leaf leaf = weir_leaf_open(all->context.stock, at.page);
        const weir_leaf_slot *slot = weir_leaf_slot_at(&leaf, at.index);
        if (weir_leaves_offset(hold, slot) != copied) break;
        memcpy(to + copied, weir_leaf_data(&leaf, slot), weir_leaf_length(slot));
        copied += weir_leaf_length(slot);
        at = weir_leaves_next(&all->context, at);
    }
    return copied;
}

static int join(weir_core *core, const weir_fragment *piece, weir_fragment *whole)
{
    weir_fragments *own = &core->fragments;
    weir_parcel *parcel = in_hand(core);
    uint8_t *to = weir_stock_scratch(core->stock, (uint32_t)parcel->hold.bytes);
    if (!to) return WEIR_FRAGMENTS_REFUSED;
    *whole = *piece;
    whole->data = to;
    whole->offset = 0;
    whole->more = 0;
    whole->protocol = parcel->protocol;
    whole->stale = parcel->stale;
    whole->depth = parcel->depth;
    whole->bytes = gather(&own->all, &parcel->hold, to);
    whole->missing = parcel->end - whole->bytes;
    weir_discount(&core->stats.fragments_held, parcel->pieces);
    weir_count(&core->stats.fragments_joined, parcel->pieces);
    weir_count(&core->stats.joined_datagrams, 1);
    weir_parcel_empty(&own->all, own->all.busy);
    weir_parcel_renew(&own->all, own->all.busy, WEIR_PARCEL_JOINED, core->now_ns);
    return WEIR_FRAGMENTS_WHOLE;
}

/* ── the way of a piece ── */

/* The record is there from before: does the piece belong to what it is of? */
static int meet(weir_core *core, weir_slot slot, const weir_fragment *piece)
{
    weir_parcels *all = &core->fragments.all;
    const weir_parcel *parcel = weir_parcel_at(all, slot);
    if (parcel->state == WEIR_PARCEL_OPEN) return GO_ON;
    if (parcel->state == WEIR_PARCEL_JOINED) {
        weir_count(&core->stats.fragments_duplicate, 1);
        return WEIR_IGNORED_FRAGMENT;
    }
    /* Not TCP, said another first piece: numbers are used again, and a new one says it anew. */
    if (piece->offset > 0 || parcel->cause == WEIR_IGNORED_FRAGMENT) return parcel->cause;
    weir_parcel_renew(all, slot, WEIR_PARCEL_OPEN, core->now_ns);
    return GO_ON;
}

/* Applies what is due for the packet of this key before it is touched. */
static weir_slot find(weir_core *core, const weir_parcel_key *key)
{
    weir_parcels *all = &core->fragments.all;
    weir_slot slot = weir_parcel_find(all, key);
    if (!slot) return 0;
    const weir_parcel *parcel = weir_parcel_at(all, slot);
    int joined = parcel->state == WEIR_PARCEL_JOINED;
    uint64_t delay = joined ? WEIR_PARCEL_TWICE_NS : core->config.fragment_timeout_ns;
    if (weir_add_saturating(parcel->since_ns, delay) > core->now_ns) return slot;
    time_out(core, slot);
    return 0;
}

static int open(weir_core *core, const weir_fragment *piece)
{
    weir_fragments *own = &core->fragments;
    uint32_t wire = piece->bytes + piece->missing;
    weir_parcel_key key;
    if (wire == 0 || wire > WEIR_PARCEL_BYTES_MOST - piece->offset || (piece->more && wire % 8))
        return WEIR_IGNORED_MALFORMED;
    weir_parcel_key_of(&own->all, &core->config, piece, &key);
    weir_slot slot = find(core, &key);
    int answer = slot ? meet(core, slot, piece) : GO_ON;
    if (answer != GO_ON) return answer;
    if (!slot) slot = weir_parcel_open(&own->all, &key, core->now_ns);
    if (!slot) return WEIR_FRAGMENTS_REFUSED;
    own->opened = weir_parcel_at(&own->all, slot)->pieces == 0;
    own->all.busy = slot;
    own->stage = WEIR_FRAGMENTS_OPENED;
    own->strict = piece->family == 6 || core->config.fragment_overlap == WEIR_OVERLAP_LINUX;
    return GO_ON;
}

int weir_fragments_take(weir_core *core, const weir_decoding *how, const weir_fragment *piece,
                        weir_fragment *whole)
{
    weir_fragments *own = &core->fragments;
    int answer = GO_ON;
    if (own->stage == WEIR_FRAGMENTS_NEW) answer = open(core, piece);
    if (answer == GO_ON && own->stage == WEIR_FRAGMENTS_OPENED) {
        if (!weir_parcel_untuck(&own->all, own->all.busy)) return WEIR_FRAGMENTS_REFUSED;
        answer = judge(core, how, piece);
    }
    if (answer == GO_ON && own->stage == WEIR_FRAGMENTS_JUDGED) answer = put(core, piece);
    if (answer == GO_ON) answer = join(core, piece, whole);
    if (answer == WEIR_FRAGMENTS_REFUSED) return answer;
    own->stage = WEIR_FRAGMENTS_NEW;
    own->all.busy = 0;
    return answer;
}

int weir_fragments_check(const weir_core *core)
{
    uint64_t pieces;
    return core->fragments.stage == WEIR_FRAGMENTS_NEW && core->fragments.all.busy == 0 &&
           weir_parcels_check(&core->fragments.all, &pieces) &&
           pieces == core->stats.fragments_held;
}
