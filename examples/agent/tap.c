/* SPDX-License-Identifier: MIT */
#include "tap.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <weir/weir_pcap.h>

enum {
    SNAPSHOT_BYTES = 262144, /* offloads make segments of 64 KiB and more: cut none of them */
    BLOCK_MS = 50,           /* how long the kernel gathers packets; engines want 100 at most */
    LAG_MS = 200,            /* packets this old have surely been read */
    FILE_PACKETS = 1024,     /* between two looks at `stop` */
    STACK_BYTES = 256 << 10
};

/* ──── connections ──── */

static void forget(tap *t, weir_conn *conn, exchange *e, bool to_the_end)
{
    exchange_end(e, to_the_end);
    table_give(&t->table, e);
    if (conn) weir_conn_set_user(conn, NULL);
}

/* A connection's exchange, or a new one: if there is no room, the longest silent makes it. */
static exchange *exchange_of(tap *t, weir_conn *conn, weir_direction direction, uint64_t offset)
{
    exchange *e = weir_conn_user(conn);
    if (e) {
        table_touch(&t->table, e);
        return e;
    }
    if ((e = table_take(&t->table)) == NULL) {
        exchange *silent = t->table.oldest;
        forget(t, weir_engine_find(t->engine, silent->ref), silent, false);
        ledger_add(t->ledger, LEDGER_evicted, 1);
        e = table_take(&t->table);
    }
    atomic_store(&t->connections, (unsigned)t->table.touched);
    exchange_begin(e, t->ledger, conn, direction, offset);
    weir_conn_set_user(conn, e);
    return e;
}

/* Nothing more of this connection is wanted. */
static void leave(tap *t, weir_conn *conn, exchange *e)
{
    forget(t, conn, e, false);
    (void)weir_conn_ignore(conn, WEIR_C2S);
    (void)weir_conn_ignore(conn, WEIR_S2C);
}

static void on_data(void *user, weir_conn *conn, weir_direction direction, const weir_span *spans,
                    size_t count)
{
    tap *t = user;
    exchange *e = exchange_of(t, conn, direction, spans[0].offset);
    if (!exchange_data(e, conn, direction, spans, count)) leave(t, conn, e);
}

static void on_hole(void *user, weir_conn *conn, weir_direction direction, const weir_hole *hole)
{
    tap *t = user;
    exchange *e = weir_conn_user(conn);
    if (e && !exchange_hole(e, direction, hole->length)) leave(t, conn, e);
}

static void on_unkept(void *user, weir_conn *conn, weir_direction direction, uint64_t offset,
                      uint64_t length)
{
    exchange *e = weir_conn_user(conn);
    (void)user, (void)offset, (void)length;
    if (e) exchange_unkept(e, direction);
}

static void on_close(void *user, weir_conn *conn, weir_close_cause cause)
{
    exchange *e = weir_conn_user(conn);
    if (e) forget(user, conn, e, cause == WEIR_CLOSE_FIN);
}

/* ──── opening ──── */

static int set_filter(tap *t, const char *filter)
{
    struct bpf_program program;
    int status = pcap_compile(t->pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN);
    if (status == 0) {
        status = pcap_setfilter(t->pcap, &program);
        pcap_freecode(&program);
    }
    if (status != 0) (void)snprintf(t->error, sizeof t->error, "%s", pcap_geterr(t->pcap));
    return status == 0;
}

static int open_live(tap *t, int ring_bytes)
{
    int status;
    if ((t->pcap = pcap_create(t->name, t->error)) == NULL) return 0;
    (void)pcap_set_snaplen(t->pcap, SNAPSHOT_BYTES);
    (void)pcap_set_timeout(t->pcap, BLOCK_MS);
    (void)pcap_set_buffer_size(t->pcap, ring_bytes);
    (void)pcap_set_tstamp_precision(t->pcap, PCAP_TSTAMP_PRECISION_NANO);
    status = pcap_activate(t->pcap);
    if (status < 0) {
        (void)snprintf(t->error, sizeof t->error, "%s %s", pcap_statustostr(status),
                       pcap_geterr(t->pcap));
        return 0;
    }
    /* On an idle link libpcap would wait for longer than an engine may be silent. */
    return pcap_setnonblock(t->pcap, 1, t->error) == 0;
}

int tap_open(tap *t, const char *name, int is_live, const char *filter, int ring_bytes)
{
    memset(t, 0, sizeof *t);
    t->name = name;
    t->is_live = is_live;
    if (!is_live)
        t->pcap =
            pcap_open_offline_with_tstamp_precision(name, PCAP_TSTAMP_PRECISION_NANO, t->error);
    else if (!open_live(t, ring_bytes))
        return 0;
    if (!t->pcap) return 0;
    if (!weir_link_type_supported(pcap_datalink(t->pcap))) {
        (void)snprintf(t->error, sizeof t->error, "%s", weir_error_text(WEIR_ERR_LINK_TYPE));
        return 0;
    }
    return filter ? set_filter(t, filter) : 1;
}

void tap_close(tap *t)
{
    (void)weir_engine_destroy(t->engine);
    table_close(&t->table);
    if (t->pcap) pcap_close(t->pcap);
    t->engine = NULL;
    t->pcap = NULL;
}

/* ──── the thread ──── */

/* Moves the clock of a link that has nothing to say, by the machine's, which stamps packets. */
static void pass_time(tap *t)
{
    struct timespec now;
    uint64_t now_ns;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    now_ns = (uint64_t)now.tv_sec * WEIR_SECOND + (uint64_t)now.tv_nsec;
    while (weir_engine_advance(t->engine, now_ns - LAG_MS * WEIR_MILLISECOND) == 1)
        continue;
}

static void count_drops(tap *t)
{
    struct pcap_stat now;
    if (!t->is_live || pcap_stats(t->pcap, &now) != 0) return;
    /* libpcap's counters come round after 4 G packets. */
    atomic_fetch_add(&t->received, now.ps_recv - t->counted.ps_recv);
    atomic_fetch_add(&t->dropped, now.ps_drop - t->counted.ps_drop);
    t->counted = now;
}

/* Packets until there are none for the moment. Returns as weir_pcap_dispatch. */
static int read_some(tap *t)
{
    const int taken = weir_pcap_dispatch(t->engine, t->pcap, FILE_PACKETS, NULL, 0);
    struct pollfd fd = {.fd = pcap_get_selectable_fd(t->pcap), .events = POLLIN};
    count_drops(t); /* also while it is too busy to rest: that is when they come */
    if (taken != 0 || !t->is_live) return taken;
    pass_time(t);
    (void)poll(&fd, 1, BLOCK_MS);
    return 1;
}

static void *run(void *user)
{
    tap *t = user;
    int taken = 1;
    while (taken > 0 && !atomic_load(t->stop))
        taken = read_some(t);
    if (taken == WEIR_PCAP_FAILED)
        (void)snprintf(t->error, sizeof t->error, "%s", pcap_geterr(t->pcap));
    else if (taken < 0)
        (void)snprintf(t->error, sizeof t->error, "%s", weir_error_text(taken));
    count_drops(t);
    (void)weir_engine_flush(t->engine); /* what waits behind holes is told, all is closed */
    (void)weir_engine_destroy(t->engine);
    t->engine = NULL;
    atomic_store(&t->ended, 1);
    return NULL;
}

static int start_thread(tap *t)
{
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (error == 0) error = pthread_attr_setstacksize(&attributes, STACK_BYTES);
    if (error == 0) error = pthread_create(&t->thread, &attributes, run, t);
    (void)pthread_attr_destroy(&attributes);
    if (error != 0) (void)snprintf(t->error, sizeof t->error, "%s", strerror(error));
    return error == 0;
}

int tap_start(tap *t, weir_pool *pool, ledger *l, size_t slots, const atomic_int *stop)
{
    weir_callbacks callbacks;
    int error;
    weir_callbacks_init(&callbacks);
    callbacks.on_data = on_data;
    callbacks.on_hole = on_hole;
    callbacks.on_unkept = on_unkept;
    callbacks.on_close = on_close;
    t->ledger = l;
    t->stop = stop;
    error = table_open(&t->table, slots) ? weir_engine_create(pool, NULL, &callbacks, t, &t->engine)
                                         : WEIR_ERR_MEMORY;
    if (error != WEIR_OK) {
        (void)snprintf(t->error, sizeof t->error, "%s", weir_error_text(error));
        return 0;
    }
    return start_thread(t);
}
