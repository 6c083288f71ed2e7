/* SPDX-License-Identifier: MIT */
/*
 * Community ID, version 1: a name for a TCP connection that other tools compute alike, whichever
 * direction they saw first.
 *
 *      "1:" + base64(SHA-1(seed 2 | lower address | higher address | 6 | 0 | its port 2 | its port
 * 2))
 */
#ifndef WEIR_TOOLS_COMMUNITY_ID_H
#define WEIR_TOOLS_COMMUNITY_ID_H

#include "weir/weir.h"

enum { COMMUNITY_ID_BYTES = 2 + 28 + 1 };

/* Writes the text and a 0. Seed 0, as everybody. */
void community_id(const weir_conn_info *info, char text[COMMUNITY_ID_BYTES]);

#endif
