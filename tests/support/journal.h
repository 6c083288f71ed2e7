/* SPDX-License-Identifier: MIT */
/*
 * A journal: one number for all that callbacks said, in order, bytes included. Two runs that say the same have the
 * same number.
 *
 * With WEIR_JOURNAL=FILE in the environment each event is appended to the file as a line too: to see where two runs
 * part.
 */
#ifndef WEIR_TESTS_JOURNAL_H
#define WEIR_TESTS_JOURNAL_H

#include <stddef.h>

#include "weir/weir.h"

typedef struct journal {
    uint64_t hash;
    uint64_t events;
} journal;

void journal_open(journal *j, const weir_conn *conn);
void journal_data(journal *j, const weir_conn *conn, weir_direction direction,
                  const weir_span *span);
void journal_hole(journal *j, const weir_conn *conn, weir_direction direction,
                  const weir_hole *hole);
void journal_urgent(journal *j, const weir_conn *conn, weir_direction direction,
                    const weir_span *span);
void journal_late(journal *j, const weir_conn *conn, weir_direction direction,
                  const weir_span *span);
void journal_conflict(journal *j, const weir_conn *conn, weir_direction direction,
                      const weir_conflict *conflict);
void journal_close(journal *j, const weir_conn *conn, weir_close_cause cause);

/* Callbacks that keep a journal and nothing else; their `user` is the journal, zeroed. */
void journal_callbacks(weir_callbacks *callbacks);

#endif
