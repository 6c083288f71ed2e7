/* SPDX-License-Identifier: MIT */
/*
 * floor_pcap: the bare loop. libpcap reads, headers are skipped, each payload byte is touched; no stream is followed.
 * What no reassembler over libpcap can be cheaper than.
 */
#include <pcap.h>

#include "payload.h"
#include "peer.h"

static void on_packet(u_char *user, const struct pcap_pkthdr *header, const u_char *data)
{
    peer *p = (peer *)(void *)user;
    payload found;
    p->packets++;
    if (!payload_find(&found, data, header->caplen) || found.bytes == 0) return;
    p->delivered += found.bytes;
    p->touched += touch(found.data, found.bytes);
}

int main(int argc, char **argv)
{
    char error[PCAP_ERRBUF_SIZE];
    peer p = peer_begin(argc, argv);
    pcap_t *pcap = pcap_open_offline(p.file, error);
    if (!pcap) return peer_failed(error);
    p.check = 0;
    if (pcap_loop(pcap, -1, on_packet, (u_char *)(void *)&p) < 0)
        return peer_failed(pcap_geterr(pcap));
    const int code = peer_end(&p);
    pcap_close(pcap);
    return code;
}
