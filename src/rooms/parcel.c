/* SPDX-License-Identifier: MIT */
#include "rooms/parcel.h"

#include <string.h>

typedef struct nook {
    weir_slot owner;
    uint8_t bytes[WEIR_NOOK_BYTES];
} nook;

static nook *nook_at(const weir_parcels *all, weir_slot slot)
{
    return weir_slots_at(&all->nooks, slot);
}

void weir_parcels_init(weir_parcels *all, weir_stock *stock, const weir_siphash_key *key)
{
    *all = (weir_parcels){.context = {.stock = stock, .key = *key, .use = WEIR_USE_FRAG}};
    weir_slots_init(&all->records, stock, sizeof(weir_parcel), WEIR_USE_FRAG);
    weir_slots_init(&all->nooks, stock, sizeof(nook), WEIR_USE_FRAG);
}

/* ── the key ── */

void weir_parcel_key_of(const weir_parcels *all, const weir_engine_config *config,
                        const weir_fragment *piece, weir_parcel_key *key)
{
    uint64_t words[6];
    *key = (weir_parcel_key){.id = piece->id, .family = piece->family};
    if (config->key_vlan) key->vlan = piece->vlan;
    if (config->key_tunnel) key->tunnel = piece->tunnel;
    if (piece->family == 4) key->protocol = piece->protocol;
    memcpy(key->addresses, piece->addresses, piece->family == 4 ? 8 : 32);
    words[0] = (uint64_t)key->id << 32 | key->vlan;
    words[1] = (uint64_t)key->tunnel << 32 | (uint32_t)key->family << 8 | key->protocol;
    memcpy(words + 2, key->addresses, 32);
    key->hash = weir_siphash_words(&all->context.key, words, piece->family == 4 ? 3 : 6);
}

/* ── the tree ── */

/* The link on the way of that hash which is `to`; 0: the free one at the way's end. */
static weir_slot *link_to(weir_parcels *all, uint64_t hash, weir_slot to)
{
    weir_slot *link = &all->root;
    for (; *link != to; hash >>= 1) {
        WEIR_ASSERT(*link != 0);
        link = &weir_parcel_at(all, *link)->child[hash & 1];
    }
    return link;
}

weir_slot weir_parcel_find(const weir_parcels *all, const weir_parcel_key *key)
{
    weir_slot slot = all->root;
    for (uint64_t bits = key->hash; slot; bits >>= 1) {
        const weir_parcel *parcel = weir_parcel_at(all, slot);
        if (memcmp(&parcel->key, key, sizeof *key) == 0) return slot;
        slot = parcel->child[bits & 1];
    }
    return 0;
}

static int is_leaf(const weir_parcel *parcel)
{
    return !parcel->child[0] && !parcel->child[1];
}

/* All below a node have its bits so far: any leaf of them can take its place. */
static void take_out(weir_parcels *all, weir_slot slot)
{
    weir_parcel *parcel = weir_parcel_at(all, slot);
    weir_slot *own = link_to(all, parcel->key.hash, slot), *link = own;
    while (!is_leaf(weir_parcel_at(all, *link))) {
        weir_slot *child = weir_parcel_at(all, *link)->child;
        link = child[0] ? &child[0] : &child[1];
    }
    weir_slot leaf = *link;
    *link = 0;
    if (leaf == slot) return;
    memcpy(weir_parcel_at(all, leaf)->child, parcel->child, sizeof parcel->child);
    *own = leaf;
}

/* ── the lists ── */

static weir_parcel_list *list_of(weir_parcels *all, const weir_parcel *parcel)
{
    return parcel->state == WEIR_PARCEL_JOINED ? &all->joined : &all->waiting;
}

static void append(weir_parcels *all, weir_slot slot)
{
    weir_parcel *parcel = weir_parcel_at(all, slot);
    weir_parcel_list *list = list_of(all, parcel);
    parcel->previous = list->tail;
    parcel->next = 0;
    *(list->tail ? &weir_parcel_at(all, list->tail)->next : &list->head) = slot;
    list->tail = slot;
    list->count++;
}

static void unlist(weir_parcels *all, weir_slot slot)
{
    const weir_parcel *parcel = weir_parcel_at(all, slot);
    weir_parcel_list *list = list_of(all, parcel);
    weir_slot next = parcel->next, previous = parcel->previous;
    *(previous ? &weir_parcel_at(all, previous)->next : &list->head) = next;
    *(next ? &weir_parcel_at(all, next)->previous : &list->tail) = previous;
    list->count--;
}

void weir_parcel_renew(weir_parcels *all, weir_slot slot, weir_parcel_state state, uint64_t now_ns)
{
    weir_parcel *parcel = weir_parcel_at(all, slot);
    unlist(all, slot);
    parcel->state = (uint8_t)state;
    parcel->since_ns = now_ns;
    append(all, slot);
}

/* ── records come and go ── */

weir_slot weir_parcel_open(weir_parcels *all, const weir_parcel_key *key, uint64_t now_ns)
{
    weir_slot slot = weir_slots_take(&all->records, 0);
    if (!slot) return 0;
    weir_parcel *parcel = weir_parcel_at(all, slot);
    parcel->key = *key;
    parcel->since_ns = now_ns;
    *link_to(all, key->hash, 0) = slot;
    append(all, slot);
    return slot;
}

/* What was at `from` is at `to` now: all that names it is mended. */
static void mend(weir_parcels *all, weir_slot from, weir_slot to)
{
    const weir_parcel *parcel = weir_parcel_at(all, to);
    weir_parcel_list *list = list_of(all, parcel);
    *link_to(all, parcel->key.hash, from) = to;
    *(parcel->previous ? &weir_parcel_at(all, parcel->previous)->next : &list->head) = to;
    *(parcel->next ? &weir_parcel_at(all, parcel->next)->previous : &list->tail) = to;
    if (parcel->nook) nook_at(all, parcel->nook)->owner = to;
    if (all->busy == from) all->busy = to;
}

void weir_parcel_close(weir_parcels *all, weir_slot slot)
{
    weir_parcel_empty(all, slot);
    unlist(all, slot);
    take_out(all, slot);
    if (all->busy == slot) all->busy = 0;
    weir_slot from = weir_slots_put(&all->records, slot);
    if (from) mend(all, from, slot);
}

/* ── what they hold ── */

static void drop_nook(weir_parcels *all, weir_slot slot)
{
    weir_parcel *parcel = weir_parcel_at(all, slot);
    weir_slot at = parcel->nook;
    parcel->nook = 0;
    if (weir_slots_put(&all->nooks, at)) weir_parcel_at(all, nook_at(all, at)->owner)->nook = at;
}

void weir_parcel_empty(weir_parcels *all, weir_slot slot)
{
    weir_parcel *parcel = weir_parcel_at(all, slot);
    if (parcel->nook) drop_nook(all, slot);
    if (parcel->hold.records) (void)weir_hold_cut(&parcel->hold, &all->context, parcel->hold.end);
    parcel->end = parcel->reach = parcel->missing = parcel->pieces = 0;
    parcel->overlapped = 0;
}

int weir_parcel_tuck(weir_parcels *all, weir_slot slot, const weir_fragment *piece)
{
    weir_slot at = weir_slots_take(&all->nooks, 0);
    if (!at) return 0;
    weir_parcel *parcel = weir_parcel_at(all, slot);
    WEIR_ASSERT(!parcel->nook && !parcel->hold.records && piece->bytes <= WEIR_NOOK_BYTES);
    nook_at(all, at)->owner = slot;
    memcpy(nook_at(all, at)->bytes, piece->data, piece->bytes);
    parcel->nook = at;
    parcel->nook_begin = (uint16_t)piece->offset;
    parcel->nook_bytes = (uint16_t)piece->bytes;
    return 1;
}

/* An empty hold takes so little whole, or not at all. */
int weir_parcel_untuck(weir_parcels *all, weir_slot slot)
{
    static const weir_hold_room room = {UINT64_MAX, UINT32_MAX, 0};
    weir_parcel *parcel = weir_parcel_at(all, slot);
    if (!parcel->nook) return 1;
    uint64_t begin = parcel->nook_begin, end = begin + parcel->nook_bytes;
    const weir_piece piece = {.data = nook_at(all, parcel->nook)->bytes,
                              .begin = begin,
                              .end = end,
                              .segment_begin = begin,
                              .segment_end = end};
    if (weir_hold_put(&parcel->hold, &all->context, &piece, &room).refusal) return 0;
    drop_nook(all, slot);
    return 1;
}

/* ── audit ── */

static int holds(const weir_parcels *all, weir_slot slot)
{
    const weir_parcel *parcel = weir_parcel_at(all, slot);
    uint32_t has = weir_parcel_bytes(parcel);
    if (weir_parcel_find(all, &parcel->key) != slot) return 0;
    if (parcel->nook && (parcel->hold.records || nook_at(all, parcel->nook)->owner != slot))
        return 0;
    if (parcel->state != WEIR_PARCEL_OPEN && (has || parcel->pieces)) return 0;
    if (parcel->hold.records && parcel->hold.end > parcel->reach && slot != all->busy) return 0;
    return !parcel->hold.records || weir_hold_check(&parcel->hold, &all->context);
}

typedef struct sums {
    uint64_t pieces;
    uint32_t links, nooks;
} sums;

static int check_list(const weir_parcels *all, const weir_parcel_list *list, int joined, sums *sum)
{
    uint32_t count = 0;
    uint64_t since = 0;
    weir_slot before = 0;
    for (weir_slot slot = list->head; slot; slot = weir_parcel_at(all, slot)->next) {
        const weir_parcel *parcel = weir_parcel_at(all, slot);
        if (parcel->previous != before || ++count > list->count) return 0;
        if ((parcel->state == WEIR_PARCEL_JOINED) != joined) return 0;
        if (parcel->since_ns < since || !holds(all, slot)) return 0;
        since = parcel->since_ns;
        sum->pieces += parcel->pieces;
        sum->nooks += parcel->nook != 0;
        sum->links += parcel->child[0] != 0;
        sum->links += parcel->child[1] != 0;
        before = slot;
    }
    return before == list->tail && count == list->count;
}

int weir_parcels_check(const weir_parcels *all, uint64_t *pieces)
{
    sums sum = {.links = all->root != 0};
    int sound = weir_slots_check(&all->records) && weir_slots_check(&all->nooks) &&
                check_list(all, &all->waiting, 0, &sum) && check_list(all, &all->joined, 1, &sum);
    *pieces = sum.pieces;
    return sound && sum.links == all->records.count && sum.nooks == all->nooks.count &&
           all->waiting.count + all->joined.count == all->records.count;
}
