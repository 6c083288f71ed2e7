/* SPDX-License-Identifier: MIT */
/*
 * For fuzz_decode.c: its built-in packets as they are, with each mode, among them each way of support/situations.h; and
 * frames of generated traffic, as Ethernet and bare.
 */
#include "sow.h"
#include "support/wire.h"
#include "traffic.h"

enum { BUILT_IN = 256, FRAMES = 24, FRAME_BYTES = 400 };
enum { LINK_ETHERNET = 0, LINK_RAW = 13 }; /* places in the fuzzer's list */

static void control(sow *s, uint32_t link, uint32_t mode, uint32_t wire, uint32_t cut)
{
    sow_number(s, link, 1);
    sow_number(s, mode, 1);
    sow_number(s, wire, 2);
    sow_number(s, cut, 1);
    sow_number(s, link, 1); /* the tunnel that is not opened */
}

static void traffic_frames(sow *s, const char *scenario)
{
    traffic *t = traffic_open(scenario, 1, 0.0005);
    traffic_packet packet;
    for (int i = 0; t && i < FRAMES && traffic_next(t, &packet); i++) {
        uint32_t bytes = packet.captured_bytes < FRAME_BYTES ? packet.captured_bytes : FRAME_BYTES;
        control(s, LINK_ETHERNET, 8 | (uint32_t)(i % 3) << 4, packet.wire_bytes - bytes, 200);
        sow_bytes(s, packet.data, bytes);
        sow_end(s);
        control(s, LINK_RAW, 8, packet.wire_bytes - bytes, 100);
        sow_bytes(s, packet.data + 14, bytes - 14);
        sow_end(s);
    }
    traffic_close(t);
}

int main(int argc, char **argv)
{
    static sow s;
    sow_begin(&s, argc, argv);
    for (uint32_t i = 0; i < BUILT_IN; i++) {
        control(&s, i, 1 | (i % 3) << 4, 0, 180);
        sow_end(&s);
    }
    traffic_frames(&s, "messages");
    traffic_frames(&s, "overlap-storm");
    return 0;
}
