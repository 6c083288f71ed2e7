/* SPDX-License-Identifier: MIT */
/*
 * Traffic: packets made from a seed, and the truth about them.
 *
 * A scenario is TCP traffic with one thing wrong with it: segments out of order, a segment that the
 * capture lost, an attacker. This module makes its packets one after the other, as a capture would
 * hold them: whole Ethernet frames with right lengths and checksums, handshakes, acknowledgements,
 * closes, time stamps. It shares no code with the library that the packets are meant to test.
 *
 *      hosts (flows) --> line (1 Gbit/s) --> tap (what the capture sees) --> frames --> you
 *
 * Same scenario, seed and scale: same bytes, on every machine. Nothing else is read: no clock, no
 * environment. There is no global state; generators in different threads do not meet.
 *
 * Memory: 56 bytes a connection (none in `churn` beyond the few that are open), and less than 3 MiB
 * for the rest. All of it is taken by traffic_open; nothing after that can fail. A capture is never
 * held: a packet is built when it is asked for.
 *
 * ── Simple use
 *
 *      traffic *t = traffic_open("reorder", 1, 0.01);
 *      traffic_packet packet;
 *      while (traffic_next(t, &packet)) use(packet.data, packet.captured_bytes);
 *      check(traffic_truth(t)->stream_bytes);
 *      traffic_close(t);
 *
 * ── What the bytes are
 *
 * Payload is a function of connection, direction and stream offset (0 is the first byte after the
 * SYN), and of nothing else: not of the seed or the scenario. So whoever is handed bytes "of this
 * tuple, from this offset" asks traffic_identify and traffic_content what they must be. The seed
 * chooses initial sequence numbers, order, losses and IP ids.
 *
 * ── Connections
 *
 * Honest connections are numbered from 0, hostile ones from TRAFFIC_HOSTILE; the number is in the
 * addresses. Clients are 10.a.b.c (hostile: 100.64.0.0/10) with ports from 49152, the server is
 * 192.0.2.1:443; in IPv6 fd00:0:0:1::/64 (hostile: fd00:0:0:2::/64) and 2001:db8::1. Each number:
 *
 *      n % 16 == 15   IPv6 (where segments carry 1,428 bytes for IPv4's 1,448)
 *      n % 8 == 5     no TCP time stamps; small frames then have Ethernet padding
 *      n % 8 == 1     sequence numbers wrap within the first 256 bytes, n % 8 == 2: within 64 KiB
 *
 * In scenarios of large segments even connections send to the server and odd ones from it; the
 * `incident` kind and the attacks send to the server; messages go both ways in turn; in `churn` a
 * request of 64 bytes is answered with 200.
 *
 * ── Time and place
 *
 * The tap is midway: an answer is captured half a round trip (0.5 ms) after what it answers. Data
 * shares one line of 1 Gbit/s, preamble and gap counted; acknowledgements travel the other way and
 * are free. Receivers acknowledge every second segment, at once what is seen twice or closes a gap,
 * else after 40 ms, and never beyond what they have. Large segments travel in bursts of 32, eight
 * connections at a time, so that displacement stays within its burst: 16 places are 1.6 ms.
 *
 * ── Scale
 *
 * Scale multiplies the number of connections (and of attackers); what one connection carries stays.
 * Below one connection it shrinks that one, down to 256 segments; a scenario of one connection
 * scales its bytes. Whatever the scale, what the scenario is about happens at least once.
 */
#ifndef WEIR_BENCH_TRAFFIC_H
#define WEIR_BENCH_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ── Scenarios ───────────────────────────────────────────────────────────────────────────────── */

/* How many there are. */
size_t traffic_scenario_count(void);

/* Name, and one line of text, of scenario `index` < traffic_scenario_count(). Static storage. */
const char *traffic_scenario_name(size_t index);
const char *traffic_scenario_text(size_t index);

/* Whether a scenario has this name. */
bool traffic_scenario_known(const char *name);

/* ── A generator ─────────────────────────────────────────────────────────────────────────────── */

typedef struct traffic traffic;

/* Legal scales: above 0, up to this. */
#define TRAFFIC_SCALE_MAX 50.0

/* Largest frame: 64 KiB of payload and its headers. */
#define TRAFFIC_FRAME_MAX 65792

typedef enum { TRAFFIC_C2S, TRAFFIC_S2C } traffic_direction;

/* What the honest connections do. A phase begins with its first packet, 50 ms after the last of the
 * one before, so that answers are in. Phases do not go back but in `many-then-few`: opening,
 * talking, closing, talking, closing. `churn` is all talking. */
typedef enum { TRAFFIC_OPENING, TRAFFIC_TALKING, TRAFFIC_CLOSING } traffic_phase;

typedef struct {
    uint64_t time_ns;    /* since 1970; never back, but in `clock` */
    const uint8_t *data; /* an Ethernet frame; valid until the next call on this generator */
    uint32_t captured_bytes;
    uint32_t wire_bytes;
    uint64_t connection;
    traffic_direction direction;
    traffic_phase phase;
} traffic_packet;

/* A generator of `scenario` from the start. NULL: no such scenario, no such scale, or no memory. */
traffic *traffic_open(const char *scenario, uint64_t seed, double scale);

/* The next packet. false: the end, and so from then on. */
bool traffic_next(traffic *t, traffic_packet *packet);

/* Gives all memory back. NULL is legal. */
void traffic_close(traffic *t);

/* ── Content and connections ─────────────────────────────────────────────────────────────────── */

/* Numbers of hostile connections begin here. */
#define TRAFFIC_HOSTILE (1ull << 40)

typedef struct {
    uint8_t family;  /* 4 or 6 */
    uint8_t src[16]; /* the sender's address, network order; IPv4 uses the first 4 bytes */
    uint8_t dst[16];
    uint16_t src_port;
    uint16_t dst_port;
} traffic_tuple;

/* The tuple of the packets that `connection` sends in `direction`. */
void traffic_tuple_of(uint64_t connection, traffic_direction direction, traffic_tuple *tuple);

/* The inverse. false: no packet of this module has that tuple; nothing is written. */
bool traffic_identify(const traffic_tuple *tuple, uint64_t *connection,
                      traffic_direction *direction);

/* One byte of a stream; and n bytes of it from `offset`, eight at a time. */
uint8_t traffic_content_byte(uint64_t connection, traffic_direction direction, uint64_t offset);
void traffic_content(uint64_t connection, traffic_direction direction, uint64_t offset,
                     uint8_t *out, size_t n);

/* ── The truth ───────────────────────────────────────────────────────────────────────────────── */

/*
 * Bytes are TCP payload. What is not said to be hostile is of honest connections only. Always:
 *
 *      payload_bytes + missing_bytes == stream_bytes + duplicate_bytes
 */
typedef struct {
    uint64_t packets;     /* captured, hostile ones too */
    uint64_t frame_bytes; /* captured, hostile ones too */
    uint64_t connections;
    uint64_t segments;           /* captured with payload */
    uint64_t payload_bytes;      /* captured, each copy counted */
    uint64_t duplicate_bytes;    /* captured again */
    uint64_t stream_bytes;       /* of all streams, each up to the highest byte sent */
    uint64_t missing_bytes;      /* of those, never captured */
    uint64_t holes;              /* runs of missing bytes */
    uint64_t lost_segments;      /* with payload, that the capture lost */
    uint64_t displaced_segments; /* sent after one that follows them in the stream */
    uint64_t repeated_segments;  /* retransmissions; and the copies in `duplicated` */
    uint64_t hostile_connections;
    uint64_t hostile_packets;
    uint64_t hostile_bytes; /* payload */
    uint64_t end_ns;        /* time of the last packet */
} traffic_totals;

/* The totals so far; complete after traffic_next has returned false. Valid until the next call. */
const traffic_totals *traffic_truth(traffic *t);

/* Bytes that an honest connection has sent in a direction, captured or not; final like the truth.
 */
uint64_t traffic_stream_bytes(const traffic *t, uint64_t connection, traffic_direction direction);

#endif
