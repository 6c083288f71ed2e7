/* SPDX-License-Identifier: MIT */
/*
 * Frames, composed by hand: hexadecimal digits and words for what has lengths in it.
 *
 *      frame_hex(f, FRAME_MACS "0800 ip4(17) udp(4789) 08000000 00000700 " FRAME_MACS "0800");
 *      frame_ipv4(f, FRAME_TCP, "");
 *      frame_tcp(f, "", "hello", 5);              sets all lengths, and the TCP checksum
 *
 *      word        stands for
 *      ip4(P)      IPv4 header of a tunnel, 192.0.2.1 > 192.0.2.2, protocol P
 *      ip6(P)      IPv6 header of a tunnel, 2001:db8::1 > 2001:db8::2, next header P
 *      udp(P)      UDP header, 49152 > P
 *      len(N)      16 bits: the number of bytes behind this field, plus N
 *      lel(N)      the same, little-endian
 *
 * A frame is empty when its length is 0. What cannot be composed aborts: it needs no test library.
 */
#ifndef WEIR_TESTS_FRAME_H
#define WEIR_TESTS_FRAME_H

#include <stdint.h>

enum { FRAME_MAX = 300000, FRAME_LENGTHS_MAX = 32, FRAME_TCP = 6, FRAME_UDP = 17 };

/* Ethernet, without its type. */
#define FRAME_MACS "020000000002 020000000001 "

typedef struct {
    uint32_t at;
    int plus;
    int is_little;
} frame_length;

typedef struct {
    uint8_t bytes[FRAME_MAX];
    uint32_t length;
    uint32_t ip;      /* where the last IP header is */
    uint32_t tcp;     /* where the TCP header is */
    uint32_t payload; /* where its payload is: all before are headers */
    frame_length lengths[FRAME_LENGTHS_MAX];
    uint32_t length_count;
} frame;

void frame_add(frame *f, const void *bytes, uint32_t count);

/* Digits and words, blanks between them as one likes. */
void frame_hex(frame *f, const char *text);

void frame_set16(frame *f, uint32_t at, uint32_t value);

/* IPv4 10.0.0.1 > 10.0.0.2, id 77, with these options. */
void frame_ipv4(frame *f, uint8_t protocol, const char *options);

/* IPv6 fd00::1 > fd00::2, with these extension headers, the first of them of kind `next`. */
void frame_ipv6(frame *f, uint8_t next, const char *extensions);

/* 4660 > 80, seq 1, ack 2, PSH ACK, window 512, urgent 3; sealed. */
void frame_tcp(frame *f, const char *options, const void *payload, uint32_t bytes);

/* All lengths, as what follows them wants it. */
void frame_set_ip_length(frame *f);

/* All lengths, and the checksum. */
void frame_seal(frame *f);

#endif
