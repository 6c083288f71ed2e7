/* SPDX-License-Identifier: MIT */
#include "support/fragment_model.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef fragment_model_parcel parcel;

enum { GO_ON = -9 };

static void fail(const fragment_model *m, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "fragments, %s, seed %" PRIu64 ", step %" PRIu64 ": ", m->script, m->seed,
            m->step);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    abort();
}

static void *must(void *memory)
{
    if (memory) return memory;
    fputs("fragment_model: no memory\n", stderr);
    abort();
}

/* An overlap spoils the packet. */
static int is_strict(const fragment_model *m, const weir_fragment *piece)
{
    return piece->family == 6 || m->core.config.fragment_overlap == WEIR_OVERLAP_LINUX;
}

static uint32_t end_of(const weir_fragment *piece)
{
    return piece->offset + piece->bytes + piece->missing;
}

/* ── the model's packets ── */

static void forget_contents(parcel *d)
{
    free(d->have);
    free(d->sent);
    free(d->bytes);
    free(d->pieces);
    d->have = d->sent = d->bytes = NULL;
    d->pieces = NULL;
    d->piece_count = d->waiting = d->end = d->reach = d->room = 0;
    d->overlapped = d->cut = 0;
}

static uint8_t *grown(uint8_t *array, uint32_t from, uint32_t to)
{
    array = must(realloc(array, to));
    memset(array + from, 0, to - from);
    return array;
}

/* Room for bytes before `end`; no more than needed, so that a fuzzer can go on. */
static void make_contents(parcel *d, uint32_t end)
{
    uint32_t room = d->room ? d->room : 512;
    while (room <= end)
        room *= 2;
    if (room == d->room) return;
    d->have = grown(d->have, d->room, room);
    d->sent = grown(d->sent, d->room, room);
    d->bytes = grown(d->bytes, d->room, room);
    d->room = room;
}

static void release(fragment_model *m, parcel *d, int cause)
{
    m->stats.fragments_held -= d->waiting;
    m->stats.ignored_packets[cause] += d->waiting;
    forget_contents(d);
}

static void drop(fragment_model *m, uint32_t i)
{
    release(m, m->all[i], WEIR_IGNORED_FRAGMENT);
    free(m->all[i]);
    memmove(m->all + i, m->all + i + 1, (--m->count - i) * sizeof m->all[0]);
}

/* To the end of the order. */
static void renew(fragment_model *m, parcel *d, weir_parcel_state state)
{
    uint32_t i = 0;
    while (m->all[i] != d)
        i++;
    memmove(m->all + i, m->all + i + 1, (m->count - 1 - i) * sizeof m->all[0]);
    m->all[m->count - 1] = d;
    d->state = state;
    d->since_ns = m->core.now_ns;
}

static uint64_t deadline(const fragment_model *m, const parcel *d)
{
    uint64_t delay =
        d->state == WEIR_PARCEL_JOINED ? WEIR_PARCEL_TWICE_NS : m->core.config.fragment_timeout_ns;
    return d->since_ns + delay;
}

static void time_out(fragment_model *m, uint32_t i)
{
    m->stats.timed_out_datagrams += m->all[i]->state == WEIR_PARCEL_OPEN;
    drop(m, i);
}

static int same_packet(const fragment_model *m, const weir_fragment *a, const weir_fragment *b)
{
    if (a->family != b->family || a->id != b->id) return 0;
    if (m->core.config.key_vlan && a->vlan != b->vlan) return 0;
    if (m->core.config.key_tunnel && a->tunnel != b->tunnel) return 0;
    if (a->family == 4 && a->protocol != b->protocol) return 0;
    return memcmp(a->addresses, b->addresses, a->family == 4 ? 8 : 32) == 0;
}

static parcel *find(fragment_model *m, const weir_fragment *piece)
{
    for (uint32_t i = 0; i < m->count; i++) {
        if (!same_packet(m, &m->all[i]->of, piece)) continue;
        if (deadline(m, m->all[i]) > m->core.now_ns) return m->all[i];
        time_out(m, i);
        return NULL;
    }
    return NULL;
}

static parcel *open(fragment_model *m, const weir_fragment *piece)
{
    if (m->count == FRAGMENT_MODEL_DATAGRAMS) fail(m, "too many packets for the model");
    parcel *d = must(calloc(1, sizeof *d));
    d->of = *piece;
    d->since_ns = m->core.now_ns;
    m->all[m->count++] = d;
    return d;
}

/* ── what is to become of a piece ── */

static int spoil(fragment_model *m, parcel *d, int cause, uint64_t *counter)
{
    release(m, d, cause);
    d->state = WEIR_PARCEL_SPOILED;
    d->cause = cause;
    if (counter) ++*counter;
    return cause;
}

static int look(const fragment_model *m, const weir_fragment *piece, uint32_t wire)
{
    weir_fragment front = *piece;
    weir_decoding how = m->how;
    weir_decoded decoded;
    how.checksum = WEIR_CHECKSUM_OFF;
    front.more = 0;
    front.missing = wire - front.bytes;
    return weir_decode_joined(&how, &front, &decoded);
}

static int judge_first(fragment_model *m, parcel *d, const weir_fragment *piece)
{
    int as_if_long = look(m, piece, 65535), as_is = look(m, piece, piece->bytes + piece->missing);
    if (as_if_long == WEIR_IGNORED_NOT_TCP || as_if_long == WEIR_IGNORED_TUNNEL)
        return spoil(m, d, as_if_long, NULL);
    if (as_if_long == WEIR_IGNORED_TRUNCATED_HEADER && as_is == WEIR_IGNORED_MALFORMED) {
        m->stats.fragments_tiny++;
        if (piece->family == 6) return spoil(m, d, WEIR_IGNORED_FRAGMENT, NULL);
    }
    return GO_ON;
}

static int judge_end(fragment_model *m, parcel *d, const weir_fragment *piece)
{
    uint32_t end = end_of(piece);
    int wrong = d->end && (end > d->end || (!piece->more && end != d->end));
    if (!piece->more && d->reach > end) wrong = 1;
    return wrong ? spoil(m, d, WEIR_IGNORED_FRAGMENT, &m->stats.conflicting_datagrams) : GO_ON;
}

/* 1: a piece of the same place and length is there; *overlap: another one that shares bytes. */
static int compare_places(const parcel *d, const weir_fragment *piece, int *overlap)
{
    int twice = 0;
    *overlap = 0;
    for (uint32_t i = 0; i < d->piece_count; i++) {
        const fragment_model_piece *p = &d->pieces[i];
        int same = p->begin == piece->offset && p->end == end_of(piece);
        twice |= same;
        *overlap |= !same && p->begin < end_of(piece) && p->end > piece->offset;
    }
    return twice;
}

static int judge_place(fragment_model *m, parcel *d, const weir_fragment *piece, int *twice)
{
    int overlap, cut = d->cut || piece->missing > 0, strict = is_strict(m, piece);
    *twice = compare_places(d, piece, &overlap);
    if (cut && d->overlapped) return spoil(m, d, WEIR_IGNORED_FRAGMENT, &m->stats.cut_datagrams);
    if (!overlap || !(cut || strict)) return GO_ON;
    m->stats.fragments_overlapping++;
    return spoil(m, d, WEIR_IGNORED_FRAGMENT,
                 strict ? &m->stats.conflicting_datagrams : &m->stats.cut_datagrams);
}

typedef struct {
    uint32_t fresh, equal, different;
} outcome;

static outcome put(const fragment_model *m, parcel *d, const weir_fragment *piece)
{
    outcome o = {0, 0, 0};
    int last = piece->family == 4 && m->core.config.fragment_overlap == WEIR_OVERLAP_LAST;
    make_contents(d, end_of(piece));
    for (uint32_t i = 0; i < piece->bytes + piece->missing; i++) {
        uint32_t at = piece->offset + i;
        d->sent[at] = 1;
        if (i >= piece->bytes) continue;
        o.fresh += !d->have[at];
        o.equal += d->have[at] && d->bytes[at] == piece->data[i];
        o.different += d->have[at] && d->bytes[at] != piece->data[i];
        if (!d->have[at] || last) d->bytes[at] = piece->data[i];
        d->have[at] = 1;
    }
    return o;
}

static void note(parcel *d, const weir_fragment *piece, int twice)
{
    if (end_of(piece) > d->reach) d->reach = end_of(piece);
    if (!piece->more) d->end = end_of(piece);
    if (piece->offset == 0) {
        d->protocol = piece->protocol;
        d->stale = piece->stale;
        d->depth = piece->depth;
    }
    d->cut = 0;
    for (uint32_t at = 0; at < d->reach; at++)
        d->cut |= d->sent[at] && !d->have[at];
    if (twice) return;
    d->pieces = must(realloc(d->pieces, (d->piece_count + 1) * sizeof d->pieces[0]));
    d->pieces[d->piece_count++] = (fragment_model_piece){piece->offset, end_of(piece)};
}

static int is_whole(const parcel *d)
{
    uint32_t at = 0;
    while (at < d->end && d->sent[at])
        at++;
    return d->end && at == d->end;
}

static int expect_put(fragment_model *m, parcel *d, const weir_fragment *piece, int twice)
{
    if (piece->family == 4 && piece->protocol == 6 && piece->offset == 8) m->stats.fragments_tiny++;
    outcome o = put(m, d, piece);
    if (is_strict(m, piece) && o.different) {
        m->stats.fragments_overlapping++;
        return spoil(m, d, WEIR_IGNORED_FRAGMENT, &m->stats.conflicting_datagrams);
    }
    note(d, piece, twice);
    d->overlapped |= !twice && o.equal + o.different > 0;
    m->stats.fragments_overlapping += o.equal + o.different > 0 && o.fresh + o.different > 0;
    if (o.fresh + o.different == 0) {
        m->stats.fragments_duplicate++;
        return WEIR_IGNORED_FRAGMENT;
    }
    if (is_whole(d)) return WEIR_FRAGMENTS_WHOLE;
    d->waiting++;
    m->stats.fragments_held++;
    return WEIR_FRAGMENTS_WAITS;
}

static int expect_open(fragment_model *m, parcel *d, const weir_fragment *piece)
{
    int answer = GO_ON, twice;
    if (piece->offset == 0) answer = judge_first(m, d, piece);
    if (answer == GO_ON) answer = judge_end(m, d, piece);
    if (answer == GO_ON && piece->bytes == 0)
        answer = spoil(m, d, WEIR_IGNORED_FRAGMENT, &m->stats.cut_datagrams);
    if (answer == GO_ON) answer = judge_place(m, d, piece, &twice);
    return answer == GO_ON ? expect_put(m, d, piece, twice) : answer;
}

static int malformed(const weir_fragment *piece)
{
    uint32_t wire = piece->bytes + piece->missing;
    return wire == 0 || wire > 65535 - piece->offset || (piece->more && wire % 8 != 0);
}

/* The answer that is to come. *of: the packet that the piece is of, NULL if there is none yet. */
static int expect(fragment_model *m, const weir_fragment *piece, parcel **of)
{
    parcel *d = *of;
    if (malformed(piece)) return WEIR_IGNORED_MALFORMED;
    if (d && d->state == WEIR_PARCEL_JOINED) {
        m->stats.fragments_duplicate++;
        return WEIR_IGNORED_FRAGMENT;
    }
    if (d && d->state == WEIR_PARCEL_SPOILED) {
        if (piece->offset > 0 || d->cause == WEIR_IGNORED_FRAGMENT) return d->cause;
        renew(m, d, WEIR_PARCEL_OPEN);
    }
    *of = d ? d : open(m, piece);
    return expect_open(m, *of, piece);
}

/* ── both ── */

static void compare_whole(fragment_model *m, const parcel *d, const weir_fragment *piece,
                          const weir_fragment *whole)
{
    uint32_t bytes = 0;
    while (bytes < d->end && d->have[bytes])
        bytes++;
    if (whole->bytes != bytes || whole->missing != d->end - bytes)
        fail(m, "a whole of %u+%u bytes, not %u+%u", whole->bytes, whole->missing, bytes,
             d->end - bytes);
    if (memcmp(whole->data, d->bytes, bytes) != 0) fail(m, "a whole of other bytes");
    if (whole->offset || whole->more || whole->protocol != d->protocol ||
        whole->stale != d->stale || whole->depth != d->depth)
        fail(m, "a whole that says other things");
    if (!same_packet(m, whole, piece) && piece->family == 4) fail(m, "a whole of another packet");
    if (whole->time_ns != piece->time_ns || whole->tag != piece->tag)
        fail(m, "time and tag are not those of the piece that completed it");
    m->whole_bytes += bytes;
    m->joins++;
}

static void finish_whole(fragment_model *m, parcel *d)
{
    m->stats.fragments_held -= d->waiting;
    m->stats.fragments_joined += d->waiting;
    m->stats.joined_datagrams++;
    forget_contents(d);
    renew(m, d, WEIR_PARCEL_JOINED);
}

/* The oldest that lacks pieces, else the oldest that does not; not the one in hand. */
static void pay(fragment_model *m, const parcel *in_hand)
{
    uint32_t victim = m->count;
    for (int joined = 1; joined >= 0; joined--)
        for (uint32_t i = m->count; i-- > 0;)
            if (m->all[i] != in_hand && (m->all[i]->state == WEIR_PARCEL_JOINED) == joined)
                victim = i;
    if (victim < m->count) {
        m->stats.evicted_datagrams += m->all[victim]->state == WEIR_PARCEL_OPEN;
        drop(m, victim);
    }
}

/* What a piece that is given up leaves: its packet is gone, but what was counted on the way is. */
static int give_up(fragment_model *m, const weir_fragment *piece, parcel *of,
                   weir_fragments_stage stage)
{
    if (stage == WEIR_FRAGMENTS_PUT && expect(m, piece, &of) != WEIR_FRAGMENTS_WHOLE)
        fail(m, "a packet was given up as whole that is not");
    if (stage == WEIR_FRAGMENTS_JUDGED) {
        m->stats.fragments_tiny += piece->family == 4 && piece->protocol == 6 && piece->offset == 8;
        if (piece->offset == 0 && judge_first(m, of ? of : (of = open(m, piece)), piece) != GO_ON)
            fail(m, "a piece was put that is to be ignored");
    }
    m->stats.evicted_datagrams++;
    for (uint32_t i = 0; i < m->count; i++) {
        if (m->all[i] != of) continue;
        drop(m, i);
        break;
    }
    return WEIR_IGNORED_FRAGMENT;
}

static void compare(fragment_model *m)
{
    const uint64_t *real = &m->core.stats.packets, *own = &m->stats.packets;
    size_t words = (sizeof m->stats - offsetof(weir_stats, packets)) / sizeof *real;
    for (size_t i = 0; i < words; i++)
        if (real[i] != own[i])
            fail(m, "counter %zu is %" PRIu64 ", not %" PRIu64, i, real[i], own[i]);
    if (!weir_fragments_check(&m->core)) fail(m, "weir_fragments_check");
}

/* The room's answer; REFUSED if the piece was given up: *stage says how far it was. */
static int take_real(fragment_model *m, const weir_fragment *piece, const parcel *of,
                     weir_fragment *whole, weir_fragments_stage *stage)
{
    int answer = weir_fragments_take(&m->core, &m->how, piece, whole);
    for (uint32_t paid = 0; answer == WEIR_FRAGMENTS_REFUSED; paid++) {
        m->refusals++;
        if (paid == m->patience || !weir_fragments_drop_oldest(&m->core)) {
            *stage = m->core.fragments.stage;
            if (weir_fragments_abandon(&m->core) != WEIR_IGNORED_FRAGMENT)
                fail(m, "a piece given up has another cause");
            return answer;
        }
        m->payments++;
        pay(m, of);
        answer = weir_fragments_take(&m->core, &m->how, piece, whole);
    }
    return answer;
}

int fragment_model_take(fragment_model *m, const weir_fragment *piece)
{
    weir_fragments_stage stage = WEIR_FRAGMENTS_NEW;
    weir_fragment whole;
    m->step++;
    parcel *of = malformed(piece) ? NULL : find(m, piece);
    int answer = take_real(m, piece, of, &whole, &stage);
    if (answer == WEIR_FRAGMENTS_REFUSED) {
        answer = give_up(m, piece, of, stage);
    } else {
        int expected = expect(m, piece, &of);
        if (answer != expected) fail(m, "the answer is %d, not %d", answer, expected);
    }
    if (answer == WEIR_FRAGMENTS_WHOLE) {
        compare_whole(m, of, piece, &whole);
        finish_whole(m, of);
    }
    if (answer >= 0) { /* as the engine does */
        m->stats.ignored_packets[answer]++;
        m->core.stats.ignored_packets[answer]++;
    }
    compare(m);
    return answer;
}

void fragment_model_advance(fragment_model *m, uint64_t ns, uint32_t most)
{
    m->step++;
    m->core.now_ns += ns;
    uint64_t next = WEIR_NEVER;
    for (uint32_t i = 0; i < m->count; i++)
        next = weir_min64(next, deadline(m, m->all[i]));
    if (weir_fragments_deadline(&m->core) != next) fail(m, "another deadline");
    while (most-- > 0) {
        int joined = 0;
        uint32_t due = m->count;
        for (uint32_t i = m->count; i-- > 0;) {
            if (deadline(m, m->all[i]) > m->core.now_ns) continue;
            int is_joined = m->all[i]->state == WEIR_PARCEL_JOINED;
            if (due < m->count && joined && !is_joined) continue;
            joined = is_joined;
            due = i;
        }
        if (weir_fragments_run(&m->core) != (due < m->count)) fail(m, "what is due is not done");
        if (due < m->count) time_out(m, due);
    }
    compare(m);
}

void fragment_model_open(fragment_model *m, weir_stock *stock, const char *script, uint64_t seed)
{
    static const weir_siphash_key key = {0x0123456789abcdef, 0xfedcba9876543210};
    memset(m, 0, sizeof *m);
    m->script = script;
    m->seed = seed;
    m->patience = 32;
    m->core.stock = stock;
    m->core.now_ns = 1000 * WEIR_SECOND;
    m->core.config = (weir_engine_config){
        .fragment_timeout_ns = 30 * WEIR_SECOND, .key_vlan = 1, .key_tunnel = 1};
    weir_fragments_init(&m->core, &key);
}

void fragment_model_close(fragment_model *m)
{
    weir_fragments_flush(&m->core);
    while (m->count > 0)
        drop(m, 0);
    compare(m);
}

/* ── beside a whole engine ── */

void fragment_model_begin(fragment_model *m, const char *script, uint64_t seed)
{
    memset(m, 0, sizeof *m);
    m->script = script;
    m->seed = seed;
}

void fragment_model_end(fragment_model *m)
{
    while (m->count > 0)
        drop(m, 0);
}

/* Only the newest that lacks pieces can be of the time before. */
static void restamp_newest(fragment_model *m)
{
    uint32_t i = m->count;
    while (i > 0 && m->all[i - 1]->state == WEIR_PARCEL_JOINED)
        i--;
    if (i > 0) m->all[i - 1]->since_ns = m->core.now_ns;
}

void fragment_model_follow(fragment_model *m, const weir_core *core, uint64_t now_ns, int doubted)
{
    m->core.config = core->config;
    m->core.now_ns = now_ns;
    for (uint32_t i = m->count; i-- > 0;) {
        weir_parcel_key key;
        weir_parcel_key_of(&core->fragments.all, &core->config, &m->all[i]->of, &key);
        weir_slot slot = weir_parcel_find(&core->fragments.all, &key);
        const weir_parcel *real = slot ? weir_parcel_at(&core->fragments.all, slot) : NULL;
        if (real) m->all[i]->since_ns = real->since_ns;
        if (!real)
            drop(m, i);
        else if (real->state != m->all[i]->state || real->pieces != m->all[i]->waiting)
            fail(m, "a packet of %u pieces in state %u, not %u in %u", real->pieces, real->state,
                 m->all[i]->waiting, m->all[i]->state);
    }
    if (doubted && core->fragments.opened) restamp_newest(m);
}

int fragment_model_foresee(fragment_model *m, const weir_decoding *how, const weir_fragment *piece,
                           weir_fragment *whole)
{
    m->step++;
    m->how = *how;
    fragment_model_parcel *of = malformed(piece) ? NULL : find(m, piece);
    int answer = expect(m, piece, &of);
    if (answer != WEIR_FRAGMENTS_WHOLE) return answer;
    *whole = *piece;
    whole->data = m->whole;
    whole->offset = 0;
    whole->more = 0;
    whole->protocol = of->protocol;
    whole->stale = of->stale;
    whole->depth = of->depth;
    whole->bytes = 0;
    while (whole->bytes < of->end && of->have[whole->bytes])
        whole->bytes++;
    whole->missing = of->end - whole->bytes;
    memcpy(m->whole, of->bytes, whole->bytes);
    finish_whole(m, of);
    return answer;
}
