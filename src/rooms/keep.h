/* SPDX-License-Identifier: MIT */
/*
 * Bytes that make sense only with what follows: the user keeps the end of what he was given, and has
 * it again in front of the next.
 *
 *      on_data    │ ░░░░░░░░░░ ▓▓▓▓│            keeps 4: copied when the callback returns
 *      on_data               │▓▓▓▓ ░░░ ▓▓▓▓▓▓│  the kept ones first, then what came; may be kept again
 *
 *      kept = a tail (rooms/tail.h) that ends where the next bytes begin
 *      kept again in the next callback, or gone: by a hole, an urgent byte taken out, a stop, the end
 *
 * Pages are taken when he asks, so that he knows at once whether it is kept. Kept bytes pay when
 * memory is short: before any hole does, those kept longest first, as long as they have more than a
 * quarter of the limit (WEIR_KEEP_SHARE); after all holes below that. Who pays is told. They were
 * delivered once and are counted once.
 *
 * Cost: a copy of what is kept and was not kept before; O(pages) a callback.
 */
#ifndef WEIR_KEEP_H
#define WEIR_KEEP_H

#include "rooms/tail.h"

#define WEIR_KEEP_MOST  WEIR_TAIL_MOST              /* bytes of a side */
#define WEIR_KEEP_SPANS (WEIR_KEEP_MOST / 1024 + 1) /* of the smallest pages */
#define WEIR_KEEP_SHARE 4u                          /* one in so many bytes of the limit */

/* 1 if the side has kept bytes. */
static inline int weir_keep_has(const weir_way *way)
{
    const weir_tally *tally = weir_tally_have(way);
    return tally && tally->tails[WEIR_TAIL_KEPT + way->s];
}

/* The kept bytes, one span a page; returns how many, at most WEIR_KEEP_SPANS. */
uint32_t weir_keep_spans(const weir_way *way, weir_span *spans);

/* In on_data: keeps the last `bytes` of what it was given. The last call counts. WEIR_OK;
 * WEIR_ERR_ARGUMENT: there are not so many; WEIR_ERR_KEEP: more than WEIR_KEEP_MOST;
 * WEIR_ERR_MEMORY. After an error what was asked for before stands. */
int weir_keep_ask(const weir_way *way, uint64_t bytes);

/* After on_data, while what it was given is there: what was asked for is kept, all else goes. */
void weir_keep_settle(const weir_way *way);

/* They do not come again: the user knows, or is told. */
void weir_keep_drop(const weir_way *way);
void weir_keep_lose(const weir_way *way);

/* Those kept longest go, and their user is told. 0 if there are none. */
int weir_keep_pay(weir_core *core);

/* The same, if kept bytes have more than their share. */
int weir_keep_pay_share(weir_core *core);

#endif
