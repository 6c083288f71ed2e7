/* SPDX-License-Identifier: MIT */
/*
 * Fanout: several captures of one interface, each of which gets a part of the connections.
 *
 *      interface ──> hash of the connection ──┬──> ring 0 ──> engine 0
 *                    (the kernel's)           └──> ring 1 ──> engine 1
 *
 * The kernel's flow hash (PACKET_FANOUT_HASH) is the same both ways since Linux 4.8, so that both
 * directions of a connection meet in one engine; before, each direction had its own, and a capture
 * with more than one member is of no use. IPv4 packets in pieces are joined before they are hashed
 * (PACKET_FANOUT_FLAG_DEFRAG); pieces of IPv6 go by their addresses alone. It looks into IPIP and
 * GRE, not into VXLAN, GENEVE, GTP or Teredo, which choose UDP ports for each direction: such
 * interfaces are captured with one member.
 */
#ifndef WEIR_TOOLS_FANOUT_H
#define WEIR_TOOLS_FANOUT_H

#include <stdint.h>

/* Of an interface: its group's number, as the kernel gave it to its first member; 0 before. */
typedef struct fanout {
    uint32_t id;
} fanout;

/* Adds an open capture's socket. From any of the interface's threads once the first has joined.
 * Returns 0 or an errno. */
int fanout_join(fanout *group, int socket);

#endif
