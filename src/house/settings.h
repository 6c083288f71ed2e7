/* SPDX-License-Identifier: MIT */
/* Defaults and checks of what the user configures. */
#ifndef WEIR_SETTINGS_H
#define WEIR_SETTINGS_H

#include "stores/pool.h"

/* Reads and checks both (either may be NULL: defaults, no callbacks), with defaults filled in. */
int weir_settings_read(const weir_pool *pool, const weir_engine_config *config,
                       const weir_callbacks *callbacks, weir_engine_config *own_config,
                       weir_callbacks *own_callbacks);

#endif
