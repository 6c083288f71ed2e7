/* SPDX-License-Identifier: MIT */
/*
 * Names of link types (LINKTYPE_ numbers), for messages about those that are not supported.
 */
#ifndef WEIR_TOOLS_LINK_NAME_H
#define WEIR_TOOLS_LINK_NAME_H

/* "IEEE802_11"; "unknown" for a number without a name here. Static storage. */
const char *link_name(int link_type);

/* The number that libpcap's calls use for a link type of a file. They differ in a few. */
int link_dlt(int link_type);

#endif
