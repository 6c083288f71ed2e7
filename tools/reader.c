/* SPDX-License-Identifier: MIT */
#include "reader.h"

#include <stdlib.h>
#include <string.h>

#include "reader_inner.h"

/* Files that people hand to a capture reader, and what to do with them. */
static const struct {
    uint8_t bytes;
    uint8_t magic[6];
    const char *text;
    const char *unpack;
} strangers[] = {
    {2, {0x1f, 0x8b}, "compressed with gzip", "zcat"},
    {4, {0x28, 0xb5, 0x2f, 0xfd}, "compressed with zstd", "zstdcat"},
    {6, {0xfd, '7', 'z', 'X', 'Z', 0}, "compressed with xz", "xzcat"},
    {3, {'B', 'Z', 'h'}, "compressed with bzip2", "bzcat"},
    {4, {0x04, 0x22, 0x4d, 0x18}, "compressed with lz4", "lz4cat"},
    {4, {'P', 'K', 3, 4}, "a zip archive", "unzip -p"},
};

static void say_stranger(reader *r)
{
    const uint8_t *at = r->buffer + r->begin;
    const size_t have = r->end - r->begin;
    size_t i;
    reader_stop(r, READER_NO_CAPTURE,
                have == 0 ? "the file is empty" : "not a pcap or pcapng capture");
    r->trouble.empty = have == 0;
    for (i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        if (have < strangers[i].bytes || memcmp(at, strangers[i].magic, strangers[i].bytes) != 0)
            continue;
        r->trouble.text = strangers[i].text;
        r->trouble.unpack = strangers[i].unpack;
    }
}

/* The first `take` of a file: finds its format. */
static size_t take_magic(reader *r, size_t max, reader_batch *batch)
{
    if (r->end - r->begin < 4 && !r->drained) {
        r->need = 4;
        return 0;
    }
    if (r->end - r->begin < 4 || (!reader_pcap_begin(r, r->buffer + r->begin) &&
                                  !reader_pcapng_begin(r, r->buffer + r->begin))) {
        say_stranger(r);
        return 0;
    }
    return r->take(r, max, batch);
}

/* Reads until `need` bytes are there. false: there are no more, or the source failed. Called only
 * when no packet is lent out, because it moves what is in the buffer. */
static bool fill(reader *r)
{
    const size_t want = r->need > READER_CHUNK_BYTES ? r->need : READER_CHUNK_BYTES;
    memmove(r->buffer, r->buffer + r->begin, r->end - r->begin);
    r->end -= r->begin;
    r->begin = 0;
    while (r->end < r->need && !r->drained) {
        const ptrdiff_t got = r->source.read(r->source.user, r->buffer + r->end, want - r->end);
        if (got < 0) {
            reader_stop(r, READER_FAILED, NULL);
            r->trouble.error = (int)-got;
            return false;
        }
        r->drained = got == 0;
        r->end += (size_t)got;
    }
    return r->end >= r->need;
}

reader *reader_create(void)
{
    reader *r = malloc(sizeof *r);
    if (r) reader_open(r, NULL);
    return r;
}

void reader_destroy(reader *r)
{
    free(r);
}

static ptrdiff_t read_nothing(void *user, void *into, size_t bytes)
{
    (void)user;
    (void)into;
    (void)bytes;
    return 0;
}

void reader_open(reader *r, const reader_source *source)
{
    static const reader_source nothing = {read_nothing, NULL};
    /* Not the whole struct: that would touch the buffer. */
    memset(r, 0, offsetof(struct reader, interface));
    r->source = source ? *source : nothing;
    r->take = take_magic;
}

/* The source has no more, and the format cannot go on without. */
static void stop_at_end(reader *r)
{
    if (r->begin == r->end && r->skip == 0)
        reader_stop(r, READER_COMPLETE, NULL);
    else
        reader_stop(r, READER_CUT, "the file ends inside a record");
}

size_t reader_next(reader *r, size_t max, reader_batch *batch)
{
    batch->packets = r->batch;
    batch->count = 0;
    if (max > READER_BATCH_MAX) max = READER_BATCH_MAX;
    while (batch->count == 0 && r->trouble.state == READER_READING) {
        batch->count = r->take(r, max, batch);
        if (batch->count > 0 || r->trouble.state != READER_READING || fill(r)) continue;
        /* take_magic has its own word to say about a file of less than four bytes. */
        if (r->trouble.state == READER_READING && r->take != take_magic) stop_at_end(r);
    }
    return batch->count;
}

const reader_trouble *reader_trouble_of(const reader *r)
{
    return &r->trouble;
}

uint64_t reader_offset(const reader *r)
{
    return r->offset;
}

void reader_stop(reader *r, reader_state state, const char *text)
{
    r->trouble.state = state;
    r->trouble.text = text;
    r->trouble.offset = r->offset;
    r->trouble.packet = r->packets + 1;
}
