/* SPDX-License-Identifier: MIT */
#include "traffic_attack.h"

#include "traffic_address.h"

/* Three steps of half a millisecond at 100,000 a second; a hoarder's server answers far less. */
enum { ANSWERS = 1 << 10 };
enum { ANSWER_NS = 500000, OPENED_NS = 10000000 };
enum { FAR_BYTES = 200, FAR_FROM = 1000, FAR_RANGE = 60000, HOARD_HOLE_EVERY = 64 };

bool traffic_attack_open(traffic_attack *attack, const traffic_scenario *scenario, uint64_t seed,
                         uint64_t start_ns, traffic_totals *truth)
{
    *attack = (traffic_attack){.scenario = scenario,
                               .truth = truth,
                               .seed = seed,
                               .next_ns = start_ns,
                               .order = traffic_order_of(scenario->attackers, seed)};
    if (scenario->attack != ATTACK_NONE) return traffic_queue_open(&attack->answers, ANSWERS);
    attack->next_ns = UINT64_MAX;
    return true;
}

void traffic_attack_close(traffic_attack *attack)
{
    traffic_queue_close(&attack->answers);
}

/* Whether an answer is next: it is due first, or there is no room for one more. */
static bool answer_first(const traffic_attack *attack)
{
    if (attack->answers.count == 0) return false;
    return traffic_queue_full(&attack->answers) ||
           traffic_queue_due(&attack->answers) < attack->next_ns;
}

uint64_t traffic_attack_due(const traffic_attack *attack)
{
    return answer_first(attack) ? traffic_queue_due(&attack->answers) : attack->next_ns;
}

/* Attackers have no state: the IP id is all that a flow would add, and it is drawn. */
static traffic_flow made_up(const traffic_attack *attack, uint64_t connection)
{
    traffic_flow flow = traffic_flow_new(attack->seed, connection);
    flow.ip_id[0] = (uint16_t)(flow.ip_id[0] + attack->sent);
    flow.ip_id[1] = (uint16_t)(flow.ip_id[1] + attack->sent);
    return flow;
}

/* `bytes` of payload from `offset`, to a server that has nothing of the stream yet. */
static void send_data(const traffic_attack *attack, uint64_t connection, uint64_t offset,
                      uint32_t bytes, traffic_segment *segment)
{
    traffic_flow flow = made_up(attack, connection);
    *segment = traffic_flow_segment(&flow, attack->seed, connection, TRAFFIC_C2S, offset, 0);
    segment->payload_bytes = bytes;
}

static void put_answer(traffic_attack *attack, uint64_t now_ns, uint64_t connection,
                       traffic_step step)
{
    traffic_event event = {
        .time_ns = now_ns + ANSWER_NS, .connection = connection, .step = (uint8_t)step};
    traffic_queue_put(&attack->answers, &event);
}

/* ── What an attacker begins ── */

static void send_syn(traffic_attack *attack, uint64_t now_ns, traffic_segment *segment)
{
    uint64_t connection = TRAFFIC_HOSTILE + traffic_order_at(&attack->order, attack->sent++);
    traffic_flow flow = made_up(attack, connection);
    *segment = traffic_flow_script(&flow, attack->seed, connection, STEP_SYN);
    attack->truth->hostile_connections++;
    if (attack->scenario->attack == ATTACK_SYN)
        segment->options = OPTIONS_NONE;
    else
        put_answer(attack, now_ns, connection, STEP_SYN_ACK);
}

/* Connections take turns; slots that are to be holes stay empty. */
static bool send_hoarded(traffic_attack *attack, uint64_t now_ns, traffic_segment *segment)
{
    uint64_t slot = attack->sent++ - attack->scenario->attackers;
    uint64_t connection = TRAFFIC_HOSTILE + slot % attack->scenario->attackers;
    uint64_t index = slot / attack->scenario->attackers;
    uint32_t bytes = traffic_is_ipv6(connection) ? 1428 : 1448;
    if (index % HOARD_HOLE_EVERY == 0) return false;
    if (index % HOARD_HOLE_EVERY == HOARD_HOLE_EVERY - 1)
        put_answer(attack, now_ns, connection, STEP_ACK);
    send_data(attack, connection, index * bytes, bytes, segment);
    return true;
}

/* The pace: hoarders wait between opening and sending. */
static void set_next(traffic_attack *attack)
{
    const traffic_scenario *scenario = attack->scenario;
    attack->next_ns += scenario->attack_gap_ns;
    if (attack->sent == scenario->attackers) attack->next_ns += OPENED_NS;
    if (attack->sent == scenario->attackers * (1 + scenario->attack_segments))
        attack->next_ns = UINT64_MAX;
}

static bool begin(traffic_attack *attack, traffic_segment *segment)
{
    uint64_t now_ns = attack->next_ns;
    bool sent = true;
    if (attack->sent < attack->scenario->attackers)
        send_syn(attack, now_ns, segment);
    else
        sent = send_hoarded(attack, now_ns, segment);
    segment->time_ns = now_ns;
    set_next(attack);
    return sent;
}

/* ── What follows by itself ── */

static void answer(traffic_attack *attack, traffic_segment *segment)
{
    traffic_event event = traffic_queue_take(&attack->answers);
    uint64_t connection = event.connection;
    traffic_flow flow = made_up(attack, connection);
    uint64_t drawn = traffic_mix2(attack->seed, connection);
    if (event.step == STEP_FAR)
        send_data(attack, connection, FAR_FROM + drawn % FAR_RANGE, FAR_BYTES, segment);
    else if (event.step == STEP_ACK)
        *segment = traffic_flow_segment(&flow, attack->seed, connection, TRAFFIC_S2C, 0, 0);
    else
        *segment = traffic_flow_script(&flow, attack->seed, connection, (traffic_step)event.step);
    segment->time_ns = event.time_ns;

    if (event.step == STEP_SYN_ACK) put_answer(attack, event.time_ns, connection, STEP_OPEN_ACK);
    if (event.step == STEP_OPEN_ACK && attack->scenario->attack == ATTACK_FAR)
        put_answer(attack, event.time_ns, connection, STEP_FAR);
}

bool traffic_attack_send(traffic_attack *attack, traffic_segment *segment)
{
    if (!answer_first(attack)) return begin(attack, segment);
    answer(attack, segment);
    return true;
}
