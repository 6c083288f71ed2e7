/* SPDX-License-Identifier: MIT */
#include "support/frame.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void frame_add(frame *f, const void *bytes, uint32_t count)
{
    if (f->length == 0) f->length_count = 0;
    if (f->length + count > FRAME_MAX) abort();
    if (count != 0) memcpy(f->bytes + f->length, bytes, count);
    f->length += count;
}

void frame_set16(frame *f, uint32_t at, uint32_t value)
{
    f->bytes[at] = (uint8_t)(value >> 8);
    f->bytes[at + 1] = (uint8_t)value;
}

/* At `at` belongs the number of bytes from there to the end, plus `plus`. */
static void note_length(frame *f, uint32_t at, int plus, int is_little)
{
    if (f->length_count == FRAME_LENGTHS_MAX) abort();
    f->lengths[f->length_count++] = (frame_length){at, plus, is_little};
}

static void outer_ipv4(frame *f, uint8_t protocol)
{
    f->ip = f->length;
    frame_hex(f, "45 00 0000 0101 4000 40 00 0000 c0000201 c0000202");
    f->bytes[f->ip + 9] = protocol;
    note_length(f, f->ip + 2, 2, 0);
}

static void outer_ipv6(frame *f, uint8_t next)
{
    f->ip = f->length;
    frame_hex(f, "60000000 0000 00 40 20010db8000000000000000000000001");
    frame_hex(f, "20010db8000000000000000000000002");
    f->bytes[f->ip + 6] = next;
    note_length(f, f->ip + 4, -36, 0);
}

static void udp(frame *f, uint32_t port)
{
    uint32_t at = f->length;
    frame_hex(f, "c000 0000 0000 0000");
    frame_set16(f, at + 2, port);
    note_length(f, at + 4, 4, 0);
}

static void length_field(frame *f, int plus, int is_little)
{
    uint32_t at = f->length;
    frame_hex(f, "0000");
    note_length(f, at, plus - 2, is_little);
}

/* A word and its number; answers what is behind it. */
static const char *word(frame *f, const char *text)
{
    char *end;
    long number = strtol(text + 4, &end, 10);
    if (text[3] != '(' || *end != ')') abort();
    if (memcmp(text, "ip4", 3) == 0)
        outer_ipv4(f, (uint8_t)number);
    else if (memcmp(text, "ip6", 3) == 0)
        outer_ipv6(f, (uint8_t)number);
    else if (memcmp(text, "udp", 3) == 0)
        udp(f, (uint32_t)number);
    else if (memcmp(text, "len", 3) == 0)
        length_field(f, (int)number, 0);
    else if (memcmp(text, "lel", 3) == 0)
        length_field(f, (int)number, 1);
    else
        abort();
    return end + 1;
}

void frame_hex(frame *f, const char *text)
{
    while (*text != '\0') {
        if (*text == ' ') {
            text++;
        } else if (!isxdigit((unsigned char)*text)) {
            text = word(f, text);
        } else {
            char digits[3] = {text[0], text[1], '\0'};
            uint8_t byte = (uint8_t)strtoul(digits, NULL, 16);
            frame_add(f, &byte, 1);
            text += 2;
        }
    }
}

void frame_ipv4(frame *f, uint8_t protocol, const char *options)
{
    f->ip = f->length;
    frame_hex(f, "45 00 0000 004d 4000 40 00 0000 0a000001 0a000002");
    f->bytes[f->ip + 9] = protocol;
    frame_hex(f, options);
    f->bytes[f->ip] = (uint8_t)(0x40 | (f->length - f->ip) / 4);
    note_length(f, f->ip + 2, 2, 0);
}

void frame_ipv6(frame *f, uint8_t next, const char *extensions)
{
    f->ip = f->length;
    frame_hex(f, "60000000 0000 00 40 fd000000000000000000000000000001");
    frame_hex(f, "fd000000000000000000000000000002");
    f->bytes[f->ip + 6] = next;
    frame_hex(f, extensions);
    note_length(f, f->ip + 4, -36, 0);
}

void frame_set_ip_length(frame *f)
{
    for (uint32_t i = 0; i < f->length_count; i++) {
        const frame_length *field = &f->lengths[i];
        uint32_t value = f->length - field->at + (uint32_t)field->plus;
        frame_set16(f, field->at, field->is_little ? (value & 0xff) << 8 | value >> 8 : value);
    }
}

/* The checksum as RFC 9293 tells it, byte by byte: the slow model. */
static uint32_t checksum(const frame *f)
{
    uint32_t is4 = f->bytes[f->ip] >> 4 == 4;
    uint32_t from = f->ip + (is4 ? 12 : 8);
    uint32_t to = from + (is4 ? 8 : 32);
    uint64_t sum = FRAME_TCP + (f->length - f->tcp);
    for (uint32_t i = from; i < to; i++)
        sum += (i - from) % 2 ? f->bytes[i] : f->bytes[i] * 256u;
    for (uint32_t i = f->tcp; i < f->length; i++) {
        sum += (i - f->tcp) % 2 ? f->bytes[i] : f->bytes[i] * 256u;
    }
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint32_t)sum;
}

void frame_seal(frame *f)
{
    frame_set_ip_length(f);
    frame_set16(f, f->tcp + 16, 0);
    frame_set16(f, f->tcp + 16, ~checksum(f));
}

void frame_tcp(frame *f, const char *options, const void *payload, uint32_t bytes)
{
    f->tcp = f->length;
    frame_hex(f, "1234 0050 00000001 00000002 50 18 0200 0000 0003");
    frame_hex(f, options);
    f->bytes[f->tcp + 12] = (uint8_t)((f->length - f->tcp) / 4 << 4);
    f->payload = f->length;
    frame_add(f, payload, bytes);
    frame_seal(f);
}
