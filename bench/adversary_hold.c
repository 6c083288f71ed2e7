/* SPDX-License-Identifier: MIT */
/* Families of bytes that wait behind holes. */
#include "adversary_family.h"
#include "traffic_random.h"

enum { TINY_CONNS = 100, HOARDERS = 64, FULL = 1448, LARGE = 65535 };

/* Place k of `count` in one of four orders. */
typedef enum { UP, DOWN, RANDOM, ALTERNATE, MIDDLE } arrival;

static uint64_t place(const adversary *a, arrival o, uint64_t k, uint64_t count)
{
    traffic_order drawn;
    switch (o) {
    case UP:
        return k;
    case DOWN:
        return count - 1 - k;
    case RANDOM:
        drawn = traffic_order_of(count, a->seed);
        return traffic_order_at(&drawn, k);
    case ALTERNATE:
        return k % 2 ? count - 1 - k / 2 : k / 2;
    default: /* from the middle outwards */
        return k % 2 ? (count - 1) / 2 - k / 2 : (count - 1) / 2 + (k + 1) / 2;
    }
}

/* A SYN on each of `conns`, then one byte at every other place on each in turn. */
static void comb(adversary *a, uint64_t i, adversary_step *step, uint64_t conns, arrival o)
{
    uint64_t each = (a->steps - conns) / conns, k = i / conns - 1;
    if (i < conns)
        adversary_send(a, step, i, CLIENT, SYN, 0, 0);
    else if (k >= each)
        adversary_send(a, step, i % conns, SERVER, ACK, 1, 0);
    else
        adversary_send(a, step, i % conns, CLIENT, ACK, 2 + 2 * (uint32_t)place(a, o, k, each), 1);
}

static void tiny(adversary *a, uint64_t i, adversary_step *step)
{
    comb(a, i, step, TINY_CONNS, UP);
}

static void tiny_reversed(adversary *a, uint64_t i, adversary_step *step)
{
    comb(a, i, step, TINY_CONNS, DOWN);
}

static void tiny_random(adversary *a, uint64_t i, adversary_step *step)
{
    comb(a, i, step, TINY_CONNS, RANDOM);
}

static void lone(adversary *a, uint64_t i, adversary_step *step)
{
    comb(a, i, step, 1, UP);
}

static void lone_reversed(adversary *a, uint64_t i, adversary_step *step)
{
    comb(a, i, step, 1, DOWN);
}

static void lone_random(adversary *a, uint64_t i, adversary_step *step)
{
    comb(a, i, step, 1, RANDOM);
}

static void lone_alternating(adversary *a, uint64_t i, adversary_step *step)
{
    comb(a, i, step, 1, ALTERNATE);
}

static void lone_middle(adversary *a, uint64_t i, adversary_step *step)
{
    comb(a, i, step, 1, MIDDLE);
}

/* Full segments that lack the first of every 64; the receiver says that it has nothing. */
static void hoarder(adversary *a, uint64_t i, adversary_step *step)
{
    uint64_t conn = i % HOARDERS, k = i / HOARDERS;
    if (k < 3)
        adversary_handshake(a, step, conn, k);
    else if ((k - 3) % 64 == 0)
        adversary_send(a, step, conn, SERVER, ACK, 1, 0);
    else
        adversary_send(a, step, conn, CLIENT, ACK, 1 + (uint32_t)(k - 3) * FULL, FULL);
}

/* A byte at the far end of 2 MiB, then what lies before it, in random order; then the next 2 MiB. */
static void right_edge(adversary *a, uint64_t i, adversary_step *step)
{
    enum { INSIDE = 1447 };
    traffic_order order = traffic_order_of(INSIDE, a->seed);
    uint64_t conn = i % HOARDERS, k = i / HOARDERS;
    uint32_t base = 2 + (uint32_t)(k / (INSIDE + 1)) * (INSIDE + 1) * FULL;
    uint32_t inside = (uint32_t)(k % (INSIDE + 1));
    if (k == 0)
        adversary_send(a, step, conn, CLIENT, SYN, 0, 0);
    else if (inside == INSIDE)
        adversary_send(a, step, conn, CLIENT, ACK, base + 2 * (INSIDE + 1) * FULL, 1);
    else
        adversary_send(a, step, conn, CLIENT, ACK,
                       base + (uint32_t)traffic_order_at(&order, inside) * FULL, FULL);
}

/* Any piece of the same 64 KiB, half of them lies. */
static void overlap_storm(adversary *a, uint64_t i, adversary_step *step)
{
    uint64_t conn = i % HOARDERS;
    uint32_t bytes = 1 + (uint32_t)adversary_draw(a, 2 * i, FULL);
    if (i < HOARDERS) {
        adversary_send(a, step, conn, CLIENT, SYN, 0, 0);
        return;
    }
    adversary_send(a, step, conn, CLIENT, ACK,
                   2 + (uint32_t)adversary_draw(a, 2 * i + 1, 65536 - bytes), bytes);
    if (i / HOARDERS % 2) adversary_lies(step, 1 + (uint32_t)(i % 97));
}

/* Pieces of one byte at every other place, then one segment over all of them; `pieces` a round. */
static void swallow_many(adversary *a, uint64_t i, adversary_step *step, uint32_t pieces)
{
    uint32_t round = (uint32_t)(i / pieces), k = (uint32_t)(i % pieces);
    uint32_t base = 2 + round * 2 * pieces;
    if (i == 0)
        adversary_send(a, step, 0, CLIENT, SYN, 0, 0);
    else if (k == pieces - 1)
        adversary_send(a, step, 0, CLIENT, ACK, base, 2 * pieces - 1);
    else
        adversary_send(a, step, 0, CLIENT, ACK, base + 2 * k, 1);
    if (k % 2) adversary_lies(step, 7);
}

static void swallow(adversary *a, uint64_t i, adversary_step *step)
{
    swallow_many(a, i, step, 4096);
}

static void swallow_large(adversary *a, uint64_t i, adversary_step *step)
{
    swallow_many(a, i, step, 32768);
}

/* A short piece inside a long one, then a third over both edges: everywhere. */
static void sandwich(adversary *a, uint64_t i, adversary_step *step)
{
    static const struct {
        uint32_t at, bytes;
    } pieces[] = {{100, 600}, {300, 50}, {50, 300}, {340, 500}, {0, 900}, {90, 30}};
    uint32_t k = (uint32_t)(i % 6), base = 2 + (uint32_t)(i / 6) * 1000;
    if (i == 0) {
        adversary_send(a, step, 0, CLIENT, SYN, 0, 0);
        return;
    }
    adversary_send(a, step, 0, CLIENT, ACK, base + pieces[k].at, pieces[k].bytes);
    adversary_lies(step, k);
}

/* Each overlaps half of the one before, backwards. */
static void staircase(adversary *a, uint64_t i, adversary_step *step)
{
    enum { STAIRS = 512 };
    uint32_t round = (uint32_t)(i / STAIRS), k = (uint32_t)(i % STAIRS);
    if (i == 0)
        adversary_send(a, step, 0, CLIENT, SYN, 0, 0);
    else
        adversary_send(a, step, 0, CLIENT, ACK, 2 + 700 * (STAIRS * round + STAIRS - 1 - k), FULL);
    adversary_lies(step, k % 5);
}

/* 8,000 bytes that wait one by one, then the one they wait for. */
static void release(adversary *a, uint64_t i, adversary_step *step)
{
    enum { HELD = 8000 };
    uint32_t round = (uint32_t)(i / HELD), k = (uint32_t)(i % HELD);
    if (i == 0)
        adversary_send(a, step, 0, CLIENT, SYN, 0, 0);
    else
        adversary_send(a, step, 0, CLIENT, ACK, 1 + HELD * round + (k + 1) % HELD, 1);
}

/* A comb whose holes are then filled, one by one. */
static void comb_filled(adversary *a, uint64_t i, adversary_step *step)
{
    enum { TEETH = 8000 };
    uint32_t round = (uint32_t)(i / (2 * TEETH)), k = (uint32_t)(i % (2 * TEETH));
    uint32_t base = 1 + 2 * TEETH * round;
    if (i == 0)
        adversary_send(a, step, 0, CLIENT, SYN, 0, 0);
    else if (k < TEETH)
        adversary_send(a, step, 0, CLIENT, ACK, base + 2 * k + 1, 1);
    else
        adversary_send(a, step, 0, CLIENT, ACK, base + 2 * (k - TEETH), 1);
}

/* Combs both ways, then a reset that counts: all their holes go at once. */
static void comb_reset(adversary *a, uint64_t i, adversary_step *step)
{
    uint64_t conn = i / (2 * ADVERSARY_COMB);
    uint32_t k = (uint32_t)(i % (2 * ADVERSARY_COMB)), tooth = k / 2;
    if (k < 2)
        adversary_handshake(a, step, conn, k);
    else if (tooth < ADVERSARY_COMB - 1)
        adversary_send(a, step, conn, k % 2, ACK, 2 * tooth, 1);
    else
        adversary_send(a, step, conn, CLIENT, k % 2 ? ACK : RST, 1, 0);
}

/* Pieces of 8 bytes fill the connection's cap; then large segments find no room. */
static void cap_comb(adversary *a, uint64_t i, adversary_step *step)
{
    uint32_t round = (uint32_t)(i / ADVERSARY_COMB), k = (uint32_t)(i % ADVERSARY_COMB);
    uint32_t base = 2 + round * (16 * ADVERSARY_COMB + LARGE);
    if (i == 0)
        adversary_send(a, step, 0, CLIENT, SYN, 0, 0);
    else if (k == ADVERSARY_COMB - 1)
        adversary_send(a, step, 0, CLIENT, ACK, base + 16 * ADVERSARY_COMB, LARGE);
    else
        adversary_send(a, step, 0, CLIENT, ACK, base + 16 * k, 8);
}

/* Bytes wait; the first in order makes the user say that he wants no more, or that he closes. */
static void held_then_told(adversary *a, uint64_t i, adversary_step *step)
{
    enum { TEETH = 4000 };
    uint64_t conn = i / (TEETH + 2);
    uint32_t k = (uint32_t)(i % (TEETH + 2));
    if (k == 0)
        adversary_send(a, step, conn, CLIENT, SYN, 0, 0);
    else if (k <= TEETH)
        adversary_send(a, step, conn, CLIENT, ACK, 1 + 2 * k, 1);
    else
        adversary_send(a, step, conn, CLIENT, ACK, 1, 1);
}

/* One byte a page: large pieces with a hole after each, cut down to a byte by what is delivered. */
static void sparse(adversary *a, uint64_t i, adversary_step *step)
{
    uint64_t conn = i % HOARDERS;
    uint32_t k = (uint32_t)(i / HOARDERS);
    if (k == 0)
        adversary_send(a, step, conn, CLIENT, SYN, 0, 0);
    else
        adversary_send(a, step, conn, CLIENT, ACK, 2 + 10000 * k, k % 2 ? 1 : 4075);
}

static void in_order(adversary *a, uint64_t i, adversary_step *step)
{
    uint32_t k = (uint32_t)(i / HOARDERS);
    adversary_send(a, step, i % HOARDERS, CLIENT, k ? ACK : SYN, k ? 1 + (k - 1) * 64 : 0,
                   k ? 64 : 0);
}

#define LIFTED .conn_records = 1u << 20, .conn_held_bytes = UINT64_C(32) << 20

/* clang-format off */
const adversary_family adversary_hold_families[] = {
    {.name = "tiny", .text = "bytes at every other place, 100 connections, ascending", .make = tiny},
    {.name = "tiny-reversed", .text = "the same, descending", .make = tiny_reversed},
    {.name = "tiny-random", .text = "the same, in random order", .make = tiny_random},
    {.name = "lone", .text = "the same on one connection, caps lifted", .make = lone, LIFTED},
    {.name = "lone-reversed", .text = "descending", .make = lone_reversed, LIFTED},
    {.name = "lone-random", .text = "in random order", .make = lone_random, LIFTED},
    {.name = "lone-alternating", .text = "from both ends", .make = lone_alternating, LIFTED},
    {.name = "lone-middle", .text = "from the middle outwards", .make = lone_middle, LIFTED},
    {.name = "hoarder", .text = "64 connections send full segments, every 64th is a hole", .make = hoarder},
    {.name = "right-edge", .text = "a byte 4 MB ahead, then what lies before it", .make = right_edge},
    {.name = "overlap-storm", .text = "any piece of the same 64 KiB, half of them lies", .make = overlap_storm, .overlaps = 1},
    {.name = "swallow", .text = "a segment over 4,095 pieces of one byte", .make = swallow, .overlaps = 1, .replaces = 4095},
    {.name = "swallow-large", .text = "65,535 bytes over 32,767 pieces, caps lifted", .make = swallow_large, .overlaps = 1, .replaces = 32767, LIFTED},
    {.name = "sandwich", .text = "a short piece inside a long one, then a third", .make = sandwich, .overlaps = 1},
    {.name = "staircase", .text = "each segment overlaps half of the one before, backwards", .make = staircase, .overlaps = 1},
    {.name = "release", .text = "8,000 records of one byte set free by one", .make = release},
    {.name = "comb-filled", .text = "8,000 holes, filled one by one", .make = comb_filled},
    {.name = "comb-reset", .text = "8,190 holes both ways, then a reset", .make = comb_reset},
    {.name = "cap-comb", .text = "the cap full of 8-byte pieces, then 65,535 bytes", .make = cap_comb, .conn_held_bytes = 65536},
    {.name = "held-then-stop", .text = "the user stops a direction that holds 4,000 records", .make = held_then_told, .user = ADVERSARY_STOPS},
    {.name = "held-then-close", .text = "the user closes it", .make = held_then_told, .user = ADVERSARY_CLOSES},
    {.name = "sparse", .text = "pieces of a byte and of a page in turn, far apart", .make = sparse},
    {.name = "in-order", .text = "64 bytes in order, for comparison", .make = in_order},
};
/* clang-format on */
const size_t adversary_hold_count =
    sizeof adversary_hold_families / sizeof *adversary_hold_families;
