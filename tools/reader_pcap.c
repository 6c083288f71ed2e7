/* SPDX-License-Identifier: MIT */
/*
 * Classic pcap: a header of 24 bytes, then records of a header (16 bytes, or 24 in the modified
 * format) and the packet's bytes. Magic numbers as they read in the file's own byte order:
 *
 *      a1b2c3d4 microseconds    a1b23c4d nanoseconds    a1b2cd34 modified, microseconds
 *
 * Where a record would begin, a header like the file's own may stand: `zcat *.gz` puts captures one
 * behind the other. As a record it would be of one moment in 2055.
 */
#include "reader_inner.h"

#include <string.h>

enum { FILE_HEADER_BYTES = 24, RECORD_BYTES = 16, MODIFIED_RECORD_BYTES = 24 };

/* Before version 2.3 the two lengths of a record stood the other way round; 2.3 was written both
 * ways. */
static bool lengths_swapped(const reader *r, uint32_t captured, uint32_t wire)
{
    return r->version < 3 || (r->version == 3 && captured > wire);
}

static bool describe_record(reader *r, weir_packet *packet)
{
    const uint8_t *at = r->buffer + r->begin;
    const size_t have = r->end - r->begin;
    uint32_t captured, wire;
    uint64_t time_ns;
    r->need = r->header_bytes;
    if (have < r->need) return false;
    captured = reader_load32(r, at + 8);
    wire = reader_load32(r, at + 12);
    if (r->version <= 3 && lengths_swapped(r, captured, wire)) {
        const uint32_t other = captured;
        captured = wire;
        wire = other;
    }
    if (captured > READER_CAPTURED_MAX) {
        reader_stop(r, READER_CORRUPT, "a packet of more than 262,144 bytes");
        return false;
    }
    r->need += captured;
    if (have < r->need) return false;
    time_ns =
        reader_load32(r, at) * WEIR_SECOND + (uint64_t)reader_load32(r, at + 4) * r->ns_per_unit;
    reader_describe(packet, at + r->header_bytes, time_ns, captured, wire, r->fcs_bytes);
    return true;
}

static size_t take_header(reader *r, size_t max, reader_batch *batch);

static bool is_header(const reader *r)
{
    return r->end - r->begin >= sizeof r->head &&
           memcmp(r->buffer + r->begin, r->head, sizeof r->head) == 0;
}

static size_t take_records(reader *r, size_t max, reader_batch *batch)
{
    size_t count = 0;
    if (is_header(r)) { /* it is taken in its turn: headers alone must not nest calls */
        r->take = take_header;
        r->need = FILE_HEADER_BYTES;
        return 0;
    }
    while (count < max && !is_header(r) && describe_record(r, &r->batch[count])) {
        reader_consume(r, r->need);
        count++;
        r->packets++;
    }
    batch->link_type = r->link_type;
    return count;
}

static size_t take_header(reader *r, size_t max, reader_batch *batch)
{
    const uint8_t *at = r->buffer + r->begin;
    uint32_t network;
    r->need = FILE_HEADER_BYTES;
    if (r->end - r->begin < r->need) return 0;
    memcpy(r->head, at, sizeof r->head);
    network = reader_load32(r, at + 20);
    r->version = (uint16_t)reader_load16(r, at + 6);
    r->link_type = (int)(network & 0xffff);
    /* Bit 26 says that bits 28 to 31 count the checksum's 16-bit words. */
    r->fcs_bytes = network & 0x04000000 ? 2 * (network >> 28) : 0;
    reader_consume(r, FILE_HEADER_BYTES);
    r->take = take_records;
    return take_records(r, max, batch);
}

bool reader_pcap_begin(reader *r, const uint8_t magic[4])
{
    uint32_t value;
    r->big = magic[0] == 0xa1;
    value = reader_load32(r, magic);
    if (value != 0xa1b2c3d4 && value != 0xa1b23c4d && value != 0xa1b2cd34) return false;
    r->header_bytes = value == 0xa1b2cd34 ? MODIFIED_RECORD_BYTES : RECORD_BYTES;
    r->ns_per_unit = value == 0xa1b23c4d ? 1 : 1000;
    r->take = take_header;
    return true;
}
