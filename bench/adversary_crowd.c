/* SPDX-License-Identifier: MIT */
/* Families of many connections. */
#include <string.h>

#include "adversary_family.h"
#include "rooms/key.h"

static void syn_flood(adversary *a, uint64_t i, adversary_step *step)
{
    adversary_send(a, step, i, CLIENT, SYN, 0, 0);
}

static void answer_flood(adversary *a, uint64_t i, adversary_step *step)
{
    adversary_send(a, step, i, SERVER, SYN | ACK, 0, 0);
}

static void midstream_flood(adversary *a, uint64_t i, adversary_step *step)
{
    adversary_send(a, step, i, CLIENT, ACK, 1000, 64);
}

/* Each segment lies below the one before, so that the base never rests. */
static void settle_storm(adversary *a, uint64_t i, adversary_step *step)
{
    uint32_t turn = (uint32_t)(i / 64 % 1024);
    adversary_send(a, step, i % 64 + i / 65536 * 64, CLIENT, ACK, 4000 - 3 * turn, 1);
}

/* Nothing but handshakes: what an honest client that has not spoken yet looks like. */
static void handshake_flood(adversary *a, uint64_t i, adversary_step *step)
{
    adversary_handshake(a, step, i / 3, i % 3);
}

static void hole_per_syn(adversary *a, uint64_t i, adversary_step *step)
{
    if (i % 2)
        adversary_send(a, step, i / 2, CLIENT, ACK, 1001, 1);
    else
        adversary_send(a, step, i / 2, CLIENT, SYN, 0, 0);
}

static void hole_per_flow(adversary *a, uint64_t i, adversary_step *step)
{
    if (i % 4 < 3)
        adversary_handshake(a, step, i / 4, i % 4);
    else
        adversary_send(a, step, i / 4, CLIENT, ACK, 1000 + (uint32_t)adversary_draw(a, i, 60000),
                       200);
}

/* As much like an honest connection as eight packets allow: data both ways, acknowledged. */
static void hole_per_talk(adversary *a, uint64_t i, adversary_step *step)
{
    uint64_t conn = i / 8, k = i % 8;
    if (k < 3) adversary_handshake(a, step, conn, k);
    if (k == 3) adversary_send(a, step, conn, CLIENT, ACK, 1, 64);
    if (k == 4) adversary_send(a, step, conn, SERVER, ACK, 1, 64);
    if (k == 4) adversary_acks(a, step, conn, 65);
    if (k == 5) adversary_send(a, step, conn, CLIENT, ACK, 65, 0);
    if (k == 6) adversary_send(a, step, conn, CLIENT, ACK, 1001, 1);
    if (k == 7) adversary_send(a, step, conn, SERVER, ACK, 1001, 1);
    if (k == 5 || k == 6) adversary_acks(a, step, conn, 65);
    if (k == 7) adversary_acks(a, step, conn, 65);
}

enum { FRIENDS = 1000, FRIEND_SEGMENTS = 24 };

/* 1,000 connections that are worth as much as an honest one, and then hold one byte each, again and again. */
static void hole_per_friend(adversary *a, uint64_t i, adversary_step *step)
{
    enum { SEGMENTS = FRIEND_SEGMENTS, FULL = 1448 };
    uint64_t conn = i % FRIENDS;
    uint32_t k = (uint32_t)(i / FRIENDS);
    if (k < 3)
        adversary_handshake(a, step, conn, k);
    else if (k < 3 + SEGMENTS)
        adversary_send(a, step, conn, CLIENT, ACK, 1 + (k - 3) * FULL, FULL);
    else
        adversary_send(a, step, conn, CLIENT, ACK, 2 + SEGMENTS * FULL + 2 * (k - 3 - SEGMENTS), 1);
}

static void churn(adversary *a, uint64_t i, adversary_step *step)
{
    uint64_t conn = i / 8, k = i % 8;
    if (k < 3) adversary_handshake(a, step, conn, k);
    if (k == 3) adversary_send(a, step, conn, CLIENT, ACK, 1, 64);
    if (k == 4) adversary_send(a, step, conn, SERVER, ACK, 1, 200);
    if (k == 5) adversary_send(a, step, conn, CLIENT, FIN, 65, 0);
    if (k == 6) adversary_send(a, step, conn, SERVER, FIN, 201, 0);
    if (k == 7) adversary_send(a, step, conn, CLIENT, ACK, 66, 0);
    if (k == 4) adversary_acks(a, step, conn, 65);
    if (k == 5) adversary_acks(a, step, conn, 201);
    if (k == 6) adversary_acks(a, step, conn, 66);
    if (k == 7) adversary_acks(a, step, conn, 202);
}

/* More connections than there is room for, each come back to just after it had to go. */
static void reopen(adversary *a, uint64_t i, adversary_step *step)
{
    uint64_t conns = a->steps < 48000 ? a->steps / 2 + 1 : 24000;
    adversary_send(a, step, i % conns, CLIENT, ACK, 1 + 64 * (uint32_t)(i / conns), 64);
}

static void port_reuse(adversary *a, uint64_t i, adversary_step *step)
{
    uint32_t k = (uint32_t)(i % 4), round = (uint32_t)(i / 4) * 100000;
    if (k == 0) adversary_send(a, step, 0, CLIENT, SYN, round, 0);
    if (k == 1) adversary_send(a, step, 0, SERVER, SYN | ACK, round, 0);
    if (k == 1) adversary_acks(a, step, 0, round + 1);
    if (k == 2) adversary_send(a, step, 0, CLIENT, ACK, round + 1, 100);
    if (k == 3) adversary_send(a, step, 0, CLIENT, ACK, round + 500, 100);
    if (k >= 2) adversary_acks(a, step, 0, round + 1);
}

/* The first half waits, then its time is up all at once, while packets of nobody come. */
static void due_at_once(adversary *a, uint64_t i, adversary_step *step)
{
    uint64_t half = a->steps / 2;
    if (i < half) {
        hole_per_syn(a, i, step);
        return;
    }
    if (i == half) a->now_ns += 9 * WEIR_SECOND;
    adversary_send(a, step, a->steps, CLIENT, ACK, 1, 0);
}

static void idle_at_once(adversary *a, uint64_t i, adversary_step *step)
{
    uint64_t half = a->steps / 2;
    if (i < half) {
        adversary_send(a, step, i, CLIENT, ACK, 1, 1);
        return;
    }
    if (i == half) a->now_ns += 1000 * WEIR_SECOND; /* doubted, then confirmed by the next */
    adversary_send(a, step, a->steps, CLIENT, ACK, 1, 0);
}

/* Down to half and up again, 256 holes each time. */
static void limit_swings(adversary *a, uint64_t i, adversary_step *step)
{
    if (i % 257 == 256) {
        step->act = ADVERSARY_LIMIT;
        step->percent = i / 257 % 2 ? 100 : 50;
        return;
    }
    hole_per_syn(a, i - i / 257, step);
}

#define BUCKET_BITS 6 /* of the hash that all tuples have in common */

/* Who knows the key sends tuples that fall into one bucket of the table, as long as it has no more than 2^6. */
static void bucket(adversary *a, uint64_t i, adversary_step *step)
{
    weir_engine_config config;
    weir_siphash_key secret;
    weir_key key;
    weir_engine_config_init(&config);
    adversary_configure(a->family, &config);
    memcpy(&secret, config.hash_key, sizeof secret);
    do {
        adversary_send(a, step, a->found++, CLIENT, SYN, 0, 0);
        weir_key_of(&secret, &config, &step->segment, &key);
    } while (key.hash & ((1u << BUCKET_BITS) - 1));
    (void)i;
}

static void nobody(adversary *a, uint64_t i, adversary_step *step)
{
    static const uint8_t flags[] = {ACK, RST, FIN, WEIR_TCP_RST};
    adversary_send(a, step, i, CLIENT, flags[i % 4], 1, 0);
}

/* clang-format off */
const adversary_family adversary_crowd_families[] = {
    {.name = "syn-flood", .text = "a SYN from each tuple", .make = syn_flood},
    {.name = "answer-flood", .text = "a SYN+ACK to each tuple", .make = answer_flood},
    {.name = "handshake-flood", .text = "a handshake on each tuple", .make = handshake_flood},
    {.name = "midstream-flood", .text = "a segment of 64 bytes from each tuple", .make = midstream_flood},
    {.name = "settle-storm", .text = "midstream bases that move down with every segment", .make = settle_storm},
    {.name = "hole-per-syn", .text = "a SYN and one byte behind a hole from each tuple", .make = hole_per_syn},
    {.name = "hole-per-flow", .text = "a handshake and 200 bytes behind a hole on each tuple", .make = hole_per_flow},
    {.name = "hole-per-talk", .text = "data both ways, acknowledged, then two holes on each tuple", .make = hole_per_talk},
    {.name = "hole-per-friend", .text = "35 KB each in order, then one byte behind a hole each, for ever", .make = hole_per_friend, .beginning = FRIENDS * (3 + FRIEND_SEGMENTS)},
    {.name = "churn", .text = "whole connections, one after the other", .make = churn},
    {.name = "reopen", .text = "each of too many connections comes back when it has just been evicted", .make = reopen},
    {.name = "port-reuse", .text = "the same tuple opened again and again with bytes held", .make = port_reuse},
    {.name = "due-at-once", .text = "holes of n/4 connections time out together", .make = due_at_once},
    {.name = "idle-at-once", .text = "n/2 connections are idle for too long together", .make = idle_at_once},
    {.name = "limit-swings", .text = "holes while the limit is halved and restored", .make = limit_swings},
    {.name = "bucket", .text = "tuples of one bucket in 64, by one who knows the hash key", .make = bucket},
    {.name = "nobody", .text = "ACK, RST and FIN of no connection", .make = nobody},
};
/* clang-format on */
const size_t adversary_crowd_count =
    sizeof adversary_crowd_families / sizeof *adversary_crowd_families;
