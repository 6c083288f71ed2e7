/* SPDX-License-Identifier: MIT */
/*
 * peer_libnids: libnids reads the file, follows each connection that it sees established, and hands over its bytes.
 *
 *      --streams N    size of its table (nids_params.n_tcp_streams; its own default 1040); it follows three quarters
 *
 * Checksums are not verified: captures of a host's own packets have none. Scan detection is off, as in its examples.
 */
#include <netinet/in.h>

#include <nids.h>

#include "peer.h"

/* libnids passes no pointer of ours to its callback. */
static peer the_peer;

static void take(const struct tuple4 *addr, const struct half_stream *half, int to_server)
{
    peer_record record;
    if (half->count_new <= 0) return;
    memset(&record, 0, sizeof record);
    record.family = 4;
    record.src_port = to_server ? addr->source : addr->dest;
    record.dst_port = to_server ? addr->dest : addr->source;
    memcpy(record.src, to_server ? &addr->saddr : &addr->daddr, 4);
    memcpy(record.dst, to_server ? &addr->daddr : &addr->saddr, 4);
    peer_take(&the_peer, &record, half->data, (size_t)half->count_new);
}

static void on_tcp(struct tcp_stream *stream, void **unused)
{
    (void)unused;
    if (stream->nids_state == NIDS_JUST_EST) {
        stream->client.collect = 1;
        stream->server.collect = 1;
    } else if (stream->nids_state == NIDS_DATA) {
        take(&stream->addr, &stream->server, 1);
        take(&stream->addr, &stream->client, 0);
    }
}

static void on_ip(struct ip *packet, int bytes)
{
    (void)packet;
    (void)bytes;
    the_peer.packets++;
}

static void say_nothing(int type, int error, struct ip *header, void *data)
{
    (void)type;
    (void)error;
    (void)header;
    (void)data;
}

int main(int argc, char **argv)
{
    struct nids_chksum_ctl unchecked = {0, 0, NIDS_DONT_CHKSUM, 0};
    static char file[4096];
    the_peer = peer_begin(argc, argv);
    (void)snprintf(file, sizeof file, "%s", the_peer.file);
    nids_params.filename = file;
    nids_params.n_tcp_streams = (int)peer_number(argc, argv, "streams", 1040);
    nids_params.scan_num_hosts = 0;
    nids_params.syslog = say_nothing;
    if (!nids_init()) return peer_failed(nids_errbuf);
    nids_register_chksum_ctl(&unchecked, 1);
    /* It takes functions as void pointers, which C11 converts by way of a number only. */
    nids_register_ip((void *)(uintptr_t)on_ip);
    nids_register_tcp((void *)(uintptr_t)on_tcp);
    /* Answers 0 at the end of a file too; what libpcap complained of stands behind "loop: ". */
    (void)nids_run();
    if (strlen(nids_errbuf) > strlen("loop: ")) return peer_failed(nids_errbuf);
    return peer_end(&the_peer);
}
