/* SPDX-License-Identifier: MIT */
/*
 * Filter: a tcpdump expression, compiled by libpcap for each link type that turns up.
 *
 * libpcap is loaded for the moment of compiling, and not linked: it brings nine more shared objects
 * and 170 KiB of anonymous memory, a third of what this process may have beside its pool. The
 * programs run without it (bpf.h).
 */
#ifndef WEIR_TOOLS_FILTER_H
#define WEIR_TOOLS_FILTER_H

#include <stdbool.h>

#include "weir/weir.h"

typedef struct filter filter;

/* Packets that were kept out, and what could be the reason. */
typedef struct filter_losses {
    uint64_t packets;
    uint64_t tagged; /* of them with a VLAN tag */
    uint64_t pieces; /* of them pieces of IP packets, which have no ports */
} filter_losses;

/* Compiles `expression` (which must outlive it) for Ethernet or, if it makes no sense there, raw
 * IP: so a bad one is found before any input is read. `tagged`, if not
 * NULL: what takes its place on Ethernet (vlan_filter.h). NULL: a line says why,
 * and *exit_code is set. */
filter *filter_create(const char *expression, const char *tagged, int *exit_code);

/* NULL is legal. */
void filter_destroy(filter *f);

/* From here on packets are of this link type. false: a line says why not. */
bool filter_select(filter *f, int link_type);

/* Moves the packets that pass to the front. Returns how many; adds up the others. */
size_t filter_apply(const filter *f, weir_packet *packets, size_t count, filter_losses *losses);

#endif
