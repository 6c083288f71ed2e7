/* SPDX-License-Identifier: MIT */
#include "adversary_listener.h"

static void on_data(void *user, weir_conn *conn, weir_direction direction, const weir_span *spans,
                    size_t count)
{
    adversary_listener *to = user;
    to->told += count;
    if (to->manner == ADVERSARY_STOPS)
        (void)weir_conn_stop_after(conn, direction, spans->offset + 4);
    if (to->manner == ADVERSARY_CLOSES) (void)weir_conn_close(conn);
}

static void on_hole(void *user, weir_conn *conn, weir_direction direction, const weir_hole *hole)
{
    adversary_listener *to = user;
    to->told++;
    (void)conn;
    (void)direction;
    (void)hole;
}

static void on_close(void *user, weir_conn *conn, weir_close_cause cause)
{
    adversary_listener *to = user;
    to->told++;
    (void)conn;
    (void)cause;
}

void adversary_listener_callbacks(weir_callbacks *callbacks)
{
    weir_callbacks_init(callbacks);
    callbacks->on_data = on_data;
    callbacks->on_hole = on_hole;
    callbacks->on_close = on_close;
}
