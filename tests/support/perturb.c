/* SPDX-License-Identifier: MIT */
#include "support/perturb.h"

#include <stdlib.h>
#include <string.h>

#define PLACES   16
#define STEP_NS  UINT64_C(100000)
#define PAUSE_NS UINT64_C(500000000)

typedef struct {
    weir_segment *list;
    size_t count, room;
} growing;

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static void add(growing *to, const weir_segment *segment)
{
    if (to->count == to->room) {
        to->room = to->room ? 2 * to->room : 64;
        to->list = realloc(to->list, to->room * sizeof *to->list);
    }
    to->list[to->count++] = *segment;
}

/* 1: a and b go the same way on one tuple; -1: opposite ways; 0: they have nothing to do with each
 * other. */
static int relation(const weir_segment *a, const weir_segment *b)
{
    return a->tag == b->tag ? 1 : a->tag == (b->tag ^ 1) ? -1 : 0;
}

/* How far numbers of a direction move: so that 2^32 lies among its first few thousand bytes. The
 * same for all segments of the direction, whatever connection they are of. */
static uint32_t shift_of(const weir_segment *first, uint64_t seed)
{
    uint64_t state = seed ^ (uint64_t)first->tag << 32;
    return 0 - first->seq - (uint32_t)(next_random(&state) % 6000);
}

static void move_numbers(weir_segment *list, size_t count, uint64_t seed)
{
    uint32_t directions = 0;
    for (size_t i = 0; i < count; i++)
        if (list[i].tag >= directions) directions = (list[i].tag | 1) + 1;
    uint32_t *shifts = calloc(directions ? directions : 1, sizeof *shifts);
    for (size_t i = count; i-- > 0;)
        shifts[list[i].tag] = shift_of(&list[i], seed);
    for (size_t i = 0; i < count; i++) {
        list[i].seq += shifts[list[i].tag];
        list[i].ack += shifts[list[i].tag ^ 1];
    }
    free(shifts);
}

static void draw_together(weir_segment *list, size_t count)
{
    uint64_t last = count ? list[0].time_ns : 0, now = last;
    for (size_t i = 0; i < count; i++) {
        uint64_t raw = list[i].time_ns;
        uint64_t gap = raw > last ? raw - last : 0;
        now += gap >= PAUSE_NS ? gap : STEP_NS;
        last = raw > last ? raw : last;
        list[i].time_ns = now;
    }
}

static int may_change(const weir_segment *segment)
{
    return segment->payload_bytes && segment->payload_bytes == segment->wire_bytes &&
           !(segment->flags & (WEIR_TCP_SYN | WEIR_TCP_RST));
}

/* Two segments instead of one; a FIN stays with the second. */
static void add_split(growing *to, const weir_segment *segment, uint64_t *state)
{
    if (!may_change(segment) || segment->payload_bytes < 2 || next_random(state) % 4) {
        add(to, segment);
        return;
    }
    uint32_t at = 1 + (uint32_t)(next_random(state) % (segment->payload_bytes - 1));
    weir_segment first = *segment, second = *segment;
    first.payload_bytes = first.wire_bytes = at;
    first.flags &= (uint8_t)~WEIR_TCP_FIN;
    second.payload += at;
    second.payload_bytes = second.wire_bytes = segment->payload_bytes - at;
    second.seq += at;
    add(to, &first);
    add(to, &second);
}

/* Notes for each segment whether it is the first payload of a direction whose SYN is not there: 1.
 * */
static uint8_t *beginnings(const growing *from)
{
    uint32_t directions = 0;
    for (size_t i = 0; i < from->count; i++)
        if (from->list[i].tag >= directions) directions = from->list[i].tag + 1;
    uint8_t *begun = calloc(directions + 1, 1), *first = calloc(from->count + 1, 1);
    for (size_t i = 0; i < from->count; i++) {
        const weir_segment *s = &from->list[i];
        first[i] = s->payload_bytes && !begun[s->tag];
        begun[s->tag] |= s->payload_bytes || s->flags & WEIR_TCP_SYN;
    }
    free(begun);
    return first;
}

/* How many places the segment at `i` may move later. */
static size_t room_behind(const growing *in, size_t i)
{
    size_t places = 0;
    while (places < PLACES && i + places + 1 < in->count) {
        const weir_segment *next = &in->list[i + places + 1];
        int same = relation(next, &in->list[i]);
        if (next->time_ns - next[-1].time_ns >= PAUSE_NS) break;
        if (same && next->flags & (WEIR_TCP_SYN | WEIR_TCP_RST)) break;
        places++;
    }
    return places;
}

/* Moves the segment at `i` later; stamps stay with the places. */
static void displace(growing *in, size_t i, size_t places)
{
    weir_segment moved = in->list[i];
    for (size_t k = i; k < i + places; k++) {
        uint64_t stamp = in->list[k].time_ns;
        in->list[k] = in->list[k + 1];
        in->list[k].time_ns = stamp;
    }
    moved.time_ns = in->list[i + places].time_ns;
    in->list[i + places] = moved;
}

static void displace_some(growing *in, uint64_t *state)
{
    uint8_t *first =
        beginnings(in); /* of places: moving others later does not make one a beginning */
    for (size_t i = 0; i < in->count; i++) {
        if (!may_change(&in->list[i]) || next_random(state) % 8 || first[i]) continue;
        size_t room = room_behind(in, i);
        if (!room) continue;
        size_t places = 1 + next_random(state) % room;
        displace(in, i, places);
        memmove(first + i, first + i + 1, places);
        first[i + places] = 0;
    }
    free(first);
}

weir_segment *perturb(const weir_segment *segments, size_t count, uint64_t seed, size_t *made)
{
    growing split = {.list = NULL}, out = {.list = NULL};
    uint64_t state = seed;
    for (size_t i = 0; i < count; i++)
        add(&split, &segments[i]);
    if (seed % 4 != 3) move_numbers(split.list, count, seed); /* a quarter keeps its own */
    draw_together(split.list, count);
    growing whole = split;
    split = (growing){.list = NULL};
    for (size_t i = 0; i < whole.count; i++)
        add_split(&split, &whole.list[i], &state);
    for (size_t i = 0; i < split.count; i++) {
        add(&out, &split.list[i]);
        if (may_change(&split.list[i]) && next_random(&state) % 16 == 0) add(&out, &split.list[i]);
    }
    displace_some(&out, &state);
    free(whole.list);
    free(split.list);
    *made = out.count;
    return out.list;
}
