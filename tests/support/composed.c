/* SPDX-License-Identifier: MIT */
#include "composed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

int composed_setup(void **state)
{
    composed *f = calloc(1, sizeof *f);
    if (!f) return -1;
    f->bytes = malloc(COMPOSED_MAX);
    *state = f;
    return f->bytes ? 0 : -1;
}

int composed_teardown(void **state)
{
    composed *f = *state;
    free(f->bytes);
    free(f);
    return 0;
}

/* ── Numbers ─────────────────────────────────────────────────────────────────────────────────── */

void composed_put(composed *f, const void *bytes, size_t count)
{
    assert_true(f->size + count <= COMPOSED_MAX);
    memcpy(f->bytes + f->size, bytes, count);
    f->size += count;
}

static void put_number(composed *f, uint64_t value, size_t width)
{
    uint8_t bytes[8];
    size_t i;
    for (i = 0; i < width; i++)
        bytes[f->big ? width - 1 - i : i] = (uint8_t)(value >> (8 * i));
    composed_put(f, bytes, width);
}

void composed_put16(composed *f, uint32_t value)
{
    put_number(f, value, 2);
}

void composed_put32(composed *f, uint32_t value)
{
    put_number(f, value, 4);
}

void composed_put64(composed *f, uint64_t value)
{
    put_number(f, value, 8);
}

void composed_overwrite32(composed *f, size_t at, uint32_t value)
{
    const size_t size = f->size;
    f->size = at;
    composed_put32(f, value);
    f->size = size;
}

/* ── Classic pcap ────────────────────────────────────────────────────────────────────────────── */

void composed_pcap(composed *f, uint32_t magic, uint32_t minor, uint32_t network)
{
    composed_put32(f, magic);
    composed_put16(f, 2);
    composed_put16(f, minor);
    composed_put64(f, 0);
    composed_put32(f, 65535);
    composed_put32(f, network);
}

void composed_record(composed *f, uint32_t seconds, uint32_t fraction, uint32_t captured,
                     uint32_t wire)
{
    composed_put32(f, seconds);
    composed_put32(f, fraction);
    composed_put32(f, captured);
    composed_put32(f, wire);
}

/* ── pcapng ──────────────────────────────────────────────────────────────────────────────────── */

static void pad(composed *f)
{
    while (f->size % 4 != 0)
        composed_put(f, "", 1);
}

void composed_frame(composed *f, size_t body, uint32_t type)
{
    const size_t bytes = (f->size - body + 3) / 4 * 4;
    while (f->size - body < bytes)
        composed_put(f, "", 1);
    assert_true(f->size + 12 <= COMPOSED_MAX);
    memmove(f->bytes + body + 8, f->bytes + body, bytes);
    f->size = body;
    composed_put32(f, type);
    composed_put32(f, (uint32_t)bytes + 12);
    f->size += bytes;
    composed_put32(f, (uint32_t)bytes + 12);
}

void composed_section(composed *f)
{
    const size_t body = f->size;
    composed_put32(f, 0x1a2b3c4d);
    composed_put16(f, 1);
    composed_put16(f, 0);
    composed_put64(f, UINT64_MAX);
    composed_frame(f, body, 0x0a0d0d0a);
}

void composed_option(composed *f, uint32_t code, uint64_t value, size_t width)
{
    composed_put16(f, code);
    composed_put16(f, (uint32_t)width);
    put_number(f, value, width);
    pad(f);
}

void composed_interface(composed *f, uint32_t link_type, uint32_t snap, uint32_t resolution,
                        int64_t offset)
{
    const size_t body = f->size;
    composed_put16(f, link_type);
    composed_put16(f, 0);
    composed_put32(f, snap);
    if (resolution < COMPOSED_NO_RESOLUTION) composed_option(f, 9, resolution, 1);
    if (offset != 0) composed_option(f, 14, (uint64_t)offset, 8);
    if (resolution < COMPOSED_NO_RESOLUTION || offset != 0) composed_put32(f, 0);
    composed_frame(f, body, 1);
}

static void put_stamp_and_data(composed *f, uint64_t time, const void *data, uint32_t captured,
                               uint32_t wire)
{
    composed_put32(f, (uint32_t)(time >> 32));
    composed_put32(f, (uint32_t)time);
    composed_put32(f, captured);
    composed_put32(f, wire);
    composed_put(f, data, captured);
}

void composed_enhanced(composed *f, uint32_t interface_id, uint64_t time, const void *data,
                       uint32_t captured, uint32_t wire)
{
    const size_t body = f->size;
    composed_put32(f, interface_id);
    put_stamp_and_data(f, time, data, captured, wire);
    composed_frame(f, body, 6);
}

void composed_obsolete(composed *f, uint32_t interface_id, uint64_t time, const void *data,
                       uint32_t captured, uint32_t wire)
{
    const size_t body = f->size;
    composed_put16(f, interface_id);
    composed_put16(f, 9); /* drops */
    put_stamp_and_data(f, time, data, captured, wire);
    composed_frame(f, body, 2);
}

void composed_simple(composed *f, const void *data, uint32_t captured, uint32_t wire)
{
    const size_t body = f->size;
    composed_put32(f, wire);
    composed_put(f, data, captured);
    composed_frame(f, body, 3);
}

void composed_unknown(composed *f, uint32_t type, size_t bytes)
{
    const size_t body = f->size;
    assert_true(f->size + bytes <= COMPOSED_MAX);
    memset(f->bytes + f->size, 'u', bytes);
    f->size += bytes;
    composed_frame(f, body, type);
}
