/* SPDX-License-Identifier: MIT */
/*
 * GRE: version 0 with optional fields (RFC 2784, 2890), ERSPAN in it; version 1, which is PPTP's
 * (RFC 2637).
 *
 *      version 0   | C_KS flags | protocol | checksum, 0 | key | sequence | payload
 *                        a field of 4 bytes for each flag that is set
 *      version 1   | _KSA flags | 880B | length, call | sequence | acknowledgement | PPP
 *
 * A source route (RFC 1701, bit R) is not walked: such packets are counted as `tunnel`.
 *
 *      ERSPAN I    no header, no sequence number
 *      ERSPAN II   | version 1, VLAN, session | index |
 *      ERSPAN III  | version 2, VLAN, session | time | tag, kind of frame, O | 8 bytes where O |
 *
 * The VLAN that ERSPAN notes is that of the port the frame was mirrored from, which is another on
 * the way back through a router: it is not the frame's and does not become part of it.
 */
#ifndef WEIR_GRE_H
#define WEIR_GRE_H

#include "lenses/tunnel.h"

/* As weir_tunnel_open, from a GRE header on. */
int weir_gre_open(weir_view *view, weir_inner *inner);

#endif
