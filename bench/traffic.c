/* SPDX-License-Identifier: MIT */
#include "traffic.h"

#include "traffic_address.h"
#include "traffic_attack.h"
#include "traffic_hosts.h"
#include "traffic_line.h"
#include "traffic_tap.h"

#include <stdlib.h>

#define START_NS       1700000000000000000u /* 14 November 2023 */
#define SECOND_COPY_NS 1000

struct traffic {
    traffic_scenario scenario;
    traffic_hosts hosts;
    traffic_line line;
    traffic_attack attack;
    traffic_tap tap;
    traffic_totals truth;
    traffic_packet last;
    uint64_t now_ns;        /* of the last packet, before the tap's clock */
    uint32_t payload_bytes; /* of the last packet */
    bool copy_due;          /* the tap sees that one once more */
    uint8_t frame[TRAFFIC_FRAME_MAX];
};

static bool open_parts(traffic *t, uint64_t seed)
{
    bool hosts = traffic_hosts_open(&t->hosts, &t->scenario, seed, &t->truth);
    bool attack = traffic_attack_open(&t->attack, &t->scenario, seed, START_NS, &t->truth);
    traffic_line_open(&t->line, &t->scenario, &t->hosts, seed, START_NS);
    traffic_tap_open(&t->tap, &t->scenario, seed, &t->truth);
    return hosts && attack;
}

traffic *traffic_open(const char *scenario, uint64_t seed, double scale)
{
    traffic *t = calloc(1, sizeof *t);
    if (t == NULL) return NULL;
    if (traffic_scenario_make(scenario, scale, &t->scenario) &&
        open_parts(t, traffic_mix(seed + 1)))
        return t;
    traffic_close(t);
    return NULL;
}

void traffic_close(traffic *t)
{
    if (t == NULL) return;
    traffic_hosts_close(&t->hosts);
    traffic_attack_close(&t->attack);
    free(t);
}

typedef enum { MADE_PACKET, MADE_NOTHING, MADE_END } made;

/* The next thing that happens on the line. While the hosts have no room the line waits for them;
 * its slot is then late. */
static made make(traffic *t, traffic_segment *segment)
{
    uint64_t hosts = traffic_hosts_due(&t->hosts);
    uint64_t attack = traffic_attack_due(&t->attack);
    uint64_t line = traffic_hosts_ready(&t->hosts) ? traffic_line_due(&t->line) : UINT64_MAX;
    uint64_t first = hosts < attack ? hosts : attack;
    bool sent;
    if (line < first)
        sent = traffic_line_send(&t->line, line > t->now_ns ? line : t->now_ns, segment);
    else if (first == UINT64_MAX)
        return MADE_END;
    else if (hosts <= attack)
        sent = traffic_hosts_answer(&t->hosts, segment);
    else
        sent = traffic_attack_send(&t->attack, segment);
    return sent ? MADE_PACKET : MADE_NOTHING;
}

static void count_packet(traffic_totals *truth, uint64_t connection, uint32_t frame_bytes,
                         uint32_t payload_bytes)
{
    truth->packets++;
    truth->frame_bytes += frame_bytes;
    if (traffic_is_hostile(connection)) {
        truth->hostile_packets++;
        truth->hostile_bytes += payload_bytes;
        return;
    }
    truth->segments += payload_bytes > 0;
    truth->payload_bytes += payload_bytes;
}

static void capture(traffic *t, const traffic_segment *segment)
{
    uint32_t bytes = traffic_frame_build(segment, t->frame);
    t->last = (traffic_packet){.time_ns = traffic_tap_stamp(&t->tap, t->now_ns),
                               .data = t->frame,
                               .captured_bytes = bytes,
                               .wire_bytes = bytes,
                               .connection = segment->connection,
                               .direction = segment->direction,
                               .phase = traffic_line_phase_now(&t->line)};
    count_packet(&t->truth, segment->connection, bytes, segment->payload_bytes);
    t->truth.end_ns = t->last.time_ns;
}

/* The second copy that the tap sees. */
static void capture_again(traffic *t)
{
    t->now_ns += SECOND_COPY_NS;
    t->last.time_ns = t->now_ns;
    t->truth.end_ns = t->now_ns;
    count_packet(&t->truth, t->last.connection, t->last.captured_bytes, t->payload_bytes);
    t->truth.repeated_segments += t->payload_bytes > 0;
}

static bool next_segment(traffic *t, traffic_segment *segment)
{
    for (;;) {
        made result = make(t, segment);
        if (result == MADE_END) return false;
        if (result == MADE_NOTHING) continue;
        if (segment->time_ns > t->now_ns) t->now_ns = segment->time_ns;
        traffic_flow *flow = traffic_is_hostile(segment->connection)
                                 ? NULL
                                 : traffic_hosts_flow(&t->hosts, segment->connection);
        if (traffic_tap_sees(&t->tap, segment, flow)) return true;
    }
}

bool traffic_next(traffic *t, traffic_packet *packet)
{
    traffic_segment segment;
    if (t->copy_due) {
        capture_again(t);
        t->copy_due = false;
    } else {
        if (!next_segment(t, &segment)) return false;
        capture(t, &segment);
        t->payload_bytes = segment.payload_bytes;
        t->copy_due = traffic_scenario_has(&t->scenario, TRAIT_TWICE);
    }
    *packet = t->last;
    return true;
}

const traffic_totals *traffic_truth(traffic *t)
{
    traffic_totals *truth = &t->truth;
    truth->duplicate_bytes = truth->payload_bytes + truth->missing_bytes - truth->stream_bytes;
    return truth;
}

uint64_t traffic_stream_bytes(const traffic *t, uint64_t connection, traffic_direction direction)
{
    if (!traffic_scenario_has(&t->scenario, TRAIT_CHURN))
        return traffic_hosts_flow(&t->hosts, connection)->sent[direction];
    return direction == TRAFFIC_C2S ? TRAFFIC_REQUEST_BYTES : TRAFFIC_RESPONSE_BYTES;
}
