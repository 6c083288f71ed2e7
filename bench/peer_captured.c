/* SPDX-License-Identifier: MIT */
#include "peer_captured.h"

#include "peers/payload.h"
#include "traffic_address.h"
#include "traffic_random.h"

#include <stdlib.h>
#include <string.h>

/* gcc's analyzer loses sight of a list that it was given by pointer, and of what was put into it. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

typedef struct list {
    captured_span *spans;
    uint32_t count, room;
} list;

/* Connections of one kind, by their numbers. */
typedef struct kind {
    list *lists;
    size_t count;
} kind;

struct captured_map {
    kind kinds[2]; /* honest, hostile */
    uint64_t seed;
    uint64_t bytes, bytes_ipv6;
};

captured_map *captured_new(uint64_t seed)
{
    captured_map *t = calloc(1, sizeof *t);
    if (t) t->seed = traffic_mix(seed + 1); /* what traffic_open makes of it */
    return t;
}

void captured_free(captured_map *t)
{
    for (size_t k = 0; t && k < 2; k++) {
        for (size_t i = 0; i < t->kinds[k].count; i++)
            free(t->kinds[k].lists[i].spans);
        free(t->kinds[k].lists);
    }
    free(t);
}

/* ── Notes ── */

static size_t place_of(uint64_t connection, traffic_direction direction)
{
    const uint64_t first = traffic_is_hostile(connection) ? TRAFFIC_HOSTILE : 0;
    return (size_t)(connection - first) * 2 + direction;
}

static bool widen(kind *k, size_t count)
{
    size_t room = k->count ? k->count : 64;
    while (room < count)
        room *= 2;
    list *lists = realloc(k->lists, room * sizeof *lists);
    if (!lists) return false;
    memset(lists + k->count, 0, (room - k->count) * sizeof *lists);
    k->lists = lists;
    k->count = room;
    return true;
}

static list *list_of(captured_map *t, uint64_t connection, traffic_direction direction)
{
    kind *k = &t->kinds[traffic_is_hostile(connection)];
    const size_t place = place_of(connection, direction);
    if (place >= k->count && !widen(k, place + 1)) return NULL;
    return &k->lists[place];
}

static bool lengthen(list *l)
{
    const uint32_t room = l->room ? 2 * l->room : 1;
    captured_span *spans = realloc(l->spans, room * sizeof *spans);
    if (!spans) return false;
    l->spans = spans;
    l->room = room;
    return true;
}

static bool append(list *l, uint64_t begin, uint64_t end)
{
    if (l->count > 0 && l->spans[l->count - 1].end == begin) {
        l->spans[l->count - 1].end = end;
        return true;
    }
    if (l->count == l->room && !lengthen(l)) return false;
    captured_span *next = &l->spans[l->count];
    next->begin = begin;
    next->end = end;
    l->count++;
    return true;
}

bool captured_note(captured_map *t, uint64_t connection, traffic_direction direction,
                   uint64_t begin, uint64_t end)
{
    list *l = list_of(t, connection, direction);
    return l && (begin == end || append(l, begin, end));
}

/* The offset whose low 32 bits are known, nearest to where the stream was last. */
static uint64_t offset_near(uint64_t last, uint32_t low)
{
    const int64_t offset = (int64_t)last + (int32_t)(low - (uint32_t)last);
    return offset < 0 ? 0 : (uint64_t)offset;
}

bool captured_add(captured_map *t, const uint8_t *frame, size_t bytes)
{
    payload p;
    traffic_tuple tuple = {0};
    uint64_t connection;
    traffic_direction direction;
    if (!payload_find(&p, frame, bytes) || p.bytes == 0) return true;
    tuple.family = p.family;
    tuple.src_port = p.src_port;
    tuple.dst_port = p.dst_port;
    memcpy(tuple.src, p.src, p.family == 4 ? 4 : 16);
    memcpy(tuple.dst, p.dst, p.family == 4 ? 4 : 16);
    if (!traffic_identify(&tuple, &connection, &direction)) return true;
    const list *l = list_of(t, connection, direction);
    if (!l) return false;
    const uint32_t low = p.seq - traffic_isn(t->seed, connection, direction) - 1;
    const uint64_t begin = offset_near(l->count ? l->spans[l->count - 1].end : 0, low);
    return captured_note(t, connection, direction, begin, begin + p.bytes);
}

/* ── In order ── */

static int by_begin(const void *a, const void *b)
{
    const captured_span *x = a, *y = b;
    return (x->begin > y->begin) - (x->begin < y->begin);
}

/* Returns the bytes of the list. */
static uint64_t settle(list *l)
{
    uint32_t n = 0;
    uint64_t bytes = 0;
    if (l->count > 1) qsort(l->spans, l->count, sizeof *l->spans, by_begin);
    for (uint32_t i = 0; i < l->count; i++) {
        const captured_span span = l->spans[i];
        if (n > 0 && span.begin <= l->spans[n - 1].end) {
            if (span.end > l->spans[n - 1].end) l->spans[n - 1].end = span.end;
        } else {
            l->spans[n++] = span;
        }
    }
    l->count = n;
    for (uint32_t i = 0; i < n; i++)
        bytes += l->spans[i].end - l->spans[i].begin;
    return bytes;
}

void captured_settle(captured_map *t)
{
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < t->kinds[k].count; i++) {
            const uint64_t bytes = settle(&t->kinds[k].lists[i]);
            if (k != 0) continue;
            t->bytes += bytes;
            if (traffic_is_ipv6(i / 2)) t->bytes_ipv6 += bytes;
        }
}

/* ── Answers ── */

size_t captured_slots(const captured_map *t)
{
    return t->kinds[0].count + t->kinds[1].count;
}

size_t captured_slot(const captured_map *t, uint64_t connection, traffic_direction direction)
{
    const bool hostile = traffic_is_hostile(connection);
    const size_t place = place_of(connection, direction);
    if (place >= t->kinds[hostile].count) return captured_slots(t);
    return place + (hostile ? t->kinds[0].count : 0);
}

captured_list captured_of(const captured_map *t, uint64_t connection, traffic_direction direction)
{
    const kind *k = &t->kinds[traffic_is_hostile(connection)];
    const size_t place = place_of(connection, direction);
    if (place >= k->count) return (captured_list){NULL, 0};
    return (captured_list){k->lists[place].spans, k->lists[place].count};
}

uint64_t captured_bytes(const captured_map *t)
{
    return t->bytes;
}

uint64_t captured_bytes_ipv6(const captured_map *t)
{
    return t->bytes_ipv6;
}
