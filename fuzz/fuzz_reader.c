/* SPDX-License-Identifier: MIT */
/*
 * The reader, on files that are anything. The first two bytes choose in what portions the file
 * comes and what good beginning is put before the rest; so random bytes get past the magic number.
 *
 * Oracle: each packet's bytes are those of the file, where the reader says it is; lengths are
 * within their bounds; and the file read again in other portions and batches gives the same packets
 * and the same end.
 *
 * The reader is compiled in here, not linked: then it carries the fuzzer's own instrumentation, and
 * the oracle sees its inside.
 */
/* NOLINTBEGIN(bugprone-suspicious-include) */
#include "../tools/reader.c"
#include "../tools/reader_pcap.c"
#include "../tools/reader_pcapng.c"
/* NOLINTEND(bugprone-suspicious-include) */
#include "beginning.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(x) ((x) ? (void)0 : abort())

enum { FILE_MAX = 1 << 20 };

struct memory {
    uint8_t bytes[BEGINNING_MAX + FILE_MAX];
    size_t size;
    size_t at;
    size_t portion;
};

static ptrdiff_t read_memory(void *user, void *into, size_t bytes)
{
    struct memory *m = user;
    size_t count = m->size - m->at;
    if (count > bytes) count = bytes;
    if (count > m->portion) count = m->portion;
    memcpy(into, m->bytes + m->at, count);
    m->at += count;
    return (ptrdiff_t)count;
}

/* FNV-1a */
static uint64_t mix(uint64_t digest, uint64_t value)
{
    size_t i;
    for (i = 0; i < 8; i++)
        digest = (digest ^ (value >> (8 * i) & 0xff)) * UINT64_C(1099511628211);
    return digest;
}

static void check_packet(const reader *r, const struct memory *m, const weir_packet *packet)
{
    const uint8_t *taken = r->buffer + r->begin;
    const uint64_t place = r->offset - (uint64_t)(taken - packet->data);
    REQUIRE(packet->data >= r->buffer && packet->data + packet->captured_bytes <= taken);
    REQUIRE(packet->captured_bytes <= READER_CAPTURED_MAX);
    REQUIRE(packet->captured_bytes <= packet->wire_bytes);
    REQUIRE(packet->reserved == 0 && packet->tag < READER_INTERFACES_MAX);
    REQUIRE(memcmp(packet->data, m->bytes + place, packet->captured_bytes) == 0);
}

/* A digest of all packets and of the end. */
static uint64_t read_all(reader *r, struct memory *m, size_t portion, size_t max)
{
    const reader_source source = {read_memory, m};
    uint64_t digest = UINT64_C(14695981039346656037);
    reader_batch batch;
    size_t i;
    m->at = 0;
    m->portion = portion;
    reader_open(r, &source);
    while (reader_next(r, max, &batch) > 0) {
        REQUIRE(batch.count <= max && batch.link_type >= 0 && batch.link_type <= 0xffff);
        for (i = 0; i < batch.count; i++) {
            const weir_packet *packet = &batch.packets[i];
            check_packet(r, m, packet);
            digest = mix(digest, (uint64_t)batch.link_type << 32 | packet->tag);
            digest = mix(digest, packet->time_ns);
            digest = mix(digest, (uint64_t)packet->captured_bytes << 32 | packet->wire_bytes);
        }
        REQUIRE(r->begin <= r->end && r->end <= READER_BUFFER_BYTES && r->offset <= m->size);
    }
    REQUIRE(reader_trouble_of(r)->state != READER_READING);
    REQUIRE(reader_next(r, max, &batch) == 0);
    digest = mix(digest, (uint64_t)reader_trouble_of(r)->state);
    return mix(mix(digest, reader_trouble_of(r)->offset), reader_trouble_of(r)->packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct memory m;
    static reader *r; /* kept: to have fresh memory each time took nine tenths of it */
    uint64_t digest;
    size_t begun;
    if (!r) r = reader_create();
    REQUIRE(r);
    if (size < 2 || size > FILE_MAX) return 0;
    begun = beginning(data[1], m.bytes);
    memcpy(m.bytes + begun, data + 2, size - 2);
    m.size = begun + size - 2;
    digest = read_all(r, &m, FILE_MAX, READER_BATCH_MAX);
    REQUIRE(digest == read_all(r, &m, 1 + data[0], 1 + data[0] % 7));
    return 0;
}
