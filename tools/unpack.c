/* SPDX-License-Identifier: MIT */
#include "unpack.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unpack_inner.h"
#include "units.h"

enum { MAGIC_BYTES = 4 };

/* ── For the kinds ───────────────────────────────────────────────────────────────────────────── */

/* POSIX's way around ISO C, which has no cast from void * to a pointer to a function. */
bool unpack_find(const unpack_work *w, const char *name, void *pointer)
{
    void *symbol = dlsym(w->library, name);
    memcpy(pointer, &symbol, sizeof symbol);
    return symbol != NULL;
}

void unpack_stop(unpack *u, unpack_state state, const char *text)
{
    u->state = state;
    u->text = text;
}

/* ── Coming and going ────────────────────────────────────────────────────────────────────────── */

void unpack_open(unpack *u, const reader_source *packed)
{
    memset(u, 0, sizeof *u);
    u->packed = *packed;
}

void unpack_close(unpack *u)
{
    unpack_work *w = u->work;
    u->text = NULL;
    if (!w) return;
    u->work = NULL;
    if (w->decoder) u->kind->end(w);
    if (w->library) (void)dlclose(w->library);
    free(w);
}

bool unpack_is_packed(const unpack *u)
{
    return u->kind != NULL;
}

static bool load(unpack_work *w, const unpack_kind *kind)
{
    const size_t count = sizeof kind->sonames / sizeof *kind->sonames;
    for (size_t i = 0; i < count && kind->sonames[i] && !w->library; i++)
        w->library = dlopen(kind->sonames[i], RTLD_NOW | RTLD_LOCAL);
    return w->library && kind->begin(w);
}

/* Makes ready to unpack, with the first bytes. */
static void begin(unpack *u, const unpack_kind *kind, const uint8_t *first, size_t count)
{
    unpack_work *w = malloc(sizeof *w);
    u->kind = kind;
    u->work = w;
    if (!w) {
        unpack_stop(u, UNPACK_UNABLE, "there is no memory to unpack it");
        return;
    }
    memset(w, 0, offsetof(unpack_work, in)); /* touches no more than is used */
    memcpy(w->in, first, count);
    w->end = count;
    if (!load(w, kind)) unpack_stop(u, UNPACK_UNABLE, kind->package);
}

/* ── Bytes ───────────────────────────────────────────────────────────────────────────────────── */

/* Reads until the first four bytes are there, or there are no more: where they go if they are not
 * packed. */
static ptrdiff_t look(unpack *u, uint8_t *into, size_t bytes)
{
    size_t have = 0;
    ptrdiff_t got = 1;
    if (bytes > UNPACK_IN_BYTES) bytes = UNPACK_IN_BYTES;
    while (have < MAGIC_BYTES && have < bytes && got > 0) {
        got = u->packed.read(u->packed.user, into + have, bytes - have);
        if (got < 0) return got;
        have += (size_t)got;
    }
    u->looked = true;
    if (have >= MAGIC_BYTES && unpack_gzip_begins(into))
        begin(u, &unpack_gzip, into, have);
    else if (have >= MAGIC_BYTES && unpack_zstd_begins(into))
        begin(u, &unpack_zstd, into, have);
    return (ptrdiff_t)have;
}

/* More packed bytes. false: there are none, or *error says why not. */
static bool fill(unpack *u, ptrdiff_t *error)
{
    unpack_work *w = u->work;
    ptrdiff_t got = 0;
    if (!w->drained) got = u->packed.read(u->packed.user, w->in, sizeof w->in);
    w->drained = got == 0;
    *error = got < 0 ? got : 0;
    if (got <= 0) return false;
    w->begin = 0;
    w->end = (size_t)got;
    return true;
}

static ptrdiff_t read_packed(unpack *u, uint8_t *into, size_t bytes)
{
    unpack_work *w = u->work;
    ptrdiff_t error = 0;
    while (u->state == UNPACK_GOOD) {
        const size_t before = w->begin;
        const size_t made = u->kind->step(u, into, bytes);
        u->taken += w->begin - before;
        if (made > 0) return (ptrdiff_t)made;
        if (u->state != UNPACK_GOOD || w->begin < w->end || fill(u, &error)) continue;
        if (error < 0 || w->between) return error;
        unpack_stop(u, UNPACK_CUT, "");
    }
    return -EBADMSG;
}

static ptrdiff_t read_any(void *user, void *into, size_t bytes)
{
    unpack *u = user;
    if (!u->looked) {
        const ptrdiff_t got = look(u, into, bytes);
        if (got <= 0 || !u->kind) return got;
    }
    if (u->kind) return read_packed(u, into, bytes);
    return u->packed.read(u->packed.user, into, bytes);
}

reader_source unpack_source(unpack *u)
{
    const reader_source source = {read_any, u};
    return source;
}

/* ── What is wrong ───────────────────────────────────────────────────────────────────────────── */

void unpack_explain(const unpack *u, const char *name, char text[UNPACK_TEXT_BYTES])
{
    const unpack_kind *kind = u->kind;
    const units_text at = units_count(u->taken);
    if (u->state == UNPACK_CUT)
        (void)snprintf(text, UNPACK_TEXT_BYTES,
                       "cut short: its %s data ends too early, after %s bytes", kind->name,
                       at.text);
    else if (u->state == UNPACK_DAMAGED)
        (void)snprintf(text, UNPACK_TEXT_BYTES,
                       "damaged: its %s data cannot be unpacked at byte %s: %s", kind->name,
                       at.text, u->text);
    else
        (void)snprintf(text, UNPACK_TEXT_BYTES,
                       "compressed with %s, and %s%s; use: %s %s | weir run -r -", kind->name,
                       u->text == kind->package ? "there is no " : "", u->text, kind->command,
                       name);
}
