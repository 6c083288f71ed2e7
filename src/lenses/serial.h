/* SPDX-License-Identifier: MIT */
/*
 * Serial lines and what imitates them: PPP, PPPoE, Cisco's HDLC, Frame Relay.
 *
 *      | address | control | protocol |     RFC 1661, 1662: the first two, and the first byte of the
 *       optional  optional   1 or 2         third, may be left out
 *
 * Each takes one header from *view and sets *type to what comes next (type.h). Answers
 * WEIR_DECODED or a weir_ignored. No state; cost: a few comparisons.
 */
#ifndef WEIR_SERIAL_H
#define WEIR_SERIAL_H

#include "lenses/link.h"

/* RFC 2516: version 1, type 1, code 0 is a session's data. Its length clamps what follows. */
int weir_serial_pppoe(weir_view *view, uint32_t *type);

int weir_serial_ppp(weir_view *view, uint32_t *type);

/* PPP or Cisco's HDLC: the first byte tells. */
int weir_serial_hdlc(weir_view *view, uint32_t *type);

/* RFC 2427, or Cisco's: an EtherType behind the address. */
int weir_serial_frame_relay(weir_view *view, uint32_t *type);

#endif
