/* SPDX-License-Identifier: MIT */
#include "support/witness.h"

#include <stdlib.h>
#include <string.h>

#include "traffic.h"

/* What is kept of a connection. */
typedef struct subject {
    uint64_t connection;
    int known, torn;
    int midstream;            /* where its offset 0 is, is not known */
    traffic_direction client; /* the direction that weir calls client to server */
    uint64_t next[2];
} subject;

static traffic_direction direction_of(const subject *s, weir_direction direction)
{
    return direction == WEIR_C2S ? s->client
                                 : (s->client == TRAFFIC_C2S ? TRAFFIC_S2C : TRAFFIC_C2S);
}

static witness_count *count_of(witness *w, const subject *s)
{
    return s->connection < TRAFFIC_HOSTILE ? &w->honest : &w->hostile;
}

static void accuse(witness *w, const weir_conn *conn)
{
    if (!w->wrong++) w->first_wrong_id = weir_conn_ref(conn).id;
}

static weir_verdict on_open(void *user, weir_conn *conn)
{
    witness *w = user;
    weir_conn_info info;
    traffic_tuple tuple = {.family = 0};
    subject *s = calloc(1, sizeof *s);
    if (!s) abort();
    weir_conn_info_init(&info);
    (void)weir_conn_get_info(conn, &info);
    tuple.family = info.family;
    memcpy(tuple.src, info.source, sizeof tuple.src);
    memcpy(tuple.dst, info.destination, sizeof tuple.dst);
    tuple.src_port = info.source_port;
    tuple.dst_port = info.destination_port;
    s->known = traffic_identify(&tuple, &s->connection, &s->client);
    if (!s->known) accuse(w, conn);
    if (info.midstream) s->torn = 1;
    s->midstream = info.midstream;
    count_of(w, s)->connections++;
    weir_conn_set_user(conn, s);
    return WEIR_FOLLOW;
}

static void verify(witness *w, weir_conn *conn, weir_direction direction, const weir_span *span)
{
    const subject *s = weir_conn_user(conn);
    uint8_t expected[4096];
    if (s->midstream) return;
    for (uint32_t at = 0; at < span->length;) {
        uint32_t bytes = span->length - at;
        if (bytes > sizeof expected) bytes = sizeof expected;
        traffic_content(s->connection, direction_of(s, direction), span->offset + at, expected,
                        bytes);
        if (memcmp(expected, span->data + at, bytes) != 0) {
            accuse(w, conn);
            return;
        }
        at += bytes;
    }
}

static void on_data(void *user, weir_conn *conn, weir_direction direction, const weir_span *spans,
                    size_t count)
{
    witness *w = user;
    subject *s = weir_conn_user(conn);
    for (size_t i = 0; i < count; i++) {
        w->broken += spans[i].offset != s->next[direction];
        s->next[direction] = spans[i].offset + spans[i].length;
        count_of(w, s)->delivered += spans[i].length;
        verify(w, conn, direction, &spans[i]);
    }
}

static void on_hole(void *user, weir_conn *conn, weir_direction direction, const weir_hole *hole)
{
    witness *w = user;
    subject *s = weir_conn_user(conn);
    w->broken += hole->offset != s->next[direction];
    s->next[direction] = hole->offset + hole->length;
    s->torn = 1;
    count_of(w, s)->missing += hole->length;
    count_of(w, s)->holes[hole->cause]++;
}

static void on_late(void *user, weir_conn *conn, weir_direction direction, const weir_span *span)
{
    witness *w = user;
    count_of(w, weir_conn_user(conn))->late += span->length;
    verify(w, conn, direction, span);
}

static void on_close(void *user, weir_conn *conn, weir_close_cause cause)
{
    witness *w = user;
    subject *s = weir_conn_user(conn);
    count_of(w, s)->closed[cause]++;
    count_of(w, s)->torn += s->torn != 0;
    free(s);
}

void witness_callbacks(weir_callbacks *callbacks)
{
    weir_callbacks_init(callbacks);
    callbacks->on_open = on_open;
    callbacks->on_data = on_data;
    callbacks->on_hole = on_hole;
    callbacks->on_late = on_late;
    callbacks->on_close = on_close;
}
