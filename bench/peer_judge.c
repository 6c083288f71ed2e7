/* SPDX-License-Identifier: MIT */
#include "peer_judge.h"

#include "traffic_address.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How much of the stream's content is computed at a time; how many bytes of a piece are looked for; how many of the
 * piece have to fit before it is believed to go on; and how much is searched in all. */
enum { BLOCK_BYTES = 4096, PROBE_BYTES = 32, PROBE_LEAST = 8 };
#define SEARCH_BYTES (UINT64_C(4) << 30)

/* Where a direction has come to. */
typedef struct cursor {
    uint64_t offset;
    uint32_t span; /* the first that ends behind offset */
    bool adrift;   /* the peer said that it does not know how much is missing */
} cursor;

struct judge {
    const captured_map *all;
    cursor *cursors;
    judge_verdict sum;
    uint64_t right_ipv6;
    uint64_t search_left;
    /* the direction of the record in hand */
    cursor *at;
    captured_list list;
    uint64_t connection;
    traffic_direction direction;
};

judge *judge_new(const captured_map *all)
{
    judge *j = calloc(1, sizeof *j);
    if (!j) return NULL;
    j->all = all;
    j->search_left = SEARCH_BYTES;
    j->cursors = calloc(captured_slots(all) + 1, sizeof *j->cursors);
    if (j->cursors) return j;
    free(j);
    return NULL;
}

void judge_free(judge *j)
{
    if (j) free(j->cursors);
    free(j);
}

/* ── Places ── */

static void tell_first(judge *j, const char *what)
{
    if (j->sum.first[0] != '\0') return;
    (void)snprintf(j->sum.first, sizeof j->sum.first,
                   "%s in connection %s%" PRIu64 " %s at %" PRIu64, what,
                   traffic_is_hostile(j->connection) ? "hostile " : "",
                   (uint64_t)(j->connection % TRAFFIC_HOSTILE),
                   j->direction == TRAFFIC_C2S ? ">" : "<", j->at ? j->at->offset : 0);
}

static void move_to(judge *j, uint64_t offset)
{
    cursor *c = j->at;
    c->offset = offset;
    while (c->span < j->list.count && j->list.spans[c->span].end <= offset)
        c->span++;
}

/* How many of the bytes are those of the stream from `offset` on, before the first that is not. */
static size_t fitting(const judge *j, uint64_t offset, const uint8_t *data, size_t bytes)
{
    uint8_t block[BLOCK_BYTES];
    size_t done = 0;
    while (done < bytes) {
        const size_t n = bytes - done < sizeof block ? bytes - done : sizeof block;
        traffic_content(j->connection, j->direction, offset + done, block, n);
        if (memcmp(block, data + done, n) != 0) {
            for (size_t i = 0; block[i] == data[done]; i++)
                done++;
            return done;
        }
        done += n;
    }
    return done;
}

static bool fits(const judge *j, uint64_t offset, const uint8_t *data, size_t bytes)
{
    const size_t probe = bytes < PROBE_BYTES ? bytes : PROBE_BYTES;
    return fitting(j, offset, data, probe) == probe;
}

/* Looks for the bytes in [from, end). Blocks overlap by what is looked for. */
static bool search_span(judge *j, uint64_t from, uint64_t end, const uint8_t *data, size_t probe,
                        uint64_t *found)
{
    uint8_t block[BLOCK_BYTES + PROBE_BYTES];
    for (uint64_t at = from; at + probe <= end && j->search_left > 0; at += BLOCK_BYTES) {
        const size_t n = end - at < sizeof block ? (size_t)(end - at) : sizeof block;
        traffic_content(j->connection, j->direction, at, block, n);
        j->search_left -= n < j->search_left ? n : j->search_left;
        const uint8_t *hit = memmem(block, n, data, probe);
        if (!hit) continue;
        *found = at + (uint64_t)(hit - block);
        return true;
    }
    return false;
}

/* The next captured place, from the cursor on, where these bytes stand. */
static bool search(judge *j, const uint8_t *data, size_t bytes, uint64_t *found)
{
    const size_t probe = bytes < PROBE_BYTES ? bytes : PROBE_BYTES;
    if (probe < PROBE_LEAST) return false;
    for (size_t i = j->at->span; i < j->list.count && j->search_left > 0; i++) {
        const captured_span span = j->list.spans[i];
        const uint64_t from = span.begin < j->at->offset ? j->at->offset : span.begin;
        if (search_span(j, from, span.end, data, probe, found)) return true;
    }
    return false;
}

/* ── Bytes ── */

/* Each of these takes some of the bytes, at least one, and returns how many. */

static size_t take_wrong(judge *j, size_t bytes)
{
    tell_first(j, "wrong bytes");
    j->sum.wrong_bytes += bytes;
    if (j->at) move_to(j, j->at->offset + bytes);
    return bytes;
}

/* Bytes that do not fit where they stand: they belong further on, or some of them are wrong. */
static size_t take_misfits(judge *j, const uint8_t *data, size_t bytes)
{
    uint64_t found;
    if (search(j, data, bytes, &found)) {
        if (!j->at->adrift) {
            tell_first(j, "a splice");
            j->sum.splices++;
        }
        move_to(j, found);
        return 0;
    }
    for (size_t n = 1; n < bytes; n++)
        if (bytes - n >= PROBE_LEAST && fits(j, j->at->offset + n, data + n, PROBE_LEAST))
            return take_wrong(j, n);
    return take_wrong(j, bytes);
}

/* Nothing was captured where the cursor stands, up to `gap` bytes further on. */
static size_t take_over_gap(judge *j, uint64_t gap, const uint8_t *data, size_t bytes)
{
    const size_t n = bytes < gap ? bytes : (size_t)gap;
    if (fits(j, j->at->offset + gap, data, bytes)) {
        if (!j->at->adrift) {
            tell_first(j, "a splice");
            j->sum.splices++;
        }
        move_to(j, j->at->offset + gap);
        return 0;
    }
    if (data[0] != 0 || memcmp(data, data + 1, n - 1) != 0) return take_misfits(j, data, bytes);
    tell_first(j, "made-up bytes");
    j->sum.made_up_bytes += n;
    move_to(j, j->at->offset + n);
    return n;
}

static size_t take_captured(judge *j, uint64_t end, const uint8_t *data, size_t bytes)
{
    const size_t n = bytes < end - j->at->offset ? bytes : (size_t)(end - j->at->offset);
    const size_t right = fitting(j, j->at->offset, data, n);
    if (right == 0) return take_misfits(j, data, bytes);
    if (!traffic_is_hostile(j->connection)) {
        j->sum.right_bytes += right;
        if (traffic_is_ipv6(j->connection)) j->right_ipv6 += right;
    }
    move_to(j, j->at->offset + right);
    return right;
}

static size_t take_some(judge *j, const uint8_t *data, size_t bytes)
{
    if (j->at->span == j->list.count) return take_wrong(j, bytes);
    const captured_span span = j->list.spans[j->at->span];
    if (j->at->offset < span.begin)
        return take_over_gap(j, span.begin - j->at->offset, data, bytes);
    return take_captured(j, span.end, data, bytes);
}

void judge_more(judge *j, const uint8_t *data, size_t bytes)
{
    if (!j->at) {
        j->sum.wrong_bytes += bytes;
        return;
    }
    while (bytes > 0) {
        const size_t taken = take_some(j, data, bytes);
        if (taken > 0) j->at->adrift = false;
        data += taken;
        bytes -= taken;
    }
}

/* Finds whose record it is. */
static void turn_to(judge *j, const peer_record *record)
{
    traffic_tuple tuple = {
        .family = record->family, .src_port = record->src_port, .dst_port = record->dst_port};
    memcpy(tuple.src, record->src, sizeof tuple.src);
    memcpy(tuple.dst, record->dst, sizeof tuple.dst);
    j->at = NULL;
    if (!traffic_identify(&tuple, &j->connection, &j->direction)) return;
    const size_t slot = captured_slot(j->all, j->connection, j->direction);
    if (slot == captured_slots(j->all)) return;
    j->at = &j->cursors[slot];
    j->list = captured_of(j->all, j->connection, j->direction);
}

void judge_take(judge *j, const peer_record *record, const uint8_t *data, size_t bytes)
{
    turn_to(j, record);
    if (!j->at && bytes > 0) tell_first(j, "bytes of nobody");
    if (j->at && record->skipped != 0) {
        j->sum.holes++;
        if (record->skipped > 0)
            move_to(j, j->at->offset + (uint64_t)record->skipped);
        else
            j->at->adrift = true;
    }
    judge_more(j, data, bytes);
}

/* ── The verdict ── */

judge_verdict judge_sum(const judge *j)
{
    judge_verdict v = j->sum;
    v.captured_bytes = captured_bytes(j->all);
    v.ipv6_bytes = captured_bytes_ipv6(j->all);
    v.lost_bytes = v.captured_bytes - v.right_bytes;
    v.lost_ipv6 = v.ipv6_bytes - j->right_ipv6;
    return v;
}

bool judge_is_right(const judge_verdict *v)
{
    return v->lost_bytes == 0 && v->splices == 0 && v->made_up_bytes == 0 && v->wrong_bytes == 0;
}

/* One more thing: "; ", unless it is the first, then `count` in the place of # in `what`. */
static void say(char *text, size_t bytes, const char *what, uint64_t count)
{
    const size_t used = strlen(text);
    const int head = (int)strcspn(what, "#");
    if (count == 0) return;
    (void)snprintf(text + used, bytes - used, "%s%.*s%" PRIu64 "%s", used ? ", " : "", head, what,
                   count, what + head + 1);
}

static void say_lost(const judge_verdict *v, char *text, size_t bytes)
{
    const bool six = v->lost_bytes == v->lost_ipv6 && v->lost_ipv6 == v->ipv6_bytes;
    const double share = 100.0 * (double)v->lost_bytes / (double)v->captured_bytes;
    if (v->lost_bytes == 0) return;
    (void)snprintf(text, bytes, "lost %.*f %%%s", share < 0.01 ? 5 : 2, share,
                   six ? " (all of IPv6)" : "");
}

char *judge_say(const judge_verdict *v, char *text, size_t bytes)
{
    (void)snprintf(text, bytes, "%s", judge_is_right(v) ? "right" : "");
    say_lost(v, text, bytes);
    say(text, bytes, "splices: #", v->splices);
    say(text, bytes, "made up: # bytes", v->made_up_bytes);
    say(text, bytes, "wrong: # bytes", v->wrong_bytes);
    return text;
}
