/* SPDX-License-Identifier: MIT */
/*
 * The line of figures that SIGUSR1 asks for.
 */
#ifndef WEIR_TOOLS_LIVE_LINE_H
#define WEIR_TOOLS_LIVE_LINE_H

#include <stdio.h>

#include "snapshot.h"

/* One line, of a capture that runs for so long. */
void live_line_print(FILE *to, const snapshot *now, uint64_t running_ns);

#endif
