/* SPDX-License-Identifier: MIT */
/*
 * 802.11 data frames, and the radio headers that captures put before them.
 *
 *      | radiotap, Prism, AVS | 802.11: 24 to 36 bytes | LLC, SNAP, packet | FCS |
 *                               control  addresses  QoS                      └ cut off where a radio
 *                                                                              header tells of it
 *
 * Opened is what was sent in the clear and whole, or was decrypted by who captured it. Counted are:
 *      encrypted   the payload is protected
 *      malformed   the radio says that the frame was damaged on its way
 *      not_ip      other frames; pieces of a frame: their bytes belong to packets that are not whole
 *
 * Aggregates (A-MSDU) hold several packets, of which the link lens reads one and sets the others
 * apart:
 *
 *      | 802.11 | addresses, length, LLC, packet, pad | addresses, length ...       |
 *                └──────────── read ─────────────────┘└────────── weir_link.rest ──┘
 *
 * A frame sent again (retry) is captured again; it is told by its IP packet, as in other captures.
 * Cost: one header read in order; radiotap at most 32 words that say which fields there are.
 */
#ifndef WEIR_WIFI_H
#define WEIR_WIFI_H

#include "lenses/link.h"

/* Takes a header of *type (WEIR_TYPE_WIFI, _WIFI_PADDED, _WIFI_AGGREGATE, _RADIOTAP, _PRISM, _AVS)
 * from *view, sets *type to what comes next, and link->rest after one packet of an aggregate.
 * Answers WEIR_DECODED or a weir_ignored. */
int weir_wifi_read(weir_view *view, uint32_t *type, weir_link *link);

/* What a radio header says of the frame behind it: cuts off the FCS and sets *type to what the
 * frame begins with. WEIR_DECODED, or WEIR_IGNORED_MALFORMED if it was damaged. */
int weir_wifi_frame(weir_view *view, int has_fcs, int is_damaged, int is_padded, uint32_t *type);

#endif
