/* SPDX-License-Identifier: MIT */
#include "rooms/twice.h"

int weir_twice_is(const weir_way *way, const weir_segment *segment)
{
    return weir_twice_seen(way, segment);
}
