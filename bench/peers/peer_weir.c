/* SPDX-License-Identifier: MIT */
/*
 * peer_weir: weir as the peers are run, over weir_pcap.h.
 *
 *      --mem BYTES    the pool's limit (64 MiB)
 *      --batch N      packets a batch (0: one by one, straight from libpcap's buffer)
 */
#include <weir/weir_pcap.h>

#include "peer.h"

enum { BATCH_BYTES = 1 << 18 };

static peer_record whose(const weir_conn *conn, weir_direction direction)
{
    weir_conn_info info;
    peer_record record;
    weir_conn_info_init(&info);
    (void)weir_conn_get_info(conn, &info);
    const int c2s = direction == WEIR_C2S;
    memset(&record, 0, sizeof record);
    record.family = info.family;
    record.src_port = c2s ? info.source_port : info.destination_port;
    record.dst_port = c2s ? info.destination_port : info.source_port;
    memcpy(record.src, c2s ? info.source : info.destination, sizeof record.src);
    memcpy(record.dst, c2s ? info.destination : info.source, sizeof record.dst);
    return record;
}

static void on_data(void *user, weir_conn *conn, weir_direction direction, const weir_span *spans,
                    size_t count)
{
    peer *p = user;
    peer_record record;
    if (p->check) record = whose(conn, direction);
    for (size_t i = 0; i < count; i++)
        peer_take(p, &record, spans[i].data, spans[i].length);
}

static void on_hole(void *user, weir_conn *conn, weir_direction direction, const weir_hole *hole)
{
    peer_record record = whose(conn, direction);
    record.skipped = (int64_t)hole->length;
    peer_take(user, &record, NULL, 0);
}

/* Taken up in the middle: offset 0 is the first byte seen, not the first sent. */
static weir_verdict on_open(void *user, weir_conn *conn)
{
    weir_conn_info info;
    weir_conn_info_init(&info);
    (void)weir_conn_get_info(conn, &info);
    for (int direction = 0; direction < 2 && info.midstream; direction++) {
        peer_record record = whose(conn, (weir_direction)direction);
        record.skipped = PEER_SKIPPED_UNKNOWN;
        peer_take(user, &record, NULL, 0);
    }
    return WEIR_FOLLOW;
}

static int read_all(weir_engine *engine, pcap_t *pcap, size_t batch)
{
    static uint8_t data[BATCH_BYTES];
    static weir_packet packets[256];
    const weir_pcap_buffer lend = {data, sizeof data, packets, batch < 256 ? batch : 256};
    int taken;
    while ((taken = weir_pcap_dispatch(engine, pcap, -1, batch ? &lend : NULL, 0)) > 0) {
    }
    return taken;
}

static int run(peer *p, pcap_t *pcap, uint64_t mem, size_t batch)
{
    weir_pool_config config;
    weir_engine_config settings;
    weir_callbacks callbacks;
    weir_stats stats;
    weir_pool *pool;
    weir_engine *engine;
    weir_pool_config_init(&config);
    weir_engine_config_init(&settings);
    weir_callbacks_init(&callbacks);
    weir_stats_init(&stats);
    config.limit_bytes = mem;
    callbacks.on_data = on_data;
    if (p->check) callbacks.on_hole = on_hole, callbacks.on_open = on_open;
    int error = weir_pool_create(&config, &pool);
    if (error != WEIR_OK) return peer_failed(weir_error_text(error));
    error = weir_engine_create(pool, &settings, &callbacks, p, &engine);
    if (error != WEIR_OK) return peer_failed(weir_error_text(error));
    error = read_all(engine, pcap, batch);
    if (error != 0)
        return peer_failed(error == WEIR_PCAP_FAILED ? pcap_geterr(pcap) : weir_error_text(error));
    (void)weir_engine_flush(engine);
    (void)weir_engine_stats(engine, &stats);
    p->packets = stats.packets;
    const int code = peer_end(p);
    (void)weir_engine_destroy(engine);
    (void)weir_pool_destroy(pool);
    return code;
}

int main(int argc, char **argv)
{
    char error[PCAP_ERRBUF_SIZE];
    peer p = peer_begin(argc, argv);
    pcap_t *pcap = pcap_open_offline(p.file, error);
    if (!pcap) return peer_failed(error);
    const int code = run(&p, pcap, peer_number(argc, argv, "mem", UINT64_C(64) << 20),
                         (size_t)peer_number(argc, argv, "batch", 0));
    pcap_close(pcap);
    return code;
}
