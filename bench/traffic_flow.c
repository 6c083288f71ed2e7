/* SPDX-License-Identifier: MIT */
#include "traffic_flow.h"

#include "traffic_address.h"
#include "traffic_random.h"

/* 256 KiB for honest hosts, so that no burst exceeds it; 1 GiB for a hoarder's server. */
enum { WINDOW = 2048, SCALE = 7, HOSTILE_WINDOW = 65535, HOSTILE_SCALE = 14, SYN_WINDOW = 64240 };

/* A step: who sends it, and which FINs lie before it. Directions from FIN on are of a client that
 * closes first. */
typedef struct {
    uint8_t direction;
    uint8_t flags;
    uint8_t own_fin;
    uint8_t peer_fin;
    uint8_t payload_bytes;
} script_line;

static const script_line script[] = {
    [STEP_SYN] = {TRAFFIC_C2S, TCP_SYN, 0, 0, 0},
    [STEP_SYN_ACK] = {TRAFFIC_S2C, TCP_SYN | TCP_ACK, 0, 0, 0},
    [STEP_OPEN_ACK] = {TRAFFIC_C2S, TCP_ACK, 0, 0, 0},
    [STEP_REQUEST] = {TRAFFIC_C2S, TCP_PSH | TCP_ACK, 0, 0, TRAFFIC_REQUEST_BYTES},
    [STEP_RESPONSE] = {TRAFFIC_S2C, TCP_PSH | TCP_ACK, 0, 0, TRAFFIC_RESPONSE_BYTES},
    [STEP_FIN] = {TRAFFIC_C2S, TCP_FIN | TCP_ACK, 0, 0, 0},
    [STEP_FIN_ACK] = {TRAFFIC_S2C, TCP_FIN | TCP_ACK, 0, 1, 0},
    [STEP_LAST_ACK] = {TRAFFIC_C2S, TCP_ACK, 1, 1, 0},
};

traffic_flow traffic_flow_new(uint64_t seed, uint64_t connection)
{
    uint64_t drawn = traffic_mix2(~seed, connection);
    return (traffic_flow){.ip_id = {(uint16_t)drawn, (uint16_t)(drawn >> 16)}};
}

traffic_segment traffic_flow_segment(traffic_flow *flow, uint64_t seed, uint64_t connection,
                                     traffic_direction direction, uint64_t offset, uint64_t edge)
{
    bool hostile = traffic_is_hostile(connection);
    traffic_direction back = direction == TRAFFIC_C2S ? TRAFFIC_S2C : TRAFFIC_C2S;
    return (traffic_segment){
        .connection = connection,
        .direction = direction,
        .offset = offset,
        .sequence = traffic_isn(seed, connection, direction) + 1 + (uint32_t)offset,
        .acknowledgement = traffic_isn(seed, connection, back) + 1 + (uint32_t)edge,
        .flags = TCP_ACK,
        .options = OPTIONS_STAMP,
        .ip_id = flow->ip_id[direction]++,
        .window = hostile ? HOSTILE_WINDOW : WINDOW,
        .window_scale = hostile ? HOSTILE_SCALE : SCALE,
    };
}

/* Both sides close first, now and then. */
static traffic_direction direction_of(uint64_t connection, traffic_step step)
{
    bool swapped = step >= STEP_FIN && connection % 4 >= 2;
    bool upward = script[step].direction == TRAFFIC_C2S;
    return upward != swapped ? TRAFFIC_C2S : TRAFFIC_S2C;
}

traffic_segment traffic_flow_script(traffic_flow *flow, uint64_t seed, uint64_t connection,
                                    traffic_step step)
{
    const script_line *line = &script[step];
    traffic_direction direction = direction_of(connection, step);
    uint64_t *sent = &flow->sent[direction];
    uint64_t edge = flow->sent[!direction];
    traffic_segment segment = traffic_flow_segment(flow, seed, connection, direction,
                                                   *sent + line->own_fin, edge + line->peer_fin);
    segment.flags = line->flags;
    segment.payload_bytes = line->payload_bytes;
    *sent += line->payload_bytes;
    flow->acked[!direction] = edge;
    if (line->flags & TCP_SYN) {
        segment.sequence -= 1;
        segment.options = OPTIONS_SYN;
        segment.window = SYN_WINDOW;
    }
    if (!(line->flags & TCP_ACK)) segment.acknowledgement = 0;
    return segment;
}
