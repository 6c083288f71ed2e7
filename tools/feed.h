/* SPDX-License-Identifier: MIT */
/*
 * Feed: all inputs, in the order given, through the filter into the engine.
 *
 *      input ──> reader ──> filter ──> weir_engine_packets
 *
 * Several files are one capture: nothing is ended between them. What was wrong with an input is
 * said at once, in one line, and told again by the totals.
 */
#ifndef WEIR_TOOLS_FEED_H
#define WEIR_TOOLS_FEED_H

#include "filter.h"
#include "upkeep.h"

typedef struct feed_totals {
    uint64_t read_packets;        /* from all inputs */
    uint64_t read_bytes;          /* of all inputs */
    uint64_t unsupported_packets; /* not handed over: of a link type that weir does not take */
    filter_losses filtered;       /* not handed over: the filter says so */
    uint64_t cut_packets;         /* captured shorter than they were */
    uint64_t first_ns;            /* stamp of the first packet handed over */
    bool incomplete;              /* an input was cut short, corrupt, failed or left out */
} feed_totals;

/*
 * Feeds all inputs of *o, with the upkeep as it is due. *stop is looked at after each batch:
 * callbacks set it to an exit code to end it early, EXIT_OK means go on. Returns EXIT_OK, or an exit
 * code when a line has said what is wrong: then what was fed before is in the engine.
 */
int feed_all(const options *o, weir_engine *engine, upkeep *u, const int *stop,
             feed_totals *totals);

#endif
