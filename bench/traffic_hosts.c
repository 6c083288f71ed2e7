/* SPDX-License-Identifier: MIT */
#include "traffic_hosts.h"

#include <stdlib.h>

/* The line sends at most 1,500 frames in half a round trip and 60,000 in 40 ms, of any size; each
 * leaves one event. If that were wrong the line would wait, not fail. */
enum { ANSWERS = 1 << 13, DELAYED = 1 << 16 };
enum { CHURN_SLOTS = 1 << 14 };

#define DELAY_NS (40000000u + TRAFFIC_ANSWER_NS)

bool traffic_hosts_open(traffic_hosts *hosts, const traffic_scenario *scenario, uint64_t seed,
                        traffic_totals *truth)
{
    *hosts = (traffic_hosts){.seed = seed,
                             .slots = scenario->connections,
                             .churn = traffic_scenario_has(scenario, TRAIT_CHURN),
                             .truth = truth};
    if (hosts->churn && hosts->slots > CHURN_SLOTS) hosts->slots = CHURN_SLOTS;
    hosts->flows = calloc(hosts->slots, sizeof *hosts->flows);
    return hosts->flows != NULL && traffic_queue_open(&hosts->answers, ANSWERS) &&
           traffic_queue_open(&hosts->delayed, DELAYED);
}

void traffic_hosts_close(traffic_hosts *hosts)
{
    free(hosts->flows);
    traffic_queue_close(&hosts->answers);
    traffic_queue_close(&hosts->delayed);
}

traffic_flow *traffic_hosts_flow(const traffic_hosts *hosts, uint64_t connection)
{
    return &hosts->flows[hosts->churn ? connection % hosts->slots : connection];
}

bool traffic_hosts_ready(const traffic_hosts *hosts)
{
    return !traffic_queue_full(&hosts->answers) && !traffic_queue_full(&hosts->delayed);
}

uint64_t traffic_hosts_due(const traffic_hosts *hosts)
{
    uint64_t answer = traffic_queue_due(&hosts->answers);
    uint64_t delayed = traffic_queue_due(&hosts->delayed);
    return answer < delayed ? answer : delayed;
}

/* ── Scripts ── */

/* What answers a step; STEP_ACK: nothing does. */
static traffic_step after(const traffic_hosts *hosts, traffic_step step)
{
    if (step == STEP_LAST_ACK || (step == STEP_OPEN_ACK && !hosts->churn)) return STEP_ACK;
    return (traffic_step)(step + 1);
}

static void play(traffic_hosts *hosts, uint64_t now_ns, uint64_t connection, traffic_step step,
                 traffic_segment *segment)
{
    traffic_flow *flow = traffic_hosts_flow(hosts, connection);
    *segment = traffic_flow_script(flow, hosts->seed, connection, step);
    segment->time_ns = now_ns;
    hosts->truth->stream_bytes += segment->payload_bytes;
    traffic_event next = {.time_ns = now_ns + TRAFFIC_ANSWER_NS,
                          .connection = connection,
                          .step = (uint8_t)after(hosts, step)};
    if (next.step != STEP_ACK) traffic_queue_put(&hosts->answers, &next);
}

void traffic_hosts_begin(traffic_hosts *hosts, uint64_t now_ns, uint64_t connection,
                         traffic_step step, traffic_segment *segment)
{
    if (step == STEP_SYN) {
        *traffic_hosts_flow(hosts, connection) = traffic_flow_new(hosts->seed, connection);
        hosts->truth->connections++;
    }
    play(hosts, now_ns, connection, step, segment);
}

/* ── Data and acknowledgements ── */

/* Acknowledges no more of the other direction than has been acknowledged before: to take more along
 * would need to know what of it has arrived. */
void traffic_hosts_send(traffic_hosts *hosts, uint64_t now_ns, uint64_t connection,
                        traffic_direction direction, uint64_t offset, uint32_t bytes,
                        traffic_segment *segment)
{
    traffic_flow *flow = traffic_hosts_flow(hosts, connection);
    *segment = traffic_flow_segment(flow, hosts->seed, connection, direction, offset,
                                    flow->acked[!direction]);
    segment->time_ns = now_ns;
    segment->payload_bytes = bytes;
    if (offset + bytes > flow->sent[direction]) {
        hosts->truth->stream_bytes += offset + bytes - flow->sent[direction];
        flow->sent[direction] = offset + bytes;
    }
}

void traffic_hosts_receive(traffic_hosts *hosts, const traffic_segment *segment, uint64_t edge,
                           traffic_received how)
{
    if (how == RECEIVED_SILENTLY) return;
    traffic_flow *flow = traffic_hosts_flow(hosts, segment->connection);
    traffic_event event = {.time_ns = segment->time_ns + TRAFFIC_ANSWER_NS,
                           .connection = segment->connection,
                           .edge = edge,
                           .step = STEP_ACK,
                           .direction = (uint8_t)!segment->direction};
    uint8_t *unacked = &flow->unacked[segment->direction];
    if (++*unacked >= 2 || how == RECEIVED_URGENT) {
        *unacked = 0;
        traffic_queue_put(&hosts->answers, &event);
    } else {
        event.time_ns = segment->time_ns + DELAY_NS;
        traffic_queue_put(&hosts->delayed, &event);
    }
}

static void acknowledge(traffic_hosts *hosts, const traffic_event *event, traffic_segment *segment)
{
    traffic_flow *flow = traffic_hosts_flow(hosts, event->connection);
    traffic_direction direction = event->direction ? TRAFFIC_S2C : TRAFFIC_C2S;
    flow->acked[!direction] = event->edge;
    *segment = traffic_flow_segment(flow, hosts->seed, event->connection, direction,
                                    flow->sent[direction], event->edge);
    segment->time_ns = event->time_ns;
}

/* What is left of a delayed acknowledgement when its time has come. */
static bool answer_late(traffic_hosts *hosts, traffic_segment *segment)
{
    traffic_event event = traffic_queue_take(&hosts->delayed);
    traffic_flow *flow = traffic_hosts_flow(hosts, event.connection);
    if (event.edge <= flow->acked[!event.direction]) return false;
    flow->unacked[!event.direction] = 0;
    acknowledge(hosts, &event, segment);
    return true;
}

bool traffic_hosts_answer(traffic_hosts *hosts, traffic_segment *segment)
{
    if (traffic_queue_due(&hosts->delayed) < traffic_queue_due(&hosts->answers))
        return answer_late(hosts, segment);
    traffic_event event = traffic_queue_take(&hosts->answers);
    if (event.step == STEP_ACK)
        acknowledge(hosts, &event, segment);
    else
        play(hosts, event.time_ns, event.connection, (traffic_step)event.step, segment);
    return true;
}
