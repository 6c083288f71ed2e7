/* SPDX-License-Identifier: MIT */
/*
 * Unpack: a source of bytes, unpacked on the way if they are packed with gzip or zstd.
 *
 *      input ──> unpack ──> reader             told apart by the first four bytes, not by a name
 *
 * Members of gzip and frames of zstd may follow one another, and frames that zstd skips may stand
 * anywhere, as pigz, pzstd, bgzip and `cat a.gz b.gz` leave them. Zeros behind the last member are
 * padding. What is not packed passes through: no byte of it is copied.
 *
 * Memory, beside --mem, from the first packed file's first bytes to its end: RssAnon rises by
 * 0.12 MiB for gzip (a window of 32 KiB), by 2.5 MiB for zstd's usual level 3 (a window of 2 MiB), by
 * 8.5 MiB for its level 19 (8 MiB), which is the most: what needs a larger window (levels 20 to 22,
 * --long) is refused, with the command that reads it. What a file says must not decide how much
 * memory this process takes. (Measured: smaps_rollup of weir run over a capture of 230 MB, every 4
 * ms.)
 *
 * zlib and libzstd are loaded when a packed file comes, as libpcap is for a filter: linked, they cost
 * an empty program 20 KiB of anonymous memory, and time to load.
 */
#ifndef WEIR_TOOLS_UNPACK_H
#define WEIR_TOOLS_UNPACK_H

#include <stdbool.h>

#include "reader.h"

enum { UNPACK_WINDOW_LOG = 23 /* 8 MiB */, UNPACK_TEXT_BYTES = 200 };

typedef enum unpack_state {
    UNPACK_GOOD,
    UNPACK_CUT,     /* it ends inside of a member or frame */
    UNPACK_DAMAGED, /* it cannot be what a packer made */
    UNPACK_UNABLE   /* not with what is installed, or not in bounded memory */
} unpack_state;

typedef struct unpack {
    reader_source packed;
    uint64_t taken; /* of the packed bytes */
    const struct unpack_kind *kind;
    struct unpack_work *work; /* NULL while nothing packed was seen */
    bool looked;              /* what it is is known */
    unpack_state state;
    const char *text; /* not UNPACK_GOOD: why; while it is open */
} unpack;

/* Begins. *packed is copied; what it needs must live until unpack_close. */
void unpack_open(unpack *u, const reader_source *packed);

/* Frees what it took. Its state stays, its text does not. */
void unpack_close(unpack *u);

/* The reader's source. `u` must stay where it is. It fails with EBADMSG if state is not
 * UNPACK_GOOD, after all bytes before the fault. */
reader_source unpack_source(unpack *u);

/* Whether the bytes were packed. */
bool unpack_is_packed(const unpack *u);

/* What is wrong with the file of that name, and where, for a message. */
void unpack_explain(const unpack *u, const char *name, char text[UNPACK_TEXT_BYTES]);

#endif
