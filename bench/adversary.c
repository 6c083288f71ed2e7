/* SPDX-License-Identifier: MIT */
#include "adversary.h"

#include <stdlib.h>
#include <string.h>

#include "adversary_family.h"
#include "traffic_random.h"

enum { PERIOD = 251, TEXT_BYTES = 65536 + PERIOD };
enum { HEADERS = 54, BETWEEN_FRAMES = 24, SMALLEST_FRAME = 84, NS_PER_BYTE = 16 };

static const uint8_t hash_key[16] = "known to a thief";

/* Repeats after 251 bytes, so that no power of two finds equal bytes at unequal places. */
static uint8_t text[TEXT_BYTES];

static const adversary_family *family_at(size_t family)
{
    if (family < adversary_crowd_count) return &adversary_crowd_families[family];
    family -= adversary_crowd_count;
    if (family < adversary_control_count) return &adversary_control_families[family];
    family -= adversary_control_count;
    if (family < adversary_hold_count) return &adversary_hold_families[family];
    return &adversary_fragment_families[family - adversary_hold_count];
}

size_t adversary_count(void)
{
    return adversary_crowd_count + adversary_control_count + adversary_hold_count +
           adversary_fragment_count;
}

const char *adversary_name(size_t family)
{
    return family_at(family)->name;
}

static int policy_known(const char *name)
{
    for (int policy = 0; policy < WEIR_OVERLAP_COUNT; policy++)
        if (strcmp(name, weir_overlap_name(policy)) == 0) return 1;
    return 0;
}

int adversary_known(const char *name)
{
    const size_t length = strcspn(name, "/");
    const int with_policy = name[length] == '/';
    if (with_policy && !policy_known(name + length + 1)) return 0;
    for (size_t family = 0; family < adversary_count(); family++)
        if (strncmp(name, adversary_name(family), length) == 0 &&
            adversary_name(family)[length] == '\0')
            return !with_policy || adversary_overlaps(family);
    return 0;
}

const char *adversary_text(size_t family)
{
    return family_at(family)->text;
}

int adversary_overlaps(size_t family)
{
    return family_at(family)->overlaps;
}

uint32_t adversary_replaces(size_t family)
{
    return family_at(family)->replaces;
}

uint64_t adversary_beginning(size_t family)
{
    return family_at(family)->beginning;
}

uint64_t adversary_rounds(size_t family, uint64_t steps)
{
    uint64_t round = family_at(family)->round;
    return round ? (steps + round - 1) / round * round : steps;
}

int adversary_forges_time(size_t family)
{
    return family_at(family)->forges_time;
}

adversary_user adversary_user_of(size_t family)
{
    return family_at(family)->user;
}

void adversary_configure(size_t family, weir_engine_config *engine)
{
    const adversary_family *f = family_at(family);
    engine->hash_key = hash_key;
    if (f->conn_records) engine->conn_records = f->conn_records;
    if (f->conn_held_bytes) engine->conn_held_bytes = f->conn_held_bytes;
}

uint64_t adversary_least_limit(size_t family)
{
    return 2 * family_at(family)->conn_held_bytes;
}

adversary *adversary_open(size_t family, uint64_t seed, uint64_t steps)
{
    adversary *a = calloc(1, sizeof *a);
    if (a == NULL) return NULL;
    for (uint32_t i = 0; i < TEXT_BYTES; i++)
        text[i] = (uint8_t)(i % PERIOD);
    *a = (adversary){.family = family, .seed = seed, .steps = steps, .now_ns = ADVERSARY_START_NS};
    return a;
}

void adversary_close(adversary *a)
{
    free(a);
}

static uint64_t wire_ns(const weir_segment *segment)
{
    uint64_t bytes = (uint64_t)segment->payload_bytes + HEADERS + BETWEEN_FRAMES;
    return (bytes < SMALLEST_FRAME ? SMALLEST_FRAME : bytes) * NS_PER_BYTE;
}

int adversary_next(adversary *a, adversary_step *step)
{
    if (a->at == a->steps) return 0;
    memset(step, 0, sizeof *step);
    family_at(a->family)->make(a, a->at++, step);
    if (step->act == ADVERSARY_SEGMENT) a->now_ns += wire_ns(&step->segment);
    if (step->act == ADVERSARY_PACKET)
        a->now_ns += ((uint64_t)step->packet.wire_bytes + BETWEEN_FRAMES) * NS_PER_BYTE;
    return 1;
}

uint64_t adversary_draw(const adversary *a, uint64_t i, uint64_t bound)
{
    return traffic_mix2(a->seed, i) % bound;
}

static uint32_t isn(const adversary *a, uint64_t conn, uint32_t host)
{
    return (uint32_t)traffic_mix2(a->seed + 1 + host, conn);
}

/* 16,384 ports a client address; the server has one of each. */
static void set_tuple(weir_segment *segment, uint64_t conn, uint32_t host)
{
    uint32_t address = 0x64400001u + (uint32_t)(conn >> 14);
    uint8_t client[4] = {(uint8_t)(address >> 24), (uint8_t)(address >> 16),
                         (uint8_t)(address >> 8), (uint8_t)address};
    const uint8_t server[4] = {192, 0, 2, 2};
    uint16_t port = (uint16_t)(16384 + (conn & 16383));
    memcpy(segment->source, host == CLIENT ? client : server, 4);
    memcpy(segment->destination, host == CLIENT ? server : client, 4);
    segment->source_port = host == CLIENT ? port : 443;
    segment->destination_port = host == CLIENT ? 443 : port;
}

weir_segment *adversary_send(adversary *a, adversary_step *step, uint64_t conn, uint32_t host,
                             uint32_t flags, uint32_t seq, uint32_t bytes)
{
    weir_segment *segment = &step->segment;
    *segment = (weir_segment){.payload = text + seq % PERIOD,
                              .time_ns = a->now_ns,
                              .payload_bytes = bytes,
                              .wire_bytes = bytes,
                              .seq = isn(a, conn, host) + seq,
                              .flags = (uint8_t)flags,
                              .family = 4,
                              .window = 65535,
                              .ip_id = (uint16_t)a->at};
    set_tuple(segment, conn, host);
    if (flags & WEIR_TCP_ACK) segment->ack = isn(a, conn, host ^ 1) + 1;
    return segment;
}

void adversary_acks(const adversary *a, adversary_step *step, uint64_t conn, uint32_t seq)
{
    uint32_t host = step->segment.destination_port == 443 ? CLIENT : SERVER;
    step->segment.ack = isn(a, conn, host ^ 1) + seq;
}

void adversary_lies(adversary_step *step, uint32_t variant)
{
    uint32_t at = (uint32_t)(step->segment.payload - text);
    step->segment.payload = text + (at + variant) % PERIOD;
}

void adversary_handshake(adversary *a, adversary_step *step, uint64_t conn, uint64_t k)
{
    if (k == 0) adversary_send(a, step, conn, CLIENT, SYN, 0, 0);
    if (k == 1) adversary_send(a, step, conn, SERVER, SYN | ACK, 0, 0);
    if (k == 2) adversary_send(a, step, conn, CLIENT, ACK, 1, 0);
}
