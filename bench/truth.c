/* SPDX-License-Identifier: MIT */
#include "truth.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apart.h"

enum { PIECE = 2048, PROBE = 64 };

/* A direction of an honest connection, over all the connections that weir makes of it. */
typedef struct stream {
    uint64_t base;      /* of the sender's offsets, where weir's offset is 0 */
    uint64_t reached;   /* sender's offset: delivered or missing up to here */
    uint64_t delivered; /* bytes */
    uint8_t placed;     /* base is known */
} stream;

typedef struct honest {
    stream streams[2]; /* by the sender: TRAFFIC_C2S, TRAFFIC_S2C */
    uint32_t opened;
    uint8_t swapped; /* weir took the server for the client */
} honest;

typedef struct truth {
    const drive_plan *plan;
    const load *load;
    result *result;
    honest *honest;
} truth;

static void wrong(truth *t, const char *format, ...)
{
    va_list arguments;
    if (t->result->verified == RESULT_WRONG) return;
    t->result->verified = RESULT_WRONG;
    va_start(arguments, format);
    (void)vsnprintf(t->result->wrong, sizeof t->result->wrong, format, arguments);
    va_end(arguments);
}

/* ── Where a connection's bytes belong ───────────────────────────────────────────────────────── */

/* weir_conn_user of an honest one: its number + 1. */
static bool number_of(const weir_conn *conn, uint64_t *number)
{
    const uintptr_t user = (uintptr_t)weir_conn_user(conn);
    *number = user - 1;
    return user != 0;
}

static traffic_direction sender_of(const honest *h, weir_direction direction)
{
    return (direction == WEIR_S2C) != (h->swapped != 0) ? TRAFFIC_S2C : TRAFFIC_C2S;
}

static bool same(uint64_t number, traffic_direction sender, uint64_t offset, const uint8_t *data,
                 size_t bytes)
{
    uint8_t expected[PIECE];
    while (bytes > 0) {
        const size_t piece = bytes < PIECE ? bytes : PIECE;
        traffic_content(number, sender, offset, expected, piece);
        if (memcmp(expected, data, piece) != 0) return false;
        offset += piece;
        data += piece;
        bytes -= piece;
    }
    return true;
}

/* Finds where the first bytes of a stream taken up midstream belong. */
static bool place(const truth *t, uint64_t number, traffic_direction sender, stream *s,
                  const weir_span *span)
{
    const uint64_t end = traffic_stream_bytes(t->load->traffic, number, sender);
    const size_t probe = span->length < PROBE ? span->length : PROBE;
    for (uint64_t at = s->reached; at + probe <= end; at++) {
        if (!same(number, sender, at, span->data, probe)) continue;
        s->base = at - span->offset;
        s->reached = at;
        s->placed = 1;
        return true;
    }
    return false;
}

/* ── Callbacks ───────────────────────────────────────────────────────────────────────────────── */

static weir_verdict open_one(void *user, weir_conn *conn)
{
    truth *t = user;
    traffic_direction direction;
    uint64_t number;
    weir_conn_info info;
    weir_conn_info_init(&info);
    (void)weir_conn_get_info(conn, &info);
    traffic_tuple tuple = {
        .family = info.family, .src_port = info.source_port, .dst_port = info.destination_port};
    memcpy(tuple.src, info.source, sizeof tuple.src);
    memcpy(tuple.dst, info.destination, sizeof tuple.dst);
    if (!traffic_identify(&tuple, &number, &direction)) {
        wrong(t, "connection %" PRIu64 " has addresses that nobody used", info.id);
        return WEIR_FOLLOW;
    }
    if (number >= TRAFFIC_HOSTILE) return WEIR_FOLLOW;
    honest *h = &t->honest[number];
    h->opened++;
    h->swapped = direction == TRAFFIC_S2C;
    for (int i = 0; i < 2; i++) {
        h->streams[i].placed = !info.midstream;
        if (info.midstream) continue;
        h->streams[i].base = 0;
        h->streams[i].reached = 0;
    }
    weir_conn_set_user(conn, (void *)(uintptr_t)(number + 1));
    return WEIR_FOLLOW;
}

static void check_span(truth *t, uint64_t number, traffic_direction sender, const weir_span *span)
{
    stream *s = &t->honest[number].streams[sender];
    if (!s->placed && !place(t, number, sender, s, span)) {
        wrong(t, "connection %" PRIu64 ", direction %d: %u bytes at %" PRIu64 " were never sent",
              number, (int)sender, span->length, span->offset);
        return;
    }
    const uint64_t offset = s->base + span->offset;
    if (offset != s->reached)
        wrong(t, "connection %" PRIu64 ", direction %d: offset %" PRIu64 " came after %" PRIu64,
              number, (int)sender, offset, s->reached);
    else if (!same(number, sender, offset, span->data, span->length))
        wrong(t, "connection %" PRIu64 ", direction %d: other bytes than were sent at %" PRIu64,
              number, (int)sender, offset);
    s->reached = offset + span->length;
    s->delivered += span->length;
}

static void check_data(void *user, weir_conn *conn, weir_direction direction,
                       const weir_span *spans, size_t count)
{
    truth *t = user;
    uint64_t number;
    if (!number_of(conn, &number)) return;
    const traffic_direction sender = sender_of(&t->honest[number], direction);
    for (size_t i = 0; i < count; i++)
        check_span(t, number, sender, &spans[i]);
}

static void check_hole(void *user, weir_conn *conn, weir_direction direction, const weir_hole *hole)
{
    truth *t = user;
    uint64_t number;
    if (!number_of(conn, &number)) return;
    const traffic_direction sender = sender_of(&t->honest[number], direction);
    stream *s = &t->honest[number].streams[sender];
    if (!s->placed) return; /* before the first byte: only what is behind it tells where it is */
    if (s->base + hole->offset != s->reached)
        wrong(t, "connection %" PRIu64 ", direction %d: a hole at %" PRIu64 ", not at %" PRIu64,
              number, (int)sender, s->base + hole->offset, s->reached);
    s->reached = s->base + hole->offset + hole->length;
}

/* ── The run ─────────────────────────────────────────────────────────────────────────────────── */

static void count_honest(truth *t)
{
    result *r = t->result;
    const traffic_totals *totals = traffic_truth(t->load->traffic);
    r->honest_connections = totals->connections;
    r->captured_bytes = totals->stream_bytes - totals->missing_bytes;
    for (uint64_t i = 0; i < totals->connections; i++) {
        bool whole = t->honest[i].opened == 1;
        for (int d = 0; d < 2; d++) {
            const uint64_t sent = traffic_stream_bytes(t->load->traffic, i, (traffic_direction)d);
            whole &= t->honest[i].streams[d].delivered == sent;
            r->honest_delivered_bytes += t->honest[i].streams[d].delivered;
        }
        r->honest_whole += whole;
    }
}

static void check_books(truth *t, const drive *d)
{
    weir_stats stats;
    weir_memory memory;
    drive_figures(d, &stats, &memory);
    uint64_t sum = stats.delivered_bytes + stats.duplicate_bytes + stats.held_bytes;
    for (int i = 0; i < WEIR_DISCARDED_COUNT; i++)
        sum += stats.discarded_bytes[i];
    if (sum != stats.payload_bytes)
        wrong(t, "%" PRIu64 " bytes of payload, %" PRIu64 " in the books", stats.payload_bytes,
              sum);
    if (memory.peak_bytes > memory.limit_bytes)
        wrong(t, "%" PRIu64 " bytes were committed, the limit is %" PRIu64, memory.peak_bytes,
              memory.limit_bytes);
}

static bool verify(void *argument)
{
    truth *t = argument;
    const load *l = t->load;
    weir_callbacks callbacks;
    size_t begin = 0;
    drive d;
    t->honest = calloc(traffic_truth(l->traffic)->connections, sizeof *t->honest);
    if (!t->honest) {
        (void)fputs("weir-bench: no memory to verify with; lower --scale\n", stderr);
        return false;
    }
    weir_callbacks_init(&callbacks);
    callbacks.on_open = open_one;
    callbacks.on_data = check_data;
    callbacks.on_hole = check_hole;
    if (!drive_open(&d, t->plan, &callbacks, t)) return false;
    t->result->verified = RESULT_RIGHT;
    for (size_t i = 0; i < l->stretch_count; begin = l->stretches[i++].end)
        drive_feed(&d, l->stretches[i].link_type, l->packets + begin, l->stretches[i].end - begin);
    drive_flush(&d);
    count_honest(t);
    check_books(t, &d);
    drive_close(&d);
    free(t->honest);
    return true;
}

bool truth_run(const drive_plan *plan, result *r)
{
    truth t = {.plan = plan, .load = plan->load, .result = r};
    if (!plan->load->traffic) return true; /* a file: RESULT_UNKNOWN */
    return apart_run(verify, &t);
}
