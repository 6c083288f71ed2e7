/* SPDX-License-Identifier: MIT */
/* Families of claims: control bits, acknowledgements, time, on connections that live. */
#include "adversary_family.h"

enum { CONNS = 16 }; /* that most of these work on, in turn */

/* Handshakes first, then a byte behind a hole. 1 if this step is one of them. */
static int opens(adversary *a, uint64_t i, adversary_step *step)
{
    if (i >= 4 * CONNS) return 0;
    if (i / CONNS < 3)
        adversary_handshake(a, step, i % CONNS, i / CONNS);
    else
        adversary_send(a, step, i % CONNS, CLIENT, ACK, 101, 100);
    return 1;
}

static void ack_forged(adversary *a, uint64_t i, adversary_step *step)
{
    if (opens(a, i, step)) return;
    adversary_send(a, step, i % CONNS, SERVER, ACK, 1, 0);
    adversary_acks(a, step, i % CONNS, (uint32_t)adversary_draw(a, i, UINT32_MAX));
}

/* Ahead of data that then comes: each ACK waits for its bytes, each byte finds its ACK. */
static void ack_ahead(adversary *a, uint64_t i, adversary_step *step)
{
    uint64_t conn = i % CONNS;
    uint32_t turn = (uint32_t)((i - 4 * CONNS) / CONNS / 2), seq = 201 + 20 * turn;
    if (opens(a, i, step)) return;
    if (i / CONNS % 2 == 0) {
        adversary_send(a, step, conn, SERVER, ACK, 1, 0);
        adversary_acks(a, step, conn, seq + 20);
    } else {
        adversary_send(a, step, conn, CLIENT, ACK, seq + 10, 10);
    }
}

/* The receiver asks for the missing byte again and again. */
static void ack_asks(adversary *a, uint64_t i, adversary_step *step)
{
    if (opens(a, i, step)) return;
    adversary_send(a, step, i % CONNS, SERVER, ACK, 1, 0);
}

/* Bytes at every other place, then all of them acknowledged in one go; and in the next round. */
static void ack_comb(adversary *a, uint64_t i, adversary_step *step)
{
    uint32_t round = (uint32_t)(i / ADVERSARY_COMB), k = (uint32_t)(i % ADVERSARY_COMB);
    uint32_t base = round * 2 * ADVERSARY_COMB;
    if (i == 0) {
        adversary_send(a, step, 0, CLIENT, SYN, 0, 0);
    } else if (k == ADVERSARY_COMB - 2) {
        adversary_send(a, step, 0, SERVER, ACK, 1, 0);
        adversary_acks(a, step, 0, base + 2 * ADVERSARY_COMB - 3);
    } else {
        if (k == ADVERSARY_COMB - 1) a->now_ns += 21 * WEIR_MILLISECOND;
        adversary_send(a, step, 0, CLIENT, ACK, base + 2 + 2 * k, 1);
    }
}

/* The same on 32 connections, so that all graces end with one packet. */
static void ack_combs(adversary *a, uint64_t i, adversary_step *step)
{
    enum { COMBS = 32, TEETH = 510 };
    uint64_t round = i / (COMBS * (TEETH + 2)), k = i % (COMBS * (TEETH + 2));
    uint64_t conn = round * COMBS + k % COMBS;
    uint32_t tooth = (uint32_t)(k / COMBS);
    if (tooth == 0) {
        adversary_send(a, step, conn, CLIENT, SYN, 0, 0);
    } else if (tooth <= TEETH) {
        adversary_send(a, step, conn, CLIENT, ACK, 2 * tooth, 1);
    } else {
        adversary_send(a, step, conn, SERVER, ACK, 1, 0);
        adversary_acks(a, step, conn, 2 * TEETH + 1);
    }
    if (k == COMBS * (TEETH + 2) - 1) a->now_ns += 30 * WEIR_MILLISECOND;
}

static void syn_candidates(adversary *a, uint64_t i, adversary_step *step)
{
    if (opens(a, i, step)) return;
    adversary_send(a, step, i % CONNS, i / CONNS % 2 ? CLIENT : SERVER,
                   i / CONNS % 2 ? SYN : SYN | ACK, (uint32_t)adversary_draw(a, i, UINT32_MAX), 0);
}

static void rst_storm(adversary *a, uint64_t i, adversary_step *step)
{
    uint64_t conn = i % CONNS;
    uint32_t turn = (uint32_t)(i / CONNS);
    if (opens(a, i, step)) return;
    if (turn % 2)
        adversary_send(a, step, conn, CLIENT, WEIR_TCP_RST,
                       10000 + (uint32_t)adversary_draw(a, i, 1000000), 0);
    else
        adversary_send(a, step, conn, CLIENT, ACK, 301 + 20 * turn, 10);
}

static void fin_storm(adversary *a, uint64_t i, adversary_step *step)
{
    uint32_t at = (uint32_t)adversary_draw(a, i, 100000);
    if (opens(a, i, step)) return;
    if (i / CONNS % 4 == 0)
        adversary_send(a, step, i % CONNS, CLIENT, ACK, at, 10);
    else
        adversary_send(a, step, i % CONNS, CLIENT, FIN, at, 0);
}

static void keepalives(adversary *a, uint64_t i, adversary_step *step)
{
    if (opens(a, i, step)) return;
    adversary_send(a, step, i % CONNS, CLIENT, ACK, i / CONNS % 2 ? 0 : 1, 1);
}

static void far_jumps(adversary *a, uint64_t i, adversary_step *step)
{
    uint32_t far = (uint32_t)(i / CONNS) * 0x40000003u;
    if (opens(a, i, step)) return;
    adversary_send(a, step, i % CONNS, CLIENT, ACK, far, 10);
    if (i / CONNS % 3 == 0) adversary_send(a, step, i % CONNS, SERVER, ACK, 1, 0);
    if (i / CONNS % 3 == 0) adversary_acks(a, step, i % CONNS, far);
}

/* Farther than is plausible, while the front goes on. */
static void implausible(adversary *a, uint64_t i, adversary_step *step)
{
    uint32_t turn = (uint32_t)(i / CONNS);
    if (opens(a, i, step)) return;
    if (turn % 4 == 0)
        adversary_send(a, step, i % CONNS, CLIENT, ACK, 1 + turn / 4, 1);
    else
        adversary_send(a, step, i % CONNS, CLIENT, ACK, 4000000 + 3000 * turn, 1448);
}

static void twice(adversary *a, uint64_t i, adversary_step *step)
{
    uint64_t first = i / 2;
    if (opens(a, first, step)) return;
    adversary_send(a, step, first % CONNS, CLIENT, ACK, 201 + 20 * (uint32_t)(first / CONNS), 10);
    step->segment.ip_id = (uint16_t)first;
}

/* Whoever waits long enough stands at the cap of records, and that is where it is measured. */
static void clock_jumps(adversary *a, uint64_t i, adversary_step *step)
{
    uint64_t drawn = adversary_draw(a, i, 8);
    if (opens(a, i, step)) return;
    adversary_send(a, step, i % CONNS, CLIENT, ACK, 201 + 20 * (uint32_t)(i / CONNS), 10);
    if (drawn == 0) step->segment.time_ns += 11 * WEIR_SECOND;
    if (drawn == 1) step->segment.time_ns -= 11 * WEIR_SECOND;
    if (drawn == 2) step->segment.time_ns += 3600 * WEIR_SECOND;
    if (drawn == 3) step->segment.time_ns += WEIR_SECOND;
}

static void cut_storm(adversary *a, uint64_t i, adversary_step *step)
{
    uint32_t turn = (uint32_t)(i / CONNS);
    if (turn < 2)
        adversary_handshake(a, step, i % CONNS, turn);
    else
        adversary_send(a, step, i % CONNS, CLIENT, ACK, 1 + 1448 * ((turn - 2) ^ 1), 54)
            ->wire_bytes = 1448;
}

/* Bytes that were cut off come after all, in the last holes of their direction and all over them. */
static void late(adversary *a, uint64_t i, adversary_step *step)
{
    uint32_t k = (uint32_t)(i / CONNS % 16), round = (uint32_t)(i / CONNS / 16);
    uint32_t base = 1 + 4000 * round;
    if (i < CONNS) {
        adversary_handshake(a, step, i, 0);
    } else if (k < 4) {
        adversary_send(a, step, i % CONNS, CLIENT, ACK, base + 1000 * k, 100)->wire_bytes = 1000;
    } else {
        uint32_t at = (uint32_t)adversary_draw(a, i, 4000);
        adversary_send(a, step, i % CONNS, CLIENT, ACK, base + at, k % 2 ? 1 : 1448);
    }
}

/* clang-format off */
const adversary_family adversary_control_families[] = {
    {.name = "ack-forged", .text = "ACKs of anything", .make = ack_forged},
    {.name = "ack-ahead", .text = "ACKs captured before their data, hole after hole", .make = ack_ahead},
    {.name = "ack-asks", .text = "the receiver repeats that it misses the byte", .make = ack_asks},
    {.name = "ack-comb", .text = "8,190 holes, all acknowledged at once", .make = ack_comb},
    {.name = "ack-combs", .text = "32 connections of 510 holes, acknowledged together", .make = ack_combs},
    {.name = "syn-candidates", .text = "SYNs and SYN+ACKs of other numbers on live tuples", .make = syn_candidates},
    {.name = "rst-storm", .text = "resets in the window, data in between", .make = rst_storm},
    {.name = "fin-storm", .text = "FINs at ever other places", .make = fin_storm},
    {.name = "keepalives", .text = "probes of one byte", .make = keepalives},
    {.name = "far-jumps", .text = "segments 2^30 away, each of them acknowledged", .make = far_jumps},
    {.name = "implausible", .text = "bytes held 4 MB ahead while the front goes on", .make = implausible},
    {.name = "twice", .text = "every packet twice, hole after hole", .make = twice},
    {.name = "clock-jumps", .text = "stamps seconds and hours away", .make = clock_jumps, .forges_time = 1,
     .beginning = CONNS * ADVERSARY_COMB, .round = CONNS * ADVERSARY_COMB},
    {.name = "cut-storm", .text = "segments cut by the capture, pairwise swapped", .make = cut_storm},
    {.name = "late", .text = "bytes over the last four holes given up", .make = late},
};
/* clang-format on */
const size_t adversary_control_count =
    sizeof adversary_control_families / sizeof *adversary_control_families;
