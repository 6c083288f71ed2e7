/* SPDX-License-Identifier: MIT */
/*
 * JSON lines: one object a line, keys in a fixed order, so that the same input gives the same
 * bytes.
 *
 * All text in them is the tool's own (addresses, names of causes, names of files it made) and needs
 * no escaping, but for names of interfaces. Failed writes are seen when the stream is closed.
 */
#ifndef WEIR_TOOLS_JSONL_H
#define WEIR_TOOLS_JSONL_H

#include <stdio.h>

#include "session.h"

/* A connection that closes; `interface` where it was captured live, or NULL. */
void jsonl_connection(FILE *to, const weir_conn_info *info, weir_close_cause cause,
                      const char *interface);

/* A hole of connection `id`. */
void jsonl_hole(FILE *to, uint64_t id, weir_direction direction, const weir_hole *hole);

/* Bytes that came twice, of connection `id`: of the bytes themselves the first 16. */
void jsonl_conflict(FILE *to, uint64_t id, weir_direction direction, const weir_conflict *conflict);

/* The last line, and in front of it one for each interface that was captured. */
void jsonl_summary(FILE *to, const session_outcome *outcome);

/* A direction whose bytes `weir cat` wrote to `file`. */
void jsonl_stream(FILE *to, const char *file, const weir_conn_info *info, weir_direction direction,
                  uint32_t ordinal);

#endif
