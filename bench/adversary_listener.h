/* SPDX-License-Identifier: MIT */
/*
 * Listener: the user of an engine under attack. Counts what he is told of, and stops or closes connections where the
 * family wants that.
 */
#ifndef WEIR_BENCH_ADVERSARY_LISTENER_H
#define WEIR_BENCH_ADVERSARY_LISTENER_H

#include "adversary.h"

typedef struct adversary_listener {
    adversary_user manner;
    uint64_t told; /* spans, holes and closes */
} adversary_listener;

/* Sets up callbacks whose `user` must be an adversary_listener. */
void adversary_listener_callbacks(weir_callbacks *callbacks);

#endif
