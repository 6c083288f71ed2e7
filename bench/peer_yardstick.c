/* SPDX-License-Identifier: MIT */
#include "peer_yardstick.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_BYTES = 37 };

typedef struct stream {
    uint8_t key[KEY_BYTES];
    uint64_t bytes, digest;
    struct stream *next; /* in the order they came */
} stream;

struct yardstick {
    void *tree;
    stream *first, **last, *at;
    uint64_t streams;
};

yardstick *yardstick_new(void)
{
    yardstick *y = calloc(1, sizeof *y);
    if (y) y->last = &y->first;
    return y;
}

static void keep(void *node)
{
    (void)node;
}

void yardstick_free(yardstick *y)
{
    if (!y) return;
    tdestroy(y->tree, keep);
    for (stream *s = y->first; s;) {
        stream *next = s->next;
        free(s);
        s = next;
    }
    free(y);
}

static int by_key(const void *a, const void *b)
{
    return memcmp(((const stream *)a)->key, ((const stream *)b)->key, KEY_BYTES);
}

static void key_of(stream *s, const peer_record *record)
{
    const size_t n = record->family == 4 ? 4 : 16;
    memset(s->key, 0, KEY_BYTES);
    s->key[0] = record->family;
    memcpy(s->key + 1, &record->src_port, 2);
    memcpy(s->key + 3, &record->dst_port, 2);
    memcpy(s->key + 5, record->src, n);
    memcpy(s->key + 21, record->dst, n);
}

/* NULL: no memory, and its bytes go uncounted. */
static stream *stream_of(yardstick *y, const peer_record *record)
{
    stream *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    key_of(s, record);
    s->digest = UINT64_C(0xcbf29ce484222325);
    stream **found = tsearch(s, &y->tree, by_key);
    if (!found || *found != s) {
        free(s);
        return found ? *found : NULL;
    }
    *y->last = s;
    y->last = &s->next;
    y->streams++;
    return s;
}

void yardstick_take(yardstick *y, const peer_record *record, const uint8_t *data, size_t bytes)
{
    if (bytes == 0) return;
    if (record) y->at = stream_of(y, record);
    if (!y->at) return;
    uint64_t digest = y->at->digest;
    for (size_t i = 0; i < bytes; i++)
        digest = (digest ^ data[i]) * UINT64_C(0x100000001b3);
    y->at->digest = digest;
    y->at->bytes += bytes;
}

uint64_t yardstick_streams(const yardstick *y)
{
    return y->streams;
}

yardstick_match yardstick_compare(const yardstick *y, const yardstick *other)
{
    yardstick_match match = {.streams = y->streams};
    uint64_t both = 0;
    for (const stream *s = y->first; s; s = s->next) {
        stream *const *found = tfind(s, &other->tree, by_key);
        match.bytes += s->bytes;
        if (!found) continue;
        both++;
        if ((*found)->bytes == s->bytes && (*found)->digest == s->digest) match.equal++;
    }
    for (const stream *s = other->first; s; s = s->next)
        match.other_bytes += s->bytes;
    match.only_other = other->streams - both;
    return match;
}
