/* SPDX-License-Identifier: MIT */
/*
 * Glance: what can be seen of a packet without opening it, for those that a filter keeps out. Of
 * Ethernet, Linux cooked and raw IP; of other links nothing is seen.
 */
#ifndef WEIR_TOOLS_GLANCE_H
#define WEIR_TOOLS_GLANCE_H

#include <stdbool.h>

#include "weir/weir.h"

typedef struct glance {
    bool tagged;      /* a VLAN tag */
    bool later_piece; /* of an IP packet in pieces, and not the first: it has no ports */
} glance;

glance glance_at(int link_type, const weir_packet *packet);

#endif
