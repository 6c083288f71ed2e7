/* SPDX-License-Identifier: MIT */
/*
 * Tunnels in UDP, by port: VXLAN, VXLAN-GPE, GENEVE, GTP-U, Teredo, L2TP, MPLS, GRE.
 *
 *      | UDP, 8 bytes | tunnel's header                          | Ethernet, IP, PPP, MPLS ... |
 *      |<──────────── UDP length, 0 where offload left it open ───────────────────────────────>|
 *
 * The destination's port counts; of GTP-U, Teredo and L2TP, where either end may have it, the
 * source's too. What is not exactly as its sender must write it is no tunnel (not_tcp): reserved
 * bits set, another version, a control message, lengths beyond the datagram.
 *
 *      VXLAN     | 08 or 88 | policy | VNI | 00 |
 *      GENEVE    | version, options | control, critical | EtherType | VNI | 00 | options
 *      GTP-U     | version 1, E S N | FF | length | TEID | sequence, number, next | extensions ...
 *      Teredo    | authentication | origin | IPv6
 *      L2TP      | flags, version 2 | length | tunnel | session | sequence | offset | PPP
 */
#ifndef WEIR_DATAGRAM_H
#define WEIR_DATAGRAM_H

#include "lenses/tunnel.h"

/* As weir_tunnel_open, from a UDP header on. */
int weir_datagram_open(weir_view *view, weir_inner *inner);

#endif
