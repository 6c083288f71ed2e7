/* SPDX-License-Identifier: MIT */
#include "support/journal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a (Fowler, Noll, Vo). */
static void add(journal *j, const void *data, size_t bytes)
{
    const uint8_t *byte = data;
    if (!j->hash) j->hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < bytes; i++)
        j->hash = (j->hash ^ byte[i]) * UINT64_C(0x100000001b3);
}

static void write_line(const char *line)
{
    const char *path = getenv("WEIR_JOURNAL");
    FILE *file = path ? fopen(path, "a") : NULL;
    if (!file) return;
    fputs(line, file);
    (void)fclose(file);
}

static void say(journal *j, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(journal *j, const char *format, ...)
{
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    add(j, line, strlen(line));
    j->events++;
    write_line(line);
}

static weir_conn_info info_of(const weir_conn *conn)
{
    weir_conn_info info;
    weir_conn_info_init(&info);
    (void)weir_conn_get_info(conn, &info);
    return info;
}

void journal_open(journal *j, const weir_conn *conn)
{
    weir_conn_info i = info_of(conn);
    say(j, "open %" PRIu64 " %u %u>%u midstream %u at %" PRIu64 "\n", i.id, i.family, i.source_port,
        i.destination_port, i.midstream, i.start_ns);
    add(j, i.source, sizeof i.source);
    add(j, i.destination, sizeof i.destination);
}

static void say_span(journal *j, const char *what, const weir_conn *conn, weir_direction direction,
                     const weir_span *span)
{
    say(j, "%s %" PRIu64 " %d %" PRIu64 "+%" PRIu32 " of %" PRIu32 " at %" PRIu64 "\n", what,
        weir_conn_ref(conn).id, (int)direction, span->offset, span->length, span->tag,
        span->time_ns);
    add(j, span->data, span->length);
}

void journal_data(journal *j, const weir_conn *conn, weir_direction direction,
                  const weir_span *span)
{
    say_span(j, "data", conn, direction, span);
}

void journal_late(journal *j, const weir_conn *conn, weir_direction direction,
                  const weir_span *span)
{
    say_span(j, "late", conn, direction, span);
}

void journal_urgent(journal *j, const weir_conn *conn, weir_direction direction,
                    const weir_span *span)
{
    say_span(j, "urgent", conn, direction, span);
}

void journal_hole(journal *j, const weir_conn *conn, weir_direction direction,
                  const weir_hole *hole)
{
    say(j, "hole %" PRIu64 " %d %" PRIu64 "+%" PRIu64 " %s waited %" PRIu64 " held %" PRIu64 "\n",
        weir_conn_ref(conn).id, (int)direction, hole->offset, hole->length,
        weir_hole_cause_name((int)hole->cause), hole->waited_ns, hole->held_bytes);
}

void journal_conflict(journal *j, const weir_conn *conn, weir_direction direction,
                      const weir_conflict *conflict)
{
    say(j, "conflict %" PRIu64 " %d %" PRIu64 "+%" PRIu32 " of %" PRIu32 " and %" PRIu32 "\n",
        weir_conn_ref(conn).id, (int)direction, conflict->offset, conflict->length,
        conflict->kept_tag, conflict->lost_tag);
    add(j, conflict->kept, conflict->length);
    add(j, conflict->lost, conflict->length);
}

void journal_close(journal *j, const weir_conn *conn, weir_close_cause cause)
{
    weir_conn_info i = info_of(conn);
    say(j, "close %" PRIu64 " %s at %" PRIu64 " partial %u\n", i.id,
        weir_close_cause_name((int)cause), i.end_ns, i.partial);
    add(j, i.flow, sizeof i.flow);
}

/* ── alone ── */

static weir_verdict on_open(void *user, weir_conn *conn)
{
    journal_open(user, conn);
    return WEIR_FOLLOW;
}

static void on_data(void *user, weir_conn *conn, weir_direction direction, const weir_span *spans,
                    size_t count)
{
    for (size_t i = 0; i < count; i++)
        journal_data(user, conn, direction, &spans[i]);
}

static void on_hole(void *user, weir_conn *conn, weir_direction direction, const weir_hole *hole)
{
    journal_hole(user, conn, direction, hole);
}

static void on_late(void *user, weir_conn *conn, weir_direction direction, const weir_span *span)
{
    journal_late(user, conn, direction, span);
}

static void on_urgent(void *user, weir_conn *conn, weir_direction direction, const weir_span *span)
{
    journal_urgent(user, conn, direction, span);
}

static void on_conflict(void *user, weir_conn *conn, weir_direction direction,
                        const weir_conflict *conflict)
{
    journal_conflict(user, conn, direction, conflict);
}

static void on_close(void *user, weir_conn *conn, weir_close_cause cause)
{
    journal_close(user, conn, cause);
}

void journal_callbacks(weir_callbacks *callbacks)
{
    weir_callbacks_init(callbacks);
    callbacks->on_open = on_open;
    callbacks->on_data = on_data;
    callbacks->on_hole = on_hole;
    callbacks->on_late = on_late;
    callbacks->on_close = on_close;
    callbacks->on_urgent = on_urgent;
    callbacks->on_conflict = on_conflict;
}
