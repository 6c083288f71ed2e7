/* SPDX-License-Identifier: MIT */
/*
 * Advice: what a person should change, told from the outcome alone.
 *
 * Rules in order of weight: first what made the result incomplete, then which limit was hit (and
 * its option), then signs that the capture is not what its owner thinks it is.
 */
#ifndef WEIR_TOOLS_ADVICE_H
#define WEIR_TOOLS_ADVICE_H

#include "session.h"

enum { ADVICE_MAX = 2, ADVICE_BYTES = 200 };

/* Writes the weightiest lines, at most ADVICE_MAX. Returns how many; 0: nothing is amiss. */
size_t advice_give(const options *o, const session_outcome *outcome,
                   char lines[ADVICE_MAX][ADVICE_BYTES]);

/* What helps where packets find the ring full. */
void advice_for_ring(const options *o, char text[ADVICE_BYTES]);

#endif
