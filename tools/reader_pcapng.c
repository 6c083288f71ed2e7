/* SPDX-License-Identifier: MIT */
/*
 * pcapng: blocks of a type, a length, a body, and the length again. A section header sets the byte
 * order and forgets the interfaces; an interface block describes the next one; packet blocks refer
 * to it.
 *
 *      | type 4 | length 4 | body ... | length 4 |
 *
 * A packet's block must be in the buffer whole. Of other blocks only the first KEEP_BYTES are
 * looked at, options beyond that are not: no file can make the reader keep more.
 */
#include "reader_inner.h"

#include <string.h>

enum {
    BLOCK_INTERFACE = 1,
    BLOCK_OBSOLETE = 2,
    BLOCK_SIMPLE = 3,
    BLOCK_ENHANCED = 6,
    OPTION_END = 0,
    OPTION_RESOLUTION = 9,
    OPTION_FCS = 13,
    OPTION_OFFSET = 14,
    FRAME_BYTES = 12, /* of a block: type, length, and length again */
    SECTION_BYTES = 28,
    INTERFACE_BYTES = 20,
    KEEP_BYTES = 4096
};

#define BLOCK_SECTION    UINT32_C(0x0a0d0d0a) /* the same in both byte orders */
#define BYTE_ORDER_MAGIC UINT32_C(0x1a2b3c4d)

/* A block at r->begin. */
struct block {
    const uint8_t *at;
    uint32_t type;
    uint32_t size;
};

/* ── Time ────────────────────────────────────────────────────────────────────────────────────── */

/* exponent <= 19 */
static uint64_t power_of_ten(uint32_t exponent)
{
    uint64_t power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

/* Units of 2^-bits seconds in nanoseconds. Bits below 2^-30 s, which is less than one, are dropped.
 */
static uint64_t binary_ns(uint64_t units, uint32_t bits)
{
    const uint64_t seconds = bits < 64 ? units >> bits : 0;
    uint64_t fraction = bits < 64 ? units - (seconds << bits) : units;
    if (bits > 30) {
        fraction = bits - 30 < 64 ? fraction >> (bits - 30) : 0;
        bits = 30;
    }
    if (seconds > UINT64_MAX / WEIR_SECOND - 1) return UINT64_MAX;
    return seconds * WEIR_SECOND + ((fraction * WEIR_SECOND) >> bits);
}

static uint64_t decimal_ns(uint64_t units, uint32_t digits)
{
    if (digits > 9) return digits - 9 < 20 ? units / power_of_ten(digits - 9) : 0;
    if (units > UINT64_MAX / power_of_ten(9 - digits)) return UINT64_MAX;
    return units * power_of_ten(9 - digits);
}

static uint64_t add_seconds(uint64_t time_ns, int64_t seconds)
{
    const uint64_t most = UINT64_MAX / WEIR_SECOND;
    const uint64_t size = seconds < 0 ? UINT64_C(0) - (uint64_t)seconds : (uint64_t)seconds;
    const uint64_t shift = size > most ? UINT64_MAX : size * WEIR_SECOND;
    if (seconds < 0) return time_ns > shift ? time_ns - shift : 0;
    return time_ns > UINT64_MAX - shift ? UINT64_MAX : time_ns + shift;
}

static uint64_t stamp(const reader *r, const reader_interface *on, const uint8_t *high)
{
    const uint64_t units = (uint64_t)reader_load32(r, high) << 32 | reader_load32(r, high + 4);
    uint64_t time_ns;
    if (on->resolution == 9)
        time_ns = units;
    else if (on->resolution == 6 && units < UINT64_MAX / 1000)
        time_ns = units * 1000; /* what nearly all files have: no division */
    else if (on->resolution & 0x80)
        time_ns = binary_ns(units, on->resolution & 0x7f);
    else
        time_ns = decimal_ns(units, on->resolution);
    return on->offset_seconds ? add_seconds(time_ns, on->offset_seconds) : time_ns;
}

/* ── Packets ─────────────────────────────────────────────────────────────────────────────────── */

/* Where a packet's block keeps what. */
struct fields {
    uint32_t interface;
    uint32_t captured;
    uint32_t wire;
    uint32_t data; /* bytes from the block's begin */
};

static struct fields packet_fields(const reader *r, const struct block *b)
{
    struct fields f = {0, 0, 0, 28};
    if (b->type == BLOCK_SIMPLE) {
        const uint32_t snap = r->interfaces > 0 ? r->interface[0].snap_bytes : 0;
        f.data = 12;
        f.wire = reader_load32(r, b->at + 8);
        f.captured = snap > 0 && snap < f.wire ? snap : f.wire;
        return f;
    }
    f.interface =
        b->type == BLOCK_OBSOLETE ? reader_load16(r, b->at + 8) : reader_load32(r, b->at + 8);
    f.captured = reader_load32(r, b->at + 20);
    f.wire = reader_load32(r, b->at + 24);
    return f;
}

static bool is_packet(uint32_t type)
{
    return type == BLOCK_ENHANCED || type == BLOCK_SIMPLE || type == BLOCK_OBSOLETE;
}

/* What is wrong with a packet's block; NULL if nothing. */
static const char *packet_fault(const reader *r, const struct block *b, const struct fields *f)
{
    if (f->captured > READER_CAPTURED_MAX) return "a packet of more than 262,144 bytes";
    if (f->captured > b->size - 4 - f->data) return "a packet longer than its block";
    if (f->interface >= r->interfaces) return "a packet of an interface that is not described";
    return NULL;
}

static bool describe_block(reader *r, const struct block *b, weir_packet *packet, int *link_type)
{
    const uint32_t least = b->type == BLOCK_SIMPLE ? 16 : 32;
    struct fields f;
    const char *fault = "a packet block too short for its fields";
    const reader_interface *on;
    uint64_t time_ns;
    if (b->size >= least) {
        f = packet_fields(r, b);
        fault = packet_fault(r, b, &f);
    }
    if (fault) {
        reader_stop(r, READER_CORRUPT, fault);
        return false;
    }
    on = &r->interface[f.interface];
    time_ns = b->type == BLOCK_SIMPLE ? r->last_ns : stamp(r, on, b->at + 12);
    reader_describe(packet, b->at + f.data, time_ns, f.captured, f.wire, on->fcs_bytes);
    packet->tag = f.interface;
    *link_type = on->link_type;
    return true;
}

/* ── Sections and interfaces ─────────────────────────────────────────────────────────────────── */

static void apply_option(const reader *r, reader_interface *on, uint32_t code, uint32_t length,
                         const uint8_t *value)
{
    if (code == OPTION_RESOLUTION && length >= 1) on->resolution = value[0];
    /* Said to be in bits, by some written in bytes: no checksum has less than 8 bits, none 16
     * bytes. */
    if (code == OPTION_FCS && length >= 1)
        on->fcs_bytes = value[0] >= 16 ? value[0] / 8 : value[0] == 8 ? 1 : value[0];
    if (code == OPTION_OFFSET && length >= 8) {
        const uint64_t first = reader_load32(r, value);
        const uint64_t second = reader_load32(r, value + 4);
        on->offset_seconds = (int64_t)(r->big ? first << 32 | second : second << 32 | first);
    }
}

/* Options in [from, to). A length that leads beyond it ends them: they are no reason to lose the
 * packets. */
static void read_options(const reader *r, reader_interface *on, const uint8_t *from,
                         const uint8_t *to)
{
    while (to - from >= 4) {
        const uint32_t code = reader_load16(r, from);
        const uint32_t length = reader_load16(r, from + 2);
        const ptrdiff_t padded = 4 + (ptrdiff_t)((length + 3) & ~3u);
        if (code == OPTION_END || to - from < padded) return;
        apply_option(r, on, code, length, from + 4);
        from += padded;
    }
}

static void begin_interface(reader *r, const struct block *b, size_t kept)
{
    reader_interface *on;
    if (b->size < INTERFACE_BYTES) {
        reader_stop(r, READER_CORRUPT, "an interface block too short for its fields");
        return;
    }
    if (r->interfaces == READER_INTERFACES_MAX) {
        reader_stop(r, READER_CORRUPT, "more than 1,024 interfaces in one section");
        return;
    }
    on = &r->interface[r->interfaces++];
    memset(on, 0, sizeof *on);
    on->link_type = (uint16_t)reader_load16(r, b->at + 8);
    on->snap_bytes = reader_load32(r, b->at + 12);
    on->resolution = 6;
    read_options(r, on, b->at + 16, b->at + (kept == b->size ? kept - 4 : kept));
}

/* Takes the byte order from the section header at `at`, of which 12 bytes are there. */
static bool byte_order(reader *r, const uint8_t *at)
{
    r->big = at[8] == 0x1a;
    return reader_load32(r, at + 8) == BYTE_ORDER_MAGIC;
}

static void begin_section(reader *r, const struct block *b)
{
    r->interfaces = 0;
    if (b->size < SECTION_BYTES)
        reader_stop(r, READER_CORRUPT, "a section header too short for its fields");
    else if (reader_load16(r, b->at + 12) != 1)
        reader_stop(r, READER_CORRUPT, "a section of an unknown version of pcapng");
}

/* ── Blocks ──────────────────────────────────────────────────────────────────────────────────── */

/* Passes over the rest of a block that is being skipped. false: needs more bytes, or stopped. */
static bool finish_skip(reader *r)
{
    while (r->skip > 4) {
        const size_t have = r->end - r->begin;
        const uint32_t step = have < r->skip - 4 ? (uint32_t)have : r->skip - 4;
        r->need = 1;
        if (step == 0) return false;
        reader_consume(r, step);
        r->skip -= step;
    }
    r->need = r->skip;
    if (r->end - r->begin < r->need) return false;
    if (r->skip && reader_load32(r, r->buffer + r->begin) != r->skip_size) {
        reader_stop(r, READER_CORRUPT, "a block whose two lengths differ");
        return false;
    }
    reader_consume(r, r->skip);
    r->skip = 0;
    return true;
}

/* Reads the head of the block at r->begin. */
static bool begin_block(reader *r, struct block *b)
{
    b->at = r->buffer + r->begin;
    r->need = FRAME_BYTES;
    if (r->end - r->begin < r->need) return false;
    b->type = reader_load32(r, b->at);
    if (b->type == BLOCK_SECTION && !byte_order(r, b->at)) {
        reader_stop(r, READER_CORRUPT, "a section header without its byte-order mark");
        return false;
    }
    b->size = reader_load32(r, b->at + 4);
    if (b->size < FRAME_BYTES || b->size > READER_BLOCK_MAX ||
        (is_packet(b->type) && b->size > READER_BUFFER_BYTES)) {
        reader_stop(r, READER_CORRUPT, "a block length that cannot be");
        return false;
    }
    return true;
}

static bool other_block(reader *r, const struct block *b)
{
    const uint32_t kept = b->size < KEEP_BYTES ? b->size : KEEP_BYTES;
    r->skip = b->size;
    r->skip_size = b->size;
    if (b->type != BLOCK_SECTION && b->type != BLOCK_INTERFACE) return finish_skip(r);
    r->skip = 0;
    r->need = kept;
    if (r->end - r->begin < kept) return false;
    if (b->type == BLOCK_SECTION)
        begin_section(r, b);
    else
        begin_interface(r, b, kept);
    if (r->trouble.state != READER_READING) return false;
    r->skip = b->size;
    return finish_skip(r);
}

/* One packet block into *packet. false: not whole yet, corrupt, or of another link type than
 * *link_type. */
static bool packet_block(reader *r, const struct block *b, weir_packet *packet, int *link_type)
{
    int its_type = -1;
    r->need = b->size;
    if (r->end - r->begin < b->size) return false;
    if (reader_load32(r, b->at + b->size - 4) != b->size) {
        reader_stop(r, READER_CORRUPT, "a block whose two lengths differ");
        return false;
    }
    if (!describe_block(r, b, packet, &its_type)) return false;
    if (*link_type >= 0 && *link_type != its_type) return false;
    *link_type = its_type;
    r->last_ns = packet->time_ns;
    r->packets++;
    reader_consume(r, b->size);
    return true;
}

static size_t take_blocks(reader *r, size_t max, reader_batch *batch)
{
    size_t count = 0;
    struct block b;
    batch->link_type = -1;
    while (count < max && finish_skip(r) && begin_block(r, &b)) {
        if (!is_packet(b.type)) {
            if (!other_block(r, &b)) break;
        } else if (packet_block(r, &b, &r->batch[count], &batch->link_type)) {
            count++;
        } else {
            break;
        }
    }
    return count;
}

bool reader_pcapng_begin(reader *r, const uint8_t magic[4])
{
    if (reader_load32(r, magic) != BLOCK_SECTION) return false;
    r->take = take_blocks;
    return true;
}
