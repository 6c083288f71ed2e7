/* SPDX-License-Identifier: MIT */
/*
 * Report: what happened, for a person, on one screen.
 *
 *      label          amount   what it is made of
 *
 * Every row answers a question that somebody has: how much was there, what was left out and why,
 * what is missing, what it cost. Rows that have nothing to tell are left out where their absence
 * says the same. Plain ASCII; colour only on a terminal, and not if NO_COLOR is set.
 */
#ifndef WEIR_TOOLS_REPORT_H
#define WEIR_TOOLS_REPORT_H

#include <stdio.h>

#include "session.h"

/* Writes the report, with advice at its end. */
void report_print(FILE *to, const options *o, const session_outcome *outcome);

#endif
