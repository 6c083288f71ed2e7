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
 *
 * How many members there are decides where a connection goes. When an interface comes back its members
 * join again within a moment of each other, and a connection that begins in that moment may go on in
 * another engine, as one taken up midstream: no byte is lost or seen twice, but there are two of it.
 *
 * The group's number is the kernel's to choose, 0 is one like others, and it is free again once the
 * last member has left: so whoever joins an empty group founds it anew.
 */
#ifndef WEIR_TOOLS_FANOUT_H
#define WEIR_TOOLS_FANOUT_H

#include <pthread.h>
#include <stdint.h>

/* Of an interface. */
typedef struct fanout {
    pthread_mutex_t lock;
    uint32_t members;
    uint32_t id; /* while there are members */
} fanout;

/* An empty group. */
void fanout_begin(fanout *group);

/* Adds an open capture's socket. From any thread. Returns 0 or an errno. */
int fanout_join(fanout *group, int socket);

/* A member is about to close its socket. */
void fanout_leave(fanout *group);

#endif
