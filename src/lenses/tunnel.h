/* SPDX-License-Identifier: MIT */
/*
 * The tunnel lens: what an IP packet carries that is not TCP, if that is another packet.
 *
 *      IP ┬ 4, 41 ───────────────────────────> IP
 *         ├ 47  GRE ─── gre.c ───────────────> IP, Ethernet, PPP, MPLS ...
 *         ├ 17  UDP ─── datagram.c, by port ─> IP, Ethernet, PPP, MPLS
 *         ├ 97  EtherIP ─────────────────────> Ethernet
 *         └ 137 MPLS ────────────────────────> labels
 *
 * Each takes one header, clamps to the lengths in it and says what comes next, for the link lens. A
 * UDP port is a claim: a datagram whose flags, version or lengths are not those of the tunnel is no
 * tunnel and no malformed one either (not_tcp). No checksum is verified: a damaged header is told
 * by what it leads to.
 *
 * Keeps no state, opens one tunnel: what bounds nesting is the loop in decode.c. Cost: one header;
 * GTP-U's chain of extension headers is bounded. For a packet that is no tunnel, one switch, and
 * for UDP two more.
 */
#ifndef WEIR_TUNNEL_H
#define WEIR_TUNNEL_H

#include "lenses/network.h"

/* What a tunnel's header said. */
typedef struct weir_inner {
    uint32_t type;    /* what comes next: type.h */
    uint32_t number;  /* names a network, the same both ways */
    uint8_t numbered; /* 1: there is a number */
    weir_tunnel kind;
} weir_inner;

/* Moves *view from the payload of an IP packet to what is in the tunnel, and fills *inner. Answers
 * WEIR_DECODED; WEIR_IGNORED_NOT_TCP if it is no tunnel, or one that carries no packet;
 * WEIR_IGNORED_TUNNEL if it is one that this lens cannot read; or WEIR_IGNORED_MALFORMED or
 * _TRUNCATED_HEADER. */
int weir_tunnel_open(weir_view *view, const weir_network *network, weir_inner *inner);

/* weir_segment.tunnel, of what was `outer` before this tunnel. */
uint32_t weir_tunnel_id(uint32_t outer, const weir_inner *inner);

#endif
