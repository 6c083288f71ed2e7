/* SPDX-License-Identifier: MIT */
/*
 * What an engine is made of. It lives in its room of the pool, WEIR_ROOM_BYTES long.
 */
#ifndef WEIR_ENGINE_STATE_H
#define WEIR_ENGINE_STATE_H

#include "house/clock.h"
#include "rooms/core.h"

struct weir_engine {
    weir_core core;
    weir_clock clock;
    weir_ref doubted; /* the connection of the packet whose stamp is doubted; id 0: none */
    uint32_t above_watermark;
    uint32_t waited; /* calls for another engine to pay for a lowered limit */
};

_Static_assert(sizeof(struct weir_engine) <= WEIR_ROOM_BYTES, "an engine must fit its room");

#endif
