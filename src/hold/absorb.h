/* SPDX-License-Identifier: MIT */
/*
 * Many small records under one segment become one: it costs its bytes, not its pieces.
 *
 *      piece     ├────────────────────── a page of it ─ ─ ─ ─
 *      records    ▒ ▒ ▒ ▒ ▒ ▒ ▒ ▒ ▒ ▒ ▒ ▒ ▒ ▒
 *      window    ├────────────────────────────┤    becomes one record in a page of its own
 *
 * The piece's bytes are copied to a new page, and the bytes of records that win are patched over
 * them; then the records go. All bytes of a window have the same answer by the policy
 * (hold/contest.h). Time, tag and edges become the piece's: where small records were, that is the
 * price. Where somebody wants to know of clashes, a window that has some is left to be settled
 * record by record. Policies that will ask for the edges of records that stay have those left as
 * they are.
 */
#ifndef WEIR_ABSORB_H
#define WEIR_ABSORB_H

#include "hold/put.h"

/* Takes the bytes of the piece up to the end of a window, if one begins here and pages can be
 * had. 0: no, and nothing has changed. */
int weir_absorb_window(weir_put *put);

#endif
