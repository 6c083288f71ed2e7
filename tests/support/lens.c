/* SPDX-License-Identifier: MIT */
#include "support/lens.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

const char *lens_cause(int cause)
{
    static const char *const names[] = {
#define X(NAME, text) text,
        WEIR_IGNORED(X)
#undef X
    };
    assert_in_range(cause, 0, WEIR_IGNORED_COUNT - 1);
    return names[cause];
}

static void print_address(char *out, size_t size, const weir_segment *s, const uint8_t *address)
{
    size_t bytes = s->family == 4 ? 4 : 16;
    for (size_t i = bytes; i < 16; i++)
        assert_int_equal(address[i], 0);
    for (size_t i = 0; i < bytes; i++)
        snprintf(out + 2 * i, size - 2 * i, "%02x", address[i]);
}

/* Every field that a packet can set. Options: their bits in hexadecimal, then the values set. */
static void print_segment(char *line, const weir_segment *s, int bad)
{
    char from[33], to[33], values[64];
    print_address(from, sizeof from, s, s->source);
    print_address(to, sizeof to, s, s->destination);
    snprintf(values, sizeof values, "%02x mss %u scale %u ts %u %u", s->options, s->mss,
             s->window_scale, s->ts_value, s->ts_echo);
    snprintf(line, LENS_LINE_BYTES,
             "%u %s:%u>%s:%u seq %u ack %u flags %02x window %u urgent %u id %u vlan %x tunnel %u "
             "time %llu tag %u options %s%s | %u/%u %.*s",
             s->family, from, s->source_port, to, s->destination_port, s->seq, s->ack, s->flags,
             s->window, s->urgent, s->ip_id, s->vlan, s->tunnel, (unsigned long long)s->time_ns,
             s->tag, values, bad ? " bad checksum" : "", s->payload_bytes, s->wire_bytes,
             (int)(s->payload_bytes < 40 ? s->payload_bytes : 40), (const char *)s->payload);
}

/* Two, so that two can be compared. */
static char *next_line(void)
{
    static char lines[2][LENS_LINE_BYTES];
    static unsigned turn;
    return lines[turn++ % 2];
}

static const char *render(int cause, const weir_decoded *decoded)
{
    char *line = next_line();
    if (cause == WEIR_DECODED)
        print_segment(line, &decoded->segment, decoded->bad_checksum);
    else
        snprintf(line, LENS_LINE_BYTES, "%s", lens_cause(cause));
    return line;
}

const char *lens_decode_how(const weir_decoding *how, int link, const frame *f, uint32_t captured,
                            uint32_t wire)
{
    uint8_t *bytes = malloc(captured);
    if (captured != 0) memcpy(bytes, f->bytes, captured);
    weir_packet packet = {
        .data = bytes, .time_ns = 7, .captured_bytes = captured, .wire_bytes = wire, .tag = 9};
    weir_decoded decoded;
    memset(&decoded, 0xa5, sizeof decoded);
    int cause = weir_decode_packet(how, link, &packet, &decoded);
    int bad = decoded.bad_checksum;
    assert_true(bad == 0 || (bad == 1 && how->checksum != WEIR_CHECKSUM_OFF));
    if (cause == WEIR_DECODED) assert_in_range(decoded.depth, 0, WEIR_TUNNELS_DEEPEST);
    const char *line = render(cause, &decoded);
    free(bytes);
    return line;
}

const char *lens_decode_as(int link, const frame *f, uint32_t captured, uint32_t wire,
                           weir_checksum mode)
{
    const weir_decoding how = {.checksum = mode, .tunnels = WEIR_TUNNELS_ALL};
    return lens_decode_how(&how, link, f, captured, wire);
}

const char *lens_decode(int link, const frame *f)
{
    return lens_decode_as(link, f, f->length, f->length, WEIR_CHECKSUM_COUNT);
}

const char *lens_line_in(int family, uint32_t vlan, uint32_t tunnel, uint32_t wire,
                         const char *payload)
{
    char *line = next_line();
    snprintf(line, LENS_LINE_BYTES,
             "%d %s:4660>%s:80 seq 1 ack 2 flags 18 window 512 urgent 3 id %d vlan %x tunnel %u "
             "time 7 tag 9 options 00 mss 0 scale 0 ts 0 0 | %zu/%u %s",
             family, family == 4 ? "0a000001" : "fd000000000000000000000000000001",
             family == 4 ? "0a000002" : "fd000000000000000000000000000002", family == 4 ? 77 : 0,
             vlan, tunnel, strlen(payload), wire, payload);
    return line;
}

const char *lens_line(int family, uint32_t vlan, uint32_t wire, const char *payload)
{
    return lens_line_in(family, vlan, 0, wire, payload);
}

void lens_check_cuts(const char *name, int link, const frame *f, const char *whole)
{
    char want[LENS_LINE_BYTES], kept[LENS_LINE_BYTES];
    snprintf(kept, sizeof kept, "%s", whole);
    whole = kept;
    const char *tail = strstr(whole, " | ");
    assert_non_null(tail);
    uint32_t payload = f->length - f->payload;
    for (uint32_t captured = 0; captured <= f->length; captured++) {
        if (captured < f->payload) {
            snprintf(want, sizeof want, "truncated_header");
        } else {
            uint32_t left = captured - f->payload;
            snprintf(want, sizeof want, "%.*s | %u/%u %.*s", (int)(tail - whole), whole, left,
                     payload, (int)left, (const char *)f->bytes + f->payload);
        }
        const char *line = lens_decode_as(link, f, captured, f->length, WEIR_CHECKSUM_COUNT);
        if (strcmp(line, want) != 0) print_error("%s, cut at %u\n", name, captured);
        assert_string_equal(line, want);
    }
}

static void check_end(const situation *s, const frame *f, uint32_t bytes)
{
    const char *line = lens_decode_as(s->link, f, bytes, bytes, WEIR_CHECKSUM_OFF);
    if (s->short_of != NULL && strcmp(line, s->short_of) == 0) return;
    if (strcmp(line, "malformed") != 0) print_error("%s, of %u bytes\n", s->name, bytes);
    assert_string_equal(line, "malformed");
}

void lens_check_situations(const situation *list, size_t count)
{
    static frame f;
    for (size_t i = 0; i < count; i++) {
        const situation *s = &list[i];
        char want[LENS_LINE_BYTES];
        snprintf(want, sizeof want, "%s", lens_line_in(s->family, s->vlan, s->tunnel, 5, "hello"));
        situations_compose(s, &f);
        const char *line = lens_decode(s->link, &f);
        if (strcmp(line, want) != 0) print_error("%s\n", s->name);
        assert_string_equal(line, want);
        assert_int_equal(weir_link_type_supported(s->link), 1);
        lens_check_cuts(s->name, s->link, &f, want);
        for (uint32_t bytes = 0; bytes < f.payload; bytes++) /* all captured: contradicts itself */
            check_end(s, &f, bytes);
    }
}

static int decode_exact(int link, const uint8_t *data, uint32_t captured, uint32_t wire,
                        weir_segment *segment, uint32_t *payload_at)
{
    uint8_t *bytes = malloc(captured);
    if (captured != 0) memcpy(bytes, data, captured);
    weir_packet packet = {.data = bytes, .captured_bytes = captured, .wire_bytes = wire};
    const weir_decoding how = {.checksum = WEIR_CHECKSUM_COUNT, .tunnels = WEIR_TUNNELS_ALL};
    weir_decoded decoded;
    int cause = weir_decode_packet(&how, link, &packet, &decoded);
    *segment = decoded.segment;
    assert_in_range(cause + 1, 0, WEIR_IGNORED_CHECKSUM);
    if (cause == WEIR_DECODED) {
        assert_true(segment->payload >= bytes && segment->payload <= bytes + captured);
        *payload_at = (uint32_t)(segment->payload - bytes);
        assert_true(segment->payload_bytes <= captured - *payload_at);
        assert_true(segment->payload_bytes <= segment->wire_bytes);
        assert_true(segment->wire_bytes <= WEIR_SEGMENT_MAX_BYTES);
        segment->payload = NULL;
    }
    free(bytes);
    return cause;
}

/* A packet cut shorter gives the same segment with less payload, the same refusal, or
 * truncated_header. */
static void check_any(int link, const uint8_t *data, uint32_t captured, uint32_t wire, uint32_t cut)
{
    weir_segment whole, part;
    uint32_t whole_at = 0, part_at = 0;
    int cause = decode_exact(link, data, captured, wire, &whole, &whole_at);
    int again = decode_exact(link, data, cut, wire, &part, &part_at);
    if (again == WEIR_IGNORED_TRUNCATED_HEADER) return;
    assert_int_equal(again, cause);
    if (cause != WEIR_DECODED) return;
    assert_int_equal(whole_at, part_at);
    assert_true(part.payload_bytes <= whole.payload_bytes);
    part.payload_bytes = whole.payload_bytes;
    assert_memory_equal(&whole, &part, sizeof whole);
}

static uint32_t draw(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % below;
}

void lens_check_mutated(const situation *list, size_t count, uint32_t rounds, uint32_t seed)
{
    static frame f;
    print_message("seed %u\n", seed);
    while (rounds-- > 0) {
        const situation *s = &list[draw(&seed, (uint32_t)count)];
        situations_compose(s, &f);
        for (uint32_t flips = draw(&seed, 6); flips > 0; flips--) {
            f.bytes[draw(&seed, f.length)] ^= (uint8_t)(1u << draw(&seed, 8));
        }
        if (draw(&seed, 4) == 0) f.bytes[draw(&seed, f.length)] = (uint8_t)draw(&seed, 256);
        uint32_t wire = f.length + (draw(&seed, 3) == 0 ? draw(&seed, 2000) : 0);
        int link = draw(&seed, 8) == 0 ? list[draw(&seed, (uint32_t)count)].link : s->link;
        check_any(link, f.bytes, f.length, wire, draw(&seed, f.length));
    }
}
