/* SPDX-License-Identifier: MIT */
/*
 * Headers that capture systems put before the packet: PPI, PKTAP, NFLOG, PFLOG, enc, netANALYZER.
 *
 *      | header, fields ... | packet, as its link type or address family says |
 *
 * They are written in the byte order of the machine that captured, which none of them names. PPI
 * and PKTAP are little-endian by definition or by all machines that make them; in NFLOG and enc the
 * numbers are small, so the order shows. Cost: one header; NFLOG at most 32 attributes.
 */
#ifndef WEIR_WRAP_H
#define WEIR_WRAP_H

#include "lenses/link.h"

/* Takes a header of *type from *view and sets *type to what comes next. Answers WEIR_DECODED or a
 * weir_ignored; WEIR_IGNORED_NOT_IP for a type that is none of these. */
int weir_wrap_read(weir_view *view, uint32_t *type);

#endif
