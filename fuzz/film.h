/* SPDX-License-Identifier: MIT */
/*
 * Film: generated traffic as a capture file of any kind, for seeds.
 *
 *      FILM_MICRO, FILM_NANO     classic pcap, little-endian
 *      FILM_BIG                  classic pcap, big-endian
 *      FILM_MODIFIED             classic pcap with the longer record headers
 *      FILM_BLOCKS               pcapng, little-endian, a time resolution, blocks to pass over
 *      FILM_BLOCKS_BIG           pcapng, big-endian, a simple packet among the others
 */
#ifndef WEIR_FUZZ_FILM_H
#define WEIR_FUZZ_FILM_H

#include "sow.h"

typedef enum film_kind {
    FILM_MICRO,
    FILM_NANO,
    FILM_BIG,
    FILM_MODIFIED,
    FILM_BLOCKS,
    FILM_BLOCKS_BIG,
    FILM_KINDS
} film_kind;

/* Adds the file to the seed in hand: `packets` of the scenario, each cut to `snap_bytes`. */
void film(sow *s, film_kind kind, const char *scenario, uint32_t packets, uint32_t snap_bytes);

#endif
