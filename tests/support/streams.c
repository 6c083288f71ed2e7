/* SPDX-License-Identifier: MIT */
#include "support/streams.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static void name_ends(stream *to, const weir_conn_info *info)
{
    int family = info->family == 6 ? AF_INET6 : AF_INET;
    int forward = to->direction == WEIR_C2S;
    const uint8_t *source = forward ? info->source : info->destination;
    const uint8_t *destination = forward ? info->destination : info->source;
    inet_ntop(family, source, to->source, sizeof to->source);
    inet_ntop(family, destination, to->destination, sizeof to->destination);
    to->source_port = forward ? info->source_port : info->destination_port;
    to->destination_port = forward ? info->destination_port : info->source_port;
}

static stream *stream_of(streams *s, weir_conn *conn, weir_direction direction)
{
    uint64_t id = weir_conn_ref(conn).id;
    for (size_t i = s->count; i-- > 0;)
        if (s->list[i].connection == id && s->list[i].direction == direction) return &s->list[i];
    s->list = realloc(s->list, (s->count + 1) * sizeof *s->list);
    stream *made = &s->list[s->count++];
    weir_conn_info info;
    weir_conn_info_init(&info);
    weir_conn_get_info(conn, &info);
    *made = (stream){.connection = id, .direction = direction};
    name_ends(made, &info);
    SHA256Init(&made->digest);
    return made;
}

static weir_verdict opened(void *user, weir_conn *conn)
{
    streams *s = user;
    (void)conn;
    s->connections++;
    return WEIR_FOLLOW;
}

static void got_data(void *user, weir_conn *conn, weir_direction direction, const weir_span *spans,
                     size_t count)
{
    stream *to = stream_of(user, conn, direction);
    for (size_t i = 0; i < count; i++) {
        ((streams *)user)->broken += spans[i].offset != to->next;
        SHA256Update(&to->digest, spans[i].data, spans[i].length);
        to->delivered += spans[i].length;
        to->next = spans[i].offset + spans[i].length;
    }
}

static void got_hole(void *user, weir_conn *conn, weir_direction direction, const weir_hole *hole)
{
    stream *to = stream_of(user, conn, direction);
    ((streams *)user)->broken += hole->offset != to->next;
    to->missing += hole->length;
    to->holes++;
    to->next = hole->offset + hole->length;
}

static void got_late(void *user, weir_conn *conn, weir_direction direction, const weir_span *span)
{
    stream_of(user, conn, direction)->late += span->length;
}

void streams_callbacks(weir_callbacks *callbacks)
{
    weir_callbacks_init(callbacks);
    callbacks->on_open = opened;
    callbacks->on_data = got_data;
    callbacks->on_hole = got_hole;
    callbacks->on_late = got_late;
}

void streams_finish(streams *s)
{
    for (size_t i = 0; i < s->count; i++)
        SHA256End(&s->list[i].digest, s->list[i].sha256);
}

void streams_free(streams *s)
{
    free(s->list);
    *s = (streams){.list = NULL};
}
