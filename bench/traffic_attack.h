/* SPDX-License-Identifier: MIT */
/*
 * Attack: hostile traffic on the same line, at its own pace, from addresses of its own.
 *
 *      SYN     a bare SYN from each tuple, in random order of tuples
 *      FAR     each connection is opened, then sends 200 bytes somewhere behind a hole
 *      HOARD   each sends a stream of full segments that lacks the first of every 64; the server
 *              repeats that it has nothing yet, which tells an observer to be patient
 *
 * Nothing of it is ever closed. Content is as identified, so what is delivered can be verified too.
 */
#ifndef WEIR_BENCH_TRAFFIC_ATTACK_H
#define WEIR_BENCH_TRAFFIC_ATTACK_H

#include "traffic_flow.h"
#include "traffic_queue.h"
#include "traffic_random.h"
#include "traffic_scenario.h"

typedef struct {
    const traffic_scenario *scenario;
    traffic_totals *truth;
    uint64_t seed;
    uint64_t next_ns; /* the next packet that is not an answer; UINT64_MAX: none */
    uint64_t sent;    /* SYNs, then slots of the hoarders' data */
    traffic_order order;
    traffic_queue answers;
} traffic_attack;

/* false: no memory; traffic_attack_close is due all the same. */
bool traffic_attack_open(traffic_attack *attack, const traffic_scenario *scenario, uint64_t seed,
                         uint64_t start_ns, traffic_totals *truth);
void traffic_attack_close(traffic_attack *attack);

/* When the next hostile packet is due; UINT64_MAX: there is none, nor will be. */
uint64_t traffic_attack_due(const traffic_attack *attack);

/* Takes that one. false: the attacker leaves it out. */
bool traffic_attack_send(traffic_attack *attack, traffic_segment *segment);

#endif
