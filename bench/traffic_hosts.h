/* SPDX-License-Identifier: MIT */
/*
 * Hosts: both ends of all honest connections. The line tells them what to begin and what data to
 * send; what follows from that by itself, answers and acknowledgements, waits here for its time.
 *
 *      answers    half a round trip after what they answer
 *      delayed    acknowledgements of a single segment, 40 ms later, unless another went out before
 *
 * A flow is found at connection modulo the number of slots: one each, but in churn, where a
 * connection is over long before its slot comes round again.
 *
 * Cost: an acknowledgement moves 32 bytes in and out of a ring.
 */
#ifndef WEIR_BENCH_TRAFFIC_HOSTS_H
#define WEIR_BENCH_TRAFFIC_HOSTS_H

#include "traffic_flow.h"
#include "traffic_queue.h"
#include "traffic_scenario.h"

/* Half a round trip. */
#define TRAFFIC_ANSWER_NS 500000u

typedef struct {
    uint64_t seed;
    uint64_t slots;
    bool churn;
    traffic_flow *flows;
    traffic_queue answers;
    traffic_queue delayed;
    traffic_totals *truth;
} traffic_hosts;

/* What the receiver makes of a data segment. */
typedef enum { RECEIVED_PLAIN, RECEIVED_URGENT, RECEIVED_SILENTLY } traffic_received;

/* false: no memory; traffic_hosts_close is due all the same. */
bool traffic_hosts_open(traffic_hosts *hosts, const traffic_scenario *scenario, uint64_t seed,
                        traffic_totals *truth);
void traffic_hosts_close(traffic_hosts *hosts);

traffic_flow *traffic_hosts_flow(const traffic_hosts *hosts, uint64_t connection);

/* Whether the line may send: there is room for what follows from it. */
bool traffic_hosts_ready(const traffic_hosts *hosts);

/* When the next packet is due that the hosts send by themselves; UINT64_MAX: none. */
uint64_t traffic_hosts_due(const traffic_hosts *hosts);

/* Takes that one. false: it is an acknowledgement that is no longer needed. */
bool traffic_hosts_answer(traffic_hosts *hosts, traffic_segment *segment);

/* Sends the SYN or the FIN of a connection; its script goes on by itself. */
void traffic_hosts_begin(traffic_hosts *hosts, uint64_t now_ns, uint64_t connection,
                         traffic_step step, traffic_segment *segment);

/* Sends `bytes` of payload from `offset`. */
void traffic_hosts_send(traffic_hosts *hosts, uint64_t now_ns, uint64_t connection,
                        traffic_direction direction, uint64_t offset, uint32_t bytes,
                        traffic_segment *segment);

/* The segment has come; its receiver now has the stream up to `edge`. */
void traffic_hosts_receive(traffic_hosts *hosts, const traffic_segment *segment, uint64_t edge,
                           traffic_received how);

#endif
