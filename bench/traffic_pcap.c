/* SPDX-License-Identifier: MIT */
#include "traffic_pcap.h"

#define NS_PER_S 1000000000u

enum { HEAD_BYTES = 24, RECORD_BYTES = 16, SNAPLEN = 262144, LINK_ETHERNET = 1 };

static void put(uint8_t *out, size_t n, const uint32_t *words)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(words[i / 4] >> (8 * (i % 4)));
}

bool traffic_pcap_begin(FILE *file)
{
    const uint32_t words[] = {0xa1b23c4d, 4u << 16 | 2, 0, 0, SNAPLEN, LINK_ETHERNET};
    uint8_t head[HEAD_BYTES];
    put(head, sizeof head, words);
    return fwrite(head, sizeof head, 1, file) == 1;
}

bool traffic_pcap_put(FILE *file, const traffic_packet *packet)
{
    const uint32_t words[] = {(uint32_t)(packet->time_ns / NS_PER_S),
                              (uint32_t)(packet->time_ns % NS_PER_S), packet->captured_bytes,
                              packet->wire_bytes};
    uint8_t record[RECORD_BYTES];
    put(record, sizeof record, words);
    return fwrite(record, sizeof record, 1, file) == 1 &&
           fwrite(packet->data, packet->captured_bytes, 1, file) == 1;
}
