/* SPDX-License-Identifier: MIT */
/*
 * Judge: whether what a peer delivered is what was captured, each byte in its place.
 *
 *      captured   ████████░░░░██████████      ░ lost by the capture
 *      delivered  ████████    ██████████      told: a record that says so             right
 *                 ██████████████████          not told: bytes glued over the hole     splice
 *                 ████████0000██████████      filled with what was never captured     made up
 *                 ████████    ████            captured, but not delivered             lost
 *
 * It goes through each direction with a cursor that only moves on, so that a byte counts once. A splice
 * is recognised by its bytes: they do not fit where the cursor stands, but do further on.
 *
 *      right_bytes + lost_bytes == captured bytes of the honest streams
 *
 * Cost: the content of each byte is computed and compared; where it does not fit, the rest of the
 * captured stream is searched, SEARCH_BYTES in all.
 */
#ifndef WEIR_BENCH_PEER_JUDGE_H
#define WEIR_BENCH_PEER_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "peer_captured.h"
#include "peers/record.h"

typedef struct judge judge;

typedef struct judge_verdict {
    uint64_t captured_bytes; /* of honest streams */
    uint64_t right_bytes;    /* of them, delivered in their place */
    uint64_t lost_bytes;     /* of them, not delivered, or not in their place */
    uint64_t lost_ipv6;      /* of these, over IPv6 */
    uint64_t ipv6_bytes;     /* of the captured_map */
    uint64_t splices;        /* times that a gap was glued over */
    uint64_t made_up_bytes;  /* zeros where nothing was captured_map */
    uint64_t wrong_bytes;    /* that are nowhere in what is left of the stream, or of nobody */
    uint64_t holes;          /* gaps that were told */
    char first[96];          /* where the first of the three was; "" if none */
} judge_verdict;

/* NULL: no memory. What was captured is settled, and stays as long as the judge. */
judge *judge_new(const captured_map *all);
void judge_free(judge *j);

/* A record, and its bytes in as many pieces as they come: `skipped` of the record counts for the
 * first piece only, so further ones are given with judge_more. */
void judge_take(judge *j, const peer_record *record, const uint8_t *data, size_t bytes);
void judge_more(judge *j, const uint8_t *data, size_t bytes);

/* What it amounts to, after the last record. */
judge_verdict judge_sum(const judge *j);

/* The verdict in words: "right", "lost 6.2 % (all of IPv6)", "splices (54, ...)". Returns `text`. */
char *judge_say(const judge_verdict *verdict, char *text, size_t bytes);

/* Whether there is nothing to say but "right". */
bool judge_is_right(const judge_verdict *verdict);

#endif
