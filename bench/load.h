/* SPDX-License-Identifier: MIT */
/*
 * Load: the packets of a scenario or of capture files, in memory before anything is measured.
 *
 *      traffic ┐
 *      reader  ┴──> packets[0 … count)      data in one piece, in the order of capture
 *                   │ stretch │ stretch │   of one link type and one phase each
 *
 * The memory is shared, not anonymous: it does not count in a process's anonymous resident set, and
 * a process forked for a measurement has it without copying. Packets are made or read twice, the
 * first time to know how much memory they need.
 *
 * Invariant: stretches follow each other without a gap and end at `count`.
 */
#ifndef WEIR_BENCH_LOAD_H
#define WEIR_BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traffic.h"
#include "weir/weir.h"

typedef struct load_stretch {
    size_t end; /* the number of the first packet behind it */
    int link_type;
    traffic_phase phase; /* files: TRAFFIC_TALKING */
} load_stretch;

typedef struct load {
    const weir_packet *packets;
    size_t count;
    load_stretch *stretches;
    size_t stretch_count;
    uint64_t frame_bytes; /* captured */
    uint64_t left_out;    /* packets of a link type that weir does not take */
    uint64_t file_bytes;  /* of files; else 0 */
    traffic *traffic;     /* the generator at its end, which knows the truth; NULL for files */
    void *mapping;
    size_t mapping_bytes;
} load;

/* The packets of a scenario. false: no memory; a line on stderr says so. */
bool load_scenario(load *l, const char *scenario, uint64_t seed, double scale);

/* The packets of files, in the order given. false: a line on stderr says what is wrong. */
bool load_files(load *l, const char *const *paths, size_t count);

/* Puts the packets into other memory; the old goes. For a process that wants its own draw of where they lie. false: there
 * is none, and they stay. */
bool load_move(load *l);

/* Legal after a failure too. */
void load_free(load *l);

#endif
