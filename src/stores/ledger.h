/* SPDX-License-Identifier: MIT */
/*
 * The budget's numbers, and nothing else.
 *
 *      committed <= limit                     but after the limit was lowered:
 *      excess = max(0, committed - limit)     while it is not 0 nothing fits
 *      peak   = the most that committed ever was
 *
 * Charge first, take after: whoever wants memory asks weir_ledger_fits for all of it, has the
 * platform agree, and then charges. Written under the pool's lock; what is atomic may be read
 * without it.
 */
#ifndef WEIR_LEDGER_H
#define WEIR_LEDGER_H

#include <stdatomic.h>

#include "ground/ground.h"

typedef struct weir_ledger {
    _Atomic uint64_t limit_bytes;
    _Atomic uint64_t excess_bytes;
    uint64_t committed_bytes;
    uint64_t peak_bytes;
    uint64_t returned_bytes;     /* given back to the system, in total */
    uint64_t not_returned_bytes; /* give-backs that the platform refused, in total */
} weir_ledger;

static inline uint64_t weir_ledger_limit(const weir_ledger *ledger)
{
    return atomic_load_explicit(&ledger->limit_bytes, memory_order_relaxed);
}

static inline uint64_t weir_ledger_excess(const weir_ledger *ledger)
{
    return atomic_load_explicit(&ledger->excess_bytes, memory_order_relaxed);
}

static inline int weir_ledger_fits(const weir_ledger *ledger, uint64_t bytes)
{
    uint64_t limit = weir_ledger_limit(ledger);
    return ledger->committed_bytes <= limit && bytes <= limit - ledger->committed_bytes;
}

static inline void weir_ledger_settle(weir_ledger *ledger)
{
    uint64_t limit = weir_ledger_limit(ledger);
    uint64_t excess = ledger->committed_bytes > limit ? ledger->committed_bytes - limit : 0;
    atomic_store_explicit(&ledger->excess_bytes, excess, memory_order_relaxed);
}

static inline void weir_ledger_set_limit(weir_ledger *ledger, uint64_t limit_bytes)
{
    atomic_store_explicit(&ledger->limit_bytes, limit_bytes, memory_order_relaxed);
    weir_ledger_settle(ledger);
}

/* For bytes that fit. */
static inline void weir_ledger_charge(weir_ledger *ledger, uint64_t bytes)
{
    WEIR_ASSERT(weir_ledger_fits(ledger, bytes));
    ledger->committed_bytes += bytes;
    ledger->peak_bytes = weir_max64(ledger->peak_bytes, ledger->committed_bytes);
}

/* What became of committed bytes that were to go back to the system. */
static inline void weir_ledger_gave_back(weir_ledger *ledger, uint64_t bytes)
{
    WEIR_ASSERT(ledger->committed_bytes >= bytes);
    ledger->committed_bytes -= bytes;
    ledger->returned_bytes += bytes;
    weir_ledger_settle(ledger);
}

static inline void weir_ledger_kept(weir_ledger *ledger, uint64_t bytes)
{
    ledger->not_returned_bytes += bytes;
}

static inline int weir_ledger_check(const weir_ledger *ledger)
{
    uint64_t limit = weir_ledger_limit(ledger);
    uint64_t committed = ledger->committed_bytes;
    return weir_ledger_excess(ledger) == (committed > limit ? committed - limit : 0) &&
           ledger->peak_bytes >= committed;
}

#endif
