/* SPDX-License-Identifier: MIT */
/*
 * What is said about a live capture beforehand, and what is counted of it (capture.h).
 */
#ifndef WEIR_TOOLS_CAPTURE_SETTINGS_H
#define WEIR_TOOLS_CAPTURE_SETTINGS_H

#include <stdint.h>

enum { CAPTURE_BOTH, CAPTURE_IN, CAPTURE_OUT };

/* How to capture: the same for all interfaces. */
typedef struct capture_settings {
    uint64_t buffer_bytes; /* of the ring, for each capture */
    uint32_t snap_bytes;   /* of a packet, at most; more is cut off */
    uint8_t promiscuous;
    uint8_t immediate; /* each packet at once, instead of in blocks */
    int direction;     /* CAPTURE_BOTH, _IN, _OUT */
    const char *filter;
    const char *tagged_filter; /* instead of it on links that have VLAN tags; or NULL */
} capture_settings;

/* As the kernel counts, since the capture was first opened. */
typedef struct capture_totals {
    uint64_t received_packets;  /* passed the filter, those dropped included */
    uint64_t dropped_packets;   /* found the ring full */
    uint64_t interface_dropped; /* lost by the interface or its driver, before the ring */
} capture_totals;

#endif
