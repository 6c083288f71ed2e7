/* SPDX-License-Identifier: MIT */
#include "support/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "../../bench/traffic_pcap.h"
#include "support/wire.h"

#define STEP_NS (100 * WEIR_MILLISECOND / 1000)

void scene_open(scene *s, const char *path)
{
    memset(s, 0, sizeof *s);
    s->file = fopen(path, "wb");
    s->now_ns = UINT64_C(1700000000) * WEIR_SECOND;
    assert_non_null(s->file);
    assert_true(traffic_pcap_begin(s->file));
}

void scene_close(scene *s)
{
    assert_int_equal(fclose(s->file), 0);
}

void scene_wait(scene *s, uint32_t milliseconds)
{
    s->now_ns += milliseconds * WEIR_MILLISECOND;
}

static void put(scene *s, weir_direction direction, uint8_t flags, uint32_t seq, const void *bytes,
                size_t count)
{
    static uint8_t frame[WIRE_HEADER_BYTES + SCENE_SEGMENT_MAX];
    const uint16_t client = (uint16_t)(40000 + s->ports + s->at), server = 80;
    weir_segment segment = {.payload = bytes,
                            .time_ns = s->now_ns,
                            .payload_bytes = (uint32_t)count,
                            .wire_bytes = (uint32_t)count,
                            .seq = seq,
                            .ack = s->next[s->at][!direction],
                            .flags = flags,
                            .family = 4,
                            .window = 65535,
                            .source_port = direction == WEIR_C2S ? client : server,
                            .destination_port = direction == WEIR_C2S ? server : client,
                            .source = {10, 0, 0, direction == WEIR_C2S ? 1 : 2},
                            .destination = {10, 0, 0, direction == WEIR_C2S ? 2 : 1}};
    weir_packet packet;
    traffic_packet captured;
    assert_true(count <= SCENE_SEGMENT_MAX);
    if (s->lossy) return;
    packet = wire_packet(&segment, frame);
    memset(&captured, 0, sizeof captured);
    captured.time_ns = packet.time_ns;
    captured.data = packet.data;
    captured.captured_bytes = packet.captured_bytes;
    captured.wire_bytes = packet.wire_bytes;
    assert_true(traffic_pcap_put(s->file, &captured));
}

void scene_join(scene *s, uint32_t at)
{
    s->at = at;
    s->next[at][WEIR_C2S] = 1001;
    s->next[at][WEIR_S2C] = 5001;
}

void scene_connect(scene *s, uint32_t at)
{
    scene_join(s, at);
    put(s, WEIR_C2S, WEIR_TCP_SYN, 1000, NULL, 0);
    put(s, WEIR_S2C, WEIR_TCP_SYN | WEIR_TCP_ACK, 5000, NULL, 0);
    put(s, WEIR_C2S, WEIR_TCP_ACK, 1001, NULL, 0);
}

void scene_send(scene *s, weir_direction direction, const void *bytes, size_t count)
{
    s->now_ns += STEP_NS;
    put(s, direction, WEIR_TCP_ACK | WEIR_TCP_PSH, s->next[s->at][direction], bytes, count);
    s->next[s->at][direction] += (uint32_t)count;
}

void scene_say(scene *s, weir_direction direction, const char *text)
{
    scene_send(s, direction, text, strlen(text));
}

void scene_say_in_pieces(scene *s, weir_direction direction, const char *text, size_t piece)
{
    size_t left = strlen(text);
    for (; left > 0; text += piece < left ? piece : left, left -= piece < left ? piece : left)
        scene_send(s, direction, text, piece < left ? piece : left);
}

void scene_say_swapped(scene *s, weir_direction direction, const char *first, const char *second)
{
    uint32_t *next = &s->next[s->at][direction];
    const uint32_t begin = *next, middle = begin + (uint32_t)strlen(first);
    *next = middle;
    scene_say(s, direction, second);
    *next = begin;
    scene_say(s, direction, first);
    *next = middle + (uint32_t)strlen(second);
}
