/* SPDX-License-Identifier: MIT */
/*
 * Evidence: the packets of one input, as a capture file that anybody can look at.
 *
 *      crash ──> replay_NAME -p OUT.pcapng crash ──> weir run -r OUT.pcapng
 *
 * A fuzzer shows each packet before it hands it in. That costs one comparison unless a file is open;
 * then the packet is written out at once, so that the one that kills the process is in it. The file is
 * pcapng: packets of one input may have several link types, an interface for each.
 */
#ifndef WEIR_FUZZ_EVIDENCE_H
#define WEIR_FUZZ_EVIDENCE_H

#include "weir/weir.h"

/* Begins the file. 0, or -1 and errno. */
int evidence_open(const char *path);

/* The packet is handed in now. Stamps beyond what pcapng can say (2^64 ns) do not exist. */
void evidence_packet(int link_type, const weir_packet *packet);

/* Ends the file. Returns how many packets are in it, or -1 and errno if one could not be written. */
long evidence_close(void);

#endif
