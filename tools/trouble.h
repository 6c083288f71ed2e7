/* SPDX-License-Identifier: MIT */
/*
 * Trouble: what ended an input before its end, said in one line that names the remedy.
 */
#ifndef WEIR_TOOLS_TROUBLE_H
#define WEIR_TOOLS_TROUBLE_H

#include "reader.h"
#include "unpack.h"

/* Whether nothing of it can be used: it is no capture, or cannot be unpacked here. */
bool trouble_is_hopeless(const reader *r, const unpack *u);

/* Whether it is surely no capture. What is damaged, or packed in a way that is not unpacked here, may
 * be one. */
bool trouble_is_foreign(const reader *r, const unpack *u);

/* Says what is wrong with the input of that name; the reader has stopped, not at its end. Returns
 * EXIT_OK if what stood before the fault is worth a report, else EXIT_FAILED. */
int trouble_say(const char *name, const reader *r, const unpack *u);

#endif
