/* SPDX-License-Identifier: MIT */
/* zstd, by libzstd: frames, one behind the other, some of them to be skipped (RFC 8878). */
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "unpack_inner.h"

struct zstd {
    ZSTD_DCtx *context;
    ZSTD_DCtx *(*create)(void);
    size_t (*destroy)(ZSTD_DCtx *context);
    size_t (*set)(ZSTD_DCtx *context, ZSTD_dParameter parameter, int value);
    size_t (*decompress)(ZSTD_DCtx *context, ZSTD_outBuffer *out, ZSTD_inBuffer *in);
    unsigned (*is_error)(size_t result);
    const char *(*error_name)(size_t result);
    ZSTD_ErrorCode (*error_code)(size_t result);
};

bool unpack_zstd_begins(const uint8_t *at)
{
    const uint32_t magic =
        (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
    return magic == ZSTD_MAGICNUMBER ||
           (magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START;
}

static bool find_all(const unpack_work *w, struct zstd *z)
{
    return unpack_find(w, "ZSTD_createDCtx", &z->create) &&
           unpack_find(w, "ZSTD_freeDCtx", &z->destroy) &&
           unpack_find(w, "ZSTD_DCtx_setParameter", &z->set) &&
           unpack_find(w, "ZSTD_decompressStream", &z->decompress) &&
           unpack_find(w, "ZSTD_isError", &z->is_error) &&
           unpack_find(w, "ZSTD_getErrorName", &z->error_name) &&
           unpack_find(w, "ZSTD_getErrorCode", &z->error_code);
}

static void end(unpack_work *w)
{
    struct zstd *z = w->decoder;
    (void)z->destroy(z->context);
    free(z);
}

static bool begin(unpack_work *w)
{
    struct zstd *z = calloc(1, sizeof *z);
    if (!z || !find_all(w, z) || !(z->context = z->create())) {
        free(z);
        return false;
    }
    w->decoder = z;
    return !z->is_error(z->set(z->context, ZSTD_d_windowLogMax, UNPACK_WINDOW_LOG));
}

static void stop(unpack *u, const struct zstd *z, size_t result)
{
    if (z->error_code(result) == ZSTD_error_frameParameter_windowTooLarge)
        unpack_stop(u, UNPACK_UNABLE, "it needs a window of more than 8 MiB of memory");
    else
        unpack_stop(u, UNPACK_DAMAGED, z->error_name(result));
}

static size_t step(unpack *u, uint8_t *into, size_t bytes)
{
    unpack_work *w = u->work;
    const struct zstd *z = w->decoder;
    ZSTD_inBuffer in = {w->in + w->begin, w->end - w->begin, 0};
    ZSTD_outBuffer out = {into, bytes, 0};
    const size_t result = z->decompress(z->context, &out, &in);
    w->begin += in.pos;
    if (z->is_error(result))
        stop(u, z, result);
    else if (in.pos > 0 || out.pos > 0) /* else it begins to wait for a frame that need not come */
        w->between = result == 0;
    return out.pos;
}

const unpack_kind unpack_zstd = {
    .name = "zstd",
    .sonames = {"libzstd.so.1", "libzstd.so"},
    .package = "libzstd (Debian: libzstd1)",
    .command = "zstdcat --long=31",
    .begin = begin,
    .step = step,
    .end = end,
};
