/* SPDX-License-Identifier: MIT */
/* gzip, by zlib: members, one behind the other (RFC 1952). */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "unpack_inner.h"

enum { GZIP_WINDOW = 15 + 16 }; /* 32 KiB, the most there is; with gzip's header and checksum */

struct gzip {
    z_stream stream;
    int (*init)(z_stream *stream, int window_bits, const char *version, int stream_bytes);
    int (*inflate)(z_stream *stream, int flush);
    int (*reset)(z_stream *stream);
    int (*end)(z_stream *stream);
};

bool unpack_gzip_begins(const uint8_t *at)
{
    return at[0] == 0x1f && at[1] == 0x8b && at[2] == Z_DEFLATED;
}

static bool begin(unpack_work *w)
{
    struct gzip *z = calloc(1, sizeof *z);
    const bool good =
        z && unpack_find(w, "inflateInit2_", &z->init) && unpack_find(w, "inflate", &z->inflate) &&
        unpack_find(w, "inflateReset", &z->reset) && unpack_find(w, "inflateEnd", &z->end) &&
        z->init(&z->stream, GZIP_WINDOW, ZLIB_VERSION, sizeof z->stream) == Z_OK;
    if (good)
        w->decoder = z;
    else
        free(z);
    return good;
}

static void end(unpack_work *w)
{
    struct gzip *z = w->decoder;
    (void)z->end(&z->stream);
    free(z);
}

/* Behind a member: padding is passed over, another one begins. false: nothing is there yet. */
static bool begin_member(unpack_work *w)
{
    struct gzip *z = w->decoder;
    while (w->begin < w->end && w->in[w->begin] == 0)
        w->begin++;
    if (w->begin == w->end) return false;
    w->between = false;
    return z->reset(&z->stream) == Z_OK;
}

static size_t step(unpack *u, uint8_t *into, size_t bytes)
{
    unpack_work *w = u->work;
    struct gzip *z = w->decoder;
    int result;
    if (w->between && !begin_member(w)) return 0;
    z->stream.next_in = w->in + w->begin;
    z->stream.avail_in = (uInt)(w->end - w->begin);
    z->stream.next_out = into;
    z->stream.avail_out = (uInt)bytes;
    result = z->inflate(&z->stream, Z_NO_FLUSH);
    w->begin = w->end - z->stream.avail_in;
    w->between = result == Z_STREAM_END;
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
        unpack_stop(u, UNPACK_DAMAGED, z->stream.msg ? z->stream.msg : "it is no gzip data");
    return bytes - z->stream.avail_out;
}

const unpack_kind unpack_gzip = {
    .name = "gzip",
    .sonames = {"libz.so.1", "libz.so"},
    .package = "zlib (Debian: zlib1g)",
    .command = "zcat",
    .begin = begin,
    .step = step,
    .end = end,
};
