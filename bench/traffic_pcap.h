/* SPDX-License-Identifier: MIT */
/*
 * Pcap: packets as a capture file, little-endian on every machine, nanoseconds, Ethernet.
 *
 *      | a1b23c4d, 2.4, 0, 0, 262144, 1 | seconds, nanoseconds, captured, wire | frame | ...
 */
#ifndef WEIR_BENCH_TRAFFIC_PCAP_H
#define WEIR_BENCH_TRAFFIC_PCAP_H

#include "traffic.h"

#include <stdio.h>

/* The head of the file; then a packet. false: not written, errno says why. */
bool traffic_pcap_begin(FILE *file);
bool traffic_pcap_put(FILE *file, const traffic_packet *packet);

#endif
